"""The application: composes every room and decides nothing itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import Message, Scope
from sqlalchemy.ext.asyncio import AsyncSession

import archive
import auction
import procurement
from archive import routes as archive_routes
from auction import routes as auction_routes
from trading import (
    accounts,
    calendars,
    complaints,
    deposits,
    exchange,
    hall,
    limits,
    mail,
    notices,
    projects,
    publication,
    ratings,
    registration,
    reports,
    reviews,
    scheduler,
    signs,
    supervision,
    transparency,
    venues,
    web,
)
from trading.accounts.access import Identify, provide_actor, provide_now
from trading.calendars import routes as calendars_routes
from trading.calendars import service as calendars_service
from trading.complaints import routes as complaints_routes
from trading.deposits import routes as deposits_routes
from trading.exchange import routes as exchange_routes
from trading.hall import routes as hall_routes
from trading.kernel.database import Database, refuse_unsafe_role
from trading.kernel.errors import Refusal
from trading.kernel.web import (
    PUBLIC,
    Room,
    answer_bug,
    answer_http_exception,
    answer_refusal,
    guard_access,
    refuse_undeclared_access,
    template_environment,
)
from trading.limits import routes as limits_routes
from trading.mail import routes as mail_routes
from trading.notices import routes as notices_routes
from trading.projects import routes as projects_routes
from trading.publication import portal_routes
from trading.publication import routes as publication_routes
from trading.ratings import routes as ratings_routes
from trading.registration import routes as registration_routes
from trading.reports import routes as reports_routes
from trading.reviews import routes as reviews_routes
from trading.reviews import service as reviews_service
from trading.settings import Settings
from trading.signs import routes as signs_routes
from trading.supervision import routes as supervision_routes
from trading.supervision.dossiers import ProjectDossiers
from trading.tables import metadata
from trading.transparency import routes as transparency_routes
from trading.venues import routes as venues_routes
from trading.web import routes as web_routes

_WITH_ROUTES = (
    web_routes,
    projects_routes,
    publication_routes,
    portal_routes,
    registration_routes,
    reviews_routes,
    deposits_routes,
    auction_routes,
    archive_routes,
    reports_routes,
    exchange_routes,
    hall_routes,
    supervision_routes,
    calendars_routes,
    notices_routes,
    limits_routes,
    transparency_routes,
    venues_routes,
    signs_routes,
    complaints_routes,
    ratings_routes,
)
_LIFESPANS = (
    web_routes.lifespan,
    deposits_routes.lifespan,
    archive_routes.lifespan,
    auction_routes.lifespan,
    venues_routes.lifespan,
)
_JOBS = (
    publication_routes.jobs,
    deposits_routes.jobs,
    auction_routes.jobs,
    archive_routes.jobs,
    transparency_routes.jobs,
    reviews_routes.jobs,
    portal_routes.jobs,
    mail_routes.jobs,
    limits_routes.jobs,
    venues_routes.jobs,
    complaints_routes.jobs,
    signs_routes.jobs,
    ratings_routes.jobs,
)
_LOOKED_UP = (
    notices_routes.count_unread,
    limits_routes.urgent_at_desk,
    limits_routes.running_of_project,
    ratings_routes.count_waiting,
)
"""What the head of every page shows of the person who looks at it."""
_ROOMS = [
    Room(Path(str(package.__file__)).parent)
    for package in (
        web,
        accounts,
        notices,
        calendars,
        limits,
        mail,
        projects,
        publication,
        registration,
        reviews,
        deposits,
        auction,
        procurement,
        archive,
        reports,
        exchange,
        hall,
        supervision,
        signs,
        transparency,
        venues,
        complaints,
        ratings,
    )
]


def create_app(settings: Settings, database: Database) -> Litestar:
    """The whole platform as one ASGI application. The database must have been migrated."""
    handlers = [handler for module in _WITH_ROUTES for handler in module.handlers]
    app = Litestar(
        route_handlers=[*handlers, *_static_files(_ROOMS)],
        state=State(
            {
                "settings": settings,
                "database": database,
                "dossier_sources": ProjectDossiers(),
                "hand_in": reviews_service.hand_in,
            }
        ),
        dependencies={
            "database": Provide(_provide_database, sync_to_thread=False),
            "session": Provide(_provide_session),
            "settings": Provide(_provide_settings, sync_to_thread=False),
            "actor": Provide(provide_actor, sync_to_thread=False),
            "now": Provide(provide_now, sync_to_thread=False),
        },
        guards=[guard_access],
        middleware=[Identify(_count_by_the_calendar, *_LOOKED_UP)],
        exception_handlers={
            Refusal: answer_refusal,
            HTTPException: answer_http_exception,
            Exception: answer_bug,
        },
        csrf_config=CSRFConfig(
            secret=settings.secret,
            cookie_secure=settings.secure_cookies,
            cookie_httponly=True,
            cookie_samesite="lax",
            # A signature or a secret address stands in for the token; files set no cookie.
            exclude=["^/bank/events", "^/static/", "^/uploads/", "^/subscriptions/[^/]+/end/"],
        ),
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(template_environment(_ROOMS, {"settings": settings}))
        ),
        lifespan=[_lifespan(database)],
        before_send=[_add_security_headers],
        openapi_config=exchange_routes.openapi_config(settings),
        include_in_schema=False,  # what programs may use says so itself
        logging_config=None,  # kernel/logs decides what is logged
        # Only files are compressed: a page that holds a form's token beside what somebody typed must not be (BREACH).
        compression_config=CompressionConfig(
            backend="gzip", exclude=[r"\.woff2$", r"\.ttf$"], exclude_opt_key="uncompressed"
        ),
        opt={"uncompressed": True},
        request_max_body_size=2 * 1024 * 1024,
    )
    refuse_undeclared_access([handler for route in app.routes for handler in _handlers_of(route)])
    return app


# Scripts come from our own files only. Inline styles are allowed because charts and live prices set them.
_SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


async def _add_security_headers(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _SECURITY_HEADERS.items():
            headers.setdefault(name, value)


def _handlers_of(route: Any) -> list[BaseRouteHandler]:
    found = getattr(route, "route_handlers", None) or [route.route_handler]
    return [handler for handler in found if isinstance(handler, BaseRouteHandler)]


_CACHED_S = 24 * 3600  # fonts and libraries change only with an upgrade


def _static_files(rooms: list[Room]) -> list[Any]:
    folders = {room.name: room.folder / "static" for room in rooms}
    front_end = find_spec("trading_frontend")
    if front_end is not None and front_end.submodule_search_locations:
        folders["frontend"] = Path(front_end.submodule_search_locations[0])
    return [
        create_static_files_router(
            path=f"/static/{name}",
            directories=[folder],
            opt=PUBLIC | {"uncompressed": False},
            cache_control=CacheControlHeader(max_age=_CACHED_S) if name == "frontend" else None,
        )
        for name, folder in folders.items()
        if folder.is_dir()
    ]


def _lifespan(database: Database) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(app: Litestar) -> AsyncIterator[None]:
        await refuse_unsafe_role(database, metadata)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            for lifespan in _LIFESPANS:
                await stack.enter_async_context(lifespan(app))
            jobs = [scheduler.Job(*job) for due in _JOBS for job in due(app)]
            await stack.enter_async_context(scheduler.running(database, jobs, calendars_service.refresh))
            yield

    return live


async def _count_by_the_calendar(session: AsyncSession, _: Scope) -> None:
    await calendars_service.refresh(session)


def _provide_database(state: State) -> Database:
    database: Database = state.database
    return database


def _provide_settings(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


async def _provide_session(state: State) -> AsyncIterator[AsyncSession]:
    async with state.database.reading() as session:
        yield session

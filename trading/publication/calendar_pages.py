"""The calendar's page, and its iCalendar addresses: of everything, of one kind of project, of one project."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import language_from, use_language
from trading.kernel.moments import local_day
from trading.kernel.web import PUBLIC, language_of, page
from trading.projects import service as projects
from trading.projects.moments import Waited
from trading.projects.presenting import PROJECT_KINDS
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.publication import calendar
from trading.publication.feed_routes import conditional
from trading.publication.finding import Search
from trading.settings import Settings

WAITED: Mapping[Waited, str] = {
    Waited.REGISTRATION_OPENS: N_("Registration opens"),
    Waited.REGISTRATION_CLOSES: N_("Registration closes"),
    Waited.SALE_STARTS: N_("The sale begins"),
    Waited.LISTING_ENDS: N_("The listing ends"),
    Waited.QUOTES_END: N_("Quotes end"),
    Waited.DOCUMENTS_CLOSE: N_("Documents until"),
    Waited.BIDS_CLOSE: N_("Bids close"),
    Waited.OPENING: N_("Opening"),
}
"""What happens at a moment, in words."""
MAIN = calendar.MAIN
SHOWN_OF_A_DAY = 4
NOTE_EVERY_S = 30
_MACHINE = PUBLIC | {"uncompressed": False}


@get("/calendar", opt=PUBLIC)
async def calendar_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """A month: a table on a wide screen, a list on a phone. Month and filters are in the address."""
    use_language(language_of(request))
    today = local_day(now)
    first = calendar.month_of(request.query_params.get("month", ""), today)
    kind, what = _filters(request)
    moments = await calendar.moments_between(session, first, calendar.next_month(first), kind=kind, what=what)
    chosen = {"kind": kind, "what": what}
    return page(
        request,
        "publication/calendar.html",
        first=first,
        month_words=_month_words(first),
        today=today,
        weeks=calendar.weeks_of(first, moments),
        count=len(moments),
        values=chosen | {"month": f"{first:%Y-%m}"},
        is_filtered=bool(kind or what),
        before=_address(calendar.next_month(first, -1), chosen),
        after=_address(calendar.next_month(first), chosen),
        this_month="" if first == today.replace(day=1) else _address(today.replace(day=1), chosen),
        feed=_query(chosen),
        kinds=[("", _("All projects")), *((name, _(words)) for name, words in PROJECT_KINDS.items())],
        whats=[("", _("Everything")), *((str(one), _(words)) for one, words in WAITED.items())],
        words={one: _(words) for one, words in WAITED.items()},
        main=MAIN,
        shown=SHOWN_OF_A_DAY,
        weekdays=_weekdays(),
    )


@get("/calendar.ics", opt=_MACHINE)
async def calendar_feed(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """The moments of the last month and the coming year, for subscribing in a calendar."""
    use_language(language_from(request.query_params.get("language")))
    kind, what = _filters(request)
    parts = [_(PROJECT_KINDS[ProjectKind(kind)])] if kind else []
    parts += [_(WAITED[Waited(what)])] if what else []
    name = " · ".join([_("Calendar of public resource trading"), *parts])
    return await _feed(request, session, now, settings, name, kind=kind, what=what)


@get("/projects/{project_id:uuid}/calendar.ics", opt=_MACHINE)
async def project_feed(
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """The moments of one public project."""
    use_language(language_from(request.query_params.get("language")))
    project = await projects.get_public_project(session, project_id)
    return await _feed(request, session, now, settings, project.title, project_id=project_id)


async def _feed(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    now: datetime,
    settings: Settings,
    name: str,
    **asked: Any,
) -> Response[bytes]:
    today = local_day(now)
    moments = await calendar.moments_between(session, today - calendar.FEED_BACK, today + calendar.FEED_AHEAD, **asked)
    content = calendar.icalendar(
        await calendar.with_sequences(session, moments, now),
        {one: _(words) for one, words in WAITED.items()},
        name=name,
        public_url=settings.public_url,
        cancelled=_("Cancelled: "),
    )
    return conditional(request, content, "text/calendar")


def calendar_query(search: Search) -> str:
    """The calendar of what a search is about, as far as a calendar can be chosen: by the kind of project."""
    return _query({"kind": search.project_kind})


def _filters(request: Request[Any, Any, Any]) -> tuple[str, str]:
    kind, what = request.query_params.get("kind", ""), request.query_params.get("what", "")
    return kind if kind in PROJECT_KINDS else "", what if what in set(Waited) else ""


def _query(chosen: Mapping[str, str]) -> str:
    stated = urlencode({name: value for name, value in chosen.items() if value})
    return f"?{stated}" if stated else ""


def _address(first: date, chosen: Mapping[str, str]) -> str:
    return "/calendar" + _query({"month": f"{first:%Y-%m}", **chosen})


def _month_words(first: date) -> str:
    return _("{year}-{month}").format(year=first.year, month=f"{first.month:02d}")


def _weekdays() -> list[str]:
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Write down which moments have moved."""
    database: Database = app.state.database

    async def note_moved() -> None:
        async with database.work() as session:
            await calendar.note_moved(session, await database_clock(session))

    return [("calendar moments", NOTE_EVERY_S, note_moved)]


handlers = [calendar_page, calendar_feed, project_feed]

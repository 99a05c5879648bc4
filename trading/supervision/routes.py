"""Pages of supervision: what is live now, and the journal, read and recomputed."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.typed import page_number
from trading.kernel.web import only, page, request_now
from trading.limits import service as limits
from trading.limits.presenting import shown_rows
from trading.supervision import alerts, desk_routes, order_routes, service
from trading.supervision.alerts import KINDS
from trading.supervision.words import readable


@get("/supervision", opt=only(Role.SUPERVISOR))
async def show_supervision(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """What needs a supervisor now, live and coming sales, today's counts, the latest facts."""
    now = request_now(request)
    urgent = [each for each in shown_rows(await limits.open_limits(session, now)) if each.colour in ("red", "yellow")]
    shown: dict[str, Any] = {
        "overview": await service.overview(session, now),
        "urgent": urgent,
        "alerts": await alerts.alerts(session, limit=10),
        "open_alerts": await alerts.open_count(session),
        "kinds": KINDS,
    }
    return page(request, "supervision/overview.html", **shown)


@get("/supervision/journal/{stream:str}", opt=only(Role.SUPERVISOR, Role.AUDITOR))
async def show_stream(
    request: Request[Any, Any, Any],
    stream: FromPath[str],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Template:
    """One stream with the verdict over its chain. The look is recorded before it is shown."""
    wanted = page_number(request.query_params.get("page", ""))
    async with database.work() as session:
        now = await database_clock(session)
        view = await service.look_into_stream(session, stream, page=wanted, actor=actor, now=now)
    return page(request, "supervision/stream.html", view=view, readable=readable)


handlers = [show_supervision, show_stream, *desk_routes.handlers, *order_routes.handlers]

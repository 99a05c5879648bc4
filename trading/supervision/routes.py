"""Pages of supervision: what is live now, and the journal, read and recomputed."""

import json
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.web import only, page, request_now
from trading.supervision import service


@get("/supervision", opt=only(Role.SUPERVISOR))
async def show_supervision(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Live and coming sales, today's counts, the latest facts."""
    overview = await service.overview(session, request_now(request))
    return page(request, "supervision/overview.html", overview=overview)


@get("/supervision/journal/{stream:str}", opt=only(Role.SUPERVISOR, Role.AUDITOR))
async def show_stream(
    request: Request[Any, Any, Any],
    stream: FromPath[str],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Template:
    """One stream with the verdict over its chain. The look is recorded before it is shown."""
    number = request.query_params.get("page", "1")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    async with database.work() as session:
        now = await database_clock(session)
        view = await service.look_into_stream(session, stream, page=wanted, actor=actor, now=now)
    return page(request, "supervision/stream.html", view=view, readable=_readable)


handlers = [show_supervision, show_stream]


def _readable(body: dict[str, Any]) -> str:
    """A fact's body for reading: indented, Chinese as it is."""
    return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True)

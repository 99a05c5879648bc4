"""The lists of those who act: an officer's queries and objections, the supervisors' complaints, with what is left."""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.complaints import lookups, showing
from trading.kernel.i18n import use_language
from trading.kernel.web import language_of, only, page
from trading.limits.rules import Who

Page = Request[Any, Any, Any]


@get("/officer/complaints", opt=only(Role.OFFICER))
async def officers_desk(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What was raised about the projects that an officer is in charge of, the soonest due first."""
    use_language(language_of(request))
    listed = [] if actor.account_id is None else await lookups.matters_of_officer(session, actor.account_id)
    rows = await showing.rows_of(session, listed, now, of=Who.BUYER)
    return page(request, "complaints/desk.html", rows=rows, supervising=False)


@get("/supervision/complaints", opt=only(Role.SUPERVISOR))
async def supervisors_desk(
    request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """All complaints, the soonest due first."""
    use_language(language_of(request))
    rows = await showing.rows_of(session, await lookups.complaints(session), now, of=Who.SUPERVISOR)
    return page(request, "complaints/desk.html", rows=rows, supervising=True)


handlers = [officers_desk, supervisors_desk]

"""Finance decides on the deposits of disqualified bidders; the list is part of the page of refunds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from trading.accounts.rules import Actor, Role
from trading.deposits import forfeiting
from trading.kernel.database import Database
from trading.kernel.web import back_to, form_of, only

PageRequest = Request[Any, Any, Any]


@post("/finance/forfeitures/{registration_id:uuid}/proposal", opt=only(Role.FINANCE))
async def propose_forfeiture(
    request: PageRequest,
    registration_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The first person proposes, with reasons, that the deposit is forfeited."""
    reasons = (await form_of(request)).get("reasons", "")
    async with database.work() as session:
        await forfeiting.propose_forfeiture(session, registration_id, reasons=reasons, actor=actor, now=now)
    return back_to("/finance/refunds?decided=proposed&count=1")


@post("/finance/forfeitures/{registration_id:uuid}/confirmation", opt=only(Role.FINANCE))
async def confirm_forfeiture(
    registration_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The second person confirms: the deposit is forfeited."""
    async with database.work() as session:
        await forfeiting.confirm_forfeiture(session, registration_id, actor=actor, now=now)
    return back_to("/finance/refunds?decided=forfeited&count=1")


@post("/finance/forfeitures/{registration_id:uuid}/return", opt=only(Role.FINANCE))
async def return_deposit(
    request: PageRequest,
    registration_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The deposit goes back instead; its refund needs two people like any other."""
    reasons = (await form_of(request)).get("reasons", "")
    async with database.work() as session:
        await forfeiting.return_deposit(session, registration_id, reasons=reasons, actor=actor, now=now)
    return back_to("/finance/refunds?decided=returned&count=1")


handlers = [propose_forfeiture, confirm_forfeiture, return_deposit]

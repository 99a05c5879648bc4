"""Two officers declare the result of a sale void, on the page of orders over it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from auction.voiding import void_result
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.web import back_to, form_of, only
from trading.projects import voiding

Page = Request[Any, Any, Any]


@post("/lots/{lot_id:uuid}/orders/voiding", opt=only(Role.OFFICER))
async def propose_voiding(
    request: Page,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The first officer proposes it, with reasons."""
    reasons = (await form_of(request)).get("reason", "")
    async with database.work() as work:
        await voiding.propose_voiding(work, lot_id, reasons, actor=actor, now=now)
    return back_to(f"/lots/{lot_id}/orders")


@post("/lots/{lot_id:uuid}/orders/voiding/confirmation", opt=only(Role.OFFICER))
async def confirm_voiding(
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The second officer confirms it."""
    async with database.work() as work:
        await void_result(work, lot_id, actor=actor, now=now)
    return back_to(f"/lots/{lot_id}/orders")


@post("/lots/{lot_id:uuid}/orders/voiding/take-back", opt=only(Role.OFFICER))
async def take_back_voiding(
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The proposal is taken back: the result stands."""
    async with database.work() as work:
        await voiding.take_back_voiding(work, lot_id, actor=actor, now=now)
    return back_to(f"/lots/{lot_id}/orders")


handlers = [propose_voiding, confirm_voiding, take_back_voiding]

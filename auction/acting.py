"""Answering people who act on a sale: one transaction, then back to where they came from, or JSON for a program."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from auction.node import LiveNode
from auction.sale import Step
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.typed import whole_number
from trading.kernel.web import RequestMalformed, back_to, wants_page

Page = Request[Any, Any, Any]
Act = Callable[[AsyncSession, datetime], Awaitable[Step]]


async def act(request: Page, lot_id: UUID, database: Database, use_case: Act, back: str = "console") -> Response[Any]:
    """Do what is asked, in one transaction, and answer when it is stored. `back`: the page of the lot to return to."""
    async with database.work() as work:
        step = await use_case(work, await database_clock(work))
    node_of(request.app).complete_soon()
    if wants_page(request):
        return back_to(f"/lots/{lot_id}/{back}")
    return Response({"seq": step.state.seq, "stage": step.state.stage}, status_code=200)


def whole(form: dict[str, str], name: str) -> int:
    """A whole number in a form. Refuses `RequestMalformed`."""
    number = whole_number(form.get(name, ""), digits=18)
    if number is None:
        raise RequestMalformed
    return number


def node_of(app: Litestar) -> LiveNode:
    """This server's part in live sales."""
    node: LiveNode = app.state.live_node
    return node

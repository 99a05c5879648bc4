"""Finance's pages: the day, and the refunds that two people let go."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.deposits import presenting, refunding, stages
from trading.deposits.bank_desk import BankDesk
from trading.deposits.refunding import Batch
from trading.deposits.rules import NothingChosen
from trading.kernel.database import Database
from trading.kernel.web import RequestMalformed, back_to, only, page

PageRequest = Request[Any, Any, Any]
SHOWN_BACK = timedelta(days=7)
DECISIONS = ("approved", "released", "requested", "proposed", "forfeited", "returned")


@get("/finance", opt=only(Role.FINANCE))
async def finance_day(
    request: PageRequest,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """In today, due today, differences, and every exception with its reason. It names bidders: the look is recorded."""
    async with database.work() as session:
        day = await presenting.finance_day(session, actor, now - SHOWN_BACK, now)
        await record_look(session, "bidders", "finance", actor=actor, now=now)
    return page(request, "deposits/finance.html", day=day, words=stages, bank_silent=_desk(request).silent)


@get("/finance/refunds", opt=only(Role.FINANCE))
async def refund_desk(
    request: PageRequest, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """What waits for approval and release, what is on its way, what failed."""
    desk = await presenting.refund_desk(session, actor)
    decided, count = request.query_params.get("decided", ""), request.query_params.get("count", "")
    known = decided if decided in DECISIONS and count.isdigit() else ""
    return page(request, "deposits/refunds.html", desk=desk, words=stages, decided=known, count=count)


@post("/finance/refunds/approval", opt=only(Role.FINANCE))
async def approve(
    request: PageRequest,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The first person agrees to the ticked refunds."""
    batch = await _decide(request, database, refunding.approve_refunds, actor, now)
    return back_to(f"/finance/refunds?decided=approved&count={batch.moved}")


@post("/finance/refunds/release", opt=only(Role.FINANCE))
async def release(
    request: PageRequest,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """The second person lets the ticked refunds go; they are sent at once."""
    batch = await _decide(request, database, refunding.release_refunds, actor, now)
    return Redirect(
        f"/finance/refunds?decided=released&count={batch.moved}",
        status_code=303,
        background=BackgroundTask(_desk(request).look),
    )


@post("/finance/refunds/{refund_id:uuid}/again", opt=only(Role.FINANCE))
async def request_again(
    refund_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask for a refund that failed once more."""
    async with database.work() as session:
        await refunding.request_again(session, refund_id, actor, now)
    return back_to("/finance/refunds?decided=requested&count=1")


async def _decide(
    request: PageRequest,
    database: Database,
    decide: Callable[[AsyncSession, Sequence[UUID], Actor, datetime], Awaitable[Batch]],
    actor: Actor,
    now: datetime,
) -> Batch:
    chosen = await _chosen(request)
    async with database.work() as session:
        return await decide(session, chosen, actor, now)


async def _chosen(request: PageRequest) -> list[UUID]:
    ticked = [str(value) for value in (await request.form()).getall("refund", [])]
    if not ticked:
        raise NothingChosen
    try:
        return [UUID(value) for value in ticked]
    except ValueError as error:
        raise RequestMalformed from error


def _desk(request: PageRequest) -> BankDesk:
    desk: BankDesk = request.app.state.bank_desk
    return desk

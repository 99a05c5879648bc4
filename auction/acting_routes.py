"""What people order while a sale runs, and what bidders send by a form: each handler parses, authorises and acts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import service, session_routes, voiding_routes
from auction.acting import act, whole
from auction.refused_powers import AmountUnreadable, MomentUnreadable
from auction.sale import Step
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.kernel.web import form_of, only, page
from trading.projects import service as projects
from trading.projects.typed_values import Wrong, read_amount, read_moment
from trading.projects.voiding import voiding_of
from trading.registration import service as registrations

Page = Request[Any, Any, Any]


@get("/lots/{lot_id:uuid}/orders", opt=only(Role.OFFICER, Role.AUCTIONEER))
async def orders(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """What an officer may order over a sale; the auctioneer has the console, a supervisor the own desk."""
    async with database.work() as work:
        auction = await service.prepare(work, lot_id, await database_clock(work))
    async with database.reading() as session:
        lot = await projects.get_lot(session, lot_id)
        voiding = await voiding_of(session, lot_id)
        proposed_by = "" if voiding is None else await accounts.name_of(session, voiding.proposed_by)
    frozen = auction.state.phase.frozen
    held = frozen is not None and frozen.by_supervisor
    leads = actor.has(Role.OFFICER, Role.AUCTIONEER) and not held
    may = {"resume": leads, "withdraw": leads, "void": actor.has(Role.OFFICER)}
    shown: dict[str, Any] = {"lot": lot, "auction": auction, "may": may, "voiding": voiding, "proposed_by": proposed_by}
    return page(request, "auction/orders.html", held=held, **shown)


@post("/lots/{lot_id:uuid}/console/increment", opt=only(Role.AUCTIONEER), status_code=200)
async def change_increment(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Change the increment to what was typed in yuan."""
    increment = read_amount((await form_of(request)).get("increment", ""))
    if isinstance(increment, Wrong) or increment == Money(0):
        raise AmountUnreadable
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.change_increment(work, lot_id, increment=increment, actor=actor, now=now),
    )


@post(
    "/lots/{lot_id:uuid}/console/suspend",
    opt=only(Role.AUCTIONEER, Role.OFFICER),
    status_code=200,
)
async def suspend(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Suspend the sale. A supervisor freezes it from the own desk, with the legal basis."""
    reason = (await form_of(request)).get("reason", "")
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.suspend_lot(work, lot_id, reason=reason, actor=actor, now=now),
        _page_after(actor),
    )


@post("/lots/{lot_id:uuid}/console/resume", opt=only(Role.AUCTIONEER, Role.OFFICER), status_code=200)
async def resume(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Resume the sale now, or announce when it goes on if a moment (local time) is given."""
    form = await form_of(request)
    reason, typed = form.get("reason", ""), form.get("resumes_at", "")
    resumes_at = read_moment(typed) if typed else None
    if isinstance(resumes_at, Wrong):
        raise MomentUnreadable

    async def go_on(work: AsyncSession, now: datetime) -> Step:
        if resumes_at is None:
            return await service.resume_lot(work, lot_id, actor=actor, now=now)
        return await service.announce_resumption(
            work, lot_id, resumes_at=resumes_at, reason=reason, actor=actor, now=now
        )

    return await act(request, lot_id, database, go_on, _page_after(actor))


@post("/lots/{lot_id:uuid}/console/withdraw", opt=only(Role.AUCTIONEER, Role.OFFICER), status_code=200)
async def withdraw(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Withdraw the lot by order."""
    reason = (await form_of(request)).get("reason", "")
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.withdraw_lot(work, lot_id, reason=reason, actor=actor, now=now),
        _page_after(actor),
    )


@post("/lots/{lot_id:uuid}/console/disqualify", opt=only(Role.AUCTIONEER, Role.OFFICER), status_code=200)
async def disqualify(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Disqualify a plate."""
    form = await form_of(request)
    plate, reason = whole(form, "plate"), form.get("reason", "")
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.disqualify_plate(work, lot_id, plate=plate, reason=reason, actor=actor, now=now),
        _page_after(actor),
    )


@post("/lots/{lot_id:uuid}/room/declare", opt=only(Role.BIDDER), status_code=200)
async def declare(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """The bidder declares for timed bidding."""
    arrived_at, plate = await _arrival(database, lot_id, actor)
    return await act(
        request,
        lot_id,
        database,
        lambda work, _: service.declare(work, lot_id, plate=plate, actor=actor, arrived_at=arrived_at),
        "room",
    )


@post("/lots/{lot_id:uuid}/room/number", opt=only(Role.BIDDER), status_code=200)
async def give_number(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """The bidder takes part in the draw by lot with a text of its own."""
    arrived_at, plate = await _arrival(database, lot_id, actor)
    number = (await form_of(request)).get("number", "")
    return await act(
        request,
        lot_id,
        database,
        lambda work, _: service.give_number(
            work, lot_id, plate=plate, number=number, actor=actor, arrived_at=arrived_at
        ),
        "room",
    )


async def _arrival(database: Database, lot_id: UUID, actor: Actor) -> tuple[datetime, int | None]:
    """When the request arrived, by the database's clock, and the plate of the account's own registration."""
    async with database.reading() as session:
        arrived_at = await database_clock(session)
        if actor.unit_id is None:
            return arrived_at, None
        found = await registrations.registration_of(session, lot_id, actor.unit_id)
    own = found is not None and found.account_id == actor.account_id
    return arrived_at, found.plate if found is not None and own else None


def _page_after(actor: Actor) -> str:
    """Where a person returns to: the console is the auctioneer's."""
    return "console" if actor.has(Role.AUCTIONEER) else "orders"


handlers = [
    orders,
    change_increment,
    suspend,
    resume,
    withdraw,
    disqualify,
    declare,
    give_number,
    *session_routes.handlers,
    *voiding_routes.handlers,
]

"""Pages of a supervisor's orders: freeze a sale and let it go on, terminate a project; and watching a room."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import presenting
from auction import service as auctions
from auction.acting import node_of
from auction.models import Auction
from trading.accounts import service as accounts
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import back_to, form_of, language_of, only, page, status_of
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.typed_values import Wrong, read_moment
from trading.supervision import orders
from trading.supervision.orders import OrderIncomplete

Page = Request[Any, Any, Any]
SUPERVISOR = only(Role.SUPERVISOR)
Order = Callable[[AsyncSession, datetime], Awaitable[object]]


@get("/supervision/lots/{lot_id:uuid}/watch", opt=SUPERVISOR)
async def watch(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """Watch a room without being able to do anything in it. That the supervisor watches is recorded."""
    async with database.work() as work:
        now = await database_clock(work)
        auction = await auctions.prepare(work, lot_id, now)
        await record_look(work, "room", f"auction:{lot_id}", actor=actor, now=now)
    async with database.reading() as session:
        shown = await presenting.watching(session, auction)
    return page(request, "supervision/watch.html", **shown)


@get("/supervision/lots/{lot_id:uuid}/orders", opt=SUPERVISOR)
async def lot_orders(request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database]) -> Template:
    """What may be ordered over a sale now, with its consequences in numbers."""
    return await _lot_page(request, database, lot_id)


@post("/supervision/lots/{lot_id:uuid}/freeze", opt=SUPERVISOR, status_code=200)
async def freeze(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Freeze the sale."""
    form = await form_of(request)

    async def order(session: AsyncSession, now: datetime) -> None:
        number = orders.number_of_lot(await projects.get_lot(session, lot_id))
        grounds = orders.read_grounds(form, number=number)
        await orders.freeze(session, lot_id, grounds, actor=actor, now=now)

    return await _order_over_lot(request, database, lot_id, form, order)


@post("/supervision/lots/{lot_id:uuid}/resumption", opt=SUPERVISOR, status_code=200)
async def lift(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Let the sale go on, now or at the moment that was typed (local time)."""
    form = await form_of(request)

    async def order(session: AsyncSession, now: datetime) -> None:
        number = orders.number_of_lot(await projects.get_lot(session, lot_id))
        grounds = orders.read_grounds(form, number=number)
        typed = read_moment(form["resumes_at"]) if form.get("resumes_at") else None
        resumes_at = None if isinstance(typed, Wrong) else typed
        await orders.lift(session, lot_id, grounds, resumes_at=resumes_at, actor=actor, now=now)

    return await _order_over_lot(request, database, lot_id, form, order)


@get("/supervision/projects/{project_id:uuid}/termination", opt=SUPERVISOR)
async def termination(request: Page, project_id: FromPath[UUID], database: NamedDependency[Database]) -> Template:
    """What a termination would end, in numbers, and the form that orders it."""
    return await _project_page(request, database, project_id)


@post("/supervision/projects/{project_id:uuid}/termination", opt=SUPERVISOR, status_code=200)
async def terminate(
    request: Page, project_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Terminate the project."""
    use_language(language_of(request))
    form = await form_of(request)
    try:
        async with database.work() as session:
            project = await projects.get_project(session, project_id)
            grounds = orders.read_grounds(form, number=str(project.entry_code))
            await orders.terminate(session, project_id, grounds, actor=actor, now=await database_clock(session))
    except Refusal as refusal:
        return await _project_page(request, database, project_id, form, refusal)
    node_of(request.app).complete_soon()
    return back_to(f"/supervision/projects/{project_id}")


handlers = [watch, lot_orders, freeze, lift, termination, terminate]


async def _order_over_lot(
    request: Page, database: Database, lot_id: UUID, form: dict[str, str], order: Order
) -> Redirect | Template:
    """Order, in one transaction; a refusal shows the page again with everything that was typed."""
    use_language(language_of(request))
    try:
        async with database.work() as session:
            await order(session, await database_clock(session))
    except Refusal as refusal:
        return await _lot_page(request, database, lot_id, form, refusal)
    node_of(request.app).complete_soon()
    return back_to(f"/supervision/lots/{lot_id}/orders")


async def _lot_page(
    request: Page,
    database: Database,
    lot_id: UUID,
    form: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Template:
    async with database.work() as work:
        auction = await auctions.prepare(work, lot_id, await database_clock(work))
    async with database.reading() as session:
        lot = await projects.get_lot(session, lot_id)
        shown = {
            "lot": lot,
            "auction": auction,
            "number": orders.number_of_lot(lot),
            "consequences": await orders.consequences(session, [lot]),
            "ordered": await _ordered(session, lot.project_id, lot),
            "frozen": _frozen(auction),
        }
    return _answer(request, "supervision/orders.html", shown, form, refusal)


async def _project_page(
    request: Page,
    database: Database,
    project_id: UUID,
    form: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Template:
    async with database.reading() as session:
        project = await projects.get_project(session, project_id)
        lots = await projects.lots_of(session, project_id)
        shown = {
            "project": project,
            "lots": lots,
            "may": orders.may_be_terminated(project),
            "consequences": await orders.consequences(session, lots),
        }
    return _answer(request, "supervision/termination.html", shown, form, refusal)


def _answer(
    request: Page, template: str, shown: dict[str, Any], form: dict[str, str] | None, refusal: Refusal | None
) -> Template:
    use_language(language_of(request))
    errors, status = {}, 200
    if refusal is not None:
        status = status_of(refusal)
        errors = {"": " ".join(refusal_words(refusal))}
        if isinstance(refusal, OrderIncomplete):
            errors = {name: gettext(message) for name, message in refusal.faults.items()}
    return page(request, template, status_code=status, values=form or {}, errors=errors, **shown)


async def _ordered(session: AsyncSession, project_id: UUID, lot: Lot) -> list[tuple[Any, str]]:
    found = [order for order in await orders.orders_of(session, project_id) if order.lot_id in (None, lot.id)]
    return [(order, await accounts.name_of(session, order.ordered_by)) for order in found]


def _frozen(auction: Auction) -> Any:
    return auction.state.phase.frozen

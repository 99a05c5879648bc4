"""Pages of the live sale: the public watching page, the bidder's room, the auctioneer's console, the list of sessions;
and the live channel that all of them open.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import structlog
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from archive import service as archive
from auction import acting_routes, budget_pages, presenting, receipts, rehearsal_routes, service
from auction.acting import act, node_of, whole
from auction.completing import BID_RECORD_CSV, Issuer
from auction.live import CLOSE_FOREIGN_PAGE, LiveChannel
from auction.models import Auction
from auction.node import LiveNode
from auction.sale import ENDED
from trading.accounts.access import refuse_foreign_origin
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.accounts.traces import Occasion, leave_trace, seen_from
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted
from trading.kernel.i18n import use_language
from trading.kernel.money import Money
from trading.kernel.web import (
    PUBLIC,
    SIGNED_IN,
    form_of,
    language_of,
    only,
    page,
)
from trading.registration import service as registrations
from trading.settings import Settings

Page = Request[Any, Any, Any]
log = structlog.get_logger()


@get("/lots/{lot_id:uuid}/watch", opt=PUBLIC)
async def watch(request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database]) -> Template:
    """Watch the sale: everybody may."""
    auction = await _prepared(database, lot_id)
    async with database.reading() as session:
        shown = await presenting.watching(session, auction)
    return page(request, "auction/watch.html", **shown)


@get("/lots/{lot_id:uuid}/room", opt=only(Role.BIDDER))
async def bidders_room(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """The room of a bidder who holds a plate; others are told how to get one, and may watch."""
    use_language(language_of(request))  # the reasons of refused bids are told in it
    auction = await _prepared(database, lot_id)
    async with database.reading() as session:
        shown = await presenting.bidding(session, auction, actor)
    return page(request, "auction/room.html", **shown)


@get("/auctioneer", opt=only(Role.AUCTIONEER))
async def auctioneers_sessions(request: Page, database: NamedDependency[Database]) -> Template:
    """The sales an auctioneer leads: what is open or next comes first."""
    async with database.work() as work:
        await service.prepare_due(work, await database_clock(work))
    async with database.reading() as session:
        shown = await presenting.sessions(session)
    return page(request, "auction/auctioneer.html", **shown)


@get("/lots/{lot_id:uuid}/console", opt=only(Role.AUCTIONEER))
async def console(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """The auctioneer's console of one lot. It names the bidders: before the end the look is recorded."""
    auction = await _prepared(database, lot_id)
    if auction.stage not in ENDED:
        async with database.work() as work:
            now = await database_clock(work)
            await record_look(work, "bidders", f"lot:{lot_id}", actor=actor, now=now)
    async with database.reading() as session:
        shown = await presenting.leading(session, auction)
    return page(request, "auction/console.html", **shown)


@get("/hall", opt=PUBLIC)
async def hall(request: Page, database: NamedDependency[Database]) -> Template:
    """The big screen: every sale that runs, in turn."""
    async with database.reading() as session:
        shown = await presenting.in_hall(session, await presenting.running_lots(session))
    shown["live"]["reloads"] = True
    return page(request, "auction/hall.html", **shown)


@get("/lots/{lot_id:uuid}/hall", opt=PUBLIC)
async def hall_of_lot(request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database]) -> Template:
    """The big screen with one lot."""
    auction = await _prepared(database, lot_id)
    async with database.reading() as session:
        shown = await presenting.in_hall(session, [auction])
    return page(request, "auction/hall.html", **shown)


@get("/lots/{lot_id:uuid}/bid-record.csv", opt=SIGNED_IN)
async def bid_record_csv(
    request: Page, lot_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The bid record as it was filed, for whoever may read it as PDF. Refuses DocumentNotFound, NotPermitted."""
    document = await archive.document_of_lot(session, lot_id, BID_RECORD_CSV)
    await archive.check_may_read(session, document, actor, request.app.state.dossier_sources)
    headers = {
        "content-disposition": f'attachment; filename="bid-record-{lot_id}.csv"',
        "cache-control": "private, no-store",
    }
    return Response(await archive.read_document(document), media_type=document.media_type, headers=headers)


@post("/lots/{lot_id:uuid}/console/open", opt=only(Role.AUCTIONEER), status_code=200)
async def open_sale(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Open the sale."""
    return await act(request, lot_id, database, lambda work, now: service.open_lot(work, lot_id, actor=actor, now=now))


@post("/lots/{lot_id:uuid}/console/call-off", opt=only(Role.AUCTIONEER), status_code=200)
async def call_off_sale(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Call the sale off for lack of bidders."""
    return await act(
        request, lot_id, database, lambda work, now: service.call_off_lot(work, lot_id, actor=actor, now=now)
    )


@post("/lots/{lot_id:uuid}/console/call", opt=only(Role.AUCTIONEER), status_code=200)
async def call_price(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Call the price that the auctioneer saw."""
    form = await form_of(request)
    number, price = whole(form, "number"), Money(whole(form, "price_fen"))
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.call_price(work, lot_id, number=number, price=price, actor=actor, now=now),
    )


@post("/lots/{lot_id:uuid}/console/hammer", opt=only(Role.AUCTIONEER), status_code=200)
async def let_hammer_fall(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Let the hammer fall for the price that the auctioneer saw and the plate that the auctioneer confirmed."""
    form = await form_of(request)
    price = Money(whole(form, "price_fen"))
    plate = whole(form, "plate") if form.get("plate") else None
    return await act(
        request,
        lot_id,
        database,
        lambda work, now: service.let_hammer_fall(work, lot_id, plate=plate, price=price, actor=actor, now=now),
    )


@websocket("/lots/{lot_id:uuid}/live", opt=PUBLIC)
async def live(socket: WebSocket[Any, Any, Any], lot_id: FromPath[UUID]) -> None:
    """The live channel of a lot; see docs/protocol.md."""
    settings: Settings = socket.app.state.settings
    use_language(language_of(socket))
    await socket.accept()
    try:
        refuse_foreign_origin(socket, settings.public_url)
    except NotPermitted:
        await socket.close(code=CLOSE_FOREIGN_PAGE)
        return
    actor: Actor | None = socket.scope["state"].get("actor")
    database: Database = socket.app.state.database
    noting = asyncio.create_task(_note_visit(socket, lot_id, actor, database))  # beside: nobody waits for it
    try:
        await LiveChannel(socket, lot_id, actor, database, node_of(socket.app)).run()
    finally:
        await noting


async def _note_visit(socket: WebSocket[Any, Any, Any], lot_id: UUID, actor: Actor | None, database: Database) -> None:
    """A registered bidder leaves its trace once a connection, never with a bid. Whoever bids need not wait for it."""
    if actor is None or actor.account_id is None or actor.unit_id is None:
        return
    try:
        async with database.work() as work:
            if await registrations.registration_of(work, lot_id, actor.unit_id) is None:
                return
            now = await database_clock(work)
            await leave_trace(work, seen_from(socket), actor.account_id, Occasion.SALE, lot_id=lot_id, now=now)
    except Exception as error:  # noqa: BLE001 - a sale goes on without the trace
        log.warning("trace_not_kept", lot_id=str(lot_id), reason=str(error)[:200])


async def _prepared(database: Database, lot_id: UUID) -> Auction:
    async with database.work() as work:
        return await service.prepare(work, lot_id, await database_clock(work))


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """This server takes part in live sales while it runs."""
    settings: Settings = app.state.settings
    node = LiveNode(
        app.state.database,
        Issuer(settings.centre_name, settings.public_url),
        messages_per_s=settings.live_messages_per_s,
        largest_batch=settings.largest_batch,
    )
    app.state.live_node = node
    async with node.running():
        yield


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """What the scheduler looks after, should no server have done it by its own timers."""
    return [("auction", 5, node_of(app).advance_due)]


handlers = [
    *receipts.handlers,
    *acting_routes.handlers,
    *budget_pages.handlers,
    *rehearsal_routes.handlers,
    watch,
    bidders_room,
    hall,
    hall_of_lot,
    bid_record_csv,
    auctioneers_sessions,
    console,
    open_sale,
    call_off_sale,
    call_price,
    let_hammer_fall,
    live,
]

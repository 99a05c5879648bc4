"""The rehearsal room: its page, and the channel that speaks the protocol of a real sale (docs/protocol.md)."""

import asyncio
import contextlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketException
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import presenting, service
from auction.live import (
    CLOSE_FOREIGN_PAGE,
    CLOSE_NO_SALE,
    CLOSE_NOT_SUBSCRIBED,
    CLOSE_TOO_FAST,
    CLOSE_VERSION,
    SUBSCRIBE_WITHIN_S,
)
from auction.messages import (
    HEARTBEAT_S,
    VERSION,
    ChannelError,
    ClientMessage,
    Heartbeat,
    NotUnderstood,
    Ping,
    PlaceBid,
    Pong,
    ServerMessage,
    Subscribe,
    Welcome,
    encode,
    read_client_message,
)
from auction.models import Auction
from auction.rehearsal import Rehearsal, rivals_of
from trading.accounts.access import refuse_foreign_origin
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, NotPermitted
from trading.kernel.i18n import use_language
from trading.kernel.ids import new_id
from trading.kernel.web import language_of, only, page
from trading.registration import service as registrations

LONGEST_REHEARSAL_S = 900.0
MOST_MESSAGES = 2_000  # of one rehearsal: it is kept in memory
_PLATE_OF_NOBODY = 1  # for who has none yet


@get("/lots/{lot_id:uuid}/rehearsal", opt=only(Role.BIDDER))
async def rehearsal_room(
    request: Request[Any, Any, Any],
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Template:
    """The bidder's room, for practice: registered for the lot or not."""
    async with database.work() as work:
        auction = await service.prepare(work, lot_id, await database_clock(work))
    async with database.reading() as session:
        rehearsal, now = await _rehearsal(session, auction, actor)
        shown = await presenting.bidding(session, auction, actor)
    shown["live"] |= {
        "path": f"/lots/{lot_id}/rehearsal/live",
        "state": _plain(rehearsal.state(None, now)),
        "terms": _plain(rehearsal.told_terms()),
        "plate": rehearsal.plate,
        "account": f"rehearsal-{new_id()}",  # what a browser keeps of it is never taken for a real bid
        "receipts": [],
        "receipt_path": None,
        "declared": False,
        "excluded": False,
        "has_priority": False,
    }
    return page(request, "auction/room.html", **(shown | {"plate": rehearsal.plate, "rehearsal": True}))


@websocket("/lots/{lot_id:uuid}/rehearsal/live", opt=only(Role.BIDDER))
async def rehearse(socket: WebSocket[Any, Any, Any], lot_id: FromPath[UUID]) -> None:
    """A rehearsal of its own for each connection; it begins when the connection does."""
    use_language(language_of(socket))
    await socket.accept()
    channel = RehearsalChannel(socket)
    try:
        refuse_foreign_origin(socket, socket.app.state.settings.public_url)
        database: Database = socket.app.state.database
        async with database.reading() as session:
            auction = await service.auction_of(session, lot_id)
            rehearsal, now = await _rehearsal(session, auction, socket.scope["state"]["actor"])
    except NotPermitted:
        await channel.close(CLOSE_FOREIGN_PAGE)
    except NotFound:
        await channel.close(CLOSE_NO_SALE)
    else:
        await channel.run(rehearsal, now)


class RehearsalChannel:
    """One open websocket, already accepted. Everything is said by one task, in order; another one listens."""

    def __init__(self, socket: "WebSocket[Any, Any, Any]") -> None:
        self._socket = socket
        self._inbox: asyncio.Queue[ClientMessage | NotUnderstood] = asyncio.Queue(100)

    async def run(self, rehearsal: Rehearsal, began: datetime) -> None:
        """Rehearse until either side ends it."""
        listening = asyncio.create_task(self._listen())
        playing = asyncio.create_task(self._play(rehearsal, began))
        try:
            await asyncio.wait({listening, playing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, playing):
                task.cancel()
            results = await asyncio.gather(listening, playing, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketException):
                raise result
        codes = [result for result in results if isinstance(result, int)]
        if codes:
            await self.close(codes[0])

    async def close(self, code: int) -> None:
        """Close, if the other side has not done so already."""
        with contextlib.suppress(WebSocketException, RuntimeError):
            await self._socket.close(code=code)

    async def _listen(self) -> int | None:
        """Read until the client leaves (None), or has said too much."""
        for _ in range(MOST_MESSAGES):
            event: Any = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return None
            try:
                message: ClientMessage | NotUnderstood = read_client_message(
                    event.get("text") or event.get("bytes") or b""
                )
            except NotUnderstood as error:
                message = error
            await self._inbox.put(message)
        return CLOSE_TOO_FAST

    async def _play(self, rehearsal: Rehearsal, began: datetime) -> int:
        """Answer, and tell what happens; returns the code to close with."""
        loop = asyncio.get_running_loop()
        began_s, told = loop.time(), None

        def now() -> datetime:
            return began + timedelta(seconds=loop.time() - began_s)

        first = await self._next_message(SUBSCRIBE_WITHIN_S)
        if not isinstance(first, Subscribe):
            return CLOSE_NOT_SUBSCRIBED
        if first.version != VERSION:
            return CLOSE_VERSION
        await self._say(Welcome(plate=rehearsal.plate, terms=rehearsal.told_terms(), rehearsal=True))
        beat_s = 0.0
        while loop.time() - began_s < LONGEST_REHEARSAL_S:
            rehearsal.advance(now())
            if (state := rehearsal.state(told, now())).seq != told:
                await self._say(state)
                told = state.seq
            if loop.time() >= beat_s:
                await self._say(Heartbeat(server_time=now(), seq=state.seq, plates=1, watchers=1))
                beat_s = loop.time() + HEARTBEAT_S
            due, wait_s = rehearsal.due_at(), beat_s - loop.time()
            if due is not None:
                wait_s = min(wait_s, (due - now()).total_seconds())
            message = await self._next_message(max(0.0, wait_s))
            if message is not None:
                await self._say(_answer(message, rehearsal, now()))
        return 1000

    async def _next_message(self, within_s: float) -> ClientMessage | NotUnderstood | None:
        try:
            async with asyncio.timeout(within_s):
                return await self._inbox.get()
        except TimeoutError:
            return None

    async def _say(self, message: ServerMessage) -> None:
        await self._socket.send_data(encode(message), mode="text")


def _answer(message: ClientMessage | NotUnderstood, rehearsal: Rehearsal, now: datetime) -> ServerMessage:
    match message:
        case PlaceBid():
            return rehearsal.place(message, now)
        case Ping(sent=sent):
            return Pong(sent=sent, server_time=now)
        case Subscribe():
            return ChannelError("already_subscribed", "subscribe comes once, first")
        case NotUnderstood():
            return ChannelError("not_understood", str(message))


async def _rehearsal(session: AsyncSession, auction: Auction, actor: Actor) -> tuple[Rehearsal, datetime]:
    """A rehearsal of this sale, and the moment at which it begins; the bidder plays under the own plate, if any."""
    plate, now = _PLATE_OF_NOBODY, await database_clock(session)
    if actor.unit_id is not None:
        registration = await registrations.registration_of(session, auction.lot_id, actor.unit_id)
        plate = (None if registration is None else registration.plate) or plate
    rivals = rivals_of(auction.terms, plate, secrets.randbelow)
    return Rehearsal(auction.lot_id, auction.terms, plate=plate, rivals=rivals, now=now), now


def _plain(message: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(message))


handlers = [rehearsal_room, rehearse]

"""The live channel of a lot: one websocket, read and written side by side. The vocabulary is in `auction.messages`."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketException

from auction.desk import Answer
from auction.messages import (
    VERSION,
    Acknowledged,
    ChannelError,
    ClientMessage,
    NotUnderstood,
    Ping,
    PlaceBid,
    Pong,
    Refused,
    Subscribe,
    Welcome,
    encode,
    price_or_refusal,
    read_client_message,
)
from auction.node import LiveNode
from auction.room import Connection
from auction.settling import BidRequest, Decision
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, NotSignedIn, Refusal
from trading.kernel.formats import refusal_words
from trading.registration import service as registrations

SUBSCRIBE_WITHIN_S = 10
MESSAGES_PER_S = 20
_BURST = 100  # messages that may come at once before the rate counts
_GIVEN_SHOWN = 64  # characters of a price as it was sent that are kept

CLOSE_RESTART = 1012
CLOSE_FOREIGN_PAGE = 4403
CLOSE_NO_SALE = 4404
CLOSE_NOT_SUBSCRIBED = 4408
CLOSE_VERSION = 4409
CLOSE_TOO_SLOW = 4413
CLOSE_TOO_FAST = 4429


@dataclass(frozen=True, slots=True)
class Plate:
    """The right to bid: the registration of the connected account, and its plate."""

    registration_id: UUID
    number: int


class _Close(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Pace:
    """How fast a client may speak: a burst, then `MESSAGES_PER_S`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = float(_BURST)
        self._last = self._loop.time()

    def count(self) -> None:
        """One more message. Ends the connection of a client that does not slow down."""
        now = self._loop.time()
        self._left = min(_BURST, self._left + (now - self._last) * MESSAGES_PER_S) - 1
        self._last = now
        if self._left < 0:
            raise _Close(CLOSE_TOO_FAST)


class LiveChannel:
    """One open websocket of a lot, already accepted."""

    def __init__(
        self, socket: "WebSocket[Any, Any, Any]", lot_id: UUID, actor: Actor | None, database: Database
    ) -> None:
        self._socket = socket
        self._lot_id = lot_id
        self._actor = actor
        self._database = database
        self._plate: Plate | None = None
        leads = actor is not None and actor.has(Role.AUCTIONEER)
        self._connection = Connection(plate=None, sees_plates=leads)
        self._bidding: set[asyncio.Task[None]] = set()

    async def run(self, node: LiveNode) -> None:
        """Serve the connection until either side ends it."""
        try:
            async with asyncio.timeout(SUBSCRIBE_WITHIN_S):
                first = await self._next_message()
            after = _subscription(first)
            self._plate = await self._find_plate()
            self._connection.plate = None if self._plate is None else self._plate.number
            self._connection.offer(encode(Welcome(plate=self._connection.plate)))
            room = await node.rooms.enter(self._lot_id, self._connection, after)
        except (TimeoutError, NotUnderstood):
            await self._close(CLOSE_NOT_SUBSCRIBED)
        except NotFound:
            await self._close(CLOSE_NO_SALE)
        except _Close as close:
            await self._close(close.code)
        else:
            try:
                await self._serve(node)
            finally:
                await node.rooms.leave(room, self._connection)

    async def _serve(self, node: LiveNode) -> None:
        reading = asyncio.create_task(self._read(node))
        writing = asyncio.create_task(self._write())
        dropping = asyncio.create_task(self._connection.too_slow.wait())
        tasks = {reading, writing, dropping}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if dropping.done() and not dropping.cancelled():
            await self._close(CLOSE_TOO_SLOW)
        for result in results:
            if isinstance(result, _Close):
                await self._close(result.code)
            elif isinstance(result, Exception) and not isinstance(result, WebSocketException):
                raise result

    async def _read(self, node: LiveNode) -> None:
        pace = _Pace()
        while True:
            pace.count()
            try:
                message = await self._next_message()
            except NotUnderstood as error:
                self._connection.offer(encode(ChannelError(code="not_understood", message=str(error))))
                continue
            match message:
                case PlaceBid():
                    bidding = asyncio.create_task(self._bid(message, node))
                    self._bidding.add(bidding)
                    bidding.add_done_callback(self._bidding.discard)
                case Ping(sent=sent):
                    self._connection.offer(encode(Pong(sent=sent, server_time=node.about_now())))
                case Subscribe():
                    self._connection.offer(encode(ChannelError("already_subscribed", "subscribe comes once, first")))

    async def _write(self) -> None:
        while True:
            frame = await self._connection.outbox.get()
            await self._socket.send_data(frame, mode="text")

    async def _bid(self, message: PlaceBid, node: LiveNode) -> None:
        try:
            if self._actor is None or self._actor.account_id is None:
                raise NotSignedIn
            answer = await node.desk.place(await self._request(message, self._actor.account_id))
        except Refusal as refusal:
            answer = refusal
        except Exception:  # noqa: BLE001 - the socket's loop goes on
            # The desk has logged the bug. Whether the bid was stored is unknown to the bidder: no answer means that.
            words = "the bid could not be decided; ask again with the same key"
            self._connection.offer(encode(ChannelError(code="not_decided", message=words)))
            return
        self._connection.offer(encode(_answer_message(message.key, answer)))

    async def _request(self, message: PlaceBid, account_id: UUID) -> BidRequest:
        if self._plate is None:
            self._plate = await self._find_plate()
            self._connection.plate = None if self._plate is None else self._plate.number
        price = price_or_refusal(message.price_fen)
        given = bytes(message.price_fen).decode(errors="replace")
        return BidRequest(
            lot_id=self._lot_id,
            account_id=account_id,
            registration_id=None if self._plate is None else self._plate.registration_id,
            plate=None if self._plate is None else self._plate.number,
            key=message.key,
            price=price,
            given=str(price.fen) if not isinstance(price, Refusal) else given[:_GIVEN_SHOWN],
        )

    async def _find_plate(self) -> Plate | None:
        """The plate of the account's own registration, if it is qualified."""
        if self._actor is None or self._actor.unit_id is None:
            return None
        async with self._database.reading() as session:
            found = await registrations.registration_of(session, self._lot_id, self._actor.unit_id)
        if found is None or found.plate is None or found.account_id != self._actor.account_id:
            return None
        return Plate(found.id, found.plate)

    async def _next_message(self) -> ClientMessage:
        event: Any = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise _Close(1000)
        return read_client_message(event.get("text") or event.get("bytes") or b"")

    async def _close(self, code: int) -> None:
        """Close, if the other side has not done so already."""
        with contextlib.suppress(WebSocketException, RuntimeError):
            await self._socket.close(code=code)


def _subscription(message: ClientMessage) -> int | None:
    if not isinstance(message, Subscribe):
        raise _Close(CLOSE_NOT_SUBSCRIBED)
    if message.version != VERSION:
        raise _Close(CLOSE_VERSION)
    return message.after


def _answer_message(key: UUID, answer: Answer) -> Acknowledged | Refused:
    if isinstance(answer, Decision) and answer.refusal is None:
        assert answer.price is not None
        return Acknowledged(
            key=key,
            seq=answer.seq,
            hash=answer.hash.hex(),
            at=answer.at,
            price_fen=answer.price.fen,
            before_close_ms=answer.before_close_ms,
        )
    refusal = answer.refusal if isinstance(answer, Decision) else answer
    assert refusal is not None
    message, advice = refusal_words(refusal)
    refused = Refused(key=key, code=refusal.code, message=message, advice=advice)
    if isinstance(answer, Decision):
        return msgspec.structs.replace(
            refused, seq=answer.seq, hash=answer.hash.hex(), at=answer.at, before_close_ms=answer.before_close_ms
        )
    return refused

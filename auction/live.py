"""The live channel of a lot: one websocket, read and written side by side. The vocabulary is in `auction.messages`.

A message is taken the moment it is read: a bid is stamped, given to the desk with a callback, and answered by it. No
task and no queue stands between.
"""

import asyncio
import contextlib
import contextvars
import time
from dataclasses import dataclass
from datetime import datetime
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
from auction.refusals import ClockUnsure
from auction.room import Connection
from auction.settling import BidRequest, Decision
from auction.wire import wire_of
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, NotSignedIn
from trading.kernel.formats import refusal_words
from trading.kernel.ids import quick_id
from trading.kernel.money import Money
from trading.registration import service as registrations

SUBSCRIBE_WITHIN_S = 10
_BURST = 100  # messages that may come at once before the rate counts
_GIVEN_SHOWN = 64  # characters of a price as it was sent that are kept

CLOSE_RESTART = 1012
CLOSE_SIGNED_OUT = 4401
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
    """How fast a client may speak: a burst, then so many messages a second."""

    def __init__(self, messages_per_s: int) -> None:
        self._per_s = messages_per_s
        self._left = float(_BURST)
        self._last_s = time.monotonic()

    def is_exceeded(self, now_s: float) -> bool:
        """Count one more message. Whether the client did not slow down."""
        self._left = min(_BURST, self._left + (now_s - self._last_s) * self._per_s) - 1
        self._last_s = now_s
        return self._left < 0


class LiveChannel:
    """One open websocket of a lot, already accepted."""

    def __init__(
        self, socket: "WebSocket[Any, Any, Any]", lot_id: UUID, actor: Actor | None, database: Database, node: LiveNode
    ) -> None:
        self._socket = socket
        self._lot_id = quick_id(lot_id)
        self._account_id = quick_id(actor.account_id) if actor is not None and actor.account_id is not None else None
        self._unit_id = None if actor is None else actor.unit_id
        self._database = database
        self._node = node
        self._plate: Plate | None = None
        self._wire = wire_of(socket.scope)
        leads = actor is not None and actor.has(Role.AUCTIONEER)
        self._connection = Connection(plate=None, wire=self._wire, sees_plates=leads)
        self._pace = _Pace(node.messages_per_s)
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._speaking = contextvars.copy_context()  # answers are in the language of whoever opened the channel
        self._looking_up: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the connection until either side ends it."""
        try:
            async with asyncio.timeout(SUBSCRIBE_WITHIN_S):
                first = await self._first_message()
            subscription = _subscription(first)
            await self._find_plate()
            self._connection.all_bids = subscription.all_bids
            terms = await self._node.rooms.terms(self._lot_id)
            self._connection.offer(encode(Welcome(plate=self._connection.plate, terms=terms)))
            room = await self._node.rooms.enter(self._lot_id, self._connection, subscription.after)
        except (TimeoutError, NotUnderstood):
            await self._close(CLOSE_NOT_SUBSCRIBED)
        except NotFound:
            await self._close(CLOSE_NO_SALE)
        except _Close as close:
            await self._close(close.code)
        else:
            token = self._socket.cookies.get(SESSION_COOKIE) if self._account_id is not None else None
            try:
                with self._node.signed_in.watching(token, lambda: self._end(CLOSE_SIGNED_OUT)):
                    await self._serve()
            finally:
                await self._node.rooms.leave(room, self._connection)

    async def _serve(self) -> None:
        if self._wire is not None:
            self._wire.take_messages(self._take)
        tasks: set[asyncio.Future[Any]] = {
            self._ending,
            asyncio.create_task(self._read()),
            asyncio.create_task(self._connection.too_slow.wait()),
        }
        if self._wire is None:
            tasks.add(asyncio.create_task(self._write()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            code = self._ending.result() if self._ending.done() else None
            for task in (*tasks, *self._looking_up):
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if code is None and self._connection.too_slow.is_set():
            code = CLOSE_TOO_SLOW
        if code is not None:
            await self._close(code)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketException):
                raise result

    def _end(self, code: int) -> None:
        if not self._ending.done():
            self._ending.set_result(code)

    async def _read(self) -> None:
        """Read until the other side has gone; with a wire, messages come by `_take` at once."""
        while (data := await self._next_data()) is not None:
            self._take(data)

    async def _write(self) -> None:
        while True:
            frame = await self._connection.outbox.get()
            await self._socket.send_data(frame, mode="text")

    async def _next_data(self) -> bytes | str | None:
        event: Any = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            return None
        return event.get("text") or event.get("bytes") or b""

    async def _first_message(self) -> ClientMessage:
        data = await self._next_data()
        if data is None:
            raise _Close(1000)
        return read_client_message(data)

    async def _close(self, code: int) -> None:
        """Close, if the other side has not done so already."""
        if self._wire is not None:
            self._wire.flush()
            if self._wire.waiting_bytes:  # uvicorn would wait until all of it is taken
                self._wire.drop(code)
                return
        with contextlib.suppress(WebSocketException, RuntimeError):
            await self._socket.close(code=code)

    # --- one message ---------------------------------------------------------------------------------------------

    def _take(self, data: bytes | str) -> None:
        now_s = time.monotonic()
        if self._ending.done():
            return
        if self._pace.is_exceeded(now_s):
            self._end(CLOSE_TOO_FAST)
            return
        try:
            message = read_client_message(data)
        except NotUnderstood as error:
            self._connection.offer(encode(ChannelError(code="not_understood", message=str(error))))
            return
        match message:
            case PlaceBid():
                self._take_bid(message, now_s)
            case Ping(sent=sent):
                server_time = self._node.clock.about(now_s)
                self._connection.offer(encode(Pong(sent=sent, server_time=server_time)))
            case Subscribe():
                self._connection.offer(encode(ChannelError("already_subscribed", "subscribe comes once, first")))

    def _take_bid(self, message: PlaceBid, now_s: float) -> None:
        if self._account_id is None:
            self._answer(message.key, NotSignedIn())
            return
        try:
            arrived_at = self._node.clock.stamp(now_s)
        except ClockUnsure as refusal:
            self._answer(message.key, refusal)
            return
        if self._plate is None and self._unit_id is not None:
            looking_up = asyncio.create_task(self._look_up_and_hand_in(message, arrived_at))
            self._looking_up.add(looking_up)
            looking_up.add_done_callback(self._looking_up.discard)
        else:
            self._hand_in(message, arrived_at, self._account_id)

    async def _look_up_and_hand_in(self, message: PlaceBid, arrived_at: datetime) -> None:
        """The plate may have been given since the channel was opened."""
        await self._find_plate()
        assert self._account_id is not None
        self._hand_in(message, arrived_at, self._account_id)

    def _hand_in(self, message: PlaceBid, arrived_at: datetime, account_id: UUID) -> None:
        key, plate = message.key, self._plate
        price = price_or_refusal(message.price_fen)
        if isinstance(price, Money):
            given = str(price.fen)
        else:
            given = bytes(message.price_fen).decode(errors="replace")[:_GIVEN_SHOWN]
        request = BidRequest(
            lot_id=self._lot_id,
            account_id=account_id,
            registration_id=None if plate is None else plate.registration_id,
            plate=None if plate is None else plate.number,
            key=key,
            price=price,
            given=given,
            arrived_at=arrived_at,
            is_maximum=message.maximum,
            is_sealed=message.sealed,
        )
        self._node.desk.hand_in(request, lambda answer: self._answer(key, answer))

    def _answer(self, key: UUID, answer: Answer | None) -> None:
        if answer is None:
            # The desk has logged the bug. Whether the bid was stored is unknown to the bidder: no answer means that.
            words = "the bid could not be decided; ask again with the same key"
            self._connection.offer(encode(ChannelError(code="not_decided", message=words)))
        elif isinstance(answer, Decision) and answer.refusal is None:
            self._connection.offer(encode(_acknowledged(answer)))
        else:
            self._connection.offer(encode(self._speaking.run(_refused, key, answer)))

    async def _find_plate(self) -> None:
        """Find the plate of the account's own registration, if it is qualified."""
        if self._unit_id is None:
            return
        async with self._database.reading() as session:
            found = await registrations.registration_of(session, self._lot_id, self._unit_id)
        if found is not None and found.plate is not None and found.account_id == self._account_id:
            self._plate = Plate(quick_id(found.id), found.plate)
            self._connection.plate = found.plate


def _subscription(message: ClientMessage) -> Subscribe:
    if not isinstance(message, Subscribe):
        raise _Close(CLOSE_NOT_SUBSCRIBED)
    if message.version != VERSION:
        raise _Close(CLOSE_VERSION)
    return message


def _acknowledged(decision: Decision) -> Acknowledged:
    assert decision.price is not None
    return Acknowledged(
        key=decision.key,
        seq=decision.seq,
        hash=decision.hash.hex(),
        at=decision.at,
        arrived_at=decision.arrived_at,
        price_fen=decision.price.fen,
        leads=decision.leads,
        before_close_ms=decision.before_close_ms,
    )


def _refused(key: UUID, answer: Answer) -> Refused:
    refusal = answer.refusal if isinstance(answer, Decision) else answer
    assert refusal is not None
    message, advice = refusal_words(refusal)
    refused = Refused(key=key, code=refusal.code, message=message, advice=advice)
    if isinstance(answer, Decision):
        return msgspec.structs.replace(
            refused, seq=answer.seq, hash=answer.hash.hex(), at=answer.at, before_close_ms=answer.before_close_ms
        )
    return refused

"""A client for programs: sign in, follow a lot, bid. It reconnects by itself and resumes where it was.

    cookie = await sign_in("https://centre.example", "hongda", "the password")
    async with LotClient("https://centre.example", lot_id, cookie) as lot:
        async for event in lot.events():
            if lot.stage == "open" and not lot.leading:
                answer = await lot.bid(lot.lowest)

The protocol is described in docs/protocol.md. A bid is given a key once; when the connection breaks before its answer
it is sent again with the same key and counts once. `bid` returns only what the server has stored.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from auction.messages import (
    VERSION,
    Acknowledged,
    Heartbeat,
    LotEvent,
    LotTerms,
    Ping,
    PlaceBid,
    Pong,
    Refused,
    SaleState,
    ServerMessage,
    Subscribe,
    Welcome,
    encode,
    read_server_message,
)
from trading.kernel.ids import new_id
from trading.kernel.money import Money

STALE_AFTER_S = 3.0
_LONGEST_PAUSE_S = 2.0
_PING_EVERY_S = 2.0
_PINGS_KEPT = 15
_CSRF_COOKIE, _CSRF_HEADER = "csrftoken", "x-csrftoken"
_SESSION_COOKIE = "trading_session"
_FINAL_CODES = {4401, 4403, 4404, 4409}  # coming again would not help


@dataclass
class BidRefused(Exception):
    """The server refused the bid. `seq` is None when the refusal is not in the lot's journal."""

    code: str
    message: str
    advice: str
    seq: int | None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NoAnswer(Exception):
    """No answer came in time. The bid may have been stored: ask again with the same key."""


class SignInFailed(Exception):
    """The server did not accept the sign-in."""


class _Gap(Exception):
    """The server went on from a number that this client has not been told: begin again from the last one."""


class ConnectionRefused(Exception):
    """The server does not serve this lot to this client."""


async def sign_in(base_url: str, sign_in_name: str, password: str) -> str:
    """Sign in with a password; returns the cookie to hand to `LotClient`."""
    return await _sign_in_at(base_url, "/sign-in", {"sign_in_name": sign_in_name, "password": password})


async def demonstration_sign_in(base_url: str, sign_in_name: str) -> str:
    """Sign in with one click, as a demonstration offers it; returns the cookie."""
    return await _sign_in_at(base_url, f"/demonstration/sign-in/{sign_in_name}", {})


async def _sign_in_at(base_url: str, path: str, form: dict[str, str]) -> str:
    async with httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False) as http:
        await http.get("/sign-in")
        token = http.cookies.get(_CSRF_COOKIE) or ""
        answer = await http.post(path, data=form, headers={_CSRF_HEADER: token})
        session = http.cookies.get(_SESSION_COOKIE)
        if session is None:
            raise SignInFailed(f"the server answered {answer.status_code}")
        return f"{_SESSION_COOKIE}={session}"


class LotClient:
    """One lot, followed over its live channel. Without a cookie it only watches.

    While the context is open these are kept true: `stage`, `price` and `leader` (highest bid and its plate), `lowest`
    (lowest valid next price), `lowest_for_priority` (the same for a holder of the priority right, who may match; None
    where there is no such right), `increment`, `calls`, `bid_count`, `closes_at`, `seq` and `hash` (of the last event),
    `plates` and `watchers` (how many are connected); `plate` is the own one, `terms` what was announced. `stale` says
    that nothing was heard for three seconds, and nothing but the past may be told of the state then.

    `all_bids`: leave out no accepted bid of `events`, however quickly they come. `rehearsal`: play against two robots
    instead, where nothing counts; every new connection begins a new sale.
    """

    def __init__(
        self, base_url: str, lot_id: UUID | str, cookie: str = "", *, all_bids: bool = False, rehearsal: bool = False
    ) -> None:
        path = f"/lots/{lot_id}/rehearsal/live" if rehearsal else f"/lots/{lot_id}/live"
        self._url = base_url.replace("http", "ws", 1) + path
        self._headers = {"Cookie": cookie} if cookie else {}
        self._all_bids = all_bids
        self._pending: dict[UUID, tuple[bytes, asyncio.Future[Acknowledged | Refused]]] = {}
        self._listeners: set[asyncio.Queue[LotEvent | None]] = set()
        self._socket: ClientConnection | None = None
        self._running: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._heard_at = 0.0
        self._clock = ServerClock()
        self.terms: LotTerms | None = None
        self.plate: int | None = None
        self.seq: int | None = None
        self.hash: str | None = None
        self.stage = ""
        self.price: Money | None = None
        self.leader: int | None = None
        self.lowest = Money(0)
        self.lowest_for_priority: Money | None = None
        self.increment = Money(0)
        self.calls = 0
        self.bid_count = 0
        self.closes_at: datetime | None = None
        self.plates = 0
        self.watchers = 0
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run())
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, self._running}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if not self._ready.is_set():
            await self._stop()
            raise ConnectionRefused(self._url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        assert self._running is not None
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionRefused):
            await self._running
        for listener in self._listeners:
            listener.put_nowait(None)
        for _, answer in self._pending.values():
            answer.cancel()

    @property
    def stale(self) -> bool:
        """Whether nothing was heard for three seconds."""
        return asyncio.get_running_loop().time() - self._heard_at > STALE_AFTER_S

    @property
    def leading(self) -> bool:
        """Whether the own plate leads, as far as is known now; never on a stale state."""
        return self.plate is not None and self.leader == self.plate and not self.stale

    @property
    def starting_price(self) -> Money:
        """The price at which the sale began."""
        assert self.terms is not None, "known as soon as the context is open"
        return Money(self.terms.starting_price_fen)

    @property
    def round_trip_s(self) -> float | None:
        """The shortest time that a message lately took to the server and back; None before the first."""
        return self._clock.round_trip_s

    def server_time(self) -> datetime:
        """The server's time now, wrong by at most half of `round_trip_s`. This machine's clock has no part in it."""
        return self._clock.now(asyncio.get_running_loop().time())

    async def bid(
        self,
        price: Money | int,
        *,
        maximum: bool = False,
        sealed: bool = False,
        key: UUID | None = None,
        within_s: float = 30,
    ) -> Acknowledged:
        """Bid; an int is fen. Returns once the bid is stored. Raises `BidRefused`, `NoAnswer` in time, or
        `ConnectionRefused` when the server does not serve this client any more.

        `maximum`: the price is a secret maximum, up to which the platform bids where the way of selling knows that.
        `sealed`: it is a sealed quote, as the stages ask for that take nothing else. To ask again after `NoAnswer`,
        pass the same key and price.
        """
        fen = price.fen if isinstance(price, Money) else price
        return await self.bid_raw(str(fen), maximum=maximum, sealed=sealed, key=key, within_s=within_s)

    async def bid_raw(
        self,
        price: str,
        *,
        maximum: bool = False,
        sealed: bool = False,
        key: UUID | None = None,
        within_s: float = 30,
    ) -> Acknowledged:
        """Bid with a price that is sent as this JSON text, whatever it is."""
        if self._running is None or self._running.done():
            raise ConnectionRefused(self._url)
        key = key or new_id()
        frame = encode(PlaceBid(key, msgspec.Raw(price.encode()), maximum=maximum, sealed=sealed))
        answer: asyncio.Future[Acknowledged | Refused] = asyncio.get_running_loop().create_future()
        self._pending[key] = (frame, answer)
        try:
            async with asyncio.timeout(within_s):
                await self._send(frame)
                said = await answer
        except TimeoutError as error:
            raise NoAnswer(str(key)) from error
        finally:
            self._pending.pop(key, None)
        if isinstance(said, Refused):
            raise BidRefused(said.code, said.message, said.advice, said.seq)
        return said

    async def events(self) -> AsyncIterator[LotEvent]:
        """The events from now on, in order, until the context ends. The state is that after the event or later.

        Refused bids are not among them, nor are accepted ones that were overtaken at once in a sale that moves quickly
        (unless `all_bids`). What the client missed while it was disconnected comes when it is back.
        """
        if self._running is None or self._running.done():
            return
        queue: asyncio.Queue[LotEvent | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._listeners.discard(queue)

    async def _send(self, frame: bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(frame.decode())

    async def _run(self) -> None:
        pause_s = 0.1
        while True:
            try:
                async with connect(
                    self._url, additional_headers=self._headers, compression=None, proxy=None, open_timeout=10
                ) as socket:
                    pinging = asyncio.create_task(self._keep_pinging())
                    try:
                        await self._follow(socket)
                    finally:
                        pinging.cancel()
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code in _FINAL_CODES:
                    refused = ConnectionRefused(f"closed with {closed.rcvd.code}")
                    self._end(refused)
                    raise refused from closed
            except (OSError, TimeoutError, websockets.InvalidHandshake, _Gap):
                pass
            if self._socket is not None:  # it had been let in
                self._socket = None
                pause_s = 0.1
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    def _end(self, refused: ConnectionRefused) -> None:
        """The server will not have this client any more: whoever waits is to know."""
        self.plate = None
        for listener in self._listeners:
            listener.put_nowait(None)
        for _, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(refused)

    async def _ping(self) -> None:
        await self._send(encode(Ping(sent=int(asyncio.get_running_loop().time() * 1_000_000))))

    async def _keep_pinging(self) -> None:
        while True:
            await asyncio.sleep(_PING_EVERY_S)
            await self._ping()

    async def _follow(self, socket: ClientConnection) -> None:
        self.connections += 1
        await socket.send(encode(Subscribe(after=self.seq, version=VERSION, all_bids=self._all_bids)).decode())
        while True:
            # Not wait_for: until Python 3.12 it can lose a cancellation that meets a message.
            async with asyncio.timeout(2 * STALE_AFTER_S):
                message = read_server_message(await socket.recv())
            self._heard_at = asyncio.get_running_loop().time()
            if isinstance(message, Welcome):
                self._socket = socket
                self.plate, self.terms = message.plate, message.terms
                for frame, _ in list(self._pending.values()):
                    await socket.send(frame.decode())
                await self._ping()
            else:
                self._take(message)

    def _take(self, message: ServerMessage) -> None:
        match message:
            case SaleState():
                self._take_state(message)
            case Acknowledged(key=key) | Refused(key=UUID() as key):
                _, answer = self._pending.get(key, (b"", None))
                if answer is not None and not answer.done():
                    answer.set_result(message)
            case Heartbeat():
                self.plates, self.watchers = message.plates, message.watchers
            case Pong(sent=sent, server_time=server_time):
                self._clock.note(sent / 1_000_000, self._heard_at, server_time)

    def _take_state(self, state: SaleState) -> None:
        known = self.seq
        if state.after is not None and (known is None or state.after > known):
            raise _Gap
        self.seq, self.hash, self.stage = state.seq, state.hash, state.stage
        self.price = None if state.price_fen is None else Money(state.price_fen)
        self.leader, self.calls, self.bid_count = state.plate, state.calls, state.bid_count
        self.lowest, self.increment = Money(state.lowest_fen), Money(state.increment_fen)
        matching_fen = state.lowest_for_priority_fen
        self.lowest_for_priority = None if matching_fen is None else Money(matching_fen)
        self.closes_at = state.closes_at
        self._ready.set()
        if known is None:  # what was before is not told by `events`
            return
        for event in state.events:
            if event.seq > known:
                for listener in self._listeners:
                    listener.put_nowait(event)


class ServerClock:
    """The server's time as this client knows it: from the quickest of the latest pings, by the monotonic clock."""

    def __init__(self) -> None:
        self._measured: deque[tuple[float, float, datetime]] = deque(maxlen=_PINGS_KEPT)

    def note(self, sent_s: float, heard_s: float, server_time: datetime) -> None:
        """A ping went out and came back at these moments of the monotonic clock."""
        self._measured.append((heard_s - sent_s, (heard_s + sent_s) / 2, server_time))

    @property
    def round_trip_s(self) -> float | None:
        """The shortest round trip lately."""
        return min(self._measured)[0] if self._measured else None

    def now(self, at_s: float) -> datetime:
        """The server's time at this moment of the monotonic clock. Raises `LookupError` before the first answer."""
        if not self._measured:
            raise LookupError("the server has not told its time yet")
        _, middle_s, server_time = min(self._measured)
        return server_time + timedelta(seconds=at_s - middle_s)

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
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from auction.messages import (
    Acknowledged,
    ChannelError,
    Heartbeat,
    LotEvent,
    PlaceBid,
    Refused,
    ServerMessage,
    Snapshot,
    Subscribe,
    Welcome,
    encode,
    read_server_message,
)
from trading.kernel.ids import new_id
from trading.kernel.money import Money

STALE_AFTER_S = 3.0
_LONGEST_PAUSE_S = 2.0
_CSRF_COOKIE, _CSRF_HEADER = "csrftoken", "x-csrftoken"
_SESSION_COOKIE = "trading_session"
_FINAL_CODES = {4403, 4404, 4409}  # coming again would not help


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
    (lowest valid next price), `calls`, `closes_at`, `plates` (how many are connected), `seq`; `plate` is the own one.
    `stale` says that nothing was heard for three seconds, and nothing but the past may be told of the state then.
    """

    def __init__(self, base_url: str, lot_id: UUID | str, cookie: str = "") -> None:
        self._url = f"{base_url.replace('http', 'ws', 1)}/lots/{lot_id}/live"
        self._headers = {"Cookie": cookie} if cookie else {}
        self._pending: dict[UUID, tuple[bytes, asyncio.Future[Acknowledged | Refused]]] = {}
        self._listeners: set[asyncio.Queue[LotEvent | None]] = set()
        self._socket: ClientConnection | None = None
        self._running: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._heard_at = 0.0
        self.plate: int | None = None
        self.seq: int | None = None
        self.hash: str | None = None
        self.stage = ""
        self.price: Money | None = None
        self.leader: int | None = None
        self.calls = 0
        self.closes_at: datetime | None = None
        self.starting_price = Money(0)
        self.increment = Money(0)
        self.plates = 0
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
    def lowest(self) -> Money:
        """The lowest valid next price."""
        return self.starting_price if self.price is None else self.price + self.increment

    async def bid(self, price: Money | int, *, key: UUID | None = None, within_s: float = 30) -> Acknowledged:
        """Bid; an int is fen. Returns once the bid is stored and leads. Raises `BidRefused`, or `NoAnswer` in time.

        To ask again after `NoAnswer`, pass the same key and price.
        """
        fen = price.fen if isinstance(price, Money) else price
        return await self.bid_raw(str(fen), key=key, within_s=within_s)

    async def bid_raw(self, price: str, *, key: UUID | None = None, within_s: float = 30) -> Acknowledged:
        """Bid with a price that is sent as this JSON text, whatever it is."""
        key = key or new_id()
        frame = encode(PlaceBid(key=key, price_fen=msgspec.Raw(price.encode())))
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
        """Every event from now on, in order, until the context ends. The state is up to date with each event or later.

        After an absence with very many events the client gets a snapshot instead of them, and they are left out here.
        """
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
                    await self._follow(socket)
                    pause_s = 0.1
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code in _FINAL_CODES:
                    raise ConnectionRefused(f"closed with {closed.rcvd.code}") from closed
            except (OSError, TimeoutError, websockets.InvalidHandshake):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _follow(self, socket: ClientConnection) -> None:
        self.connections += 1
        await socket.send(encode(Subscribe(after=self.seq)).decode())
        while True:
            # Not wait_for: until Python 3.12 it can lose a cancellation that meets a message.
            async with asyncio.timeout(2 * STALE_AFTER_S):
                message = read_server_message(await socket.recv())
            self._heard_at = asyncio.get_running_loop().time()
            if isinstance(message, Welcome):
                self._socket = socket
                self.plate = message.plate
                for frame, _ in list(self._pending.values()):
                    await socket.send(frame.decode())
                if self.seq is not None:
                    self._ready.set()
            else:
                self._take(message)

    def _take(self, message: ServerMessage) -> None:
        match message:
            case Snapshot():
                self._take_snapshot(message)
                self._ready.set()
            case LotEvent():
                self._take_event(message)
                for listener in self._listeners:
                    listener.put_nowait(message)
            case Acknowledged(key=key) | Refused(key=UUID() as key):
                _, answer = self._pending.get(key, (b"", None))
                if answer is not None and not answer.done():
                    answer.set_result(message)
            case Heartbeat():
                self.plates = message.plates
            case ChannelError() | _:
                pass

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.seq, self.hash, self.stage = snapshot.seq, snapshot.hash, snapshot.stage
        self.price = None if snapshot.price_fen is None else Money(snapshot.price_fen)
        self.leader, self.calls, self.closes_at = snapshot.plate, snapshot.calls, snapshot.closes_at
        self.starting_price, self.increment = Money(snapshot.starting_price_fen), Money(snapshot.increment_fen)

    def _take_event(self, event: LotEvent) -> None:
        self.seq, self.hash = event.seq, event.hash
        if event.closes_at is not None:
            self.closes_at = datetime.fromisoformat(event.closes_at)
        match event.kind:
            case "opened":
                self.stage = "open"
            case "bid_accepted" if event.price_fen is not None:
                self.price, self.leader, self.calls = Money(event.price_fen), event.plate, 0
            case "called":
                self.calls = event.number or 0
            case "sold" | "withdrawn" | "called_off":
                self.stage = event.kind

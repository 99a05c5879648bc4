"""Bidders that write down everything: what they asked, when, what they were told, and every state they saw.

A recorder speaks the protocol with the `websockets` library and the message vocabulary only, so that a fault of the
ready client cannot hide one of the server. `Weather` makes its own side of the line bad: frames are dropped, doubled,
held back and sent out of order, and connections are cut.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from auction.messages import Acknowledged, PlaceBid, Refused, SaleState, Subscribe, encode, read_server_message
from tests.faults.history import Answer, Call, Seen
from tests.faults.planting import Dice
from trading.kernel.ids import new_id

ASK_AGAIN_AFTER_S = 2.0
CLOSED_PAUSE_S = 0.05


@dataclass
class Weather:
    """How bad the line is, in percent of the frames sent; `cut` is a connection that breaks instead."""

    dice: Dice
    dropped: int = 0
    doubled: int = 0
    held_back: int = 0
    cut: int = 0

    def throw(self) -> str:
        """What becomes of the next frame."""
        thrown = self.dice.of(range(100))
        for fate in ("dropped", "doubled", "held_back", "cut"):
            thrown -= getattr(self, fate)
            if thrown < 0:
                return fate
        return "sent"


@dataclass
class Recorder:
    """One bidder on one lot. Connects again by itself; a bid is asked again with its key until it is answered."""

    url: str
    cookie: str
    plate: int
    weather: Weather | None = None
    state: SaleState | None = None
    calls: dict[str, Call] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    not_stored: int = 0
    _frames: dict[str, str] = field(default_factory=dict)
    _answered: dict[str, asyncio.Event] = field(default_factory=dict)
    _held: list[str] = field(default_factory=list)
    _socket: ClientConnection | None = None

    async def bid(self, price_fen: int, *, within_s: float = 90) -> Answer | None:
        """Bid; None when no answer came in time. What was not stored (an answer without a number) is asked again."""
        key = str(new_id())
        frame = encode(PlaceBid(UUID(key), msgspec.Raw(str(price_fen).encode()))).decode()
        self.calls[key] = Call(key, self.plate, price_fen, now())
        self._frames[key] = frame
        answered = self._answered[key] = asyncio.Event()
        deadline = time.monotonic() + within_s
        while not answered.is_set() and time.monotonic() < deadline:
            await self._send(frame)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), ASK_AGAIN_AFTER_S)
        self._frames.pop(key, None)
        return self.calls[key].answer

    async def run(self) -> None:
        """Follow the lot until cancelled."""
        while True:
            try:
                async with connect(
                    self.url, additional_headers={"Cookie": self.cookie}, compression=None, proxy=None
                ) as socket:
                    await self._follow(socket)
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(CLOSED_PAUSE_S)

    async def wait_until(self, true: Callable[[SaleState], bool], within_s: float = 60) -> SaleState:
        """The state, once it is so."""
        async with asyncio.timeout(within_s):
            while self.state is None or not true(self.state):  # noqa: ASYNC110 - it comes from another process
                await asyncio.sleep(0.01)
        return self.state

    async def _follow(self, socket: ClientConnection) -> None:
        self.connections += 1
        after = None if self.state is None else self.state.seq
        await socket.send(encode(Subscribe(after=after)).decode())
        self._socket = socket
        for frame in list(self._frames.values()):
            await socket.send(frame)
        async for received in socket:
            self._take(received)

    def _take(self, frame: str | bytes) -> None:
        message = read_server_message(frame)
        if isinstance(message, SaleState):
            told, left_out = len(message.events), message.left_out
            self.seen.append(
                Seen(message.after, message.seq, message.hash, message.price_fen, message.plate, told, left_out)
            )
            self.state = message
        elif isinstance(message, Acknowledged | Refused) and message.key is not None:
            self._answer(str(message.key), message)

    def _answer(self, key: str, message: Acknowledged | Refused) -> None:
        call = self.calls[key]
        if message.seq is None:
            self.not_stored += 1
            return
        accepted = isinstance(message, Acknowledged)
        code = message.code if isinstance(message, Refused) else None
        answer = Answer(accepted, message.seq, message.hash, code)
        if call.answer is None:
            self.calls[key] = replace(call, answered_at=now(), answer=answer)
        elif call.answer != answer:
            raise AssertionError(f"the bid {key} was answered twice, differently: {call.answer} and {answer}")
        self._answered[key].set()

    async def _send(self, frame: str) -> None:
        socket = self._socket
        if socket is None:
            return
        fate = "sent" if self.weather is None else self.weather.throw()
        with contextlib.suppress(websockets.ConnectionClosed):
            match fate:
                case "dropped":
                    return
                case "cut":
                    await socket.send(frame)
                    socket.transport.abort()
                    return
                case "held_back":
                    self._held.append(frame)
                    return
                case "doubled":
                    await socket.send(frame)
            await socket.send(frame)
            while self._held:
                await socket.send(self._held.pop())


def now() -> datetime:
    """The machine's clock, which is also the database's: both run here."""
    return datetime.fromtimestamp(time.time(), UTC)

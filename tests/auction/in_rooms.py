"""What the tests of rooms share: an open sale and its bids, connections, and what they have heard."""

import asyncio
import itertools
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from auction import service
from auction.messages import (
    SaleState,
    read_server_message,
)
from auction.room import Connection, Rooms
from auction.settling import BidRequest, settle
from auction.wire import WireProtocol
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money

OPENED = 2  # the sale was prepared as entry 1 and opened as entry 2


async def open_sale(database: Database, now: datetime) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now)
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def refuse(database: Database, sale: Sale, times: int, now: datetime) -> None:
    """So many bids below the starting price: each is an entry."""
    await bid(database, sale, [1] * times, now)


async def accept(database: Database, sale: Sale, numbers: range, now: datetime) -> None:
    """The bids with these numbers, each one increment above the one before."""
    await bid(database, sale, [START + n * INCREMENT for n in numbers], now)


async def bid(database: Database, sale: Sale, prices: list[int], now: datetime) -> None:
    """Bids of the three bidders in turn, settled together."""
    requests = [
        BidRequest(
            lot_id=sale.lot_id,
            account_id=bidder.account.id,
            registration_id=bidder.registration.id,
            plate=bidder.plate,
            key=new_id(),
            price=Money(price),
            given=str(price),
            arrived_at=now,
        )
        for bidder, price in zip(itertools.cycle(sale.bidders), prices, strict=False)
    ]
    async with database.work() as work:
        assert len(await settle(work, requests)) == len(prices)


@asynccontextmanager
async def rooms_of(database: Database) -> AsyncIterator[Rooms]:
    rooms = Rooms(database)
    try:
        yield rooms
    finally:
        await rooms.close()


class Wire:
    """A wire whose other side takes what it takes."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.written_at_s: list[float] = []
        self.waiting_bytes = 0

    def write_now(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.written_at_s.append(asyncio.get_running_loop().time())

    write_soon = write_now

    @property
    def heard(self) -> list[object]:
        return [read_server_message(frame[2 if frame[1] < 126 else 4 :]) for frame in self.frames]


def wired(**rest: Any) -> tuple[Wire, Connection]:
    wire = Wire()
    return wire, Connection(plate=None, wire=cast(WireProtocol, wire), **rest)


def heard(connection: Connection) -> list[object]:
    return [read_server_message(connection.outbox.get_nowait()) for _ in range(connection.outbox.qsize())]


def states(messages: list[object]) -> list[SaleState]:
    return [message for message in messages if isinstance(message, SaleState)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a room tells by writing, not by an event
            await asyncio.sleep(0.005)


def told_up_to(connection: Connection, seq: int) -> bool:
    return connection.seq == seq


def check_dense(told: list[SaleState], after: int | None) -> None:
    """Nothing is missing and nothing doubled: every entry is among the events or counted as left out."""
    for state in told:
        assert state.after == after
        assert state.seq - (after or 0) == len(state.events) + state.left_out
        assert all((after or 0) < event.seq <= state.seq for event in state.events)
        after = state.seq


class _NoWaiting(selectors.SelectSelector):
    """Nothing is awaited: time goes on to the next timer as soon as everybody waits."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nothing will happen"
        self.now_s += timeout
        return super().select(0)


class _QuickLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._waiting = _NoWaiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.now_s


def in_quick_time(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it with a clock of its own that begins at 0 and stands still while anything computes: the same every time."""
    with asyncio.Runner(loop_factory=_QuickLoop) as runner:
        runner.run(coroutine)

"""Rooms, rounds and slow listeners, on a real database."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, cast

import pytest

from auction import looking, room, service
from auction.looking import BIDS_AT_FIRST
from auction.messages import (
    STATES_PER_S,
    ClientMessage,
    Heartbeat,
    SaleState,
    ServerMessage,
    encode,
    read_server_message,
)
from auction.refusals import SaleNotFound
from auction.room import BIDS_IN_ROUND, LONGEST_OUTBOX, MOST_OWN_WAITING, MOST_WAITING, Connection, Rooms
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
        self.waiting_bytes = 0

    def write_frame(self, frame: bytes) -> None:
        self.frames.append(frame)

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


# --- what is told ---------------------------------------------------------------------------------------------------


async def test_a_state_tells_every_event_but_refused_bids_and_accepted_ones_that_are_too_many(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    await refuse(database, sale, 5, now)
    await accept(database, sale, range(7), now)
    await refuse(database, sale, 2, now)
    async with database.reading() as session:
        whole = await looking.state(session, sale.lot_id, None, now)
        few = await looking.state(session, sale.lot_id, 1, now, bids=3)
        rest = await looking.state(session, sale.lot_id, 14, now)
        entries = await looking.entries_after(session, sale.lot_id, 0)
        with pytest.raises(SaleNotFound):
            await looking.state(session, new_id(), None, now)
    assert [event.seq for event in whole.events] == [1, 2, *range(8, 15)]
    assert [event.seq for event in few.events] == [2, 12, 13, 14]
    assert (rest.events, rest.left_out, rest.seq, rest.after) == ([], 2, 16, 14)
    for state, after in ((whole, None), (few, 1), (rest, 14)):
        check_dense([state], after)
        assert (state.hash, state.at) == (entries[-1].hash.hex(), entries[-1].at)
    assert (whole.price_fen, whole.lowest_fen) == (START + 6 * INCREMENT, START + 7 * INCREMENT)
    assert (whole.plate, whole.bid_count, whole.stage) == (1, 7, "open")


async def test_whoever_comes_is_told_the_latest_bids_and_whoever_comes_back_what_was_missed(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    await accept(database, sale, range(BIDS_AT_FIRST + 1), now)
    last = OPENED + BIDS_AT_FIRST + 1
    async with rooms_of(database) as rooms:
        fresh, back, ahead = Connection(plate=None), Connection(plate=None), Connection(plate=None)
        every = Connection(plate=None, all_bids=True)
        for connection, after in ((fresh, None), (back, last - 2), (ahead, 10**6), (every, 0)):
            await rooms.enter(sale.lot_id, connection, after)
        [at_first], [missed], [anew], [all_of_it] = (states(heard(one)) for one in (fresh, back, ahead, every))
        assert (at_first.after, at_first.left_out, len(at_first.events)) == (None, 1, last - 1)
        assert [event.seq for event in missed.events] == [last - 1, last]
        assert (anew.after, anew.seq) == (None, last)
        assert [event.seq for event in all_of_it.events] == list(range(1, last + 1))


async def test_nobody_who_joins_while_bids_are_settled_misses_or_doubles_an_event(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        joined = [Connection(plate=None), Connection(plate=None, all_bids=True)]
        for connection in joined:
            await rooms.enter(sale.lot_id, connection, OPENED)

        async def bids() -> None:
            for n in range(20):
                await accept(database, sale, range(n * 3, n * 3 + 3), now)
                rooms.wake(sale.lot_id)

        async def joining() -> None:
            for n in range(20):
                joined.append(Connection(plate=None, all_bids=n % 2 == 0))
                await rooms.enter(sale.lot_id, joined[-1], OPENED)

        await asyncio.gather(bids(), joining())
        last = OPENED + 60
        await until(lambda: all(connection.seq == last for connection in joined))
        for connection in joined:
            told = states(heard(connection))
            check_dense(told, OPENED)
            assert told[-1].seq == last
            if connection.all_bids:
                assert [event.seq for state in told for event in state.events] == list(range(OPENED + 1, last + 1))


async def test_a_sale_that_moves_quickly_is_told_at_most_twenty_times_a_second_and_the_first_news_at_once(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    reads: list[float] = []
    read = looking.states
    clock = asyncio.get_running_loop().time

    async def counted(*arguments: Any) -> Any:
        reads.append(clock())
        return await read(*arguments)

    async with rooms_of(database) as rooms:
        wire, connection = wired()
        await rooms.enter(sale.lot_id, connection, OPENED)
        await asyncio.sleep(2 / STATES_PER_S)  # quiet
        monkeypatch.setattr("auction.state_reader.looking.states", counted)
        began, n = clock(), 0
        while clock() - began < 0.5:
            await accept(database, sale, range(n, n + 30), now)
            rooms.wake(sale.lot_id)
            n += 30
            await asyncio.sleep(0.001)
        await until(lambda: connection.seq == OPENED + n)
        took_s = clock() - began
    told = states(wire.heard)[1:]
    check_dense(told, OPENED)
    assert len(told) <= len(reads) <= took_s * STATES_PER_S + 2
    assert n / 30 > 2 * len(told), "many commits make one round"
    assert reads[0] - began < reads[1] - reads[0], "the first news waits for no interval"
    assert all(len(state.events) <= BIDS_IN_ROUND for state in told)


async def test_a_round_is_read_and_encoded_once_for_all_who_were_told_the_same(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        wires, connections = zip(*[wired() for _ in range(450)], strict=True)
        await asyncio.gather(*[rooms.enter(sale.lot_id, connection, OPENED) for connection in connections])
        await asyncio.sleep(2 / STATES_PER_S)
        encoded: list[ServerMessage | ClientMessage] = []

        def counted(message: ServerMessage | ClientMessage) -> bytes:
            encoded.append(message)
            return encode(message)

        monkeypatch.setattr(room, "encode", counted)
        await accept(database, sale, range(2), now)
        rooms.wake(sale.lot_id)
        await until(lambda: all(connection.seq == OPENED + 2 for connection in connections))
        assert len(encoded) == 1
        assert len({id(wire.frames[-1]) for wire in wires}) == 1, "the very same bytes"


# --- listeners that are slow ----------------------------------------------------------------------------------------


async def test_a_stalled_listener_is_left_out_of_rounds_gets_the_newest_state_later_and_the_others_miss_nothing(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        (slow_wire, slow), (quick_wire, quick) = wired(), wired()
        for connection in (slow, quick):
            await rooms.enter(sale.lot_id, connection, OPENED)
        slow_wire.waiting_bytes = MOST_WAITING + 1
        before = len(slow_wire.frames)
        for n in range(5):
            await accept(database, sale, range(n, n + 1), now)
            rooms.wake(sale.lot_id)
            await until(partial(told_up_to, quick, OPENED + n + 1))
        rooms.beat(now)
        await until(lambda: any(isinstance(message, Heartbeat) for message in quick_wire.heard))
        assert len(slow_wire.frames) == before, "nothing is piled upon what it has not taken"
        assert not slow.too_slow.is_set()
        slow_wire.waiting_bytes = 0
        rooms.beat(now)
        await until(lambda: slow.seq == quick.seq)
        for wire in (slow_wire, quick_wire):
            check_dense(states(wire.heard), OPENED)
        assert len(states(slow_wire.heard)) == 2
        assert len(states(quick_wire.heard)) == 6


async def test_a_listener_that_takes_nothing_for_long_is_marked_to_be_dropped(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "STUCK_FOR_S", 0.05)
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        (stuck_wire, stuck), (_, quick) = wired(), wired()
        for connection in (stuck, quick):
            await rooms.enter(sale.lot_id, connection, OPENED)
        stuck_wire.waiting_bytes = MOST_WAITING + 1
        rooms.beat(now)
        await until(lambda: stuck.full_since is not None)
        assert not stuck.too_slow.is_set()
        await asyncio.sleep(0.06)
        rooms.beat(now)
        await until(stuck.too_slow.is_set)
        assert not quick.too_slow.is_set()


async def test_a_client_that_bids_without_reading_its_answers_is_marked_to_be_dropped() -> None:
    wire, connection = wired()
    wire.waiting_bytes = MOST_OWN_WAITING
    connection.offer(b"{}")
    assert (len(wire.frames), connection.too_slow.is_set()) == (1, False)
    wire.waiting_bytes += 1
    connection.offer(b"{}")
    assert (len(wire.frames), connection.too_slow.is_set()) == (1, True)
    without_wire = Connection(plate=None)
    for _ in range(LONGEST_OUTBOX + 1):
        without_wire.offer(b"{}")
    assert without_wire.too_slow.is_set()
    assert not without_wire.keeps_up(0.0)


# --- who is here ----------------------------------------------------------------------------------------------------


async def test_only_the_auctioneer_is_told_which_plates_are_here(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        bidder, auctioneer = Connection(plate=7), Connection(plate=None, sees_plates=True)
        for connection in (bidder, auctioneer):
            await rooms.enter(sale.lot_id, connection, OPENED)
        rooms.beat(now)
        await until(lambda: bidder.outbox.qsize() + auctioneer.outbox.qsize() == 4)
        (_, seen), (_, told) = heard(bidder), heard(auctioneer)
    assert seen == Heartbeat(server_time=now, seq=OPENED, plates=1, watchers=2)
    assert told == Heartbeat(server_time=now, seq=OPENED, plates=1, watchers=2, present=[7])


async def test_whom_several_servers_have_is_counted_together(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as here, rooms_of(database) as there:
        one, other = Connection(plate=7, sees_plates=True), Connection(plate=8)
        await here.enter(sale.lot_id, one, OPENED)
        for connection in (other, Connection(plate=7), Connection(plate=None)):
            await there.enter(sale.lot_id, connection, OPENED)
        for payload in (*here.attendance(), *there.attendance()):
            here.hear_attendance(payload)
        heard(one)
        here.beat(now)
        await until(lambda: not one.outbox.empty())
        assert heard(one) == [Heartbeat(server_time=now, seq=OPENED, plates=2, watchers=4, present=[7, 8])]


# --- rooms come and go ----------------------------------------------------------------------------------------------


async def test_an_empty_room_is_closed_and_opened_again(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        one = Connection(plate=None)
        entered = await rooms.enter(sale.lot_id, one, None)
        await rooms.leave(entered, one)
        assert rooms.lots() == []
        again = Connection(plate=None)
        assert await rooms.enter(sale.lot_id, again, None) is not entered
        assert [state.seq for state in states(heard(again))] == [OPENED]


async def test_a_room_that_could_not_look_looks_again(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    read, failures = looking.states, [OSError("away"), OSError("away")]

    async def failing(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await read(*arguments)

    async with rooms_of(database) as rooms:
        connection = Connection(plate=None)
        await rooms.enter(sale.lot_id, connection, OPENED)
        await asyncio.sleep(2 / STATES_PER_S)
        monkeypatch.setattr("auction.state_reader.looking.states", failing)
        monkeypatch.setattr(room, "_PAUSE_S", 0.01)
        await accept(database, sale, range(1), now)
        rooms.wake(sale.lot_id)
        await until(lambda: connection.seq == OPENED + 1)
        assert failures == []

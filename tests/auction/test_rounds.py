"""Rounds: how often a room tells, what it costs, and listeners that are slow."""

import asyncio
import itertools
from datetime import datetime
from functools import partial
from typing import cast

import msgspec
import pytest
from structlog.testing import capture_logs

from auction import room
from auction.attendance import OtherServers
from auction.looking import Wanted
from auction.messages import (
    STATES_PER_S,
    ClientMessage,
    Heartbeat,
    SaleState,
    ServerMessage,
    encode,
)
from auction.room import (
    BIDS_IN_ROUND,
    LONGEST_OUTBOX,
    MOST_BIDS,
    MOST_OWN_WAITING,
    MOST_WAITING,
    Connection,
    LotRoom,
)
from auction.state_reader import StateReader
from tests.auction.in_rooms import (
    OPENED,
    Wire,
    accept,
    check_dense,
    in_quick_time,
    open_sale,
    rooms_of,
    states,
    told_up_to,
    until,
    wired,
)
from trading.kernel.database import Database
from trading.kernel.ids import new_id

FIRST_NEWS_S = 1.0


class QuickSale:
    """What a room reads of a sale that moves on with every reading; a reading takes so long, and the first may fail."""

    def __init__(self, now: datetime, takes_s: float = 0, *, failures: int = 0, quiet: bool = False) -> None:
        self.now = now
        self.takes_s = takes_s
        self.failures = failures
        self.quiet = quiet
        self.read_at_s: list[float] = []
        self.wanted: list[Wanted] = []

    async def read(self, wanted: Wanted) -> SaleState:
        self.wanted.append(wanted)
        self.read_at_s.append(asyncio.get_running_loop().time())
        number = len(self.read_at_s)
        await asyncio.sleep(self.takes_s)
        if number in range(2, self.failures + 2):  # the first one lets the watcher in
            raise OSError("away")
        seq = 100 if self.quiet else 100 * number
        told: dict[str, object] = {
            "after": wanted.after,
            "seq": seq,
            "left_out": seq - (wanted.after or 0),
            "events": [],
        }
        moving = {"price_fen": seq, "plate": 1, "calls": 0, "bid_count": seq, "increment_fen": 1, "lowest_fen": seq + 1}
        rest = {"server_time": self.now, "stage": "open"} | dict.fromkeys(("hash", "at", "closes_at", "ended_at"))
        return msgspec.convert(told | moving | rest, SaleState)


async def follow(sale: QuickSale, for_s: float) -> Wire:
    """What a watcher of this sale is told in so long, when there is news at every moment from the first second on."""
    lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
    wire, connection = wired()
    await lot.join(connection, None)
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(FIRST_NEWS_S - clock())
    while clock() < FIRST_NEWS_S + for_s:
        lot.wake()
        await asyncio.sleep(0.001)
    await lot.close()
    check_dense(states(wire.heard), None)
    return wire


@pytest.mark.parametrize(
    ("takes_s", "apart_s"),
    [(0, 1 / STATES_PER_S), (0.02, 1 / STATES_PER_S), (0.025, 1 / STATES_PER_S), (0.1, 0.2), (0.3, 0.6)],
)
def test_a_sale_that_moves_quickly_is_told_at_once_then_at_most_twenty_times_a_second_and_less_when_rounds_take_long(
    takes_s: float, apart_s: float, now: datetime
) -> None:
    async def scene() -> None:
        wire = await follow(QuickSale(now, takes_s), for_s=10)
        joined_s, *told_s = wire.written_at_s
        assert joined_s == pytest.approx(takes_s)
        assert told_s[0] == pytest.approx(FIRST_NEWS_S + takes_s)
        apart = [then - before for before, then in itertools.pairwise(told_s)]
        assert min(apart) >= apart_s - 1e-6
        assert max(apart) <= apart_s + 0.0015, "the news of one millisecond may have to be awaited"
        assert abs(len(told_s) - 10 / apart_s) <= 2

    in_quick_time(scene())


def test_a_room_looks_once_for_each_wake_and_at_nothing_when_nobody_is_there(now: datetime) -> None:
    async def scene() -> None:
        sale = QuickSale(now)
        lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
        lot.wake()
        with capture_logs() as complaints:
            await asyncio.sleep(1)
        assert (sale.wanted, complaints) == ([], [])
        wire, connection = wired()
        await lot.join(connection, None)
        lot.wake()
        await asyncio.sleep(10)
        assert (len(sale.read_at_s), len(wire.frames)) == (2, 2)
        await lot.close()

    in_quick_time(scene())


def test_whoever_comes_with_an_older_state_than_the_others_is_told_the_newer_one_at_once(now: datetime) -> None:
    async def scene() -> None:
        sale = QuickSale(now)
        lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
        (early_wire, early), (_, late) = wired(), wired()
        await lot.join(late, None)
        sale.read_at_s.clear()  # the other's reading began before
        lot.seq = late.seq = 150
        await lot.join(early, None)
        assert early.seq == 100
        await asyncio.sleep(0.01)
        assert (early.seq, late.seq) == (200, 200)
        assert [state.after for state in states(early_wire.heard)] == [None, 100]
        await lot.close()

    in_quick_time(scene())


def test_a_room_that_could_not_look_looks_again_after_a_pause(now: datetime) -> None:
    async def scene() -> None:
        sale = QuickSale(now, failures=2)
        wire = await follow(sale, for_s=1)
        assert sale.read_at_s[1:4] == pytest.approx([FIRST_NEWS_S, FIRST_NEWS_S + 0.3, FIRST_NEWS_S + 0.6])
        assert wire.written_at_s[1] == pytest.approx(FIRST_NEWS_S + 0.6)

    in_quick_time(scene())


async def test_a_round_is_read_and_encoded_once_for_all_who_were_told_the_same(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    encoded: list[ServerMessage | ClientMessage] = []

    def counted(message: ServerMessage | ClientMessage) -> bytes:
        encoded.append(message)
        return encode(message)

    monkeypatch.setattr(room, "encode", counted)
    async with rooms_of(database) as rooms:
        wires, connections = zip(*[wired() for _ in range(450)], strict=True)
        await asyncio.gather(*[rooms.enter(sale.lot_id, connection, OPENED) for connection in connections])
        assert len(encoded) == 1, "all came together and are told the same"
        await accept(database, sale, range(2), now)
        rooms.wake(sale.lot_id)
        await until(lambda: all(connection.seq == OPENED + 2 for connection in connections))
        assert len(encoded) == 2
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


def test_a_listener_that_takes_nothing_for_ten_seconds_is_marked_to_be_dropped(now: datetime) -> None:
    async def scene() -> None:
        lot = LotRoom(new_id(), cast(StateReader, QuickSale(now, quiet=True)), OtherServers())
        (stuck_wire, stuck), (slow_wire, slow), (_, quick) = wired(), wired(), wired()
        for connection in (stuck, slow, quick):
            await lot.join(connection, None)

        async def beat_at(second: float) -> None:
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            lot.beat(now)
            await asyncio.sleep(0.001)

        stuck_wire.waiting_bytes = slow_wire.waiting_bytes = MOST_WAITING + 1
        await beat_at(1)
        slow_wire.waiting_bytes = MOST_WAITING  # it has taken something
        await beat_at(2)
        slow_wire.waiting_bytes += 1
        for second in (3, 11):
            await beat_at(second)
            assert not stuck.too_slow.is_set()
        await beat_at(11.1)
        assert [connection.too_slow.is_set() for connection in (stuck, slow, quick)] == [True, False, False]
        await lot.close()

    in_quick_time(scene())


def test_rounds_are_read_for_those_who_keep_up_and_each_is_given_as_many_bids_as_it_wants(now: datetime) -> None:
    async def scene() -> None:
        sale = QuickSale(now)
        lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
        (stuck_wire, stuck), (_, quick), (_, every) = wired(), wired(), wired(all_bids=True)
        for connection in (stuck, quick, every):
            await lot.join(connection, None)
        await asyncio.sleep(1)
        told = stuck.seq
        assert quick.seq == told
        stuck_wire.waiting_bytes = MOST_WAITING + 1
        for _ in range(3):
            sale.wanted.clear()
            known = {False: quick.seq, True: every.seq}
            lot.wake()
            await asyncio.sleep(1)
        assert stuck.seq == told
        assert {(wanted.after, wanted.bids) for wanted in sale.wanted} == {
            (known[False], BIDS_IN_ROUND),
            (known[True], MOST_BIDS),
        }
        assert lot.seq == max(quick.seq, every.seq)
        stuck_wire.waiting_bytes = 0
        lot.wake()
        await asyncio.sleep(1)
        assert stuck.seq == told, "this round was read for those who had been told more"
        lot.wake()
        await asyncio.sleep(1)
        assert stuck.seq == quick.seq
        assert told in {wanted.after for wanted in sale.wanted}
        check_dense(states(stuck_wire.heard), None)
        await lot.close()

    in_quick_time(scene())


def test_a_heartbeat_of_many_goes_out_in_slices_between_which_others_are_served(now: datetime) -> None:
    async def scene() -> None:
        sale = QuickSale(now, quiet=True)
        lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
        wires, connections = zip(*[wired() for _ in range(250)], strict=True)
        for connection in connections:
            await lot.join(connection, None)
        for _ in range(2):  # the second one comes while the first is still going out
            lot.beat(now)
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        moments = sorted(wire.written_at_s[-1] for wire in wires)
        assert [moments.count(moment) for moment in sorted(set(moments))] == [100, 100, 50]
        assert moments[-1] == pytest.approx(0.02)
        assert len(sale.wanted) == 250, "nobody was left out, so there is nothing to look for"
        beats = [message for message in wires[0].heard if isinstance(message, Heartbeat)]
        assert beats == [Heartbeat(server_time=now, seq=100, plates=0, watchers=250)]
        lot.beat(now)
        await asyncio.sleep(0)
        await lot.close()
        await asyncio.sleep(1)
        assert sum(len(wire.frames) for wire in wires) == 2 * 250 + 100, "a room that is closed says nothing more"

    in_quick_time(scene())


async def test_a_client_that_bids_without_reading_its_answers_is_marked_to_be_dropped() -> None:
    wire, connection = wired()
    wire.waiting_bytes = MOST_OWN_WAITING
    connection.offer(b"{}")
    assert (len(wire.frames), connection.too_slow.is_set()) == (1, False)
    wire.waiting_bytes += 1
    connection.offer(b"{}")
    assert (len(wire.frames), connection.too_slow.is_set()) == (1, True)
    without_wire = Connection(plate=None)
    for waiting in range(1, LONGEST_OUTBOX + 1):
        without_wire.offer(b"{}")
        assert without_wire.keeps_up(0.0) is (waiting <= LONGEST_OUTBOX // 2)
    assert not without_wire.too_slow.is_set()
    without_wire.offer(b"{}")
    assert without_wire.too_slow.is_set()

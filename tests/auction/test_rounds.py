"""Rounds: how often a room tells, what it costs, and listeners that are slow."""

import asyncio
from datetime import datetime
from functools import partial
from typing import cast

import msgspec
import pytest

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
from auction.room import LONGEST_OUTBOX, MOST_OWN_WAITING, MOST_WAITING, Connection, LotRoom
from auction.state_reader import StateReader
from tests.auction.in_rooms import (
    OPENED,
    Wire,
    accept,
    check_dense,
    open_sale,
    rooms_of,
    states,
    told_up_to,
    until,
    wired,
)
from trading.kernel.database import Database
from trading.kernel.ids import new_id


class QuickSale:
    """What a room reads of a sale that moves on with every reading; a reading takes so long."""

    def __init__(self, now: datetime, takes_s: float = 0) -> None:
        self.now = now
        self.takes_s = takes_s
        self.readings = 0

    async def read(self, wanted: Wanted) -> SaleState:
        await asyncio.sleep(self.takes_s)
        self.readings += 1
        seq = 100 * self.readings
        told: dict[str, object] = {
            "after": wanted.after,
            "seq": seq,
            "left_out": seq - (wanted.after or 0),
            "events": [],
        }
        moving = {"price_fen": seq, "plate": 1, "calls": 0, "bid_count": seq, "increment_fen": 1, "lowest_fen": seq + 1}
        rest = {"server_time": self.now, "stage": "open"} | dict.fromkeys(("hash", "at", "closes_at", "ended_at"))
        return msgspec.convert(told | moving | rest, SaleState)


async def quick_room(sale: QuickSale) -> tuple[LotRoom, Wire]:
    """A room of this sale with one watcher, after a quiet moment."""
    lot = LotRoom(new_id(), cast(StateReader, sale), OtherServers())
    wire, connection = wired()
    await lot.join(connection, None)
    return lot, wire


async def test_a_sale_that_moves_quickly_is_told_at_once_and_then_at_most_twenty_times_a_second(now: datetime) -> None:
    sale = QuickSale(now)
    lot, wire = await quick_room(sale)
    clock = asyncio.get_running_loop().time
    began_s, wakes = clock(), 0
    lot.wake()
    for _ in range(10):  # turns of the loop
        await asyncio.sleep(0)
    assert len(wire.frames) == 2
    while clock() - began_s < 0.4:
        lot.wake()
        wakes += 1
        await asyncio.sleep(0.0001)
    told = states(wire.heard)
    check_dense(told, None)
    assert wakes > len(told) == sale.readings <= (clock() - began_s) * STATES_PER_S + 2
    await lot.close()


async def test_rounds_that_take_long_become_fewer(now: datetime) -> None:
    sale = QuickSale(now, takes_s=0.1)
    lot, _ = await quick_room(sale)
    clock = asyncio.get_running_loop().time
    began_s = clock()
    while clock() - began_s < 0.5:
        lot.wake()
        await asyncio.sleep(0.001)
    assert sale.readings <= 1 + (clock() - began_s) / 0.2 + 1
    await lot.close()


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

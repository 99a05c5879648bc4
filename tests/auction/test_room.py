"""Rooms: what is told to whom, on a real database."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from auction import looking, room
from auction.looking import BIDS_AT_FIRST
from auction.messages import Heartbeat
from auction.refusals import SaleNotFound
from auction.room import Connection
from tests.auction.in_rooms import (
    OPENED,
    accept,
    check_dense,
    heard,
    open_sale,
    refuse,
    rooms_of,
    states,
    told_up_to,
    until,
)
from tests.auction.selling import INCREMENT, START
from trading.kernel.database import Database
from trading.kernel.ids import new_id

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


async def test_whoever_comes_and_is_told_something_new_brings_it_to_the_others(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        first, second = Connection(plate=None), Connection(plate=None)
        await rooms.enter(sale.lot_id, first, OPENED)
        await accept(database, sale, range(1), now)  # and nobody wakes the room
        await rooms.enter(sale.lot_id, second, None)
        await until(lambda: first.seq == second.seq == OPENED + 1)


async def test_a_room_is_woken_when_its_lot_has_moved_on_and_only_then(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        connection = Connection(plate=None)
        entered = await rooms.enter(sale.lot_id, connection, OPENED)
        wakes: list[Callable[[], None]] = [
            lambda: rooms.wake_behind({new_id(): 9, sale.lot_id: connection.seq + 1}),
            rooms.wake_all,
            lambda: rooms.wake(sale.lot_id),
        ]
        for n, wake in enumerate(wakes):
            await accept(database, sale, range(n, n + 1), now)
            rooms.wake_behind({sale.lot_id: connection.seq})
            rooms.wake(new_id())
            assert not entered._woken.is_set()
            wake()
            await until(partial(told_up_to, connection, OPENED + n + 1))
    assert entered._telling.done(), "all rooms are closed"


async def test_what_was_announced_is_read_once_while_somebody_is_there(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        with pytest.raises(SaleNotFound):
            await rooms.terms(new_id())
        terms, connection = await rooms.terms(sale.lot_id), Connection(plate=None)
        entered = await rooms.enter(sale.lot_id, connection, None)
        assert await rooms.terms(sale.lot_id) is terms
        await rooms.leave(entered, connection)
        again = await rooms.terms(sale.lot_id)
        assert again == terms
        assert again is not terms


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


async def test_whoever_has_left_is_told_nothing_and_counted_no_more(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        gone, here = Connection(plate=3), Connection(plate=4)
        for connection in (gone, here):
            entered = await rooms.enter(sale.lot_id, connection, OPENED)
        await rooms.leave(entered, gone)
        await accept(database, sale, range(1), now)
        rooms.wake(sale.lot_id)
        await until(lambda: here.seq == OPENED + 1)
        assert gone.seq == OPENED
        assert (entered.here().watchers, entered.here().plates) == (1, [4])


# --- rooms come and go ----------------------------------------------------------------------------------------------


async def test_an_empty_room_is_closed_and_opened_again(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with rooms_of(database) as rooms:
        one = Connection(plate=None)
        entered = await rooms.enter(sale.lot_id, one, None)
        await rooms.leave(entered, one)
        assert rooms.lots() == []
        assert entered._telling.done(), "nobody looks any more"
        with pytest.raises(SaleNotFound):
            await rooms.enter(new_id(), Connection(plate=None), None)
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
        monkeypatch.setattr("auction.state_reader.looking.states", failing)
        monkeypatch.setattr(room, "_PAUSE_S", 0.01)
        await accept(database, sale, range(1), now)
        rooms.wake(sale.lot_id)
        await until(lambda: connection.seq == OPENED + 1)
        assert failures == []

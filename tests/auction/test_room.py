"""Rooms and slow listeners, on a real database."""

import asyncio
from datetime import datetime

from auction import service
from auction.messages import Heartbeat, LotEvent, Snapshot, read_server_message
from auction.room import LONGEST_CATCH_UP, LONGEST_OUTBOX, Connection, Rooms
from auction.settling import settle
from tests.auction.selling import START, Sale, publish_lot
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database


async def open_sale(database: Database, now: datetime) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now)
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def refuse(database: Database, sale: Sale, times: int, now: datetime) -> None:
    """So many bids below the starting price: each is an event."""
    async with database.work() as work:
        await settle(work, [sale.bidders[0].bids(1) for _ in range(times)], fixed_clock(now))


def heard(connection: Connection) -> list[object]:
    return [read_server_message(connection.outbox.get_nowait()) for _ in range(connection.outbox.qsize())]


async def test_a_slow_listener_is_marked_and_the_others_miss_nothing(database: Database, now: datetime) -> None:
    sale, rooms = await open_sale(database, now), Rooms(database)
    slow, quick = Connection(plate=None), Connection(plate=1)
    room = await rooms.enter(sale.lot_id, slow, None)
    await rooms.enter(sale.lot_id, quick, None)
    seen = heard(quick)
    for _ in range(LONGEST_OUTBOX + 1):
        rooms.beat(now)
        seen += heard(quick)
    await refuse(database, sale, 1, now)
    room.wake()
    async with asyncio.timeout(10):
        while not any(isinstance(message, LotEvent) for message in seen):
            seen += heard(quick)
            await asyncio.sleep(0.01)
    assert slow.too_slow.is_set()
    assert not quick.too_slow.is_set()
    assert slow.outbox.qsize() == LONGEST_OUTBOX
    beats = [message for message in seen if isinstance(message, Heartbeat)]
    assert (len(beats), beats[0].plates, beats[0].watchers) == (LONGEST_OUTBOX + 1, 1, 2)
    await rooms.close()


async def test_only_the_auctioneer_is_told_which_plates_are_here(database: Database, now: datetime) -> None:
    sale, rooms = await open_sale(database, now), Rooms(database)
    bidder, auctioneer = Connection(plate=7), Connection(plate=None, sees_plates=True)
    for connection in (bidder, auctioneer):
        await rooms.enter(sale.lot_id, connection, 2)
    rooms.beat(now)
    (seen,), (told,) = heard(bidder), heard(auctioneer)
    assert isinstance(seen, Heartbeat)
    assert isinstance(told, Heartbeat)
    assert (seen.plates, seen.present, told.present) == (1, None, [7])
    await rooms.close()


async def test_whoever_missed_little_gets_the_events_and_whoever_missed_much_a_snapshot(
    database: Database, now: datetime
) -> None:
    sale, rooms = await open_sale(database, now), Rooms(database)
    await refuse(database, sale, LONGEST_CATCH_UP, now)
    little, much, ahead = Connection(plate=None), Connection(plate=None), Connection(plate=None)
    await rooms.enter(sale.lot_id, little, 2)
    await rooms.enter(sale.lot_id, much, 1)
    await rooms.enter(sale.lot_id, ahead, 10**6)
    events = heard(little)
    assert [event.seq for event in events if isinstance(event, LotEvent)] == list(range(3, 3 + LONGEST_CATCH_UP))
    for snapshot in (*heard(much), *heard(ahead)):
        assert isinstance(snapshot, Snapshot)
        assert snapshot.seq == 2 + LONGEST_CATCH_UP
    await rooms.close()


async def test_nobody_who_joins_while_bids_are_settled_misses_or_doubles_an_event(
    database: Database, now: datetime
) -> None:
    sale, rooms = await open_sale(database, now), Rooms(database)
    first = Connection(plate=None)
    await rooms.enter(sale.lot_id, first, 2)
    joined = [first]

    async def bids() -> None:
        for _ in range(20):
            await refuse(database, sale, 3, now)
            rooms.wake(sale.lot_id)

    async def joining() -> None:
        for _ in range(20):
            connection = Connection(plate=None)
            await rooms.enter(sale.lot_id, connection, 2)
            joined.append(connection)

    await asyncio.gather(bids(), joining())
    async with asyncio.timeout(10):
        while any(connection.seq < 62 for connection in joined):
            rooms.wake(sale.lot_id)
            await asyncio.sleep(0.02)
    for connection in joined:
        assert [event.seq for event in heard(connection) if isinstance(event, LotEvent)] == list(range(3, 63))
    await rooms.close()


async def test_an_empty_room_is_closed_and_opened_again(database: Database, now: datetime) -> None:
    sale, rooms = await open_sale(database, now), Rooms(database)
    one = Connection(plate=None)
    room = await rooms.enter(sale.lot_id, one, None)
    await rooms.leave(room, one)
    assert rooms.lots() == []
    again = Connection(plate=None)
    assert await rooms.enter(sale.lot_id, again, None) is not room
    assert next(m.starting_price_fen for m in heard(again) if isinstance(m, Snapshot)) == START
    await rooms.close()

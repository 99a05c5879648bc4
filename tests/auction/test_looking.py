"""What may be seen of sales: what is due and when, what has ended, whose bids, and what is told from where on."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from auction import looking, service
from auction.looking import Wanted, due_moments
from auction.models import Auction
from auction.refusals import SaleNotFound
from auction.settling import settle
from auction.way import SETTLE_DELAY
from tests.auction.in_rooms import OPENED, accept, check_dense, open_sale, refuse
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel.database import Database
from trading.kernel.ids import new_id

TICK = timedelta(microseconds=1)
WINDOW_S = 60


async def prepared(database: Database, now: datetime, method: str) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, method=method, window_s=WINDOW_S)
        await service.prepare(work, sale.lot_id, now - timedelta(seconds=1))
    return sale


async def change(database: Database, sale: Sale, **columns: object) -> None:
    async with database.work() as work:
        auction = await looking.auction_of(work, sale.lot_id)
        for name, value in columns.items():
            setattr(auction, name, value)


async def test_a_sale_is_due_at_its_start_and_a_settle_delay_after_its_stage_ends(
    database: Database, now: datetime
) -> None:
    timed = await prepared(database, now, "timed_bidding")
    await prepared(database, now, "auction")  # opened by its auctioneer
    closes_at = now + timedelta(seconds=WINDOW_S)
    async with database.reading() as session:
        assert await due_moments(session, now - TICK) == []
        assert await due_moments(session, now) == [(timed.lot_id, now)]
    async with database.work() as work:
        assert await service.advance_due(work, now, lot_id=timed.lot_id)
    async with database.reading() as session:
        assert await due_moments(session, closes_at + SETTLE_DELAY - TICK) == []
        assert await due_moments(session, closes_at + SETTLE_DELAY) == [(timed.lot_id, closes_at + SETTLE_DELAY)]
    await change(database, timed, stage="withdrawn", ended_at=closes_at)
    async with database.reading() as session:
        assert await due_moments(session, closes_at + timedelta(days=1)) == []


async def test_what_has_ended_and_is_not_completed_is_found_first_ended_first(
    database: Database, now: datetime
) -> None:
    sales = [await open_sale(database, now) for _ in range(4)]
    for sale, stage, minute in zip(sales, ("sold", "withdrawn", "called_off", "sold"), (3, 1, 2, 4), strict=True):
        await change(database, sale, stage=stage, ended_at=now + timedelta(minutes=minute))
    running = await open_sale(database, now)
    await change(database, sales[3], completed_at=now)
    async with database.reading() as session:
        assert await looking.uncompleted(session) == [sales[1].lot_id, sales[2].lot_id, sales[0].lot_id]
        heads = await looking.heads_of(session, [running.lot_id, sales[0].lot_id, new_id()])
        assert heads == {running.lot_id: OPENED, sales[0].lot_id: OPENED}


async def test_sales_are_listed_running_ones_by_their_start_then_those_that_ended_latest_first(
    database: Database, now: datetime
) -> None:
    sales = [await open_sale(database, now) for _ in range(4)]
    for sale, minute in zip(sales, (1, 2, 4, 3), strict=True):
        await change(database, sale, starts_at=now + timedelta(minutes=minute))
    for sale, minute in ((sales[0], 8), (sales[1], 9)):
        await change(database, sale, stage="sold", ended_at=now + timedelta(minutes=minute))
    async with database.reading() as session:
        listed = [auction.lot_id for auction in await looking.sessions(session)]
    assert listed == [sale.lot_id for sale in (sales[3], sales[2], sales[1], sales[0])]


async def test_own_bids_are_those_of_the_account_for_the_lot_newest_first_and_not_endless(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale, other = await open_sale(database, now), await open_sale(database, now)
    await accept(database, sale, range(8), now)  # the three bidders in turn
    second = sale.bidders[1].account.id
    async with database.work() as work:
        await settle(work, [replace(sale.bidders[1].bids(START), lot_id=other.lot_id, plate=None)])
    async with database.reading() as session:
        assert [bid.seq for bid in await looking.own_bids(session, sale.lot_id, second)] == [10, 7, 4]
        assert [bid.seq for bid in await looking.bids_of(session, sale.lot_id)] == list(range(3, 11))
        monkeypatch.setattr(looking, "OWN_BIDS", 2)
        assert [bid.seq for bid in await looking.own_bids(session, sale.lot_id, second)] == [10, 7]


async def test_events_are_told_from_the_number_that_is_known_and_from_the_beginning_when_it_cannot_be(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    other = await open_sale(database, now)
    await accept(database, other, range(3), now)
    await accept(database, sale, range(3), now)
    last = OPENED + 3
    cases = [(None, None), (0, 0), (-7, 0), (OPENED, OPENED), (last - 1, last - 1), (last, last), (last + 1, None)]
    async with database.reading() as session:
        wanted = [Wanted(sale.lot_id, given, 200) for given, _ in cases]
        states = await looking.states(session, [*wanted, Wanted(new_id(), None, 200)], now)
        entries = await looking.entries_after(session, sale.lot_id, 0)
        assert await looking.entries_after(session, sale.lot_id, OPENED, 2) == entries[OPENED : OPENED + 2]
    assert states.pop() is None
    for (_, after), state in zip(cases, states, strict=True):
        assert state is not None
        check_dense([state], after)
        assert [event.seq for event in state.events] == list(range((after or 0) + 1, last + 1))
        assert (state.seq, state.hash, state.server_time) == (last, entries[-1].hash.hex(), now)


async def test_the_last_entry_gives_its_hash_though_nobody_is_told_what_it_is(
    database: Database, now: datetime
) -> None:
    sale = await open_sale(database, now)
    await accept(database, sale, range(2), now)
    await refuse(database, sale, 3, now)
    async with database.reading() as session:
        entries = await looking.entries_after(session, sale.lot_id, 0)
        for after in (None, OPENED, OPENED + 2, OPENED + 4, OPENED + 5):
            state = await looking.state(session, sale.lot_id, after, now, bids=1)
            assert (state.hash, state.seq) == (entries[-1].hash.hex(), OPENED + 5)
            told = [event.kind for event in state.events if event.seq > OPENED]
            assert told == (["bid_accepted"] if (after or 0) <= OPENED else [])
            check_dense([state], after)


async def test_whoever_looks_again_sees_what_has_been_committed_meanwhile(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    async with database.reading() as session:
        auction = await looking.auction_of(session, sale.lot_id)
        await accept(database, sale, range(1), now)
        assert (await looking.auction_of(session, sale.lot_id)).seq == auction.seq == OPENED + 1
        await accept(database, sale, range(1, 2), now)
        assert (await looking.state(session, sale.lot_id, 1, now)).seq == auction.seq == OPENED + 2


async def test_the_terms_and_the_state_are_those_of_the_row(database: Database, now: datetime) -> None:
    timed = await prepared(database, now, "timed_bidding")
    async with database.work() as work:
        await service.advance_due(work, now, lot_id=timed.lot_id)
    await accept(database, timed, range(1), now + timedelta(seconds=1))
    async with database.reading() as session:
        auction = await looking.auction_of(session, timed.lot_id)
        terms, state = looking.terms(auction), await looking.state(session, timed.lot_id, None, now)
        with pytest.raises(SaleNotFound):
            await looking.auction_of(session, new_id())
    assert (terms.method, terms.starting_price_fen, terms.increment_fen) == ("timed_bidding", START, INCREMENT)
    assert (terms.starts_at, terms.window_s, terms.minimum_bidders) == (now, WINDOW_S, auction.minimum_bidders)
    assert (terms.whole_multiple, bytes(terms.way).decode()) == (auction.whole_multiple, auction.way)
    assert isinstance(auction, Auction)
    assert (state.stage, state.price_fen, state.plate, state.calls, state.bid_count) == ("open", START, 1, 0, 1)
    assert (state.increment_fen, state.lowest_fen, state.ended_at) == (INCREMENT, START + INCREMENT, None)
    assert state.closes_at == now + timedelta(seconds=1 + WINDOW_S)
    assert state.at == now + timedelta(seconds=1)

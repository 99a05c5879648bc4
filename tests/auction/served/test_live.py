"""The live channel through a real server: who may speak, what is answered, and what survives a broken connection."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from auction import service
from auction.client import BidRefused, LotClient
from auction.messages import LotEvent
from auction.way import SETTLE_DELAY
from tests.auction.selling import INCREMENT, START, publish_lot
from tests.auction.served.following import bidder, cookies, open_sale, stored, until
from tests.auction.serving import Served, cookie_of, serving
from tests.conftest import Urls
from trading.accounts import service as accounts
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id

# --- bidding -------------------------------------------------------------------------------------------------------


async def test_a_bid_is_acknowledged_with_its_journal_entry_and_seen_by_everybody(
    served: Served, database: Database
) -> None:
    sale = await open_sale(database)
    first, *_ = await cookies(database, sale)
    async with bidder(served, sale, first) as lot, LotClient(served.url, sale.lot_id) as watcher:
        assert (lot.plate, watcher.plate, watcher.stage) == (1, None, "open")
        answer = await lot.bid(START)
        (row,) = await stored(database, sale.lot_id)
        assert (answer.seq, answer.hash, answer.price_fen) == (row.seq, row.entry_hash.hex(), START)
        await until(lambda: watcher.price is not None)
        assert (watcher.leader, watcher.seq, watcher.hash) == (1, answer.seq, answer.hash)
        await until(lambda: lot.leading)
        assert not watcher.leading


async def test_a_refused_bid_says_why_and_others_learn_only_that_there_was_an_entry(
    served: Served, database: Database
) -> None:
    sale = await open_sale(database)
    first, second, _ = await cookies(database, sale)
    seen: list[LotEvent] = []

    async def listen(watcher: LotClient) -> None:
        nonlocal seen
        async for event in watcher.events():
            seen += [event]

    async with (
        bidder(served, sale, first) as one,
        bidder(served, sale, second) as two,
        LotClient(served.url, sale.lot_id) as watcher,
    ):
        listening = asyncio.create_task(listen(watcher))
        await one.bid(START)
        with pytest.raises(BidRefused) as refused:
            await two.bid(START + 1)
        assert refused.value.code == "bid_too_low"
        assert "1,050,000.00" in refused.value.advice
        await until(lambda: watcher.seq == refused.value.seq)
        assert [(event.kind, event.facts) for event in seen] == [("bid_accepted", {"plate": 1, "price_fen": START})]
        listening.cancel()


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("100000000.0", "price_not_whole_fen"),
        ('"100000000"', "price_not_number"),
        ("true", "price_not_number"),
        ("null", "price_missing"),
        ("-100000000", "price_not_positive"),
        ("1" + "0" * 30, "price_too_large"),
        ("99999999", "bid_below_starting_price"),
    ],
)
async def test_a_price_of_the_wrong_kind_is_refused_recorded_and_harms_nobody(
    served: Served, database: Database, price: str, code: str
) -> None:
    sale = await open_sale(database)
    first, *_ = await cookies(database, sale)
    async with bidder(served, sale, first) as lot:
        with pytest.raises(BidRefused) as refused:
            await lot.bid_raw(price)
        assert refused.value.code == code
        (row,) = await stored(database, sale.lot_id)
        assert (row.refusal_code, row.seq) == (code, refused.value.seq)
        assert (await lot.bid(START)).price_fen == START


async def test_somebody_without_a_plate_is_refused_and_recorded(served: Served, database: Database) -> None:
    sale, other = await open_sale(database), await open_sale(database)
    (stranger, *_) = await cookies(database, other)
    async with bidder(served, sale, stranger) as lot:
        assert lot.plate is None
        with pytest.raises(BidRefused, match="bidder_not_qualified"):
            await lot.bid(START)
    (row,) = await stored(database, sale.lot_id)
    assert (row.plate, row.accepted) == (None, False)


async def test_somebody_who_is_not_signed_in_may_watch_but_not_bid(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    async with LotClient(served.url, sale.lot_id) as lot:
        with pytest.raises(BidRefused, match="not_signed_in"):
            await lot.bid(START)
    assert await stored(database, sale.lot_id) == []


async def test_another_account_of_the_same_unit_does_not_bid_under_its_plate(
    served: Served, database: Database
) -> None:
    sale = await open_sale(database)
    async with database.work() as work:
        unit_id = sale.bidders[0].account.unit_id
        await work.execute(
            text("UPDATE accounts SET unit_id = :unit WHERE id = :id"),
            {"unit": unit_id, "id": sale.auctioneer.account_id},
        )
        assert sale.auctioneer.account_id is not None
        colleague = await accounts.get_account(work, sale.auctioneer.account_id)
    async with bidder(served, sale, await cookie_of(database, colleague)) as lot:
        assert lot.plate is None
        with pytest.raises(BidRefused, match="bidder_not_qualified"):
            await lot.bid(START)


async def test_of_fifty_bids_at_one_price_exactly_one_wins(served: Served, database: Database) -> None:
    sale = await open_sale(database, bidders=50)
    held = [bidder(served, sale, cookie) for cookie in await cookies(database, sale)]
    await asyncio.gather(*[lot.__aenter__() for lot in held])
    answers = await asyncio.gather(*[lot.bid(START) for lot in held], return_exceptions=True)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, BidRefused)} == {"bid_too_low"}
    rows = await stored(database, sale.lot_id)
    assert [row.seq for row in rows] == list(range(3, 53))
    await until(lambda: all(lot.seq == 52 for lot in held))
    assert sum(lot.leading for lot in held) == 1
    await asyncio.gather(*[lot.__aexit__(None, None, None) for lot in held])


# --- connections that break ----------------------------------------------------------------------------------------


async def test_a_client_that_was_away_catches_up_by_number(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    first, second, _ = await cookies(database, sale)
    seen: list[int] = []
    async with (
        bidder(served, sale, first) as one,
        bidder(served, sale, second) as two,
        LotClient(served.url, sale.lot_id) as watcher,
    ):

        async def listen() -> None:
            nonlocal seen
            async for event in watcher.events():
                seen += [event.seq]

        listening = asyncio.create_task(listen())
        await one.bid(START)
        await until(lambda: watcher.price is not None)
        assert watcher._socket is not None
        watcher._socket.transport.abort()
        for n in range(1, 6):
            await (two if n % 2 else one).bid(START + n * INCREMENT)
        await until(lambda: watcher.seq == 8)
        assert watcher.connections == 2
        assert seen == [3, 4, 5, 6, 7, 8]
        listening.cancel()


async def test_a_bid_whose_answer_was_lost_is_asked_again_and_counts_once(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    first, *_ = await cookies(database, sale)
    key = new_id()
    async with bidder(served, sale, first) as lot:
        sent = asyncio.create_task(lot.bid(START, key=key))
        await asyncio.sleep(0)
        assert lot._socket is not None
        lot._socket.transport.abort()
        answer = await sent
        assert answer.key == key
        assert (await lot.bid(START, key=key)) == answer
    assert len(await stored(database, sale.lot_id)) == 1


async def test_rooms_go_on_when_every_database_connection_was_killed(
    served: Served, database: Database, urls: Urls
) -> None:
    sale = await open_sale(database)
    first, second, _ = await cookies(database, sale)
    async with bidder(served, sale, first) as one, bidder(served, sale, second) as two:
        await one.bid(START)
        administration = create_async_engine(urls.superuser)
        async with administration.connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await administration.dispose()
        assert (await two.bid(START + INCREMENT)).price_fen == START + INCREMENT
        await until(lambda: one.leader == 2)
        assert not one.leading
        await one.bid(START + 2 * INCREMENT)
        await until(lambda: two.leader == 1)


async def test_a_sale_goes_on_after_the_server_was_started_anew(urls: Urls, database: Database, tmp_path: Path) -> None:
    async with serving(urls.running, tmp_path) as served:
        sale = await open_sale(database)
        first, second, _ = await cookies(database, sale)
        async with bidder(served, sale, first) as one:
            before = await one.bid(START)
    async with serving(urls.running, tmp_path) as served, bidder(served, sale, second) as two:
        assert (two.price, two.leader) == (two.starting_price, 1)
        after = await two.bid(START + INCREMENT)
        assert after.seq == before.seq + 1


# --- timed bidding by itself ---------------------------------------------------------------------------------------


async def test_timed_bidding_opens_and_ends_by_itself_never_early(served: Served, database: Database) -> None:
    """How late it is on a machine at rest is measured by `make faults-auction`; a busy one may be seconds late."""
    async with database.work() as work:
        now = await database_clock(work)
        starts_at = now + timedelta(seconds=2.5)
        sale = await publish_lot(work, now=starts_at, method="timed_bidding", bidders=2, window_s=3)
        await service.prepare(work, sale.lot_id, now)
    first, second = await cookies(database, sale)
    async with bidder(served, sale, first) as one, bidder(served, sale, second) as two:
        with pytest.raises(BidRefused, match="bidding_not_open"):
            await one.bid(START)
        await until(lambda: one.stage == "open")
        answer = await one.bid(START)
        assert answer.before_close_ms is not None
        assert 0 < answer.before_close_ms <= 3000
        last = await two.bid(START + INCREMENT)
        await until(lambda: one.stage == "sold")
        with pytest.raises(BidRefused, match="bidding_ended"):
            await one.bid(START + 2 * INCREMENT)
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
    assert auction.opened_at is not None
    assert auction.ended_at is not None
    assert auction.opened_at >= starts_at
    assert auction.ended_at - (last.at + timedelta(seconds=3)) >= SETTLE_DELAY

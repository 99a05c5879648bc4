"""Settling from memory: one statement while nobody else moves a lot, and never a decision on what is no longer so."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from auction import bid_store, deciding, service, settling
from auction.desk import BidDesk, BidNotDecided
from auction.models import SealedQuote
from auction.refusals import AboveCap, BidTooLow, KeyUsedForOtherPrice, PlateDisqualified
from auction.refused_limits import BudgetExceeded
from tests.auction.selling import INCREMENT, START, Sale
from tests.auction.test_budgets import set_budget
from tests.auction.test_online_settling import open_online
from tests.auction.test_sealed_sales import opened
from tests.auction.test_settling import decided, open_lot, rows
from tests.auction.test_settling_faults import kill
from tests.conftest import Urls
from trading.kernel import direct
from trading.kernel.database import CommitUnknown, Database


class Counted:
    """How often bids were settled from memory, and how often with their lots' rows locked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried = self.from_memory = self.locked = self.violated = 0
        at_once, settle = bid_store.write_if_unmoved, settling.settle

        async def counting(*arguments: Any) -> bool:
            self.tried += 1
            try:
                stored = await at_once(*arguments)
            except asyncpg.UniqueViolationError:
                self.violated += 1
                raise
            self.from_memory += stored
            return stored

        async def counting_locked(*arguments: Any) -> Any:
            self.locked += 1
            return await settle(*arguments)

        monkeypatch.setattr(bid_store, "write_if_unmoved", counting)
        monkeypatch.setattr("auction.desk.settle", counting_locked)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Counts from here on."""
    return Counted(monkeypatch)


@pytest.fixture
async def sale(database: Database, now: datetime) -> Sale:
    """An open auction."""
    return await open_lot(database, now)


async def test_after_the_first_batch_the_lot_is_known(database: Database, sale: Sale, counted: Counted) -> None:
    bidding = BidDesk(database)
    for count in range(6):
        answer = decided(await bidding.place(sale.bidders[count % 2].bids(START + count * INCREMENT)))
        assert answer.refusal is None
        assert answer.leads
    too_low = decided(await bidding.place(sale.bidders[2].bids(START)))
    assert isinstance(too_low.refusal, BidTooLow)
    assert (counted.locked, counted.from_memory) == (1, 6)
    stored = {row.key: row for row in await rows(database, sale.lot_id)}
    assert len(stored) == 7
    assert stored[too_low.key].entry_hash == too_low.hash
    await bidding.close()


async def test_two_servers_never_decide_on_what_the_other_has_changed(
    database: Database, sale: Sale, counted: Counted
) -> None:
    one, other = BidDesk(database), BidDesk(database)
    for count in range(4):
        for at, place in ((one, 0), (other, 1)):
            decided(await at.place(sale.bidders[place].bids(START + (2 * count + place) * INCREMENT)))
    stored = await rows(database, sale.lot_id)
    assert [row.accepted for row in stored] == [True] * 8
    assert (counted.locked, counted.from_memory) == (8, 0)
    assert counted.violated == 0  # that the lot had moved was seen before anything was written


async def test_two_servers_at_once_still_give_one_winner_a_price(
    database: Database, now: datetime, counted: Counted
) -> None:
    sale = await open_lot(database, now, bidders=6)
    desks = [BidDesk(database), BidDesk(database)]
    for count in range(10):
        price = START + count * INCREMENT
        await asyncio.gather(*[desks[n % 2].place(bidder.bids(price)) for n, bidder in enumerate(sale.bidders)])
    stored = await rows(database, sale.lot_id)
    accepted = [row.price_fen for row in stored if row.accepted]
    assert accepted == [START + count * INCREMENT for count in range(10)]
    assert len(stored) == 60


async def test_what_somebody_else_did_to_the_sale_counts(
    database: Database, sale: Sale, now: datetime, counted: Counted
) -> None:
    bidding = BidDesk(database)
    await bidding.place(sale.bidders[0].bids(START))
    async with database.work() as work:
        moment, reason = now + timedelta(seconds=1), "串通的证据已查实。"
        await service.disqualify_plate(work, sale.lot_id, plate=2, reason=reason, actor=sale.auctioneer, now=moment)
    answer = decided(await bidding.place(sale.bidders[1].bids(START + INCREMENT)))
    assert isinstance(answer.refusal, PlateDisqualified)
    assert (counted.locked, counted.from_memory) == (2, 0)


async def test_a_repeated_bid_is_found_and_takes_nothing_with_it(
    database: Database, sale: Sale, counted: Counted
) -> None:
    bidding, first = BidDesk(database), sale.bidders[0].bids(START)
    told = decided(await bidding.place(first))
    again = bidding.place(first)
    with_others = bidding.place(sale.bidders[1].bids(START + INCREMENT))
    other_price = bidding.place(sale.bidders[0].bids(START + 2 * INCREMENT, key=first.key))
    answers = await asyncio.gather(again, with_others, other_price)
    assert decided(answers[0]).seq == told.seq
    assert decided(answers[1]).refusal is None
    assert isinstance(answers[2], KeyUsedForOtherPrice)
    assert len(await rows(database, sale.lot_id)) == 2


async def test_a_budget_that_is_set_meanwhile_counts(
    database: Database, sale: Sale, now: datetime, counted: Counted
) -> None:
    bidding = BidDesk(database)
    await bidding.place(sale.bidders[1].bids(START))
    await set_budget(database, sale, START + INCREMENT, now)
    owner = sale.bidders[0]
    assert decided(await bidding.place(owner.bids(START + INCREMENT))).refusal is None
    await bidding.place(sale.bidders[1].bids(START + 2 * INCREMENT))
    assert isinstance(decided(await bidding.place(owner.bids(START + 3 * INCREMENT))).refusal, BudgetExceeded)
    assert counted.from_memory == 1  # the one bid of the bidder without a budget
    assert counted.tried == 2  # the first bid of the bidder with one; from then on that is known


async def test_many_lots_are_settled_in_one_statement(database: Database, now: datetime, counted: Counted) -> None:
    sales = [await open_lot(database, now) for _ in range(5)]
    bidding = BidDesk(database)
    await asyncio.gather(*[bidding.place(sale.bidders[0].bids(START)) for sale in sales])
    before = counted.from_memory
    await asyncio.gather(*[bidding.place(sale.bidders[1].bids(START + INCREMENT)) for sale in sales])
    assert counted.from_memory == before + 1
    for sale in sales:
        assert [row.accepted for row in await rows(database, sale.lot_id)] == [True, True]


async def test_where_one_lot_of_a_batch_has_moved_nothing_of_the_batch_is_stored(
    database: Database, now: datetime, counted: Counted
) -> None:
    moved, still = [await open_lot(database, now) for _ in range(2)]
    bidding, elsewhere = BidDesk(database), BidDesk(database)
    await asyncio.gather(*[bidding.place(sale.bidders[0].bids(START)) for sale in (moved, still)])
    await elsewhere.place(moved.bidders[1].bids(START + INCREMENT))
    await asyncio.gather(*[bidding.place(sale.bidders[2].bids(START + INCREMENT)) for sale in (moved, still)])
    assert [row.accepted for row in await rows(database, moved.lot_id)] == [True, True, False]
    assert [row.accepted for row in await rows(database, still.lot_id)] == [True, True]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_connection_killed_around_the_statement_neither_loses_nor_doubles_a_bid(
    database: Database, urls: Urls, sale: Sale, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    bidding = BidDesk(database)
    await bidding.place(sale.bidders[0].bids(START))
    await bidding.place(sale.bidders[1].bids(START + INCREMENT))  # the connection is open now
    real = asyncpg.Connection.fetchrow
    killed: list[str] = []

    async def kill_first(self: asyncpg.Connection, statement: str, *arguments: Any) -> Any:
        if "pg_notify" not in statement or killed:
            return await real(self, statement, *arguments)
        killed.append(moment)
        if moment == "before":
            await kill(urls, self.get_server_pid())
            return await real(self, statement, *arguments)
        await real(self, statement, *arguments)
        await kill(urls, self.get_server_pid())
        raise asyncpg.ConnectionDoesNotExistError("planted: the answer never came")

    monkeypatch.setattr(asyncpg.Connection, "fetchrow", kill_first)
    requests = [sale.bidders[place].bids(START + 2 * INCREMENT) for place in (0, 2)]
    answers = [decided(answer) for answer in await asyncio.gather(*map(bidding.place, requests))]
    assert killed == [moment]
    stored = {row.key: row for row in await rows(database, sale.lot_id)}
    assert len(stored) == 4
    for answer in answers:
        assert (stored[answer.key].seq, stored[answer.key].accepted) == (answer.seq, answer.refusal is None)


async def test_a_commit_that_the_server_warned_of_is_looked_at_again(
    database: Database, sale: Sale, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    bidding = BidDesk(database)
    await bidding.place(sale.bidders[0].bids(START))
    connection = bidding._direct
    real = asyncpg.Connection.fetchrow
    warned: list[bool] = []

    async def warn_once(self: asyncpg.Connection, statement: str, *arguments: Any) -> Any:
        row = await real(self, statement, *arguments)
        if not warned:
            warned.append(True)
            connection._warned(self, asyncpg.PostgresWarning.new({"C": "01000", "M": "planted"}))
        return row

    monkeypatch.setattr(asyncpg.Connection, "fetchrow", warn_once)
    answer = decided(await bidding.place(sale.bidders[1].bids(START + INCREMENT)))
    assert answer.refusal is None
    assert counted.locked == 2  # it was looked up under the lock before anybody was told
    assert len(await rows(database, sale.lot_id)) == 2
    await bidding.place(sale.bidders[0].bids(START + 2 * INCREMENT))
    assert counted.locked == 2  # one warning is about one statement


async def test_a_direct_connection_says_when_nobody_knows(database: Database) -> None:
    connection = direct.DirectConnection(database)
    with pytest.raises(CommitUnknown):
        await connection.fetchrow("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await connection.fetchrow("SELECT 1") is not None
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.fetchrow("INSERT INTO log_head (id, size) VALUES (1, 0), (1, 0)")
    assert await connection.fetchrow("SELECT 1 FROM log_head") is None
    await connection.close()


async def test_the_platforms_bids_within_a_maximum_are_never_forgotten(
    database: Database, now: datetime, counted: Counted
) -> None:
    sale = await open_online(database, now)
    bidding, (holder, rival, _) = BidDesk(database), sale.bidders
    await bidding.place(holder.bids(START + 6 * INCREMENT, is_maximum=True))
    for count in (1, 3):
        assert not decided(await bidding.place(rival.bids(START + count * INCREMENT))).leads
    async with database.reading() as session:
        assert (await service.auction_of(session, sale.lot_id)).plate == holder.plate
    assert (counted.locked, counted.tried) == (3, 0)


async def test_quotes_that_follow_the_price_cap_in_one_batch_are_kept_secret(
    database: Database, now: datetime, counted: Counted
) -> None:
    cap = START + 2 * INCREMENT
    terms: dict[str, Any] = {"cap_fen": cap, "cap_ceiling_fen": 2 * START, "cap_rule": "one_price"}
    sale = await opened(database, now, method="timed_bidding", **terms)
    bidding, (one, two, three, _) = BidDesk(database), sale.bidders
    await bidding.place(one.bids(START, now))
    reaching, quote = two.bids(cap + INCREMENT, now), three.bids(cap + 300, now, is_sealed=True)
    answers = await asyncio.gather(bidding.place(reaching), bidding.place(quote))
    assert [type(decided(answer).refusal) for answer in answers] == [AboveCap, type(None)]
    stored = {row.key: row for row in await rows(database, sale.lot_id)}
    assert stored[quote.key].price_fen is None
    async with database.reading() as session:
        [kept] = await session.scalars(select(SealedQuote))
    assert kept.price_fen == cap + 300
    assert counted.from_memory == 0


# --- decided while another batch is on its way ------------------------------------------------------------------------


class Held:
    """Keeps each batch from the database until it is let go, and says how many bids it has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.arrived, self.go = asyncio.Event(), asyncio.Event()
        at_once = bid_store.write_if_unmoved

        async def held(connection: Any, lots: Any, written: bid_store.Written) -> bool:
            self.sizes.append(len(written.bids))
            self.arrived.set()
            await self.go.wait()
            return await at_once(connection, lots, written)

        monkeypatch.setattr(bid_store, "write_if_unmoved", held)


async def _one_held_and_two_behind_it(
    sale: Sale, desk: BidDesk, held: Held
) -> tuple["asyncio.Task[Any]", "asyncio.Task[Any]", "asyncio.Task[Any]"]:
    """A first batch that waits in front of the database, and two bids that came since."""
    first = asyncio.create_task(desk.place(sale.bidders[1].bids(START + INCREMENT)))
    await held.arrived.wait()
    rest = [asyncio.create_task(desk.place(sale.bidders[n].bids(START + 2 * INCREMENT))) for n in (2, 0)]
    await asyncio.sleep(0)  # both are handed in now
    return first, rest[0], rest[1]


async def test_what_comes_during_a_commit_is_decided_on_how_the_lot_will_stand(
    database: Database, sale: Sale, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START))
    held = Held(monkeypatch)
    asked: list[int | None] = []
    real = deciding.decide_bid

    def noting(terms: Any, state: Any, bid: Any, *others: Any) -> Any:
        asked.append(bid.plate)
        return real(terms, state, bid, *others)

    monkeypatch.setattr(settling, "decide_bid", noting)
    tasks = await _one_held_and_two_behind_it(sale, desk, held)
    assert asked == [2, 3, 1]
    assert not any(task.done() for task in tasks)  # nobody is told of what is not stored
    assert len(await rows(database, sale.lot_id)) == 1
    held.go.set()
    first, second, third = [decided(await task) for task in tasks]
    assert [first.refusal, second.refusal] == [None, None]
    assert isinstance(third.refusal, BidTooLow)
    assert (held.sizes, counted.from_memory, counted.locked) == ([1, 2], 2, 1)
    assert [row.key for row in await rows(database, sale.lot_id)][1:] == [first.key, second.key, third.key]
    await desk.close()


async def test_where_a_commit_ends_otherwise_what_was_decided_on_it_is_decided_again(
    database: Database, sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, elsewhere = BidDesk(database), BidDesk(database)
    await desk.place(sale.bidders[0].bids(START))
    held = Held(monkeypatch)
    tasks = await _one_held_and_two_behind_it(sale, desk, held)
    await elsewhere.place(sale.bidders[2].bids(START + 3 * INCREMENT))  # a server that knows nothing reads the lot
    held.go.set()
    answers = [decided(await task) for task in tasks]
    assert all(answer.refusal is not None for answer in answers)
    stored = await rows(database, sale.lot_id)
    assert [row.accepted for row in stored] == [True, True, False, False, False]
    assert [row.key for row in stored][2:] == [answer.key for answer in answers]
    await asyncio.gather(desk.close(), elsewhere.close())


async def test_a_bug_in_deciding_ahead_takes_only_its_own_bid(
    database: Database, sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START))
    real = deciding.decide_bid

    def trips(terms: Any, state: Any, bid: Any, *others: Any) -> Any:
        if bid.plate == 3:
            raise ZeroDivisionError
        return real(terms, state, bid, *others)

    monkeypatch.setattr(settling, "decide_bid", trips)
    held = Held(monkeypatch)
    first, bad, good = await _one_held_and_two_behind_it(sale, desk, held)
    held.go.set()
    assert decided(await first).refusal is None
    with pytest.raises(BidNotDecided):
        await bad
    assert decided(await good).refusal is None
    assert [row.accepted for row in await rows(database, sale.lot_id)] == [True] * 3
    await desk.close()


async def test_the_end_of_a_stage_waits_for_what_was_decided_ahead(
    database: Database, sale: Sale, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START))
    held = Held(monkeypatch)
    tasks = await _one_held_and_two_behind_it(sale, desk, held)
    waiting = asyncio.create_task(desk.settled_until(now + timedelta(hours=1)))
    held.arrived.clear()
    held.go.set()
    await tasks[0]
    assert not waiting.done()
    await asyncio.gather(*tasks[1:])
    await asyncio.wait_for(waiting, 5)
    await desk.close()

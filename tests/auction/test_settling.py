"""Settling bids together: one decision a bid, whatever is repeated, raced or cut off."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import select, text

from auction import service
from auction.desk import BidDesk
from auction.kept_refusals import facts_as_json, refusal_from
from auction.models import BidRow
from auction.refusals import (
    BidAfterClosing,
    BidTooLow,
    KeyUsedForOtherPrice,
    PriceTooLarge,
    SaleNotFound,
)
from auction.settling import BidRequest, Decision, settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from tests.conftest import Urls
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import LARGEST_FEN, Money


@pytest.fixture
async def sale(database: Database, now: datetime) -> Sale:
    """An open auction."""
    return await open_lot(database, now)


async def open_lot(database: Database, now: datetime, bidders: int = 3) -> Sale:
    async with database.work() as work:
        made = await publish_lot(work, now=now, bidders=bidders)
        await service.prepare(work, made.lot_id, now)
    async with database.work() as work:
        await service.open_lot(work, made.lot_id, actor=made.auctioneer, now=now)
    return made


async def rows(database: Database, lot_id: UUID) -> list[BidRow]:
    async with database.reading() as session:
        assert await journal_store.verify(session, f"auction:{lot_id}") is None
        return await service.bids_of(session, lot_id)


def decided(answer: object) -> Decision:
    assert isinstance(answer, Decision)
    return answer


async def test_of_fifty_bids_at_one_price_exactly_one_wins(database: Database, now: datetime) -> None:
    sale = await open_lot(database, now, bidders=50)
    desk = BidDesk(database)
    answers = [decided(answer) for answer in await asyncio.gather(*[desk.place(b.bids(START)) for b in sale.bidders])]
    accepted = [answer for answer in answers if answer.refusal is None]
    assert len(accepted) == 1
    assert Counter(type(answer.refusal) for answer in answers if answer.refusal) == {BidTooLow: 49}
    stored = await rows(database, sale.lot_id)
    assert sorted(row.seq for row in stored) == list(range(3, 53))
    assert {row.key for row in stored} == {answer.key for answer in answers}
    assert desk.commits <= 3, "bids that wait together are committed together"


async def test_of_fifty_bids_at_one_price_through_two_servers_exactly_one_wins(
    database: Database, urls: Urls, now: datetime
) -> None:
    sale = await open_lot(database, now, bidders=50)
    other = Database(urls.running)
    desks = [BidDesk(database), BidDesk(other)]
    placed = [desks[n % 2].place(bidder.bids(START)) for n, bidder in enumerate(sale.bidders)]
    answers = [decided(answer) for answer in await asyncio.gather(*placed)]
    await other.close()
    assert sum(answer.refusal is None for answer in answers) == 1
    assert len(await rows(database, sale.lot_id)) == 50


async def test_a_repeated_bid_has_the_same_answer_and_counts_once(database: Database, sale: Sale) -> None:
    desk = BidDesk(database)
    first = sale.bidders[0].bids(START)
    answer = decided(await desk.place(first))
    await desk.place(sale.bidders[1].bids(START + INCREMENT))
    assert decided(await desk.place(first)) == answer
    low = sale.bidders[2].bids(START)
    refused = decided(await desk.place(low))
    again = decided(await desk.place(low))
    assert isinstance(again.refusal, BidTooLow)
    assert (again.seq, again.refusal.facts()) == (refused.seq, refused.refusal.facts() if refused.refusal else None)
    assert len(await rows(database, sale.lot_id)) == 3


async def test_a_bid_repeated_within_one_batch_counts_once(database: Database, sale: Sale) -> None:
    request = sale.bidders[0].bids(START)
    desk = BidDesk(database)
    answers = await asyncio.gather(*[desk.place(request) for _ in range(20)])
    assert len({decided(answer).seq for answer in answers}) == 1
    assert desk.commits == 1
    assert len(await rows(database, sale.lot_id)) == 1


async def test_a_key_used_again_for_another_price_is_refused(database: Database, sale: Sale) -> None:
    desk = BidDesk(database)
    key = new_id()
    first = sale.bidders[0].bids(START, key=key)
    other = sale.bidders[0].bids(START + INCREMENT, key=key)
    answers = await asyncio.gather(desk.place(first), desk.place(other))
    assert decided(answers[0]).refusal is None
    assert isinstance(answers[1], KeyUsedForOtherPrice)
    assert isinstance(await desk.place(other), KeyUsedForOtherPrice)
    assert decided(await desk.place(first)).refusal is None
    assert len(await rows(database, sale.lot_id)) == 1


async def test_the_same_key_of_two_bidders_is_two_bids(database: Database, sale: Sale) -> None:
    desk, key = BidDesk(database), new_id()
    await desk.place(sale.bidders[0].bids(START, key=key))
    answer = decided(await desk.place(sale.bidders[1].bids(START + INCREMENT, key=key)))
    assert answer.refusal is None


async def test_a_price_that_is_none_is_recorded_with_its_reason(database: Database, sale: Sale) -> None:
    refusal = PriceTooLarge(digits=31, largest=Money(LARGEST_FEN))
    answer = decided(await BidDesk(database).place(sale.bidders[0].bids(refusal, given="1" + "0" * 30)))
    assert answer.refusal is refusal
    (row,) = await rows(database, sale.lot_id)
    assert (row.price_fen, row.refusal_code, row.price_given) == (None, "price_too_large", "1" + "0" * 30)


async def test_somebody_without_a_plate_is_refused_and_recorded(database: Database, sale: Sale) -> None:
    stranger = BidRequest(
        lot_id=sale.lot_id,
        account_id=sale.bidders[0].account.id,
        registration_id=None,
        plate=None,
        key=new_id(),
        price=Money(START),
        given=str(START),
        arrived_at=sale.bidders[0].published_at,
    )
    answer = decided(await BidDesk(database).place(stranger))
    assert answer.refusal is not None
    assert answer.refusal.code == "bidder_not_qualified"
    assert len(await rows(database, sale.lot_id)) == 1


async def test_a_bid_for_a_lot_without_a_sale_is_refused_without_harm_to_others(database: Database, sale: Sale) -> None:
    desk = BidDesk(database)
    good = sale.bidders[0].bids(START)
    lost = replace(good, lot_id=new_id(), key=new_id())
    answers = await asyncio.gather(desk.place(lost), desk.place(good))
    assert isinstance(answers[0], SaleNotFound)
    assert decided(answers[1]).refusal is None


async def test_one_bid_that_trips_a_bug_does_not_take_the_others_with_it(database: Database, sale: Sale) -> None:
    desk = BidDesk(database)
    good = sale.bidders[0].bids(START)
    broken = replace(good, account_id=new_id(), key=new_id())  # an account that is not there
    outcome = await asyncio.gather(desk.place(broken), desk.place(good), return_exceptions=True)
    assert isinstance(outcome[0], Exception)
    assert decided(outcome[1]).refusal is None


async def test_bids_for_many_lots_are_settled_in_one_commit(database: Database, now: datetime) -> None:
    sales = [await open_lot(database, now) for _ in range(4)]
    async with database.work() as work:
        requests = [sale.bidders[n].bids(START + n * INCREMENT) for n in range(3) for sale in sales]
        answers = [decided(answer) for answer in await settle(work, requests)]
    assert all(answer.refusal is None for answer in answers)
    for sale in sales:
        assert [row.seq for row in await rows(database, sale.lot_id)] == [3, 4, 5]


async def test_time_within_a_lot_never_runs_backwards(database: Database, sale: Sale, now: datetime) -> None:
    arrived = [now + timedelta(seconds=n) for n in (5, 3, 9, 1)]
    for n, moment in enumerate(arrived):
        async with database.work() as work:
            await settle(work, [sale.bidders[n % 2].bids(START + n * INCREMENT, at=moment)])
    stored = await rows(database, sale.lot_id)
    assert [row.decided_at for row in stored] == [now + timedelta(seconds=n) for n in (5, 5, 9, 9)]
    assert [row.arrived_at for row in stored] == arrived


async def test_a_bid_counts_by_its_arrival_however_long_it_waited_for_its_turn(database: Database) -> None:
    async with database.work() as work:
        now = await database_clock(work)
        sale = await publish_lot(work, now=now, method="timed_bidding", window_s=1)
        await service.prepare(work, sale.lot_id, now)
        await service.advance_due(work, now)
    closes_at = now + timedelta(seconds=1)
    in_time = sale.bidders[0].bids(START, at=closes_at - timedelta(milliseconds=5))
    async with database.work() as work:
        await work.execute(text("SELECT 1 FROM auctions WHERE lot_id = :lot FOR UPDATE"), {"lot": sale.lot_id})
        placed = asyncio.create_task(BidDesk(database).place(in_time))
        await work.execute(text("SELECT pg_sleep(1.1)"))
    answer = decided(await placed)
    assert (answer.refusal, answer.before_close_ms, answer.at) == (None, 5, in_time.arrived_at)


async def test_of_10000_bids_around_the_close_exactly_those_that_arrived_at_or_after_it_are_late(
    database: Database, now: datetime
) -> None:
    """Each arrives at its own moment within 50 ms of the close; batches mix the moments as two servers would."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now, bidders=20)
        await service.prepare(work, sale.lot_id, now)
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
        for number in (1, 2, 3):
            await service.call_price(
                work, sale.lot_id, number=number, price=Money(START), actor=sale.auctioneer, now=now
            )
        closes_at = now + timedelta(seconds=10)
        await service.let_hammer_fall(
            work, sale.lot_id, plate=None, price=Money(START), actor=sale.auctioneer, now=closes_at
        )
    # Prices below the start: each is refused for its price when in time, so the hammer stands and judges all of them.
    offsets = [timedelta(microseconds=10 * ((n * 7919) % 10_000) - 50_000) for n in range(10_000)]
    answers = []
    for begin in range(0, len(offsets), 1000):
        batch = [
            sale.bidders[n % 20].bids(1, at=closes_at + offset)
            for n, offset in enumerate(offsets[begin : begin + 1000])
        ]
        async with database.work() as work:
            answers += [decided(answer) for answer in await settle(work, batch)]
    late = [isinstance(answer.refusal, BidAfterClosing) for answer in answers]
    assert late == [offset >= timedelta(0) for offset in offsets]
    assert sum(late) == 5_000
    early = [answer.before_close_ms for answer in answers]
    assert early == [-offset // timedelta(milliseconds=1) for offset in offsets]


async def test_a_batch_takes_the_same_number_of_statements_however_many_lots_are_in_it(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = [await open_lot(database, now) for _ in range(6)]
    async with database.work() as work:  # terms are read once
        await settle(work, [sale.bidders[0].bids(START) for sale in sales])
    sent: list[str] = []
    for name in ("execute", "fetch", "fetchrow", "copy_records_to_table"):
        _count(monkeypatch, asyncpg.Connection, name, sent)
    _count(monkeypatch, PreparedStatement, "fetch", sent)
    counts = []
    for lots in (1, 6):
        sent.clear()
        async with database.work() as work:
            await settle(work, [sale.bidders[1].bids(START + INCREMENT) for sale in sales[:lots]])
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 12


def _count(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, sent: list[str]) -> None:
    real = getattr(kind, name)

    async def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(name)
        return await real(self, *args, **kwargs)

    monkeypatch.setattr(kind, name, counted)


def test_every_refusal_can_be_told_again_from_what_was_kept() -> None:
    refusal = BidTooLow(offered=Money(1), lowest=Money(3), current=Money(2))
    kept = refusal_from(refusal.code, facts_as_json(refusal))
    assert (type(kept), kept.facts()) == (BidTooLow, refusal.facts())


async def test_replays_are_found_although_the_row_was_written_by_another_server(
    database: Database, urls: Urls, sale: Sale
) -> None:
    other = Database(urls.running)
    request = sale.bidders[0].bids(START)
    answers = await asyncio.gather(BidDesk(database).place(request), BidDesk(other).place(request))
    await other.close()
    assert decided(answers[0]) == decided(answers[1])
    async with database.reading() as session:
        assert len((await session.scalars(select(BidRow))).all()) == 1

"""Settling where amounts are secret or limited: sealed quotes, maxima for which the platform bids, own budgets."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from auction import budgets, service
from auction.desk import BidDesk
from auction.models import ProxyMaximum, SealedQuote
from auction.refusals import KeyUsedForOtherPrice, PriceNotWholeFen
from auction.refused_limits import BudgetExceeded
from auction.settling import settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from tests.auction.test_settling import decided, open_lot, rows
from trading.accounts import service as accounts
from trading.kernel.database import Database
from trading.kernel.money import Money

SECRET = 123_456_700  # fen: an amount that occurs nowhere else


async def everything_written(database: Database) -> str:
    """All that the bids' rows and the journal say."""
    async with database.reading() as session:
        bids = (await session.execute(text("SELECT to_jsonb(b)::text FROM bids b"))).scalars().all()
        entries = (await session.execute(text("SELECT body FROM journal_entries"))).scalars().all()
    return "\n".join([*bids, *entries])


@pytest.fixture
async def tender(database: Database, now: datetime) -> Sale:
    """A tender of land that takes quotes for an hour."""
    async with database.work() as work:
        made = await publish_lot(work, now=now, method="tender", listing_ends_at=now + timedelta(hours=1))
        await service.prepare(work, made.lot_id, now)
        await service.advance_due(work, now)
    return made


async def test_a_sealed_quote_is_kept_apart_and_told_by_neither_row_nor_journal(
    database: Database, tender: Sale
) -> None:
    desk = BidDesk(database)
    quote = tender.bidders[0].bids(SECRET, is_sealed=True)
    answer = decided(await desk.place(quote))
    assert (answer.refusal, answer.price, answer.leads) == (None, Money(SECRET), False)
    second = decided(await desk.place(tender.bidders[0].bids(SECRET + 100, is_sealed=True)))
    too_early_or_wrong = decided(await desk.place(tender.bidders[1].bids(SECRET)))
    broken = decided(await desk.place(tender.bidders[2].bids(PriceNotWholeFen(given=f"{SECRET}.5"), is_sealed=True)))
    assert all(one.refusal is not None for one in (second, too_early_or_wrong, broken))
    written = await everything_written(database)
    assert str(SECRET)[:7] not in written
    assert '"price_given": "sealed:' in written
    async with database.reading() as session:
        (kept,) = (await session.scalars(select(SealedQuote))).all()
    assert (kept.price_fen, kept.seq, kept.plate) == (SECRET, answer.seq, 1)


async def test_a_quote_that_comes_before_a_tender_is_open_stays_secret_however_it_was_sent(
    database: Database, now: datetime
) -> None:
    async with database.work() as work:
        later = now + timedelta(hours=1)
        made = await publish_lot(work, now=now, method="tender", listing_ends_at=later, starts_at=later)
        await service.prepare(work, made.lot_id, now)
    answer = decided(await BidDesk(database).place(made.bidders[0].bids(SECRET)))
    assert answer.refusal is not None
    assert str(SECRET) not in await everything_written(database)


async def test_a_sealed_quote_sent_again_is_answered_alike_and_its_key_serves_no_other_amount(
    database: Database, tender: Sale
) -> None:
    desk = BidDesk(database)
    quote = tender.bidders[0].bids(SECRET, is_sealed=True)
    answer = decided(await desk.place(quote))
    assert decided(await desk.place(quote)) == answer
    other = replace(quote, price=Money(SECRET + 1), given=str(SECRET + 1))
    assert isinstance(await desk.place(other), KeyUsedForOtherPrice)
    again = tender.bidders[0].bids(SECRET + 100, is_sealed=True)
    refused = decided(await desk.place(again))
    assert decided(await desk.place(again)).seq == refused.seq


@pytest.fixture
async def online(database: Database, now: datetime) -> Sale:
    """A property rights online auction, open."""
    async with database.work() as work:
        made = await publish_lot(work, now=now, method="online_auction")
        await service.prepare(work, made.lot_id, now)
        await service.advance_due(work, now)
    return made


async def test_the_platform_bids_within_a_maximum_on_behalf_of_its_plate(database: Database, online: Sale) -> None:
    desk = BidDesk(database)
    first, second = online.bidders[:2]
    maximum = decided(await desk.place(first.bids(START + 10 * INCREMENT, is_maximum=True)))
    assert (maximum.refusal, maximum.leads) == (None, True)
    overtaken = decided(await desk.place(second.bids(START + 2 * INCREMENT)))
    assert (overtaken.refusal, overtaken.leads) == (None, False)
    stored = await rows(database, online.lot_id)
    assert [(row.plate, row.price_fen, row.leads) for row in stored] == [
        (1, None, True),
        (1, START, True),
        (2, START + 2 * INCREMENT, False),
        (1, START + 3 * INCREMENT, True),
    ]
    made = stored[-1]
    assert (made.account_id, made.registration_id) == (first.account.id, first.registration.id)
    assert len({row.key for row in stored}) == 4
    assert str(START + 10 * INCREMENT) not in await everything_written(database)


async def test_maxima_and_bids_in_one_batch_are_decided_as_one_after_the_other(
    database: Database, online: Sale
) -> None:
    first, second, third = online.bidders
    async with database.work() as work:
        await settle(
            work,
            [
                first.bids(START + 4 * INCREMENT, is_maximum=True),
                second.bids(START + 6 * INCREMENT, is_maximum=True),
                third.bids(START + 6 * INCREMENT),
            ],
        )
    async with database.reading() as session:
        auction = await service.auction_of(session, online.lot_id)
        maxima = (await session.scalars(select(ProxyMaximum).order_by(ProxyMaximum.seq))).all()
    assert (auction.plate, auction.price_fen) == (2, START + 6 * INCREMENT)
    assert [(row.plate, row.price_fen) for row in maxima] == [(1, START + 4 * INCREMENT), (2, START + 6 * INCREMENT)]
    assert await rows(database, online.lot_id)


async def test_a_units_own_budget_refuses_what_would_bind_more(database: Database, now: datetime) -> None:
    bidder = (await open_lot(database, now)).bidders[0]
    assert bidder.account.unit_id is not None
    async with database.work() as work:
        actor = accounts.actor_for(bidder.account)
        await budgets.set_budget(work, bidder.account.unit_id, Money(START), actor=actor, now=now)
    desk = BidDesk(database)
    refused = decided(await desk.place(bidder.bids(START + INCREMENT)))
    assert isinstance(refused.refusal, BudgetExceeded)
    assert decided(await desk.place(bidder.bids(START))).refusal is None

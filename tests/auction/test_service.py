"""The life of a sale in the database: prepared, opened, called, hammered or closed by the clock, completed."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from auction import service
from auction.refusals import BidAfterClosing, OpeningTooEarly, PriceMovedOn, SaleNotFound, TooFewBidders
from auction.sale import Stage
from auction.settling import Decision, settle
from auction.way import SETTLE_DELAY
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects.models import Deal, Lot
from trading.projects.rules import reserve_commitment

SECOND = timedelta(seconds=1)


async def on_sale(database: Database, now: datetime, **terms: object) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, **terms)  # type: ignore[arg-type]
        await service.prepare(work, sale.lot_id, now - timedelta(minutes=1))
    return sale


async def opened(database: Database, now: datetime, **terms: object) -> Sale:
    sale = await on_sale(database, now, **terms)
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def bid(database: Database, sale: Sale, bidder: int, fen: int, at: datetime) -> Decision:
    async with database.work() as work:
        (decision,) = await settle(work, [sale.bidders[bidder].bids(fen, at)])
    assert isinstance(decision, Decision)
    return decision


async def call_thrice(database: Database, sale: Sale, fen: int, at: datetime) -> None:
    for number in (1, 2, 3):
        async with database.work() as work:
            await service.call_price(work, sale.lot_id, number=number, price=Money(fen), actor=sale.auctioneer, now=at)


async def hammer(database: Database, sale: Sale, plate: int | None, fen: int, at: datetime) -> None:
    """Call the price three times, let the hammer fall at `at`, and look at the clock after the settle delay."""
    await call_thrice(database, sale, fen, at)
    async with database.work() as work:
        await service.let_hammer_fall(work, sale.lot_id, plate=plate, price=Money(fen), actor=sale.auctioneer, now=at)
    assert await advance(database, at + SETTLE_DELAY) == [sale.lot_id]


async def advance(database: Database, at: datetime) -> list[UUID]:
    """What the clock does at this moment."""
    async with database.work() as work:
        return await service.advance_due(work, at)


async def kinds(database: Database, lot_id: UUID) -> list[str]:
    async with database.reading() as session:
        assert await journal_store.verify(session, f"auction:{lot_id}") is None
        return [entry.kind for entry in await service.entries_after(session, lot_id, 0)]


async def test_a_sale_is_prepared_once_and_its_terms_are_journalled(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now)
    async with database.work() as work:
        await service.prepare(work, sale.lot_id, now)
        assert await service.prepare_due(work, now) == []
    assert await kinds(database, sale.lot_id) == ["prepared"]
    async with database.reading() as session:
        (entry,) = await service.entries_after(session, sale.lot_id, 0)
        assert (entry.body["starting_price_fen"], entry.body["minimum_bidders"]) == (START, 3)


async def test_there_is_no_sale_of_a_lot_that_is_not_published(database: Database, now: datetime) -> None:
    async with database.work() as work:
        sale = await publish_lot(work, now=now)
        await work.execute(text("UPDATE lots SET state = 'entered'"))
    async with database.work() as work:
        with pytest.raises(SaleNotFound):
            await service.prepare(work, sale.lot_id, now)


async def test_once_the_hammer_is_settled_the_deal_is_made_in_the_same_transaction(
    database: Database, now: datetime
) -> None:
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now + SECOND)
    await bid(database, sale, 1, START + INCREMENT, now + 2 * SECOND)
    await hammer(database, sale, 2, START + INCREMENT, now + 3 * SECOND)
    assert await kinds(database, sale.lot_id) == [
        "prepared",
        "opened",
        "bid_accepted",
        "bid_accepted",
        "called",
        "called",
        "called",
        "hammer_fell",
        "sold",
    ]
    async with database.reading() as session:
        deal = (await session.scalars(select(Deal))).one()
        assert (deal.final_fen, deal.baseline_fen) == (START + INCREMENT, START)
        assert deal.winner_name == "演示竞买人2号有限公司"
        assert (await service.auction_of(session, sale.lot_id)).stage == Stage.SOLD
        assert (await session.get_one(Lot, sale.lot_id)).state == "sold"


async def test_a_bid_that_had_arrived_before_the_hammer_makes_it_void_and_the_sale_goes_on(
    database: Database, now: datetime
) -> None:
    """Fujian rules art. 41, 53."""
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now)
    await call_thrice(database, sale, START, now)
    fell_at = now + SECOND
    async with database.work() as work:
        await service.let_hammer_fall(
            work, sale.lot_id, plate=1, price=Money(START), actor=sale.auctioneer, now=fell_at
        )
    assert await advance(database, fell_at + SETTLE_DELAY / 2) == []
    decision = await bid(database, sale, 1, START + INCREMENT, fell_at - timedelta(milliseconds=1))
    assert (decision.refusal, decision.at) == (None, fell_at)
    assert await advance(database, fell_at + SETTLE_DELAY) == []
    await hammer(database, sale, 2, START + INCREMENT, fell_at + SECOND)
    assert (await kinds(database, sale.lot_id))[-1] == "sold"


async def test_a_hammer_for_a_price_that_moved_on_changes_nothing(database: Database, now: datetime) -> None:
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now)
    await call_thrice(database, sale, START, now)
    await bid(database, sale, 1, START + INCREMENT, now)
    async with database.work() as work:
        with pytest.raises(PriceMovedOn):
            await service.let_hammer_fall(
                work, sale.lot_id, plate=1, price=Money(START), actor=sale.auctioneer, now=now
            )
    async with database.reading() as session:
        assert (await service.auction_of(session, sale.lot_id)).stage == Stage.OPEN


async def test_a_highest_bid_below_the_reserve_withdraws_the_lot_and_only_then_tells_the_reserve(
    database: Database, now: datetime
) -> None:
    reserve = START + 3 * INCREMENT
    sale = await opened(database, now, reserve=reserve)
    await bid(database, sale, 0, START, now)
    async with database.reading() as session:
        before = await service.entries_after(session, sale.lot_id, 0)
        assert str(reserve) not in str([entry.body for entry in before])
    await hammer(database, sale, 1, START, now)
    async with database.reading() as session:
        last = (await service.entries_after(session, sale.lot_id, 0))[-1]
        assert (last.kind, last.body["because"], last.body["reserve_fen"]) == ("withdrawn", "below_reserve", reserve)
        sealed = reserve_commitment(sale.lot_id, Money(reserve), bytes.fromhex(last.body["reserve_salt"]))
        assert last.body["reserve_commitment"] == sealed
        assert (await session.get_one(Lot, sale.lot_id)).state == "withdrawn"
        assert (await session.scalars(select(Deal))).all() == []


async def test_an_auction_with_two_bidders_is_not_opened_but_called_off(database: Database, now: datetime) -> None:
    """国土资源部令39号: fewer than three bidders, and the auction does not take place."""
    sale = await on_sale(database, now, bidders=2)
    async with database.work() as work:
        with pytest.raises(TooFewBidders):
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    async with database.work() as work:
        await service.call_off_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    async with database.reading() as session:
        assert (await session.get_one(Lot, sale.lot_id)).state == "called_off"
    assert (await kinds(database, sale.lot_id))[-1] == "called_off"


async def test_a_sale_does_not_open_before_its_moment(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now)
    async with database.work() as work:
        with pytest.raises(OpeningTooEarly):
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now - SECOND)


async def test_timed_bidding_opens_and_closes_by_its_own_moments(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now, method="timed_bidding", bidders=1, window_s=240)
    assert await advance(database, now - SECOND) == []
    assert await advance(database, now) == [sale.lot_id]
    assert await advance(database, now) == []
    decision = await bid(database, sale, 0, START, now + 100 * SECOND)
    assert decision.before_close_ms == 140_000
    closes_at = now + 340 * SECOND
    late = await bid(database, sale, 0, START + INCREMENT, closes_at)
    assert isinstance(late.refusal, BidAfterClosing)
    assert await advance(database, closes_at + SETTLE_DELAY - timedelta(microseconds=1)) == []
    assert await advance(database, closes_at + SETTLE_DELAY) == [sale.lot_id]
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        assert (auction.stage, auction.price_fen, auction.plate) == (Stage.SOLD, START, 1)


async def test_timed_bidding_without_any_bidder_is_called_off_by_the_clock(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now, method="timed_bidding", bidders=0)
    assert await advance(database, now) == [sale.lot_id]
    assert (await kinds(database, sale.lot_id))[-1] == "called_off"


async def test_a_bid_after_the_end_is_refused_and_still_recorded(database: Database, now: datetime) -> None:
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now)
    await hammer(database, sale, 1, START, now)
    late = await bid(database, sale, 1, START + INCREMENT, now + SECOND)
    assert late.refusal is not None
    assert late.refusal.code == "bidding_ended"
    assert (await kinds(database, sale.lot_id))[-2:] == ["sold", "bid_refused"]


async def test_the_state_tells_what_the_events_add_up_to(database: Database, now: datetime) -> None:
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now)
    await bid(database, sale, 1, START, now)
    async with database.reading() as session:
        told = await service.state(session, sale.lot_id, None, now)
        entries = await service.entries_after(session, sale.lot_id, 0)
    assert (told.seq, told.price_fen, told.plate, told.bid_count) == (4, START, 1, 1)
    assert told.hash == entries[-1].hash.hex()
    assert (told.lowest_fen, told.lowest_for_priority_fen) == (START + INCREMENT, None)
    bids = [event.facts for event in told.events if event.kind == "bid_accepted"]
    assert [(facts["plate"], facts["price_fen"]) for facts in bids] == [(1, START)]


async def test_the_running_role_cannot_change_or_delete_a_bid(database: Database, now: datetime) -> None:
    sale = await opened(database, now)
    await bid(database, sale, 0, START, now)
    for statement in ("UPDATE bids SET price_fen = 1", "DELETE FROM bids", "TRUNCATE bids"):
        async with database.reading() as session:
            with pytest.raises(Exception, match="permission denied"):
                await session.execute(text(statement))


async def test_a_sale_that_does_not_exist_is_refused(database: Database, now: datetime) -> None:
    async with database.work() as work:
        with pytest.raises(SaleNotFound):
            await service.call_off_lot(work, new_id(), actor=(await publish_lot(work, now=now)).auctioneer, now=now)

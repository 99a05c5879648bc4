"""A unit's own budget over many lots: what binds it, what is refused, and two servers at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from auction import budgets, service
from auction.budgets import BoundLot, Budgets
from auction.refusals import BidTooLow
from auction.refused_limits import BudgetExceeded, BudgetNotPositive
from auction.sale import AuctionState, Stage
from auction.settling import BidRequest, Decision, settle
from tests.auction.selling import INCREMENT, START, Bidder, Sale, publish_lot
from tests.conftest import Urls
from trading.accounts import service as accounts
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.kernel.money import Money

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
CAP = START + START // 4
REASON = "接到异议，需要核实"


async def lots_of_one_unit(
    database: Database, now: datetime, count: int = 2, method: str = "timed_bidding", **terms: Any
) -> list[Sale]:
    """Open sales in which the first plate belongs to one and the same unit."""
    sales: list[Sale] = []
    for _ in range(count):
        async with database.work() as work:
            sale = await publish_lot(work, now=now, method=method, bidders=3, listing_ends_at=now + DAY, **terms)
            if sales:
                own, registration = sales[0].bidders[0], sale.bidders[0].registration
                registration.unit_id, registration.account_id = own.registration.unit_id, own.account.id
                sale.bidders[0] = Bidder(own.account, registration, now)
            sales.append(sale)
            await service.prepare(work, sale.lot_id, now)
        async with database.work() as work:
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sales


async def set_budget(database: Database, sale: Sale, fen: int | None, now: datetime) -> None:
    owner = sale.bidders[0]
    async with database.work() as work:
        amount = None if fen is None else Money(fen)
        actor = accounts.actor_for(owner.account)
        await budgets.set_budget(work, owner.registration.unit_id, amount, actor=actor, now=now)


async def settled(database: Database, *requests: BidRequest) -> list[Refusal | None]:
    async with database.work() as work:
        answers = await settle(work, requests)
    return [answer.refusal if isinstance(answer, Decision) else answer for answer in answers]


async def bound(database: Database, sale: Sale, now: datetime) -> dict[UUID, int]:
    async with database.reading() as session:
        lots = await budgets.bound_lots(session, sale.bidders[0].registration.unit_id, now)
    return {lot.lot_id: lot.amount.fen for lot in lots}


async def test_a_bid_beyond_the_budget_over_all_lots_is_refused_and_recorded(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START - 1, now)
    assert await settled(database, first.bidders[0].bids(START)) == [None]
    [refused] = await settled(database, second.bidders[0].bids(START))
    assert isinstance(refused, BudgetExceeded)
    assert (refused.budget, refused.bound) == (Money(2 * START - 1), Money(START))
    async with database.reading() as session:
        [row] = await service.bids_of(session, second.lot_id)
        assert (row.accepted, row.refusal_code) == (False, "budget_exceeded")
        assert await journal_store.verify(session, f"auction:{second.lot_id}") is None
    assert await settled(database, second.bidders[1].bids(START)) == [None], "nobody else is held by it"


async def test_both_bids_of_one_batch_count(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START - 1, now)
    answers = await settled(database, first.bidders[0].bids(START), second.bidders[0].bids(START))
    assert [type(answer) for answer in answers] == [type(None), BudgetExceeded]


async def test_a_budget_that_is_reached_exactly_is_kept(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START, now)
    assert await settled(database, first.bidders[0].bids(START), second.bidders[0].bids(START)) == [None, None]


async def test_who_is_outbid_is_bound_no_more_and_a_lot_counts_once(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, START + 2 * INCREMENT, now)
    own, rival = first.bidders[:2]
    assert await settled(database, own.bids(START), rival.bids(START + INCREMENT)) == [None, None]
    assert await bound(database, first, now) == {}
    assert await settled(database, own.bids(START + 2 * INCREMENT)) == [None]
    assert await bound(database, first, now) == {first.lot_id: START + 2 * INCREMENT}
    [refused] = await settled(database, second.bidders[0].bids(START))
    assert isinstance(refused, BudgetExceeded)
    outbid = rival.bids(START + 3 * INCREMENT), second.bidders[0].bids(START)
    assert await settled(database, *outbid) == [None, None]


async def test_what_was_won_counts_until_the_budget_is_lifted(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START - 1, now)
    assert await settled(database, first.bidders[0].bids(START)) == [None]
    later = now + timedelta(minutes=5)
    async with database.work() as work:
        assert await service.advance_due(work, later, lot_id=first.lot_id) == [first.lot_id]
    assert await bound(database, first, later) == {first.lot_id: START}
    await set_budget(database, first, 2 * START - 2, later)
    own = second.bidders[0]
    [refused] = await settled(database, own.bids(START))
    assert isinstance(refused, BudgetExceeded), "another amount keeps what was won"
    await set_budget(database, first, None, later + timedelta(seconds=1))
    assert await bound(database, first, later) == {}
    await set_budget(database, first, 2 * START - 2, later + timedelta(seconds=2))
    assert await settled(database, own.bids(START)) == [None]


async def test_a_secret_maximum_binds_wholly_while_it_leads(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now, method="online_auction")
    await set_budget(database, first, 5 * START, now)
    own, rival = first.bidders[:2]
    assert await settled(database, own.bids(4 * START, is_maximum=True)) == [None]
    [refused] = await settled(database, second.bidders[0].bids(2 * START, is_maximum=True))
    assert isinstance(refused, BudgetExceeded)
    assert "2,000,000" not in str(refused.facts())
    assert await bound(database, first, now) == {first.lot_id: 4 * START}
    outbid = rival.bids(4 * START + INCREMENT), second.bidders[0].bids(2 * START, is_maximum=True)
    assert await settled(database, *outbid) == [None, None]
    assert await bound(database, first, now) == {second.lot_id: 2 * START}


async def test_a_secret_maximum_binds_within_its_batch_already(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now, method="online_auction")
    await set_budget(database, first, 5 * START, now)
    answers = await settled(
        database, first.bidders[0].bids(4 * START, is_maximum=True), second.bidders[0].bids(2 * START)
    )
    assert [type(answer) for answer in answers] == [type(None), BudgetExceeded]


async def test_what_another_won_binds_nobody_else(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, START, now)
    own, rival = first.bidders[:2]
    assert await settled(database, own.bids(START), rival.bids(START + INCREMENT)) == [None, None]
    later = now + timedelta(minutes=5)
    async with database.work() as work:
        assert await service.advance_due(work, later, lot_id=first.lot_id) == [first.lot_id]
    assert await bound(database, first, later) == {}
    assert await settled(database, second.bidders[0].bids(START)) == [None]


async def test_a_sealed_quote_binds_from_the_moment_it_is_given(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now, method="tender")
    await set_budget(database, first, 3 * START, now)
    answers = await settled(
        database,
        first.bidders[0].bids(2 * START, is_sealed=True),
        second.bidders[0].bids(2 * START, is_sealed=True),
    )
    assert [type(answer) for answer in answers] == [type(None), BudgetExceeded]
    assert await bound(database, first, now) == {first.lot_id: 2 * START}


async def drawing(database: Database, sale: Sale, now: datetime) -> None:
    """Bidders 2 and 3 bid, the latter above the cap: a draw by lot follows."""
    _, two, three = sale.bidders
    assert len(await settled(database, two.bids(START, now), three.bids(CAP + INCREMENT, now))) == 2


async def take_part(database: Database, sale: Sale, now: datetime, plate: int = 1) -> None:
    async with database.work() as work:
        await service.give_number(
            work, sale.lot_id, plate=plate, number="八", actor=sale.auctioneer, arrived_at=now + SECOND
        )


async def test_a_draw_by_lot_binds_at_the_price_of_the_cap_from_the_number_on(
    database: Database, now: datetime
) -> None:
    drawn, other = await lots_of_one_unit(database, now, cap_fen=CAP, cap_rule="draw_by_lot")
    await set_budget(database, drawn, CAP + START - 1, now)
    await drawing(database, drawn, now)
    assert await bound(database, drawn, now) == {}
    await take_part(database, drawn, now)
    assert await bound(database, drawn, now) == {drawn.lot_id: CAP}
    refused = drawn.bidders[1].bids(CAP, now), other.bidders[0].bids(START, now)
    answers = await settled(database, *refused)
    assert isinstance(answers[1], BudgetExceeded), "a refused bid in the draw's lot changes nothing"
    await set_budget(database, drawn, CAP + START, now + SECOND)
    assert await settled(database, other.bidders[0].bids(START, now)) == [None]
    async with database.work() as work:
        await service.suspend_lot(work, drawn.lot_id, reason=REASON, actor=drawn.auctioneer, now=now + 2 * SECOND)
    assert await bound(database, drawn, now) == {drawn.lot_id: CAP, other.lot_id: START}


async def test_a_disqualified_plate_is_not_drawn_and_bound_no_more(database: Database, now: datetime) -> None:
    drawn, _ = await lots_of_one_unit(database, now, cap_fen=CAP, cap_rule="draw_by_lot")
    await drawing(database, drawn, now)
    await take_part(database, drawn, now)
    async with database.work() as work:
        await service.disqualify_plate(
            work, drawn.lot_id, plate=1, reason=REASON, actor=drawn.auctioneer, now=now + 2 * SECOND
        )
    assert await bound(database, drawn, now) == {}


async def test_nobody_enters_a_draw_that_goes_beyond_its_budget(database: Database, now: datetime) -> None:
    drawn, other = await lots_of_one_unit(database, now, cap_fen=CAP, cap_rule="draw_by_lot")
    await set_budget(database, drawn, CAP + START - 1, now)
    assert await settled(database, other.bidders[0].bids(START, now)) == [None]
    await drawing(database, drawn, now)
    with pytest.raises(BudgetExceeded) as refusal:
        await take_part(database, drawn, now)
    assert refusal.value.facts() == {"budget": Money(CAP + START - 1), "bound": Money(START)}
    await take_part(database, drawn, now, plate=2)
    await set_budget(database, drawn, CAP + START, now + SECOND)
    await take_part(database, drawn, now)


async def test_two_servers_that_settle_two_lots_at_once_keep_one_budget(
    database: Database, urls: Urls, now: datetime
) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START - 1, now)
    other = Database(urls.running)
    async with database.work() as work:
        [decision] = await settle(work, [first.bidders[0].bids(START)])
        assert isinstance(decision, Decision)
        waiting = asyncio.create_task(settled(other, second.bidders[0].bids(START)))
        await until_somebody_waits(database, waiting)
        assert not waiting.done()
    [refused] = await waiting
    await other.close()
    assert decision.refusal is None
    assert isinstance(refused, BudgetExceeded)


async def until_somebody_waits(database: Database, task: asyncio.Task[list[Refusal | None]]) -> None:
    async with database.reading() as session:
        while not task.done():  # PostgreSQL tells nobody that a lock is waited for
            if await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
            await asyncio.sleep(0.01)


async def test_a_budget_changed_meanwhile_waits_for_the_bid(database: Database, urls: Urls, now: datetime) -> None:
    [sale] = await lots_of_one_unit(database, now, count=1)
    await set_budget(database, sale, START, now)
    other = Database(urls.running)
    async with database.work() as work:
        await settle(work, [sale.bidders[0].bids(START)])
        changing = asyncio.create_task(_lift(other, sale, now))
        await until_somebody_waits(database, changing)
        assert not changing.done()
    await changing
    await other.close()


async def _lift(database: Database, sale: Sale, now: datetime) -> list[Refusal | None]:
    await set_budget(database, sale, None, now)
    return []


async def test_without_any_budget_a_batch_asks_once_and_locks_nothing(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    requests = [bidder.bids(START) for sale in (first, second) for bidder in sale.bidders] * 50
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    async with database.reading() as session:
        await session.connection()
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        assert await budgets.load(session, requests) is None
        assert len(statements) == 1
        locks = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'RowShareLock'"
        assert await session.scalar(text(locks)) == 0


async def test_setting_a_budget_is_a_fact_and_a_budget_is_above_zero(session: AsyncSession, now: datetime) -> None:
    sale = await publish_lot(session, now=now)
    owner = sale.bidders[0]
    unit_id, actor = owner.registration.unit_id, accounts.actor_for(owner.account)
    for amount in (0, -1):
        with pytest.raises(BudgetNotPositive):
            await budgets.set_budget(session, unit_id, Money(amount), actor=actor, now=now)
    assert await budgets.budget_of(session, unit_id) is None
    for amount_fen in (START, 2 * START, None):
        amounts = None if amount_fen is None else Money(amount_fen)
        await budgets.set_budget(session, unit_id, amounts, actor=actor, now=now)
        assert await budgets.budget_of(session, unit_id) == amounts
    entries = await journal_store.read(session, f"unit:{unit_id}")
    told = [entry.body for entry in entries if entry.kind == "budget_set"]
    assert told == [{"amount_fen": START}, {"amount_fen": 2 * START}, {"amount_fen": None}]


async def test_a_bid_that_is_refused_for_another_reason_binds_nothing(database: Database, now: datetime) -> None:
    first, second = await lots_of_one_unit(database, now)
    await set_budget(database, first, 2 * START, now)
    too_low = first.bidders[1].bids(START), first.bidders[0].bids(START + 1), second.bidders[0].bids(2 * START)
    answers = await settled(database, *too_low)
    assert [type(answer) for answer in answers] == [type(None), BidTooLow, type(None)]


# --- the arithmetic ------------------------------------------------------------------------------------------------

UNIT, LOTS = new_id(), [new_id() for _ in range(3)]
REGISTRATIONS = {lot_id: new_id() for lot_id in LOTS}
OWN, RIVAL = 1, 2


def offer(lot: int, fen: int) -> BidRequest:
    lot_id = LOTS[lot]
    arrived_at = datetime.fromisoformat("2026-11-23T04:00:00+00:00")
    return BidRequest(lot_id, new_id(), REGISTRATIONS[lot_id], OWN, new_id(), Money(fen), str(fen), arrived_at)


def led_with(states: Sequence[AuctionState]) -> int:
    return sum(state.price.fen for state in states if state.plate == OWN and state.price is not None)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, 60)), max_size=40), st.integers(1, 120))
def test_what_a_unit_leads_with_never_exceeds_its_budget_and_nothing_that_fits_is_refused(
    moves: Sequence[tuple[int, bool, int]], budget: int
) -> None:
    lots = [BoundLot(UNIT, lot_id, OWN, Money(0), is_won=False) for lot_id in LOTS]
    kept = Budgets({UNIT: Money(budget)}, dict.fromkeys(REGISTRATIONS.values(), UNIT), lots)
    states = [AuctionState(stage=Stage.OPEN) for _ in LOTS]
    for lot, is_own, raise_by in moves:
        price = Money((states[lot].price or Money(0)).fen + raise_by)
        elsewhere = led_with(states[:lot] + states[lot + 1 :])
        if is_own:
            refused = kept.check(offer(lot, price.fen), states[lot])
            assert (refused is not None) == (elsewhere + price.fen > budget)
            if refused is not None:
                continue
        states[lot] = structs.replace(states[lot], price=price, plate=OWN if is_own else RIVAL)
        kept.note(LOTS[lot], states[lot])
        assert led_with(states) <= budget

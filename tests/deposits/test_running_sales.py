"""Deposits that come while the sale already runs: they count where bidders may still come, and nowhere else."""

from datetime import timedelta

import pytest

from tests.deposits.stage import SYSTEM, Bidder, Stage
from trading.deposits import presenting
from trading.deposits.rules import ReceiptOutcome
from trading.deposits.stages import BidderStage
from trading.kernel.clock import database_clock
from trading.projects import service as projects
from trading.projects.rules import LotState
from trading.publication.showing import actions_of
from trading.registration.rules import RegistrationState


async def begin(stage: Stage, method: str) -> None:
    """The sale began ten minutes ago; registration closes an hour after the test begins."""
    async with stage.database.work() as session:
        lot = await projects.lock_lot(session, stage.lot_id)
        lot.selling_method, lot.state = method, LotState.CONTEST
        lot.starts_at = stage.now - timedelta(minutes=10)
        lot.listing_ends_at = stage.now + timedelta(hours=3)


async def shown(stage: Stage, bidder: Bidder) -> BidderStage:
    async with stage.database.reading() as session:
        return (await presenting.card_of(session, await stage.registration(bidder), stage.now)).stage


@pytest.mark.parametrize("method", ["listing", "tender"])
async def test_deposit_that_comes_while_quotes_are_taken_gives_a_plate(stage: Stage, method: str) -> None:
    """39号: registration may run into a listing."""
    bidder = await stage.registered()
    await begin(stage, method)
    assert await shown(stage, bidder) is BidderStage.PAY_DEPOSIT
    await stage.pay(bidder)
    await stage.reconcile()
    assert (await stage.registration(bidder)).plate == 1
    assert await shown(stage, bidder) is BidderStage.LIVE


async def test_deposit_that_was_booked_in_time_counts_when_the_bank_tells_of_it_after_registration(
    stage: Stage,
) -> None:
    bidder = await stage.registered()
    async with stage.database.reading() as session:
        stage.now = await database_clock(session)  # the bank books by its own clock
    await begin(stage, "listing")
    await stage.pay(bidder)
    async with stage.database.work() as session:
        (await projects.lock_lot(session, stage.lot_id)).registration_closes_at = stage.now + timedelta(minutes=5)
    stage.now += timedelta(hours=1)
    await stage.reconcile()
    assert (await stage.registration(bidder)).state == RegistrationState.QUALIFIED


async def test_deposit_that_comes_while_an_auction_runs_goes_back(stage: Stage) -> None:
    bidder = await stage.registered()
    await begin(stage, "auction")
    assert await shown(stage, bidder) is BidderStage.NO_DEPOSIT
    reference = await stage.pay(bidder)
    await stage.reconcile()
    assert (await stage.receipt(reference)).outcome == ReceiptOutcome.LATE
    assert (await stage.registration(bidder)).plate is None


@pytest.mark.parametrize("method", ["listing", "online_auction"])
async def test_deposit_that_comes_while_the_sale_is_suspended_or_in_the_time_won_by_that_counts(
    stage: Stage, method: str
) -> None:
    """Fujian art. 55, by analogy: registration stands still and moves with the sale."""
    during, after, late = [await stage.registered() for _ in range(3)]
    async with stage.database.reading() as session:
        stage.now = await database_clock(session)  # the bank books by its own clock
    await begin(stage, method)
    since = stage.now - timedelta(minutes=8)
    async with stage.database.work() as session:
        lot = await projects.lock_lot(session, stage.lot_id)
        lot.registration_closes_at, lot.listing_ends_at = since + timedelta(minutes=1), since + timedelta(minutes=3)
        await projects.hold_deadlines(session, stage.lot_id, since=since)
    assert await shown(stage, late) is BidderStage.PAY_DEPOSIT
    async with stage.database.reading() as session:
        lot = await projects.get_lot(session, stage.lot_id)
    assert f"/lots/{stage.lot_id}/registration" in [action.address for action in actions_of(lot, None, None, stage.now)]
    await stage.pay(during)
    await stage.reconcile()
    assert (await stage.registration(during)).plate == 1
    async with stage.database.work() as session:
        await projects.move_deadlines(session, stage.lot_id, since=since, actor=SYSTEM, now=stage.now)
    await stage.pay(after)
    await stage.reconcile()
    assert (await stage.registration(after)).plate == 2
    assert await shown(stage, late) is BidderStage.PAY_DEPOSIT
    stage.now += timedelta(minutes=2)
    assert await shown(stage, late) is BidderStage.NO_DEPOSIT

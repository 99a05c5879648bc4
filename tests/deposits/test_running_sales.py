"""Deposits that come while the sale already runs: they count where bidders may still come, and nowhere else."""

from datetime import timedelta

import pytest

from tests.deposits.stage import Bidder, Stage
from trading.deposits import presenting
from trading.deposits.rules import ReceiptOutcome
from trading.deposits.stages import BidderStage
from trading.kernel.clock import database_clock
from trading.projects import service as projects
from trading.projects.rules import LotState
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

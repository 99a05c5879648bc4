"""A round at the bank: everything that is due is asked and sent, and a bank that is away is noticed and waited for."""

import asyncio
from datetime import datetime

import pytest

from tests.bank_simulator.bank_process import arm
from tests.deposits.stage import DEPOSIT_FEN, SYSTEM, Stage
from trading.bank_simulator.faults import Fault
from trading.deposits import service
from trading.deposits.bank_desk import BankDesk
from trading.deposits.rules import DepositState, RefundState
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.registration import service as registrations
from trading.registration.rules import RegistrationState

pytestmark = pytest.mark.process


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the desk reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


async def test_bank_that_is_away_is_noticed_and_its_return_too(lone_stage: Stage) -> None:
    stage = lone_stage
    desk = BankDesk(stage.database, stage.client)
    bidder = await stage.registered()
    await stage.pay(bidder)
    stage.bank.kill()
    await desk.look()
    assert desk.silent
    assert (await stage.registration(bidder)).state == RegistrationState.AWAITING_DEPOSIT
    stage.bank.start()
    await desk.look()
    assert not desk.silent
    assert (await stage.registration(bidder)).state == RegistrationState.QUALIFIED


async def test_one_round_opens_the_numbers_that_are_missing(stage: Stage) -> None:
    bidder = await stage.bidder()
    async with stage.database.work() as session:
        registration = await registrations.register(session, stage.lot_id, bidder.unit.id, SYSTEM, stage.now)
    bidder.registration_id = registration.id
    await BankDesk(stage.database, stage.client).look()
    assert (await stage.deposit(bidder)).account_number is not None


async def test_rounds_at_two_nodes_at_once_send_every_refund_once(stage: Stage) -> None:
    bidders = [await stage.qualified() for _ in range(3)]
    async with stage.database.work() as session:
        await service.settle_lot(session, stage.lot_id, None, stage.now, SYSTEM)
    await stage.approve_and_release([refund.id for refund in await stage.refunds()])
    await arm(stage.client, Fault.FAIL_AFTER_EXECUTING)
    nodes = [BankDesk(stage.database, stage.client) for _ in range(2)]
    for _ in range(2):
        await asyncio.gather(*(node.look() for node in nodes for _ in range(3)))
    assert {refund.state for refund in await stage.refunds()} == {RefundState.DONE}
    for bidder in bidders:
        assert await stage.paid_back(bidder) == [DEPOSIT_FEN]
        assert (await stage.deposit(bidder)).state == DepositState.RETURNED

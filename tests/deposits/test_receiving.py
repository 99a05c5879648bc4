"""Money that comes in, on a real database from a real bank process: booked once, judged, and kept or sent back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from tests.bank_simulator.bank_process import pay
from tests.deposits.stage import DEPOSIT_FEN, SYSTEM, Stage
from trading.bank_simulator.ledger import deposit_account_number
from trading.deposits import ledger, service
from trading.deposits.bank_client import BankSilent
from trading.deposits.ledger_rules import BANK, Ledger, Phase, Transfer, held_account, move, receipt_account
from trading.deposits.rules import DepositState, ReceiptOutcome, RefundState
from trading.kernel.money import Money
from trading.projects.models import Lot
from trading.projects.rules import LotState
from trading.registration import service as registrations
from trading.registration.rules import RegistrationState


async def held_fen(stage: Stage, account: str) -> int:
    async with stage.database.reading() as session:
        return -await ledger.available_fen(session, account)


async def test_exact_deposit_qualifies_and_gives_a_plate(stage: Stage) -> None:
    bidder = await stage.registered()
    reference = await stage.pay(bidder)
    assert await stage.reconcile() == 1
    registration = await stage.registration(bidder)
    assert (registration.state, registration.plate) == (RegistrationState.QUALIFIED, 1)
    deposit = await stage.deposit(bidder)
    assert (deposit.state, deposit.receipt_reference) == (DepositState.HELD, reference)
    assert await held_fen(stage, held_account(bidder.registered)) == DEPOSIT_FEN
    assert await stage.refunds() == []
    assert await stage.journal_kinds(bidder) == [
        "registered",
        "deposit_account_opened",
        "receipt_booked",
        "qualified",
    ]


async def test_one_fen_short_goes_back_whole_and_gives_no_plate(stage: Stage) -> None:
    bidder = await stage.registered()
    reference = await stage.pay(bidder, DEPOSIT_FEN - 1)
    await stage.reconcile()
    receipt = await stage.receipt(reference)
    assert (receipt.outcome, receipt.difference_fen) == (ReceiptOutcome.SHORT, 1)
    assert (await stage.registration(bidder)).plate is None
    (refund,) = await stage.refunds()
    assert (refund.amount_fen, refund.reason, refund.state) == (DEPOSIT_FEN - 1, "short", RefundState.REQUESTED)
    assert (refund.payee_account_number, refund.payee_name) == (bidder.unit.bank_account_number, bidder.unit.name)


async def test_one_fen_over_goes_back_whole(stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder, DEPOSIT_FEN + 1)
    await stage.reconcile()
    assert [refund.amount_fen for refund in await stage.refunds()] == [DEPOSIT_FEN + 1]
    assert (await stage.registration(bidder)).plate is None


async def test_exact_payment_after_a_short_one_qualifies(stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder, DEPOSIT_FEN - 1)
    await stage.pay(bidder)
    await stage.reconcile()
    assert (await stage.registration(bidder)).plate == 1
    assert [refund.amount_fen for refund in await stage.refunds()] == [DEPOSIT_FEN - 1]


async def test_second_payment_goes_back_and_the_first_is_kept(stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder)
    second = await stage.pay(bidder)
    await stage.reconcile()
    assert (await stage.receipt(second)).outcome == ReceiptOutcome.PAID_TWICE
    assert [(refund.receipt_reference, refund.amount_fen) for refund in await stage.refunds()] == [
        (second, DEPOSIT_FEN)
    ]
    assert await held_fen(stage, held_account(bidder.registered)) == DEPOSIT_FEN


async def test_money_from_another_payers_account_goes_back_to_that_account(stage: Stage) -> None:
    bidder, friend = await stage.registered(), await stage.bidder()
    reference = await stage.pay(bidder, payer=friend)
    await stage.reconcile()
    assert (await stage.receipt(reference)).outcome == ReceiptOutcome.OTHER_PAYER
    (refund,) = await stage.refunds()
    assert refund.payee_account_number == friend.unit.bank_account_number
    assert (await stage.registration(bidder)).state == RegistrationState.AWAITING_DEPOSIT


async def test_late_money_goes_back(stage: Stage) -> None:
    bidder = await stage.registered()
    reference = await stage.pay(bidder)
    stage.now = stage.opened_at + timedelta(hours=2)
    await stage.reconcile()
    assert (await stage.receipt(reference)).outcome == ReceiptOutcome.LATE
    assert (await stage.registration(bidder)).plate is None
    assert len(await stage.refunds()) == 1


async def test_money_booked_by_the_bank_after_the_close_goes_back(stage: Stage) -> None:
    """The bank's own booking time decides: registration is made to have closed just before the payment."""
    bidder = await stage.registered()
    reference = await stage.pay(bidder)
    line = (await stage.client.statement(0)).lines[-1]
    async with stage.database.work() as session:
        await session.execute(
            update(Lot).values(registration_closes_at=line.booked_at, starts_at=line.booked_at + timedelta(days=1))
        )
    stage.now = line.booked_at + timedelta(seconds=1)
    await stage.reconcile()
    assert (await stage.receipt(reference)).outcome == ReceiptOutcome.LATE


async def test_money_for_a_lot_that_left_the_market_goes_back(stage: Stage) -> None:
    bidder = await stage.registered()
    async with stage.database.work() as session:
        await session.execute(update(Lot).values(state=LotState.CALLED_OFF))
    reference = await stage.pay(bidder)
    await stage.reconcile()
    assert (await stage.receipt(reference)).outcome == ReceiptOutcome.NOT_EXPECTED


async def test_money_under_an_unknown_number_goes_back_and_stands_in_the_banks_stream(lone_stage: Stage) -> None:
    stage = lone_stage
    payer = await stage.bidder()
    number = deposit_account_number(88_888_888)
    await pay(stage.client, payer.unit.bank_account_number, number, 777)
    await stage.reconcile()
    (refund,) = await stage.refunds()
    assert (refund.reason, refund.registration_id, refund.amount_fen) == ("unknown_account", None, 777)
    assert [entry.kind for entry in await stage.journal("bank")] == ["receipt_booked", "refund_requested"]


async def test_plates_are_dense_in_the_order_of_the_banks_bookings(stage: Stage) -> None:
    first, second, third = [await stage.registered() for _ in range(3)]
    for bidder in (third, first, second):
        await stage.pay(bidder)
    await stage.reconcile()
    assert [(await stage.registration(bidder)).plate for bidder in (third, first, second)] == [1, 2, 3]


async def test_every_booking_is_booked_once_however_many_ask(stage: Stage) -> None:
    bidders = [await stage.registered() for _ in range(4)]
    for bidder in bidders:
        await stage.pay(bidder)
    booked = await asyncio.gather(*(stage.reconcile() for _ in range(5)))
    assert sum(booked) == 4
    assert await stage.reconcile() == 0
    assert sorted([(await stage.registration(bidder)).plate or 0 for bidder in bidders]) == [1, 2, 3, 4]
    async with stage.database.reading() as session:
        assert await ledger.bank_fen(session) == 4 * DEPOSIT_FEN


async def test_bank_that_is_away_changes_nothing_and_is_asked_again(lone_stage: Stage) -> None:
    stage = lone_stage
    bidder = await stage.registered()
    await stage.pay(bidder)
    stage.bank.kill()
    with pytest.raises(BankSilent):
        await stage.reconcile()
    stage.bank.start()
    assert await stage.reconcile() == 1


async def test_account_number_that_the_bank_did_not_give_is_opened_later(lone_stage: Stage) -> None:
    stage = lone_stage
    bidder = await stage.bidder()
    async with stage.database.work() as session:
        registration = await registrations.register(session, stage.lot_id, bidder.unit.id, SYSTEM, stage.now)
    stage.bank.kill()
    with pytest.raises(BankSilent):
        await service.open_deposit_account(stage.database, stage.client, registration.id, clock=stage.clock)
    stage.bank.start()
    assert await service.open_missing_accounts(stage.database, stage.client, clock=stage.clock) == 1
    assert await service.open_missing_accounts(stage.database, stage.client, clock=stage.clock) == 0
    bidder.registration_id = registration.id
    number = (await stage.deposit(bidder)).account_number
    assert number == await service.open_deposit_account(stage.database, stage.client, registration.id)


async def test_balances_of_bank_and_books_agree_when_all_is_booked(lone_stage: Stage) -> None:
    stage = lone_stage
    bidder = await stage.registered()
    await stage.pay(bidder)
    await stage.reconcile()
    async with stage.database.reading() as session:
        figures = await service.today(session, stage.now)
    assert figures.difference == Money(0)
    assert figures.books == Money(DEPOSIT_FEN)
    assert (figures.received.count, figures.accepted.total, figures.held.count) == (1, Money(DEPOSIT_FEN), 1)


async def book(stage: Stage, transfer: Transfer) -> None:
    async with stage.database.work() as session:
        await ledger.book(session, transfer, stage.now)


async def write(stage: Stage, *statements: str) -> None:
    async with stage.database.work() as session:
        for statement in statements:
            await session.execute(text(statement))


ONE_TRANSFER = "INSERT INTO ledger_transfers (key, phase, booked_at) VALUES ('odd', 'single', now())"


async def test_database_refuses_postings_that_do_not_balance(stage: Stage) -> None:
    with pytest.raises(DBAPIError, match="does not balance"):
        await write(
            stage, ONE_TRANSFER, "INSERT INTO ledger_postings VALUES ('odd', 'bank', 100), ('odd', 'held:x', -99)"
        )


async def test_database_refuses_a_transfer_without_postings(stage: Stage) -> None:
    with pytest.raises(DBAPIError, match="moves nothing"):
        await write(stage, ONE_TRANSFER)


async def test_database_refuses_to_pay_out_what_is_not_held(stage: Stage) -> None:
    await book(stage, move("in", debit=BANK, credit="held:x", amount=Money(100)))
    await book(stage, move("out", debit="held:x", credit=BANK, amount=Money(60), pending=True))
    with pytest.raises(DBAPIError, match="does not hold"):
        await book(stage, move("again", debit="held:x", credit=BANK, amount=Money(60), pending=True))


async def test_database_refuses_two_concurrent_payments_of_the_same_money(stage: Stage) -> None:
    """The second waits for the first, whose check has run and whose commit has not, and is then refused."""
    await book(stage, move("in", debit=BANK, credit="held:x", amount=Money(100)))
    async with stage.database.work() as first:
        transfer = move("out-1", debit="held:x", credit=BANK, amount=Money(100), pending=True)
        await ledger.book(first, transfer, stage.now)
        await first.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        second = asyncio.create_task(
            book(stage, move("out-2", debit="held:x", credit=BANK, amount=Money(100), pending=True))
        )
        await asyncio.sleep(0.5)
        assert not second.done()
    with pytest.raises(DBAPIError, match="does not hold"):
        await second


async def test_database_refuses_postings_of_a_resolution(stage: Stage) -> None:
    await book(stage, move("in", debit=BANK, credit="held:x", amount=Money(100)))
    await book(stage, move("out", debit="held:x", credit=BANK, amount=Money(100), pending=True))
    with pytest.raises(DBAPIError, match="does not balance"):
        await write(
            stage,
            "INSERT INTO ledger_transfers VALUES ('out:voided', 'voided', 'out', now())",
            "INSERT INTO ledger_postings VALUES ('out:voided', 'bank', 100), ('out:voided', 'held:y', -100)",
        )


async def test_database_settles_a_pending_transfer_once(stage: Stage) -> None:
    await book(stage, move("in", debit=BANK, credit="held:x", amount=Money(100)))
    await book(stage, move("out", debit="held:x", credit=BANK, amount=Money(100), pending=True))
    await book(stage, Transfer("out:posted", Phase.POSTED, resolves="out"))
    with pytest.raises(DBAPIError):
        await book(stage, Transfer("out:voided", Phase.VOIDED, resolves="out"))
    with pytest.raises(DBAPIError, match="not pending"):
        await book(stage, Transfer("in:voided", Phase.VOIDED, resolves="in"))


async def test_balance_in_the_database_is_the_balance_of_the_rules(stage: Stage) -> None:
    account = receipt_account("b1")
    transfers = [
        move("in", debit=BANK, credit=account, amount=Money(100)),
        move("out", debit=account, credit=BANK, amount=Money(100), pending=True),
        Transfer("out:voided", Phase.VOIDED, resolves="out"),
        move("out-2", debit=account, credit=BANK, amount=Money(70), pending=True),
        move("out-3", debit=account, credit=BANK, amount=Money(30), pending=True),
        Transfer("out-2:posted", Phase.POSTED, resolves="out-2"),
    ]
    ledger_so_far = Ledger()
    for transfer in transfers:
        ledger_so_far = ledger_so_far.book(transfer)
        await book(stage, transfer)
        async with stage.database.reading() as session:
            assert await ledger.available_fen(session, account) == ledger_so_far.available_fen(account)
            assert await ledger.bank_fen(session) == ledger_so_far.balance_fen(BANK)


async def test_running_role_cannot_change_what_was_booked(stage: Stage) -> None:
    for statement in (
        "UPDATE bank_receipts SET amount_fen = 1",
        "DELETE FROM bank_receipts",
        "UPDATE ledger_postings SET amount_fen = 1",
        "DELETE FROM ledger_transfers",
        "UPDATE bank_events SET reference = ''",
        "TRUNCATE bank_payouts",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            await write(stage, statement)

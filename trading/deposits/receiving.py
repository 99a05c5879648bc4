"""Use cases of money that comes in: expect it, open its account number, hear the bank, and book what it says.

A callback is only a reason to ask. What is booked comes from the bank's statement, in its order, each booking once,
whoever asks and however often. Receipts are judged by `trading.deposits.rules`: what is not accepted goes back whole.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.deposits import ledger
from trading.deposits.bank_client import BankClient, BankRefused, BankSilent
from trading.deposits.bank_envelope import (
    BankMessageMalformed,
    BankMessageReplayed,
    BankMessageStale,
    BankSignatureForged,
    Envelope,
)
from trading.deposits.bank_messages import BankEvent, Direction, StatementLine, read_event
from trading.deposits.ledger_rules import BANK, held_account, move, receipt_account
from trading.deposits.lookups import lock_deposit
from trading.deposits.models import (
    BankEventDelivery,
    BankEventRow,
    BankPayout,
    BankReceipt,
    Deposit,
    Reconciliation,
    RefundRow,
)
from trading.deposits.refunding import BANK_STREAM, apply_bank_word, order_key, request_refund
from trading.deposits.rules import (
    MAY_HAVE_LEFT,
    BankWord,
    DepositState,
    ExpectedDeposit,
    Receipt,
    ReceiptOutcome,
    Verdict,
    judge_receipt,
)
from trading.kernel import journal_store
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.rules import LotState
from trading.registration import service as registrations
from trading.registration.rules import RegistrationState, is_on_offer

log = structlog.get_logger()

_DESK = Actor.system("deposits")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATEMENT_LOCK = 7243


async def expect_deposit(session: AsyncSession, registration_id: UUID) -> Deposit:
    """What this registration has to pay; fixed the first time it is asked for."""
    found = await session.get(Deposit, registration_id)
    if found is not None:
        return found
    registration = await registrations.get_registration(session, registration_id)
    lot = await projects.get_lot(session, registration.lot_id)
    unit = await accounts.get_unit(session, registration.unit_id)
    row = {
        "registration_id": registration_id,
        "lot_id": lot.id,
        "amount_fen": lot.deposit_fen,
        "payer_name": unit.name,
        "state": DepositState.AWAITING,
    }
    await session.execute(postgresql.insert(Deposit).values(row).on_conflict_do_nothing())
    return await session.get_one(Deposit, registration_id)


async def open_deposit_account(
    database: Database, bank: BankClient, registration_id: UUID, *, clock: Clock = database_clock
) -> str:
    """The deposit account number of a registration, opened at the bank when it is not there yet.

    Refuses `BankSilent` while the bank does not answer: then it is tried again by the clock.
    """
    async with database.work() as session:
        deposit = await expect_deposit(session, registration_id)
        known, label = deposit.account_number, deposit.payer_name
    if known is not None:
        return known
    number = await bank.open_sub_account(f"registration:{registration_id}", label)
    async with database.work() as session:
        now = await clock(session)
        deposit = await lock_deposit(session, registration_id)
        if deposit.account_number is None:
            deposit.account_number = number
            body = {"account_number": number, "amount_fen": deposit.amount_fen, "payer_name": deposit.payer_name}
            await _record(session, registration_id, "deposit_account_opened", now, body)
    return number


async def open_missing_accounts(database: Database, bank: BankClient, *, clock: Clock = database_clock) -> int:
    """Open the numbers that the bank did not give when they were asked for. Returns how many."""
    async with database.reading() as session:
        waiting = await registrations.awaiting_deposit(session)
        numbered = set(
            await session.scalars(select(Deposit.registration_id).where(Deposit.account_number.is_not(None)))
        )
    opened = 0
    for registration in waiting:
        if registration.id not in numbered:
            try:
                await open_deposit_account(database, bank, registration.id, clock=clock)
            except BankRefused as refused:  # one that the bank will not open does not keep the others waiting
                log.warning("deposit_account_refused", registration=str(registration.id), reason=refused.reason)
            else:
                opened += 1
    return opened


async def handle_bank_event(
    database: Database, secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime
) -> BankEvent:
    """Check and keep one callback. It changes nothing else: the statement is what counts.

    A delivery that the bank repeats, signed anew, is welcome and changes nothing. Refuses, and journals under "bank",
    what is malformed, forged, stale or replayed.
    """
    try:
        envelope = Envelope.from_headers(headers)
        envelope.verify(secret, body, now_ms=(now - _EPOCH) // timedelta(milliseconds=1))
        told = read_event(body)
        async with database.work() as session:
            await _keep_event(session, envelope, told, hashlib.sha256(body).hexdigest(), now)
    except (BankMessageMalformed, BankSignatureForged, BankMessageStale, BankMessageReplayed) as refusal:
        facts = {name: value for name, value in refusal.facts().items() if isinstance(value, str | int)}
        facts |= {"code": refusal.code, "body_sha256": hashlib.sha256(body).hexdigest()}
        async with database.work() as session:
            await _record(session, None, "callback_refused", now, facts)
        raise
    return told


async def _keep_event(session: AsyncSession, envelope: Envelope, told: BankEvent, digest: str, now: datetime) -> None:
    row = {
        "event_id": envelope.event_id,
        "account_number": told.account_number,
        "reference": told.reference,
        "occurred_at": told.occurred_at,
        "received_at": now,
        "body_sha256": digest,
    }
    kept = postgresql.insert(BankEventRow).values(row).on_conflict_do_nothing().returning(BankEventRow.event_id)
    if await session.scalar(kept) is not None:
        body = {"event": envelope.event_id, "account_number": told.account_number, "reference": told.reference}
        await _record(session, None, "callback_received", now, body)
    else:
        known = await session.get_one(BankEventRow, envelope.event_id)
        if known.body_sha256 != digest:
            raise BankMessageMalformed("event id used for something else")
    delivery = {"event_id": envelope.event_id, "signed_at_ms": envelope.timestamp_ms, "received_at": now}
    noted = postgresql.insert(BankEventDelivery).values(delivery).on_conflict_do_nothing()
    if await session.scalar(noted.returning(BankEventDelivery.event_id)) is None:
        raise BankMessageReplayed(envelope.event_id, envelope.timestamp_ms)


async def reconcile(database: Database, bank: BankClient, *, clock: Clock = database_clock) -> int:
    """Read the bank's statement from where we stand and book it, then compare balances. Returns the lines booked.

    Safe to run at any time and at many places at once: lines are booked in order, each in a transaction of its own,
    under one lock. Refuses `BankSilent`.
    """
    booked = 0
    while True:
        async with database.reading() as session:
            cursor = await cursor_of(session)
        page = await bank.statement(cursor)
        for line in page.lines:
            booked += await _book_line(database, line, clock)
        if not page.more:
            break
    async with database.work() as session:
        await _compare(session, page.balance_fen, await clock(session), cursor + len(page.lines))
    return booked


async def cursor_of(session: AsyncSession) -> int:
    """The last line of the statement that has been booked."""
    received = await session.scalar(select(func.max(BankReceipt.sequence)))
    paid_out = await session.scalar(select(func.max(BankPayout.sequence)))
    return max(received or 0, paid_out or 0)


async def _book_line(database: Database, line: StatementLine, clock: Clock) -> bool:
    async with database.work() as session:
        await session.execute(select(func.pg_advisory_xact_lock(_STATEMENT_LOCK)))
        cursor = await cursor_of(session)
        if line.sequence <= cursor:
            return False
        if line.sequence != cursor + 1:
            raise BankSilent("a statement with gaps")
        now = await clock(session)
        if line.direction is Direction.IN:
            await _book_receipt(session, line, now)
        else:
            await _book_payout(session, line, now)
    return True


async def _book_receipt(session: AsyncSession, line: StatementLine, now: datetime) -> None:
    receipt = Receipt(
        reference=line.reference,
        account_number=line.account_number,
        amount=Money(line.amount_fen),
        payer_name=line.counterparty_name,
        payer_account_number=line.counterparty_account_number,
        booked_at=line.booked_at,
    )
    registration_id = await session.scalar(
        select(Deposit.registration_id).where(Deposit.account_number == line.account_number)
    )
    verdict = await _judge(session, registration_id, receipt, now)
    row = BankReceipt(
        reference=receipt.reference,
        sequence=line.sequence,
        account_number=receipt.account_number,
        registration_id=registration_id,
        amount_fen=receipt.amount.fen,
        payer_name=receipt.payer_name,
        payer_account_number=receipt.payer_account_number,
        booked_at=receipt.booked_at,
        seen_at=now,
        outcome=verdict.outcome,
        difference_fen=verdict.difference.fen,
    )
    session.add(row)
    await session.flush()
    owed = receipt_account(receipt.reference) if verdict.goes_back else held_account(registration_id)
    key = f"receipt:{receipt.reference}"
    await ledger.book(session, move(key, debit=BANK, credit=owed, amount=receipt.amount), now)
    body = {
        "receipt": receipt.reference,
        "account_number": receipt.account_number,
        "amount_fen": receipt.amount.fen,
        "payer_name": receipt.payer_name,
        "booked_at": iso(receipt.booked_at),
        "outcome": str(verdict.outcome),
        "difference_fen": verdict.difference.fen,
    }
    await _record(session, registration_id, "receipt_booked", now, body)
    if verdict.goes_back:
        await request_refund(session, row, verdict.outcome, _DESK, now)
    elif registration_id is not None:
        deposit = await lock_deposit(session, registration_id)
        deposit.receipt_reference = receipt.reference
        deposit.state = DepositState.HELD
        await registrations.qualify(session, registration_id, now, _DESK)


async def _judge(session: AsyncSession, registration_id: UUID | None, receipt: Receipt, now: datetime) -> Verdict:
    """Lock the lot and the deposit, then ask the rules."""
    if registration_id is None:
        return judge_receipt(None, receipt, (), now)
    registration = await registrations.get_registration(session, registration_id)
    lot = await projects.lock_lot(session, registration.lot_id)
    deposit = await lock_deposit(session, registration_id)
    await session.refresh(registration)
    earlier = await session.scalars(
        select(BankReceipt.outcome).where(BankReceipt.account_number == receipt.account_number)
    )
    expected = ExpectedDeposit(
        account_number=receipt.account_number,
        amount=Money(deposit.amount_fen),
        payer_name=deposit.payer_name,
        closes_at=lot.registration_closes_at,
        contest_starts_at=await projects.bidders_come_until(session, lot),
        still_wanted=registration.state == RegistrationState.AWAITING_DEPOSIT
        and is_on_offer(lot.selling_method, LotState(lot.state)),
    )
    at = projects.time_for_deadlines(lot, now)
    return judge_receipt(expected, receipt, [ReceiptOutcome(outcome) for outcome in earlier], at)


async def _book_payout(session: AsyncSession, line: StatementLine, now: datetime) -> None:
    """Money that left. Where it belongs to an order of ours, it is the bank's last word on that order."""
    query = select(RefundRow).where(
        RefundRow.id == _refund_id_of(line.order_key),
        RefundRow.from_account_number == line.account_number,
        RefundRow.payee_account_number == line.counterparty_account_number,
        RefundRow.amount_fen == line.amount_fen,
    )
    refund = await session.scalar(query.with_for_update()) if line.order_key else None
    session.add(
        BankPayout(
            reference=line.reference,
            sequence=line.sequence,
            account_number=line.account_number,
            amount_fen=line.amount_fen,
            payee_name=line.counterparty_name,
            payee_account_number=line.counterparty_account_number,
            booked_at=line.booked_at,
            seen_at=now,
            refund_id=None if refund is None else refund.id,
        )
    )
    await session.flush()
    if refund is None:
        body = {"payout": line.reference, "account_number": line.account_number, "amount_fen": line.amount_fen}
        await _record(session, None, "payout_without_refund", now, body)
    elif refund.state in MAY_HAVE_LEFT:
        refund.bank_reference = refund.bank_reference or line.reference
        await apply_bank_word(session, refund, BankWord.DONE, "", now)


def _refund_id_of(key: str | None) -> UUID | None:
    try:
        refund_id = UUID((key or "").removeprefix("refund:"))
    except ValueError:
        return None
    return refund_id if key == order_key(refund_id) else None


async def _compare(session: AsyncSession, bank_fen: int, now: datetime, cursor: int) -> None:
    """Keep what both sides say when it differs from what they said last. Only at rest: with nothing under way."""
    under_way = select(RefundRow.id).where(RefundRow.state.in_(MAY_HAVE_LEFT)).limit(1)
    if await cursor_of(session) != cursor or await session.scalar(under_way) is not None:
        return
    last = await session.scalar(select(Reconciliation).order_by(Reconciliation.at.desc()).limit(1))
    ours = await ledger.bank_fen(session)
    if last is not None and (last.bank_fen, last.ledger_fen) == (bank_fen, ours):
        return
    session.add(Reconciliation(at=now, cursor=cursor, bank_fen=bank_fen, ledger_fen=ours))
    if bank_fen != ours:
        body = {"bank_fen": bank_fen, "ledger_fen": ours, "cursor": cursor}
        await _record(session, None, "balances_differ", now, body)


async def _record(
    session: AsyncSession, registration_id: UUID | None, kind: str, now: datetime, body: dict[str, Any]
) -> None:
    stream = BANK_STREAM if registration_id is None else registrations.stream_of(registration_id)
    await journal_store.append(session, stream=stream, kind=kind, actor=_DESK.reference, at=now, body=body)

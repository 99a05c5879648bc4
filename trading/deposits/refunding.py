"""Use cases of money on its way back: request, approve, release, send once, and hear what the bank says.

The order of locks is lot, deposit, refund. The bank is never spoken to inside a transaction: a refund is claimed and
committed as `sent` before its order leaves, and whatever is not heard is asked for before anything is sent again. The
order's key is the refund's identifier and never changes, so no repetition can pay twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.calendars import service as calendars
from trading.deposits import ledger
from trading.deposits.bank_client import BankClient, BankRefused, BankSilent
from trading.deposits.bank_messages import OrderTransfer, TransferReport, TransferStatus
from trading.deposits.ledger_rules import BANK, Phase, held_account, move, receipt_account
from trading.deposits.models import BankReceipt, Deposit, RefundRow
from trading.deposits.rules import (
    MAY_HAVE_LEFT,
    BankWord,
    DepositState,
    ReceiptOutcome,
    Refund,
    RefundMovedOn,
    RefundState,
    approve,
    claim_for_sending,
    hear_bank,
    release,
)
from trading.kernel import journal_store
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, NotPermitted
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI, iso, local_day
from trading.kernel.money import Money
from trading.projects.lookups import get_lot, profile_of
from trading.projects.profiles import NATIONAL_AUCTION
from trading.projects.working_days import WorkingDaysUnknown, working_days_after

BANK_STREAM = "bank"
ASK_AGAIN_AFTER = timedelta(seconds=30)
AT_ONCE = 20
SILENCES_THAT_END_A_ROUND = 3
KEY_REUSED = "key_reused"

_DESK = Actor.system("deposits")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one decision over many refunds has moved. `already` had moved before, for example by a double click."""

    moved: int
    total: Money
    already: int


async def request_refund(session: AsyncSession, receipt: BankReceipt, reason: str, actor: Actor, now: datetime) -> UUID:
    """Ask for a receipt to go back whole to the account it came from; its money is reserved from now on.

    The caller holds the lock of the deposit, if there is one. The database refuses a second live refund of a receipt.
    """
    accepted = receipt.outcome == ReceiptOutcome.ACCEPTED
    lot_id = await _lot_of(session, receipt)
    refund = RefundRow(
        id=new_id(),
        receipt_reference=receipt.reference,
        registration_id=receipt.registration_id,
        lot_id=lot_id,
        from_account_number=receipt.account_number,
        payee_name=receipt.payer_name,
        payee_account_number=receipt.payer_account_number,
        amount_fen=receipt.amount_fen,
        reason=reason,
        state=RefundState.REQUESTED,
        requested_at=now,
        due_at=due_at(now, await _promised_days(session, lot_id)),
    )
    session.add(refund)
    await session.flush()
    owed = held_account(receipt.registration_id) if accepted else receipt_account(receipt.reference)
    pending = move(order_key(refund.id), debit=owed, credit=BANK, amount=Money(receipt.amount_fen), pending=True)
    await ledger.book(session, pending, now)
    body = {"reason": reason, "payee_name": refund.payee_name, "payee_account": refund.payee_account_number}
    await _record(session, refund, "refund_requested", actor, now, body | {"due_at": iso(refund.due_at)})
    return refund.id


async def request_again(session: AsyncSession, refund_id: UUID, actor: Actor, now: datetime) -> UUID:
    """A refund that failed moved no money: ask for a new one. Refuses `RefundMovedOn` unless it failed."""
    _require_finance(actor)
    failed = (await _lock(session, [refund_id]))[0]
    if failed.state != RefundState.FAILED:
        raise RefundMovedOn(failed.state)
    again = select(RefundRow.id).where(
        RefundRow.receipt_reference == failed.receipt_reference, RefundRow.state != RefundState.FAILED
    )
    if await session.scalar(again):
        raise RefundMovedOn(RefundState.REQUESTED)
    deposit = await _lock_deposit(session, failed)
    if deposit is not None:
        deposit.state = DepositState.RETURNING
    receipt = await session.get_one(BankReceipt, failed.receipt_reference)
    return await request_refund(session, receipt, failed.reason, actor, now)


async def approve_refunds(session: AsyncSession, refund_ids: Sequence[UUID], actor: Actor, now: datetime) -> Batch:
    """The first person agrees to these refunds. Refuses `RefundMovedOn` when none of them waits for it."""
    return await _decide(session, refund_ids, RefundState.APPROVED, actor, now)


async def release_refunds(session: AsyncSession, refund_ids: Sequence[UUID], actor: Actor, now: datetime) -> Batch:
    """The second person lets these refunds go; they are sent within seconds.

    Refuses `SamePersonReleases` when one of them was approved by the same person (then none is released), and
    `RefundMovedOn` when none of them waits for release.
    """
    return await _decide(session, refund_ids, RefundState.RELEASED, actor, now)


async def _decide(
    session: AsyncSession, refund_ids: Sequence[UUID], target: RefundState, actor: Actor, now: datetime
) -> Batch:
    _require_finance(actor)
    source = RefundState.REQUESTED if target is RefundState.APPROVED else RefundState.APPROVED
    rows = await _lock(session, refund_ids)
    waiting = [row for row in rows if row.state == source]
    if not waiting:
        raise RefundMovedOn(rows[0].state)
    step = approve if target is RefundState.APPROVED else release
    for row in sorted(waiting, key=stream_of):  # everybody who writes to several streams takes them in this order
        moved = step(_read(row), by=actor.reference)
        row.state, row.approved_by, row.released_by = moved.state, moved.approved_by, moved.released_by
        await _record(session, row, f"refund_{target}", actor, now, {})
    await session.flush()
    return Batch(len(waiting), Money(sum(row.amount_fen for row in waiting)), len(rows) - len(waiting))


async def send_released(database: Database, bank: BankClient, *, clock: Clock = database_clock) -> int:
    """Send what two people have released. Returns how many orders left. A silent bank ends the round."""
    sent = 0
    while sent < AT_ONCE:
        claimed = await claim_next(database, clock)
        if claimed is None:
            return sent
        refund_id, attempt, order = claimed
        sent += 1
        word, report = await _send(bank, order)
        await _hear(database, refund_id, attempt, word, report, clock)
        if word is BankWord.SILENT:
            return sent
    return sent


async def claim_next(database: Database, clock: Clock) -> tuple[UUID, int, OrderTransfer] | None:
    """Commit "sent" before the order leaves. A commit whose outcome is unknown raises, and nothing is sent."""
    async with database.work() as session:
        query = select(RefundRow).where(RefundRow.state == RefundState.RELEASED).order_by(RefundRow.due_at).limit(1)
        row = await session.scalar(query.with_for_update(skip_locked=True))
        if row is None:
            return None
        now = await clock(session)
        row.state = claim_for_sending(_read(row)).state
        row.attempts += 1
        row.sent_at = now
        await _record(session, row, "refund_sent", _DESK, now, {"attempt": row.attempts})
        order = OrderTransfer(
            key=order_key(row.id),
            from_account_number=row.from_account_number,
            to_account_number=row.payee_account_number,
            to_name=row.payee_name,
            amount_fen=row.amount_fen,
            purpose="退还保证金",
        )
        return row.id, row.attempts, order


async def _send(bank: BankClient, order: OrderTransfer) -> tuple[BankWord, TransferReport | str]:
    try:
        report = await bank.order_transfer(order)
    except BankSilent as silent:
        return BankWord.SILENT, silent.how
    except BankRefused as refused:
        if refused.reason_code == KEY_REUSED:  # something was done under this key: a person has to look
            return BankWord.SILENT, refused.reason
        return BankWord.FAILED, refused.reason
    return word_of(report), report


async def ask_about_sent(database: Database, bank: BankClient, *, clock: Clock = database_clock) -> int:
    """Ask the bank about every order that may have left and was not answered. Returns how many were cleared up.

    An order the bank has never seen is released again, under the same key. A bank that stays silent ends the round;
    one order about which it says nothing does not keep the others waiting.
    """
    async with database.reading() as session:
        asked_before = await clock(session) - ASK_AGAIN_AFTER
        query = select(RefundRow.id, RefundRow.attempts).where(
            (RefundRow.state == RefundState.UNKNOWN)
            | ((RefundRow.state == RefundState.SENT) & (RefundRow.sent_at < asked_before))
        )
        open_orders = (await session.execute(query.order_by(RefundRow.sent_at).limit(AT_ONCE))).all()
    cleared = silences = 0
    for refund_id, attempt in open_orders:
        try:
            report = await bank.query_transfer(order_key(refund_id))
        except (BankSilent, BankRefused):
            silences += 1
            if silences == SILENCES_THAT_END_A_ROUND:
                return cleared
            continue
        word = BankWord.NEVER_SEEN if report is None else word_of(report)
        cleared += await _hear(database, refund_id, attempt, word, report or "", clock)
    return cleared


async def _hear(
    database: Database, refund_id: UUID, attempt: int, word: BankWord, report: TransferReport | str, clock: Clock
) -> bool:
    async with database.work() as session:
        row = (await _lock(session, [refund_id]))[0]
        if row.attempts != attempt or row.state not in MAY_HAVE_LEFT:
            return False
        await apply_bank_word(session, row, word, report, await clock(session))
    return True


async def apply_bank_word(
    session: AsyncSession, row: RefundRow, word: BankWord, report: TransferReport | str, now: datetime
) -> None:
    """Move a locked refund that may have left on by the bank's word; ledger, deposit and journal with it."""
    before = row.state
    row.state = hear_bank(_read(row), word).state
    if row.state == before:
        return
    body: dict[str, Any] = {"bank": str(word), "attempt": row.attempts}
    if isinstance(report, TransferReport):
        row.bank_reference = row.bank_reference or report.reference
        row.bank_reason = report.reason
    elif report:
        row.bank_reason = report
    body |= {"bank_reference": row.bank_reference, "bank_reason": row.bank_reason}
    if row.state in (RefundState.DONE, RefundState.FAILED):
        row.finished_at = now
        done = row.state == RefundState.DONE
        await ledger.settle(session, order_key(row.id), Phase.POSTED if done else Phase.VOIDED, now)
        deposit = await _lock_deposit(session, row)
        if deposit is not None:
            deposit.state = DepositState.RETURNED if done else DepositState.HELD
    await _record(session, row, f"refund_{row.state}", _DESK, now, body)
    await session.flush()


def word_of(report: TransferReport) -> BankWord:
    """What a report says, in the words of the rules."""
    words = {
        TransferStatus.DONE: BankWord.DONE,
        TransferStatus.FAILED: BankWord.FAILED,
        TransferStatus.PENDING: BankWord.PENDING,
    }
    return words[report.status]


def order_key(refund_id: UUID) -> str:
    """The key of a refund's order at the bank and of its transfer in the ledger."""
    return f"refund:{refund_id}"


def due_at(requested_at: datetime, working_days: int) -> datetime:
    """The end of the last day on which the money has to be back.

    Source: the lot's rule profile (Fujian rules art. 46: 5 working days). Where the holidays of the year are not known
    yet, the same number of calendar days is taken: that is never later than the law allows.
    """
    day = local_day(requested_at)
    try:
        last = working_days_after(day, working_days)
    except WorkingDaysUnknown:
        last = day + timedelta(days=working_days)
    return datetime.combine(last, time(23, 59, 59), SHANGHAI)


def stream_of(row: RefundRow) -> str:
    """Where a refund's facts are written: with its registration, or with the bank's when it has none."""
    return f"deposit:{row.registration_id}" if row.registration_id else BANK_STREAM


def _read(row: RefundRow) -> Refund:
    return Refund(RefundState(row.state), Money(row.amount_fen), row.approved_by, row.released_by)


async def _lock(session: AsyncSession, refund_ids: Sequence[UUID]) -> list[RefundRow]:
    query = select(RefundRow).where(RefundRow.id.in_(refund_ids)).order_by(RefundRow.id)
    rows = list(await session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    if not rows:
        raise NotFound
    return rows


async def _lock_deposit(session: AsyncSession, row: RefundRow) -> Deposit | None:
    """The deposit that this refund returns; None when it returns money that never was a deposit."""
    query = select(Deposit).where(Deposit.receipt_reference == row.receipt_reference)
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def _lot_of(session: AsyncSession, receipt: BankReceipt) -> UUID | None:
    if receipt.registration_id is None:
        return None
    return await session.scalar(select(Deposit.lot_id).where(Deposit.registration_id == receipt.registration_id))


async def _promised_days(session: AsyncSession, lot_id: UUID | None) -> int:
    """Money that belongs to no lot goes back as soon as the national profile asks for."""
    await calendars.refresh(session)
    if lot_id is None:
        return NATIONAL_AUCTION.refund_working_days.value
    return (await profile_of(session, await get_lot(session, lot_id))).refund_working_days.value


def _require_finance(actor: Actor) -> None:
    if not actor.has(Role.FINANCE):
        raise NotPermitted


async def _record(
    session: AsyncSession, row: RefundRow, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    facts = {"refund": str(row.id), "receipt": row.receipt_reference, "amount_fen": row.amount_fen} | body
    await journal_store.append(session, stream=stream_of(row), kind=kind, actor=actor.reference, at=now, body=facts)

"""Finding deposits, receipts, refunds and forfeitures. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.deposits import ledger
from trading.deposits.forfeiture_rules import ForfeitureState
from trading.deposits.models import BankPayout, BankReceipt, Deposit, ForfeitureRow, Reconciliation, RefundRow
from trading.deposits.rules import DepositState, ReceiptOutcome, RefundState
from trading.kernel.moments import local_day, midnight
from trading.kernel.money import Money

ON_THE_WAY = (RefundState.RELEASED, RefundState.SENT, RefundState.UNKNOWN)


@dataclass(slots=True)
class Whereabouts:
    """Where the money of one registration is: the deposit, everything that came in, everything that goes back."""

    deposit: Deposit
    receipts: list[BankReceipt] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)

    @property
    def refund(self) -> RefundRow | None:
        """The newest refund of the deposit itself."""
        own = [row for row in self.refunds if row.receipt_reference == self.deposit.receipt_reference]
        return own[-1] if own else None

    @property
    def sent_back(self) -> list[tuple[BankReceipt, RefundRow]]:
        """The receipts that were not accepted, each with its newest refund."""
        newest = {row.receipt_reference: row for row in self.refunds}
        return [
            (receipt, newest[receipt.reference])
            for receipt in self.receipts
            if receipt.outcome != ReceiptOutcome.ACCEPTED and receipt.reference in newest
        ]


async def lock_deposit(session: AsyncSession, registration_id: UUID) -> Deposit:
    """The deposit of a registration, locked until the transaction ends."""
    query = select(Deposit).where(Deposit.registration_id == registration_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def whereabouts(session: AsyncSession, registration_ids: Sequence[UUID]) -> dict[UUID, Whereabouts]:
    """Where the money of these registrations is."""
    deposits = await session.scalars(select(Deposit).where(Deposit.registration_id.in_(list(registration_ids))))
    found = {deposit.registration_id: Whereabouts(deposit) for deposit in deposits}
    receipts = select(BankReceipt).where(BankReceipt.registration_id.in_(list(found))).order_by(BankReceipt.sequence)
    for receipt in await session.scalars(receipts):
        found[_known(receipt.registration_id)].receipts.append(receipt)
    refunds = select(RefundRow).where(RefundRow.registration_id.in_(list(found))).order_by(RefundRow.id)
    for refund in await session.scalars(refunds):
        found[_known(refund.registration_id)].refunds.append(refund)
    return found


def _known(registration_id: UUID | None) -> UUID:
    assert registration_id is not None
    return registration_id


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many, and how much together."""

    count: int
    total: Money


@dataclass(frozen=True, slots=True)
class Today:
    """What finance comes for: in today, held, due today, and whether bank and books agree."""

    received: Amounts
    accepted: Amounts
    held: Amounts
    returned: Amounts
    due_today: Amounts
    overdue: Amounts
    to_approve: Amounts
    to_release: Amounts
    reconciliation: Reconciliation | None
    books: Money

    @property
    def difference(self) -> Money | None:
        """What the bank holds more than the books say, when they were last compared at rest; None before that."""
        last = self.reconciliation
        return None if last is None else Money(last.bank_fen - last.ledger_fen)


async def today(session: AsyncSession, now: datetime) -> Today:
    """The figures of finance's first page. The day is the centre's."""
    begins = midnight(local_day(now))
    ends = begins + timedelta(days=1)
    received = BankReceipt.seen_at >= begins
    waiting = RefundRow.state.not_in((RefundState.DONE, RefundState.FAILED))
    held = Deposit.state.in_((DepositState.HELD, DepositState.RETURNING))
    return Today(
        received=await _amounts(session, BankReceipt, received),
        accepted=await _amounts(session, BankReceipt, received, BankReceipt.outcome == ReceiptOutcome.ACCEPTED),
        held=await _amounts(session, Deposit, held),
        returned=await _amounts(
            session, RefundRow, RefundRow.state == RefundState.DONE, RefundRow.finished_at >= begins
        ),
        due_today=await _amounts(session, RefundRow, waiting, RefundRow.due_at >= begins, RefundRow.due_at < ends),
        overdue=await _amounts(session, RefundRow, waiting, RefundRow.due_at < now),
        to_approve=await _amounts(session, RefundRow, RefundRow.state == RefundState.REQUESTED),
        to_release=await _amounts(session, RefundRow, RefundRow.state == RefundState.APPROVED),
        reconciliation=await session.scalar(select(Reconciliation).order_by(Reconciliation.at.desc()).limit(1)),
        books=Money(await ledger.bank_fen(session)),
    )


async def _amounts(
    session: AsyncSession, table: type[BankReceipt | Deposit | RefundRow], *conditions: object
) -> Amounts:
    query = select(func.count(), func.coalesce(func.sum(table.amount_fen), 0)).select_from(table)
    count, total = (await session.execute(query.where(*conditions))).one()  # type: ignore[arg-type]
    return Amounts(count, Money(int(total)))


async def receipts_since(session: AsyncSession, since: datetime, *, limit: int = 200) -> list[BankReceipt]:
    """What came in since then, the newest first."""
    query = select(BankReceipt).where(BankReceipt.seen_at >= since).order_by(BankReceipt.sequence.desc()).limit(limit)
    return list(await session.scalars(query))


async def receipts_of_lot(session: AsyncSession, lot_id: UUID) -> list[BankReceipt]:
    """Everything that came in for a lot, in the bank's order."""
    query = select(BankReceipt).join(Deposit, Deposit.registration_id == BankReceipt.registration_id)
    return list(await session.scalars(query.where(Deposit.lot_id == lot_id).order_by(BankReceipt.sequence)))


async def refunds_of_lot(session: AsyncSession, lot_id: UUID) -> list[RefundRow]:
    """Everything that goes or went back for a lot, the oldest first."""
    return list(await session.scalars(select(RefundRow).where(RefundRow.lot_id == lot_id).order_by(RefundRow.id)))


async def forfeitures_of_lot(session: AsyncSession, lot_id: UUID) -> list[ForfeitureRow]:
    """What was proposed and decided about deposits of a lot's disqualified bidders, the first proposal first."""
    query = select(ForfeitureRow).join(Deposit, Deposit.registration_id == ForfeitureRow.registration_id)
    ordered = query.order_by(ForfeitureRow.proposed_at, ForfeitureRow.registration_id)
    return list(await session.scalars(ordered.where(Deposit.lot_id == lot_id)))


async def forfeited(session: AsyncSession, *, limit: int = 50) -> list[ForfeitureRow]:
    """The deposits that were forfeited last."""
    query = select(ForfeitureRow).where(ForfeitureRow.state == ForfeitureState.CONFIRMED)
    return list(await session.scalars(query.order_by(ForfeitureRow.decided_at.desc()).limit(limit)))


async def refunds_in(session: AsyncSession, *states: RefundState, limit: int = 500) -> list[RefundRow]:
    """The refunds that stand in one of these states, the first due first."""
    query = select(RefundRow).where(RefundRow.state.in_(states))
    return list(await session.scalars(query.order_by(RefundRow.due_at, RefundRow.lot_id, RefundRow.id).limit(limit)))


async def refunds_done(session: AsyncSession, *, limit: int = 50) -> list[RefundRow]:
    """The refunds that arrived last."""
    query = select(RefundRow).where(RefundRow.state == RefundState.DONE)
    return list(await session.scalars(query.order_by(RefundRow.finished_at.desc()).limit(limit)))


async def refunds_failed(session: AsyncSession) -> list[RefundRow]:
    """The refunds that failed and were not asked for again."""
    live = select(RefundRow.receipt_reference).where(RefundRow.state != RefundState.FAILED)
    query = select(RefundRow).where(RefundRow.state == RefundState.FAILED, RefundRow.receipt_reference.not_in(live))
    newest: dict[str, RefundRow] = {}
    for row in await session.scalars(query.order_by(RefundRow.id)):
        newest[row.receipt_reference] = row
    return list(newest.values())


async def payouts_without_refund(session: AsyncSession) -> list[BankPayout]:
    """Money that left the deposit accounts without an order of ours."""
    query = select(BankPayout).where(BankPayout.refund_id.is_(None)).order_by(BankPayout.sequence.desc())
    return list(await session.scalars(query))

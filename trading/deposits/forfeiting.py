"""Use cases of a disqualified bidder's deposit: propose that it is forfeited, confirm that, or return it.

The order of locks is lot, deposit, forfeiture. Money moves in the ledger only: from what is owed to the bidder to what
is owed to the owner of the lot. Every step is a fact of the registration's stream.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.deposits import ledger
from trading.deposits.forfeiture_rules import (
    Forfeiture,
    ForfeitureMovedOn,
    ForfeitureState,
    SaleStillRuns,
    checked_reasons,
    confirm,
    decline,
)
from trading.deposits.ledger_rules import forfeited_account, held_account, move, price_account
from trading.deposits.lookups import lock_deposit
from trading.deposits.models import BankReceipt, Deposit, ForfeitureRow, RefundRow
from trading.deposits.refunding import request_refund
from trading.deposits.rules import DepositState
from trading.kernel import journal_store
from trading.kernel.errors import NotFound, NotPermitted
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.rules import LotState
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState
from trading.registration.service import stream_of

DISQUALIFIED = "disqualified"


async def propose_forfeiture(
    session: AsyncSession, registration_id: UUID, *, reasons: str, actor: Actor, now: datetime
) -> None:
    """The first person says that the deposit is to be forfeited to the owner of the lot, and why.

    Refuses `DecisionWithoutReasons`, `SaleStillRuns`, `ForfeitureMovedOn`.
    """
    _require_finance(actor)
    reasons = checked_reasons(reasons)
    deposit = await _lock(session, registration_id)
    if await session.get(ForfeitureRow, registration_id) is not None:
        raise ForfeitureMovedOn
    await _propose(session, deposit, reasons, actor, now)


async def _propose(session: AsyncSession, deposit: Deposit, reasons: str, actor: Actor, now: datetime) -> ForfeitureRow:
    lot = await projects.get_lot(session, deposit.lot_id)
    row = ForfeitureRow(
        registration_id=deposit.registration_id,
        amount_fen=deposit.amount_fen,
        payee_name=(await projects.get_project(session, lot.project_id)).owner_name,
        reasons=reasons,
        state=ForfeitureState.PROPOSED,
        proposed_by=actor.reference,
        proposed_at=now,
    )
    session.add(row)
    await session.flush()
    await _record(session, row, "forfeiture_proposed", actor, now, {"payee_name": row.payee_name, "reasons": reasons})
    return row


async def hold_after_voiding(
    session: AsyncSession, registration_id: UUID, *, reasons: str, actor: Actor, now: datetime
) -> None:
    """The result of a sale is void: what became part of the price is held again, and its forfeiture is proposed.

    The caller has disqualified the winner, and holds the lot's row.
    """
    deposit = await lock_deposit(session, registration_id)
    assert deposit.state == DepositState.PRICE, "completing the sale made the winner's deposit part of the price"
    deposit.state = DepositState.HELD
    price, owed = price_account(deposit.lot_id), held_account(registration_id)
    transfer = move(f"void:{deposit.lot_id}", debit=price, credit=owed, amount=Money(deposit.amount_fen))
    await ledger.book(session, transfer, now)
    row = await _propose(session, deposit, reasons, actor, now)
    await _record(session, row, "deposit_held_again", actor, now, {})


async def confirm_forfeiture(session: AsyncSession, registration_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The second person confirms: the deposit is forfeited, once and for all.

    Refuses `SamePersonConfirms`, `ForfeitureMovedOn`.
    """
    _require_finance(actor)
    deposit = await _lock(session, registration_id)
    row = await session.get(ForfeitureRow, registration_id, populate_existing=True)
    if row is None:
        raise ForfeitureMovedOn
    _take(row, confirm(_read(row), by=actor.reference), now)
    deposit.state = DepositState.FORFEITED
    owed, forfeited = held_account(registration_id), forfeited_account(deposit.lot_id)
    transfer = move(f"forfeit:{registration_id}", debit=owed, credit=forfeited, amount=Money(deposit.amount_fen))
    await ledger.book(session, transfer, now)
    await _record(session, row, "deposit_forfeited", actor, now, {"payee_name": row.payee_name})
    await session.flush()


async def return_deposit(
    session: AsyncSession, registration_id: UUID, *, reasons: str, actor: Actor, now: datetime
) -> UUID:
    """The deposit is returned although the bidder was disqualified; a proposal to forfeit it is declined by that.

    The refund needs approval and release by two people like any other. Returns its identifier.
    Refuses `DecisionWithoutReasons`, `SaleStillRuns`, `ForfeitureMovedOn`.
    """
    _require_finance(actor)
    reasons = checked_reasons(reasons)
    deposit = await _lock(session, registration_id)
    row = await session.get(ForfeitureRow, registration_id, populate_existing=True)
    body: dict[str, Any] = {"reasons": reasons, "amount_fen": deposit.amount_fen}
    if row is not None:
        _take(row, decline(_read(row), by=actor.reference), now)
    deposit.state = DepositState.RETURNING
    await journal_store.append(
        session,
        stream=stream_of(registration_id),
        kind="deposit_not_forfeited",
        actor=actor.reference,
        at=now,
        body=body | {"proposal_declined": row is not None},
    )
    receipt = await session.get_one(BankReceipt, deposit.receipt_reference)
    refund_id = await request_refund(session, receipt, DISQUALIFIED, actor, now)
    await session.flush()
    return refund_id


async def undecided(session: AsyncSession) -> list[tuple[Deposit, Registration]]:
    """The deposits of disqualified bidders that are held and not decided on, the oldest disqualification first."""
    found = await session.execute(_undecided().order_by(Registration.disqualified_at, Registration.id))
    return [(row.Deposit, row.Registration) for row in found]


async def forfeiture_of(session: AsyncSession, registration_id: UUID) -> ForfeitureRow | None:
    """What was proposed and decided about the deposit of this registration, if anything was."""
    return await session.get(ForfeitureRow, registration_id)


def _undecided() -> Select[Deposit, Registration]:
    decided = exists().where(RefundRow.receipt_reference == Deposit.receipt_reference)
    return (
        select(Deposit, Registration)
        .join(Registration, Registration.id == Deposit.registration_id)
        .where(Registration.state == RegistrationState.DISQUALIFIED, Deposit.state == DepositState.HELD, ~decided)
    )


async def _lock(session: AsyncSession, registration_id: UUID) -> Deposit:
    """The deposit, locked after its lot, if it has to be decided on. Refuses `ForfeitureMovedOn`, `SaleStillRuns`."""
    deposit = await session.get(Deposit, registration_id)
    if deposit is None:
        raise NotFound
    lot = await projects.lock_lot(session, deposit.lot_id)
    query = _undecided().where(Deposit.registration_id == registration_id).with_for_update(of=Deposit)
    found = (await session.execute(query.execution_options(populate_existing=True))).first()
    if found is None:
        raise ForfeitureMovedOn
    if not LotState(lot.state).is_final:
        raise SaleStillRuns
    if await _has_won(session, found.Registration):
        raise ForfeitureMovedOn
    locked: Deposit = found.Deposit
    return locked


async def _has_won(session: AsyncSession, registration: Registration) -> bool:
    """Where the bids of a disqualified plate stand it may have won: then its deposit becomes part of the price."""
    deal = await projects.deal_of(session, registration.lot_id)
    unit = await accounts.get_unit(session, registration.unit_id)
    return deal is not None and deal.winner_credit_code == unit.credit_code


def _read(row: ForfeitureRow) -> Forfeiture:
    return Forfeiture(ForfeitureState(row.state), row.proposed_by, row.decided_by)


def _take(row: ForfeitureRow, forfeiture: Forfeiture, now: datetime) -> None:
    row.state, row.decided_by, row.decided_at = forfeiture.state, forfeiture.decided_by, now


def _require_finance(actor: Actor) -> None:
    if not actor.has(Role.FINANCE):
        raise NotPermitted


async def _record(
    session: AsyncSession, row: ForfeitureRow, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    facts = {"amount_fen": row.amount_fen} | body
    await journal_store.append(
        session, stream=stream_of(row.registration_id), kind=kind, actor=actor.reference, at=now, body=facts
    )

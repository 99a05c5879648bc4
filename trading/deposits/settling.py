"""What becomes of the deposits when a lot has ended: the winner's is part of the price, all others go back, but those
of disqualified bidders are held until they are decided on (`trading.deposits.forfeiting`).

Source: Fujian rules art. 46 (losers' deposits within 5 working days, without interest); the winner's deposit becomes
part of the price (定金).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.deposits import ledger
from trading.deposits.ledger_rules import held_account, move, price_account
from trading.deposits.models import BankReceipt, Deposit
from trading.deposits.refunding import request_refund
from trading.deposits.rules import DepositState
from trading.kernel import journal_store
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState
from trading.registration.service import stream_of

NOT_WON = "not_won"
LOT_NOT_SOLD = "lot_not_sold"


async def settle_lot(
    session: AsyncSession, lot_id: UUID, winner_registration_id: UUID | None, now: datetime, actor: Actor
) -> int:
    """Turn the winner's deposit into a part of the price and request the refunds of all others. Returns how many moved.

    Locks the lot, then its deposits. Safe to repeat: only deposits that are still held move.
    """
    await projects.lock_lot(session, lot_id)
    query = select(Deposit).where(Deposit.lot_id == lot_id, Deposit.state == DepositState.HELD)
    locked = query.order_by(Deposit.registration_id).with_for_update().execution_options(populate_existing=True)
    held = list(await session.scalars(locked))
    out = set(await session.scalars(_disqualified(lot_id))) - {winner_registration_id}
    held = [deposit for deposit in held if deposit.registration_id not in out]
    for deposit in held:
        if deposit.registration_id == winner_registration_id:
            await _turn_into_price(session, deposit, now, actor)
        else:
            receipt = await session.get_one(BankReceipt, deposit.receipt_reference)
            deposit.state = DepositState.RETURNING
            reason = LOT_NOT_SOLD if winner_registration_id is None else NOT_WON
            await request_refund(session, receipt, reason, actor, now)
    await session.flush()
    return len(held)


def _disqualified(lot_id: UUID) -> Select[UUID]:
    out = Registration.state == RegistrationState.DISQUALIFIED
    return select(Registration.id).where(Registration.lot_id == lot_id, out)


async def _turn_into_price(session: AsyncSession, deposit: Deposit, now: datetime, actor: Actor) -> None:
    deposit.state = DepositState.PRICE
    owed, price = held_account(deposit.registration_id), price_account(deposit.lot_id)
    transfer = move(f"price:{deposit.lot_id}", debit=owed, credit=price, amount=Money(deposit.amount_fen))
    await ledger.book(session, transfer, now)
    await journal_store.append(
        session,
        stream=stream_of(deposit.registration_id),
        kind="deposit_became_price",
        actor=actor.reference,
        at=now,
        body={"lot": str(deposit.lot_id), "amount_fen": deposit.amount_fen},
    )

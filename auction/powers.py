"""Use cases of powers over a sale: change its increment, withdraw the lot, disqualify a plate."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction, BidRow
from auction.preparing import lock
from auction.refused_orders import FrozenBySupervisor
from auction.refused_powers import PlateUnknown
from auction.sale import Step
from auction.storing import store
from auction.ways import powers
from auction.ways.powers import Standing
from trading.accounts.rules import Actor, Role
from trading.kernel.money import Money
from trading.registration import service as registrations


async def change_increment(
    session: AsyncSession, lot_id: UUID, *, increment: Money, actor: Actor, now: datetime
) -> Step:
    """The auctioneer changes the increment. Refusals: see `powers.change_increment`."""
    auction = await lock(session, lot_id)
    step = powers.change_increment(auction.terms, auction.state, increment=increment, now=now)
    await store(session, auction, step, actor)
    return step


async def withdraw_lot(session: AsyncSession, lot_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Step:
    """Withdraw the lot by order; its announcement, with the reason, and the refunds follow.

    Refusals: FrozenBySupervisor, and see `powers.withdraw_by_order`.
    """
    auction = await lock(session, lot_id)
    frozen = auction.state.phase.frozen
    if frozen is not None and frozen.by_supervisor and not actor.has(Role.SUPERVISOR):
        raise FrozenBySupervisor()
    step = powers.withdraw_by_order(auction.state, reason=reason, now=now)
    await store(session, auction, step, actor)
    return step


async def disqualify_plate(
    session: AsyncSession, lot_id: UUID, *, plate: int, reason: str, actor: Actor, now: datetime
) -> Step:
    """A plate may bid no more, and its registration is disqualified. What becomes of its deposit is decided later.

    Refusals: PlateUnknown, and see `powers.disqualify`.
    """
    auction = await lock(session, lot_id)
    registration = await registrations.holder_of(session, lot_id, plate)
    if registration is None:
        raise PlateUnknown(plate=plate)
    behind = await _highest_of_others(session, auction, plate)
    step = powers.disqualify(auction.terms, auction.state, plate=plate, reason=reason, behind=behind, now=now)
    await store(session, auction, step, actor)
    reason = powers.checked_reason(reason)
    await registrations.disqualify(session, registration.id, reason=reason, actor=actor, now=step.at)
    return step


async def _highest_of_others(session: AsyncSession, auction: Auction, plate: int) -> Standing | None:
    """The highest accepted bid of the plates that may still bid; of equal ones the one that led last."""
    out = [*auction.state.phase.excluded, plate]
    query = select(BidRow.price_fen, BidRow.plate).where(
        BidRow.lot_id == auction.lot_id, BidRow.accepted, BidRow.price_fen.is_not(None), BidRow.plate.not_in(out)
    )
    found = (await session.execute(query.order_by(BidRow.price_fen.desc(), BidRow.seq.desc()).limit(1))).first()
    if found is None or found.price_fen is None or found.plate is None:
        return None
    return Standing(Money(found.price_fen), found.plate)

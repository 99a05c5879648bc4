"""The service side of sealed quotes and of the draw by lot: taking numbers, and what the clock does at their end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import budgets
from auction.messages import STREAM
from auction.models import Auction, DrawSecret, SealedQuote
from auction.preparing import lock
from auction.sale import Step
from auction.sealed_reserve import reserve_of
from auction.secrets_of_sale import Sealed
from auction.storing import store
from auction.ways import lot_draw, sealed_quotes
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.money import Money
from trading.registration import service as registrations


async def give_number(
    session: AsyncSession, lot_id: UUID, *, plate: int | None, number: str, actor: Actor, arrived_at: datetime
) -> Step:
    """A plate takes part in the draw with a text of its own: it may win at the price of the cap.

    Refusals: `SaleNotFound`, `BudgetExceeded`, `lot_draw.give_number`'s.
    """
    auction = await lock(session, lot_id)
    step = lot_draw.give_number(auction.terms, auction.state, plate=plate, number=number, arrived_at=arrived_at)
    await _check_budget(session, auction, plate)
    await store(session, auction, step, actor)
    return step


async def _check_budget(session: AsyncSession, auction: Auction, plate: int | None) -> None:
    holder = None if plate is None else await registrations.holder_of(session, auction.lot_id, plate)
    cap = auction.terms.way.cap
    assert holder is not None, "a number is only taken from a plate that was given"
    assert cap is not None, "only a price cap leads to a draw"
    offer = _Offer(auction.lot_id, holder.id, cap.price)
    limits = await budgets.load(session, [offer])
    refusal = None if limits is None else limits.check(offer, auction.state)
    if refusal is not None:
        raise refusal


@dataclass(frozen=True, slots=True)
class _Offer:
    """What taking part in a draw by lot may cost: see `budgets.Offer`."""

    lot_id: UUID
    registration_id: UUID
    price: Money


async def end_quotes(session: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """What follows the end of the time for sealed quotes."""
    reserve = await reserve_of(session, auction.lot_id)
    quotes = await quotes_of(session, auction.lot_id)
    return sealed_quotes.end_quotes(auction.terms, auction.state, quotes=quotes, reserve=reserve, now=now)


async def end_draw(session: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """What follows the end of the time for numbers."""
    entries = await journal_store.read(session, f"{STREAM}{auction.lot_id}")
    [cap_reached] = [entry.hash.hex() for entry in entries if entry.kind == "cap_reached"]
    return lot_draw.end_draw(
        auction.terms,
        auction.state,
        lot_id=auction.lot_id,
        secret=(await session.get_one(DrawSecret, auction.lot_id)).secret,
        cap_reached=cap_reached,
        reserve=await reserve_of(session, auction.lot_id),
        now=now,
    )


async def quotes_of(session: AsyncSession, lot_id: UUID) -> dict[int, Sealed]:
    """The sealed quotes by plate, in order of arrival: read only where they are opened, or another one is decided."""
    stored = await session.scalars(select(SealedQuote).where(SealedQuote.lot_id == lot_id).order_by(SealedQuote.seq))
    return {quote.plate: Sealed(Money(quote.price_fen), quote.salt, quote.commitment) for quote in stored}

"""The stages of a listing in the database: what the clock ends, and declarations for timed bidding."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction, BidRow
from auction.preparing import lock
from auction.sale import Step
from auction.sealed_reserve import reserve_of
from auction.storing import store
from auction.ways import listing
from trading.accounts.rules import Actor
from trading.projects.profiles import ListingDecision


async def declare(
    session: AsyncSession, lot_id: UUID, *, plate: int | None, actor: Actor, arrived_at: datetime
) -> Step:
    """A plate declares for timed bidding. Refusals: see `listing.declare`."""
    auction = await lock(session, lot_id)
    quoted = await _plates_that_quoted(session, lot_id)
    step = listing.declare(auction.terms, auction.state, plate=plate, quoted=quoted, arrived_at=arrived_at)
    await store(session, auction, step, actor)
    return step


async def end_quoting(session: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """Quoting has run out: bidders are asked, or the last quotes decide."""
    terms = auction.terms
    assert terms.way.listing is not None
    if terms.way.listing.decision is ListingDecision.WILLING:
        return [listing.end_quoting(terms, auction.state, now)]
    return await end_listing(session, auction, now)


async def end_listing(session: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """The listing has run out: timed bidding, or the highest quote wins."""
    terms, state = auction.terms, auction.state
    return listing.decide(
        terms,
        state,
        quoted=await _plates_that_quoted(session, auction.lot_id),
        quoted_last=await _plates_that_quoted(session, auction.lot_id, since=listing.decisive_since(terms, state)),
        reserve=await reserve_of(session, auction.lot_id),
        now=now,
    )


async def end_preparation(_: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """The time to prepare has run out: timed bidding begins."""
    return [listing.open_timed_bidding(auction.terms, auction.state, now)]


async def _plates_that_quoted(session: AsyncSession, lot_id: UUID, since: datetime | None = None) -> set[int]:
    query = select(BidRow.plate).where(BidRow.lot_id == lot_id, BidRow.accepted).distinct()
    if since is not None:
        query = query.where(func.coalesce(BidRow.arrived_at, BidRow.decided_at) >= since)
    return {plate for plate in await session.scalars(query) if plate is not None}

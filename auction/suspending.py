"""Suspending a sale that runs, announcing when it goes on, and resuming it. Rules and sources: `ways.freezing`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.preparing import lock
from auction.sale import Step
from auction.storing import store
from auction.ways import freezing
from trading.accounts.rules import Actor, Role


async def suspend_lot(session: AsyncSession, lot_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Step:
    """Suspend the sale. Refusals: see `freezing.suspend`."""
    auction = await lock(session, lot_id)
    step = freezing.suspend(
        auction.terms, auction.state, reason=reason, now=now, by_supervisor=actor.has(Role.SUPERVISOR)
    )
    await store(session, auction, step, actor)
    return step


async def announce_resumption(
    session: AsyncSession, lot_id: UUID, *, resumes_at: datetime, reason: str, actor: Actor, now: datetime
) -> Step:
    """Announce when the sale goes on. Refusals: see `freezing.announce_resumption`."""
    auction = await lock(session, lot_id)
    step = freezing.announce_resumption(
        auction.terms,
        auction.state,
        resumes_at=resumes_at,
        reason=reason,
        now=now,
        by_supervisor=actor.has(Role.SUPERVISOR),
    )
    await store(session, auction, step, actor)
    return step


async def resume_lot(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> Step:
    """Resume the sale directly. Refusals: see `freezing.resume`."""
    auction = await lock(session, lot_id)
    step = freezing.resume(auction.terms, auction.state, now=now, by_supervisor=actor.has(Role.SUPERVISOR))
    await store(session, auction, step, actor)
    return step


async def end_suspension(_: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    """The announced moment of the resumption has come."""
    return [freezing.resume(auction.terms, auction.state, now=now)]

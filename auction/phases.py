"""What the clock does with a sale: it opens, and each of its stages ends, at a moment that a column holds.

Nothing ends before the settle delay has passed since that moment, so that a bid that arrived in time and waits to be
settled still counts; and nothing ends while no server has looked for longer than `LONGEST_ABSENCE`.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import ending_listing, ending_quotes, rules, selling_sessions, suspending
from auction.models import Auction, Presence
from auction.preparing import CLOCK, lock, lock_due
from auction.presence import LONGEST_ABSENCE
from auction.sale import ENDED, Stage, Step
from auction.sealed_reserve import reserve_of as reserve_of
from auction.standing_still import check_may_begin, stands_still
from auction.storing import store
from auction.way import SETTLE_DELAY
from trading.accounts.rules import Actor
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod
from trading.projects.reserve_window import ReserveMissing
from trading.registration import service as registrations

OPENED_BY_CLOCK = frozenset(SellingMethod) - {SellingMethod.AUCTION}


async def open_lot(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> Step:
    """Open the sale. Refusals: SaleFrozen while its project stands still, SessionOrder, and see `rules.open_sale`."""
    auction = await lock(session, lot_id)
    await check_may_begin(session, lot_id)
    qualified = len(await registrations.qualified(session, lot_id))
    await selling_sessions.check_turn(session, auction)
    step = rules.open_sale(auction.terms, auction.state, qualified=qualified, now=now)
    await projects.open_contest(session, lot_id, now=step.at, actor=actor)
    await store(session, auction, step, actor)
    return step


async def advance_due(session: AsyncSession, now: datetime, *, lot_id: UUID | None = None) -> list[UUID]:
    """Open, or end the stage of, every sale (or the one of `lot_id`) whose moment has come."""
    seen_at = await session.scalar(select(Presence.seen_at))
    if seen_at is not None and now - seen_at > LONGEST_ABSENCE:
        return []
    opening = (Auction.stage == Stage.WAITING) & Auction.method.in_(OPENED_BY_CLOCK) & (Auction.starts_at <= now)
    opening &= selling_sessions.its_turn() & ~stands_still()
    due = select(Auction).where(or_(opening, Auction.stage.not_in(ENDED) & (Auction.closes_at + SETTLE_DELAY <= now)))
    done = []
    for auction in await lock_due(session, due, lot_id):
        if auction.stage == Stage.WAITING:
            await _open(session, auction, now)
        else:
            try:
                steps = await _AT_END[Stage(auction.stage)](session, auction, now)
            except ReserveMissing:
                continue  # it waits for a decision of the officer in charge: see trading.projects.sealing
            for step in steps:
                await store(session, auction, step, CLOCK)
        done.append(auction.lot_id)
    return done


async def _open(session: AsyncSession, auction: Auction, now: datetime) -> None:
    qualified = len(await registrations.qualified(session, auction.lot_id))
    if rules.may_open_with(auction.terms, qualified):
        await open_lot(session, auction.lot_id, actor=CLOCK, now=now)
        return
    await store(session, auction, rules.call_off(auction.terms, auction.state, qualified=qualified, now=now), CLOCK)


async def _close(session: AsyncSession, auction: Auction, now: datetime) -> list[Step]:
    reserve = await reserve_of(session, auction.lot_id)
    return [rules.close_by_clock(auction.terms, auction.state, reserve=reserve, now=now)]


_AtEnd = Callable[[AsyncSession, Auction, datetime], Awaitable[list[Step]]]
_AT_END: Mapping[Stage, _AtEnd] = MappingProxyType(
    {
        Stage.LISTING: ending_listing.end_quoting,
        Stage.DECLARING: ending_listing.end_listing,
        Stage.PREPARING: ending_listing.end_preparation,
        Stage.OPEN: _close,
        Stage.SEALED: ending_quotes.end_quotes,
        Stage.DRAWING: ending_quotes.end_draw,
        Stage.FROZEN: suspending.end_suspension,
    }
)

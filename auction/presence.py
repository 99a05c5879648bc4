"""That a server is here: noted every second, so that an absence of all of them is noticed before anything ends."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from auction import rules
from auction.models import Auction, Presence
from auction.preparing import CLOCK
from auction.sale import Stage
from auction.storing import store
from trading.kernel.clock import Clock

# After this long without any server that looked at the clock, countdowns begin anew.
LONGEST_ABSENCE = timedelta(seconds=10)


async def note_presence(session: AsyncSession, clock: Clock) -> list[UUID]:
    """A server is here and looks at the clock. After an absence of all servers, countdowns that run begin anew.

    Returns the lots whose countdown began anew. Holds the row of presence until the commit.
    """
    await session.execute(postgresql.insert(Presence).values(seen_at=None).on_conflict_do_nothing())
    presence = (await session.scalars(select(Presence).with_for_update())).one()
    now = await clock(session)
    absent_since, presence.seen_at = presence.seen_at, now
    if absent_since is None or now - absent_since <= LONGEST_ABSENCE:
        return []
    running = select(Auction).where(Auction.stage == Stage.OPEN, Auction.closes_at.is_not(None))
    locked = running.order_by(Auction.lot_id).with_for_update().execution_options(populate_existing=True)
    resumed = []
    for auction in await session.scalars(locked):
        step = rules.resume_after_absence(auction.terms, auction.state, absent_since=absent_since, now=now)
        await store(session, auction, step, CLOCK)
        resumed.append(auction.lot_id)
    return resumed

"""That a server is here: noted every second, so that an absence of all of them is noticed before anything ends."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction, Presence
from auction.preparing import CLOCK
from auction.sale import ENDED, Stage
from auction.storing import store
from auction.way import LONGEST_ABSENCE as LONGEST_ABSENCE
from auction.ways import freezing
from trading.kernel.clock import Clock

_RUNNING = [stage for stage in Stage if stage not in ENDED | {Stage.WAITING, Stage.FROZEN}]


async def note_presence(session: AsyncSession, clock: Clock, *, jumped: bool = False) -> list[UUID]:
    """A server is here and looks at the clock. After an absence of all servers, or when the database's clock jumped,
    sales that run begin their countdown anew, go on later, or are suspended: see `freezing.after_absence`.

    Returns the lots to which that happened. Holds the row of presence until the commit. No profile has a longest
    absence below `LONGEST_ABSENCE`. A clock that went back while no server was here was moved as well.
    """
    await session.execute(postgresql.insert(Presence).values(seen_at=None).on_conflict_do_nothing())
    presence = (await session.scalars(select(Presence).with_for_update())).one()
    now = await clock(session)
    absent_since, presence.seen_at = presence.seen_at, now
    if absent_since is None:
        return []
    jumped = jumped or absent_since - now > LONGEST_ABSENCE
    if not jumped and now - absent_since <= LONGEST_ABSENCE:
        return []
    running = select(Auction).where(Auction.stage.in_(_RUNNING)).order_by(Auction.lot_id).with_for_update()
    changed = []
    for auction in await session.scalars(running.execution_options(populate_existing=True)):
        step = freezing.after_absence(
            auction.terms, auction.state, absent_since=absent_since, now=now, clock_jumped=jumped
        )
        if step is not None:
            await store(session, auction, step, CLOCK)
            changed.append(auction.lot_id)
    return changed

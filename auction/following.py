"""What a sale that still waits takes over when an announced change has moved its lot's dates.

The change itself is published and applied to the lot by `trading.publication`, at the latest a minute before the start;
every tick of every server looks here before it opens anything.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.preparing import lock, prepare_again
from auction.sale import Stage
from auction.storing import wake_rooms
from trading.kernel.journal_store import JournalEntry


async def follow_changes(session: AsyncSession, now: datetime) -> list[UUID]:
    """Prepare again, with the lot's dates as they are now, every sale that waits and was prepared before they moved.

    Returns the lots. A change of dates is an entry `dates_changed` of the lot's own stream.
    """
    waiting = select(Auction.lot_id).where(Auction.stage == Stage.WAITING).subquery()
    changed = (
        select(func.max(JournalEntry.at))
        .where(JournalEntry.stream == "lot:" + cast(waiting.c.lot_id, Text), JournalEntry.kind == "dates_changed")
        .scalar_subquery()
    )
    due = select(Auction.lot_id).join(waiting, waiting.c.lot_id == Auction.lot_id).where(Auction.decided_at <= changed)
    done = []
    for lot_id in sorted(await session.scalars(due)):
        auction = await lock(session, lot_id)
        if auction.stage == Stage.WAITING:
            await prepare_again(session, auction, now)
            await wake_rooms(session, auction)
            done.append(lot_id)
    return done

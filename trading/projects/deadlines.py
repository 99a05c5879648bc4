"""The deadlines of a lot whose sale is suspended stand still, and move by as long as nobody could act.

They are those of a lot that is on sale already: the end of registration where bidders may still come, the announced end
of a listing or of a tender's quotes, and with it the window of the reserve price. What had passed before the suspension
stays as it was, so nothing that was closed or locked opens again. Services never commit.

Source: Fujian art. 55 (a listing is extended by at least the time of its suspension); its other deadlines follow it by
analogy.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.moments import iso
from trading.projects.entry import record
from trading.projects.lookups import lock_lot
from trading.projects.models import Lot

_MOVING = ("registration_closes_at", "listing_ends_at")


def moved(deadline: datetime, *, since: datetime, now: datetime) -> datetime:
    """Where a deadline lies after nobody could act from `since` to `now`: as far ahead as it was at `since`."""
    return deadline + max(now - since, timedelta()) if deadline > since else deadline


def time_for_deadlines(lot: Lot, now: datetime) -> datetime:
    """The moment by which the lot's deadlines are judged: it stands still while the sale is suspended."""
    return now if lot.suspended_at is None else min(now, lot.suspended_at)


async def hold_deadlines(session: AsyncSession, lot_id: UUID, *, since: datetime) -> None:
    """The sale is suspended since then. Locks the lot."""
    (await lock_lot(session, lot_id)).suspended_at = since
    await session.flush()


async def move_deadlines(session: AsyncSession, lot_id: UUID, *, since: datetime, actor: Actor, now: datetime) -> None:
    """The sale goes on: what lay ahead when nobody could act any more moves, which is journalled. Locks the lot."""
    lot = await lock_lot(session, lot_id)
    lot.suspended_at = None
    announced = {name: getattr(lot, name) for name in _MOVING if getattr(lot, name) is not None}
    ahead = {name: moved(deadline, since=since, now=now) for name, deadline in announced.items()}
    later = {name: deadline for name, deadline in ahead.items() if deadline != announced[name]}
    for name, deadline in later.items():
        setattr(lot, name, deadline)
    if later:
        body = {name: iso(deadline) for name, deadline in later.items()} | {"suspended_at": iso(since)}
        await record(session, f"lot:{lot_id}", "deadlines_moved", actor, now, body)
    await session.flush()

"""The deadlines of a lot whose sale is suspended stand still, and move by as long as nobody could act.

They are those of a lot that is on sale already: the end of registration where bidders may still come, the announced end
of a listing or of a tender's quotes, and with it the window of the reserve price. What had passed before the suspension
stays as it was, so nothing that was closed or locked opens again. Services never commit.

Source: Fujian art. 55 (a listing is extended by at least the time of its suspension); its other deadlines follow it by
analogy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.errors import Refusal
from trading.kernel.moments import iso
from trading.projects.changing import dates_that_may_change
from trading.projects.entry import record
from trading.projects.lookups import lock_lot
from trading.projects.models import Lot


@dataclass(eq=False)
class ProjectStandsStill(Refusal):
    """Nobody is chosen while a project is suspended. Source: 招标投标法实施条例 art. 22, 54; 财政部令94号 art. 28."""

    message: ClassVar[str] = "This project is suspended, so nobody is chosen and no result is announced meanwhile."
    advice: ClassVar[str] = "Wait until the suspension is lifted. Nothing was changed by this attempt."


_MOVING = ("registration_closes_at", "listing_ends_at")


def moved(deadline: datetime, *, since: datetime, now: datetime) -> datetime:
    """Where a deadline lies after nobody could act from `since` to `now`: as far ahead as it was at `since`."""
    return deadline + max(now - since, timedelta()) if deadline > since else deadline


def time_for_deadlines(lot: Lot, now: datetime) -> datetime:
    """The moment by which the lot's deadlines are judged: it stands still while the sale is suspended."""
    return now if lot.suspended_at is None else min(now, lot.suspended_at)


async def check_not_suspended(session: AsyncSession, project_id: UUID) -> None:
    """Refuse `ProjectStandsStill` while the dates of a purchase stand still."""
    held = select(Lot.id).where(
        Lot.project_id == project_id, Lot.suspended_at.is_not(None), Lot.selling_method.is_(None)
    )
    if await session.scalar(held.limit(1)) is not None:
        raise ProjectStandsStill


async def hold_deadlines(session: AsyncSession, lot_id: UUID, *, since: datetime) -> None:
    """The sale is suspended since then. Locks the lot."""
    (await lock_lot(session, lot_id)).suspended_at = since
    await session.flush()


async def shift_dates(
    session: AsyncSession,
    lot_id: UUID,
    days: int,
    *,
    since: datetime,
    because: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> None:
    """A project that was suspended goes on: every announced date of the lot that lay ahead then moves by whole days,
    journalled as a change of dates. Locks the lot.
    """
    lot = await lock_lot(session, lot_id)
    lot.suspended_at = None
    dates = {name: date for name, date in dates_that_may_change(lot).items() if date > since} if days else {}
    for name, date in dates.items():
        setattr(lot, name, date + timedelta(days=days))
    if dates:
        body = {name: {"before": iso(date), "after": iso(date + timedelta(days=days))} for name, date in dates.items()}
        await record(session, f"lot:{lot_id}", "dates_changed", actor, now, {"dates": body, **because})
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

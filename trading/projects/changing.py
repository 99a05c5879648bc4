"""A published change moves the dates of a lot: the announced ones are replaced, once, and journalled with the reason.

Which dates move, and how far, is decided by whoever publishes the change (`trading.publication.moving`). Services never
commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.errors import Outdated
from trading.kernel.moments import iso
from trading.projects.entry import record
from trading.projects.lookups import lock_lot
from trading.projects.models import Lot
from trading.projects.rules import LotState

CHANGEABLE = (
    "registration_closes_at",
    "starts_at",
    "listing_ends_at",
    "documents_close_at",
    "bids_close_at",
    "opening_at",
)
"""The dates of a lot that an announced change may move."""
LAST_MINUTE = timedelta(minutes=1)
"""Whoever opens the contest is about to: so shortly before it nothing moves any more."""


@dataclass(eq=False)
class DatesFixed(Outdated):
    """The contest for the lot has begun or is over, so its dates can no longer change."""

    message: ClassVar[str] = "The dates of {lot} can no longer be changed: its contest has begun or ended."
    advice: ClassVar[str] = "Suspend it or call it off instead. Nothing was changed by this attempt."

    lot: str


def dates_that_may_change(lot: Lot) -> dict[str, datetime]:
    """The announced dates of a lot by name."""
    dates = {name: getattr(lot, name) for name in CHANGEABLE}
    return {name: date for name, date in dates.items() if date is not None}


async def move_dates(
    session: AsyncSession,
    lot_id: UUID,
    dates: Mapping[str, datetime],
    *,
    because: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> None:
    """The dates of a published lot move. `because` names the announcement and the rule behind it. Locks the lot.

    Refuses `DatesFixed`.
    """
    lot = await lock_lot(session, lot_id)
    begins = lot.starts_at or lot.bids_close_at
    if lot.state != LotState.PUBLISHED or begins is None or begins <= now + LAST_MINUTE:
        raise DatesFixed(lot.title)
    changed = {name: (getattr(lot, name), date) for name, date in dates.items() if getattr(lot, name) != date}
    for name, (_, date) in changed.items():
        setattr(lot, name, date)
    await session.flush()
    body = {name: {"before": iso(before), "after": iso(after)} for name, (before, after) in changed.items()}
    await record(session, f"lot:{lot_id}", "dates_changed", actor, now, {"dates": body, **because})

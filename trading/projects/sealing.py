"""The reserve price after the entry: sealed or replaced in its window, and what follows when nobody sealed it.

It was announced whether there is one, so a lot with a reserve that was never sealed cannot be decided: nobody could say
whether its highest bid suffices. The sale then waits, and an alert stands on the project's page, until the officer in
charge decides under their own name, with reasons, that it is sold without one; or it is withdrawn by order. Nothing is
sold below a reserve that only was forgotten, and nothing is withdrawn by the clock for it. Services never commit.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.money import Money
from trading.projects.deadlines import time_for_deadlines
from trading.projects.entry import check_officer_in_charge, lock_project, record, seal
from trading.projects.lookups import get_lot, lock_lot, newest_reserve_of, profile_of
from trading.projects.models import Lot
from trading.projects.reserve_window import (
    NoReserveAnnounced,
    ReserveAboveCap,
    ReserveNotMissing,
    ReserveUnreadable,
    ReserveWindow,
)
from trading.projects.rules import LotMovedOn, LotState, ReasonsMissing
from trading.projects.terms import reserve_window_of
from trading.projects.typed_values import Wrong, read_amount, read_lines

NO_AMOUNT = Money(0)


@dataclass(frozen=True, slots=True)
class ReserveStanding:
    """Where the reserve of a lot stands, without its amount. `sealed_at` and `commitment` are the newest one's.

    `now` stands still while the sale is suspended.
    """

    lot: Lot
    window: ReserveWindow
    sealed_at: datetime | None
    commitment: str
    is_waived: bool
    now: datetime

    @property
    def is_locked(self) -> bool:
        """Whether the window is over."""
        return self.now >= self.window.locks_at

    @property
    def is_ahead(self) -> bool:
        """Whether the window has not begun."""
        return self.window.opens_at is not None and self.now < self.window.opens_at

    @property
    def is_missing(self) -> bool:
        """Whether the window is over, nothing was sealed and nothing decided: the sale cannot be decided."""
        return self.is_locked and self.sealed_at is None and not LotState(self.lot.state).is_final


async def reserve_standing(session: AsyncSession, lot: Lot, now: datetime) -> ReserveStanding | None:
    """Where the reserve of a lot stands at `now`; None for a lot without one."""
    if lot.is_recorded or not lot.has_reserve:
        return None
    profile = await profile_of(session, lot)
    now = time_for_deadlines(lot, now)
    newest = await newest_reserve_of(session, lot)
    return ReserveStanding(
        lot,
        reserve_window_of(lot, profile),
        None if newest is None else newest.entered_at,
        "" if newest is None else newest.commitment,
        newest is not None and newest.price_fen == NO_AMOUNT.fen,
        now,
    )


async def seal_reserve(session: AsyncSession, lot_id: UUID, typed: str, *, actor: Actor, now: datetime) -> str:
    """The officer in charge seals the reserve price, or replaces the one sealed before. Returns its commitment.

    `typed` is the amount in yuan. Refuses with `NotYourProject`, `NoReserveAnnounced`, `LotMovedOn`, `ReserveNotYet`,
    `ReserveLocked`, `ReserveUnreadable`, `ReserveAboveCap`. Source: Suzhou (within the last 30 minutes), Fujian
    (before the last hour).
    """
    standing = await _lock_standing(session, lot_id, actor, now)
    standing.window.check(standing.now)
    price = read_amount(typed)
    if isinstance(price, Wrong) or price.fen < standing.lot.starting_price_fen:
        raise ReserveUnreadable
    highest = standing.lot.cap_ceiling_fen or standing.lot.cap_fen
    if highest is not None and price.fen > highest:
        raise ReserveAboveCap(Money(highest))
    return await seal(session, lot_id, price, actor=actor, now=now)


async def waive_reserve(session: AsyncSession, lot_id: UUID, reasons: str, *, actor: Actor, now: datetime) -> None:
    """The officer in charge decides that a lot whose announced reserve was never sealed is sold without one.

    Refuses with `NotYourProject`, `NoReserveAnnounced`, `LotMovedOn`, `ReserveNotMissing`, `ReasonsMissing`.
    """
    standing = await _lock_standing(session, lot_id, actor, now)
    if not standing.is_missing:
        raise ReserveNotMissing
    said = read_lines(reasons, longest=4000)
    if isinstance(said, Wrong) or not said:
        raise ReasonsMissing
    await seal(session, lot_id, NO_AMOUNT, actor=actor, now=now)
    await record(session, f"lot:{lot_id}", "reserve_waived", actor, now, {"reasons": said})


async def _lock_standing(session: AsyncSession, lot_id: UUID, actor: Actor, now: datetime) -> ReserveStanding:
    project = await lock_project(session, (await get_lot(session, lot_id)).project_id)
    await check_officer_in_charge(session, project, actor)
    lot = await lock_lot(session, lot_id)
    if LotState(lot.state).is_final:
        raise LotMovedOn(lot.state, "seal_reserve")
    standing = await reserve_standing(session, lot, now)
    if standing is None:
        raise NoReserveAnnounced
    return standing

"""The result of a sale is declared void (成交结果无效): two officers decide that, until the dossier is filed.

Nobody is awarded the lot in the winner's place, whoever bid next: it may be entered anew. The deal stays stored like
every fact, but counts in no figure any more. Services never commit.

Source: 39号 art. 25 (whoever won by false papers, bribes or collusion: the result is void; unconfirmed text). That two
people decide, and until when, is this platform's own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.errors import NotPermitted, Outdated
from trading.projects.entry import lock_project, record
from trading.projects.lookups import get_lot, lock_lot
from trading.projects.models import Lot, SaleVoiding
from trading.projects.rules import LotState, LotStep, ProjectState, ReasonsMissing, next_lot_state
from trading.projects.typed_values import Wrong, read_lines


@dataclass(eq=False)
class ResultStands(Outdated):
    """The lot was not sold by a sale here, or its dossier is filed already."""

    message: ClassVar[str] = "The result of this sale cannot be declared void."
    advice: ClassVar[str] = "Only that of a lot that was sold can be, until its dossier is filed. Nothing was changed."


@dataclass(eq=False)
class VoidingMovedOn(Outdated):
    """Somebody has proposed, decided or taken back before."""

    message: ClassVar[str] = "This was proposed, decided or taken back meanwhile."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


@dataclass(eq=False)
class SameOfficerConfirms(NotPermitted):
    """Two people decide on it."""

    message: ClassVar[str] = "You proposed to declare this result void; another officer has to confirm it."
    advice: ClassVar[str] = "Ask a colleague to look at the reasons. Nothing was changed by this attempt."


async def propose_voiding(session: AsyncSession, lot_id: UUID, reasons: str, *, actor: Actor, now: datetime) -> None:
    """The first officer says that the result is void, and why. Refuses `ReasonsMissing`, `ResultStands`,
    `VoidingMovedOn`.
    """
    said = read_lines(reasons, longest=1000)
    if isinstance(said, Wrong) or not said:
        raise ReasonsMissing
    await _lock_sold(session, lot_id)
    if await session.get(SaleVoiding, lot_id) is not None:
        raise VoidingMovedOn
    session.add(SaleVoiding(lot_id=lot_id, reasons=said, proposed_by=actor.reference, proposed_at=now))
    await record(session, f"lot:{lot_id}", "voiding_proposed", actor, now, {"reasons": said})
    await session.flush()


async def take_back_voiding(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The result stands after all. Refuses `ResultStands`, `VoidingMovedOn`."""
    await _lock_sold(session, lot_id)
    await session.delete(await _proposal(session, lot_id))
    await record(session, f"lot:{lot_id}", "voiding_taken_back", actor, now, {})
    await session.flush()


async def confirm_voiding(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> SaleVoiding:
    """The second officer confirms: the result is void, once and for all. What follows for bidder, deposit and public is
    done by the caller in the same transaction. Refuses `ResultStands`, `VoidingMovedOn`, `SameOfficerConfirms`.
    """
    lot = await _lock_sold(session, lot_id)
    voiding = await _proposal(session, lot_id)
    if voiding.proposed_by == actor.reference:
        raise SameOfficerConfirms
    voiding.confirmed_by, voiding.confirmed_at = actor.reference, now
    lot.state = next_lot_state(LotState(lot.state), LotStep.VOID)
    await record(session, f"lot:{lot_id}", "sale_voided", actor, now, {"reasons": voiding.reasons})
    await session.flush()
    return voiding


async def voiding_of(session: AsyncSession, lot_id: UUID) -> SaleVoiding | None:
    """What was proposed and decided about the result of a lot's sale, if anything was."""
    return await session.get(SaleVoiding, lot_id)


async def _lock_sold(session: AsyncSession, lot_id: UUID) -> Lot:
    """The lot, locked after its project, if its result may still be declared void. Refuses `ResultStands`."""
    project = await lock_project(session, (await get_lot(session, lot_id)).project_id)
    lot = await lock_lot(session, lot_id)
    if lot.is_recorded or lot.state != LotState.SOLD or project.state == ProjectState.FILED:
        raise ResultStands
    return lot


async def _proposal(session: AsyncSession, lot_id: UUID) -> SaleVoiding:
    voiding = await session.get(SaleVoiding, lot_id, populate_existing=True)
    if voiding is None:
        raise VoidingMovedOn
    return voiding

"""The four stages by which the public tells lots apart: of one lot, as a condition for many, and counted."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, false, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from trading.projects.deadlines import time_for_deadlines
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState

_OPEN = (LotState.ENTERED, LotState.PUBLISHED, LotState.CONTEST)


class Stage(StrEnum):
    """Where a lot stands for somebody who looks for one."""

    ANNOUNCED = "announced"
    TAKING_BIDDERS = "taking_bidders"
    IN_CONTEST = "in_contest"
    ENDED = "ended"


def stage_of(lot: Lot, now: datetime) -> Stage:
    """The stage of one lot. While a sale is suspended its registration stands still."""
    if LotState(lot.state).is_final:
        return Stage.ENDED
    if lot.state == LotState.ENTERED:
        return Stage.ANNOUNCED
    still = time_for_deadlines(lot, now)
    opens = lot.registration_opens_at or lot.documents_open_at
    closes = lot.registration_closes_at or lot.bids_close_at
    if lot.state == LotState.CONTEST or (lot.bids_close_at is not None and lot.bids_close_at <= still):
        return Stage.IN_CONTEST
    takes = closes is not None and still < closes and (opens is None or opens <= still)
    return Stage.TAKING_BIDDERS if takes else Stage.ANNOUNCED


def lots_at(stage: Stage, now: datetime) -> Select[UUID, UUID]:
    """The lots at a stage that has not ended, and their projects. They are few, whatever the years have gathered.

    The same as `stage_of` says of each. A purchase whose bids have closed is in its contest: opening and evaluation.
    """
    query = select(Lot.id, Lot.project_id)
    still = func.least(func.coalesce(Lot.suspended_at, now), now)
    published = Lot.state == LotState.PUBLISHED
    opens = func.coalesce(Lot.registration_opens_at, Lot.documents_open_at)
    closes = func.coalesce(Lot.registration_closes_at, Lot.bids_close_at)
    evaluated = func.coalesce(Lot.bids_close_at <= still, false())
    taking = func.coalesce(still < closes, false()) & func.coalesce(opens <= still, true())
    match stage:
        case Stage.IN_CONTEST:
            return query.where((Lot.state == LotState.CONTEST) | (published & evaluated))
        case Stage.TAKING_BIDDERS:
            return query.where(published, ~evaluated, taking)
        case Stage.ANNOUNCED:
            return query.where((Lot.state == LotState.ENTERED) | (published & ~evaluated & ~taking))
        case Stage.ENDED:
            raise ValueError("what has ended is asked for as what is not open: see open_lots")


async def open_counts(session: AsyncSession, now: datetime) -> dict[Stage, int]:
    """How many public lots stand at each stage that has not ended."""
    counts = {}
    for stage in (Stage.ANNOUNCED, Stage.TAKING_BIDDERS, Stage.IN_CONTEST):
        at = lots_at(stage, now).where(Lot.state != LotState.ENTERED).subquery()
        counts[stage] = int(await session.scalar(select(func.count()).select_from(at)) or 0)
    return counts


async def coming_lots(session: AsyncSession, now: datetime, *, limit: int) -> list[tuple[Lot, Project]]:
    """The public lots whose sale has not begun or whose bids are not opened yet, the next first."""
    at = func.coalesce(Lot.starts_at, Lot.opening_at)
    ahead = (Lot.selling_method.is_not(None)) | (Lot.opening_at > now)
    query = select(Lot, Project).join(Project, Project.id == Lot.project_id)
    query = query.where(Lot.state == LotState.PUBLISHED, ~Lot.is_recorded, ahead)
    return [(lot, project) for lot, project in await session.execute(query.order_by(at, Lot.id).limit(limit))]


def open_lots() -> Select[UUID, UUID]:
    """The lots that have not ended, and their projects."""
    return select(Lot.id, Lot.project_id).where(Lot.state.in_(_OPEN))

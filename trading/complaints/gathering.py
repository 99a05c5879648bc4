"""What is known of a project and of a unit, as far as periods and parties care; read from the rooms below."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Unit
from trading.complaints.lookups import procedure_of
from trading.complaints.models import Matter
from trading.complaints.procedures import ANNOUNCED_FOR
from trading.complaints.rules import Known, Party, State
from trading.kernel.moments import local_day
from trading.limits import service as limits
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.working_days import WorkingDaysUnknown, working_days_after
from trading.publication import service as publication
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.publication.service import facts_of
from trading.publication.text_language import read_fact_moment
from trading.registration import service as registrations

_INSTANT = timedelta(microseconds=1)
_ON_DOCUMENTS = (
    AnnouncementKind.TENDER,
    AnnouncementKind.SALE,
    AnnouncementKind.CHANGE,
    AnnouncementKind.CLARIFICATION,
)


async def known_of(
    session: AsyncSession, project: Project, lot_id: UUID | None, prior: Matter | None, now: datetime
) -> Known:
    """What periods are counted from. Of several lots the latest date counts, unless one of them is meant."""
    lots = [lot for lot in await projects.lots_of(session, project.id) if lot_id in (None, lot.id)]
    told = [
        each
        for each in await publication.announcements_of(session, project.id)
        if each.lot_id in (None, lot_id) or lot_id is None
    ]
    documents = _newest(told, *_ON_DOCUMENTS)
    candidates = _newest(told, AnnouncementKind.CANDIDATES)
    result = _newest(told, AnnouncementKind.RESULT, AnnouncementKind.WITHDRAWAL, AnnouncementKind.CALLING_OFF)
    result_until = None if result is None else _public_until(result)
    answered_at, answer_due_at = (None, None) if prior is None else await _answer(session, project, prior, now)
    return Known(
        published_at=project.published_at,
        documents_until=None if documents is None else _announced_until(documents),
        bids_close_at=max((found for lot in lots if (found := _closes_at(lot, now)) is not None), default=None),
        opening_at=max((lot.opening_at for lot in lots if lot.opening_at is not None), default=None),
        candidates_at=None if candidates is None else candidates.published_at,
        candidates_until=None if candidates is None else _public_until(candidates),
        result_at=None if result is None else result.published_at,
        result_until=None if result is None else local_day((result_until or result.published_at) - _INSTANT),
        answered_at=answered_at,
        answer_due_at=answer_due_at,
    )


async def documents_given_until(session: AsyncSession, project: Project) -> date | None:
    """The last day on which the documents of a purchase are given out; None where that is not announced."""
    days = [lot.documents_close_at for lot in await projects.lots_of(session, project.id)]
    return max((local_day(day) for day in days if day is not None), default=None)


async def party_of(session: AsyncSession, project: Project, lot_id: UUID | None, unit: Unit) -> Party:
    """Who raises something. Who takes part in a purchase is not known here, so the paper states it."""
    lots = [lot for lot in await projects.lots_of(session, project.id) if lot_id in (None, lot.id)]
    takes_part: bool | None = None
    if any(lot.is_sold_here for lot in lots):
        found = [await registrations.registration_of(session, lot.id, unit.id) for lot in lots]
        takes_part = any(registration is not None for registration in found)
    return Party(unit.name, project.owner_name, takes_part)


async def _answer(
    session: AsyncSession, project: Project, prior: Matter, now: datetime
) -> tuple[datetime | None, datetime | None]:
    code = procedure_of(project).answer_limit
    found = [
        each.due_at
        for each in await limits.standings(session, project, now)
        if each.limit.code == code and each.subject == str(prior.id)
    ]
    answered = prior.ended_at if State(prior.state) in (State.DECIDED, State.NOT_ACCEPTED) else None
    return answered, found[0] if found else None


def _closes_at(lot: Lot, now: datetime) -> datetime | None:
    """When bids or registrations close; while the project is suspended that lies ever further ahead."""
    closes = lot.bids_close_at or lot.registration_closes_at
    if closes is None or lot.suspended_at is None or closes <= lot.suspended_at:
        return closes
    return closes + (now - lot.suspended_at)


def _newest(told: list[Announcement], *kinds: AnnouncementKind) -> Announcement | None:
    found = [each for each in told if each.kind in kinds]
    return found[-1] if found else None


def _public_until(announcement: Announcement) -> datetime | None:
    until = facts_of(announcement).get("public_until")
    return None if until is None else read_fact_moment(until)


def _announced_until(announcement: Announcement) -> date | None:
    try:
        return working_days_after(local_day(announcement.published_at), ANNOUNCED_FOR.value)
    except WorkingDaysUnknown:
        return None

"""Asking both sides: what the centre has served is found by its state, each unit is asked once, and reminded once.

No room calls this one: the tick looks at lots that have ended, review cases that were decided, refunds that arrived.
Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account, Unit
from trading.accounts.rules import Actor
from trading.deposits.models import RefundRow
from trading.deposits.rules import RefundState
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.limits.service import due_words
from trading.notices import service as notices
from trading.notices.service import NewNotice
from trading.projects.models import Lot, Project
from trading.projects.problems import N_
from trading.projects.rules import LotState
from trading.ratings.models import Rating, RatingRequest
from trading.ratings.rules import NATIONAL, SERVICE_WORDS, Service, Side, closing_moment
from trading.registration.models import Registration
from trading.reviews.models import ReviewCase, ReviewPart

PLATFORM = Actor.system("ratings")
AT_ONCE = 200
OWN_PAGE = "/ratings"

PLEASE_RATE = N_("Please rate: {service_words} – {project}. Until {until}.")
STILL_TO_RATE = N_("Still to be rated: {service_words} – {project}. Until {until}.")

_ENDED = (LotState.SOLD, LotState.WITHDRAWN, LotState.CALLED_OFF)


@dataclass(frozen=True, slots=True)
class Served:
    """One thing that the centre served for one unit."""

    service: Service
    subject: UUID
    project: Project
    unit_id: UUID
    officer_id: UUID
    ended_at: datetime


def stream_of(request_id: UUID) -> str:
    """The journal's stream of one request: who was asked, who rated, never what."""
    return f"ratings:{request_id}"


async def ask_all(session: AsyncSession, now: datetime) -> int:
    """Ask about everything that ended lately and was not asked about. How many requests were made. Safe to repeat."""
    since = now - timedelta(days=NATIONAL.period_days.value)
    served = [
        *await _sales(session, since, now),
        *await _entry_reviews(session, since, now),
        *await _refunds(session, since, now),
    ]
    asked = select(RatingRequest.service, RatingRequest.subject, RatingRequest.unit_id)
    known = {tuple(row) for row in await session.execute(asked.where(RatingRequest.ended_at >= since))}
    fresh = [each for each in served if (each.service.value, each.subject, each.unit_id) not in known]
    return sum([await ask(session, each, now) for each in fresh])


async def ask(session: AsyncSession, served: Served, now: datetime) -> bool:
    """Ask one unit and the officer about one thing. Whether this call did it."""
    closes_at = closing_moment(now, NATIONAL)
    row = {
        "id": new_id(),
        "service": served.service.value,
        "subject": served.subject,
        "project_id": served.project.id,
        "unit_id": served.unit_id,
        "officer_id": served.officer_id,
        "rules": NATIONAL.name,
        "ended_at": served.ended_at,
        "asked_at": now,
        "closes_at": closes_at,
    }
    inserted = postgresql.insert(RatingRequest).values(**row).on_conflict_do_nothing().returning(RatingRequest.id)
    request_id = (await session.execute(inserted)).scalar()
    if request_id is None:
        return False
    body = {
        "service": served.service.value,
        "subject": str(served.subject),
        "project": str(served.project.id),
        "unit": str(served.unit_id),
        "officer": str(served.officer_id),
        "rules": NATIONAL.name,
        "ended_at": iso(served.ended_at),
        "closes_at": iso(closes_at),
    }
    await journal_store.append(
        session, stream=stream_of(request_id), kind="rating_asked", actor=PLATFORM.reference, at=now, body=body
    )
    request = await session.get_one(RatingRequest, request_id)
    await _tell(session, request, served.project, set(Side), PLEASE_RATE, now)
    return True


async def remind(session: AsyncSession, now: datetime) -> int:
    """Remind, once, every side that has not rated when the period is near its end. How many requests. Repeatable."""
    query = (
        select(RatingRequest, Project)
        .join(Project, Project.id == RatingRequest.project_id)
        .where(
            RatingRequest.opened_at.is_(None),
            RatingRequest.reminded_at.is_(None),
            RatingRequest.closes_at > now,
            RatingRequest.closes_at <= now + timedelta(days=NATIONAL.reminder_days_before.value),
        )
        .order_by(RatingRequest.closes_at)
        .limit(AT_ONCE)
        .with_for_update(of=RatingRequest, skip_locked=True)
    )
    due = (await session.execute(query)).all()
    for request, project in due:
        given = set(await session.scalars(select(Rating.side).where(Rating.request_id == request.id)))
        await _tell(session, request, project, {side for side in Side if side not in given}, STILL_TO_RATE, now)
        request.reminded_at = now
    await session.flush()
    return len(due)


async def _tell(
    session: AsyncSession, request: RatingRequest, project: Project, sides: set[Side], message: str, now: datetime
) -> None:
    """A notice to every account of the unit, and one to the officer for all units of one sale, review or refund."""
    what = "asked" if message == PLEASE_RATE else "reminded"
    facts = {
        "service_words": SERVICE_WORDS[Service(request.service)],
        "project": project.title,
        "until": due_words(request.closes_at),
    }
    news: list[NewNotice] = []
    if Side.UNIT in sides:
        address = f"{OWN_PAGE}/{request.id}"
        news += [
            NewNotice(f"rating:{request.id}:{what}:{account}", account, "info", message, address, facts)
            for account in await _accounts_of(session, request.unit_id)
        ]
    if Side.OFFICER in sides:
        key = f"rating:{request.service}:{request.subject}:{what}:{request.officer_id}"
        news.append(NewNotice(key, request.officer_id, "info", message, OWN_PAGE, facts))
    for new in news:
        await notices.send(session, new, now=now)


async def _accounts_of(session: AsyncSession, unit_id: UUID) -> Sequence[UUID]:
    query = select(Account.id).where(Account.unit_id == unit_id, Account.disabled_at.is_(None))
    return list(await session.scalars(query.order_by(Account.id)))


async def _sales(session: AsyncSession, since: datetime, now: datetime) -> list[Served]:
    """Every unit that had a plate, and the owner."""
    query = (
        select(Lot, Project)
        .join(Project, Project.id == Lot.project_id)
        .where(Lot.state.in_(_ENDED), Lot.ended_at.between(since, now), Lot.is_recorded.is_(False), _has_officer())
    )
    found = []
    for lot, project in (await session.execute(query)).all():
        took_part = select(Registration.unit_id).where(Registration.lot_id == lot.id, Registration.plate.is_not(None))
        units = {*await session.scalars(took_part), *await _owner(session, project)}
        found += [
            _served(Service.SALE, lot.id, project, unit, project.officer_id, lot.ended_at) for unit in sorted(units)
        ]
    return found


async def _entry_reviews(session: AsyncSession, since: datetime, now: datetime) -> list[Served]:
    """The owner whose entry was decided, or the unit that handed it in; rated by who decided for the centre."""
    query = (
        select(ReviewCase, Project, ReviewPart.decided_by)
        .join(Project, Project.id == ReviewCase.project_id)
        .join(ReviewPart, (ReviewPart.case_id == ReviewCase.id) & ReviewPart.department_id.is_(None))
        .where(ReviewCase.closed_at.between(since, now), _has_officer())
    )
    found = []
    for case, project, decided_by in (await session.execute(query)).all():
        officer = decided_by or project.officer_id
        units = await _owner(session, project) or await _unit_of(session, project.officer_id)
        others = set(units) - set(await _unit_of(session, officer))
        found += [_served(Service.ENTRY_REVIEW, case.id, project, unit, officer, case.closed_at) for unit in others]
    return found


async def _refunds(session: AsyncSession, since: datetime, now: datetime) -> list[Served]:
    query = (
        select(RefundRow, Registration.unit_id, Project)
        .join(Registration, Registration.id == RefundRow.registration_id)
        .join(Lot, Lot.id == Registration.lot_id)
        .join(Project, Project.id == Lot.project_id)
        .where(RefundRow.state == RefundState.DONE, RefundRow.finished_at.between(since, now), _has_officer())
    )
    return [
        _served(Service.DEPOSIT_REFUND, refund.id, project, unit_id, project.officer_id, refund.finished_at)
        for refund, unit_id, project in await session.execute(query)
    ]


def _has_officer() -> ColumnElement[bool]:
    return Project.officer_id.is_not(None)


def _served(
    service: Service, subject: UUID, project: Project, unit_id: UUID, officer_id: UUID | None, ended_at: datetime | None
) -> Served:
    assert officer_id is not None, "asked for with an officer"
    assert ended_at is not None, "asked for with an end"
    return Served(service, subject, project, unit_id, officer_id, ended_at)


async def _owner(session: AsyncSession, project: Project) -> list[UUID]:
    """The unit of the project's owner, where it has an account: owners are known by their name."""
    named = func.replace(Unit.name, " ", "") == project.owner_name.replace(" ", "")
    return list(await session.scalars(select(Unit.id).where(named).limit(1)))


async def _unit_of(session: AsyncSession, account_id: UUID | None) -> list[UUID]:
    unit_id = await session.scalar(select(Account.unit_id).where(Account.id == account_id))
    return [] if unit_id is None else [unit_id]

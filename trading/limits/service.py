"""Use cases of time limits: reconcile the rows with the facts, push the first yellow and the first red, and find them.

Nothing is told to this room: it reads the journal, so that no room has to call upwards. The tick compares every open
project; where a row differs it is written under the project's lock, in a transaction of its own. A due moment that
moved is journalled with the fact that moved it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.calendars import service as calendars
from trading.kernel import journal_store
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.formats import moment
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI, iso
from trading.limits.declared import BY_CODE, LIMITS
from trading.limits.facts import subjects_of
from trading.limits.models import TimeLimit
from trading.limits.rules import Limit, LimitState, Sense, Standing, Who, standings_of
from trading.notices import service as notices
from trading.notices.service import NewNotice
from trading.projects.models import Lot, Project
from trading.projects.problems import N_
from trading.projects.profiles import HISTORIC
from trading.projects.rules import ProjectState
from trading.projects.working_days import Calendar

AT_ONCE = 200
OPEN = frozenset({LimitState.RUNNING, LimitState.STOPPED, LimitState.UNCOUNTED})
YELLOW, RED, GREEN, QUIET = "yellow", "red", "green", ""

SOON_DUE = N_("Soon due: {limit_words}, by {due} – {project}")
OVERDUE = N_("Overdue: {limit_words}, was due by {due} – {project}")

_ACTOR = Actor.system("limits")
_OVER = (ProjectState.DRAFT, ProjectState.FILED)
_ROLES = {
    Who.FINANCE: Role.FINANCE,
    Who.REVIEWERS: Role.OFFICER,
    Who.SUPERVISOR: Role.SUPERVISOR,
}
"""Whom a limit's notice goes to where it is not the officer in charge, who speaks with buyers and winners."""


@dataclass(frozen=True, slots=True)
class RunningLimit:
    """A stored limit with what it belongs to, and its declaration."""

    row: TimeLimit
    limit: Limit
    project: Project
    lot: Lot | None
    colour: str


async def reconcile(database: Database, clock: Clock = database_clock) -> int:
    """Bring every open project's rows to what the facts say. How many projects were changed. Safe to repeat."""
    changed, last = 0, None
    while True:
        async with database.reading() as session:
            now = await clock(session)
            calendar = await calendars.refresh(session)
            projects = await _open_projects(session, last)
            if not projects:
                return changed
            stale = await _stale(session, projects, calendar, now)
        for project_id in stale:
            async with database.work() as session:
                await reconcile_project(session, project_id, now)
        changed, last = changed + len(stale), projects[-1].id


async def reconcile_project(session: AsyncSession, project_id: UUID, now: datetime) -> None:
    """Bring one project's rows to what the facts say, and push what is due. Two at once wait for one another."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"limits:{project_id}"}
    )
    project = await session.get_one(Project, project_id, populate_existing=True)
    calendar = await calendars.refresh(session)
    found = await standings(session, project, now)
    rows = {_key(row): row for row in await _rows(session, [project_id])}
    for standing in found:
        row = rows.pop(_key(standing), None)
        if row is None:
            row = TimeLimit(id=new_id(), project_id=project_id)
            session.add(row)
        elif row.due_at is not None and standing.due_at is not None and row.due_at != standing.due_at:
            await _record_move(session, row, standing, now)
        _take(row, standing, calendar)
        await session.flush()
        await _push(session, row, project, now)
    for row in rows.values():
        row.state = LimitState.VOID  # its fact was declared differently since
    await session.flush()


async def standings(session: AsyncSession, project: Project, now: datetime) -> list[Standing]:
    """The limits of one project as they stand at this moment, without waiting for the tick."""
    if project.rule_profile == HISTORIC:
        return []
    calendar = await calendars.refresh(session)
    subject = (await subjects_of(session, [project]))[project.id]
    return standings_of(LIMITS, subject, calendar, now)


async def open_limits(
    session: AsyncSession, now: datetime, *, actor: Actor | None = None, limit: int = 500
) -> list[RunningLimit]:
    """What runs, or was missed and not made up for, the most urgent first; of `actor` only what is theirs to do."""
    query = (
        select(TimeLimit, Project, Lot)
        .join(Project, Project.id == TimeLimit.project_id)
        .outerjoin(Lot, Lot.id == TimeLimit.lot_id)
        .where(or_(TimeLimit.state.in_(OPEN), and_(TimeLimit.state == LimitState.MISSED, TimeLimit.ended_at.is_(None))))
    )
    if actor is not None:
        roles = [who for who, role in _ROLES.items() if role in actor.roles]
        theirs = and_(TimeLimit.who.not_in(list(_ROLES)), Project.officer_id == actor.account_id)
        query = query.where(or_(theirs, TimeLimit.who.in_(roles)))
    rows = await session.execute(query.order_by(TimeLimit.due_at.nulls_last(), TimeLimit.id).limit(limit))
    return [
        RunningLimit(
            row, BY_CODE[row.code], project, lot, colour_of(row.state, row.due_at, row.yellow_at, row.code, now)
        )
        for row, project, lot in rows
        if row.code in BY_CODE
    ]


def colour_of(state: str, due_at: datetime | None, yellow_at: datetime | None, code: str, now: datetime) -> str:
    """Red once it is too late, yellow before, green while there is time, quiet where nobody has to hurry."""
    if state == LimitState.MISSED:
        return RED
    if state != LimitState.RUNNING or due_at is None or BY_CODE[code].sense is not Sense.BY:
        return QUIET
    if now >= due_at:
        return RED
    return YELLOW if yellow_at is not None and now >= yellow_at else GREEN


def due_words(due_at: datetime) -> str:
    """A due moment as people say it: midnight is the end of the day before, `2026-11-30 24:00`."""
    local = due_at.astimezone(SHANGHAI)
    if local.hour or local.minute or local.second:
        return moment(due_at)
    return f"{(local - timedelta(days=1)).date().isoformat()} 24:00"


async def _open_projects(session: AsyncSession, after: UUID | None) -> list[Project]:
    unfinished = select(TimeLimit.project_id).where(TimeLimit.state.in_(OPEN))
    query = select(Project).where(
        Project.rule_profile != HISTORIC, or_(Project.state.not_in(_OVER), Project.id.in_(unfinished))
    )
    if after is not None:
        query = query.where(Project.id > after)
    return list(await session.scalars(query.order_by(Project.id).limit(AT_ONCE)))


async def _stale(session: AsyncSession, projects: Sequence[Project], calendar: Calendar, now: datetime) -> list[UUID]:
    """The projects of which a row differs from the facts, or has to be pushed."""
    subjects = await subjects_of(session, projects)
    rows: dict[UUID, dict[tuple[str, str, str], TimeLimit]] = {project.id: {} for project in projects}
    for row in await _rows(session, list(rows)):
        rows[row.project_id][_key(row)] = row
    stale = []
    for project in projects:
        known = rows[project.id]
        found = standings_of(LIMITS, subjects[project.id], calendar, now)
        current = {_key(standing) for standing in found}
        gone = any(key not in current and row.state != LimitState.VOID for key, row in known.items())
        if gone or any(_differs(known.get(_key(standing)), standing, now) for standing in found):
            stale.append(project.id)
    return stale


def _differs(row: TimeLimit | None, standing: Standing, now: datetime) -> bool:
    if row is None or (row.state, row.due_at, row.ended_by) != (
        standing.state,
        standing.due_at,
        None if standing.ended is None else standing.ended.reference,
    ):
        return True
    return _news(row, now) is not None


def _news(row: TimeLimit, now: datetime) -> str | None:
    """What has to be pushed about a row: its first yellow or its first red."""
    colour = colour_of(row.state, row.due_at, row.yellow_at, row.code, now)
    if colour == RED and row.told_at is None and row.ended_at is None:
        return RED
    return YELLOW if colour == YELLOW and row.warned_at is None else None


async def _push(session: AsyncSession, row: TimeLimit, project: Project, now: datetime) -> None:
    news = _news(row, now)
    if news is None:
        return
    assert row.due_at is not None, "a limit that is soon due has a due moment"
    limit = BY_CODE[row.code]
    facts = {"limit_words": limit.title, "due": due_words(row.due_at), "project": project.title}
    role = _ROLES.get(limit.who)
    acting: UUID | Role | None = project.officer_id if role is None else role
    for to in {acting, Role.SUPERVISOR} - {None}:
        assert to is not None
        address = f"/supervision/projects/{project.id}" if to is Role.SUPERVISOR else f"/projects/{project.id}/limits"
        key = f"limit:{row.id}:{news}:{iso(row.due_at)}:{to}"
        message = OVERDUE if news == RED else SOON_DUE
        await notices.send(session, NewNotice(key, to, news, message, address, facts), now=now)
    row.warned_at = row.warned_at or now
    if news == RED:
        row.told_at = now
    kind = "time_limit_missed" if news == RED else "time_limit_warned"
    await _record(session, row, kind, now, {"due_at": iso(row.due_at)})
    await session.flush()


def _take(row: TimeLimit, standing: Standing, calendar: Calendar) -> None:
    if row.due_at is not None and standing.due_at is not None and row.due_at != standing.due_at:
        row.warned_at = row.told_at = None  # the new moment is pushed anew
    row.lot_id, row.code, row.subject = standing.lot, standing.limit.code, standing.subject
    row.who, row.state = standing.limit.who.value, standing.state.value
    row.started_by, row.started_at = standing.started.reference, standing.started.at
    row.due_at, row.yellow_at = standing.due_at, standing.yellow_at
    row.ended_by = None if standing.ended is None else standing.ended.reference
    row.ended_at = None if standing.ended is None else standing.ended.at
    row.unknown_year = standing.unknown_year
    row.moved_by = None if standing.moved_by is None else standing.moved_by.reference
    row.calendar_version = calendar.version


async def _record_move(session: AsyncSession, row: TimeLimit, standing: Standing, now: datetime) -> None:
    """Why the due moment is another: the fact that moved it, or the calendar when no fact did."""
    assert row.due_at is not None
    assert standing.due_at is not None
    moved_by = standing.moved_by
    because = {"because": "calendar", "was_counted_by": row.calendar_version}
    if moved_by is not None and moved_by.reference != row.moved_by:
        because = {"because": moved_by.kind, "fact": moved_by.reference}
    elif row.started_by != standing.started.reference:
        because = {"because": standing.started.kind, "fact": standing.started.reference}
    moments = {"old_due_at": iso(row.due_at), "new_due_at": iso(standing.due_at)}
    await _record(session, row, "time_limit_moved", now, moments | because)


async def _record(session: AsyncSession, row: TimeLimit, kind: str, now: datetime, body: dict[str, Any]) -> None:
    facts = {"limit": row.code, "subject": row.subject, "started_by": row.started_by} | body
    stream = f"limits:{row.project_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=_ACTOR.reference, at=now, body=facts)


async def _rows(session: AsyncSession, project_ids: Sequence[UUID]) -> list[TimeLimit]:
    query = select(TimeLimit).where(TimeLimit.project_id.in_(project_ids))
    return list(await session.scalars(query.execution_options(populate_existing=True)))


def _key(of: TimeLimit | Standing) -> tuple[str, str, str]:
    if isinstance(of, TimeLimit):
        return of.code, of.started_by, of.subject
    return of.limit.code, of.started.reference, of.subject

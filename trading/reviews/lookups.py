"""Finding cases, parts, items, meetings and notices. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.projects.models import Project
from trading.projects.rules import ProjectKind
from trading.reviews.models import (
    Department,
    DepartmentMember,
    ReviewAssignment,
    ReviewCase,
    ReviewInvitation,
    ReviewItem,
    ReviewMeeting,
    ReviewNotice,
    ReviewPart,
)
from trading.reviews.refusals import ReviewNotFound
from trading.reviews.rules import CaseState, PartState

RUNNING = (CaseState.OPEN, CaseState.STOPPED)


async def department_of(session: AsyncSession, actor: Actor) -> Department | None:
    """The department that an account belongs to."""
    if actor.account_id is None:
        return None
    query = select(Department).join(DepartmentMember, DepartmentMember.department_id == Department.id)
    return await session.scalar(query.where(DepartmentMember.account_id == actor.account_id))


async def departments(session: AsyncSession) -> list[Department]:
    """All departments, those in service first, by name."""
    query = select(Department).order_by(Department.retired_at.is_not(None), Department.name)
    return list(await session.scalars(query))


async def members_of(session: AsyncSession) -> dict[UUID, UUID]:
    """The department of every account that belongs to one."""
    return {row.account_id: row.department_id for row in await session.scalars(select(DepartmentMember))}


async def reviewers_of(session: AsyncSession, department_id: UUID) -> list[UUID]:
    """The accounts that review for a department: its members whose account is not shut and has the role."""
    query = (
        select(Account.id)
        .join(DepartmentMember, DepartmentMember.account_id == Account.id)
        .where(
            DepartmentMember.department_id == department_id,
            Account.disabled_at.is_(None),
            Account.roles.contains([Role.REVIEWER.value]),
        )
    )
    return list(await session.scalars(query.order_by(Account.id)))


async def assignments(session: AsyncSession) -> dict[tuple[str, UUID], ReviewAssignment]:
    """What counts now: the newest row for each kind of project and department."""
    rows = await session.scalars(select(ReviewAssignment).order_by(ReviewAssignment.set_at, ReviewAssignment.id))
    return {(row.kind, row.department_id): row for row in rows}


async def reviewing(session: AsyncSession, kind: ProjectKind) -> list[tuple[Department, int]]:
    """The departments in service that review a kind of project, with their promised working days."""
    current = await assignments(session)
    found = [(each, current.get((kind.value, each.id))) for each in await departments(session)]
    return [
        (each, row.promised_days)
        for each, row in found
        if each.retired_at is None and row is not None and row.promised_days is not None
    ]


async def newest_case(session: AsyncSession, project_id: UUID) -> ReviewCase | None:
    """The case of a project that was opened last."""
    query = select(ReviewCase).where(ReviewCase.project_id == project_id).order_by(ReviewCase.number.desc())
    return await session.scalar(query.limit(1))


async def cases_of(session: AsyncSession, project_id: UUID) -> list[ReviewCase]:
    """All cases of a project, the newest first."""
    query = select(ReviewCase).where(ReviewCase.project_id == project_id).order_by(ReviewCase.number.desc())
    return list(await session.scalars(query))


async def running_cases(session: AsyncSession) -> list[tuple[ReviewCase, Project]]:
    """The cases that are not closed with their projects, the oldest first."""
    query = select(ReviewCase, Project).join(Project, Project.id == ReviewCase.project_id)
    rows = await session.execute(query.where(ReviewCase.state.in_(RUNNING)).order_by(ReviewCase.opened_at))
    return [(case, project) for case, project in rows]


async def get_part(session: AsyncSession, part_id: UUID) -> tuple[ReviewPart, ReviewCase]:
    """One part and its case. Refuses with `ReviewNotFound`."""
    part = await session.get(ReviewPart, part_id)
    if part is None:
        raise ReviewNotFound
    return part, await session.get_one(ReviewCase, part.case_id)


async def parts_of(session: AsyncSession, cases: Sequence[ReviewCase]) -> dict[UUID, list[ReviewPart]]:
    """The parts of several cases by case: the departments by name, the centre last."""
    query = select(ReviewPart).where(ReviewPart.case_id.in_([case.id for case in cases]))
    found: dict[UUID, list[ReviewPart]] = {case.id: [] for case in cases}
    ordered = query.order_by(ReviewPart.department_id.is_(None), ReviewPart.department_name)
    for part in await session.scalars(ordered):
        found[part.case_id].append(part)
    return found


async def open_parts_of(session: AsyncSession, department_id: UUID) -> list[tuple[ReviewPart, ReviewCase, Project]]:
    """What waits for a department, the least time left first; what stands still for completion last."""
    query = _of_department(department_id).where(ReviewPart.state == PartState.WAITING, ReviewCase.state.in_(RUNNING))
    rows = await session.execute(query.order_by(ReviewCase.state, ReviewPart.due_at))
    return [(part, case, project) for part, case, project in rows]


async def decided_parts_of(
    session: AsyncSession, department_id: UUID, *, limit: int = 20
) -> list[tuple[ReviewPart, ReviewCase, Project]]:
    """What a department decided last, in words or by law."""
    query = _of_department(department_id).where(ReviewPart.state != PartState.WAITING)
    rows = await session.execute(query.order_by(ReviewPart.decided_at.desc()).limit(limit))
    return [(part, case, project) for part, case, project in rows]


async def notices_of(
    session: AsyncSession, department_id: UUID, *, limit: int = 20
) -> list[tuple[ReviewNotice, ReviewPart, Project]]:
    """What a department was told, the newest first."""
    query = (
        select(ReviewNotice, ReviewPart, Project)
        .join(ReviewPart, ReviewPart.id == ReviewNotice.part_id)
        .join(ReviewCase, ReviewCase.id == ReviewPart.case_id)
        .join(Project, Project.id == ReviewCase.project_id)
        .where(ReviewPart.department_id == department_id)
    )
    rows = await session.execute(query.order_by(ReviewNotice.told_at.desc(), ReviewNotice.id.desc()).limit(limit))
    return [(notice, part, project) for notice, part, project in rows]


async def items_of(session: AsyncSession, case_id: UUID) -> list[ReviewItem]:
    """What was asked for in a case, in order."""
    query = select(ReviewItem).where(ReviewItem.case_id == case_id)
    return list(await session.scalars(query.order_by(ReviewItem.round, ReviewItem.asked_at, ReviewItem.id)))


async def meetings_of(
    session: AsyncSession, case_id: UUID
) -> list[tuple[ReviewMeeting, list[tuple[ReviewPart, bool | None]]]]:
    """The meetings of a case in order, each with who is invited and who came."""
    meetings = await session.scalars(
        select(ReviewMeeting).where(ReviewMeeting.case_id == case_id).order_by(ReviewMeeting.at)
    )
    found: dict[UUID, tuple[ReviewMeeting, list[tuple[ReviewPart, bool | None]]]] = {
        meeting.id: (meeting, []) for meeting in meetings
    }
    query = (
        select(ReviewInvitation, ReviewPart)
        .join(ReviewPart, ReviewPart.id == ReviewInvitation.part_id)
        .where(ReviewInvitation.meeting_id.in_(found))
    )
    for invitation, part in await session.execute(query.order_by(ReviewPart.department_name)):
        found[invitation.meeting_id][1].append((part, invitation.attended))
    return list(found.values())


async def decided_between(session: AsyncSession, first: datetime, end: datetime) -> list[ReviewPart]:
    """The parts of departments that were decided in a span of time, in words or by law."""
    query = select(ReviewPart).where(
        ReviewPart.department_id.is_not(None), ReviewPart.decided_at >= first, ReviewPart.decided_at < end
    )
    return list(await session.scalars(query))


async def lapsed_parts(session: AsyncSession, *, limit: int = 50) -> list[tuple[ReviewPart, ReviewCase, Project]]:
    """The parts that were decided by law, the newest first."""
    query = (
        select(ReviewPart, ReviewCase, Project)
        .join(ReviewCase, ReviewCase.id == ReviewPart.case_id)
        .join(Project, Project.id == ReviewCase.project_id)
        .where(ReviewPart.state.in_((PartState.SILENT, PartState.ABSENT)))
    )
    rows = await session.execute(query.order_by(ReviewPart.decided_at.desc()).limit(limit))
    return [(part, case, project) for part, case, project in rows]


def _of_department(department_id: UUID) -> Select[ReviewPart, ReviewCase, Project]:
    return (
        select(ReviewPart, ReviewCase, Project)
        .join(ReviewCase, ReviewCase.id == ReviewPart.case_id)
        .join(Project, Project.id == ReviewCase.project_id)
        .where(ReviewPart.department_id == department_id)
    )

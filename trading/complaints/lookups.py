"""Finding queries, objections and complaints, and who may see one. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.complaints.models import Matter, MatterFile, MatterPaper, MatterReply, ProjectSuspension
from trading.complaints.procedures import PROCEDURES, Paper, Procedure
from trading.complaints.refusals import MatterNotFound
from trading.complaints.rules import State
from trading.projects.models import Project
from trading.publication.kind_types import family_of

SHOWN = 300
OPEN = frozenset(state for state in State if state.is_open)


class Sight(IntEnum):
    """How somebody stands to a matter. A PARTY was asked to reply to a complaint."""

    NONE = 0
    PARTY = 1
    OFFICER = 2
    OWN = 3
    SUPERVISOR = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """A matter with its project."""

    matter: Matter
    project: Project


def procedure_of(project: Project) -> Procedure:
    """What is ruled for a project."""
    return PROCEDURES[family_of(project.kind)]


async def get_matter(session: AsyncSession, matter_id: UUID) -> Matter:
    """One matter. Refuses `MatterNotFound`."""
    matter = await session.get(Matter, matter_id)
    if matter is None:
        raise MatterNotFound
    return matter


async def lock_matter(session: AsyncSession, matter_id: UUID) -> Matter:
    """One matter, read afresh and locked until the commit. Refuses `MatterNotFound`."""
    query = select(Matter).where(Matter.id == matter_id).with_for_update().execution_options(populate_existing=True)
    matter = await session.scalar(query)
    if matter is None:
        raise MatterNotFound
    return matter


async def sight_of(session: AsyncSession, matter: Matter, actor: Actor) -> Sight:
    """How the actor stands to a matter. Whoever runs the project sees a complaint once it was accepted."""
    if actor.has(Role.SUPERVISOR):
        return Sight.SUPERVISOR
    if actor.unit_id is not None and actor.unit_id == matter.unit_id:
        return Sight.OWN
    project = await session.get_one(Project, matter.project_id)
    if actor.account_id is not None and project.officer_id == actor.account_id:
        return Sight.OFFICER if matter.paper != Paper.COMPLAINT or matter.accepted_at is not None else Sight.NONE
    if actor.unit_id is not None and matter.accepted_at is not None:
        asked = select(MatterReply.id).where(MatterReply.matter_id == matter.id, MatterReply.unit_id == actor.unit_id)
        return Sight.NONE if await session.scalar(asked) is None else Sight.PARTY
    return Sight.NONE


async def matters_of_unit(session: AsyncSession, unit_id: UUID) -> Sequence[Listed]:
    """What a unit has raised, and the complaints on which it is heard, the newest first."""
    heard = select(MatterReply.matter_id).where(MatterReply.unit_id == unit_id)
    return await _listed(session, _all().where(or_(Matter.unit_id == unit_id, Matter.id.in_(heard))))


async def matters_of_officer(session: AsyncSession, account_id: UUID) -> Sequence[Listed]:
    """What was raised about the projects that an officer is in charge of: complaints once they were accepted."""
    seen = or_(Matter.paper != Paper.COMPLAINT, Matter.accepted_at.is_not(None))
    return await _listed(session, _all().where(Project.officer_id == account_id, seen))


async def complaints(session: AsyncSession) -> Sequence[Listed]:
    """All complaints, those that are open first."""
    found = await _listed(session, _all().where(Matter.paper == Paper.COMPLAINT))
    return sorted(found, key=lambda each: each.matter.state not in OPEN)


async def matters_of_project(session: AsyncSession, project_id: UUID) -> Sequence[Matter]:
    """Everything that was raised about a project, in the order of time."""
    query = select(Matter).where(Matter.project_id == project_id)
    return list(await session.scalars(query.order_by(Matter.raised_at, Matter.id)))


async def papers_of(session: AsyncSession, matter_id: UUID) -> Sequence[MatterPaper]:
    """What was handed in, the first paper first."""
    query = select(MatterPaper).where(MatterPaper.matter_id == matter_id)
    return list(await session.scalars(query.order_by(MatterPaper.version)))


async def files_of(session: AsyncSession, matter_id: UUID) -> Sequence[MatterFile]:
    """The files of a matter in the order in which they were added."""
    query = select(MatterFile).where(MatterFile.matter_id == matter_id)
    return list(await session.scalars(query.order_by(MatterFile.added_at, MatterFile.id)))


async def replies_of(session: AsyncSession, matter_id: UUID) -> Sequence[MatterReply]:
    """Who was asked to reply to a complaint: whoever runs the project first."""
    query = select(MatterReply).where(MatterReply.matter_id == matter_id)
    return list(await session.scalars(query.order_by(MatterReply.unit_id.nulls_first())))


async def suspension_of(session: AsyncSession, matter_id: UUID) -> ProjectSuspension | None:
    """The suspension of the project for the sake of a matter."""
    return await session.get(ProjectSuspension, matter_id)


async def suspensions_of(session: AsyncSession, project_id: UUID) -> Sequence[ProjectSuspension]:
    """The suspensions of a project in the order of time."""
    query = select(ProjectSuspension).where(ProjectSuspension.project_id == project_id)
    return list(await session.scalars(query.order_by(ProjectSuspension.suspended_at, ProjectSuspension.matter_id)))


async def is_suspended(session: AsyncSession, project_id: UUID) -> bool:
    """Whether a project stands still for the sake of a query, an objection or a complaint."""
    query = select(ProjectSuspension.matter_id).where(
        ProjectSuspension.project_id == project_id, ProjectSuspension.lifted_at.is_(None)
    )
    return await session.scalar(query.limit(1)) is not None


async def has_open_matters(session: AsyncSession, project_id: UUID) -> bool:
    """Whether anything that was raised about a project still waits for an answer or a decision."""
    query = select(Matter.id).where(Matter.project_id == project_id, Matter.state.in_(OPEN))
    return await session.scalar(query.limit(1)) is not None


def _all() -> Select[Matter, Project]:
    return select(Matter, Project).join(Project, Project.id == Matter.project_id)


async def _listed(session: AsyncSession, query: Select[Matter, Project]) -> list[Listed]:
    rows = await session.execute(query.order_by(Matter.raised_at.desc(), Matter.id.desc()).limit(SHOWN))
    return [Listed(matter, project) for matter, project in rows]

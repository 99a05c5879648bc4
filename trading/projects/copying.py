"""Use case: begin a project like an earlier one. Everything is taken over but the dates and the reserve price."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.kernel.ids import new_id
from trading.projects.entry import record, save_draft
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.kinds.parts import GREEN_CHANNEL, GREEN_CHANNEL_REASON, FieldType, lot_count_of
from trading.projects.lookups import PUBLIC_STATES, draft_of, get_project
from trading.projects.models import Project, ProjectDraft
from trading.projects.rules import CannotBeCopied, ProjectKind

_BEGUN_ANEW = frozenset({GREEN_CHANNEL, GREEN_CHANNEL_REASON, "warning_read"})
"""What is decided for each project by itself."""


async def copy_project(
    session: AsyncSession, source_id: UUID, *, actor: Actor, demonstration: bool, now: datetime
) -> UUID:
    """Begin a draft like a project that was published, the actor's own or one of the actor's unit. Returns the new one.

    Refuses with `ProjectNotFound`, `CannotBeCopied`.
    """
    source = await get_project(session, source_id)
    if not await may_copy(session, source, actor):
        raise CannotBeCopied
    draft = await draft_of(session, source_id)
    kind = ProjectKind(source.kind)
    form = dict(draft.form)
    for name, field in KIND_FORMS[kind].fields(lot_count_of(form)):
        if field.type is FieldType.MOMENT or name in _BEGUN_ANEW:
            form[name] = ""
    begun = new_id()
    await save_draft(session, begun, form | {"kind": kind.value}, actor=actor, demonstration=demonstration, now=now)
    (await draft_of(session, begun)).copied_from = source_id
    await session.flush()
    await record(session, f"project:{begun}", "draft_copied", actor, now, {"from": str(source_id)})
    return begun


async def may_copy(session: AsyncSession, project: Project, actor: Actor) -> bool:
    """Whether this person may begin a project like this one."""
    query = _copyable(actor).where(Project.id == project.id)
    return (await session.scalar(query.limit(1))) is not None


async def projects_to_copy(
    session: AsyncSession, actor: Actor, *, words: str = "", kind: ProjectKind | None = None, limit: int = 50
) -> list[Project]:
    """The projects that this person may copy, the newest first; `words` stand in the title or the owner's name."""
    query = _copyable(actor)
    if words:
        named = (column.contains(words, autoescape=True) for column in (Project.title, Project.owner_name))
        query = query.where(or_(*named))
    if kind is not None:
        query = query.where(Project.kind == kind)
    return list(await session.scalars(query.order_by(Project.published_at.desc(), Project.id.desc()).limit(limit)))


def _copyable(actor: Actor) -> Select[Project]:
    """What was published by this person, or by somebody of the same unit; the centre's own people act for none."""
    colleagues = select(Account.id).where(Account.unit_id.is_not_distinct_from(actor.unit_id))
    typed = select(Project).join(ProjectDraft, ProjectDraft.project_id == Project.id)
    mine = or_(Project.officer_id == actor.account_id, Project.officer_id.in_(colleagues))
    return typed.where(Project.state.in_(PUBLIC_STATES), mine)

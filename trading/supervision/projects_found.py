"""Finding a project by what people know of it: code, title, owner, parcel."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.projects.models import Lot, Project
from trading.projects.rules import ProjectState

SHOWN = 50


async def find(session: AsyncSession, words: str) -> Sequence[Project]:
    """Projects beyond the draft that hold these words, the newest first; without words the newest of all."""
    query = select(Project).where(Project.state != ProjectState.DRAFT)
    if words:
        lots = select(Lot.project_id).where(
            or_(*(column.icontains(words, autoescape=True) for column in (Lot.title, Lot.parcel_number, Lot.deal_code)))
        )
        named = (Project.title, Project.owner_name, Project.entry_code)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named), Project.id.in_(lots)))
    return list(await session.scalars(query.order_by(Project.created_at.desc(), Project.id.desc()).limit(SHOWN)))

"""A project with facts in the journal, for the tests of time limits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.auction.selling import publish_lot
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.limits.models import TimeLimit
from trading.notices.models import Notice
from trading.projects.models import Project


def at(month: int, day: int, hour: int = 10) -> datetime:
    """A moment of 2026, typed as local time."""
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


@dataclass(frozen=True)
class Example:
    """A lot that was sold at a moment, without any of what has to follow."""

    project_id: UUID
    lot_id: UUID
    officer_id: UUID


async def write(session: AsyncSession, stream: str, what: str, when: datetime, **body: object) -> None:
    """One fact."""
    await journal_store.append(session, stream=stream, kind=what, actor="system:test", at=when, body=dict(body))


async def sold_lot(database: Database, when: datetime, *, profile: str = "land-timed-fujian") -> Example:
    """A lot of a project under a real profile whose sale ended at `when`; nothing was published since."""
    async with database.work() as session:
        sale = await publish_lot(session, now=when, bidders=1, profile=profile)
        await write(session, f"lot:{sale.lot_id}", "lot_sold", when)
        officer_id = await _officer(session, sale.project_id)
    return Example(sale.project_id, sale.lot_id, officer_id)


async def _officer(session: AsyncSession, project_id: UUID) -> UUID:
    officer = (await session.get_one(Project, project_id)).officer_id
    assert officer is not None
    return officer


async def rows(database: Database) -> dict[str, TimeLimit]:
    """The stored limits by code."""
    async with database.reading() as session:
        return {row.code: row for row in await session.scalars(select(TimeLimit))}


async def sent(database: Database) -> list[Notice]:
    """All notices, in the order in which they were sent."""
    async with database.reading() as session:
        return list(await session.scalars(select(Notice).order_by(Notice.created_at, Notice.key)))


async def told(database: Database, project_id: UUID) -> list[tuple[str, dict[str, object]]]:
    """What the journal of the project's limits says: kinds and bodies."""
    async with database.reading() as session:
        return [(each.kind, each.body) for each in await journal_store.read(session, f"limits:{project_id}")]

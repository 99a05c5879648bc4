"""Use cases of the exchange: releases in the order of their moments, records of projects, a month as a whole."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import CompoundSelect, Select, Text, and_, cast, exists, func, literal, or_, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from trading.exchange.merging import record_of
from trading.exchange.refusals import MonthUnreadable, PlaceUnreadable, RecordNotFound, ReleaseNotFound
from trading.exchange.releases import Json, Process, Published, Publisher, Recorded, releases_of
from trading.kernel.database import Database
from trading.kernel.moments import iso, midnight
from trading.projects.models import Deal, Lot, Project
from trading.projects.rules import ProjectKind
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.settings import Settings

RELEASES_A_PAGE = 100
RECORDS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and the place after which the next part begins; None at the end."""

    items: list[Json]
    after: str | None


def publisher_of(settings: Settings) -> Publisher:
    """Who publishes on this installation."""
    return Publisher(settings.ocid_prefix, settings.centre_name, settings.centre_credit_code, settings.public_url)


async def releases_after(session: AsyncSession, publisher: Publisher, after: str | None) -> Page:
    """The releases that follow a place, the oldest first. Refuses with `PlaceUnreadable`."""
    query = select(_moments().subquery("moments"))
    columns = query.selected_columns
    if after:
        query = query.where(tuple_(columns["at"], columns["id"]) > tuple_(*_read_place(after)))
    rows = (await session.execute(query.order_by(columns["at"], columns["id"]).limit(RELEASES_A_PAGE))).all()
    releases = await _releases_by_id(session, publisher, {row.project_id for row in rows})
    last = f"{iso(rows[-1].at)}_{rows[-1].id}" if len(rows) == RELEASES_A_PAGE else None
    return Page([releases[str(row.id)] for row in rows], last)


async def release(session: AsyncSession, publisher: Publisher, release_id: str) -> Json:
    """One release. Refuses with `ReleaseNotFound`."""
    moments = _moments().subquery("moments")
    try:
        wanted = UUID(release_id)
    except ValueError:
        raise ReleaseNotFound(release_id[:60]) from None
    project_id = await session.scalar(select(moments.c.project_id).where(moments.c.id == wanted))
    if project_id is None:
        raise ReleaseNotFound(release_id[:60])
    return (await _releases_by_id(session, publisher, {project_id}))[str(wanted)]


async def records_after(
    session: AsyncSession, publisher: Publisher, after: str | None, *, most: int = RECORDS_A_PAGE
) -> Page:
    """The records of published projects that follow a place, in the order of their entry. Refuses `PlaceUnreadable`."""
    query = select(Project.id).where(Project.id.in_(select(_moments().subquery().c.project_id))).order_by(Project.id)
    if after:
        try:
            query = query.where(Project.id > UUID(after))
        except ValueError:
            raise PlaceUnreadable(after[:60]) from None
    ids = list(await session.scalars(query.limit(most)))
    found = await _releases_of_projects(session, publisher, ids)
    return Page([record_of(found[one]) for one in ids], str(ids[-1]) if len(ids) == most else None)


async def record(session: AsyncSession, publisher: Publisher, ocid: str) -> Json:
    """The record of one published project. Refuses with `RecordNotFound`."""
    key = ocid.removeprefix(f"{publisher.prefix}-")
    own = or_(Project.entry_code == key, and_(Project.entry_code.is_(None), cast(Project.id, Text) == key))
    project_id = await session.scalar(select(Project.id).where(own)) if key != ocid else None
    found = {} if project_id is None else await _releases_of_projects(session, publisher, [project_id])
    if project_id is None or not found.get(project_id):
        raise RecordNotFound(ocid[:60])
    return record_of(found[project_id])


async def months(session: AsyncSession) -> list[tuple[str, int]]:
    """The local months that have releases, as 2026-11, the newest first, with how many each has."""
    moments = _moments().subquery()
    month = func.to_char(func.timezone("Asia/Shanghai", moments.c.at), "YYYY-MM").label("month")
    query = select(month, func.count()).group_by(month).order_by(month.desc())
    return [(str(name), int(count)) for name, count in await session.execute(query)]


async def lines_of_month(database: Database, publisher: Publisher, month: str) -> AsyncIterator[bytes]:
    """All releases of a local month, one JSON object on a line, the oldest first. Refuses with `MonthUnreadable`."""
    first, last = _bounds(month)
    moments = _moments().subquery()
    query = select(moments).where(moments.c.at >= first, moments.c.at < last).order_by(moments.c.at, moments.c.id)
    async with database.reading() as session:
        rows = (await session.execute(query)).all()
    for at in range(0, len(rows), RELEASES_A_PAGE):
        part = rows[at : at + RELEASES_A_PAGE]
        async with database.reading() as session:
            releases = await _releases_by_id(session, publisher, {row.project_id for row in part})
        yield b"".join(msgspec.json.encode(releases[str(row.id)]) + b"\n" for row in part)


def check_month(month: str) -> None:
    """Refuse with `MonthUnreadable` what is no month."""
    _bounds(month)


def _moments() -> CompoundSelect[UUID, UUID, datetime]:
    """Every release: its identifier, its project, its moment. A recorded deal without an announcement is one, too."""
    announced: Select[UUID, UUID, datetime] = select(
        Announcement.id, Announcement.project_id, Announcement.published_at.label("at")
    )
    has_announcement = exists(select(literal(1)).where(Announcement.project_id == Deal.project_id))
    recorded: Select[UUID, UUID, datetime] = (
        select(Deal.id, Deal.project_id, Deal.concluded_at.label("at"))
        .join(Lot, Lot.id == Deal.lot_id)
        .where(Lot.is_recorded, ~has_announcement)
    )
    return union_all(announced, recorded)


async def _releases_by_id(session: AsyncSession, publisher: Publisher, project_ids: Iterable[UUID]) -> dict[str, Json]:
    found = await _releases_of_projects(session, publisher, list(project_ids))
    return {release["id"]: release for releases in found.values() for release in releases}


async def _releases_of_projects(
    session: AsyncSession, publisher: Publisher, project_ids: Sequence[UUID]
) -> dict[UUID, list[Json]]:
    announcements: dict[UUID, list[Published]] = defaultdict(list)
    told = select(Announcement).where(Announcement.project_id.in_(project_ids))
    for row in await session.scalars(told.order_by(Announcement.published_at, Announcement.id)):
        facts: dict[str, Any] = msgspec.json.decode(row.facts)
        told_of = Published(str(row.id), AnnouncementKind(row.kind), row.title, row.published_at, facts)
        announcements[row.project_id].append(told_of)
    deals: dict[UUID, list[Recorded]] = defaultdict(list)
    silent = [project_id for project_id in project_ids if project_id not in announcements]
    recorded = select(Deal, Lot).join(Lot, Lot.id == Deal.lot_id).where(Lot.is_recorded, Deal.project_id.in_(silent))
    for deal, lot in await session.execute(recorded.order_by(Deal.concluded_at, Deal.id)):
        deals[deal.project_id].append(_recorded(deal, lot))
    projects = await session.scalars(select(Project).where(Project.id.in_(project_ids)))
    return {
        project.id: list(releases_of(publisher, _process(project), announcements[project.id], deals[project.id]))
        for project in projects
    }


def _process(project: Project) -> Process:
    key = project.entry_code or str(project.id)
    return Process(key, project.title, project.owner_name, ProjectKind(project.kind))


def _recorded(deal: Deal, lot: Lot) -> Recorded:
    return Recorded(
        id=str(deal.id),
        at=deal.concluded_at,
        deal_code=lot.deal_code or str(lot.id),
        title=lot.title,
        baseline_fen=deal.baseline_fen,
        final_fen=deal.final_fen,
        winner_name=deal.winner_name,
        winner_credit_code=deal.winner_credit_code,
    )


def _read_place(after: str) -> tuple[datetime, UUID]:
    try:
        at, identifier = after.split("_")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise PlaceUnreadable(after[:60])
        return moment, UUID(identifier)
    except ValueError:
        raise PlaceUnreadable(after[:60]) from None


def _bounds(month: str) -> tuple[datetime, datetime]:
    try:
        first = date.fromisoformat(f"{month}-01")
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        raise MonthUnreadable(month[:20]) from None
    return tuple(midnight(day) for day in (first, following))  # type: ignore[return-value]

"""What the rooms contribute to a dossier: the archive's view of projects, announcements, registrations and money.

The archive stands below these rooms and cannot ask them; the application hands it this object instead.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from archive.bundle import FiledDocument, LooseRecord
from archive.models import Document
from archive.sources import PAGE_LENGTH, ArchivedProject, DealFacts, Found, Parts, Search
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.complaints import dossier as complaints
from trading.deposits import lookups as deposits
from trading.kernel.moments import midnight
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Deal, Lot, Project
from trading.projects.rules import ProjectNotFound, ProjectState
from trading.publication import service as publication
from trading.publication.models import Announcement
from trading.registration import service as registrations
from trading.registration.service import stream_of
from trading.supervision.dossier_gaps import gaps_of
from trading.supervision.dossier_tables import RegistrationRow, Tables, record_files
from trading.venues import dossier as venues


class ProjectDossiers:
    """The one implementation of `archive.sources.Sources`."""

    async def search(self, session: AsyncSession, search: Search) -> Found:
        """One page of the projects that have entered the centre, the latest ended first."""
        total = int(await session.scalar(select(func.count()).select_from(_matching(search).subquery())) or 0)
        page = min(max(1, search.page), max(1, -(-total // PAGE_LENGTH)))
        newest = func.coalesce(Project.concluded_at, Project.entered_at).desc()
        rows = _matching(search).order_by(newest, Project.id.desc()).offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)
        found = list(await session.scalars(rows))
        return Found(
            projects=await _with_deals(session, found),
            total=total,
            page=page,
            kinds=await _counts(session, search, "kind"),
            states=await _counts(session, search, "state"),
        )

    async def project(self, session: AsyncSession, project_id: UUID) -> ArchivedProject:
        """One project. Refuses with `ProjectNotFound`, also for one that has not entered the centre."""
        project = await projects.get_project(session, project_id)
        if project.entered_at is None:
            raise ProjectNotFound
        return (await _with_deals(session, [project]))[0]

    async def parts(self, session: AsyncSession, project_id: UUID) -> Parts:
        """Announcements, the names of the streams, and what is missing."""
        project, lots = await projects.get_project(session, project_id), await projects.lots_of(session, project_id)
        published = await publication.announcements_of(session, project_id)
        registered = [each for lot in lots for each in await registrations.registrations_of_lot(session, lot.id)]
        of_lots = [f"{kind}:{lot.id}" for lot in lots for kind in (("lot",) if lot.is_recorded else ("lot", "auction"))]
        return Parts(
            announcements=tuple(
                file for number, each in enumerate(published, start=1) for file in _as_documents(number, each)
            ),
            streams=(
                *of_lots,
                *[stream_of(registration.id) for registration in registered],
                *await venues.streams_of_project(session, project_id),
            ),
            gaps=tuple(await gaps_of(session, project, lots, published, registered)),
        )

    async def records(self, session: AsyncSession, project_id: UUID) -> tuple[LooseRecord, ...]:
        """Tables of registrations, receipts, refunds, forfeitures, rooms and recordings, and what was raised."""
        lots = await projects.lots_of(session, project_id)
        rows = [
            RegistrationRow(lot, registration, await accounts.get_unit(session, registration.unit_id))
            for lot in lots
            for registration in await registrations.registrations_of_lot(session, lot.id)
        ]
        tables = Tables(
            await projects.get_project(session, project_id),
            tuple(rows),
            tuple([receipt for lot in lots for receipt in await deposits.receipts_of_lot(session, lot.id)]),
            tuple([refund for lot in lots for refund in await deposits.refunds_of_lot(session, lot.id)]),
            tuple([row for lot in lots for row in await deposits.forfeitures_of_lot(session, lot.id)]),
        )
        rooms = await venues.record_of_project(session, project_id)
        raised = await complaints.record_of_project(session, project_id)
        return (*await asyncio.to_thread(record_files, tables), *rooms, *raised)

    async def deal_facts(self, session: AsyncSession, document: Document) -> DealFacts:
        """What the public may know of the deal behind a document."""
        project = await projects.get_project(session, document.project_id)
        lot = None if document.lot_id is None else await projects.get_lot(session, document.lot_id)
        deal = None if lot is None else await projects.deal_of(session, lot.id)
        return DealFacts(
            lot_title=project.title if lot is None else lot.title,
            deal_code=None if lot is None else lot.deal_code,
            parcel_number=None if lot is None else lot.parcel_number,
            owner_name=project.owner_name,
            winner_name=None if deal is None else deal.winner_name,
            final_price=None if deal is None else Money(deal.final_fen),
            concluded_at=None if deal is None else deal.concluded_at,
            is_demonstration=project.is_demonstration,
        )

    async def may_read(self, session: AsyncSession, actor: Actor, document: Document) -> bool:
        """The winner reads the letter; everybody who took part in the lot reads the bid record."""
        if actor.unit_id is None or document.lot_id is None:
            return False
        registration = await registrations.registration_of(session, document.lot_id, actor.unit_id)
        if registration is None or registration.plate is None:
            return False
        if document.kind in {"bid_record", "bid_record_csv"}:
            return True
        deal = await projects.deal_of(session, document.lot_id)
        unit = await accounts.get_unit(session, actor.unit_id)
        return deal is not None and deal.winner_credit_code == unit.credit_code

    async def file_complete(self, session: AsyncSession, *, actor: Actor, now: datetime) -> list[UUID]:
        """File the projects that have ended and whose dossiers have no gaps; deals that were only recorded stay as they
        are.
        """
        recorded = select(Lot.id).where(Lot.project_id == Project.id, Lot.is_recorded).exists()
        ended = Project.state.in_([ProjectState.CONCLUDED, ProjectState.TERMINATED]) & Project.filed_at.is_(None)
        concluded = select(Project.id).where(ended, ~recorded).order_by(Project.id)
        filed = []
        for project_id in list(await session.scalars(concluded)):
            if not (await self.parts(session, project_id)).gaps:
                await projects.file_project(session, project_id, actor=actor, now=now)
                filed.append(project_id)
        return filed


def _matching(search: Search, *, without: str = "") -> Select[Project]:
    query = select(Project).where(Project.entered_at.is_not(None))
    if search.kind and without != "kind":
        query = query.where(Project.kind == search.kind)
    if search.state and without != "state":
        query = query.where(Project.state == search.state)
    if search.first_day is not None:
        query = query.where(Project.concluded_at >= midnight(search.first_day))
    if search.last_day is not None:
        end = midnight(search.last_day) + timedelta(days=1)
        query = query.where(Project.concluded_at < end)
    for word in search.words.split()[:6]:
        query = query.where(_speaks_of(word))
    return query


def _speaks_of(word: str) -> ColumnElement[bool]:
    own = (Project.title, Project.entry_code, Project.owner_name)
    of_lot = (Lot.title, Lot.parcel_number, Lot.deal_code)
    lot = select(Lot.id).where(
        Lot.project_id == Project.id, or_(*[column.icontains(word, autoescape=True) for column in of_lot])
    )
    won = Deal.winner_name.icontains(word, autoescape=True)
    deal = projects.standing_deals().where(Deal.project_id == Project.id, won)
    return or_(*[column.icontains(word, autoescape=True) for column in own], lot.exists(), deal.exists())


async def _counts(session: AsyncSession, search: Search, facet: str) -> dict[str, int]:
    rows = _matching(search, without=facet).subquery()
    column = rows.c[facet]
    query = select(column, func.count()).group_by(column).order_by(column)
    return {str(value): int(count) for value, count in await session.execute(query)}


async def _with_deals(session: AsyncSession, found: Sequence[Project]) -> list[ArchivedProject]:
    of_found = Deal.project_id.in_([project.id for project in found])
    query = projects.standing_deals().where(of_found).order_by(Deal.concluded_at)
    deals: dict[UUID, list[Deal]] = {}
    for deal in await session.scalars(query):
        deals.setdefault(deal.project_id, []).append(deal)
    return [_archived(project, deals.get(project.id, [])) for project in found]


def _archived(project: Project, deals: Sequence[Deal]) -> ArchivedProject:
    return ArchivedProject(
        id=project.id,
        title=project.title,
        entry_code=project.entry_code,
        kind=project.kind,
        state=project.state,
        owner_name=project.owner_name,
        winner_name="、".join(dict.fromkeys(deal.winner_name for deal in deals)) or None,
        final_price=Money(sum(deal.final_fen for deal in deals)) if deals else None,
        concluded_at=project.concluded_at,
        is_demonstration=project.is_demonstration,
    )


def _as_documents(number: int, announcement: Announcement) -> Iterator[FiledDocument]:
    """An announcement as it was published: its facts, and the text that people read; the oldest have no text."""
    name = f"announcement-{number:02d}-{announcement.kind}"
    facts = FiledDocument(
        document_id=str(announcement.id),
        kind=f"announcement_{announcement.kind}",
        title=announcement.title,
        media_type="application/json",
        file_name=f"{name}.json",
        filed_at=announcement.published_at,
        content=announcement.facts.encode(),
    )
    yield facts
    if announcement.text is not None:
        yield replace(facts, media_type="text/html", file_name=f"{name}.html", content=announcement.text.encode())

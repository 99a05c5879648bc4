"""What the rooms contribute to a dossier: the archive's view of projects, announcements, registrations and money.

The archive stands below these rooms and cannot ask them; the application hands it this object instead.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import service as archive
from archive.bundle import FiledDocument, LooseRecord
from archive.models import Document
from archive.sources import PAGE_LENGTH, ArchivedProject, DealFacts, Found, Parts, Search
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.deposits import lookups as deposits
from trading.deposits.models import Deposit
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Deal, Lot, Project
from trading.projects.rules import LotState, ProjectNotFound, ProjectState
from trading.projects.voiding import voiding_of
from trading.publication import service as publication
from trading.publication.models import Announcement
from trading.registration import service as registrations
from trading.registration.models import Registration
from trading.registration.service import stream_of
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
        lots = await projects.lots_of(session, project_id)
        published = await publication.announcements_of(session, project_id)
        registered = [each for lot in lots for each in await registrations.registrations_of_lot(session, lot.id)]
        of_lots = [f"{kind}:{lot.id}" for lot in lots for kind in (("lot",) if lot.is_recorded else ("lot", "auction"))]
        return Parts(
            announcements=tuple(_as_document(number, each) for number, each in enumerate(published, start=1)),
            streams=(
                *of_lots,
                *[stream_of(registration.id) for registration in registered],
                *await venues.streams_of_project(session, project_id),
            ),
            gaps=tuple(await _gaps(session, lots, published, registered)),
        )

    async def records(self, session: AsyncSession, project_id: UUID) -> tuple[LooseRecord, ...]:
        """Tables of registrations, receipts, refunds, forfeitures, rooms and recordings."""
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
        return (*await asyncio.to_thread(record_files, tables), *rooms)

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
        """File the concluded projects whose dossiers have no gaps; deals that were only recorded stay as they are."""
        recorded = select(Lot.id).where(Lot.project_id == Project.id, Lot.is_recorded).exists()
        concluded = select(Project.id).where(Project.state == ProjectState.CONCLUDED, ~recorded).order_by(Project.id)
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
        query = query.where(
            Project.concluded_at >= datetime.combine(search.first_day, time(), SHANGHAI).astimezone(UTC)
        )
    if search.last_day is not None:
        end = datetime.combine(search.last_day, time(), SHANGHAI).astimezone(UTC) + timedelta(days=1)
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


def _as_document(number: int, announcement: Announcement) -> FiledDocument:
    return FiledDocument(
        document_id=str(announcement.id),
        kind=f"announcement_{announcement.kind}",
        title=announcement.title,
        media_type="application/json",
        file_name=f"announcement-{number:02d}-{announcement.kind}.json",
        filed_at=announcement.published_at,
        content=announcement.facts.encode(),
    )


async def _gaps(
    session: AsyncSession,
    lots: Sequence[Lot],
    published: Sequence[Announcement],
    registered: Sequence[Registration],
) -> list[str]:
    """What a complete dossier would still need, as message ids."""
    sales = [lot for lot in lots if not lot.is_recorded]
    if not sales:
        return ["The deal was recorded afterwards; its papers were not brought in."]
    kinds = {(announcement.lot_id, announcement.kind) for announcement in published}
    filed = {(each.lot_id, each.kind) for each in await archive.documents_of(session, sales[0].project_id)}
    refunds = [refund for lot in sales for refund in await deposits.refunds_of_lot(session, lot.id)]
    gaps: dict[str, bool] = {
        "The sale announcement is missing.": any((lot.id, "sale") not in kinds for lot in sales),
        "A lot has not ended yet.": any(not LotState(lot.state).is_final for lot in sales),
        "A result announcement is missing.": any(
            lot.state == LotState.SOLD and (lot.id, "result") not in kinds for lot in sales
        ),
        "A confirmation letter is missing.": any(
            lot.state == LotState.SOLD and (lot.id, "confirmation_letter") not in filed for lot in sales
        ),
        "A bid record is missing.": any(
            LotState(lot.state).is_final and (lot.id, "bid_record") not in filed for lot in sales
        ),
        "Refunds are not finished.": any(refund.state not in ("done", "failed") for refund in refunds),
        "A second officer has to decide whether the result is void.": any(
            [lot.state == LotState.SOLD and await voiding_of(session, lot.id) is not None for lot in sales]
        ),
        "A deposit is not settled.": await _has_open_deposits(session, registered),
    }
    return [words for words, is_missing in gaps.items() if is_missing]


async def _has_open_deposits(session: AsyncSession, registered: Sequence[Registration]) -> bool:
    still_held = select(Deposit.registration_id).where(
        Deposit.registration_id.in_([registration.id for registration in registered]),
        Deposit.state.in_(["held", "returning"]),
    )
    return await session.scalar(still_held.limit(1)) is not None

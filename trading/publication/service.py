"""Use cases of publication: publish a sale, publish what came of it, correct, find. Services never commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, false, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.profiles import rule_profile
from trading.publication.models import Announcement, AnnouncementSequence
from trading.publication.rules import (
    AnnouncementIncomplete,
    AnnouncementKind,
    AnnouncementNotFound,
    announcement_number,
    announcement_title,
    freeze,
)
from trading.publication.search import indexed_words, query_words

PAGE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Days are local and both included; `page` counts from 1."""

    typed: str = ""
    kind: AnnouncementKind | None = None
    first_day: date | None = None
    last_day: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One page of announcements, the newest first, and how many there are on all pages."""

    announcements: list[Announcement]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; one when nothing was found."""
        return max(1, -(-self.total // PAGE_LENGTH))


async def sale_facts(session: AsyncSession, project: Project, lot: Lot) -> dict[str, Any]:
    """What the sale announcement of a lot says. Nothing of the reserve but whether there is one."""
    return {
        **await _first_round(session, lot),
        **projects.announced_terms(lot, rule_profile(project.rule_profile)),
        "entry_code": project.entry_code,
        "lot_title": lot.title,
        "owner_name": project.owner_name,
        "rule_profile": project.rule_profile,
    }


async def publish_sale(session: AsyncSession, project_id: UUID, *, actor: Actor, now: datetime) -> list[Announcement]:
    """The officer in charge publishes the sale of all lots of a project.

    Refuses with what `projects.service.mark_published` refuses: `NotYourProject`, `ProjectMovedOn`, `EntryHasProblems`.
    """
    lots = await projects.mark_published(session, project_id, actor=actor, now=now)
    project = await projects.get_project(session, project_id)
    return [
        await publish(
            session,
            AnnouncementKind.SALE,
            project_id,
            lot.id,
            await sale_facts(session, project, lot),
            now=now,
            actor=actor,
        )
        for lot in lots
    ]


async def _first_round(session: AsyncSession, lot: Lot) -> dict[str, Any]:
    """What the announcement of a second round (再次拍卖) says of the first one; of any other lot nothing."""
    if lot.second_round_of is None:
        return {}
    first = await projects.get_lot(session, lot.second_round_of)
    told = {"lot": str(first.id), "deal_code": first.deal_code, "starting_price_fen": first.starting_price_fen}
    sale = select(Announcement.number).where(Announcement.lot_id == first.id)
    number = await session.scalar(sale.where(Announcement.kind == AnnouncementKind.SALE))
    return {"second_round_of": told | {"number": number}}


async def publish(
    session: AsyncSession,
    kind: AnnouncementKind | str,
    project_id: UUID,
    lot_id: UUID | None,
    facts: Mapping[str, Any],
    *,
    now: datetime,
    actor: Actor,
    corrects_id: UUID | None = None,
) -> Announcement:
    """Publish an announcement: number it, freeze its facts, record it. It is never changed afterwards.

    Titles, codes and the owner are added from the project and the lot when `facts` leave them out. Refuses with
    `AnnouncementIncomplete`.
    """
    kind = AnnouncementKind(kind)
    project = await projects.get_project(session, project_id)
    lot = None if lot_id is None else await projects.get_lot(session, lot_id)
    stated = _known_facts(project, lot) | dict(facts)
    frozen = freeze(kind, stated)
    number = announcement_number(kind, await _next_number(session, kind, now), now)
    again = "second_round_of" in stated
    title = announcement_title(kind, project.title if lot is None else lot.title, second_round=again)
    words = indexed_words(" ".join([title, number, *_searchable(stated)]))
    announcement = Announcement(
        id=new_id(),
        number=number,
        kind=kind,
        project_id=project_id,
        lot_id=lot_id,
        title=title,
        facts=frozen.text,
        facts_hash=frozen.sha256,
        words=func.to_tsvector("simple", words),
        corrects_id=corrects_id,
        published_at=now,
        published_by=actor.reference,
        is_demonstration=project.is_demonstration,
    )
    session.add(announcement)
    await session.flush()
    body = {
        "announcement": str(announcement.id),
        "kind": kind.value,
        "number": number,
        "title": title,
        "facts_sha256": frozen.sha256,
        "corrects": None if corrects_id is None else str(corrects_id),
    }
    await journal_store.append(
        session, stream=f"project:{project_id}", kind="announcement_published", actor=actor.reference, at=now, body=body
    )
    return announcement


async def correct(
    session: AsyncSession, announcement_id: UUID, correction: str, *, actor: Actor, now: datetime
) -> Announcement:
    """Correct an announcement by another one that names it. Refuses with `AnnouncementIncomplete` without a text."""
    wrong = await get_announcement(session, announcement_id)
    if not correction.strip():
        raise AnnouncementIncomplete("correction")
    facts = {"corrected_number": wrong.number, "correction": correction.strip()}
    return await publish(
        session,
        AnnouncementKind.CORRECTION,
        wrong.project_id,
        wrong.lot_id,
        facts,
        now=now,
        actor=actor,
        corrects_id=wrong.id,
    )


async def get_announcement(session: AsyncSession, announcement_id: UUID) -> Announcement:
    """One announcement. Refuses with `AnnouncementNotFound`."""
    announcement = await session.get(Announcement, announcement_id)
    if announcement is None:
        raise AnnouncementNotFound
    return announcement


def facts_of(announcement: Announcement) -> dict[str, Any]:
    """The frozen facts, read."""
    facts: dict[str, Any] = msgspec.json.decode(announcement.facts)
    return facts


async def corrections_of(session: AsyncSession, announcement_id: UUID) -> list[Announcement]:
    """What corrects an announcement, in the order in which it was published."""
    query = select(Announcement).where(Announcement.corrects_id == announcement_id)
    return list(await session.scalars(query.order_by(Announcement.published_at, Announcement.id)))


async def announcements_of(session: AsyncSession, project_id: UUID) -> list[Announcement]:
    """All announcements of a project in the order in which they were published."""
    query = select(Announcement).where(Announcement.project_id == project_id)
    return list(await session.scalars(query.order_by(Announcement.published_at, Announcement.id)))


async def latest(session: AsyncSession, kind: AnnouncementKind | None = None, *, limit: int = 10) -> list[Announcement]:
    """The announcements published last, the newest first."""
    query = select(Announcement)
    if kind is not None:
        query = query.where(Announcement.kind == kind)
    return list(await session.scalars(_newest_first(query).limit(limit)))


async def find(session: AsyncSession, search: Search) -> Found:
    """One page of what was looked for. A page beyond the last is the last one."""
    query = _matching(search)
    total = int(await session.scalar(select(func.count()).select_from(query.subquery())) or 0)
    page = min(max(1, search.page), max(1, -(-total // PAGE_LENGTH)))
    place = (page - 1) * PAGE_LENGTH
    listed = _page_of_hits(query, place) if query_words(search.typed) else _newest_first(query).offset(place)
    return Found(list(await session.scalars(listed.limit(PAGE_LENGTH))), total, page)


def _page_of_hits(query: Select[Announcement], place: int) -> Select[Announcement]:
    """One page of what words have found, the newest first.

    The hits are gathered before they are sorted: for rare words the database would otherwise walk through all
    announcements by date until a page is full (measured with 100,000 of them: 140 ms instead of 1).
    """
    columns = (Announcement.id, Announcement.published_at)
    hits = query.with_only_columns(*columns).cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    ids = select(hits.c.id).order_by(hits.c.published_at.desc(), hits.c.id.desc())
    on_page = ids.offset(place).limit(PAGE_LENGTH).subquery("on_page")
    return _newest_first(select(Announcement).join(on_page, Announcement.id == on_page.c.id))


def _matching(search: Search) -> Select[Announcement]:
    query = select(Announcement)
    if search.kind is not None:
        query = query.where(Announcement.kind == search.kind)
    if search.first_day is not None:
        query = query.where(Announcement.published_at >= _midnight(search.first_day))
    if search.last_day is not None:
        query = query.where(Announcement.published_at < _midnight(search.last_day + timedelta(days=1)))
    words = query_words(search.typed)
    if words:
        query = query.where(Announcement.words.op("@@")(func.to_tsquery("simple", words)))
    elif search.typed.strip():
        query = query.where(false())
    return query


def _newest_first(query: Select[Announcement]) -> Select[Announcement]:
    return query.order_by(Announcement.published_at.desc(), Announcement.id.desc())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def _known_facts(project: Project, lot: Lot | None) -> dict[str, Any]:
    known: dict[str, Any] = {
        "entry_code": project.entry_code,
        "project_title": project.title,
        "owner_name": project.owner_name,
        "is_demonstration": project.is_demonstration,
    }
    if lot is not None:
        known |= {"deal_code": lot.deal_code, "lot_title": lot.title}
        if not lot.is_recorded:
            known |= {"parcel_number": lot.parcel_number, "location": lot.location}
    return known


def _searchable(facts: Mapping[str, Any]) -> list[str]:
    names = ("entry_code", "deal_code", "owner_name", "parcel_number", "location", "winner_name", "conditions")
    return [str(facts[name]) for name in names if facts.get(name)]


async def _next_number(session: AsyncSession, kind: AnnouncementKind, now: datetime) -> int:
    table = AnnouncementSequence.__table__
    first = postgresql.insert(AnnouncementSequence).values(kind=kind, year=now.astimezone(SHANGHAI).year, last=1)
    taken = first.on_conflict_do_update(index_elements=["kind", "year"], set_={"last": table.c.last + 1})
    return int((await session.execute(taken.returning(table.c.last))).scalar_one())

"""Use cases of publication: publish a sale, publish what came of it, correct. Services never commit."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI, iso
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.publication import attachments, texts
from trading.publication.announced import sale_facts
from trading.publication.kind_types import family_of
from trading.publication.kinds import KINDS
from trading.publication.listing import list_announcement
from trading.publication.models import Announcement, AnnouncementSequence
from trading.publication.rules import (
    AnnouncementIncomplete,
    AnnouncementKind,
    AnnouncementNotFound,
    announcement_number,
    announcement_title,
    freeze,
    public_until,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """The release by which an announcement is published, and the moment that was set for it."""

    release_id: UUID
    publish_at: datetime


async def publish_sale(session: AsyncSession, project_id: UUID, *, actor: Actor, now: datetime) -> list[Announcement]:
    """The officer in charge publishes the sale of all lots of a project at once; on the pages another officer releases
    it (`trading.publication.releasing`).

    Refuses with what `projects.service.mark_published` refuses: `NotYourProject`, `ProjectMovedOn`, `EntryHasProblems`.
    """
    lots = await projects.mark_published(session, project_id, actor=actor, now=now)
    project = await projects.get_project(session, project_id)
    files = await attachments.frozen_list(session, project_id)
    return [
        await publish(
            session,
            AnnouncementKind.SALE,
            project_id,
            lot.id,
            await sale_facts(session, project, lot),
            now=now,
            actor=actor,
            files=files,
        )
        for lot in lots
    ]


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
    release: Planned | None = None,
    files: Sequence[dict[str, Any]] = (),
) -> Announcement:
    """Publish an announcement: number it, freeze its facts and its text, record it. It is never changed afterwards.

    `files` are the attachments that become public with it (`attachments.frozen_list`); its facts name their hashes.

    Titles, codes and the owner are added from the project and the lot when `facts` leave them out. `release` is what
    two people decided about it. Refuses with `AnnouncementIncomplete`.
    """
    kind = AnnouncementKind(kind)
    project = await projects.get_project(session, project_id)
    lot = None if lot_id is None else await projects.get_lot(session, lot_id)
    stated = stated_facts(kind, project, lot, facts, now)
    frozen = freeze(kind, stated | ({"attachments": list(files)} if files else {}))
    number = announcement_number(kind, await _next_number(session, kind, now), now)
    title = title_of(kind, project, lot, stated)
    text, version = await text_of(session, kind, project, lot, stated, now, number)
    announcement = Announcement(
        id=new_id(),
        number=number,
        kind=kind,
        project_id=project_id,
        lot_id=lot_id,
        title=title,
        facts=frozen.text,
        facts_hash=frozen.sha256,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        text_version=version,
        release_id=None if release is None else release.release_id,
        corrects_id=corrects_id,
        published_at=now,
        published_by=actor.reference,
        is_demonstration=project.is_demonstration,
    )
    session.add(announcement)
    await session.flush()
    list_announcement(session, announcement, project, lot, stated)
    await attachments.mark_published(session, announcement.id, files)
    body = {
        "announcement": str(announcement.id),
        "kind": kind.value,
        "lot": None if lot is None else str(lot.id),
        "number": number,
        "title": title,
        "facts_sha256": frozen.sha256,
        "text_sha256": announcement.text_hash,
        "text_version": version,
        "corrects": None if corrects_id is None else str(corrects_id),
    }
    if release is not None:
        body |= {"release": str(release.release_id), "planned_for": iso(release.publish_at)}
    await journal_store.append(
        session, stream=f"project:{project_id}", kind="announcement_published", actor=actor.reference, at=now, body=body
    )
    return announcement


def stated_facts(
    kind: AnnouncementKind, project: Project, lot: Lot | None, facts: Mapping[str, Any], published_at: datetime
) -> dict[str, Any]:
    """The facts of an announcement with what project and lot add to them, and until when it stays public."""
    stated = _known_facts(project, lot) | dict(facts)
    period = KINDS[kind].public_for.get(family_of(project.kind))
    return stated if period is None else {"public_until": iso(public_until(period, published_at))} | stated


async def text_of(
    session: AsyncSession,
    kind: AnnouncementKind,
    project: Project,
    lot: Lot | None,
    facts: Mapping[str, Any],
    now: datetime,
    number: str = "",
) -> tuple[str, int]:
    """The text of an announcement and the version of the template that made it. Refuses `TextFails`."""
    of_itself = texts.of_itself(number, title_of(kind, project, lot, facts), now)
    return texts.written(await texts.current(session, kind), {**facts, **of_itself})


def title_of(kind: AnnouncementKind, project: Project, lot: Lot | None, facts: Mapping[str, Any]) -> str:
    """The title of an announcement about a lot, or a whole project."""
    subject = project.title if lot is None else lot.title
    return announcement_title(kind, subject, family_of(project.kind), second_round="second_round_of" in facts)


async def correct(
    session: AsyncSession, announcement_id: UUID, correction: str, *, actor: Actor, now: datetime
) -> Announcement:
    """Correct an announcement by another one that names it. Refuses with `AnnouncementIncomplete` without a text."""
    wrong = await get_announcement(session, announcement_id)
    if not correction.strip():
        raise AnnouncementIncomplete(("correction",))
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


def _newest_first(query: Select[Announcement]) -> Select[Announcement]:
    return query.order_by(Announcement.published_at.desc(), Announcement.id.desc())


def _known_facts(project: Project, lot: Lot | None) -> dict[str, Any]:
    known: dict[str, Any] = {
        "entry_code": project.entry_code,
        "project_kind": project.kind,
        "project_title": project.title,
        "owner_name": project.owner_name,
        "is_demonstration": project.is_demonstration,
    }
    if lot is not None:
        known |= {"deal_code": lot.deal_code, "lot_title": lot.title}
        if lot.parcel_number is not None and not lot.is_recorded:
            known |= {"parcel_number": lot.parcel_number, "location": lot.location}
    return known


async def _next_number(session: AsyncSession, kind: AnnouncementKind, now: datetime) -> int:
    table = AnnouncementSequence.__table__
    first = postgresql.insert(AnnouncementSequence).values(kind=kind, year=now.astimezone(SHANGHAI).year, last=1)
    taken = first.on_conflict_do_update(index_elements=["kind", "year"], set_={"last": table.c.last + 1})
    return int((await session.execute(taken.returning(table.c.last))).scalar_one())

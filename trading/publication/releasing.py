"""Use cases of releasing: prepare an announcement, release it as another officer, publish it at its moment.

What is prepared is made from the project; at the moment of publication it is made again and compared, so that nothing
is published that the project no longer says. Services never commit. The release's row is locked before the project's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotPermitted, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects import changing, entry
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.rules import ProjectState
from trading.publication import attachments, concluding, fact_words, service, telling
from trading.publication.drafting import OPENING, Said, check_order, is_offered, said_by
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement, AnnouncementRelease
from trading.publication.release_rules import (
    LONGEST_REASONS,
    AlreadyBeingPrepared,
    FactsDiffer,
    KindNotOffered,
    NotYourAnnouncement,
    ReleaseMovedOn,
    ReleaseState,
    ReleaseStep,
    ReturnReasonsMissing,
    SameOfficerReleases,
    differences,
    next_state,
    publication_moment,
    read_typed,
)
from trading.publication.releases import lock_release, on_their_way, prepared_facts, seen_of
from trading.publication.rules import freeze
from trading.publication.service import Planned


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer asks for: a kind, what was typed, the announcement it follows, the lot it is about."""

    kind: AnnouncementKind
    typed: Mapping[str, str]
    follows: UUID | None = None
    lot_id: UUID | None = None


async def prepare(
    session: AsyncSession,
    project_id: UUID,
    draft: Draft,
    *,
    actor: Actor,
    now: datetime,
    release_id: UUID | None = None,
) -> AnnouncementRelease:
    """The officer in charge prepares an announcement, or prepares the one again that came back (`release_id`).

    Refuses `NotYourProject`, `KindNotOffered`, `AnnouncementHasProblems`, `AnnouncementIncomplete`,
    `AlreadyBeingPrepared`, `ReleaseMovedOn`, `NotYourAnnouncement`.
    """
    release = None if release_id is None else await lock_release(session, release_id)
    project = await projects.lock_project(session, project_id)
    await entry.check_officer_in_charge(session, project, actor)
    if not is_offered(draft.kind, project):
        raise KindNotOffered
    if release is None:
        await _refuse_second(session, project_id, draft)
    elif release.prepared_by != actor.reference:
        raise NotYourAnnouncement
    typed = read_typed(draft.kind, draft.typed)
    said = await said_by(session, project, draft.kind, typed, draft.follows, draft.lot_id, now)
    await concluding.check_end(session, project, draft.kind, said, now)
    await _attach(session, project_id, said)
    for each in said:
        await _check_complete(session, project, draft.kind, each, now)
    kept = {name: value[:10_000] for name, value in draft.typed.items() if name != "_csrf_token"}
    if release is None:
        release = AnnouncementRelease(id=new_id(), project_id=project_id, state=ReleaseState.PREPARED, reasons="")
        session.add(release)
    else:
        release.state = next_state(ReleaseState(release.state), ReleaseStep.PREPARE)
    release.kind, release.lot_id, release.corrects_id = draft.kind, draft.lot_id, draft.follows
    release.typed, release.facts = kept, _kept(said)
    release.prepared_by, release.prepared_at, release.is_automatic = actor.reference, now, False
    release.released_by = release.released_at = release.publish_at = None
    await session.flush()
    await _record(session, release, "announcement_prepared", actor, now, {"facts_sha256": seen_of(release)})
    await telling.of_what_waits(session, release, project, preparer=actor, now=now)
    return release


async def release_at(
    session: AsyncSession, release_id: UUID, *, typed_moment: str, seen: str, actor: Actor, now: datetime
) -> AnnouncementRelease:
    """Another officer releases what was prepared, for publication at once or at a moment. `seen` is the hash of what
    that officer has read.

    Refuses `SameOfficerReleases`, `ReleaseMovedOn`, `MomentNotAhead`, `FactsDiffer`, and whatever would refuse the
    publication at that moment.
    """
    release = await lock_release(session, release_id)
    state = next_state(ReleaseState(release.state), ReleaseStep.RELEASE)
    if release.prepared_by == actor.reference:
        raise SameOfficerReleases
    if seen != seen_of(release):
        raise ReleaseMovedOn(release.state, ReleaseStep.RELEASE)
    publish_at = publication_moment(typed_moment, now)
    release.state, release.publish_at = state, publish_at
    release.released_by, release.released_at = actor.reference, now
    await session.flush()
    await _record(session, release, "announcement_released", actor, now, {"publish_at": iso(publish_at)})
    await telling.of_what_was_done(session, release, now=now)
    if publish_at <= now:
        await _publish(session, release, now)
    else:
        await _try(session, release_id, publish_at)
        await session.refresh(release)
    return release


async def return_to_preparer(
    session: AsyncSession, release_id: UUID, reasons: str, *, actor: Actor, now: datetime
) -> AnnouncementRelease:
    """Another officer returns it, with reasons. Refuses `SameOfficerReleases`, `ReturnReasonsMissing`,
    `ReleaseMovedOn`.
    """
    release = await lock_release(session, release_id)
    state = next_state(ReleaseState(release.state), ReleaseStep.RETURN)
    if release.prepared_by == actor.reference:
        raise SameOfficerReleases
    said = reasons.replace("\x00", "").strip()
    if not said or len(said) > LONGEST_REASONS:
        raise ReturnReasonsMissing
    await _return(session, release, state, said, actor, now)
    return release


async def call_back(session: AsyncSession, release_id: UUID, *, actor: Actor, now: datetime) -> AnnouncementRelease:
    """Who prepared or who released it takes it back before it is published. Refuses `NotYourAnnouncement`,
    `ReleaseMovedOn`.
    """
    release = await lock_release(session, release_id)
    state = next_state(ReleaseState(release.state), ReleaseStep.CALL_BACK)
    if release.is_automatic or actor.reference not in {release.prepared_by, release.released_by}:
        raise NotYourAnnouncement
    release.state = state
    await session.flush()
    await _record(session, release, "announcement_called_back", actor, now, {})
    await telling.of_what_was_done(session, release, now=now)
    return release


async def announce_soon(
    session: AsyncSession,
    kind: AnnouncementKind,
    project_id: UUID,
    lot_id: UUID | None,
    facts: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """The platform itself announces what has happened: published by the next tick, in the order of happening, once.

    Stored with the fact in the caller's transaction, so that no template and no lock of publication can hold it up.
    """
    session.add(
        AnnouncementRelease(
            id=new_id(),
            project_id=project_id,
            lot_id=lot_id,
            kind=kind,
            typed={},
            facts=_kept([Said(lot_id, dict(facts))]),
            state=ReleaseState.SCHEDULED,
            is_automatic=True,
            prepared_by=actor.reference,
            prepared_at=now,
            publish_at=now,
            reasons="",
        )
    )
    await session.flush()


async def publish_next(session: AsyncSession, now: datetime) -> UUID | None:
    """Publish the announcement that is due first, or send it back with the reason. None when nothing is due.

    Call it in a transaction of its own: what another node is publishing right now is left to it, and what a killed
    process had begun was never stored.
    """
    due = (
        select(AnnouncementRelease.id)
        .where(AnnouncementRelease.state == ReleaseState.SCHEDULED, AnnouncementRelease.publish_at <= now)
        .order_by(AnnouncementRelease.publish_at, AnnouncementRelease.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    release_id = await session.scalar(due)
    if release_id is None:
        return None
    release = await lock_release(session, release_id)
    savepoint = await session.begin_nested()
    try:
        await _publish(session, release, now)
        await savepoint.commit()
    except Refusal as refusal:
        await savepoint.rollback()
        release = await lock_release(session, release_id)
        state = next_state(ReleaseState(release.state), ReleaseStep.RETURN)
        words = " ".join(refusal_words(refusal))
        await _return(session, release, state, words, Actor.system("publication"), now)
    return release_id


async def said_now(session: AsyncSession, release: AnnouncementRelease, now: datetime) -> list[Said]:
    """What the announcement would say if it were made from the project now."""
    kind = AnnouncementKind(release.kind)
    project = await projects.get_project(session, release.project_id)
    typed = read_typed(kind, release.typed)
    said = await said_by(session, project, kind, typed, release.corrects_id, release.lot_id, now)
    await _attach(session, project.id, said, before=release.prepared_at)
    return said


def differing(prepared: Sequence[Said], now_said: Sequence[Said]) -> list[str]:
    """The names of the facts that differ, over all lots."""
    if [each.lot_id for each in prepared] != [each.lot_id for each in now_said]:
        return ["lots"]
    pairs = zip(prepared, now_said, strict=True)
    return sorted({name for before, after in pairs for name in differences(before.facts, after.facts)})


async def _publish(session: AsyncSession, release: AnnouncementRelease, now: datetime) -> None:
    """Publish what is released, from the project as it is now. Refuses `FactsDiffer` and what publication refuses."""
    kind = AnnouncementKind(release.kind)
    released_by = await _actor_of(session, release.released_by or release.prepared_by)
    assert release.publish_at is not None, "what is published was released"
    planned = Planned(release.id, release.publish_at)
    if release.is_automatic:
        said = prepared_facts(release)
    else:
        project = await projects.lock_project(session, release.project_id)
        if not is_offered(kind, project):
            raise KindNotOffered
        await check_order(session, project, kind, now)
        said = await said_now(session, release, now)
        names = differing(prepared_facts(release), said)
        if names:
            raise FactsDiffer(", ".join(fact_words.label(name) for name in names))
        await concluding.check_end(session, project, kind, said, now)
        await _open(session, release, kind, project, now)
    # A file that was attached after the second person looked waits for the next announcement.
    for each in said:
        published = await service.publish(
            session,
            kind,
            release.project_id,
            each.lot_id,
            each.facts,
            now=now,
            actor=released_by,
            corrects_id=release.corrects_id,
            release=planned,
            files=each.facts.get("attachments", ()),
        )
        await _move(session, release, each, published, released_by, now)
    if not release.is_automatic:
        await concluding.bring_about(session, project, kind, said, actor=released_by, now=now)
    release.state = next_state(ReleaseState(release.state), ReleaseStep.PUBLISH)
    release.published_at, release.reasons = now, ""
    await session.flush()


async def _attach(
    session: AsyncSession, project_id: UUID, said: Sequence[Said], *, before: datetime | None = None
) -> None:
    """The attachments that wait become public with the first announcement of a release."""
    files = await attachments.frozen_list(session, project_id, before=before)
    if files:
        said[0].facts["attachments"] = files


async def _open(
    session: AsyncSession, release: AnnouncementRelease, kind: AnnouncementKind, project: Project, now: datetime
) -> None:
    """The first announcement of a project makes it public, as its officer in charge prepared it."""
    if kind in OPENING and project.state == ProjectState.ENTERED:
        preparer = await _actor_of(session, release.prepared_by)
        await projects.mark_published(session, project.id, actor=preparer, now=now)


async def _move(
    session: AsyncSession,
    release: AnnouncementRelease,
    said: Said,
    published: Announcement,
    actor: Actor,
    now: datetime,
) -> None:
    """The dates that a change moves, moved in the transaction that publishes it."""
    because = {
        "announcement": str(published.id),
        "number": published.number,
        "source": str(said.facts.get("moved_source", "")),
    }
    for lot_id, dates in said.moves.items():
        if dates:
            await changing.move_dates(session, lot_id, dates, because=because, actor=actor, now=now)
            await telling.of_moved_dates(session, release, published, lot_id, dates, now=now)


async def _try(session: AsyncSession, release_id: UUID, publish_at: datetime) -> None:
    """Refuse now what would be refused at the moment of publication: it is published and taken back again."""
    savepoint = await session.begin_nested()
    try:
        await _publish(session, await lock_release(session, release_id), publish_at)
    finally:
        await savepoint.rollback()


async def _return(
    session: AsyncSession, release: AnnouncementRelease, state: ReleaseState, reasons: str, actor: Actor, now: datetime
) -> None:
    release.state, release.reasons, release.returned_by = state, reasons, actor.reference
    await session.flush()
    await _record(session, release, "announcement_returned", actor, now, {"reasons": reasons})
    await telling.of_what_was_done(session, release, now=now)
    await telling.of_what_came_back(session, release, now=now)


async def _refuse_second(session: AsyncSession, project_id: UUID, draft: Draft) -> None:
    for other in await on_their_way(session, project_id=project_id):
        if (other.kind, other.lot_id, other.corrects_id) == (draft.kind, draft.lot_id, draft.follows):
            raise AlreadyBeingPrepared


async def _check_complete(
    session: AsyncSession, project: Project, kind: AnnouncementKind, said: Said, now: datetime
) -> None:
    """Refuse `AnnouncementIncomplete`, and `TextFails` when no text can be made of it."""
    lot: Lot | None = None if said.lot_id is None else await projects.get_lot(session, said.lot_id)
    stated = service.stated_facts(kind, project, lot, said.facts, now)
    freeze(kind, stated)
    await service.text_of(session, kind, project, lot, stated, now)


async def _actor_of(session: AsyncSession, reference: str) -> Actor:
    """Whoever a reference names: an account, or a part of the platform."""
    kind, _, name = reference.partition(":")
    if kind == "account":
        return accounts.actor_for(await accounts.get_account(session, UUID(name)))
    if kind != "system":
        raise NotPermitted
    return Actor.system(name)


def _kept(said: Sequence[Said]) -> str:
    return canonical_json([[None if each.lot_id is None else str(each.lot_id), each.facts] for each in said]).decode()


async def _record(
    session: AsyncSession, release: AnnouncementRelease, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    about = {
        "release": str(release.id),
        "kind": release.kind,
        "lot": None if release.lot_id is None else str(release.lot_id),
    }
    stream = f"project:{release.project_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=about | body)

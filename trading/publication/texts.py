"""Use cases of templates: propose a version, approve it as another administrator, and write texts from the newest one.

Versions are append-only: an edit is a new version, which is used once a second administrator has approved it. Version 0
of each kind is shipped with the platform. Services never commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.i18n import gettext as _
from trading.kernel.moments import iso
from trading.publication.default_texts import TEXTS
from trading.publication.examples import examples
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement, AnnouncementText, AnnouncementTextDecision
from trading.publication.safe_text import TextFault
from trading.publication.text_language import check, render
from trading.publication.wording import named, spoken

log = structlog.get_logger()

LONGEST_NOTE = 500
TRIED_ON = 20
"""So many announcements that were really published, the newest ones, a new version is tried on."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a template. Version 0 is the one that is shipped."""

    kind: AnnouncementKind
    number: int
    source: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A version with what was decided about it, if anything was."""

    text: AnnouncementText
    decision: AnnouncementTextDecision | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a template is refused: what is wrong, in which line, and on which example."""

    words: str
    line: int
    example: str


@dataclass(eq=False)
class TextRefused(Refusal):
    """A template does not stand its examples, or says what a template may not say."""

    message: ClassVar[str] = "The template was not stored: line {line}: {fault}"
    advice: ClassVar[str] = "Correct that line; what you typed is kept."

    line: int
    fault: str


@dataclass(eq=False)
class TextFails(Refusal):
    """Not even the shipped template can write an announcement from these facts."""

    message: ClassVar[str] = "The announcement could not be written from these facts: {fault}"
    advice: ClassVar[str] = "Check what was typed; nothing was published."

    fault: str


@dataclass(eq=False)
class TextNoteMissing(Refusal):
    """A version says why it is there."""

    message: ClassVar[str] = "Say in a few words what this version changes, with at most {longest} characters."
    advice: ClassVar[str] = "The other administrator reads it before approving."

    longest: int = LONGEST_NOTE


@dataclass(eq=False)
class TextNotFound(NotFound):
    """No such version."""

    message: ClassVar[str] = "There is no such version of a template."
    advice: ClassVar[str] = "Look it up in the list of templates."


@dataclass(eq=False)
class TextDecided(Outdated):
    """Somebody has decided before, or a newer version is used already."""

    message: ClassVar[str] = "This version was decided meanwhile, or a newer one is used already."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


@dataclass(eq=False)
class SameAdministrator(NotPermitted):
    """Two administrators stand behind a template."""

    message: ClassVar[str] = "You proposed this version; another administrator has to approve it."
    advice: ClassVar[str] = "Ask a colleague to look at it. Nothing was changed by this attempt."


async def current(session: AsyncSession, kind: AnnouncementKind) -> Version:
    """The version that is used now: the newest approved one."""
    query = (
        select(AnnouncementText)
        .join(AnnouncementTextDecision, AnnouncementTextDecision.text_id == AnnouncementText.id)
        .where(AnnouncementText.kind == kind, AnnouncementTextDecision.is_approved)
        .order_by(AnnouncementText.version.desc())
    )
    found = await session.scalar(query.limit(1))
    return Version(kind, 0, TEXTS[kind]) if found is None else Version(kind, found.version, found.source)


async def versions(session: AsyncSession, kind: AnnouncementKind) -> list[Proposed]:
    """All versions of a kind that were ever proposed, the newest first."""
    query = (
        select(AnnouncementText, AnnouncementTextDecision)
        .outerjoin(AnnouncementTextDecision, AnnouncementTextDecision.text_id == AnnouncementText.id)
        .where(AnnouncementText.kind == kind)
        .order_by(AnnouncementText.version.desc())
    )
    return [Proposed(found, decision) for found, decision in (await session.execute(query)).all()]


async def undecided(session: AsyncSession) -> list[AnnouncementText]:
    """The versions that wait for a second administrator, the oldest first."""
    query = (
        select(AnnouncementText)
        .outerjoin(AnnouncementTextDecision, AnnouncementTextDecision.text_id == AnnouncementText.id)
        .where(AnnouncementTextDecision.text_id.is_(None))
        .order_by(AnnouncementText.proposed_at, AnnouncementText.id)
    )
    return list(await session.scalars(query))


async def get_text(session: AsyncSession, text_id: UUID) -> AnnouncementText:
    """One version. Refuses `TextNotFound`."""
    found = await session.get(AnnouncementText, text_id)
    if found is None:
        raise TextNotFound
    return found


async def propose(
    session: AsyncSession, kind: AnnouncementKind, source: str, note: str, *, actor: Actor, now: datetime
) -> AnnouncementText:
    """An administrator proposes the next version of a template. It is tried on every example and on what was really
    published last.

    Refuses `TextNoteMissing`, `TextRefused`.
    """
    source = source.replace("\r\n", "\n").replace("\x00", "")
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise TextNoteMissing
    fault = await fault_of(session, kind, source)
    if fault is not None:
        raise TextRefused(fault.line, f"{fault.words} ({fault.example})" if fault.example else fault.words)
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"announcement_text:{kind}"})
    last = await session.scalar(select(func.max(AnnouncementText.version)).where(AnnouncementText.kind == kind))
    made = AnnouncementText(
        kind=kind,
        version=(last or 0) + 1,
        source=source,
        note=note.strip(),
        proposed_by=actor.reference,
        proposed_at=now,
    )
    session.add(made)
    await session.flush()
    await _record(session, "announcement_text_proposed", made, actor, now, {"source": source, "note": made.note})
    return made


async def decide(
    session: AsyncSession, text_id: UUID, *, approve: bool, reasons: str, actor: Actor, now: datetime
) -> None:
    """Another administrator approves a version, or turns it down. Refuses `TextNotFound`, `SameAdministrator`,
    `TextDecided`, and `TextRefused` when it no longer stands what was published meanwhile.
    """
    proposed = await get_text(session, text_id)
    kind = AnnouncementKind(proposed.kind)
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"announcement_text:{kind}"})
    if proposed.proposed_by == actor.reference:
        raise SameAdministrator
    if await session.get(AnnouncementTextDecision, text_id) is not None:
        raise TextDecided
    if approve:
        if (await current(session, kind)).number > proposed.version:
            raise TextDecided
        fault = await fault_of(session, kind, proposed.source)
        if fault is not None:
            raise TextRefused(fault.line, fault.words)
    session.add(
        AnnouncementTextDecision(
            text_id=text_id,
            is_approved=approve,
            reasons=reasons.strip()[:LONGEST_NOTE],
            proposed_by=proposed.proposed_by,
            decided_by=actor.reference,
            decided_at=now,
        )
    )
    await session.flush()
    verdict = "announcement_text_approved" if approve else "announcement_text_turned_down"
    await _record(session, verdict, proposed, actor, now, {"reasons": reasons.strip()[:LONGEST_NOTE]})


async def fault_of(session: AsyncSession, kind: AnnouncementKind, source: str) -> Fault | None:
    """What speaks against a template: the language, an example, or something that was really published."""
    try:
        check(source, named(kind))
    except TextFault as fault:
        return _told(fault, "")
    newest = select(Announcement).where(Announcement.kind == kind).order_by(Announcement.published_at.desc())
    published = list(await session.scalars(newest.limit(TRIED_ON)))
    really = [(one.number, msgspec.json.decode(one.facts) | own_facts(one)) for one in published]
    for name, facts in [*examples(kind), *really]:
        try:
            render(source, spoken(kind, facts))
        except TextFault as fault:
            return _told(fault, name)
    return None


def own_facts(announcement: Announcement) -> dict[str, Any]:
    """What an announcement says of itself: number, title and moment."""
    return of_itself(announcement.number, announcement.title, announcement.published_at)


def of_itself(number: str, title: str, published_at: datetime) -> dict[str, Any]:
    """What an announcement says of itself, as facts for its template."""
    return {"announcement_number": number, "announcement_title": title, "published_at": iso(published_at)}


def written(version: Version, facts: Mapping[str, Any]) -> tuple[str, int]:
    """The text of an announcement, and the version it was made from.

    A version that fails on these facts though it stood all examples is not used: the shipped one steps in, so that a
    result or a suspension is never held up by a template. Refuses `TextFails`.
    """
    try:
        return render(version.source, spoken(version.kind, facts)), version.number
    except TextFault as fault:
        if version.number == 0:
            raise TextFails(_told(fault, "").words) from fault
        log.error("announcement_text_failed", kind=version.kind, version=version.number, fault=str(fault.message))
        return written(Version(version.kind, 0, TEXTS[version.kind]), facts)


def _told(fault: TextFault, example: str) -> Fault:
    return Fault(_(fault.message).format(found=fault.found), fault.line, example)


async def _record(
    session: AsyncSession, kind: str, made: AnnouncementText, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    about = {"kind": made.kind, "version": made.version, "text": str(made.id)}
    stream = f"announcement-texts:{made.kind}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=about | body)

"""Files that officers attach to a project: looked at, kept by their content, published with an announcement.

Until it is published an attachment can be withdrawn, and only the centre's people read it. An announcement's frozen
facts name its attachments with their SHA-256 (`frozen_list`); from then on they are public and stay (`mark_published`).
Services never commit.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from archive.files import store
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectState
from trading.publication.attachment_rules import (
    HEAD_LENGTH,
    MEBIBYTE,
    MEDIA_TYPES,
    MOST_FILES,
    OFFICE,
    AttachmentFrozen,
    AttachmentNotFound,
    FileMissing,
    FileTooLarge,
    NotYourAttachments,
    ProjectTakesNoFiles,
    TooManyFiles,
    check_kind,
    clean_name,
)
from trading.publication.portal_models import Attachment, PublishedAttachment, WithdrawnAttachment
from trading.publication.previewing import PREVIEWED, Preview, check_pixels, preview_of
from trading.publication.unpacking import inspect_office, inspect_zip

TAKES_FILES = frozenset({ProjectState.DRAFT, ProjectState.ENTERED, ProjectState.PUBLISHED, ProjectState.CONCLUDED})
INSIDERS = (Role.OFFICER, Role.REVIEWER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A file that passed every check and lies in the store, with a picture of it if there is one."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int
    preview: Preview | None
    preview_sha256: str | None


async def look_at(file: IO[bytes], typed_name: str, *, largest_mib: int) -> LookedAt:
    """Check a file by its content and store it. Refuses with everything that `attachment_rules` names.

    A file that lies in the store and is named by no row is harmless: it is found again when it is attached later.
    """
    name = clean_name(typed_name)
    kind = await asyncio.to_thread(_inspect, file, name, largest_mib)
    sha256, size = await store().put_file(file)
    preview = await preview_of(store().path_of(sha256), kind, name)
    preview_sha256 = None if preview is None else await store().put(preview.content)
    return LookedAt(name, MEDIA_TYPES[kind], sha256, size, preview, preview_sha256)


def _inspect(file: IO[bytes], name: str, largest_mib: int) -> str:
    size = file.seek(0, 2)
    if not name or size == 0:
        raise FileMissing
    if size > largest_mib * MEBIBYTE:
        raise FileTooLarge(largest_mib)
    file.seek(0)
    kind = check_kind(name, file.read(HEAD_LENGTH))
    if kind in OFFICE:
        inspect_office(file, name, kind)
    elif kind == "zip":
        inspect_zip(file, name)
    elif kind in PREVIEWED and kind != "pdf":
        check_pixels(file, name)
    return kind


async def project_of(session: AsyncSession, project_id: UUID) -> Project:
    """The project that files belong to. Refuses with `ProjectNotFound`."""
    return await projects.get_project(session, project_id)


async def check_may_attach(session: AsyncSession, project_id: UUID, actor: Actor) -> Project:
    """The project, if this person may attach files to it now. Refuses `NotYourAttachments`, `ProjectTakesNoFiles`."""
    project = await projects.get_project(session, project_id)
    if project.officer_id is None or project.officer_id != actor.account_id:
        raise NotYourAttachments
    if project.state not in TAKES_FILES:
        raise ProjectTakesNoFiles
    return project


async def attach(
    session: AsyncSession, project_id: UUID, looked_at: LookedAt, *, actor: Actor, now: datetime
) -> Attachment:
    """Attach a file that was looked at. The same content under the same name is attached once.

    Refuses with `NotYourAttachments`, `ProjectTakesNoFiles`, `TooManyFiles`.
    """
    await projects.lock_project(session, project_id)
    await check_may_attach(session, project_id, actor)
    waiting = await waiting_of(session, project_id)
    for known in waiting:
        if (known.sha256, known.name) == (looked_at.sha256, looked_at.name):
            return known
    if len(waiting) >= MOST_FILES:
        raise TooManyFiles
    preview = looked_at.preview
    attachment = Attachment(
        id=new_id(),
        project_id=project_id,
        name=looked_at.name,
        media_type=looked_at.media_type,
        size_bytes=looked_at.size_bytes,
        sha256=looked_at.sha256,
        preview_sha256=looked_at.preview_sha256,
        preview_width=None if preview is None else preview.width,
        preview_height=None if preview is None else preview.height,
        added_by=actor.reference,
        added_at=now,
    )
    session.add(attachment)
    await session.flush()
    await _record(session, attachment, "attachment_added", actor, now)
    return attachment


async def withdraw(session: AsyncSession, attachment_id: UUID, *, actor: Actor, now: datetime) -> UUID:
    """Take back a file that is not published; returns the project. Refuses `AttachmentFrozen`, `AttachmentNotFound`,
    `NotYourAttachments`.
    """
    attachment = await get(session, attachment_id)
    await projects.lock_project(session, attachment.project_id)
    await check_may_attach(session, attachment.project_id, actor)
    if await _is_public(session, attachment_id):
        raise AttachmentFrozen
    if await session.get(WithdrawnAttachment, attachment_id) is None:
        row = WithdrawnAttachment(attachment_id=attachment_id, withdrawn_by=actor.reference, withdrawn_at=now)
        session.add(row)
        await session.flush()
        await _record(session, attachment, "attachment_withdrawn", actor, now)
    return attachment.project_id


async def frozen_list(
    session: AsyncSession, project_id: UUID, *, before: datetime | None = None
) -> list[dict[str, Any]]:
    """What an announcement that is being published says of its attachments: those that wait, in order of arrival; with
    `before` those that were attached by then.
    """
    return [
        {
            "attachment": str(attachment.id),
            "name": attachment.name,
            "media_type": attachment.media_type,
            "size_bytes": attachment.size_bytes,
            "sha256": attachment.sha256,
        }
        for attachment in await waiting_of(session, project_id)
        if before is None or attachment.added_at <= before
    ]


async def mark_published(session: AsyncSession, announcement_id: UUID, frozen: Sequence[dict[str, Any]]) -> None:
    """The announcement whose facts hold this list has been published: its attachments are public and stay."""
    for each in frozen:
        session.add(PublishedAttachment(attachment_id=UUID(each["attachment"]), announcement_id=announcement_id))
    await session.flush()


async def waiting_of(session: AsyncSession, project_id: UUID) -> list[Attachment]:
    """The attachments of a project that are neither published nor withdrawn."""
    return list(await session.scalars(_standing(project_id).where(PublishedAttachment.announcement_id.is_(None))))


async def published_of(session: AsyncSession, project_id: UUID) -> list[tuple[Attachment, UUID]]:
    """The public attachments of a project, each with the announcement it was published with."""
    query = _standing(project_id).add_columns(PublishedAttachment.announcement_id)
    found = await session.execute(query.where(PublishedAttachment.announcement_id.is_not(None)))
    return [(row[0], row[1]) for row in found]


async def of_announcement(session: AsyncSession, announcement_id: UUID) -> list[Attachment]:
    """The attachments that were published with an announcement."""
    query = select(Attachment).join(PublishedAttachment, PublishedAttachment.attachment_id == Attachment.id)
    query = query.where(PublishedAttachment.announcement_id == announcement_id)
    return list(await session.scalars(query.order_by(Attachment.added_at, Attachment.id)))


async def get(session: AsyncSession, attachment_id: UUID) -> Attachment:
    """One attachment. Refuses with `AttachmentNotFound`."""
    attachment = await session.get(Attachment, attachment_id)
    if attachment is None:
        raise AttachmentNotFound
    return attachment


async def open_for(
    session: AsyncSession, attachment_id: UUID, actor: Actor | None, now: datetime
) -> tuple[Attachment, bool]:
    """An attachment for whoever asks, and whether it is public. To others one that is not public does not exist, and
    whoever reads it before leaves a fact.
    """
    attachment = await get(session, attachment_id)
    if await _is_public(session, attachment_id):
        return attachment, True
    if actor is None or not actor.has(*INSIDERS):
        raise AttachmentNotFound
    await record_look(session, "attachment", f"attachment:{attachment_id}", actor=actor, now=now)
    return attachment, False


def _standing(project_id: UUID) -> Select[Any]:
    query = select(Attachment).outerjoin(PublishedAttachment, PublishedAttachment.attachment_id == Attachment.id)
    query = query.outerjoin(WithdrawnAttachment, WithdrawnAttachment.attachment_id == Attachment.id)
    query = query.where(Attachment.project_id == project_id, WithdrawnAttachment.attachment_id.is_(None))
    return query.order_by(Attachment.added_at, Attachment.id)


async def _is_public(session: AsyncSession, attachment_id: UUID) -> bool:
    published = select(PublishedAttachment.announcement_id).where(PublishedAttachment.attachment_id == attachment_id)
    return await session.scalar(published.limit(1)) is not None


async def _record(session: AsyncSession, attachment: Attachment, kind: str, actor: Actor, now: datetime) -> None:
    body = {
        "attachment": str(attachment.id),
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
    }
    stream = f"project:{attachment.project_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=body)

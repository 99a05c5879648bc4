"""Use cases of recordings: begin an upload, take a piece, drop it; note one that is kept elsewhere; hand one out.

Every fact is in the booking's stream. Between the pieces of an upload nothing is held: any server process goes on.
"""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.canonical import canonical_json
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.kernel.journal_store import JournalEntry
from trading.kernel.moments import iso
from trading.venues.lookups import get_booking, parties_of
from trading.venues.models import Booking, Recording, RecordingUpload
from trading.venues.recording_files import RecordingStore
from trading.venues.recording_rules import (
    UPLOAD_LIVES,
    NewRecording,
    RecordingDamaged,
    RecordingElsewhere,
    RecordingKnown,
    RecordingNotFound,
    RecordingNotYours,
    UploadExpired,
    WrongOffset,
    check_piece,
    check_place,
    judge_recording,
)
from trading.venues.rules import BookingCancelled, Span
from trading.venues.seeing import has_part
from trading.venues.service import check_may_change, lock_booking, stream_of

WATCHED_FOR = timedelta(hours=1)
"""Whoever goes to and fro in a recording for so long takes it once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an upload as it comes in. `length` is None when the client did not say; `checksum` is a SHA-256."""

    offset: int
    length: int | None
    content: AsyncIterator[bytes]
    checksum: bytes | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands; `recording_id` is there once it is complete."""

    offset_bytes: int
    size_bytes: int
    expires_at: datetime
    recording_id: UUID | None


async def begin_upload(
    session: AsyncSession,
    store: RecordingStore,
    booking_id: UUID,
    new: NewRecording,
    *,
    largest_bytes: int,
    actor: Actor,
    now: datetime,
) -> RecordingUpload:
    """A recording is going to come in pieces, to the address that the upload's `token` is part of.

    Refuses what `judge_recording` finds, `NotYourBooking`, `BookingCancelled`, `RecordingKnown`, `DiskFull`.
    """
    booking = await _check_takes(session, booking_id, new, largest_bytes, actor)
    store.check_space(new.size_bytes + await _still_to_come(session, now))
    upload = RecordingUpload(
        id=new_id(),
        token=secrets.token_urlsafe(24),
        booking_id=booking_id,
        begun_by=actor.reference,
        expires_at=now + UPLOAD_LIVES,
        offset_bytes=0,
        declared_sha256=new.sha256,
        **_columns(new),
    )
    session.add(upload)
    await session.flush()
    await _record(session, booking.id, "recording_upload_begun", _told(upload), actor.reference, now)
    return upload


async def note_recording(
    session: AsyncSession,
    booking_id: UUID,
    new: NewRecording,
    kept_at: str,
    *,
    largest_bytes: int,
    actor: Actor,
    now: datetime,
) -> Recording:
    """A recording that stays on a recorder of the centre: its reference goes to the dossier. Refuses like an upload,
    and with `PlaceMissing`.
    """
    place = check_place(kept_at)
    await _check_takes(session, booking_id, new, largest_bytes, actor)
    assert new.sha256 is not None, "a recording outside the platform is known by its hash"
    recording = Recording(
        id=new_id(),
        booking_id=booking_id,
        sha256=new.sha256,
        kept_at=place,
        added_by=actor.reference,
        added_at=now,
        **_columns(new),
    )
    session.add(recording)
    await session.flush()
    await _record(session, booking_id, "recording_noted", _told(recording), actor.reference, now)
    return recording


async def standing(session: AsyncSession, token: str, now: datetime) -> Standing:
    """Where an upload stands. Refuses with `RecordingNotFound`, `UploadExpired`."""
    return _standing(await _upload(session, token, now))


async def take_piece(database: Database, store: RecordingStore, token: str, piece: Piece, now: datetime) -> Standing:
    """Add one piece. No connection to the database is held while it comes in. The last one makes it a recording.

    Refuses with `RecordingNotFound`, `UploadExpired`, `UploadBusy`, `WrongOffset`, `PieceTooLong`, `PieceDamaged`,
    `DiskFull`, and at the end `RecordingDamaged` and `RecordingKnown`, which drop the upload.
    """
    async with database.reading() as session:
        upload = await _upload(session, token, now)
    with store.claimed(upload.id) as handle:
        async with database.reading() as session:  # read again: what was agreed before the claim may have moved on
            upload = await _upload(session, token, now)
        if upload.recording_id is not None:
            return _standing(upload)
        await _check_there(database, upload, os.fstat(handle).st_size)
        check_piece(
            offset=piece.offset, stands_at=upload.offset_bytes, size_bytes=upload.size_bytes, length=piece.length
        )
        left = upload.size_bytes - piece.offset
        written = await store.append(handle, upload.id, piece.offset, left, piece.content, piece.checksum)
        if written < left:
            async with database.work() as session:
                upload = await _lock(session, upload.id)
                upload.offset_bytes = piece.offset + written
                upload.expires_at = now + UPLOAD_LIVES
            return _standing(upload)
        sha256 = await store.digest(handle, upload.id, upload.size_bytes)
        return await _finish(database, store, upload, sha256, now)


async def drop_upload(session: AsyncSession, store: RecordingStore, token: str, now: datetime) -> None:
    """Somebody gives an upload up. Refuses with `RecordingNotFound`, and `UploadBusy` while a piece comes in."""
    upload = await _upload(session, token, now)
    if upload.recording_id is not None:
        raise RecordingNotFound
    with store.claimed(upload.id):
        await _record(session, upload.booking_id, "recording_upload_dropped", _told(upload), upload.begun_by, now)
        await session.execute(delete(RecordingUpload).where(RecordingUpload.id == upload.id))
        await store.drop(upload.id)


async def drop_expired(session: AsyncSession, store: RecordingStore, now: datetime) -> int:
    """Uploads that nobody continued are dropped, their files too; finished ones are forgotten. Returns how many."""
    query = select(RecordingUpload).where(RecordingUpload.expires_at <= now).with_for_update(skip_locked=True)
    expired = list(await session.scalars(query.order_by(RecordingUpload.id)))
    for upload in expired:
        if upload.recording_id is None:
            await _record(session, upload.booking_id, "recording_upload_expired", _told(upload), "system:venues", now)
            await store.drop(upload.id)
        await session.delete(upload)
    return len(expired)


async def recordings_of(session: AsyncSession, booking_id: UUID) -> list[Recording]:
    """The recordings of a booking, by their beginning."""
    query = select(Recording).where(Recording.booking_id == booking_id)
    return list(await session.scalars(query.order_by(Recording.starts_at, Recording.id)))


async def unfinished_of(session: AsyncSession, booking_id: UUID) -> list[RecordingUpload]:
    """The uploads of a booking that are not complete."""
    query = select(RecordingUpload).where(
        RecordingUpload.booking_id == booking_id, RecordingUpload.recording_id.is_(None)
    )
    return list(await session.scalars(query.order_by(RecordingUpload.id)))


async def may_hear(session: AsyncSession, booking: Booking, actor: Actor) -> bool:
    """Whether somebody may have a booking's recordings: who has a part in it, supervisors, auditors."""
    return actor.has(Role.SUPERVISOR, Role.AUDITOR) or has_part(await parties_of(session, booking), actor)


async def hand_out(
    session: AsyncSession, recording_id: UUID, *, actor: Actor, now: datetime, is_part: bool = False
) -> Recording:
    """Record that somebody takes a recording away, before the first byte leaves.

    `is_part`: a player asks for a part; while a fact of the last hour tells of it, no other is written.
    Refuses with `RecordingNotFound`, `RecordingNotYours`, `RecordingElsewhere`.
    """
    recording = await session.get(Recording, recording_id)
    if recording is None:
        raise RecordingNotFound
    booking = await get_booking(session, recording.booking_id)
    if not await may_hear(session, booking, actor):
        raise RecordingNotYours
    if recording.kept_at is not None:
        raise RecordingElsewhere(recording.kept_at)
    body = {"recording": str(recording.id), "sha256": recording.sha256, "size_bytes": recording.size_bytes}
    if not (is_part and await _was_handed_out(session, booking.id, body, actor, now - WATCHED_FOR)):
        await _record(session, booking.id, "recording_downloaded", body, actor.reference, now)
    return recording


async def _was_handed_out(
    session: AsyncSession, booking_id: UUID, body: dict[str, Any], actor: Actor, since: datetime
) -> bool:
    told = select(JournalEntry.seq).where(
        JournalEntry.stream == stream_of(booking_id),
        JournalEntry.kind == "recording_downloaded",
        JournalEntry.actor == actor.reference,
        JournalEntry.body == canonical_json(body).decode(),
        JournalEntry.at > since,
    )
    return await session.scalar(told.limit(1)) is not None


async def _finish(
    database: Database, store: RecordingStore, upload: RecordingUpload, sha256: str, now: datetime
) -> Standing:
    """The last piece has come: it is a recording, or the upload is dropped with the reason."""
    wrong: Refusal | None = None
    async with database.work() as session:
        await lock_booking(session, upload.booking_id)  # one recording of a booking is stored after another
        upload = await _lock(session, upload.id)
        if upload.declared_sha256 not in (None, sha256):
            wrong = RecordingDamaged(str(upload.declared_sha256), sha256)
        elif await _has(session, upload.booking_id, sha256):
            wrong = RecordingKnown()
        if wrong is None:
            await store.keep(upload.id, sha256)  # before the row that names it: never a name without a file
            await _store_row(session, upload, sha256, now)
        else:
            body = _told(upload) | {"found_sha256": sha256, "reason": wrong.code}
            await _record(session, upload.booking_id, "recording_upload_dropped", body, upload.begun_by, now)
            await session.delete(upload)
    await store.drop(upload.id)
    if wrong is not None:
        raise wrong
    return _standing(upload)


async def _store_row(session: AsyncSession, upload: RecordingUpload, sha256: str, now: datetime) -> None:
    recording = Recording(
        id=new_id(),
        booking_id=upload.booking_id,
        camera=upload.camera,
        starts_at=upload.starts_at,
        ends_at=upload.ends_at,
        file_name=upload.file_name,
        size_bytes=upload.size_bytes,
        sha256=sha256,
        added_by=upload.begun_by,
        added_at=now,
    )
    session.add(recording)
    await session.flush()
    upload.offset_bytes = upload.size_bytes
    upload.expires_at = now + UPLOAD_LIVES
    upload.recording_id = recording.id
    await _record(session, upload.booking_id, "recording_stored", _told(recording), upload.begun_by, now)


async def _check_there(database: Database, upload: RecordingUpload, there_bytes: int) -> None:
    """When the disk lost what was agreed (a restored backup, another disk), the upload goes on from what is there."""
    if there_bytes >= upload.offset_bytes:
        return
    async with database.work() as session:
        (await _lock(session, upload.id)).offset_bytes = there_bytes
    raise WrongOffset(there_bytes)


async def _check_takes(
    session: AsyncSession, booking_id: UUID, new: NewRecording, largest_bytes: int, actor: Actor
) -> Booking:
    booking = await lock_booking(session, booking_id)
    await check_may_change(session, booking, actor)
    if booking.cancelled_at is not None:
        raise BookingCancelled
    span = Span(booking.starts_at, booking.ends_at)
    for refusal in judge_recording(new, span, largest_bytes=largest_bytes).values():
        raise refusal
    if new.sha256 is not None and await _has(session, booking_id, new.sha256):
        raise RecordingKnown
    return booking


async def _has(session: AsyncSession, booking_id: UUID, sha256: str) -> bool:
    query = select(Recording.id).where(Recording.booking_id == booking_id, Recording.sha256 == sha256)
    return await session.scalar(query) is not None


async def _still_to_come(session: AsyncSession, now: datetime) -> int:
    """The bytes that begun uploads still need."""
    query = select(func.sum(RecordingUpload.size_bytes - RecordingUpload.offset_bytes))
    open_ones = query.where(RecordingUpload.recording_id.is_(None), RecordingUpload.expires_at > now)
    return int(await session.scalar(open_ones) or 0)


async def _upload(session: AsyncSession, token: str, now: datetime) -> RecordingUpload:
    upload = await session.scalar(select(RecordingUpload).where(RecordingUpload.token == token))
    if upload is None:
        raise RecordingNotFound
    if upload.expires_at <= now:
        raise UploadExpired(upload.expires_at)
    return upload


async def _lock(session: AsyncSession, upload_id: UUID) -> RecordingUpload:
    query = select(RecordingUpload).where(RecordingUpload.id == upload_id).with_for_update()
    upload = await session.scalar(query)
    if upload is None:
        raise RecordingNotFound
    return upload


def _standing(upload: RecordingUpload) -> Standing:
    return Standing(upload.offset_bytes, upload.size_bytes, upload.expires_at, upload.recording_id)


def _columns(new: NewRecording) -> dict[str, Any]:
    return {
        "camera": new.camera,
        "starts_at": new.span.starts_at,
        "ends_at": new.span.ends_at,
        "file_name": new.file_name,
        "size_bytes": new.size_bytes,
    }


def _told(row: Recording | RecordingUpload) -> dict[str, Any]:
    """What the journal tells of a recording, or of one on its way."""
    sha256 = row.sha256 if isinstance(row, Recording) else row.declared_sha256
    body = {
        "camera": row.camera,
        "recorded_from": iso(row.starts_at),
        "recorded_until": iso(row.ends_at),
        "file_name": row.file_name,
        "size_bytes": row.size_bytes,
        "sha256": sha256,
    }
    if isinstance(row, Recording):
        return body | {"recording": str(row.id), "kept_at": row.kept_at}
    return body | {"upload": str(row.id), "offset_bytes": row.offset_bytes}


async def _record(
    session: AsyncSession, booking_id: UUID, kind: str, body: dict[str, Any], actor: str, now: datetime
) -> None:
    await journal_store.append(session, stream=stream_of(booking_id), kind=kind, actor=actor, at=now, body=body)

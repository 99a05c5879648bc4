"""Recordings in pieces: resumed, checked, bounded, never torn; noted ones; who takes them away."""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.venues.stage import add_room, book, officer, on_day, wanted
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.venues import recordings, service
from trading.venues.models import Booking, Recording, RecordingUpload
from trading.venues.recording_files import RecordingStore
from trading.venues.recording_rules import (
    KEPT_FREE_BYTES,
    DiskFull,
    NewRecording,
    PieceDamaged,
    PieceTooLong,
    RecordingDamaged,
    RecordingKnown,
    RecordingNotFound,
    UploadBusy,
    UploadExpired,
    WrongOffset,
)
from trading.venues.recordings import Piece, Standing
from trading.venues.rules import BookingCancelled, NotYourBooking, Span

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LARGEST = 20 * 1024**3

Begin = Callable[..., Awaitable[str]]


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    return RecordingStore(tmp_path / "recordings")


@pytest.fixture
async def actor(database: Database, now: datetime) -> Actor:
    return await officer(database, "officer", now)


@pytest.fixture
async def booking(database: Database, actor: Actor, now: datetime) -> Booking:
    room = await add_room(database, now)
    return await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)


def recording_of(booking: Booking, **facts: Any) -> NewRecording:
    span = Span(booking.starts_at, booking.ends_at)
    return replace(NewRecording("2 号机位", span, "开标.mp4", len(CONTENT)), **facts)


@pytest.fixture
def begin(database: Database, store: RecordingStore, booking: Booking, actor: Actor, now: datetime) -> Begin:
    """Begin an upload; returns the secret part of its address."""

    async def begun(**facts: Any) -> str:
        async with database.work() as session:
            upload = await recordings.begin_upload(
                session, store, booking.id, recording_of(booking, **facts), largest_bytes=LARGEST, actor=actor, now=now
            )
            return upload.token

    return begun


async def in_chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def piece(offset: int, content: bytes, checksum: bytes | None = None) -> Piece:
    return Piece(offset, len(content), in_chunks(content), checksum)


async def kinds(database: Database, booking: Booking) -> list[str]:
    async with database.reading() as session:
        return [entry.kind for entry in await journal_store.read(session, service.stream_of(booking.id))]


async def only_recording(database: Database) -> Recording:
    async with database.reading() as session:
        return (await session.scalars(select(Recording))).one()


async def read(store: RecordingStore, recording: Recording) -> bytes:
    return b"".join([part async for part in await store.read(recording.sha256, recording.size_bytes)])


async def test_a_recording_comes_in_pieces_and_is_known_by_its_hash(
    database: Database, store: RecordingStore, booking: Booking, begin: Begin, now: datetime
) -> None:
    token = await begin(sha256=SHA256)
    first = await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000]), now)
    assert (first.offset_bytes, first.recording_id) == (4000, None)
    last = await recordings.take_piece(database, store, token, piece(4000, CONTENT[4000:]), now)
    recording = await only_recording(database)
    assert last.recording_id == recording.id
    assert recording.sha256 == SHA256
    assert await read(store, recording) == CONTENT
    assert await kinds(database, booking) == ["room_booked", "recording_upload_begun", "recording_stored"]
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [SHA256]


async def test_another_process_goes_on_where_a_killed_one_stood(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin()
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:5000]), now)
    (unfinished,) = (store.folder / "unfinished").iterdir()
    with unfinished.open("ab") as torn:  # written, and killed before the database agreed
        torn.write(b"half a piece that nobody was told of")
    reborn = RecordingStore(store.folder)
    async with database.reading() as session:
        assert (await recordings.standing(session, token, now)).offset_bytes == 5000
    await recordings.take_piece(database, reborn, token, piece(5000, CONTENT[5000:]), now)
    assert (await only_recording(database)).sha256 == SHA256


async def test_a_whole_file_whose_row_was_not_stored_is_finished_by_sending_the_last_piece_again(
    database: Database, store: RecordingStore, begin: Begin, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await begin()
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:5000]), now)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(recordings, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            await recordings.take_piece(database, store, token, piece(5000, CONTENT[5000:]), now)
    await recordings.take_piece(database, RecordingStore(store.folder), token, piece(5000, CONTENT[5000:]), now)
    assert await read(store, await only_recording(database)) == CONTENT


async def test_an_upload_whose_file_was_lost_goes_on_from_what_is_there(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin()
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:5000]), now)
    (unfinished,) = (store.folder / "unfinished").iterdir()
    os.truncate(unfinished, 1200)
    with pytest.raises(WrongOffset) as refused:
        await recordings.take_piece(database, store, token, piece(5000, CONTENT[5000:]), now)
    assert refused.value.offset == 1200
    await recordings.take_piece(database, store, token, piece(1200, CONTENT[1200:]), now)
    assert (await only_recording(database)).sha256 == SHA256


@pytest.mark.parametrize("offset", [0, 3999, 4001, 10**12])
async def test_a_piece_that_begins_elsewhere_is_told_where_the_upload_stands(
    database: Database, store: RecordingStore, begin: Begin, now: datetime, offset: int
) -> None:
    token = await begin()
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000]), now)
    with pytest.raises(WrongOffset) as refused:
        await recordings.take_piece(database, store, token, piece(offset, CONTENT[4000:5000]), now)
    assert refused.value.offset == 4000


async def test_a_damaged_piece_leaves_nothing_behind_and_is_sent_again(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin(sha256=SHA256)
    wrong = hashlib.sha256(b"another").digest()
    with pytest.raises(PieceDamaged):
        await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000], wrong), now)
    right = hashlib.sha256(CONTENT[:4000]).digest()
    standing = await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000], right), now)
    assert standing.offset_bytes == 4000
    await recordings.take_piece(database, store, token, piece(4000, CONTENT[4000:]), now)
    assert (await only_recording(database)).sha256 == SHA256


async def test_a_broken_connection_keeps_what_has_come(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin()
    torn = Piece(0, len(CONTENT), in_chunks(CONTENT[:3000]))
    assert (await recordings.take_piece(database, store, token, torn, now)).offset_bytes == 3000


async def test_two_pieces_at_once_of_one_upload_one_is_refused(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin()
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:100]
        arrived.set()
        await go_on.wait()
        yield CONTENT[100:200]

    first = asyncio.create_task(recordings.take_piece(database, store, token, Piece(0, 200, slowly()), now))
    await arrived.wait()
    other_process = RecordingStore(store.folder)
    with pytest.raises(UploadBusy):
        await recordings.take_piece(database, other_process, token, piece(0, CONTENT[:200]), now)
    async with database.work() as session:
        with pytest.raises(UploadBusy):
            await recordings.drop_upload(session, store, token, now)
    go_on.set()
    assert (await first).offset_bytes == 200


async def test_no_more_is_written_than_was_announced(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    token = await begin()
    with pytest.raises(PieceTooLong):
        await recordings.take_piece(database, store, token, piece(0, CONTENT + b"x"), now)
    unsaid = Piece(0, None, in_chunks(CONTENT + b"x"))
    with pytest.raises(PieceTooLong):
        await recordings.take_piece(database, store, token, unsaid, now)
    (unfinished,) = (store.folder / "unfinished").iterdir()
    assert unfinished.stat().st_size == 0


async def test_a_recording_that_is_not_what_was_announced_is_dropped_and_that_is_recorded(
    database: Database, store: RecordingStore, booking: Booking, begin: Begin, now: datetime
) -> None:
    token = await begin(sha256="0" * 64)
    with pytest.raises(RecordingDamaged) as refused:
        await recordings.take_piece(database, store, token, piece(0, CONTENT), now)
    assert refused.value.found == SHA256
    assert (await kinds(database, booking))[-1] == "recording_upload_dropped"
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


async def test_the_same_recording_is_stored_once_even_when_two_bring_it_at_once(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    tokens = [await begin(), await begin()]
    found = await asyncio.gather(
        *(recordings.take_piece(database, store, token, piece(0, CONTENT), now) for token in tokens),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in found) == ["RecordingKnown", "Standing"]
    assert any(isinstance(one, Standing) for one in found)
    assert await read(store, await only_recording(database)) == CONTENT
    with pytest.raises(RecordingKnown):
        await begin(sha256=SHA256)


async def test_a_full_disk_refuses_the_upload_or_the_piece_and_what_came_before_stays(
    database: Database, store: RecordingStore, begin: Begin, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await begin()
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000]), now)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(DiskFull):
            await recordings.take_piece(database, store, token, piece(4000, CONTENT[4000:]), now)
        nearly_full = shutil.disk_usage(store.folder)._replace(free=KEPT_FREE_BYTES + 100)
        patched.setattr(shutil, "disk_usage", lambda _: nearly_full)
        with pytest.raises(DiskFull):
            await begin()
    await recordings.take_piece(database, store, token, piece(4000, CONTENT[4000:]), now)
    assert (await only_recording(database)).sha256 == SHA256


async def test_an_upload_that_nobody_continues_is_dropped_after_a_week_and_that_is_recorded(
    database: Database, store: RecordingStore, booking: Booking, begin: Begin, now: datetime
) -> None:
    token, other = await begin(), await begin(file_name="另一个.mp4")
    await recordings.take_piece(database, store, token, piece(0, CONTENT[:4000]), now)
    late = now + timedelta(days=7)
    with pytest.raises(UploadExpired):
        await recordings.take_piece(database, store, token, piece(4000, CONTENT[4000:]), late)
    await recordings.take_piece(database, store, other, piece(0, CONTENT), now)
    async with database.work() as session:
        assert await recordings.drop_expired(session, store, now) == 0
        assert await recordings.drop_expired(session, store, late) == 2  # the finished one is only forgotten
    assert (await kinds(database, booking))[-1] == "recording_upload_expired"
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [SHA256]
    async with database.reading() as session:
        with pytest.raises(RecordingNotFound):
            await recordings.standing(session, token, late)


async def test_an_upload_is_given_up_on_purpose_and_a_finished_one_is_not(
    database: Database, store: RecordingStore, booking: Booking, begin: Begin, now: datetime
) -> None:
    token = await begin()
    async with database.work() as session:
        await recordings.drop_upload(session, store, token, now)
    assert (await kinds(database, booking))[-1] == "recording_upload_dropped"
    done = await begin()
    await recordings.take_piece(database, store, done, piece(0, CONTENT), now)
    async with database.work() as session:
        with pytest.raises(RecordingNotFound):
            await recordings.drop_upload(session, store, done, now)
        assert await session.scalar(select(RecordingUpload.recording_id)) is not None
    again = await recordings.take_piece(database, store, done, piece(len(CONTENT), b""), now)
    assert again.recording_id is not None  # who did not hear the answer asks again


async def test_only_those_in_charge_upload_and_not_to_a_cancelled_booking(
    database: Database, store: RecordingStore, booking: Booking, actor: Actor, begin: Begin, now: datetime
) -> None:
    stranger = await officer(database, "stranger", now)
    new = recording_of(booking)
    async with database.work() as session:
        with pytest.raises(NotYourBooking):
            await recordings.begin_upload(
                session, store, booking.id, new, largest_bytes=LARGEST, actor=stranger, now=now
            )
    async with database.work() as session:
        await service.cancel(session, booking.id, reason="改期", actor=actor, now=now)
    with pytest.raises(BookingCancelled):
        await begin()

"""What a recording says of itself is judged; noted ones; who takes one away; files that were lost."""

import base64
import hashlib
import os
import resource
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from archive.files import DocumentDamaged
from tests.venues.stage import EVALUATION_ROOM, add_room, book, officer, on_day, wanted
from tests.venues.test_recordings import (
    CONTENT,
    LARGEST,
    SHA256,
    Begin,
    actor,
    begin,
    booking,
    kinds,
    only_recording,
    piece,
    recording_of,
    store,
)
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.venues import recordings, service
from trading.venues.models import Booking
from trading.venues.recording_files import RecordingStore
from trading.venues.recording_rules import (
    CameraMissing,
    FileNameInvalid,
    HashInvalid,
    PieceUnreadable,
    PlaceMissing,
    RecordingElsewhere,
    RecordingNotYours,
    RecordingOutsideBooking,
    SizeRefused,
    judge_recording,
    read_checksum,
    read_number,
)
from trading.venues.recordings import Piece
from trading.venues.rules import Purpose, Span

__all__ = ["actor", "begin", "booking", "store"]


@pytest.mark.parametrize(
    ("facts", "field", "refusal"),
    [
        ({"camera": " "}, "camera", CameraMissing),
        ({"camera": "\x1b[31m"}, "camera", CameraMissing),
        ({"file_name": "../../etc/passwd"}, "file_name", FileNameInvalid),
        ({"file_name": "a\\b"}, "file_name", FileNameInvalid),
        ({"size_bytes": 0}, "size_bytes", SizeRefused),
        ({"size_bytes": LARGEST + 1}, "size_bytes", SizeRefused),
        ({"sha256": "g" * 64}, "sha256", HashInvalid),
        ({"sha256": "A" * 64}, "sha256", HashInvalid),
    ],
)
async def test_what_a_recording_says_of_itself_is_judged(
    booking: Booking, facts: dict[str, Any], field: str, refusal: type[Exception]
) -> None:
    span = Span(booking.starts_at, booking.ends_at)
    found = judge_recording(recording_of(booking, **facts), span, largest_bytes=LARGEST)
    assert {name: type(one) for name, one in found.items()} == {field: refusal}


async def test_a_recording_lies_near_its_booking(booking: Booking) -> None:
    span, hour = Span(booking.starts_at, booking.ends_at), timedelta(hours=1)
    for wrong in (
        Span(span.starts_at, span.starts_at),
        Span(span.starts_at - 13 * hour, span.ends_at),
        Span(span.starts_at, span.ends_at + 13 * hour),
    ):
        found = judge_recording(recording_of(booking, span=wrong), span, largest_bytes=LARGEST)
        assert [type(one) for one in found.values()] == [RecordingOutsideBooking]


@pytest.mark.parametrize(
    "header", ["sha1 abc", "sha256", "sha256 !!!", "sha256 " + base64.b64encode(b"short").decode()]
)
def test_a_checksum_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(PieceUnreadable):
        read_checksum(header)
    digest = hashlib.sha256(b"x").digest()
    assert read_checksum(f"sha256 {base64.b64encode(digest).decode()}") == digest
    assert read_checksum(None) is None


@pytest.mark.parametrize("header", [None, "", "-1", "1.5", "一", "9" * 16])
def test_an_offset_that_is_no_number_is_refused(header: str | None) -> None:
    with pytest.raises(PieceUnreadable):
        read_number(header)


async def test_a_recording_kept_elsewhere_is_noted_with_its_place_and_cannot_be_fetched_here(
    database: Database, booking: Booking, actor: Actor, now: datetime
) -> None:
    new = recording_of(booking, sha256=SHA256)
    for place, refusal in (("", PlaceMissing), ("x" * 201, PlaceMissing)):
        async with database.work() as session:
            with pytest.raises(refusal):
                await recordings.note_recording(
                    session, booking.id, new, place, largest_bytes=LARGEST, actor=actor, now=now
                )
    async with database.work() as session:
        noted = await recordings.note_recording(
            session, booking.id, new, "档案室 3 号录像机", largest_bytes=LARGEST, actor=actor, now=now
        )
    assert (await kinds(database, booking))[-1] == "recording_noted"
    async with database.work() as session:
        with pytest.raises(RecordingElsewhere):
            await recordings.hand_out(session, noted.id, actor=actor, now=now)


async def test_who_takes_a_recording_away_is_recorded_and_strangers_do_not(
    database: Database, store: RecordingStore, begin: Begin, booking: Booking, actor: Actor, now: datetime
) -> None:
    standing = await recordings.take_piece(database, store, await begin(), piece(0, CONTENT), now)
    assert standing.recording_id is not None
    for name, role, may in (("colleague", Role.OFFICER, False), ("supervisor", Role.SUPERVISOR, True)):
        who = await officer(database, name, now, role)
        async with database.work() as session:
            if may:
                await recordings.hand_out(session, standing.recording_id, actor=who, now=now)
            else:
                with pytest.raises(RecordingNotYours):
                    await recordings.hand_out(session, standing.recording_id, actor=who, now=now)
    async with database.reading() as session:
        last = (await journal_store.read(session, service.stream_of(booking.id)))[-1]
    assert (last.kind, last.actor, last.body["sha256"]) == ("recording_downloaded", who.reference, SHA256)


async def test_a_stored_file_that_was_lost_or_cut_is_not_handed_out(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    await recordings.take_piece(database, store, await begin(), piece(0, CONTENT), now)
    recording = await only_recording(database)
    place = store.folder / SHA256[:2] / SHA256
    os.truncate(place, 5)
    with pytest.raises(DocumentDamaged):
        await store.read(recording.sha256, recording.size_bytes)
    place.unlink()
    with pytest.raises(DocumentDamaged):
        await store.read(recording.sha256, recording.size_bytes)


async def test_a_hundred_megabytes_never_lie_in_memory(
    database: Database, store: RecordingStore, begin: Begin, now: datetime
) -> None:
    size, part = 100 * 1024**2, bytes(64 * 1024)

    async def zeros(length: int) -> AsyncIterator[bytes]:
        for _ in range(length // len(part)):
            yield part

    token = await begin(size_bytes=size)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    half = size // 2
    await recordings.take_piece(database, store, token, Piece(0, half, zeros(half)), now)
    reborn = RecordingStore(store.folder)  # its hash is made again from the file
    await recordings.take_piece(database, reborn, token, Piece(half, half, zeros(half)), now)
    recording = await only_recording(database)
    counted = 0
    async for content in await reborn.read(recording.sha256, size):
        counted += len(content)
    assert counted == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 16 * 1024


async def test_evaluations_recordings_are_for_those_who_have_a_part(
    database: Database, actor: Actor, now: datetime
) -> None:
    room: UUID = await add_room(database, now, EVALUATION_ROOM)
    span = on_day(now, 1, "09:00", "11:00")
    booking = await book(database, wanted(room, actor, span, purpose=Purpose.EVALUATION), actor, now)
    async with database.reading() as session:
        assert await recordings.may_hear(session, booking, actor)
        assert not await recordings.may_hear(session, booking, await officer(database, "colleague", now))
        assert await recordings.may_hear(session, booking, await officer(database, "auditor", now, Role.AUDITOR))

"""Recordings over HTTP: begin an upload, note one kept elsewhere, take one away, and the pieces of an upload.

The pieces follow tus 1.0.0: HEAD tells the offset, PATCH adds a piece there, DELETE gives up. Whoever knows an upload's
address may go on with it and nothing else; the address is secret and stands in for account and form token.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, delete, get, head, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import (
    PUBLIC,
    answer_refusal,
    back_to,
    form_of,
    language_of,
    only,
    status_of,
    wants_page,
)
from trading.projects.form_reading import FormReading
from trading.projects.presenting import errors_by_field
from trading.settings import Settings
from trading.venues import recordings
from trading.venues.booking_pages import booking_page
from trading.venues.forms import read_recording
from trading.venues.lookups import get_booking
from trading.venues.ranges import Unsatisfiable, entity_tag, media_type_of, part_wanted
from trading.venues.recording_files import RecordingStore
from trading.venues.recording_rules import (
    HashInvalid,
    PieceUnreadable,
    WrongOffset,
    judge_recording,
    read_checksum,
    read_number,
)
from trading.venues.rules import Span
from trading.venues.seeing import MANAGERS, STAFF

Page = Request[Any, Any, Any]

PROTOCOL = {"tus-resumable": "1.0.0", "cache-control": "no-store"}

# What tus 1.0.0 asks for where it differs from this platform's usual answers.
_STATUS = {
    "upload_busy": 423,
    "upload_expired": 410,
    "piece_damaged": 460,
    "recording_damaged": 460,
    "piece_too_long": 413,
    "piece_unreadable": 400,
    "disk_full": 507,
}
_FIELD_OF = {"place_missing": "kept_at", "disk_full": "", "recording_known": "", "booking_cancelled": ""}


def answer_upload_refusal(request: Page, refusal: Refusal) -> Response[Any]:
    """A refusal with the status and the offset that an uploading program looks for."""
    answer = answer_refusal(request, refusal)
    answer.status_code = _STATUS.get(refusal.code, status_of(refusal))
    answer.headers.update(PROTOCOL)
    if isinstance(refusal, WrongOffset):
        answer.headers["upload-offset"] = str(refusal.offset)
    return answer


@post("/venues/bookings/{booking_id:uuid}/recordings", opt=only(*MANAGERS))
async def add_recording(
    request: Page,
    booking_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any] | Template | Redirect:
    """Begin an upload, or with `then=note` note a recording that is kept elsewhere. A program is told the address."""
    use_language(language_of(request))
    form = await form_of(request)
    is_note = form.get("then") == "note"
    limit = settings.largest_recording_bytes
    reading = FormReading(form, [])
    new = read_recording(reading)
    errors = errors_by_field(reading.problems)
    if new is not None and not errors:
        async with database.reading() as session:
            booking = await get_booking(session, booking_id)
        found = judge_recording(new, Span(booking.starts_at, booking.ends_at), largest_bytes=limit)
        if is_note and new.sha256 is None:
            found["sha256"] = HashInvalid()
        errors = {field: " ".join(refusal_words(refusal)) for field, refusal in found.items()}
    if new is not None and not errors:
        try:
            async with database.work() as session:
                if is_note:
                    kept_at = form.get("kept_at", "")
                    await recordings.note_recording(
                        session, booking_id, new, kept_at, largest_bytes=limit, actor=actor, now=now
                    )
                    return back_to(f"/venues/bookings/{booking_id}#recordings")
                upload = await recordings.begin_upload(
                    session, store_of(request), booking_id, new, largest_bytes=limit, actor=actor, now=now
                )
        except Refusal as refusal:
            if refusal.code not in _FIELD_OF or not wants_page(request):
                return answer_upload_refusal(request, refusal)
            errors = {_FIELD_OF[refusal.code]: " ".join(refusal_words(refusal))}
        else:
            address = f"/uploads/{upload.token}"
            if wants_page(request):
                return back_to(f"/venues/bookings/{booking_id}#recordings")
            return Response({"address": address}, status_code=201, headers=PROTOCOL | {"location": address})
    if not wants_page(request):
        return Response({"errors": errors}, status_code=422, headers=PROTOCOL)
    async with database.reading() as session:
        return await booking_page(request, session, settings, booking_id, actor, values=form, errors=errors)


@get("/venues/recordings/{recording_id:uuid}/file", opt=only(*STAFF))
async def download_recording(
    request: Page, recording_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Stream | Response[bytes]:
    """A recording, streamed, or the part of it that a player asks for (RFC 9110 section 14). The download is recorded
    before the first byte leaves.
    """
    asked = request.headers.get("range")
    async with database.work() as session:
        now = await database_clock(session)
        recording = await recordings.hand_out(session, recording_id, actor=actor, now=now, is_part=asked is not None)
        tag, size = entity_tag(recording.sha256), recording.size_bytes
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(recording.file_name, safe='')}",
            "cache-control": "private, no-store",
            "accept-ranges": "bytes",
            "etag": tag,
            "x-content-sha256": recording.sha256,
        }
        try:
            part = part_wanted(asked, request.headers.get("if-range"), tag=tag, size_bytes=size)
        except Unsatisfiable:
            return Response(b"", status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
        content = await store_of(request).read(recording.sha256, size, part)
    headers["content-length"] = str(size if part is None else part.size_bytes)
    if part is not None:
        headers["content-range"] = f"bytes {part.first}-{part.last}/{size}"
    kind = media_type_of(recording.file_name)
    return Stream(content, status_code=200 if part is None else 206, media_type=kind, headers=headers)


@post("/venues/uploads/{token:str}/drop", opt=only(*MANAGERS))
async def give_up_from_page(request: Page, token: FromPath[str], database: NamedDependency[Database]) -> Redirect:
    """The button beside an unfinished upload."""
    form = await form_of(request)
    async with database.work() as session:
        await recordings.drop_upload(session, store_of(request), token, await database_clock(session))
    return back_to(f"/venues/bookings/{UUID(form['booking'])}#recordings")


@head("/uploads/{token:str}", opt=PUBLIC, exception_handlers={Refusal: answer_upload_refusal})
async def upload_standing(token: FromPath[str], session: NamedDependency[AsyncSession]) -> Response[None]:
    """Where an upload stands."""
    standing = await recordings.standing(session, token, await database_clock(session))
    return Response(None, headers=_told(standing) | {"upload-length": str(standing.size_bytes)})


@patch(
    "/uploads/{token:str}",
    opt=PUBLIC,
    request_max_body_size=None,
    exception_handlers={Refusal: answer_upload_refusal},
)
async def take_piece(request: Page, token: FromPath[str], database: NamedDependency[Database]) -> Response[None]:
    """One piece at its offset, with a checksum or without."""
    if request.headers.get("content-type", "") != "application/offset+octet-stream":
        raise PieceUnreadable
    length = request.headers.get("content-length")
    piece = recordings.Piece(
        offset=read_number(request.headers.get("upload-offset")),
        length=None if length is None else read_number(length),
        content=_until_disconnected(request),
        checksum=read_checksum(request.headers.get("upload-checksum")),
    )
    async with database.reading() as session:
        now = await database_clock(session)
    standing = await recordings.take_piece(database, store_of(request), token, piece, now)
    return Response(None, status_code=204, headers=_told(standing))


@delete("/uploads/{token:str}", opt=PUBLIC, exception_handlers={Refusal: answer_upload_refusal})
async def give_up(request: Page, token: FromPath[str], database: NamedDependency[Database]) -> Response[None]:
    """Give an upload up."""
    async with database.work() as session:
        await recordings.drop_upload(session, store_of(request), token, await database_clock(session))
    return Response(None, status_code=204, headers=PROTOCOL)


def store_of(request: Page) -> RecordingStore:
    """This installation's recordings."""
    store: RecordingStore = request.app.state.recordings
    return store


async def _until_disconnected(request: Page) -> AsyncIterator[bytes]:
    """What comes in; when the connection breaks, what came until then counts."""
    try:
        async for piece in request.stream():
            yield piece
    except InternalServerException:
        return


def _told(standing: recordings.Standing) -> dict[str, str]:
    told = {
        "upload-offset": str(standing.offset_bytes),
        "upload-expires": format_datetime(standing.expires_at.astimezone(UTC), usegmt=True),
    }
    if standing.recording_id is not None:
        told["upload-offset"] = str(standing.size_bytes)
    return PROTOCOL | told


handlers = [
    add_recording,
    download_recording,
    give_up_from_page,
    upload_standing,
    take_piece,
    give_up,
]

"""Recordings over HTTP: begun, sent in pieces, given up, noted, downloaded."""

import base64
import hashlib
from datetime import datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from tests.projects.visitor import Visitor
from tests.venues.stage import book, on_day, wanted
from tests.venues.test_pages import account, client, now, room, visitor
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel.database import Database
from trading.venues.forms import typed_span
from trading.venues.models import Booking, Recording
from trading.venues.rules import Span

__all__ = ["account", "client", "now", "room", "visitor"]


CONTENT = b"a recording" * 1000


@pytest.fixture
async def booking(database: Database, room: UUID, account: Account, now: datetime) -> Booking:
    actor = accounts.actor_for(account)
    return await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)


def recording_form(booking: Booking, **typed: str) -> dict[str, str]:
    day = typed_span(Span(booking.starts_at, booking.ends_at))["day"]
    plain = {"camera": "2 号机位", "file_name": "开标.mp4", "size_bytes": str(len(CONTENT)), "then": "upload"}
    return plain | {"recorded_from": f"{day}T09:00", "recorded_until": f"{day}T11:00", "sha256": ""} | typed


async def test_a_recording_is_uploaded_over_http_in_pieces_and_downloaded_whole(
    client: AsyncTestClient[Litestar], visitor: Visitor, database: Database, booking: Booking
) -> None:
    address = f"/venues/bookings/{booking.id}"
    assert (await visitor.post(f"{address}/recordings", recording_form(booking))).status == 303
    page = (await visitor.get(address)).text
    place = page.split('data-upload="')[1].split('"')[0]
    stands = await client.head(place)
    assert (stands.headers["upload-offset"], stands.headers["upload-length"]) == ("0", str(len(CONTENT)))
    assert stands.headers["tus-resumable"] == "1.0.0"
    headers = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
    right, other = (
        "sha256 " + base64.b64encode(hashlib.sha256(content).digest()).decode() for content in (CONTENT[:5000], b"x")
    )
    for wrong, status in (
        ({"content-type": "text/plain"}, 400),
        ({"upload-offset": "x"}, 400),
        ({"upload-offset": "7"}, 409),
        ({"upload-checksum": "md5 x"}, 400),
        ({"upload-checksum": other}, 460),
    ):
        answer = await client.patch(place, content=CONTENT[:5000], headers=headers | wrong)
        assert answer.status_code == status, wrong
    assert answer.json()["code"] == "piece_damaged"
    sent = await client.patch(place, content=CONTENT[:5000], headers=headers | {"upload-checksum": right})
    assert (sent.status_code, sent.headers["upload-offset"]) == (204, "5000")
    too_long = await client.patch(place, content=CONTENT, headers=headers | {"upload-offset": "5000"})
    assert too_long.status_code == 413
    done = await client.patch(place, content=CONTENT[5000:], headers=headers | {"upload-offset": "5000"})
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(CONTENT)))
    async with database.reading() as session:
        recording = (await session.scalars(select(Recording))).one()
    answer = await client.get(f"/venues/recordings/{recording.id}/file", headers=visitor._headers())
    assert answer.content == CONTENT
    assert answer.headers["x-content-sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert "Recording downloaded" in (await visitor.get(address)).text
    assert (await client.head("/uploads/guessed")).status_code == 404
    assert (await client.delete(place)).status_code == 404


async def test_an_upload_is_given_up_over_http(
    client: AsyncTestClient[Litestar], visitor: Visitor, booking: Booking
) -> None:
    address = f"/venues/bookings/{booking.id}"
    places = []
    for name in ("一.mp4", "二.mp4"):
        await visitor.post(f"{address}/recordings", recording_form(booking, file_name=name))
        places.append((await visitor.get(address)).text.split('data-upload="')[-1].split('"')[0])
    assert (await client.delete(places[0])).status_code == 204
    dropped = await visitor.post(f"/venues{places[1]}/drop", {"booking": str(booking.id)})
    assert dropped.status == 303
    assert "data-upload" not in (await visitor.get(address)).text


WRONG_RECORDINGS = [
    ("camera", "", "Please fill this in."),
    ("file_name", "../x", "cannot be kept"),
    ("size_bytes", "lots", "Write a whole number"),
    ("size_bytes", "99999999999999", "between 1 byte and 20 GB"),
    ("sha256", "abc", "no SHA-256"),
    ("recorded_until", "2020-01-01T00:00", "within 12 hours"),
    ("recorded_from", "", "Please fill this in."),
]


async def test_what_is_wrong_with_a_recording_is_told_beside_its_field_and_to_programs(
    client: AsyncTestClient[Litestar], visitor: Visitor, booking: Booking
) -> None:
    address = f"/venues/bookings/{booking.id}/recordings"
    headers = visitor._headers() | {"accept": "application/json", "x-csrftoken": visitor.cookies["csrftoken"]}
    for field, typed, said in WRONG_RECORDINGS:
        form = recording_form(booking, **{field: typed})
        answer = await visitor.post(address, form)
        assert (answer.status, said in answer.text) == (422, True), (field, typed)
        assert f'id="error-{field}"' in answer.text, (field, typed)
    told = await client.post(address, data=form, headers=headers)
    assert told.status_code == 422
    assert said in told.json()["errors"][field]


async def test_a_recording_kept_elsewhere_is_noted_on_the_page_and_its_hash_is_needed(
    visitor: Visitor, booking: Booking
) -> None:
    address = f"/venues/bookings/{booking.id}"
    note = recording_form(booking, then="note", kept_at="档案室 3 号录像机", sha256="ab" * 32)
    for wrong, said in (({"sha256": ""}, "no SHA-256"), ({"kept_at": ""}, "where the recording is kept")):
        answer = await visitor.post(f"{address}/recordings", note | wrong)
        assert (answer.status, said in answer.text) == (422, True)
    assert (await visitor.post(f"{address}/recordings", note)).status == 303
    assert "档案室 3 号录像机" in (await visitor.get(address)).text

"""RFC 9110: a player goes to any place of a recording and gets exactly those bytes."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.projects.visitor import Visitor
from tests.venues.test_recording_pages import CONTENT, account, booking, client, now, recording_form, room, visitor
from tests.venues.test_recordings import only_recording
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.venues import recordings, service
from trading.venues.models import Booking
from trading.venues.ranges import Part, Unsatisfiable, entity_tag, media_type_of, part_wanted

__all__ = ["account", "booking", "client", "now", "room", "visitor"]

TAG = entity_tag("ab" * 32)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        (None, None),
        ("bytes=0-0", Part(0, 0)),
        ("bytes=0-499", Part(0, 499)),
        ("bytes=500-", Part(500, 999)),
        ("BYTES = 990 - 2000", Part(990, 999)),
        ("bytes=-500", Part(500, 999)),
        ("bytes=-5000", Part(0, 999)),
        ("bytes=0-1,5-6", None),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("lines=1-2", None),
        ("bytes=" + "9" * 4000 + "-", None),
        ("", None),
    ],
)
def test_one_span_is_a_part_and_what_cannot_be_read_is_the_whole_file(wanted: str | None, part: Part | None) -> None:
    assert part_wanted(wanted, None, tag=TAG, size_bytes=1000) == part


@pytest.mark.parametrize("wanted", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_span_behind_the_end_cannot_be_satisfied(wanted: str) -> None:
    with pytest.raises(Unsatisfiable):
        part_wanted(wanted, None, tag=TAG, size_bytes=1000)


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [(TAG, True), ("W/" + TAG, False), (entity_tag("cd" * 32), False), ("Mon, 23 Nov 2026 04:00:00 GMT", False)],
)
def test_a_part_is_given_only_of_the_very_same_file(if_range: str, holds: bool) -> None:
    assert (part_wanted("bytes=0-9", if_range, tag=TAG, size_bytes=1000) is not None) is holds


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_what_slicing_gives(content: bytes, first: int, last: int) -> None:
    try:
        part = part_wanted(f"bytes={first}-{last}", None, tag=TAG, size_bytes=len(content))
    except Unsatisfiable:
        assert first >= len(content)
    else:
        expected = content[first : last + 1] if first <= last else content
        assert (content if part is None else content[part.first : part.last + 1]) == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [("开标.mp4", "video/mp4"), ("x.html", "application/octet-stream"), ("x.svg", "application/octet-stream")],
)
def test_only_sound_and_picture_have_a_kind_of_their_own(name: str, kind: str) -> None:
    assert media_type_of(name) == kind


async def test_a_player_seeks_and_is_recorded_once_an_hour(
    client: AsyncTestClient[Litestar], visitor: Visitor, database: Database, booking: Booking, account: Account
) -> None:
    recording_id = await _recorded(client, visitor, database, booking)
    address = f"/venues/recordings/{recording_id}/file"
    tag, size = entity_tag(hashlib.sha256(CONTENT).hexdigest()), len(CONTENT)

    async def ask(**fields: str) -> tuple[int, bytes, dict[str, str]]:
        sent = visitor._headers() | {name.replace("_", "-"): value for name, value in fields.items()}
        answer = await client.get(address, headers=sent)
        return answer.status_code, answer.content, dict(answer.headers)

    status, content, headers = await ask(range="bytes=100-199")
    assert (status, content) == (206, CONTENT[100:200])
    assert (headers["content-range"], headers["content-length"]) == (f"bytes 100-199/{size}", "100")
    assert (headers["etag"], headers["accept-ranges"], headers["content-type"]) == (tag, "bytes", "video/mp4")
    assert (await ask(range="bytes=-7", if_range=tag))[:2] == (206, CONTENT[-7:])
    assert (await ask(range="bytes=-7", if_range='"other"'))[:2] == (200, CONTENT)
    status, content, headers = await ask(range=f"bytes={size}-")
    assert (status, content, headers["content-range"]) == (416, b"", f"bytes */{size}")
    assert await _downloads(database, booking) == 1
    assert (await ask())[:2] == (200, CONTENT)
    assert await _downloads(database, booking) == 2
    async with database.work() as session:
        later = await database_clock(session) + timedelta(hours=2)
        who = accounts.actor_for(account)
        await recordings.hand_out(session, recording_id, actor=who, now=later, is_part=True)
    assert await _downloads(database, booking) == 3


async def _recorded(client: AsyncTestClient[Litestar], visitor: Visitor, database: Database, booking: Booking) -> UUID:
    """A recording of the booking, uploaded whole."""
    address = f"/venues/bookings/{booking.id}"
    assert (await visitor.post(f"{address}/recordings", recording_form(booking))).status == 303
    place = (await visitor.get(address)).text.split('data-upload="')[1].split('"')[0]
    headers = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
    assert (await client.patch(place, content=CONTENT, headers=headers)).status_code == 204
    return (await only_recording(database)).id


async def _downloads(database: Database, booking: Booking) -> int:
    async with database.reading() as session:
        found = await journal_store.read(session, service.stream_of(booking.id))
    return sum(entry.kind == "recording_downloaded" for entry in found)

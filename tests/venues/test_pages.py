"""The pages of rooms, bookings and recordings, through the whole application."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in, typed_values
from tests.venues.stage import EVALUATION_ROOM, LARGE_ROOM, add_room, book, make_project, on_day, wanted
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings
from trading.venues import service
from trading.venues.forms import choice_of, typed_span
from trading.venues.rules import Purpose, Span

ROOM_FORM = {
    "number": "501",
    "name": "听证室",
    "place": "五层",
    "capacity": "８０",
    "screens": "1",
    "remote_seats": "0",
    "opens": "08:30",
    "closes": "18:00",
    "set_up_minutes": "30",
    "clearing_minutes": "15",
    "fee": "300.50",
    "fee_unit": "half_day",
    "has_video_recording": "yes",
}
MARKUP = "<script>alert(1)</script>=1+1"


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the application reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def room(database: Database, now: datetime) -> UUID:
    return await add_room(database, now)


@pytest.fixture
async def account(database: Database, now: datetime) -> Account:
    return await make_account(database, "officer", now, Role.OFFICER)


@pytest.fixture
async def visitor(client: AsyncTestClient[Litestar], database: Database, account: Account) -> Visitor:
    return await signed_in(client, database, account)


async def visitor_with(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, name: str, *roles: Role
) -> Visitor:
    return await signed_in(client, database, await make_account(database, name, now, *roles))


def booking_form(room: UUID, account: Account, span: Span, **typed: str) -> dict[str, str]:
    plain = {
        "purpose": "opening",
        "title": "第一次开标",
        "officer": str(account.id),
        "venue": str(room),
        "people": "10",
    }
    return plain | typed_span(span) | {"then": "book"} | typed


async def test_a_room_is_added_corrected_closed_and_retired_on_its_pages(visitor: Visitor, database: Database) -> None:
    assert "There are no rooms yet." in (await visitor.get("/venues")).text
    added = await visitor.post("/venues/rooms", ROOM_FORM | {"name": MARKUP})
    assert added.status == 303
    page = (await visitor.get(added.location)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    form = typed_values((await visitor.get(f"{added.location}/edit")).text)
    assert (form["capacity"], form["fee"]) == ("80", "300.50")
    assert (await visitor.post(f"{added.location}/edit", form | {"name": "听证室"})).status == 303
    assert "501 听证室" in (await visitor.get("/venues/rooms")).text
    times = {"closed_from": "2027-01-04T08:00", "closed_until": "2027-01-06T18:00", "closed_because": "装修"}
    assert (await visitor.post(f"{added.location}/closures", times)).status == 303
    assert "装修" in (await visitor.get("/venues?week=2027-01-04")).text
    assert (await visitor.post(f"{added.location}/retire", {})).status == 303
    assert "Retired" in (await visitor.get(added.location)).text


WRONG_ROOMS = [
    ("number", "", "Please fill this in."),
    ("name", "x" * 41, "This is too long."),
    ("place", "\x07", "characters that cannot be shown"),
    ("capacity", "0", "between 1 and 5000"),
    ("capacity", "many", "between 1 and 5000"),
    ("screens", "-1", "between 0 and 99"),
    ("opens", "25:00", "for example 09:30"),
    ("opens", "8.30", "for example 09:30"),
    ("closes", "08:30", "A room closes after it opens."),
    ("fee", "3万", "not in"),
    ("fee_unit", "week", "Choose one of the possibilities."),
]


async def test_what_is_wrong_with_a_room_is_told_beside_its_field_and_nothing_is_lost(
    visitor: Visitor,
) -> None:
    for field, typed, said in WRONG_ROOMS:
        answer = await visitor.post("/venues/rooms", ROOM_FORM | {field: typed})
        assert (answer.status, said in answer.text) == (422, True), (field, typed)
        assert f'id="error-{field}"' in answer.text, (field, typed)
        kept = typed_values(answer.text)
        assert all(kept[name] == value for name, value in ROOM_FORM.items() if name in kept and name != field)


async def test_a_number_that_is_taken_and_a_closure_over_a_booking_are_told_on_the_form(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    answer = await visitor.post("/venues/rooms", ROOM_FORM | {"number": "301"})
    assert (answer.status, "Another room has the number 301." in answer.text) == (422, True)
    span = on_day(now, 1, "09:00", "11:00")
    await book(database, wanted(room, accounts.actor_for(account), span), accounts.actor_for(account), now)
    day = typed_span(span)["day"]
    form = {"closed_from": f"{day}T08:00", "closed_until": f"{day}T10:00", "closed_because": "检修"}
    for wrong, said in (
        (form, "is taken from"),
        (form | {"closed_because": ""}, "Please give the reason"),
        (form | {"closed_until": f"{day}T08:00"}, "The end must be after the start."),
        (form | {"closed_from": "soon"}, "Choose a date and a time"),
    ):
        answer = await visitor.post(f"/venues/rooms/{room}/closures", wrong)
        assert (answer.status, said in answer.text) == (422, True), said
        assert typed_values(answer.text)["closed_because"] == wrong["closed_because"]


async def test_a_room_is_booked_from_the_plan_and_stands_in_it(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    span = on_day(now, 1, "09:00", "11:00")
    day = typed_span(span)["day"]
    form = typed_values((await visitor.get(f"/venues/bookings/new?venue={room}&day={day}")).text)
    assert (form["venue"], form["day"], form["officer"]) == (str(room), day, str(account.id))
    answer = await visitor.post("/venues/bookings", booking_form(room, account, span, title=MARKUP))
    assert answer.status == 303
    page = (await visitor.get(answer.location)).text
    assert "&lt;script&gt;" in page
    assert "300.00" in page
    for path in (f"/venues?week={day}", f"/venues/days/{day}", f"/venues/rooms/{room}"):
        assert "&lt;script&gt;" in (await visitor.get(path)).text, path
    assert (await visitor.get("/venues?week=nonsense")).status == 200
    assert (await visitor.get("/venues/days/0001-01-01")).status == 200


async def test_a_taken_room_says_by_what_and_proposes_free_rooms_and_times(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    large = await add_room(database, now, LARGE_ROOM)
    span = on_day(now, 1, "09:00", "11:00")
    other = accounts.actor_for(await make_account(database, "other", now, Role.OFFICER))
    await book(database, wanted(room, other, span, title="先约的开标"), other, now)
    form = booking_form(room, account, span, committee="甲\n乙")
    answer = await visitor.post("/venues/bookings", form)
    assert answer.status == 422
    for said in ("is taken from", "先约的开标", "101 拍卖大厅", "Next free times", "甲\n乙"):
        assert said in answer.text, said
    choice = choice_of(large, span)
    assert choice in answer.text
    assert (await visitor.post("/venues/bookings", form | {"then": "", "choose": choice})).status == 303
    asked = await visitor.post("/venues/bookings", form | {"then": "propose", "venue": ""})
    assert (asked.status, "Best fit" in asked.text or "No room that holds" in asked.text) == (200, True)


async def test_of_a_taken_evaluation_room_a_stranger_learns_only_that_there_is_an_evaluation(
    visitor: Visitor, database: Database, account: Account, now: datetime
) -> None:
    room = await add_room(database, now, EVALUATION_ROOM)
    other = accounts.actor_for(await make_account(database, "other", now, Role.OFFICER))
    span = on_day(now, 1, "09:00", "11:00")
    secret = wanted(room, other, span, title="医疗设备评标", purpose=Purpose.EVALUATION, committee=("王某某",))
    booking = await book(database, secret, other, now)
    answer = await visitor.post("/venues/bookings", booking_form(room, account, span))
    assert "Evaluation of bids" in answer.text
    day = typed_span(span)["day"]
    for page in (
        answer.text,
        *[
            (await visitor.get(path)).text
            for path in (
                f"/venues?week={day}",
                f"/venues/days/{day}",
                f"/venues/rooms/{room}",
                f"/venues/bookings/{booking.id}",
            )
        ],
    ):
        assert "医疗设备评标" not in page
        assert "王某某" not in page
        assert "other 演示" not in page.replace("<option", "").split("</select>")[-1]


WRONG_BOOKINGS = [
    ("purpose", "closure", "Choose one of the possibilities."),
    ("purpose", "party", "Choose one of the possibilities."),
    ("title", "", "Please fill this in."),
    ("title", "x" * 121, "This is too long."),
    ("officer", "nobody", "Please fill this in."),
    ("day", "2026-02-30", "Choose a day"),
    ("from", "9 o'clock", "for example 09:30"),
    ("until", "08:59", "The end must be after the start."),
    ("from", "08:00", "is open from 08:30 to 18:00"),
    ("people", "41", "holds 40 people"),
    ("people", "1e3", "between 1 and 5000"),
    ("committee", "x" * 41, "Write one name a line"),
    ("venue", "", "Choose one of the possibilities."),
    ("needs", "remote_seat", "does not have all of the equipment"),
]


async def test_what_is_wrong_with_a_booking_is_told_beside_its_field_and_nothing_is_lost(
    visitor: Visitor, room: UUID, account: Account, now: datetime
) -> None:
    plain = booking_form(room, account, on_day(now, 1, "09:00", "11:00"))
    for field, typed, said in WRONG_BOOKINGS:
        answer = await visitor.post("/venues/bookings", plain | {field: typed})
        assert (answer.status, said in answer.text) == (422, True), (field, typed)
        assert f'id="error-{field}"' in answer.text, (field, typed)
        kept = typed_values(answer.text)
        assert (kept["people"], kept["title"]) == tuple((plain | {field: typed})[name] for name in ("people", "title"))
    past = await visitor.post("/venues/bookings", plain | {"day": "2020-01-06"})
    assert "This time has already begun or passed." in past.text


async def test_conflicts_are_shown_once_and_booking_goes_on_when_they_were_seen(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    large = await add_room(database, now, LARGE_ROOM)
    span, actor = on_day(now, 1, "09:00", "11:00"), accounts.actor_for(account)
    first = await book(database, wanted(room, actor, span), actor, now)
    form = booking_form(large, account, span)
    warned = await visitor.post("/venues/bookings", form)
    assert (warned.status, "Engaged elsewhere at that time" in warned.text) == (422, True)
    assert f"/venues/bookings/{first.id}" in warned.text
    key = f"officer 演示|{span.starts_at.astimezone(now.tzinfo).isoformat()}"
    key += f"|{span.ends_at.astimezone(now.tzinfo).isoformat()}"
    assert key.replace("+", "+") in warned.text
    assert (await visitor.post("/venues/bookings", form | {"seen": key})).status == 303


async def test_a_booking_is_moved_and_cancelled_on_its_page_with_reasons(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    actor = accounts.actor_for(account)
    booking = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    address = f"/venues/bookings/{booking.id}"
    form = typed_values((await visitor.get(f"{address}/move")).text)
    unexplained = await visitor.post(f"{address}/move", form | {"from": "14:00", "until": "16:00", "reason": ""})
    assert (unexplained.status, "Please give the reason" in unexplained.text) == (422, True)
    assert typed_values(unexplained.text)["from"] == "14:00"
    wrong = await visitor.post(f"{address}/move", form | {"from": "19:00", "until": "20:00", "reason": "x"})
    assert (wrong.status, "is open from" in wrong.text) == (422, True)
    moved = await visitor.post(f"{address}/move", form | {"from": "14:00", "until": "16:00", "reason": "主持人延误"})
    assert moved.status == 303
    assert "主持人延误" in (await visitor.get(address)).text
    unexplained = await visitor.post(f"{address}/cancel", {"cancel_reason": " "})
    assert (unexplained.status, "Please give the reason" in unexplained.text) == (422, True)
    assert (await visitor.post(f"{address}/cancel", {"cancel_reason": "项目终止"})).status == 303
    assert "Cancelled because" in (await visitor.get(address)).text
    assert (await visitor.post(f"{address}/cancel", {"cancel_reason": "again"})).status == 409


async def test_a_supervisor_sees_who_evaluates_and_that_look_is_recorded(
    client: AsyncTestClient[Litestar], database: Database, account: Account, now: datetime
) -> None:
    room, actor = await add_room(database, now, EVALUATION_ROOM), accounts.actor_for(account)
    span = on_day(now, 1, "09:00", "11:00")
    secret = wanted(room, actor, span, purpose=Purpose.EVALUATION, committee=("王某某",))
    booking = await book(database, secret, actor, now)
    supervisor = await visitor_with(client, database, now, "supervisor", Role.SUPERVISOR)
    assert "王某某" in (await supervisor.get(f"/venues/bookings/{booking.id}")).text
    async with database.reading() as session:
        facts = await journal_store.read(session, service.stream_of(booking.id))
    assert [fact.kind for fact in facts] == ["room_booked", "confidential_booking_viewed"]
    assert (await supervisor.get("/venues/bookings/new")).status == 403
    bidder = await visitor_with(client, database, now, "bidder", Role.BIDDER)
    assert (await bidder.get(f"/venues/bookings/{booking.id}")).status == 403


async def test_a_project_s_page_proposes_a_room_for_a_lot_that_has_none(
    visitor: Visitor, database: Database, room: UUID, account: Account, now: datetime
) -> None:
    project = await make_project(database, now, account.id)
    assert "No room is booked for this project." in (await visitor.get(f"/venues/projects/{project}")).text
    actor = accounts.actor_for(account)
    await book(
        database, wanted(room, actor, on_day(now, 1, "09:00", "11:00"), project_id=project, title=""), actor, now
    )
    page = (await visitor.get(f"/venues/projects/{project}")).text
    assert "城东第七号地块出让" in page
    assert "301 第一开标室" in page

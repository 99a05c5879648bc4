"""A room's calendars, read back by the library that everybody uses."""

from datetime import datetime
from uuid import UUID

import icalendar
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from tests.projects.visitor import Visitor
from tests.venues.stage import EVALUATION_ROOM, add_room, book, on_day, wanted
from tests.venues.test_pages import account, client, now, room, visitor
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel.database import Database
from trading.venues import service
from trading.venues.models import Venue
from trading.venues.rules import Purpose

__all__ = ["account", "client", "now", "room", "visitor"]


async def events_at(client: AsyncTestClient[Litestar], address: str) -> tuple[str, list[icalendar.Event]]:
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return answer.text, [
        event
        for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        if isinstance(event, icalendar.Event)
    ]


async def test_a_room_s_calendar_keeps_identifiers_counts_changes_and_strikes_out_what_is_cancelled(
    client: AsyncTestClient[Litestar], database: Database, room: UUID, account: Account, now: datetime
) -> None:
    actor, span = accounts.actor_for(account), on_day(now, 1, "09:00", "11:00")
    booking = await book(database, wanted(room, actor, span, title="医疗设备, 开标; 第一包"), actor, now)
    async with database.reading() as session:
        token = (await session.scalars(select(Venue.calendar_token))).one()
    public, secret = f"/venues/rooms/{room}/calendar.ics", f"/venues/calendars/{token}.ics"
    text, (event,) = await events_at(client, public)
    assert (event["summary"], event["sequence"], event["status"]) == ("开标", 0, "CONFIRMED")
    assert event.start == span.starts_at
    assert "医疗" not in text
    assert "officer" not in text
    _, (told,) = await events_at(client, secret)
    assert told["summary"] == "开标 医疗设备, 开标; 第一包"
    assert told["uid"] == event["uid"] == f"booking-{booking.id}@127.0.0.1"
    async with database.work() as session:
        await service.move(
            session, booking.id, room, on_day(now, 1, "14:00", "15:00"), reason="延误", actor=actor, now=now
        )
    async with database.work() as session:
        await service.cancel(session, booking.id, reason="终止", actor=actor, now=now)
    _, (struck,) = await events_at(client, secret)
    assert (struck["uid"], struck["sequence"], struck["status"]) == (event["uid"], 2, "CANCELLED")
    assert (await client.get("/venues/calendars/guessed.ics")).status_code == 404
    assert (await client.get(f"/venues/calendars/{token}")).status_code == 404


async def test_a_secret_calendar_tells_nothing_of_evaluations_and_its_old_address_ends(
    client: AsyncTestClient[Litestar], visitor: Visitor, database: Database, account: Account, now: datetime
) -> None:
    room, actor = await add_room(database, now, EVALUATION_ROOM), accounts.actor_for(account)
    span = on_day(now, 1, "09:00", "11:00")
    secret = wanted(room, actor, span, title="医疗设备评标", purpose=Purpose.EVALUATION, committee=("王某某",))
    await book(database, secret, actor, now)
    async with database.reading() as session:
        token = (await session.scalars(select(Venue.calendar_token))).one()
    text, (event,) = await events_at(client, f"/venues/calendars/{token}.ics")
    assert event["summary"] == "评标"
    assert "医疗" not in text
    assert "王某某" not in text
    assert (await visitor.post(f"/venues/rooms/{room}/calendar-address", {})).status == 303
    assert (await client.get(f"/venues/calendars/{token}.ics")).status_code == 404

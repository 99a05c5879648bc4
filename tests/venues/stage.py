"""Rooms, people and bookings for the tests."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.projects.people import make_account
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.projects.models import Project
from trading.venues import rooms, service
from trading.venues.models import Booking
from trading.venues.rooms import RoomFacts
from trading.venues.rules import FeeUnit, NewBooking, Purpose, Span

OPENING_ROOM = RoomFacts(
    number="301",
    name="第一开标室",
    place="主楼三层",
    capacity=40,
    has_audio_recording=True,
    has_video_recording=True,
    screens=2,
    remote_seats=0,
    has_sign_in_terminal=True,
    fee_fen=30_000,
    fee_unit=FeeUnit.HALF_DAY,
    opens_minute=8 * 60 + 30,
    closes_minute=18 * 60,
    set_up_minutes=30,
    clearing_minutes=30,
)
LARGE_ROOM = replace(OPENING_ROOM, number="101", name="拍卖大厅", capacity=200, screens=4, fee_fen=80_000)
EVALUATION_ROOM = replace(OPENING_ROOM, number="401", name="评标室", capacity=12, screens=1, has_sign_in_terminal=False)


def on_day(now: datetime, days: int, starts: str, ends: str) -> Span:
    """A time of the day so many days from now, in Shanghai."""
    day = (now + timedelta(days=days)).astimezone(SHANGHAI).date()
    first, last = (datetime.fromisoformat(f"{day}T{clock}+08:00") for clock in (starts, ends))
    return Span(first, last)


async def add_room(database: Database, now: datetime, facts: RoomFacts = OPENING_ROOM) -> UUID:
    """A room of the centre."""
    async with database.work() as session:
        return (await rooms.add_venue(session, facts, actor=Actor.system("test"), now=now)).id


async def officer(database: Database, name: str, now: datetime, *roles: Role) -> Actor:
    """Somebody of the centre; an officer unless told otherwise."""
    return accounts.actor_for(await make_account(database, name, now, *(roles or (Role.OFFICER,))))


async def make_project(database: Database, now: datetime, officer_id: UUID | None, **columns: Any) -> UUID:
    """A published project."""
    facts: dict[str, Any] = {"kind": "land", "title": "城东第七号地块出让", "owner_name": "演示", "state": "published"}
    facts |= {"rule_profile": "demonstration-2026", "created_at": now, "published_at": now, "entered_at": now}
    async with database.work() as session:
        project = Project(officer_id=officer_id, **(facts | columns))
        session.add(project)
        await session.flush()
        return project.id


def wanted(venue_id: UUID, actor: Actor, span: Span, **facts: Any) -> NewBooking:
    """An opening with ten people in charge of whom is the actor."""
    assert actor.account_id is not None
    plain = NewBooking(venue_id, Purpose.OPENING, "第一次开标", span, 10, actor.account_id)
    return replace(plain, **facts)


async def book(database: Database, new: NewBooking, actor: Actor, now: datetime, *seen: str) -> Booking:
    """Book a room."""
    async with database.work() as session:
        return await service.book(session, new, seen=seen, actor=actor, now=now)

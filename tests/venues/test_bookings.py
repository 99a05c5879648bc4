"""Bookings on a real database: one at a time in a room, moved and cancelled with reasons, everything journalled."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from tests.auction.selling import publish_lot
from tests.projects.people import make_account
from tests.venues.stage import EVALUATION_ROOM, LARGE_ROOM, add_room, book, make_project, officer, on_day, wanted
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.journal import Entry
from trading.venues import fees, rooms, service
from trading.venues.conflicts import ConflictRefused, ConflictsNotSeen
from trading.venues.lookups import bookings_between
from trading.venues.models import Booking
from trading.venues.rules import (
    BookingBegun,
    BookingCancelled,
    BookingNotFound,
    LotOfAnotherProject,
    NotAnOfficer,
    NotYourBooking,
    Part,
    Purpose,
    ReasonMissing,
    TooManyPeople,
    VenueNotFound,
    VenueNumberTaken,
    VenueRetired,
    VenueStillBooked,
    VenueTaken,
)


@pytest.fixture
async def room(database: Database, now: datetime) -> UUID:
    return await add_room(database, now)


@pytest.fixture
async def actor(database: Database, now: datetime) -> Actor:
    return await officer(database, "officer", now)


async def facts_of(database: Database, booking: Booking) -> list[Entry]:
    async with database.reading() as session:
        return await journal_store.read(session, service.stream_of(booking.id))


async def test_a_booking_keeps_its_room_with_set_up_and_clearing_and_says_what_it_costs(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    booking = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "13:00")), actor, now)
    kept = on_day(now, 1, "08:30", "13:30")
    assert booking.occupied == Range(kept.starts_at, kept.ends_at)
    assert booking.fee_fen == 60_000  # the morning and the afternoon
    (fact,) = await facts_of(database, booking)
    assert (fact.kind, fact.actor, fact.body["fee_fen"]) == ("room_booked", actor.reference, 60_000)
    assert fact.body["venue_title"] == "301 第一开标室"


@pytest.mark.parametrize(
    ("starts", "ends", "is_free"),
    [("11:59", "13:00", False), ("12:00", "13:00", True), ("07:00", "08:00", True), ("08:45", "12:30", False)],
)
async def test_the_next_event_fits_when_set_up_follows_clearing(
    database: Database, actor: Actor, now: datetime, starts: str, ends: str, is_free: bool
) -> None:
    room = await add_room(database, now, replace(LARGE_ROOM, opens_minute=0, closes_minute=1440))
    taken = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    new = wanted(
        room, actor, on_day(now, 1, starts, ends), officer_id=(await officer(database, "second", now)).account_id
    )
    if is_free:
        await book(database, new, actor, now)
        return
    with pytest.raises(VenueTaken) as refused:
        await book(database, new, actor, now)
    assert refused.value.booking_id == taken.id


async def test_of_many_who_want_one_room_at_one_time_exactly_one_gets_it(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    new = wanted(room, actor, on_day(now, 1, "09:00", "11:00"))
    found = await asyncio.gather(*(book(database, new, actor, now) for _ in range(60)), return_exceptions=True)
    assert sum(isinstance(one, Booking) for one in found) == 1
    assert sum(isinstance(one, VenueTaken) for one in found) == 59


async def test_the_database_itself_refuses_a_second_booking_and_lets_cancelled_ones_be(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    first = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)

    async def insert_past_the_rules(starts: datetime) -> None:
        async with database.work() as session:
            session.add(
                Booking(
                    venue_id=room,
                    purpose="other",
                    title="x",
                    starts_at=starts,
                    ends_at=starts + timedelta(minutes=1),
                    occupied=Range(starts, starts + timedelta(minutes=1)),
                    officer_id=actor.account_id,
                    people=1,
                    needs=[],
                    fee_fen=0,
                    booked_by="test",
                    changed_at=now,
                )
            )

    during_clearing = first.ends_at + timedelta(minutes=29)
    with pytest.raises(IntegrityError, match="ex_venue_bookings_one_at_a_time"):
        await insert_past_the_rules(during_clearing)
    async with database.work() as session:
        await service.cancel(session, first.id, reason="改期", actor=actor, now=now)
    await insert_past_the_rules(during_clearing)


async def test_many_moves_across_each_other_end_without_a_deadlock(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    other = await add_room(database, now, LARGE_ROOM)
    places = [(room, "09:00", "10:00"), (other, "13:00", "14:00"), (room, "15:30", "16:30"), (other, "10:00", "11:00")]
    made = [await book(database, wanted(at, actor, on_day(now, 1, a, b)), actor, now) for at, a, b in places]

    async def move(booking: Booking, to: UUID, starts: str, ends: str) -> None:
        async with database.work() as session:
            span = on_day(now, 2, starts, ends)
            await service.move(session, booking.id, to, span, reason="演练", actor=actor, now=now)

    swapped = [other, room, other, room]
    found = await asyncio.gather(
        *(move(one, to, a, b) for one, to, (_, a, b) in zip(made, swapped, places, strict=True) for _ in range(3)),
        return_exceptions=True,
    )
    assert [one for one in found if one is not None] == []
    async with database.reading() as session:
        assert await session.scalar(select(func.sum(Booking.sequence))) == 12


async def test_a_moved_booking_frees_its_old_time_and_costs_anew_and_tells_why(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    booking = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    async with database.work() as session:
        span = on_day(now, 1, "10:00", "14:00")
        moved = await service.move(session, booking.id, room, span, reason="主持人延误", actor=actor, now=now)
        assert (moved.fee_fen, moved.sequence) == (60_000, 1)
    later = await officer(database, "second", now)
    await book(database, wanted(room, later, on_day(now, 2, "09:00", "11:00")), later, now)
    fact = (await facts_of(database, booking))[-1]
    assert fact.kind == "booking_moved"
    assert fact.body["reason"] == "主持人延误"
    assert fact.body["before"]["fee_fen"] == 30_000


async def test_a_booking_is_moved_or_cancelled_with_a_reason_by_those_in_charge_before_it_begins(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    span = on_day(now, 1, "09:00", "11:00")
    booking = await book(database, wanted(room, actor, span), actor, now)
    stranger = await officer(database, "stranger", now)

    async def cancel(who: Actor, at: datetime, reason: str = "改期") -> None:
        async with database.work() as session:
            await service.cancel(session, booking.id, reason=reason, actor=who, now=at)

    async def move(who: Actor, at: datetime) -> None:
        async with database.work() as session:
            later = on_day(now, 3, "09:00", "11:00")
            await service.move(session, booking.id, room, later, reason="改期", actor=who, now=at)

    with pytest.raises(NotYourBooking):
        await cancel(stranger, now)
    with pytest.raises(NotYourBooking):
        await move(stranger, now)
    with pytest.raises(ReasonMissing):
        await cancel(actor, now, " ")
    with pytest.raises(BookingBegun):
        await cancel(actor, span.starts_at)
    with pytest.raises(BookingBegun):
        await move(actor, span.starts_at)
    await cancel(actor, now)
    with pytest.raises(BookingCancelled):
        await cancel(actor, now)
    with pytest.raises(BookingCancelled):
        await move(actor, now)
    await book(database, wanted(room, stranger, span), stranger, now)


async def test_whoever_is_in_charge_of_the_project_or_administers_may_cancel_unless_it_is_an_evaluation(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    owner = await officer(database, "owner", now)
    admin = await officer(database, "admin", now, Role.ADMIN)
    project = await make_project(database, now, owner.account_id)
    for number, (purpose, who, may) in enumerate(
        [
            (Purpose.OPENING, owner, True),
            (Purpose.OPENING, admin, True),
            (Purpose.EVALUATION, owner, False),
            (Purpose.EVALUATION, admin, False),
        ]
    ):
        span = on_day(now, number + 1, "09:00", "11:00")
        booking = await book(database, wanted(room, actor, span, purpose=purpose, project_id=project), actor, now)
        async with database.work() as session:
            if may:
                await service.cancel(session, booking.id, reason="改期", actor=who, now=now)
            else:
                with pytest.raises(NotYourBooking):
                    await service.cancel(session, booking.id, reason="改期", actor=who, now=now)


async def test_a_closed_room_is_not_booked_and_a_booked_one_not_closed(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    days = on_day(now, 2, "00:00", "23:59")
    await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    async with database.work() as session:
        both = replace(days, starts_at=on_day(now, 1, "00:00", "01:00").starts_at)
        with pytest.raises(VenueTaken):
            await service.close_venue(session, room, both, reason="检修", actor=actor, now=now)
    async with database.work() as session:
        closure = await service.close_venue(session, room, days, reason="设备检修", actor=actor, now=now)
    with pytest.raises(VenueTaken) as refused:
        await book(database, wanted(room, actor, on_day(now, 2, "09:00", "11:00")), actor, now)
    assert refused.value.booking_id == closure.id
    colleague = await officer(database, "colleague", now)
    async with database.work() as session:  # a closure that has begun is ended early
        during = days.starts_at + timedelta(hours=1)
        await service.cancel(session, closure.id, reason="提前完成", actor=colleague, now=during)
    await book(database, wanted(room, actor, on_day(now, 2, "09:00", "11:00")), actor, now)


async def test_a_conflict_of_the_officer_or_committee_is_a_warning_that_is_recorded_once_seen(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    other = await add_room(database, now, EVALUATION_ROOM)
    await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    evaluation = wanted(
        other, actor, on_day(now, 1, "10:30", "16:00"), purpose=Purpose.EVALUATION, committee=("王一", "李 二")
    )
    with pytest.raises(ConflictsNotSeen) as warned:
        await book(database, evaluation, actor, now)
    (conflict,) = warned.value.conflicts
    assert (conflict.name, conflict.part) == ("officer 演示", Part.OFFICER)
    seen = await book(database, evaluation, actor, now, conflict.key)
    (fact,) = await facts_of(database, seen)
    assert [one["name"] for one in fact.body["conflicts_seen"]] == ["officer 演示"]
    third = await add_room(database, now, replace(EVALUATION_ROOM, number="402"))
    stranger = await officer(database, "stranger", now)
    again = wanted(third, stranger, evaluation.span, purpose=Purpose.EVALUATION, committee=("李二",))
    with pytest.raises(ConflictsNotSeen) as told:  # the same name with another blank; which evaluation is not said
        await book(database, again, stranger, now)
    assert [one.booking_id for one in told.value.conflicts] == [None]
    await book(database, replace(again, purpose=Purpose.OTHER), stranger, now)  # nobody learns who evaluates by asking


async def test_where_the_rules_refuse_conflicts_seeing_them_is_not_enough(
    database: Database, room: UUID, actor: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(fees.DEFAULT.refused_conflicts, value=frozenset({Part.OFFICER}))
    monkeypatch.setitem(fees.RULES_BY_PROFILE, "strict", replace(fees.DEFAULT, refused_conflicts=strict))
    project = await make_project(database, now, actor.account_id, rule_profile="strict")
    other = await add_room(database, now, LARGE_ROOM)
    span = on_day(now, 1, "09:00", "11:00")
    await book(database, wanted(room, actor, span), actor, now)
    with pytest.raises(ConflictRefused):
        await book(database, wanted(other, actor, span, project_id=project), actor, now)


async def test_a_booking_names_an_officer_an_auctioneer_and_a_lot_of_its_project(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    span = on_day(now, 1, "09:00", "11:00")
    expert = (await make_account(database, "expert", now, Role.EXPERT)).id
    for wrong in (wanted(room, actor, span, officer_id=expert), wanted(room, actor, span, auctioneer_id=expert)):
        with pytest.raises(NotAnOfficer):
            await book(database, wrong, actor, now)
    async with database.work() as session:
        sale = await publish_lot(session, now=now)
    project = await make_project(database, now, actor.account_id)
    with pytest.raises(LotOfAnotherProject):
        await book(database, wanted(room, actor, span, project_id=project, lot_id=sale.lot_id), actor, now)
    with pytest.raises(TooManyPeople):
        await book(database, wanted(room, actor, span, people=41), actor, now)
    with pytest.raises(VenueNotFound):
        await book(database, wanted(new_id(), actor, span), actor, now)
    async with database.work() as session:
        with pytest.raises(BookingNotFound):
            await service.cancel(session, new_id(), reason="改期", actor=actor, now=now)


async def test_a_room_is_retired_once_nothing_is_booked_and_keeps_its_number_for_good(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    booking = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    with pytest.raises(VenueStillBooked):
        async with database.work() as session:
            await rooms.retire_venue(session, room, actor=actor, now=now)
    async with database.work() as session:
        await service.cancel(session, booking.id, reason="改期", actor=actor, now=now)
        await rooms.retire_venue(session, room, actor=actor, now=now)
    with pytest.raises(VenueRetired):
        await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    with pytest.raises(VenueNumberTaken):
        await add_room(database, now)
    with pytest.raises(VenueRetired):
        async with database.work() as session:
            await rooms.renew_calendar_address(session, room, actor=actor, now=now)


async def test_what_changes_in_a_room_is_journalled_and_bookings_keep_what_they_cost(
    database: Database, room: UUID, actor: Actor, now: datetime
) -> None:
    booking = await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)
    async with database.work() as session:
        dearer = replace(rooms.facts_of(await service.get_venue(session, room)), fee_fen=99_900)
        await rooms.change_venue(session, room, dearer, actor=actor, now=now)
        await rooms.change_venue(session, room, dearer, actor=actor, now=now)  # nothing changed: nothing written
    async with database.reading() as session:
        facts = await journal_store.read(session, f"venue:{room}")
        kept = await service.get_booking(session, booking.id)
        assert len(await bookings_between(session, on_day(now, 1, "13:00", "14:00"))) == 0
    assert [fact.kind for fact in facts] == ["venue_added", "venue_changed"]
    assert facts[1].body == {"fee_fen": {"before": 30_000, "after": 99_900}}
    assert kept.fee_fen == 30_000

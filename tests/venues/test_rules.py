"""The rules of rooms: opening hours, set-up and clearing, fees, conflicts, proposals, and who sees what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.accounts.rules import Actor, Role
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.venues.conflicts import (
    Conflict,
    ConflictRefused,
    ConflictsNotSeen,
    Engagement,
    check_conflicts,
    conflicts_of,
)
from trading.venues.fees import DEFAULT, fee_of, units_started, venue_rules
from trading.venues.proposing import STEP, free_rooms, is_free, next_free_times, people_to_expect
from trading.venues.rules import (
    BookingInThePast,
    EndsBeforeItStarts,
    Equipment,
    EquipmentMissing,
    FeeUnit,
    OutsideOpeningHours,
    Part,
    Purpose,
    ReasonMissing,
    Span,
    TooFarAhead,
    TooManyPeople,
    VenueFacts,
    VenueRetired,
    Wanted,
    check_reason,
    judge,
    occupied,
    suits,
)
from trading.venues.seeing import Parties, Sight, is_recorded_look, may_change, sight_in_lists, sight_of_page

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai
ROOM = VenueFacts(
    id=new_id(),
    number="301",
    name="第一开标室",
    capacity=40,
    equipment=frozenset({Equipment.AUDIO, Equipment.VIDEO}),
    opens_minute=8 * 60,
    closes_minute=18 * 60,
    set_up=timedelta(minutes=30),
    clearing=timedelta(minutes=15),
    fee=Money(30_000),
    fee_unit=FeeUnit.HALF_DAY,
)


def span(starts: str, ends: str, day: int = 24) -> Span:
    first, last = (datetime.fromisoformat(f"2026-11-{day}T{clock}+08:00") for clock in (starts, ends))
    return Span(first, last)


def test_set_up_and_clearing_belong_to_the_time_for_which_a_room_is_kept() -> None:
    assert occupied(ROOM, span("09:00", "11:00")) == span("08:30", "11:15")


@pytest.mark.parametrize(
    ("starts", "ends", "is_open"),
    [
        ("08:00", "18:00", True),
        ("07:59", "09:00", False),
        ("17:00", "18:01", False),
        ("08:00", "08:01", True),
    ],
)
def test_a_booking_lies_within_the_opening_hours_and_its_set_up_need_not(starts: str, ends: str, is_open: bool) -> None:
    assert ("from" not in judge(ROOM, Wanted(span(starts, ends), 10, frozenset()), NOW)) is is_open


def test_a_room_that_is_open_all_day_may_be_booked_until_midnight_and_not_over_it() -> None:
    always = replace(ROOM, opens_minute=0, closes_minute=24 * 60)
    until_midnight = Span(span("20:00", "21:00").starts_at, span("00:00", "01:00", 25).starts_at)
    assert judge(always, Wanted(until_midnight, 10, frozenset()), NOW) == {}
    over_it = Span(until_midnight.starts_at, span("01:00", "02:00", 25).starts_at)
    assert isinstance(judge(always, Wanted(over_it, 10, frozenset()), NOW)["from"], OutsideOpeningHours)


def test_everything_that_speaks_against_a_booking_is_told_at_once() -> None:
    wanted = Wanted(span("19:00", "20:00"), 41, frozenset({Equipment.SCREEN}))
    found = judge(ROOM, wanted, NOW)
    assert {name: type(refusal) for name, refusal in found.items()} == {
        "from": OutsideOpeningHours,
        "people": TooManyPeople,
        "needs": EquipmentMissing,
    }


@pytest.mark.parametrize(
    ("wanted", "field", "refusal"),
    [
        (span("10:00", "10:00"), "until", EndsBeforeItStarts),
        (span("10:00", "09:00"), "until", EndsBeforeItStarts),
        (span("12:00", "13:00", 23), "from", BookingInThePast),  # begins at this very moment
        (Span(NOW + timedelta(days=401), NOW + timedelta(days=401, hours=1)), "day", TooFarAhead),
    ],
)
def test_times_that_cannot_be_booked(wanted: Span, field: str, refusal: type[Exception]) -> None:
    assert isinstance(judge(ROOM, Wanted(wanted, 1, frozenset()), NOW)[field], refusal)


def test_a_retired_room_is_not_booked() -> None:
    found = judge(replace(ROOM, is_retired=True), Wanted(span("09:00", "10:00"), 1, frozenset()), NOW)
    assert isinstance(found["venue"], VenueRetired)


@pytest.mark.parametrize(
    ("starts", "ends", "half_days", "hours"),
    [
        ("09:00", "12:00", 1, 3),
        ("09:00", "12:01", 2, 4),
        ("12:00", "18:00", 1, 6),
        ("11:59", "12:00", 1, 1),
        ("09:00", "10:30", 1, 2),
        ("08:30", "17:30", 2, 9),
    ],
)
def test_what_has_started_is_paid_and_what_ends_at_noon_starts_no_afternoon(
    starts: str, ends: str, half_days: int, hours: int
) -> None:
    booked = span(starts, ends)
    assert units_started(FeeUnit.HALF_DAY, booked, noon_minute=720) == half_days
    assert units_started(FeeUnit.HOUR, booked, noon_minute=720) == hours
    assert fee_of(ROOM, booked, DEFAULT, purpose=Purpose.AUCTION, is_public_benefit=False) == Money(30_000 * half_days)


def test_what_serves_the_public_benefit_is_free_where_the_rules_say_so_and_a_closure_always() -> None:
    booked = span("09:00", "12:00")
    free = {"purpose": Purpose.OTHER, "is_public_benefit": True}
    assert fee_of(ROOM, booked, DEFAULT, **free) == Money(0)  # type: ignore[arg-type]
    strict = replace(DEFAULT, public_benefit_is_free=replace(DEFAULT.public_benefit_is_free, value=False))
    assert fee_of(ROOM, booked, strict, **free) == Money(30_000)  # type: ignore[arg-type]
    assert fee_of(ROOM, booked, strict, purpose=Purpose.CLOSURE, is_public_benefit=False) == Money(0)


def spans(within: int = 7 * 24 * 60, longest: int = 24 * 60) -> st.SearchStrategy[Span]:
    """Times that start within so many minutes and last up to so many."""

    def made(start: int, length: int) -> Span:
        return Span(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length))

    return st.builds(made, st.integers(0, within), st.integers(1, longest))


@given(spans(12, 6), spans(12, 6))
def test_two_times_overlap_exactly_when_they_share_a_minute(one: Span, other: Span) -> None:
    def minutes_of(each: Span) -> set[int]:
        first = (each.starts_at - NOW) // timedelta(minutes=1)
        return set(range(first, (each.ends_at - NOW) // timedelta(minutes=1)))

    assert one.overlaps(other) == other.overlaps(one) == bool(minutes_of(one) & minutes_of(other))


@given(spans())
def test_a_longer_booking_never_costs_less_and_two_halves_never_less_than_the_whole(booked: Span) -> None:
    for unit in FeeUnit:
        whole = units_started(unit, booked, noon_minute=720)
        middle = booked.starts_at + (booked.ends_at - booked.starts_at) / 2
        parts = [Span(booked.starts_at, middle), Span(middle, booked.ends_at)]
        counted = [units_started(unit, part, noon_minute=720) for part in parts]
        assert 1 <= max(counted) <= whole <= sum(counted)


@given(st.lists(spans(), max_size=12), spans(), st.integers(1, 80))
def test_every_proposal_suits_and_is_free(taken: list[Span], around: Span, people: int) -> None:
    day = around.starts_at.astimezone(SHANGHAI).replace(hour=9, minute=0)
    rooms = [replace(ROOM, id=new_id(), number=str(n), capacity=20 * n) for n in range(1, 4)]
    kept = {room.id: taken for room in rooms[:2]}
    wanted = Wanted(Span(day, day + timedelta(hours=2)), people, frozenset({Equipment.AUDIO}))
    now_free = free_rooms(wanted, rooms, kept, DEFAULT, purpose=Purpose.OPENING)
    later = next_free_times(wanted, rooms, kept, DEFAULT, purpose=Purpose.OPENING, now=NOW)
    for proposal in [*now_free, *later]:
        at = Wanted(proposal.span, people, wanted.needs)
        assert suits(proposal.venue, at)
        assert is_free(proposal.venue, proposal.span, kept)
    assert all(proposal.span == wanted.span for proposal in now_free)
    assert all(proposal.span.starts_at > NOW for proposal in later)
    assert {room.id for room in rooms if room.capacity >= people and is_free(room, wanted.span, kept)} == {
        proposal.venue.id for proposal in now_free
    }


def test_the_room_that_leaves_least_unused_comes_first_but_for_the_project_s_usual_one() -> None:
    small, large = replace(ROOM, id=new_id(), number="2", capacity=20), replace(ROOM, id=new_id(), number="1")
    wanted = Wanted(span("09:00", "10:00"), 15, frozenset())
    best = free_rooms(wanted, [large, small], {}, DEFAULT, purpose=Purpose.OPENING)
    assert [proposal.venue.number for proposal in best] == ["2", "1"]
    usual = free_rooms(wanted, [large, small], {}, DEFAULT, purpose=Purpose.OPENING, usual=frozenset({large.id}))
    assert [proposal.venue.number for proposal in usual] == ["1", "2"]


def test_the_next_free_times_leave_out_the_weekend_and_keep_the_hour_where_they_can() -> None:
    friday = span("09:00", "10:00", 27)
    whole_friday = {ROOM.id: [span("00:00", "23:59", 27)]}
    wanted = Wanted(friday, 5, frozenset())
    found = next_free_times(wanted, [ROOM], whole_friday, DEFAULT, purpose=Purpose.OPENING, now=NOW, most=2)
    assert [f"{each.span.starts_at.astimezone(SHANGHAI):%a %H:%M}" for each in found] == ["Mon 09:00", "Tue 09:00"]


def test_on_a_day_that_is_partly_taken_the_next_half_hour_is_proposed() -> None:
    kept = {ROOM.id: [span("08:00", "12:15")]}
    wanted = Wanted(span("09:00", "11:00"), 5, frozenset())
    found = next_free_times(wanted, [ROOM], kept, DEFAULT, purpose=Purpose.OPENING, now=NOW, most=1)
    assert found[0].span == span("13:00", "15:00")  # 12:15 and half an hour of set-up, rounded up to the step
    assert timedelta(minutes=30) == STEP


def test_how_many_people_are_expected_tells_nobody_how_many_have_registered_before_it_closes() -> None:
    assert people_to_expect(None, DEFAULT) == 30
    assert [people_to_expect(bidders, DEFAULT) for bidders in (0, 1, 5, 6, 40)] == [10, 20, 20, 30, 90]


def engaged(key: str, part: Part = Part.COMMITTEE, *, secret: bool = False, at: Span | None = None) -> Engagement:
    return Engagement(key, key, part, UUID(int=7), at or span("10:00", "12:00"), secret)


OWN = [("a", "甲", Part.COMMITTEE), ("b", "乙", Part.OFFICER)]


def test_whoever_is_engaged_elsewhere_at_that_time_is_a_conflict_and_after_it_none() -> None:
    found = conflicts_of(OWN, span("09:00", "10:30"), [engaged("a"), engaged("c")], for_committee=False)
    assert [(one.name, one.booking_id) for one in found] == [("甲", UUID(int=7))]
    assert conflicts_of(OWN, span("09:00", "10:00"), [engaged("a")], for_committee=False) == ()


def test_nobody_learns_by_a_name_who_sits_in_a_committee() -> None:
    secret = [engaged("a", secret=True)]
    assert conflicts_of(OWN, span("10:00", "11:00"), secret, for_committee=False) == ()
    told = conflicts_of(OWN, span("10:00", "11:00"), secret, for_committee=True)
    assert [(one.name, one.booking_id) for one in told] == [("甲", None)]


def test_a_conflict_is_refused_until_it_was_seen_or_for_good_where_the_rules_say_so() -> None:
    conflict = Conflict("甲", Part.COMMITTEE, None, NOW, NOW + timedelta(hours=1))
    with pytest.raises(ConflictsNotSeen):
        check_conflicts([conflict], ["another"], frozenset())
    check_conflicts([conflict], [conflict.key], frozenset())
    with pytest.raises(ConflictRefused):
        check_conflicts([conflict], [conflict.key], frozenset({Part.COMMITTEE}))
    assert venue_rules("any").refused_conflicts.value == frozenset()


@pytest.mark.parametrize("typed", ["", "   ", "x" * 401, "a\x00b"])
def test_a_reason_is_given_and_can_be_shown(typed: str) -> None:
    with pytest.raises(ReasonMissing):
        check_reason(typed)
    assert check_reason("  设备\n检修 ") == "设备 检修"


MEMBER, STRANGER = new_id(), new_id()


def who(*roles: Role, account_id: UUID = STRANGER) -> Actor:
    return Actor(f"account:{account_id}", "某", account_id, frozenset(roles))


def test_an_evaluation_shows_only_that_there_is_one_to_whoever_has_no_part_in_it() -> None:
    secret = Parties(Purpose.EVALUATION, frozenset({MEMBER}), "account:x", project_is_public=True)
    for actor in (None, who(Role.OFFICER), who(Role.ADMIN), who(Role.BIDDER), who(Role.SUPERVISOR)):
        assert sight_in_lists(secret, actor) is Sight.PURPOSE
    assert sight_in_lists(secret, who(Role.OFFICER, account_id=MEMBER)) is Sight.EVERYTHING
    assert sight_of_page(secret, who(Role.OFFICER)) is Sight.PURPOSE
    assert sight_of_page(secret, who(Role.SUPERVISOR)) is Sight.EVERYTHING
    assert is_recorded_look(secret, who(Role.AUDITOR))
    assert not is_recorded_look(secret, who(Role.SUPERVISOR, account_id=MEMBER))
    assert not may_change(secret, who(Role.ADMIN), officer_id=MEMBER, project_officer_id=STRANGER)


def test_the_public_sees_the_subject_of_what_is_public_only() -> None:
    auction = Parties(Purpose.AUCTION, frozenset(), "account:x", project_is_public=True)
    assert sight_in_lists(auction, None) is Sight.SUBJECT
    assert sight_in_lists(replace(auction, project_is_public=False), None) is Sight.PURPOSE
    assert sight_in_lists(replace(auction, purpose=Purpose.OTHER), who(Role.BIDDER)) is Sight.PURPOSE
    assert sight_in_lists(auction, who(Role.FINANCE)) is Sight.EVERYTHING

"""When a room can be booked, and when not. Pure.

A booking: booked -> moved, any number of times -> cancelled. A room that is closed for a while is booked for nothing
(`Purpose.CLOSURE`), so that the one constraint of the database that forbids double bookings holds for closures too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money

FURTHEST_AHEAD = timedelta(days=400)
LONGEST_CLOSURE = timedelta(days=400)
MOST_PEOPLE = 5000


class Purpose(StrEnum):
    """What a room is booked for: 开标, 拍卖, 评标, 联审会议, 其他, 停用."""

    OPENING = "opening"
    AUCTION = "auction"
    EVALUATION = "evaluation"
    JOINT_MEETING = "joint_meeting"
    OTHER = "other"
    CLOSURE = "closure"


class Equipment(StrEnum):
    """What a room may have and a booking may need."""

    AUDIO = "audio_recording"
    VIDEO = "video_recording"
    SCREEN = "screen"
    REMOTE_SEAT = "remote_seat"
    SIGN_IN = "sign_in_terminal"


class FeeUnit(StrEnum):
    """What a room's fee is counted by."""

    HALF_DAY = "half_day"
    HOUR = "hour"


class Part(StrEnum):
    """What somebody has to do with a booking."""

    OFFICER = "officer"
    AUCTIONEER = "auctioneer"
    COMMITTEE = "committee"


@dataclass(eq=False)
class VenueNotFound(NotFound):
    """No such room."""

    message: ClassVar[str] = "There is no such room."
    advice: ClassVar[str] = "Look in the list of rooms."


@dataclass(eq=False)
class VenueNumberTaken(Refusal):
    """Two rooms never have one number, a retired one neither: old bookings name it."""

    message: ClassVar[str] = "Another room has the number {number}."
    advice: ClassVar[str] = "Choose another number. Retired rooms keep theirs."
    number: str


@dataclass(eq=False)
class VenueRetired(Outdated):
    """The room is not booked any more."""

    message: ClassVar[str] = "The room {venue} has been retired."
    advice: ClassVar[str] = "Choose another room."
    venue: str


@dataclass(eq=False)
class VenueStillBooked(Outdated):
    """A room with bookings ahead is not retired."""

    message: ClassVar[str] = "The room {venue} still has {count} bookings ahead."
    advice: ClassVar[str] = "Move or cancel them first, then retire the room."
    venue: str
    count: int


@dataclass(eq=False)
class VenueTaken(Outdated):
    """Somebody else has the room, set-up and clearing included. `booking_id` is for pages that may show by what."""

    message: ClassVar[str] = "{venue} is taken from {taken_from} to {taken_until}, set-up and clearing included."
    advice: ClassVar[str] = "Choose one of the free rooms or times below. What you typed is kept."
    venue: str
    taken_from: datetime
    taken_until: datetime
    booking_id: UUID


@dataclass(eq=False)
class OutsideOpeningHours(Refusal):
    """The room opens later, closes earlier, or the booking runs over midnight."""

    message: ClassVar[str] = (
        "{venue} is open from {opens} to {closes}, and a booking ends on the day on which it starts."
    )
    advice: ClassVar[str] = "Choose a time within these hours, or another room."
    venue: str
    opens: str
    closes: str


@dataclass(eq=False)
class TooManyPeople(Refusal):
    """The room does not hold so many."""

    message: ClassVar[str] = "{venue} holds {capacity} people; {people} are expected."
    advice: ClassVar[str] = "Choose a larger room."
    venue: str
    capacity: int
    people: int


@dataclass(eq=False)
class EquipmentMissing(Refusal):
    """The room lacks something that is needed."""

    message: ClassVar[str] = "{venue} does not have all of the equipment that is needed."
    advice: ClassVar[str] = "Choose another room, or take back what is not needed."
    venue: str
    missing: frozenset[Equipment]


@dataclass(eq=False)
class EndsBeforeItStarts(Refusal):
    """The times are the wrong way round, or the same."""

    message: ClassVar[str] = "The end must be after the start."
    advice: ClassVar[str] = "Correct the times. What you typed is kept."


@dataclass(eq=False)
class BookingInThePast(Refusal):
    """What has begun can no longer be booked."""

    message: ClassVar[str] = "This time has already begun or passed."
    advice: ClassVar[str] = "Choose a time that lies ahead."


@dataclass(eq=False)
class TooFarAhead(Refusal):
    """Rooms are booked for at most about a year ahead."""

    message: ClassVar[str] = "Rooms can be booked until {latest}."
    advice: ClassVar[str] = "Choose an earlier day."
    latest: datetime


@dataclass(eq=False)
class ReasonMissing(Refusal):
    """Moving, cancelling and closing are explained."""

    message: ClassVar[str] = "Please give the reason, with at most {longest} characters."
    advice: ClassVar[str] = "It stands in the history of the booking."
    longest: int = 400


@dataclass(eq=False)
class LotOfAnotherProject(Refusal):
    """The lot is not one of the project's."""

    message: ClassVar[str] = "This lot does not belong to the project."
    advice: ClassVar[str] = "Start again from the project's page."


@dataclass(eq=False)
class NotAnOfficer(Refusal):
    """Whoever is in charge of a booking is an officer, and whoever leads an auction an auctioneer."""

    message: ClassVar[str] = "This account does not have the task that it is named for."
    advice: ClassVar[str] = "Choose somebody from the list."


@dataclass(eq=False)
class BookingNotFound(NotFound):
    """No such booking."""

    message: ClassVar[str] = "There is no such booking."
    advice: ClassVar[str] = "Look in the week's plan of the rooms."


@dataclass(eq=False)
class NotYourBooking(NotPermitted):
    """Somebody else is in charge of the booking."""

    message: ClassVar[str] = "Only the officer in charge, whoever booked it, or an administrator can do this."
    advice: ClassVar[str] = "Ask the officer in charge."


@dataclass(eq=False)
class BookingCancelled(Outdated):
    """What is cancelled stays cancelled."""

    message: ClassVar[str] = "This booking was cancelled."
    advice: ClassVar[str] = "Book the room again. Nothing was changed by this attempt."


@dataclass(eq=False)
class BookingBegun(Outdated):
    """What has begun is neither moved nor cancelled."""

    message: ClassVar[str] = "This booking has begun or is over."
    advice: ClassVar[str] = "Nothing was changed by this attempt."


@dataclass(frozen=True, slots=True)
class Span:
    """A time from, and up to but not including."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether both share a moment; what ends as the other starts does not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What the rules need to know of a room. Minutes are counted from midnight in Shanghai; the fee is one unit's."""

    id: UUID
    number: str
    name: str
    capacity: int
    equipment: frozenset[Equipment]
    opens_minute: int
    closes_minute: int
    set_up: timedelta
    clearing: timedelta
    fee: Money
    fee_unit: FeeUnit
    is_retired: bool = False

    @property
    def title(self) -> str:
        """How it is called on pages: number and name."""
        return f"{self.number} {self.name}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants a room for."""

    span: Span
    people: int
    needs: frozenset[Equipment]


def occupied(venue: VenueFacts, span: Span) -> Span:
    """The time for which a booking keeps its room: with set-up before it and clearing after it."""
    return Span(span.starts_at - venue.set_up, span.ends_at + venue.clearing)


def judge(venue: VenueFacts, wanted: Wanted, now: datetime) -> dict[str, Refusal]:
    """Everything that speaks against a booking, apart from other bookings, by field of the form."""
    found = judge_span(wanted.span, now)
    if venue.is_retired:
        found["venue"] = VenueRetired(venue.title)
    elif not found and not is_open(venue, wanted.span):
        found["from"] = OutsideOpeningHours(venue.title, clock(venue.opens_minute), clock(venue.closes_minute))
    if wanted.people > venue.capacity:
        found["people"] = TooManyPeople(venue.title, venue.capacity, wanted.people)
    if missing := wanted.needs - venue.equipment:
        found["needs"] = EquipmentMissing(venue.title, missing)
    return found


def judge_span(span: Span, now: datetime) -> dict[str, Refusal]:
    """What is wrong with the time itself, whatever the room."""
    if span.ends_at <= span.starts_at:
        return {"until": EndsBeforeItStarts()}
    if span.starts_at <= now:
        return {"from": BookingInThePast()}
    if span.starts_at > now + FURTHEST_AHEAD:
        return {"day": TooFarAhead(now + FURTHEST_AHEAD)}
    return {}


def is_open(venue: VenueFacts, span: Span) -> bool:
    """Whether a time lies within one day's opening hours. Set-up and clearing may lie outside."""
    starts, ends = span.starts_at.astimezone(SHANGHAI), span.ends_at.astimezone(SHANGHAI)
    is_one_day = starts.date() == (ends - timedelta(microseconds=1)).date()
    after_midnight = ends - starts.replace(hour=0, minute=0, second=0, microsecond=0)
    begins_in_time = starts.hour * 60 + starts.minute >= venue.opens_minute
    return is_one_day and begins_in_time and after_midnight <= timedelta(minutes=venue.closes_minute)


def suits(venue: VenueFacts, wanted: Wanted) -> bool:
    """Whether a room holds the people, has the equipment and is open then; other bookings aside."""
    is_fit = wanted.people <= venue.capacity and wanted.needs <= venue.equipment
    return is_fit and not venue.is_retired and is_open(venue, wanted.span)


def check_changeable(*, cancelled_at: datetime | None, starts_at: datetime, now: datetime) -> None:
    """Refuse to move or cancel what is cancelled or has begun."""
    if cancelled_at is not None:
        raise BookingCancelled
    if starts_at <= now:
        raise BookingBegun


def check_reason(typed: str) -> str:
    """The reason as it is kept. Refuses with `ReasonMissing`."""
    reason = " ".join(typed.split())
    if not 1 <= len(reason) <= ReasonMissing.longest or not reason.isprintable():
        raise ReasonMissing
    return reason


def clock(minute: int) -> str:
    """Minutes after midnight as a time of the day: `08:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class NewBooking:
    """What a room is wanted for. `committee` are names; a title may be empty where there is a project."""

    venue_id: UUID
    purpose: Purpose
    title: str
    span: Span
    people: int
    officer_id: UUID
    project_id: UUID | None = None
    lot_id: UUID | None = None
    needs: frozenset[Equipment] = frozenset()
    auctioneer_id: UUID | None = None
    committee: tuple[str, ...] = ()
    is_public_benefit: bool = False

"""When something may be raised, by whom, and what becomes of it: pure, over plain values.

A query or an objection: received -> answered | not accepted | withdrawn. A complaint: received -> (completion asked ->
received) -> accepted -> decided | not accepted | withdrawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from trading.complaints.procedures import About, Anchor, Paper, Period, Procedure
from trading.complaints.refusals import (
    AnswerStillDue,
    AskFirst,
    MatterMovedOn,
    NotAboutThis,
    NotConcerned,
    OwnerRaisesNothing,
    TooEarly,
    TooLate,
)
from trading.kernel.moments import local_day, midnight
from trading.limits.rules import Sense, Unit, due_moment
from trading.projects.profile_types import Ruled
from trading.projects.working_days import Calendar, WorkingDaysUnknown
from trading.registration.rules import plain_name

_ONE_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


class State(StrEnum):
    """Where a matter stands."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    ACCEPTED = "accepted"
    DECIDED = "decided"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self in (State.RECEIVED, State.INCOMPLETE, State.ACCEPTED)


class Step(StrEnum):
    """What is done to a matter."""

    ASK_COMPLETION = "ask_completion"
    COMPLETE = "complete"
    ACCEPT = "accept"
    REFUSE = "refuse"
    DECIDE = "decide"
    WITHDRAW = "withdraw"


class Outcome(StrEnum):
    """How it was answered or decided."""

    UPHELD = "upheld"
    PARTLY = "partly"
    REJECTED = "rejected"


class Effect(StrEnum):
    """What follows for the project. Source: 财政部令94号 art. 16, 31, 32."""

    GOES_ON = "goes_on"
    AMENDED = "amended"
    CHOSEN_ANEW = "chosen_anew"
    BEGUN_ANEW = "begun_anew"


_BOTH: Mapping[tuple[State, Step], State] = {(State.RECEIVED, Step.REFUSE): State.NOT_ACCEPTED}
_FIRST_MOVES: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        **_BOTH,
        (State.RECEIVED, Step.DECIDE): State.DECIDED,
        (State.RECEIVED, Step.WITHDRAW): State.WITHDRAWN,
    }
)
_COMPLAINT_MOVES: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        **_BOTH,
        (State.RECEIVED, Step.ASK_COMPLETION): State.INCOMPLETE,
        (State.INCOMPLETE, Step.COMPLETE): State.RECEIVED,
        (State.INCOMPLETE, Step.REFUSE): State.NOT_ACCEPTED,
        (State.RECEIVED, Step.ACCEPT): State.ACCEPTED,
        (State.ACCEPTED, Step.DECIDE): State.DECIDED,
        (State.RECEIVED, Step.WITHDRAW): State.WITHDRAWN,
        (State.INCOMPLETE, Step.WITHDRAW): State.WITHDRAWN,
        (State.ACCEPTED, Step.WITHDRAW): State.WITHDRAWN,
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a project as far as periods care. Days are local; an `…_until` day is the last one.

    `documents_on` and `known_on` are what the supplier states. `answered_at`, `answer_due_at` are those of the paper
    that went before a complaint; the due moment is the first at which the answer is too late.
    """

    published_at: datetime | None = None
    documents_until: date | None = None
    bids_close_at: datetime | None = None
    opening_at: datetime | None = None
    candidates_at: datetime | None = None
    candidates_until: datetime | None = None
    result_at: datetime | None = None
    result_until: date | None = None
    documents_on: date | None = None
    known_on: date | None = None
    answered_at: datetime | None = None
    answer_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when (exclusive) something may be raised; None where that is not known yet.

    `unknown_year` is the year whose holidays nobody has entered: no period is over that cannot be counted.
    """

    opens_at: datetime | None
    closes_at: datetime | None
    length: Ruled[int]
    unit: Unit
    unknown_year: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who raises something, as far as the rules care. `takes_part` is None where the platform cannot know it."""

    unit_name: str
    owner_name: str
    takes_part: bool | None


def next_state(paper: Paper, state: State, step: Step) -> State:
    """Where a matter stands after a step. Refuses `MatterMovedOn`."""
    moves = _COMPLAINT_MOVES if paper is Paper.COMPLAINT else _FIRST_MOVES
    if (state, step) not in moves:
        raise MatterMovedOn
    return moves[state, step]


def period_of(procedure: Procedure, paper: Paper, about: About, *, asked: bool) -> Period:
    """By which period something is raised; `asked`: a first paper went before the complaint.

    Refuses `NotAboutThis`, `AskFirst`.
    """
    if paper is not Paper.COMPLAINT:
        if paper is not procedure.first or about not in procedure.periods:
            raise NotAboutThis
        return procedure.periods[about]
    if asked:
        return procedure.complaint[True]
    if about in procedure.asked_first.value or False not in procedure.complaint:
        raise AskFirst(procedure.asked_first.source)
    return procedure.complaint[False]


def window_of(period: Period, known: Known, calendar: Calendar) -> Window:
    """From when to when something may be raised."""
    opens, day, fixed = _bounds(period, known)
    if day is None:
        return Window(opens, fixed, period.length, period.unit)
    try:
        closes = due_moment(midnight(day), period.length.value, period.unit, Sense.BY, calendar, lambda _: False)
    except WorkingDaysUnknown as unknown:
        return Window(opens, None, period.length, period.unit, unknown.year)
    return Window(opens, closes, period.length, period.unit)


def may_raise(
    procedure: Procedure,
    paper: Paper,
    about: About,
    known: Known,
    *,
    now: datetime,
    calendar: Calendar,
    asked: bool = False,
) -> Window:
    """The window in which it is raised now. Refuses `NotAboutThis`, `AskFirst`, `AnswerStillDue`, `TooEarly`,
    `TooLate`.
    """
    window = window_of(period_of(procedure, paper, about, asked=asked), known, calendar)
    if asked and known.answered_at is None and known.answer_due_at is not None and now < known.answer_due_at:
        raise AnswerStillDue(known.answer_due_at)
    if window.opens_at is None or now < window.opens_at:
        raise TooEarly(window.length.source)
    if window.closes_at is not None and now >= window.closes_at:
        raise TooLate(window.closes_at - _INSTANT, window.length.source)
    return window


def check_party(party: Party, about: About) -> None:
    """Refuse whoever the matter does not concern: `OwnerRaisesNothing`, `NotConcerned`.

    The documents may be queried by everybody who could take part. Source: 财政部令94号 art. 11; 招标投标法实施条例
    art. 22, 54, 60.
    """
    if plain_name(party.unit_name) == plain_name(party.owner_name):
        raise OwnerRaisesNothing(party.unit_name)
    if party.takes_part is False and about is not About.DOCUMENTS:
        raise NotConcerned


def longest_suspension_end(since: datetime, days: int) -> datetime:
    """The end of the last day of a suspension of at most so many days. It does not roll: it is a longest, not a due."""
    return midnight(local_day(since) + timedelta(days=days + 1))


def days_to_move(since: datetime, now: datetime, main: datetime | None, calendar: Calendar) -> int:
    """By how many whole days the dates of a suspended project move: at least as long as nobody could act, and on until
    its main date falls on a working day, so that times of day stay. In a year whose holidays nobody has entered they
    move by no more than that.
    """
    least = -(-max(now - since, timedelta()) // _ONE_DAY)
    days = least
    try:
        while main is not None and days and not calendar.is_working_day(local_day(main + days * _ONE_DAY)):
            days += 1
    except WorkingDaysUnknown:
        return least
    return days


def _bounds(period: Period, known: Known) -> tuple[datetime | None, date | None, datetime | None]:
    """From when; the day from which the period is counted, or else the moment at which it ends."""
    match period.anchor:
        case Anchor.DOCUMENTS_KNOWN:
            days = [day for day in (known.documents_until, known.documents_on) if day is not None]
            return known.published_at, max(days, default=None), None
        case Anchor.RESULT_TOLD:
            return known.result_at, known.result_until, None
        case Anchor.KNOWN:
            return known.published_at, known.known_on, None
        case Anchor.BIDS_CLOSE:
            return known.published_at, None, _before(known.bids_close_at, period.length.value)
        case Anchor.OPENING:
            opening = known.opening_at
            return opening, None, None if opening is None else midnight(local_day(opening) + _ONE_DAY)
        case Anchor.PUBLICITY:
            return known.candidates_at, None, known.candidates_until
        case Anchor.ANSWER | Anchor.ANSWER_PERIOD:
            return known.answered_at or known.answer_due_at, _answer_day(period, known), None


def _answer_day(period: Period, known: Known) -> date | None:
    answered = None if known.answered_at is None else local_day(known.answered_at)
    due = None if known.answer_due_at is None else local_day(known.answer_due_at - _INSTANT)
    if period.anchor is Anchor.ANSWER or due is None:
        return answered or due
    return due if answered is None else max(answered, due)


def _before(closes_at: datetime | None, days: int) -> datetime | None:
    if closes_at is None or days == 0:
        return closes_at
    return midnight(local_day(closes_at) - (days - 1) * _ONE_DAY)

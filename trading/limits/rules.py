"""Time limits: how one is declared, and how it stands given the facts of a project. Pure.

A limit starts from a fact of the journal, runs for a length, and is met by another fact. Facts are the journal's kinds;
an announcement is told apart by its own kind (`announcement_published:result`). Nothing here asks who wrote a fact, so
a limit of a kind of trade that comes later needs a declaration and no code.

Counting: the first day is not counted; a last day that is no working day rolls to the next; it ends at midnight (民法典
art. 201, 203). A month ends on the day of the same number, or on the month's last (art. 202). While the matter is
suspended no day counts: neither that of the suspension, nor, like any first day, that of the resumption.
"""

import calendar as gregorian
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from trading.kernel.moments import local_day, midnight
from trading.projects.profile_types import Ruled, RuleProfile, unconfirmed
from trading.projects.working_days import Calendar, WorkingDaysUnknown

SUSPENDING = frozenset({"suspended", "project_suspended"})
RESUMING = frozenset({"resumed", "project_resumed"})
ENDING_ALL = frozenset({"project_terminated", "entry_taken_back"})
"""Facts with which the limits of a project fall, but for money that has to go back and results that are announced."""

WARN_SHARE_PERCENT = unconfirmed(30, "own: no text says when to warn")
WARN_AT_LEAST = unconfirmed(timedelta(days=1), "own: no text says when to warn")

_ONE_DAY = timedelta(days=1)


class Unit(StrEnum):
    """In what a length is counted."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Sense(StrEnum):
    """BY: it must happen until then. NOT_BEFORE: it may happen from the day on that lies the length after the start.
    STAYS: it may happen once the whole length has passed.
    """

    BY = "by"
    NOT_BEFORE = "not_before"
    STAYS = "stays"


class Extent(StrEnum):
    """For what a limit runs once each: the project, each lot, each bidder, each query or complaint (`matter`)."""

    PROJECT = "project"
    LOT = "lot"
    BIDDER = "bidder"
    MATTER = "matter"


class Who(StrEnum):
    """Who must act."""

    OFFICER = "officer"
    FINANCE = "finance"
    REVIEWERS = "reviewers"
    BUYER = "buyer"
    WINNER = "winner"
    SUPERVISOR = "supervisor"


class LimitState(StrEnum):
    """Where a limit stands. UNCOUNTED: it reaches into a year whose holidays nobody has entered."""

    RUNNING = "running"
    MET = "met"
    MISSED = "missed"
    STOPPED = "stopped"
    VOID = "void"
    UNCOUNTED = "uncounted"


Length = Ruled[int] | Callable[[RuleProfile], Ruled[int]]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as the law has it. `title` is a message id; `kinds` are kinds of projects, empty for every kind.

    `stops`: it stands still while the matter is suspended. `falls`: it ends with the termination of the project.
    """

    code: str
    title: str
    who: Who
    starts: frozenset[str]
    ends: frozenset[str]
    length: Length
    unit: Unit
    kinds: frozenset[str] = frozenset()
    extent: Extent = Extent.PROJECT
    sense: Sense = Sense.BY
    voids: frozenset[str] = frozenset()
    stops: bool = True
    falls: bool = True

    def ruled(self, profile: RuleProfile | None) -> Ruled[int] | None:
        """The length with its source; None where it stands in a profile and the project has none."""
        if isinstance(self.length, Ruled):
            return self.length
        return None if profile is None else self.length(profile)


@dataclass(frozen=True, slots=True)
class Fact:
    """An entry of the journal, as far as limits care."""

    stream: str
    seq: int
    kind: str
    at: datetime
    lot: UUID | None = None
    bidder: str | None = None
    matter: str | None = None

    @property
    def reference(self) -> str:
        """Where the fact is written: `stream#seq`."""
        return f"{self.stream}#{self.seq}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A project as limits see it: its kind, its profile, and its facts in the order of time."""

    kind: str
    profile: RuleProfile | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit that has started. `due_at` is the moment at which it is too late, or from which it is allowed.

    `moved_by` is the fact that moved it last, if one did. `unknown_year` is the year that nobody has entered.
    """

    limit: Limit
    ruled: Ruled[int]
    started: Fact
    subject: str
    lot: UUID | None
    state: LimitState
    due_at: datetime | None
    yellow_at: datetime | None
    ended: Fact | None = None
    moved_by: Fact | None = None
    unknown_year: int | None = None


@dataclass(frozen=True, slots=True)
class _Pause:
    """The matter is suspended from the first day to the last; `resumed` is None while it still is."""

    first: date
    last: date | None
    suspended: Fact
    resumed: Fact | None


def standings_of(limits: Iterable[Limit], subject: Subject, calendar: Calendar, now: datetime) -> list[Standing]:
    """Every limit that has started for a project, as it stands at `now`, in the order in which they are declared."""
    found = []
    for limit in limits:
        ruled = limit.ruled(subject.profile)
        if ruled is None or ruled.value <= 0 or (limit.kinds and subject.kind not in limit.kinds):
            continue
        found += [
            _standing(limit, ruled, started, ended, subject.facts, calendar, now)
            for started, ended in _instances(limit, subject.facts)
        ]
    return found


def yellow_from(started_at: datetime, due_at: datetime) -> datetime:
    """From when on a limit is yellow: when less than the share of its time, or than a day, is left."""
    ahead = max((due_at - started_at) * WARN_SHARE_PERCENT.value / 100, WARN_AT_LEAST.value)
    return max(started_at, due_at - ahead)


def due_moment(
    start: datetime, length: int, unit: Unit, sense: Sense, calendar: Calendar, stopped: Callable[[date], bool]
) -> datetime:
    """When a limit ends that started at `start`. Refuses `WorkingDaysUnknown`. `stopped`: days that do not count."""
    first = local_day(start)
    if sense is Sense.NOT_BEFORE:
        return midnight(_counted(first, length, unit, calendar, stopped))
    last = calendar.rolled(_counted(first, length, unit, calendar, stopped))
    while stopped(last):
        last = calendar.rolled(last + _ONE_DAY)
    return midnight(last + _ONE_DAY)


def _counted(first: date, length: int, unit: Unit, calendar: Calendar, stopped: Callable[[date], bool]) -> date:
    day, left = first, length
    if unit is Unit.MONTHS:
        day = _months_after(first, length)
        left = sum(1 for n in range(1, (day - first).days + 1) if stopped(first + n * _ONE_DAY))
        unit = Unit.DAYS
    while left > 0:
        day += _ONE_DAY
        counts = not stopped(day) and (unit is Unit.DAYS or calendar.is_working_day(day))
        left -= counts
    return day


def _months_after(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, gregorian.monthrange(year, month + 1)[1]))


def _instances(limit: Limit, facts: Sequence[Fact]) -> list[tuple[Fact, Fact | None]]:
    """For each place where the limit runs, its start and its end. A fact that would start it while it runs changes
    nothing; one after its end starts it anew.
    """
    open_: dict[str, Fact] = {}
    done: list[tuple[Fact, Fact | None]] = []
    for fact in facts:
        place = _place(limit, fact)
        ends_all = limit.falls and fact.kind in ENDING_ALL
        if ends_all or fact.kind in limit.ends | limit.voids:
            ends = [name for name in open_ if ends_all or place in (name, "")]
            done += [(open_.pop(name), fact) for name in ends]
        if fact.kind in limit.starts and (place or limit.extent is Extent.PROJECT):
            open_.setdefault(place, fact)
    return [*done, *((fact, None) for fact in open_.values())]


def _place(limit: Limit, fact: Fact) -> str:
    """For what a fact counts; the empty text is everything of the project."""
    match limit.extent:
        case Extent.PROJECT:
            return ""
        case Extent.LOT:
            return "" if fact.lot is None else str(fact.lot)
        case Extent.BIDDER:
            return fact.bidder or ""
        case Extent.MATTER:
            return fact.matter or ""


def _standing(
    limit: Limit,
    ruled: Ruled[int],
    started: Fact,
    ended: Fact | None,
    facts: Sequence[Fact],
    calendar: Calendar,
    now: datetime,
) -> Standing:
    pauses = _pauses(facts, started.lot, until=ended) if limit.stops else []
    closed = [pause for pause in pauses if pause.last is not None]
    end = ended.at if ended is not None else now
    begun = Standing(
        limit, ruled, started, _place(limit, started), started.lot, LimitState.UNCOUNTED, None, None, ended
    )
    try:
        # A suspension after the last day moves nothing: what was missed stays missed.
        due_at, moved_by = due_moment(started.at, ruled.value, limit.unit, limit.sense, calendar, _never), None
        for number, pause in enumerate(closed, start=1):
            stopped = _stopped(closed[:number])
            later = due_moment(started.at, ruled.value, limit.unit, limit.sense, calendar, stopped)
            if later != due_at:
                due_at, moved_by = later, pause.resumed
    except WorkingDaysUnknown as unknown:
        state = LimitState.UNCOUNTED if ended is None else _after(limit, ended, in_time=True)
        return replace(begun, state=state, unknown_year=unknown.year)
    is_stopped = any(pause.last is None and pause.suspended.at < due_at for pause in pauses)
    state = _state(limit, ended, due_at, end, is_stopped=is_stopped)
    yellow_at = yellow_from(started.at, due_at) if limit.sense is Sense.BY else None
    return replace(begun, state=state, due_at=due_at, yellow_at=yellow_at, moved_by=moved_by)


def _state(limit: Limit, ended: Fact | None, due_at: datetime, end: datetime, *, is_stopped: bool) -> LimitState:
    if ended is not None:
        in_time = end < due_at if limit.sense is Sense.BY else end >= due_at
        return _after(limit, ended, in_time=in_time)
    if is_stopped:
        return LimitState.STOPPED
    if end < due_at:
        return LimitState.RUNNING
    return LimitState.MISSED if limit.sense is Sense.BY else LimitState.MET


def _after(limit: Limit, ended: Fact, *, in_time: bool) -> LimitState:
    if ended.kind not in limit.ends:
        return LimitState.VOID
    return LimitState.MET if in_time else LimitState.MISSED


def _pauses(facts: Sequence[Fact], lot: UUID | None, *, until: Fact | None) -> list[_Pause]:
    """The suspensions that touch a lot, or the project as a whole, each from its day to that of its resumption."""
    open_: dict[str, Fact] = {}
    pauses = []
    for fact in facts:
        if until is not None and fact.at > until.at:
            break
        if fact.lot is not None and fact.lot != lot:
            continue
        if fact.kind in SUSPENDING:
            open_.setdefault(fact.stream, fact)
        elif fact.kind in RESUMING and fact.stream in open_:
            suspended = open_.pop(fact.stream)
            pauses.append(_Pause(_day(suspended.at), _day(fact.at), suspended, fact))
    return pauses + [_Pause(_day(fact.at), None, fact, None) for fact in open_.values()]


def _stopped(pauses: Sequence[_Pause]) -> Callable[[date], bool]:
    return lambda day: any(pause.last is not None and pause.first <= day <= pause.last for pause in pauses)


def _never(_: date) -> bool:
    return False


def _day(at: datetime) -> date:
    return local_day(at)

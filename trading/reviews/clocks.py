"""The arithmetic of limits in working days: when they end, what a stop leaves of them, when to warn. Pure.

A limit of n working days ends at the closing hour (17:00, Beijing time) of the n-th working day after the day on which
it began; that day itself is not counted, whatever its hour. At that very moment it is over. Source: 民法典 art. 201,
203; make-up working days as `trading.projects.working_days` knows them, which refuses years it does not know.

A stop keeps the working days whose closing hour had not passed when the clock was stopped. When it goes on, the day of
going on is not counted, as the first day of any limit is not. So a day counts once at most, and never against a
department that could not work on it.
"""

from datetime import UTC, date, datetime, time, timedelta

from trading.kernel.moments import SHANGHAI, local_day
from trading.projects.working_days import is_working_day, working_days_after, working_days_before
from trading.reviews.profiles import CompletionClock, ReviewRules

_NOON = 12
_ONE_DAY = timedelta(days=1)


def closing(day: date, rules: ReviewRules) -> datetime:
    """The moment at which a day's business ends."""
    return _at(day, rules.closes_at_hour.value)


def own_limit(promised_days: int, rules: ReviewRules, *, is_green: bool) -> int:
    """The limit of one case in working days: what was promised, or the share of it for a key project, rounded up."""
    if not is_green:
        return promised_days
    return max(1, _rounded_up(promised_days * rules.green_channel_percent.value, 100))


def due_moment(began_at: datetime, days: int, rules: ReviewRules) -> datetime:
    """When a limit of so many working days ends that began at a moment. Refuses with `WorkingDaysUnknown`."""
    return closing(working_days_after(local_day(began_at), days), rules)


def extended(due_at: datetime, days: int, rules: ReviewRules) -> datetime:
    """When a limit ends that is extended by so many working days."""
    return closing(working_days_after(local_day(due_at), days), rules)


def days_left(began_at: datetime, due_at: datetime, at: datetime, rules: ReviewRules) -> int:
    """The working days of a limit whose closing hour has not passed at a moment; the first day is none of them."""
    first, last = max(local_day(began_at) + _ONE_DAY, local_day(at)), local_day(due_at)
    days = (first + _ONE_DAY * number for number in range((last - first).days + 1))
    return sum(1 for day in days if is_working_day(day) and closing(day, rules) > at)


def days_after_stop(left: int, whole: int, rules: ReviewRules) -> int:
    """With how many working days a clock goes on that was stopped with so many left of the whole limit."""
    return whole if rules.completion.value is CompletionClock.BEGINS_ANEW else left


def asking_ends(began_at: datetime, limits: list[int], rules: ReviewRules) -> datetime:
    """Until when the papers are looked through: a third of the shortest limit, always before that limit ends."""
    shortest = min(limits)
    days = max(1, min(rules.asking_days.value, _rounded_up(shortest, rules.asking_share.value)))
    last = working_days_after(local_day(began_at), days)
    return closing(last, rules) if days < shortest else _at(last, _NOON)


def warns_from(due_at: datetime) -> datetime:
    """From when on a department is warned: the beginning of the working day before its last one."""
    return _at(working_days_before(local_day(due_at), 1), 0)


def was_warned_in_time(warned_at: datetime | None, due_at: datetime) -> bool:
    """Whether the warning came on an earlier day than the last one."""
    return warned_at is not None and local_day(warned_at) < local_day(due_at)


def next_due_after_warning(warned_at: datetime, rules: ReviewRules) -> datetime:
    """When a limit ends whose warning came late: at the end of the working day after it."""
    return due_moment(warned_at, 1, rules)


def is_yellow(due_at: datetime, now: datetime, rules: ReviewRules) -> bool:
    """Whether less than one working day is left."""
    return closing(working_days_before(local_day(due_at), 1), rules) <= now < due_at


def last_call_for(meeting_at: datetime, rules: ReviewRules) -> datetime:
    """Until when a meeting can be called: the closing hour of the working day so many days before."""
    return closing(working_days_before(local_day(meeting_at), rules.meeting_notice_days.value), rules)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI).astimezone(UTC)


def _rounded_up(value: int, divisor: int) -> int:
    return -(-value // divisor)

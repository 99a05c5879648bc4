"""Whether the periods of a purchase are long enough: judged at entry, and again when it is published. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trading.kernel.moments import local_day
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import Ruled
from trading.projects.purchase_profiles import MethodRules, Period
from trading.projects.working_days import WorkingDaysUnknown, working_days_after


@dataclass(frozen=True, slots=True)
class PurchaseDates:
    """The moments of a purchase, in UTC; None where one could not be read or its method has none."""

    documents_open_at: datetime | None
    documents_close_at: datetime | None
    bids_close_at: datetime | None
    opening_at: datetime | None


def judge_purchase_periods(dates: PurchaseDates, rules: MethodRules | None, now: datetime) -> list[Problem]:
    """What is wrong with the dates of a purchase, seen from `now` as the moment of the announcement.

    `rules` None: the method is not known yet, only the order of the dates is judged. Source: the profile's.
    """
    found = _judge_order(dates, now)
    if rules is None or found:
        return found
    if dates.bids_close_at is not None:
        found += _judge_distance("bids_close_at", now, dates.bids_close_at, rules.bids, _BIDS)
    opens, closes = dates.documents_open_at, dates.documents_close_at
    if opens is not None and closes is not None and rules.documents is not None:
        found += _judge_distance("documents_close_at", max(opens, now), closes, rules.documents, _DOCUMENTS)
    return found


_BIDS = (
    N_("Between the announcement and the end of bids there must be {days} days: {earliest} at the earliest."),
    N_("Between the announcement and the end of bids there must be {days} working days: {earliest} at the earliest."),
)
_DOCUMENTS = (
    N_("The documents must be given out for {days} days: until {earliest} at the earliest."),
    N_("The documents must be given out for {days} working days: until {earliest} at the earliest."),
)


def _judge_order(dates: PurchaseDates, now: datetime) -> list[Problem]:
    found = []
    opens, closes, due, opening = (
        dates.documents_open_at,
        dates.documents_close_at,
        dates.bids_close_at,
        dates.opening_at,
    )
    if opens is not None and closes is not None and closes <= opens:
        found.append(Problem("documents_close_at", N_("The documents must be given out for some time.")))
    elif closes is not None and due is not None and closes > due:
        found.append(Problem("documents_close_at", N_("Documents are given out until bids are due, not longer.")))
    if due is not None and due <= now:
        found.append(Problem("bids_close_at", N_("This moment must lie in the future.")))
    if due is not None and opening is not None and opening < due:
        found.append(Problem("opening_at", N_("Nothing is opened or chosen before bids are due.")))
    return found


def _judge_distance(
    field: str, first: datetime, last: datetime, rule: Ruled[Period], messages: tuple[str, str]
) -> list[Problem]:
    try:
        earliest = end_of_period(local_day(first), rule.value)
    except WorkingDaysUnknown as unknown:
        return [Problem(field, unknown.message, unknown.facts())]
    if local_day(last) >= earliest:
        return []
    message = messages[1 if rule.value.in_working_days else 0]
    return [Problem(field, message, {"days": rule.value.length, "earliest": earliest}, rule.source)]


def end_of_period(day: date, period: Period) -> date:
    """The last day of a period that begins with `day`, which is not counted. Refuses with `WorkingDaysUnknown`."""
    if period.in_working_days:
        return working_days_after(day, period.length)
    return day + timedelta(days=period.length)

"""How a change that is published late moves the dates of a lot. Pure.

A change that may affect bids leaves at least so many days to the deadline, else the deadline moves: 15 days in works
tenders and government procurement, counted as whole days of 24 hours from its publication; for land the announcement
period runs again until the start of the sale. A date that moves keeps its time of day and never falls on a day on which
nobody works. What hangs on it (registration, the end of a listing, the opening) moves along.

Sources: 招标投标法实施条例 art. 21; 财政部令87号 art. 27 (both confirmed). Land: 国土资发〔2006〕114号 (unconfirmed
text): a major change published less than 20 days before the sale's start moves it accordingly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.kernel.moments import SHANGHAI, local_day
from trading.projects.land_periods import Dates, judge_periods
from trading.projects.profile_types import RuleProfile, SellingMethod
from trading.projects.working_days import is_working_day, working_days_after

SALE_DATES = ("registration_closes_at", "starts_at", "listing_ends_at")
PURCHASE_DATES = ("documents_close_at", "bids_close_at", "opening_at")
_MOST_DAYS_TRIED = 120


@dataclass(frozen=True, slots=True)
class Notice:
    """How long before the deadline a change is published at the latest, and where that is written."""

    days: int
    in_working_days: bool
    source: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One date of a lot that moves."""

    name: str
    before: datetime
    after: datetime


def deadline_after_change(deadline: datetime, published_at: datetime, notice: Notice) -> datetime:
    """Where a deadline lies after a change that is published at `published_at`. Never earlier than before.

    The same time of day on the first working day that leaves the whole period. Refuses `WorkingDaysUnknown`.
    """
    local, first = deadline.astimezone(SHANGHAI), published_at.astimezone(SHANGHAI)
    if notice.in_working_days:
        earliest = datetime.combine(working_days_after(first.date(), notice.days), first.timetz())
    else:
        earliest = first + timedelta(days=notice.days)
    if local >= earliest:
        return deadline
    moved = datetime.combine(earliest.date(), local.timetz())
    while moved < earliest or not is_working_day(moved.date()):
        moved += timedelta(days=1)
    return moved.astimezone(deadline.tzinfo)


def moved_purchase(
    dates: Mapping[str, datetime], notice: Notice | None, published_at: datetime, later: datetime | None
) -> list[Moved]:
    """How the dates of a purchase move. `notice` None: the change does not affect bids. `later` is more time given."""
    bids = dates["bids_close_at"]
    due = bids if notice is None else deadline_after_change(bids, published_at, notice)
    due = max(due, later or due)
    moved = {name: dates[name] for name in PURCHASE_DATES if name in dates}
    if due > bids:
        moved["bids_close_at"] = due
        if "opening_at" in moved:
            moved["opening_at"] = due + (moved["opening_at"] - bids)
    return _differences(dates, moved)


def moved_sale(
    dates: Mapping[str, datetime],
    method: SellingMethod,
    profile: RuleProfile,
    notice: Notice | None,
    published_at: datetime,
    later: datetime | None,
) -> list[Moved]:
    """How the dates of a sale move: the start by the rule, the others by as many days, and on until the periods between
    them hold. Registration that has closed stays closed.
    """
    start = dates["starts_at"]
    begins = start if notice is None else deadline_after_change(start, published_at, notice)
    begins = max(begins, later or begins)
    if begins == start:
        return []
    moved = {"starts_at": begins}
    for name in ("registration_closes_at", "listing_ends_at"):
        if name in dates:
            stays = name == "registration_closes_at" and dates[name] <= published_at
            moved[name] = dates[name] if stays else _on_working_day(dates[name] + (begins - start))
    return _differences(dates, _repaired(dates, moved, method, profile, published_at))


def _repaired(
    dates: Mapping[str, datetime],
    moved: dict[str, datetime],
    method: SellingMethod,
    profile: RuleProfile,
    published_at: datetime,
) -> dict[str, datetime]:
    """A listing lasts its working days, registration closes its working days before: days are added or given back."""
    for _ in range(_MOST_DAYS_TRIED):
        asked = Dates(method, moved.get("registration_closes_at"), moved["starts_at"], moved.get("listing_ends_at"))
        wrong = {problem.field for problem in judge_periods(asked, profile, published_at)}
        closes = moved.get("registration_closes_at")
        if "listing_ends_at" in wrong and "listing_ends_at" in moved:
            moved["listing_ends_at"] = _on_working_day(moved["listing_ends_at"] + timedelta(days=1))
        elif "registration_closes_at" in wrong and closes is not None and closes > dates["registration_closes_at"]:
            moved["registration_closes_at"] = max(closes - timedelta(days=1), dates["registration_closes_at"])
        else:
            break
    return moved


def _on_working_day(moment: datetime) -> datetime:
    while not is_working_day(local_day(moment)):
        moment += timedelta(days=1)
    return moment


def _differences(dates: Mapping[str, datetime], moved: Mapping[str, datetime]) -> list[Moved]:
    return [Moved(name, dates[name], moved[name]) for name in dates if moved.get(name, dates[name]) != dates[name]]

"""Judging the terms of a sale: way of selling, prices, deposit, reserve and dates, of whatever is sold here. Pure."""

from dataclasses import dataclass
from datetime import datetime

from trading.kernel.money import Money
from trading.projects.form_reading import FormReading
from trading.projects.land_periods import Dates, judge_periods, quotes_end_at
from trading.projects.problems import N_
from trading.projects.profile_types import RuleProfile, SellingMethod
from trading.projects.selling_entry import Selling, judge_selling


@dataclass(frozen=True, slots=True)
class Prices:
    """The amounts that are announced, and whether there is a reserve; its amount is nowhere but under its seal."""

    starting: Money
    increment: Money
    deposit: Money
    has_reserve: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The moments, in UTC. `listing_ends_at` is the end of a listing, or of a tender's quotes; else None."""

    registration_opens_at: datetime
    registration_closes_at: datetime
    starts_at: datetime
    listing_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sale:
    """How a lot is sold, for how much, and when."""

    selling: Selling
    prices: Prices
    schedule: Schedule


def judge_sale(
    reading: FormReading, profile: RuleProfile | None, now: datetime, *, sealed: Money | None
) -> Sale | None:
    """Read and check all that belongs to the sale; None when something is wrong, which `reading` then knows.

    An empty reserve field keeps the `sealed` one, which is judged as well.
    """
    starting, increment = reading.amount("starting_price"), reading.amount("increment")
    selling = judge_selling(reading, profile, starting=starting, increment=increment)
    deposit, has_reserve = _judge_deposit(reading, starting, profile), reading.truth("has_reserve")
    highest = None if selling is None or selling.cap is None else selling.cap.highest
    if _takes_reserve(reading, profile, has_reserve=has_reserve):
        _judge_reserve(reading, sealed, starting=starting, highest=highest)
    schedule = _judge_schedule(reading, profile, now)
    if starting is None or increment is None or deposit is None or has_reserve is None:
        return None
    if selling is None or schedule is None:
        return None
    return Sale(selling, Prices(starting, increment, deposit, has_reserve), schedule)


def _judge_deposit(reading: FormReading, starting: Money | None, profile: RuleProfile | None) -> Money | None:
    """The deposit is a share of the starting price, rounded up to a whole fen, and never more than the price itself;
    some profiles have an upper share, too.
    """
    deposit = reading.amount("deposit")
    if starting is None or deposit is None:
        return deposit
    if profile is not None:
        share = profile.deposit_share_percent
        least = Money(-(-starting.fen * share.value // 100))
        if deposit < least:
            message = N_("The deposit must be at least {percent} % of the starting price, that is {least} yuan.")
            reading.problem("deposit", message, {"percent": share.value, "least": least}, share.source)
        bound = profile.most_deposit_percent
        if bound is not None and deposit.fen * 100 > starting.fen * bound.value:
            message = N_("The deposit may be at most {percent} % of the starting price.")
            reading.problem("deposit", message, {"percent": bound.value}, bound.source)
    if deposit > starting:
        message = N_("The deposit cannot be more than the starting price of {starting} yuan.")
        reading.problem("deposit", message, {"starting": starting})
    return deposit


def _takes_reserve(reading: FormReading, profile: RuleProfile | None, *, has_reserve: bool | None) -> bool:
    """A reserve is sealed with the entry, unless its profile lets nobody enter it before the last minutes."""
    is_typed = bool(reading.typed("reserve_price").strip())
    if not has_reserve:
        if is_typed:
            reading.problem("reserve_price", N_("A reserve price is typed, but it is said that there is none."))
        return False
    opens_s = None if profile is None else profile.reserve.opens_s_before
    if opens_s is not None and opens_s.value is not None:
        if is_typed:
            message = N_("Leave this empty: it is sealed on the project's page, {minutes} minutes before the decision.")
            reading.problem("reserve_price", message, {"minutes": opens_s.value // 60}, opens_s.source)
        return False
    return True


def _judge_reserve(
    reading: FormReading, sealed: Money | None, *, starting: Money | None, highest: Money | None
) -> None:
    """With a reserve above the `highest` price that a cap leaves, the lot could never be sold."""
    keeps_sealed = sealed is not None and not reading.typed("reserve_price").strip()
    reserve = sealed if keeps_sealed else reading.amount("reserve_price")
    if reserve is not None and starting is not None and reserve < starting:
        message = N_("The reserve price cannot be below the starting price of {starting} yuan.")
        reading.problem("reserve_price", message, {"starting": starting})
    if reserve is not None and highest is not None and reserve > highest:
        message = N_("The reserve price cannot be above {highest} yuan: with its cap the lot is not sold for more.")
        reading.problem("reserve_price", message, {"highest": highest})


def _judge_schedule(reading: FormReading, profile: RuleProfile | None, now: datetime) -> Schedule | None:
    typed = reading.typed("selling_method")
    method = SellingMethod(typed) if typed in set(SellingMethod) else None
    opens_at, closes_at = reading.moment("registration_opens_at"), reading.moment("registration_closes_at")
    starts_at = reading.moment("starts_at")
    has_end = method is not None and method.ends_on_its_day
    ends_at = reading.moment("listing_ends_at") if has_end else None
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        reading.problem("registration_closes_at", N_("Registration must close after it opens."))
    if profile is not None:
        dates = Dates(method, closes_at, starts_at, ends_at)
        last = quotes_end_at(dates, profile)
        if closes_at is not None and last is not None and closes_at > last:
            message = N_("Registration must close before the sale starts.")
            if method is not None and method.takes_bidders_while_it_runs:
                message = N_("Registration must close before bids or quotes can end.")
            reading.problem("registration_closes_at", message)
        reading.problems.extend(judge_periods(dates, profile, now))
    if opens_at is None or closes_at is None or starts_at is None or (has_end and ends_at is None):
        return None
    return Schedule(opens_at, closes_at, starts_at, ends_at)

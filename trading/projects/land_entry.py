"""Judging the entry of a land project: everything that is wrong with a form, all at once (一次性告知). Pure.

The form is what was typed, by field name. What comes out is either the entry with its values read and checked against
the rule profile, or every problem with the name of its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.kernel.money import Money
from trading.projects.form_reading import Form, FormReading
from trading.projects.land_periods import Dates, judge_periods, quotes_end_at
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import LandUse, RuleProfile, SellingMethod
from trading.projects.selling_entry import Selling, judge_selling

MU_TOLERANCE = Decimal("0.01")
"""How far the area in mu may lie from the area in m²: both are rounded on the survey's sheet."""

M2_IN_THREE_MU = 2000
"""1 mu is 2000/3 m²: three mu are 2,000 m² exactly."""

FIELDS = (
    "title",
    "owner_name",
    "rule_profile",
    "parcel_number",
    "location",
    "area_m2",
    "area_mu",
    "land_use",
    "term_years",
    "conditions",
    "selling_method",
    "window_s",
    "starting_price",
    "valuation",
    "increment",
    "increment_lowest",
    "increment_highest",
    "cap_rule",
    "cap",
    "cap_ceiling",
    "deposit",
    "has_reserve",
    "reserve_price",
    "registration_opens_at",
    "registration_closes_at",
    "starts_at",
    "listing_ends_at",
)
"""The fields of the form, in the order in which they stand on it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The land itself. `conditions` is the announcement's free text on payment and planning; it may be empty."""

    number: str
    location: str
    area_m2: Decimal
    area_mu: Decimal
    land_use: LandUse
    term_years: int
    conditions: str


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
class LandEntry:
    """The entry of a land project with one lot, read and found right."""

    title: str
    owner_name: str
    rule_profile: str
    parcel: Parcel
    selling: Selling
    prices: Prices
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of judging a form: the entry, or the problems in the order of the form."""

    entry: LandEntry | None
    problems: tuple[Problem, ...]


def judge_entry(
    form: Form, profiles: Mapping[str, RuleProfile], now: datetime, *, sealed: Money | None = None
) -> Judgement:
    """Read and check a whole form against the profile that it names.

    `profiles` are those that may be chosen. An empty reserve field keeps the `sealed` one, which is judged as well.
    """
    reading = FormReading(form, [])
    title, owner_name = reading.line("title", 120), reading.line("owner_name", 120)
    profile_name = reading.line("rule_profile", 60)
    profile = profiles.get(profile_name or "")
    if profile_name is not None and profile is None:
        reading.problem("rule_profile", N_("Choose one of the rule profiles of the list."))
    parcel = _judge_parcel(reading, profile)
    starting, increment = reading.amount("starting_price"), reading.amount("increment")
    selling = judge_selling(reading, profile, starting=starting, increment=increment)
    deposit, has_reserve = _judge_deposit(reading, starting, profile), reading.truth("has_reserve")
    highest = None if selling is None or selling.cap is None else selling.cap.highest
    if _takes_reserve(reading, profile, has_reserve=has_reserve):
        _judge_reserve(reading, sealed, starting=starting, highest=highest)
    schedule = _judge_schedule(reading, profile, now)
    problems = tuple(sorted(reading.problems, key=lambda problem: FIELDS.index(problem.field)))
    if problems or not (title and owner_name and profile and parcel and selling and schedule):
        return Judgement(None, problems)
    if starting is None or increment is None or deposit is None or has_reserve is None:
        return Judgement(None, problems)
    prices = Prices(starting, increment, deposit, has_reserve)
    return Judgement(LandEntry(title, owner_name, profile.name, parcel, selling, prices, schedule), ())


def _judge_parcel(reading: FormReading, profile: RuleProfile | None) -> Parcel | None:
    number, location = reading.line("parcel_number", 60), reading.line("location", 200)
    area_m2, area_mu = reading.quantity("area_m2", decimals=2), reading.quantity("area_mu", decimals=4)
    land_use, term_years = reading.choice("land_use", LandUse), reading.whole_number("term_years")
    conditions = reading.lines("conditions", 4000)
    if area_m2 is not None and area_mu is not None:
        exact = (area_m2 * 3 / M2_IN_THREE_MU).quantize(Decimal("0.0001"))
        if abs(exact - area_mu) > MU_TOLERANCE:
            message = N_("The two areas do not agree: {area_m2} m² are {area_mu} mu (1 mu is 666.67 m²).")
            reading.problem("area_mu", message, {"area_m2": area_m2, "area_mu": exact.quantize(Decimal("0.01"))})
    if profile is not None and land_use is not None and term_years is not None:
        longest = profile.land_use_years[land_use]
        if term_years > longest.value:
            message = N_("For this land use the law allows at most {years} years.")
            reading.problem("term_years", message, {"years": longest.value}, longest.source)
    if not (number and location and area_m2 and area_mu and land_use and term_years) or conditions is None:
        return None
    return Parcel(number, location, area_m2, area_mu, land_use, term_years, conditions)


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

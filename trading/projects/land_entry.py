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
from trading.projects.land_periods import judge_periods
from trading.projects.problems import N_, Problem
from trading.projects.profiles import LandUse, RuleProfile, SellingMethod

MU_TOLERANCE = Decimal("0.01")
"""How far the area in mu may lie from the area in m²: both are rounded on the survey's sheet."""

M2_IN_THREE_MU = 2000
"""1 mu is 2000/3 m²: three mu are 2,000 m² exactly."""

LONGEST_WINDOW_S = 3600
"""A countdown longer than an hour is a typing error: it is reset by every bid."""

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
    "increment",
    "deposit",
    "has_reserve",
    "reserve_price",
    "registration_opens_at",
    "registration_closes_at",
    "starts_at",
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
class Selling:
    """How the lot is sold; `window_s` is the countdown of timed bidding, else None."""

    method: SellingMethod
    window_s: int | None


@dataclass(frozen=True, slots=True)
class Prices:
    """The amounts. `reserve` is None without a reserve, and also when it was sealed before and not typed again."""

    starting: Money
    increment: Money
    deposit: Money
    has_reserve: bool
    reserve: Money | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The moments, in UTC."""

    registration_opens_at: datetime
    registration_closes_at: datetime
    starts_at: datetime


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
    form: Form, profiles: Mapping[str, RuleProfile], now: datetime, *, reserve_is_sealed: bool = False
) -> Judgement:
    """Read and check a whole form against the profile that it names.

    `profiles` are those that may be chosen. With `reserve_is_sealed` an empty reserve field keeps the sealed one.
    """
    reading = FormReading(form, [])
    title, owner_name = reading.line("title", 120), reading.line("owner_name", 120)
    profile_name = reading.line("rule_profile", 60)
    profile = profiles.get(profile_name or "")
    if profile_name is not None and profile is None:
        reading.problem("rule_profile", N_("Choose one of the rule profiles of the list."))
    parcel = _judge_parcel(reading, profile)
    selling = _judge_selling(reading, profile)
    prices = _judge_prices(reading, profile, reserve_is_sealed=reserve_is_sealed)
    schedule = _judge_schedule(reading, profile, now)
    problems = tuple(sorted(reading.problems, key=lambda problem: FIELDS.index(problem.field)))
    if problems or not (title and owner_name and profile and parcel and selling and prices and schedule):
        return Judgement(None, problems)
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


def _judge_selling(reading: FormReading, profile: RuleProfile | None) -> Selling | None:
    method = reading.choice("selling_method", SellingMethod)
    if method is not None and profile is not None and method not in profile.selling_methods:
        reading.problem("selling_method", N_("The chosen rule profile does not provide for this way of selling."))
    if method is not SellingMethod.TIMED_BIDDING:
        return None if method is None else Selling(method, None)
    window_s = reading.whole_number("window_s")
    if window_s is None:
        return None
    shortest = None if profile is None else profile.timed_window_s
    if shortest is not None and window_s < shortest.value:
        message = N_("The countdown must have at least {seconds} seconds.")
        reading.problem("window_s", message, {"seconds": shortest.value}, shortest.source)
    if window_s > LONGEST_WINDOW_S:
        message = N_("The countdown can have at most {seconds} seconds; every bid starts it anew.")
        reading.problem("window_s", message, {"seconds": LONGEST_WINDOW_S})
    return Selling(method, window_s)


def _judge_prices(reading: FormReading, profile: RuleProfile | None, *, reserve_is_sealed: bool) -> Prices | None:
    starting, increment = reading.amount("starting_price"), reading.amount("increment")
    deposit = reading.amount("deposit")
    if starting is not None and deposit is not None:
        _judge_deposit(reading, starting, deposit, profile)
    has_reserve = reading.truth("has_reserve")
    reserve: Money | None = None
    if has_reserve and not (reserve_is_sealed and not reading.typed("reserve_price").strip()):
        reserve = reading.amount("reserve_price")
        if reserve is not None and starting is not None and reserve < starting:
            message = N_("The reserve price cannot be below the starting price of {starting} yuan.")
            reading.problem("reserve_price", message, {"starting": starting})
    if not has_reserve and reading.typed("reserve_price").strip():
        reading.problem("reserve_price", N_("A reserve price is typed, but it is said that there is none."))
    if starting is None or increment is None or deposit is None or has_reserve is None:
        return None
    return Prices(starting, increment, deposit, has_reserve, reserve)


def _judge_deposit(reading: FormReading, starting: Money, deposit: Money, profile: RuleProfile | None) -> None:
    """The deposit is a share of the starting price, rounded up to a whole fen, and never more than the price itself."""
    if profile is not None:
        share = profile.deposit_share_percent
        least = Money(-(-starting.fen * share.value // 100))
        if deposit < least:
            message = N_("The deposit must be at least {percent} % of the starting price, that is {least} yuan.")
            reading.problem("deposit", message, {"percent": share.value, "least": least}, share.source)
    if deposit > starting:
        message = N_("The deposit cannot be more than the starting price of {starting} yuan.")
        reading.problem("deposit", message, {"starting": starting})


def _judge_schedule(reading: FormReading, profile: RuleProfile | None, now: datetime) -> Schedule | None:
    opens_at, closes_at = reading.moment("registration_opens_at"), reading.moment("registration_closes_at")
    starts_at = reading.moment("starts_at")
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        reading.problem("registration_closes_at", N_("Registration must close after it opens."))
    if closes_at is not None and starts_at is not None and closes_at > starts_at:
        reading.problem("registration_closes_at", N_("Registration must close before the sale starts."))
    if profile is not None:
        reading.problems.extend(judge_periods(closes_at, starts_at, profile, now))
    if opens_at is None or closes_at is None or starts_at is None:
        return None
    return Schedule(opens_at, closes_at, starts_at)

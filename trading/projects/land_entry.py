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
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import LandUse, RuleProfile
from trading.projects.sale_entry import Prices, Schedule, judge_sale
from trading.projects.selling_entry import Selling

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
    parcel, sale = _judge_parcel(reading, profile), judge_sale(reading, profile, now, sealed=sealed)
    problems = tuple(sorted(reading.problems, key=lambda problem: FIELDS.index(problem.field)))
    if problems or not (title and owner_name and profile and parcel and sale):
        return Judgement(None, problems)
    entry = LandEntry(title, owner_name, profile.name, parcel, sale.selling, sale.prices, sale.schedule)
    return Judgement(entry, ())


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

"""Judging the form of any kind of project: the entry, or everything that is wrong, all at once (一次性告知). Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from trading.kernel.money import Money
from trading.projects.form_reading import Form, FormReading
from trading.projects.kinds.catalogue import KIND_FORMS, purchase_profiles, sale_profiles
from trading.projects.kinds.mining import check_mining
from trading.projects.kinds.parts import (
    GREEN_CHANNEL,
    GREEN_CHANNEL_REASON,
    KindForm,
    Read,
    facts_of,
    lot_count_of,
    lot_field,
    read_field,
)
from trading.projects.kinds.property_rights import check_property
from trading.projects.kinds.shared import GREEN
from trading.projects.kinds.sold import SALE
from trading.projects.land_entry import LandEntry, judge_entry
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import RuleProfile
from trading.projects.purchase_periods import PurchaseDates, judge_purchase_periods
from trading.projects.purchase_profiles import PurchaseMethod, PurchaseProfile
from trading.projects.rules import ProjectKind
from trading.projects.sale_entry import Prices, Schedule, judge_sale
from trading.projects.selling_entry import Selling

_NO_FACTS = frozenset({"title", "owner_name", "warning_read"})
_MOMENTS = ("documents_open_at", "documents_close_at", "bids_close_at", "opening_at")
_OF_SALE = frozenset(field.name for group in SALE for field in group.fields)

_CHECKS: Mapping[ProjectKind, Callable[[FormReading, Mapping[str, Any], str], None]] = {
    ProjectKind.MINING: check_mining,
    ProjectKind.PROPERTY: check_property,
}
_METHOD_OF_KIND = {
    ProjectKind.FIXED_PRICE_SELECTION: PurchaseMethod.DRAW,
    ProjectKind.OTHER: PurchaseMethod.OTHER,
}
"""The method of the kinds whose form does not ask for one."""


@dataclass(frozen=True, slots=True)
class SoldEntry:
    """The entry of something other than land that is sold, with one lot. `facts` are what only its kind asks."""

    title: str
    owner_name: str
    rule_profile: str
    location: str
    conditions: str
    facts: Mapping[str, Any]
    selling: Selling
    prices: Prices
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class PurchaseLot:
    """One lot of a purchase. `facts` hold what was asked of the project, too, so that each lot tells all of it."""

    title: str
    budget: Money | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PurchaseEntry:
    """The entry of a purchase with one lot or several, which have their dates in common."""

    title: str
    owner_name: str
    rule_profile: str
    lots: tuple[PurchaseLot, ...]
    dates: PurchaseDates


Entry = LandEntry | SoldEntry | PurchaseEntry


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging a form: the entry, or the problems in the order of the form."""

    entry: Entry | None
    problems: tuple[Problem, ...]
    is_green_channel: bool = False
    green_channel_reason: str = ""


def judge_form(
    kind: ProjectKind,
    form: Form,
    now: datetime,
    *,
    demonstration: bool,
    sealed: Money | None = None,
    of_sales: Mapping[str, RuleProfile] | None = None,
) -> Judged:
    """Read and check a whole form against the profile that it names, one of those offered for its kind.

    An empty reserve field keeps the `sealed` one. `of_sales` stand in for the offered profiles of sales.
    """
    reading = FormReading(form, [])
    green = {field.name: read_field(reading, field) for field in GREEN.fields}
    sales = of_sales if of_sales is not None else sale_profiles(kind, demonstration=demonstration)
    entry: Entry | None
    if kind is ProjectKind.LAND:
        judged = judge_entry(form, sales, now, sealed=sealed)
        reading.problems.extend(judged.problems)
        entry = judged.entry
    elif kind.is_sale:
        entry = _judge_sold(kind, reading, sales, now, sealed)
    else:
        entry = _judge_purchase(kind, reading, purchase_profiles(kind, demonstration=demonstration), now)
    order = KIND_FORMS[kind].names(lot_count_of(form))
    problems = tuple(sorted(reading.problems, key=lambda problem: order.index(problem.field)))
    if problems:
        return Judged(None, problems)
    return Judged(entry, (), green[GREEN_CHANNEL] is True, str(green[GREEN_CHANNEL_REASON] or ""))


def _judge_sold(
    kind: ProjectKind,
    reading: FormReading,
    profiles: Mapping[str, RuleProfile],
    now: datetime,
    sealed: Money | None,
) -> SoldEntry | None:
    profile = profiles.get(_profile_name(reading, profiles))
    values = _values(reading, KIND_FORMS[kind], without=_OF_SALE)
    _CHECKS[kind](reading, values, "" if profile is None else profile.name)
    sale = judge_sale(reading, profile, now, sealed=sealed)
    if reading.problems or profile is None or sale is None:
        return None
    location, conditions = values.pop("location"), values.pop("conditions")
    return SoldEntry(
        str(values.pop("title")),
        str(values.pop("owner_name")),
        profile.name,
        str(location),
        str(conditions or ""),
        facts_of(values),
        sale.selling,
        sale.prices,
        sale.schedule,
    )


def _judge_purchase(
    kind: ProjectKind, reading: FormReading, profiles: Mapping[str, PurchaseProfile], now: datetime
) -> PurchaseEntry | None:
    form_of = KIND_FORMS[kind]
    profile = profiles.get(_profile_name(reading, profiles))
    values = _values(reading, form_of)
    lots = _lots(reading, form_of, profile)
    method = _METHOD_OF_KIND.get(kind) or (PurchaseMethod(str(values["method"])) if values["method"] else None)
    if profile is not None and method is not None and method not in profile.methods:
        reading.problem("method", N_("The chosen rule profile does not provide for this method."))
        return None
    dates = _dates(values)
    rules = None if profile is None or method is None else profile.methods[method]
    reading.problems.extend(judge_purchase_periods(dates, rules, now))
    _check_applications(reading, values.get("applications_close_at"), dates.bids_close_at, now)
    if reading.problems or profile is None or method is None:
        return None
    common = facts_of({name: value for name, value in values.items() if name not in _NO_FACTS})
    common |= {"method": method.value}
    return PurchaseEntry(
        str(values["title"]),
        str(values["owner_name"]),
        profile.name,
        tuple(PurchaseLot(lot.title, lot.budget, {**common, **lot.facts}) for lot in lots),
        dates,
    )


def _profile_name(reading: FormReading, profiles: Mapping[str, object]) -> str:
    name = reading.line("rule_profile", 60)
    if name is not None and name not in profiles:
        reading.problem("rule_profile", N_("Choose one of the rule profiles of the list."))
    return name or ""


def _values(
    reading: FormReading, form_of: KindForm, *, without: frozenset[str] = frozenset()
) -> dict[str, Read | None]:
    """The values of a form's own fields but those that are read elsewhere."""
    elsewhere = without | {"rule_profile", GREEN_CHANNEL, GREEN_CHANNEL_REASON}
    return {field.name: read_field(reading, field) for field in form_of.own_fields if field.name not in elsewhere}


def _lots(reading: FormReading, form_of: KindForm, profile: PurchaseProfile | None) -> list[PurchaseLot]:
    assert form_of.lot is not None, "a purchase has lots"
    lots: list[PurchaseLot] = []
    for number in range(1, lot_count_of(reading.form) + 1):
        values = {field.name: read_field(reading, field, lot_field(number, field.name)) for field in form_of.lot.fields}
        title, budget = str(values.pop("title") or ""), cast(Money | None, values.pop("budget"))
        if title and any(lot.title == title for lot in lots):
            reading.problem(lot_field(number, "title"), N_("Another lot has this name already."))
        _check_amounts(reading, number, budget, values, profile)
        lots.append(PurchaseLot(title, budget, facts_of(values)))
    return lots


def _check_amounts(
    reading: FormReading,
    number: int,
    budget: Money | None,
    values: Mapping[str, Read | None],
    profile: PurchaseProfile | None,
) -> None:
    highest, deposit = values.get("highest_price"), values.get("deposit")
    if budget is None:
        return
    if isinstance(highest, Money) and highest > budget:
        message = N_("The highest price cannot be above {budget} yuan.")
        reading.problem(lot_field(number, "highest_price"), message, {"budget": budget})
    most = None if profile is None else profile.most_deposit_percent
    if isinstance(deposit, Money) and most is not None and deposit.fen * 100 > budget.fen * most.value:
        largest = Money(budget.fen * most.value // 100)
        message = N_("The deposit may be at most {percent} %, that is {largest} yuan.")
        reading.problem(lot_field(number, "deposit"), message, {"percent": most.value, "largest": largest}, most.source)


def _dates(values: dict[str, Read | None]) -> PurchaseDates:
    """The four moments, taken out of `values`. What is not said for the opening is the moment at which bids are due; of
    a tender it cannot be said.

    Source: 招标投标法 art. 34 (bids are opened at the very moment at which they are due).
    """
    opens, closes, due, opening = (cast(datetime | None, values.pop(name, None)) for name in _MOMENTS)
    return PurchaseDates(opens, closes, due, due if opening is None else opening)


def _check_applications(reading: FormReading, due: Read | None, bids_due: datetime | None, now: datetime) -> None:
    """Applications for qualification are due in the future, and before the bids are."""
    if not isinstance(due, datetime):
        return
    if due <= now:
        reading.problem("applications_close_at", N_("This moment must lie in the future."))
    elif bids_due is not None and due >= bids_due:
        reading.problem("applications_close_at", N_("Applications are due before the bids are."))

"""What the public report says: value added and savings, from the deals of a period. Pure.

A rate over several deals is computed from the summed amounts, never as a mean of rates. Rates are exact: whole numbers
are divided and rounded half up once, to one decimal of a percent, or to two for a single parcel.
Source: the published report of the centre for January to September 2014 (value added = final - start, its rate over
the start; saved = budget - award, its rate over the budget).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from trading.kernel.errors import Refusal
from trading.kernel.moments import local_day, midnight
from trading.kernel.money import Money
from trading.projects.rules import ProjectKind


class Effect(StrEnum):
    """What competition changes: a seller's price rises, a buyer's price falls, a fixed price stays."""

    VALUE_ADDED = "value_added"
    SAVED = "saved"
    NONE = "none"


EFFECTS = {
    ProjectKind.LAND: Effect.VALUE_ADDED,
    ProjectKind.MINING: Effect.VALUE_ADDED,
    ProjectKind.PROPERTY: Effect.VALUE_ADDED,
    ProjectKind.GOVERNMENT_PROCUREMENT: Effect.SAVED,
    ProjectKind.WORKS: Effect.SAVED,
    ProjectKind.AGENCY_SELECTION: Effect.SAVED,
    ProjectKind.FIXED_PRICE_SELECTION: Effect.NONE,
    ProjectKind.OTHER: Effect.NONE,
}


@dataclass(eq=False)
class PeriodUnreadable(Refusal):
    """A day of the period is not a date."""

    message = "“{given}” is not a date."
    advice = "Write dates as year-month-day, for example 2014-01-31."
    given: str


@dataclass(eq=False)
class PeriodEndsBeforeItBegins(Refusal):
    """The last day lies before the first."""

    message = "The period ends on {last}, before it begins on {first}."
    advice = "Choose a last day that is not before the first."
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Asia/Shanghai, the last one included. Refuses with `PeriodEndsBeforeItBegins`."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodEndsBeforeItBegins(self.first, self.last)

    @property
    def begins_at(self) -> datetime:
        """The first moment that belongs to the period, in UTC."""
        return midnight(self.first)

    @property
    def ends_before(self) -> datetime:
        """The first moment that no longer belongs to the period, in UTC."""
        return midnight(self.last + timedelta(days=1))

    def __contains__(self, moment: datetime) -> bool:
        return self.begins_at <= moment < self.ends_before


def read_period(first: str, last: str) -> Period:
    """Read a period from two ISO dates. Refuses with `PeriodUnreadable` or `PeriodEndsBeforeItBegins`."""
    return Period(_read_day(first), _read_day(last))


def year_to_date(today: date) -> Period:
    """From the first of January to today."""
    return Period(today.replace(month=1, day=1), today)


def _read_day(text: str) -> date:
    # fromisoformat also reads "20140131" and week dates, which would make two addresses of one report.
    if len(text) != len("2014-01-31") or not text.replace("-", "").isdigit() or not text.isascii():
        raise PeriodUnreadable(text[:40])
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PeriodUnreadable(text[:40]) from None
    if not 1900 <= day.year <= 9000:
        raise PeriodUnreadable(text[:40])
    return day


@dataclass(frozen=True, slots=True)
class ReportedDeal:
    """What the report needs of one concluded lot. `baseline` is the start or the budget; None for a fixed price."""

    category: ProjectKind
    title: str
    winner_name: str
    concluded_at: datetime
    baseline: Money | None
    final: Money
    area_mu: Decimal | None = None
    parcel_number: str | None = None
    is_demonstration: bool = False
    project_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.baseline is None) != (EFFECTS[self.category] is Effect.NONE):
            raise ValueError(f"a deal of {self.category} with baseline {self.baseline}")

    @property
    def difference(self) -> Money | None:
        """Value added or saved; None where the price was fixed beforehand."""
        return _difference(self.category, self.baseline, self.final)

    @property
    def rate_percent(self) -> Decimal | None:
        """The deal's own rate, to two decimals of a percent."""
        return _rate(self.difference, self.baseline, decimals=2)

    @property
    def final_per_mu(self) -> Money | None:
        """The price of one mu of land, half up to the fen."""
        return None if not self.area_mu else price_per_mu(self.final, self.area_mu)


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """The figures of one category; the rate to one decimal of a percent."""

    category: ProjectKind
    count: int
    baseline: Money | None
    final: Money
    difference: Money | None
    rate_percent: Decimal | None

    @property
    def effect(self) -> Effect:
        """Whether the difference is value added, money saved, or does not exist."""
        return EFFECTS[self.category]


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of one category in one calendar month (Asia/Shanghai)."""

    month: date
    figures: CategoryFigures


@dataclass(frozen=True, slots=True)
class Report:
    """The public report of a period: every category once, in the order of `ProjectKind`, also those without deals."""

    period: Period
    categories: tuple[CategoryFigures, ...]
    months: tuple[MonthFigures, ...]
    deals: tuple[ReportedDeal, ...]

    def of(self, category: ProjectKind) -> CategoryFigures:
        """The figures of one category."""
        return next(figures for figures in self.categories if figures.category is category)

    @property
    def first_auction(self) -> ReportedDeal | None:
        """The first parcel of the period: the report singles it out with its own rate."""
        return next((deal for deal in self.deals if deal.category is ProjectKind.LAND), None)

    @property
    def is_demonstration(self) -> bool:
        """Whether any deal in it is invented, so that the whole report must carry the mark."""
        return any(deal.is_demonstration for deal in self.deals)


def make_report(period: Period, deals: Iterable[ReportedDeal]) -> Report:
    """The report of those `deals` that were concluded within `period`."""
    counted = tuple(sorted((deal for deal in deals if deal.concluded_at in period), key=_order))
    months = sorted({_month(deal) for deal in counted})
    return Report(
        period=period,
        categories=tuple(_figures(category, counted) for category in ProjectKind),
        months=tuple(
            MonthFigures(month, _figures(category, [deal for deal in counted if _month(deal) == month]))
            for month in months
            for category in ProjectKind
        ),
        deals=counted,
    )


def rate_percent(part: Money, whole: Money, *, decimals: int) -> Decimal | None:
    """`part / whole` in percent, half up (away from zero) to `decimals`; None when `whole` is not above zero."""
    if whole.fen <= 0:
        return None
    scaled, sign = abs(part.fen) * 100 * 10**decimals, -1 if part.fen < 0 else 1
    return Decimal(sign * _divide_half_up(scaled, whole.fen)).scaleb(-decimals)


def price_per_mu(price: Money, area_mu: Decimal) -> Money:
    """The price of one mu, half up to the fen. `area_mu` is above zero."""
    numerator, denominator = area_mu.as_integer_ratio()
    return Money(_divide_half_up(price.fen * denominator, numerator))


def _divide_half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _order(deal: ReportedDeal) -> tuple[datetime, str]:
    return deal.concluded_at, deal.title


def _month(deal: ReportedDeal) -> date:
    return local_day(deal.concluded_at).replace(day=1)


def _figures(category: ProjectKind, deals: Iterable[ReportedDeal]) -> CategoryFigures:
    own = [deal for deal in deals if deal.category is category]
    final = _sum(deal.final for deal in own)
    if EFFECTS[category] is Effect.NONE:
        return CategoryFigures(category, len(own), None, final, None, None)
    baseline = _sum(deal.baseline for deal in own if deal.baseline is not None)
    difference = _difference(category, baseline, final)
    return CategoryFigures(category, len(own), baseline, final, difference, _rate(difference, baseline, decimals=1))


def _sum(amounts: Iterable[Money]) -> Money:
    return sum(amounts, Money(0))


def _difference(category: ProjectKind, baseline: Money | None, final: Money) -> Money | None:
    effect = EFFECTS[category]
    if baseline is None or effect is Effect.NONE:
        return None
    return final - baseline if effect is Effect.VALUE_ADDED else baseline - final


def _rate(difference: Money | None, baseline: Money | None, *, decimals: int) -> Decimal | None:
    if difference is None or baseline is None:
        return None
    return rate_percent(difference, baseline, decimals=decimals)

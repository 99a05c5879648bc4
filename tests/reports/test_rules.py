"""The report's rules: summed amounts, exact rates, whole days of Shanghai."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.money import Money
from trading.projects.rules import ProjectKind
from trading.reports.rules import (
    Period,
    PeriodEndsBeforeItBegins,
    PeriodUnreadable,
    ReportedDeal,
    make_report,
    price_per_mu,
    rate_percent,
    read_period,
    year_to_date,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "domain" / "hejiang-2014.json"
YEAR = Period(date(2014, 1, 1), date(2014, 12, 31))
NOON = datetime(2014, 6, 3, 4, tzinfo=UTC)

money = st.integers(min_value=1, max_value=10**14).map(Money)


def deal(
    category: ProjectKind = ProjectKind.LAND,
    baseline: str | None = "100.00",
    final: str = "120.00",
    at: datetime = NOON,
    title: str = "甲",
) -> ReportedDeal:
    start = None if baseline is None else Money.from_wan(baseline)
    return ReportedDeal(category, title, "演示公司", at, start, Money.from_wan(final))


def test_a_rate_comes_from_the_summed_amounts_and_not_from_the_mean_of_rates() -> None:
    report = make_report(YEAR, [deal(baseline="1.00", final="2.00"), deal(baseline="99.00", final="99.00")])
    assert report.of(ProjectKind.LAND).rate_percent == Decimal("1.0")  # the mean of 100 % and 0 % would say 50.0


def test_land_gains_and_purchases_save_and_a_fixed_price_does_neither() -> None:
    report = make_report(
        YEAR,
        [
            deal(ProjectKind.LAND, "200.00", "250.00"),
            deal(ProjectKind.GOVERNMENT_PROCUREMENT, "200.00", "150.00"),
            deal(ProjectKind.FIXED_PRICE_SELECTION, None, "30.00"),
        ],
    )
    assert report.of(ProjectKind.LAND).difference == Money.from_wan("50.00")
    assert report.of(ProjectKind.GOVERNMENT_PROCUREMENT).difference == Money.from_wan("50.00")
    fixed = report.of(ProjectKind.FIXED_PRICE_SELECTION)
    assert (fixed.baseline, fixed.difference, fixed.rate_percent) == (None, None, None)
    assert fixed.final == Money.from_wan("30.00")


def test_every_category_appears_even_without_deals() -> None:
    report = make_report(YEAR, [])
    assert [figures.category for figures in report.categories] == list(ProjectKind)
    assert {figures.count for figures in report.categories} == {0}
    assert report.of(ProjectKind.LAND).rate_percent is None
    assert report.first_auction is None


def test_one_invented_deal_marks_the_whole_report() -> None:
    real = deal()
    invented = ReportedDeal(ProjectKind.LAND, "乙", "演示公司", NOON, Money(1), Money(1), is_demonstration=True)
    assert not make_report(YEAR, [real]).is_demonstration
    assert make_report(YEAR, [real, invented]).is_demonstration


def test_a_fixed_price_with_a_budget_and_land_without_a_start_are_impossible() -> None:
    with pytest.raises(ValueError, match="a deal of fixed_price_selection"):
        deal(ProjectKind.FIXED_PRICE_SELECTION, "1.00", "1.00")
    with pytest.raises(ValueError, match="a deal of land"):
        deal(ProjectKind.LAND, None, "1.00")


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "expected"),
    [
        (1, 8, 1, "12.5"),
        (1, 2000, 1, "0.1"),  # 0.05 % rounds up to 0.1
        (49, 100_000, 1, "0.0"),  # 0.049 %
        (-1, 2000, 1, "-0.1"),  # half away from zero, so that a loss is not made smaller
        (1, 3, 2, "33.33"),
        (2, 3, 2, "66.67"),
        (0, 7, 1, "0.0"),
        (10**14, 1, 1, "10000000000000000.0"),
    ],
)
def test_rates_round_half_up_exactly(part: int, whole: int, decimals: int, expected: str) -> None:
    assert str(rate_percent(Money(part), Money(whole), decimals=decimals)) == expected


def test_there_is_no_rate_over_nothing() -> None:
    assert rate_percent(Money(5), Money(0), decimals=1) is None


@given(part=money, whole=money, decimals=st.integers(min_value=0, max_value=4))
def test_a_rate_is_never_further_from_the_truth_than_half_of_its_last_decimal(
    part: Money, whole: Money, decimals: int
) -> None:
    rate = rate_percent(part, whole, decimals=decimals)
    assert rate is not None
    error = Fraction(rate) - Fraction(part.fen * 100, whole.fen)
    assert -Fraction(1, 2) < error * 10**decimals <= Fraction(1, 2)
    assert rate.as_tuple().exponent == -decimals


@given(amounts=st.lists(st.tuples(money, money), max_size=20))
def test_the_figures_of_the_months_add_up_to_those_of_the_period(amounts: list[tuple[Money, Money]]) -> None:
    deals = [
        ReportedDeal(
            ProjectKind.LAND, str(n), "演示公司", datetime(2014, n % 12 + 1, 28, 15, 59, tzinfo=UTC), start, final
        )
        for n, (start, final) in enumerate(amounts)
    ]
    report = make_report(YEAR, deals)
    monthly = [month.figures for month in report.months if month.figures.category is ProjectKind.LAND]
    whole = report.of(ProjectKind.LAND)
    assert sum((figures.final for figures in monthly), Money(0)) == whole.final
    assert sum((figures.difference for figures in monthly if figures.difference), Money(0)) == whole.difference
    assert sum(figures.count for figures in monthly) == whole.count == len(amounts)


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        (datetime(2013, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC), False),  # 23:59 in Shanghai on the eve
        (datetime(2013, 12, 31, 16, tzinfo=UTC), True),  # midnight in Shanghai
        (datetime(2014, 9, 30, 15, 59, 59, 999_999, tzinfo=UTC), True),
        (datetime(2014, 9, 30, 16, tzinfo=UTC), False),
    ],
)
def test_a_period_is_whole_days_in_shanghai(at: datetime, inside: bool) -> None:
    period = Period(date(2014, 1, 1), date(2014, 9, 30))
    assert (at in period) is inside
    assert make_report(period, [deal(at=at)]).of(ProjectKind.LAND).count == int(inside)


@pytest.mark.parametrize(
    "text",
    ["", "2014", "20140101", "2014-13-01", "2014-02-30", "2014-W01-1", "２０１４-01-01", "0001-01-01", "x" * 999],
)
def test_what_is_not_a_date_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(PeriodUnreadable) as refusal:
        read_period(text, "2014-09-30")
    assert refusal.value.given == text[:40]


def test_a_period_cannot_end_before_it_begins() -> None:
    with pytest.raises(PeriodEndsBeforeItBegins):
        read_period("2014-09-30", "2014-01-01")
    assert read_period("2014-01-01", "2014-01-01") == Period(date(2014, 1, 1), date(2014, 1, 1))


def test_the_year_to_date_begins_on_new_years_day() -> None:
    assert year_to_date(date(2026, 11, 23)) == Period(date(2026, 1, 1), date(2026, 11, 23))


def test_the_price_of_a_mu_is_rounded_to_the_fen() -> None:
    assert price_per_mu(Money.from_yuan("34914800.00"), Decimal("9.14")) == Money.from_yuan("3820000.00")
    assert price_per_mu(Money(100), Decimal("3")) == Money(33)
    assert price_per_mu(Money(5), Decimal("2")) == Money(3)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published figures are not beside this copy of the project")
@pytest.mark.parametrize(
    ("section", "category", "baseline", "final", "difference", "rate"),
    [
        ("land", ProjectKind.LAND, "start_price", "final_price", "value_added", "value_added_rate_percent"),
        ("government_procurement", ProjectKind.GOVERNMENT_PROCUREMENT, "budget", "award", None, "savings_rate_percent"),
        ("agency_selection", ProjectKind.AGENCY_SELECTION, "budget", "award", "saved", "savings_rate_percent"),
    ],
)
def test_the_formulas_give_the_published_rates(
    section: str, category: ProjectKind, baseline: str, final: str, difference: str | None, rate: str
) -> None:
    published = json.loads(PUBLISHED.read_text())[section]
    figures = make_report(YEAR, [deal(category, published[baseline], published[final])]).of(category)
    assert str(figures.rate_percent) == published[rate]
    assert figures.difference is not None
    if difference is None:
        # The centre published this one without decimals.
        assert figures.difference.fen // 1_000_000 == int(published["saved_as_published"])
    else:
        assert figures.difference == Money.from_wan(published[difference])

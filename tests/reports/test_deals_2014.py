"""The invented deals of 2014 add up to what was published, to the fen, and look like deals."""

import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from trading.demonstration.deals_2014 import PARCEL_50, PUBLISHED, HistoricDeal, PublishedTotal, deals_2014, land_deals
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects.rules import ProjectKind
from trading.reports.rules import Period, Report, ReportedDeal, make_report

SOURCE = Path(__file__).parents[3] / "shared" / "domain" / "hejiang-2014.json"
NINE_MONTHS = Period(date(2014, 1, 1), date(2014, 9, 30))
DEALS = deals_2014()

needs_source = pytest.mark.skipif(
    not SOURCE.exists(), reason="the published figures are not beside this copy of the project"
)

# The State Council's days off in 2014 that are not weekends.
DAYS_OFF = {
    "2014-01-01", "2014-01-31", "2014-02-03", "2014-02-04", "2014-02-05", "2014-02-06", "2014-04-07", "2014-05-01",
    "2014-05-02", "2014-06-02", "2014-09-08",
}  # fmt: skip


def report() -> Report:
    return make_report(
        NINE_MONTHS,
        [
            ReportedDeal(
                deal.category,
                deal.title,
                deal.winner_name,
                deal.concluded_at,
                deal.baseline,
                deal.final,
                deal.area_mu,
                deal.parcel_number,
                deal.is_demonstration,
            )
            for deal in DEALS
        ],
    )


@needs_source
@pytest.mark.parametrize(
    ("category", "section", "baseline", "final"),
    [
        (ProjectKind.LAND, "land", "start_price", "final_price"),
        (ProjectKind.GOVERNMENT_PROCUREMENT, "government_procurement", "budget", "award"),
        (ProjectKind.AGENCY_SELECTION, "agency_selection", "budget", "award"),
        (ProjectKind.FIXED_PRICE_SELECTION, "construction_fixed_price_selection", None, "final_price"),
    ],
)
def test_the_deals_add_up_to_the_published_figures(
    category: ProjectKind, section: str, baseline: str | None, final: str
) -> None:
    source = json.loads(SOURCE.read_text())[section]
    figures = report().of(category)
    assert figures.count == source["deals"]
    assert figures.final == Money.from_wan(source[final])
    assert figures.baseline == (None if baseline is None else Money.from_wan(source[baseline]))
    rate = source.get("value_added_rate_percent") or source.get("savings_rate_percent")
    assert figures.rate_percent == (None if rate is None else Decimal(rate))


@needs_source
def test_parcel_50_is_the_first_auction_of_the_year_as_it_was_published() -> None:
    source = json.loads(SOURCE.read_text())["land"]["first_auction_of_the_year"]
    first = report().first_auction
    assert first is not None
    assert first.parcel_number == source["parcel"]
    assert str(first.area_mu) == source["area_mu"]
    assert first.final_per_mu == Money.from_wan(source["final_price_per_mu"])
    assert str(first.rate_percent) == source["value_added_rate_percent"]


@pytest.mark.parametrize("total", PUBLISHED, ids=lambda total: str(total.category))
def test_the_products_own_totals_are_met_to_the_fen(total: PublishedTotal) -> None:
    figures = report().of(total.category)
    assert (figures.count, figures.baseline, figures.final) == (total.count, total.baseline, total.final)


def test_the_deals_are_the_same_at_every_run() -> None:
    assert deals_2014() == DEALS


FACTS: dict[str, Callable[[HistoricDeal], bool]] = {
    "is marked": lambda deal: deal.is_demonstration,
    "has a winner that is plainly invented": lambda deal: "演示" in deal.winner_name,
    "has an owner that is plainly invented": lambda deal: "演示" in deal.owner_name,
    "has a price above nothing": lambda deal: deal.final > Money(0),
    "was concluded on a working day": lambda deal: (
        deal.concluded_at.astimezone(SHANGHAI).weekday() < 5
        and deal.concluded_at.astimezone(SHANGHAI).date().isoformat() not in DAYS_OFF
    ),
    "was concluded in office hours": lambda deal: (
        time(9) <= deal.concluded_at.astimezone(SHANGHAI).time() < time(12)
        or time(14) <= deal.concluded_at.astimezone(SHANGHAI).time() < time(17)
    ),
}


@pytest.mark.parametrize("fact", FACTS)
def test_every_deal(fact: str) -> None:
    assert [deal for deal in DEALS if not FACTS[fact](deal)] == []


def test_no_purchase_cost_more_than_its_budget() -> None:
    bought = [deal for deal in DEALS if deal.category not in (ProjectKind.LAND, ProjectKind.FIXED_PRICE_SELECTION)]
    assert len(bought) == 190
    assert all(deal.baseline is not None and deal.final <= deal.baseline for deal in bought)


def test_land_never_goes_below_its_start_and_rises_by_whole_increments() -> None:
    for deal in land_deals():
        assert deal.baseline is not None
        assert deal.increment is not None
        assert deal.final >= deal.baseline
        assert (deal.final - deal.baseline).fen % deal.increment.fen == 0, deal.title


def test_land_has_parcels_of_its_own_with_an_area_and_a_lawful_term() -> None:
    parcels = [deal.parcel_number for deal in land_deals()]
    assert len(set(parcels)) == len(parcels) == 31
    # Source: 城镇国有土地使用权出让和转让暂行条例 art. 12: at most 70 years for housing, 50 industry, 40 commerce.
    longest = {"住宅": 70, "工业": 50, "仓储": 50, "商服": 40, "零售": 40}
    for deal in land_deals():
        assert deal.area_mu is not None
        assert deal.area_mu > 0
        assert deal.land_use is not None
        assert deal.term_years in {years for use, years in longest.items() if use in deal.land_use}


def test_parcel_50_precedes_all_other_land() -> None:
    others = [deal for deal in land_deals() if deal != PARCEL_50]
    assert min(deal.concluded_at for deal in others) > PARCEL_50.concluded_at
    assert PARCEL_50.by_auction

"""Judging a land entry: every problem at once, each beside its field."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects.forms import NOW, demonstration_form, land_form
from trading.kernel.money import LARGEST_FEN, Money
from trading.projects.land_entry import FIELDS, Judgement, judge_entry
from trading.projects.profiles import NATIONAL_AUCTION, PROFILES


def judge(form: dict[str, str], *, sealed: Money | None = None) -> Judgement:
    return judge_entry(form, PROFILES, NOW, sealed=sealed)


def spoilt(form: dict[str, str]) -> list[str]:
    return [problem.field for problem in judge(form).problems]


def test_a_form_without_a_fault_becomes_an_entry() -> None:
    judgement = judge(land_form())
    assert judgement.problems == ()
    assert judgement.entry is not None
    assert judgement.entry.prices.starting == Money.from_wan("2361.00")
    assert judgement.entry.parcel.area_mu == Decimal("9.14")
    assert judgement.entry.selling.window_s is None


def test_an_empty_form_tells_everything_that_is_missing_at_once() -> None:
    """一次性告知: what is missing is told once and completely."""
    optional = {"conditions", "window_s", "reserve_price", "listing_ends_at", "valuation"}
    optional |= {"increment_lowest", "increment_highest", "cap_rule", "cap", "cap_ceiling"}
    assert spoilt({}) == [field for field in FIELDS if field not in optional]


def test_problems_come_in_the_order_of_the_form() -> None:
    form = land_form(starts_at="", title="", deposit="1", area_mu="90.14")
    assert spoilt(form) == ["title", "area_mu", "deposit", "starts_at"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", "   "),
        ("title", "长" * 121),
        ("owner_name", "a\x00b"),
        ("rule_profile", "no-such-profile"),
        ("parcel_number", ""),
        ("location", "长" * 201),
        ("area_m2", "six thousand"),
        ("area_mu", "9.26"),
        ("area_mu", "0"),
        ("land_use", "golf"),
        ("term_years", "71"),
        ("term_years", "70.5"),
        ("term_years", "0"),
        ("selling_method", "sealed"),
        ("selling_method", ""),
        ("starting_price", "0"),
        ("starting_price", "-1"),
        ("starting_price", "1" + "0" * 30),
        ("starting_price", "2e7"),
        ("increment", "0"),
        ("increment", "0.001"),
        ("deposit", "4721999.99"),
        ("deposit", "23610000.01"),
        ("has_reserve", ""),
        ("reserve_price", "24000000"),
        ("registration_opens_at", "yesterday"),
        ("registration_closes_at", "2026-11-03 09:00"),
        ("registration_closes_at", "2026-11-26 09:00"),
        ("registration_closes_at", "2026-11-30 09:31"),
        ("starts_at", "2026-11-21 23:59"),
        ("starts_at", "2026-11-02 09:30"),
    ],
)
def test_one_spoilt_field_is_told_at_that_field(field: str, typed: str) -> None:
    assert field in spoilt(land_form(**{field: typed}))


def test_twenty_days_lie_between_the_announcement_and_the_sale() -> None:
    """国土资源部令39号 art. 8; the first day is not counted (民法典 art. 201)."""
    early = land_form(registration_closes_at="2026-11-16 17:00", starts_at="2026-11-21 09:30")
    assert spoilt(early) == ["starts_at"]
    [problem] = judge(early).problems
    assert "2026-11-22" in str(problem)
    assert problem.source == NATIONAL_AUCTION.announcement_days.source
    assert spoilt(early | {"starts_at": "2026-11-22 09:30"}) == []


def test_registration_closes_before_the_last_three_working_days() -> None:
    """Fujian rules art. 22. The sale on Monday 30 November: Wednesday 25 November is the last day."""
    assert spoilt(land_form(registration_closes_at="2026-11-25 23:59")) == []
    assert spoilt(land_form(registration_closes_at="2026-11-26 00:00")) == ["registration_closes_at"]


def test_dates_in_a_year_whose_holidays_are_unknown_are_told_and_not_guessed() -> None:
    assert spoilt(land_form(registration_closes_at="2031-03-01 17:00", starts_at="2031-03-20 09:30")) == ["starts_at"]


@pytest.mark.parametrize(
    ("land_use", "years"), [("housing", 70), ("industry", 50), ("education", 50), ("commerce", 40)]
)
def test_the_term_of_land_use_ends_at_the_legal_maximum(land_use: str, years: int) -> None:
    """城镇国有土地使用权出让和转让暂行条例 art. 12."""
    assert spoilt(land_form(land_use=land_use, term_years=str(years))) == []
    assert spoilt(land_form(land_use=land_use, term_years=str(years + 1))) == ["term_years"]


def test_deposit_is_at_least_a_fifth_of_the_starting_price() -> None:
    assert spoilt(land_form(deposit="4722000.00")) == []
    assert spoilt(land_form(starting_price="23610000.01")) == ["deposit"]


def test_a_reserve_lies_at_or_above_the_starting_price() -> None:
    assert spoilt(land_form(has_reserve="yes", reserve_price="23610000")) == []
    assert spoilt(land_form(has_reserve="yes", reserve_price="23609999.99")) == ["reserve_price"]
    assert spoilt(land_form(has_reserve="yes")) == ["reserve_price"]


def test_a_reserve_that_was_sealed_need_not_be_typed_again() -> None:
    judgement = judge(land_form(has_reserve="yes"), sealed=Money.from_wan("2500"))
    assert judgement.entry is not None
    assert judgement.entry.prices.has_reserve


@pytest.mark.parametrize(
    ("cap_rule", "highest"), [("one_price", "35415000.00"), ("draw_by_lot", "29512500.00"), ("", "99000000.00")]
)
def test_a_reserve_lies_at_most_where_the_cap_lets_the_lot_be_sold(cap_rule: str, highest: str) -> None:
    """Typed now or sealed before: above that the lot could never be sold."""
    form = demonstration_form(NOW, selling_method="timed_bidding", window_s="60", has_reserve="yes", cap_rule=cap_rule)
    most, more = Money.from_yuan(highest), Money.from_yuan(highest) + Money(1)
    assert spoilt(form | {"reserve_price": str(most.fen // 100)}) == []
    assert spoilt(form | {"reserve_price": f"{more.fen // 100}.01"}) == (["reserve_price"] if cap_rule else [])
    assert judge(form, sealed=most).problems == ()
    assert [found.field for found in judge(form, sealed=more).problems] == (["reserve_price"] if cap_rule else [])


def test_a_reserve_sealed_below_a_starting_price_that_was_raised_is_typed_anew() -> None:
    [found] = judge(land_form(has_reserve="yes"), sealed=Money.from_yuan("23609999.99")).problems
    assert found.field == "reserve_price"
    assert "23,609,999" not in str(found)


def test_a_problem_never_repeats_a_sealed_reserve() -> None:
    for typed in ("23609999.99", "23609999.991", "2360999999万"):
        for problem in judge(land_form(has_reserve="yes", reserve_price=typed)).problems:
            assert "23609999" not in str(problem)
            assert "23,609,999" not in str(problem)


def test_timed_bidding_needs_a_countdown_of_its_profile() -> None:
    timed = land_form(rule_profile="land-timed-suzhou", selling_method="timed_bidding")
    assert spoilt(timed) == ["window_s"]
    assert spoilt(timed | {"window_s": "239"}) == ["window_s"]
    assert spoilt(timed | {"window_s": "240"}) == []
    assert spoilt(timed | {"window_s": "3601"}) == ["window_s"]
    assert spoilt(timed | {"window_s": "240", "rule_profile": "land-timed-fujian"}) == ["window_s"]


def test_a_profile_provides_only_for_its_own_way_of_selling() -> None:
    assert spoilt(land_form(selling_method="timed_bidding", window_s="240")) == ["selling_method"]


def test_the_demonstration_profile_waits_for_nothing() -> None:
    assert spoilt(demonstration_form(NOW)) == []


def test_a_sale_that_starts_at_this_very_moment_comes_too_late() -> None:
    this_moment = {"registration_closes_at": "2026-11-02 09:30", "starts_at": "2026-11-02 09:30"}
    form = demonstration_form(NOW, registration_opens_at="2026-11-01 09:30", **this_moment)
    assert spoilt(form) == ["registration_closes_at", "starts_at"]


def test_a_profile_that_is_not_offered_cannot_be_chosen() -> None:
    judgement = judge_entry(demonstration_form(NOW), {NATIONAL_AUCTION.name: NATIONAL_AUCTION}, NOW)
    assert [problem.field for problem in judgement.problems] == ["rule_profile"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=30)))
def test_no_form_whatever_makes_the_judge_crash(changed: dict[str, str]) -> None:
    judgement = judge(land_form(**changed))
    assert (judgement.entry is None) == bool(judgement.problems)
    for problem in judgement.problems:
        assert problem.field in FIELDS
        assert "{" not in str(problem)


@given(starting=st.integers(1, LARGEST_FEN), deposit=st.integers(1, LARGEST_FEN))
def test_the_deposit_rule_holds_for_every_amount(starting: int, deposit: int) -> None:
    form = land_form(starting_price=Money(starting).yuan, deposit=Money(deposit).yuan)
    assert (spoilt(form) == []) == (deposit * 5 >= starting and deposit <= starting)


@given(m2=st.integers(1_00, 10_000_000_00))
def test_an_area_agrees_with_its_own_value_in_mu(m2: int) -> None:
    area_m2 = Decimal(m2) / 100
    area_mu = (area_m2 * 3 / 2000).quantize(Decimal("0.01"))
    if area_mu > 0:
        assert spoilt(land_form(area_m2=str(area_m2), area_mu=str(area_mu))) == []
    assert spoilt(land_form(area_m2=str(area_m2), area_mu=str(area_mu + Decimal("0.02")))) == ["area_mu"]

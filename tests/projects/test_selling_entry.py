"""What each way of selling asks of an entry: listing, tender, online auction, price cap, bounds of the increment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects.forms import NOW, land_form
from trading.kernel.ids import new_id
from trading.kernel.money import LARGEST_FEN, Money
from trading.projects.land_entry import LandEntry, judge_entry
from trading.projects.models import Project
from trading.projects.profiles import FUJIAN_TIMED, PROFILES, PROPERTY_ONLINE, SUZHOU_TIMED, CapRule
from trading.projects.terms import announced_terms, lot_of, reserve_window_of


def spoilt(form: dict[str, str]) -> list[str]:
    return [problem.field for problem in judge_entry(form, PROFILES, NOW).problems]


def source_of(form: dict[str, str]) -> str:
    [problem] = judge_entry(form, PROFILES, NOW).problems
    return problem.source


def entered(form: dict[str, str]) -> LandEntry:
    judgement = judge_entry(form, PROFILES, NOW)
    assert judgement.problems == ()
    assert judgement.entry is not None
    return judgement.entry


def listing(**changed: str) -> dict[str, str]:
    """A listing under the Suzhou profile: from Monday 23 November 10:00 to Monday 7 December 10:00."""
    form = land_form(
        rule_profile=SUZHOU_TIMED.name,
        selling_method="listing",
        window_s="240",
        registration_closes_at="2026-12-02 17:00",
        starts_at="2026-11-23 10:00",
        listing_ends_at="2026-12-07 10:00",
    )
    return form | changed


def tender(**changed: str) -> dict[str, str]:
    form = land_form(selling_method="tender", registration_closes_at="2026-12-02 17:00", starts_at="2026-11-23 10:00")
    return form | {"listing_ends_at": "2026-12-07 10:00"} | changed


def online(**changed: str) -> dict[str, str]:
    form = land_form(
        rule_profile=PROPERTY_ONLINE.name,
        selling_method="online_auction",
        valuation="33,000,000",
        registration_closes_at="2026-12-03 10:00",
        starts_at="2026-12-02 10:00",
    )
    return form | changed


@pytest.mark.parametrize("form", [listing(), tender(), online()])
def test_each_way_of_selling_has_a_form_without_a_fault(form: dict[str, str]) -> None:
    assert spoilt(form) == []


@pytest.mark.parametrize(
    ("form", "asked"),
    [(listing(), "listing_ends_at"), (listing(), "window_s"), (tender(), "listing_ends_at"), (online(), "valuation")],
)
def test_what_a_way_of_selling_needs_is_asked_for(form: dict[str, str], asked: str) -> None:
    assert spoilt(form | {asked: ""}) == [asked]


def test_what_belongs_to_another_way_of_selling_does_not_count() -> None:
    strange = {"listing_ends_at": "?", "valuation": "?", "cap_rule": "?", "window_s": "?"}
    assert spoilt(land_form(**strange)) == []
    assert spoilt(tender(increment_lowest="?", cap="?")) == []


def test_a_listing_lasts_ten_working_days() -> None:
    """国土资源部令39号; the first day is not counted: from Monday 23 November that is Monday 7 December."""
    short = listing(listing_ends_at="2026-12-04 23:59", registration_closes_at="2026-12-01 17:00")
    assert spoilt(short) == ["listing_ends_at"]
    assert source_of(short) == SUZHOU_TIMED.listing.working_days.source  # type: ignore[union-attr]  # it has one


def test_registration_for_a_listing_closes_three_working_days_before_quoting_stops() -> None:
    """Fujian rules art. 22, and 39号: registration may run into the listing."""
    assert spoilt(listing(registration_closes_at="2026-12-02 23:59")) == []
    assert spoilt(listing(registration_closes_at="2026-12-03 00:00")) == ["registration_closes_at"]
    assert spoilt(tender(registration_closes_at="2026-12-03 00:00")) == ["registration_closes_at"]


def test_registration_for_an_online_auction_may_run_to_its_first_possible_end() -> None:
    """最高人民法院网络司法拍卖规定: registration stays open during the auction, which is open for 24 hours."""
    assert spoilt(online(registration_closes_at="2026-12-03 10:00")) == []
    assert spoilt(online(registration_closes_at="2026-12-03 10:01")) == ["registration_closes_at"]


def test_quotes_have_time_before_they_stop() -> None:
    assert spoilt(tender(listing_ends_at="2026-11-23 10:00", registration_closes_at="2026-11-17 17:00")) == [
        "listing_ends_at"
    ]


def test_an_online_auction_starts_at_seventy_percent_of_the_valuation_or_more() -> None:
    """最高人民法院网络司法拍卖规定 art. 10: 23,610,000 is 70 % of 33,728,571.43."""
    assert spoilt(online(valuation="33728571.42")) == []
    assert spoilt(online(valuation="33728571.44")) == ["starting_price"]
    assert source_of(online(valuation="40000000")) == PROPERTY_ONLINE.online.lowest_start_percent_of_valuation.source  # type: ignore[union-attr]  # it has them


def test_the_deposit_of_an_online_auction_is_five_to_twenty_percent_of_the_start() -> None:
    """最高人民法院网络司法拍卖规定 art. 17: of 23,610,000 yuan, 1,180,500 to 4,722,000."""
    for deposit, spoils in (("1180499.99", True), ("1180500", False), ("4722000", False), ("4722000.01", True)):
        assert spoilt(online(deposit=deposit)) == (["deposit"] if spoils else []), deposit


def test_a_cap_left_empty_is_what_the_profile_says() -> None:
    """太仓: above +25 % bidding stops; quotes end at +50 %."""
    cap = entered(listing(cap_rule="one_price")).selling.cap
    assert cap is not None
    assert (cap.price, cap.ceiling) == (Money.from_yuan("29512500"), Money.from_yuan("35415000"))
    drawn = entered(listing(cap_rule="draw_by_lot", cap_ceiling="1")).selling.cap
    assert drawn is not None
    assert (drawn.rule, drawn.ceiling) == (CapRule.DRAW_BY_LOT, None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cap": "23610000"}, ["cap"]),
        ({"cap": "23610000.01"}, []),
        ({"cap": "35414999.99"}, []),
        ({"cap": "35415000", "cap_ceiling": "35415000"}, ["cap", "cap_ceiling"]),
        ({"cap": "30000000", "cap_ceiling": "30000000"}, ["cap_ceiling"]),
        ({"cap_ceiling": "35415000"}, []),
        ({"cap_ceiling": "35415000.01"}, ["cap_ceiling"]),
        ({"cap": "x", "cap_ceiling": "-1"}, ["cap", "cap_ceiling"]),
        ({"cap_rule": "highest"}, ["cap_rule"]),
        ({"cap_rule": "", "cap": "x"}, []),
        ({"rule_profile": FUJIAN_TIMED.name, "window_s": "300"}, ["cap_rule"]),
    ],
)
def test_a_cap_lies_between_the_starting_price_and_the_highest_quote(changed: dict[str, str], told: list[str]) -> None:
    assert spoilt(listing(cap_rule="one_price") | changed) == told


@given(starting=st.integers(1_000, LARGEST_FEN // 2))
def test_a_proposed_cap_is_never_wrong(starting: int) -> None:
    price = Money(starting).yuan
    assert spoilt(listing(cap_rule="one_price", starting_price=price, deposit=price)) == []


@pytest.mark.parametrize(
    ("lowest", "highest", "told"),
    [
        ("100000", "100000", []),
        ("50000", "500000", []),
        ("50000", "", ["increment_highest"]),
        ("100000.01", "500000", ["increment_lowest"]),
        ("50000", "99999.99", ["increment_highest"]),
    ],
)
def test_the_auctioneers_bounds_lie_around_the_increment(lowest: str, highest: str, told: list[str]) -> None:
    assert spoilt(land_form(increment_lowest=lowest, increment_highest=highest)) == told


def test_a_reserve_that_opens_only_before_the_decision_is_not_typed_with_the_entry() -> None:
    """Suzhou: entered, sealed, within the last 30 minutes."""
    assert spoilt(listing(has_reserve="yes")) == []
    assert spoilt(listing(has_reserve="yes", reserve_price="25000000")) == ["reserve_price"]
    assert source_of(listing(has_reserve="yes", reserve_price="1")) == SUZHOU_TIMED.reserve.opens_s_before.source


def test_the_reserves_window_is_counted_from_the_decision() -> None:
    """Suzhou: the last 30 minutes before the listing's end; Fujian: locked an hour before it."""
    entry = entered(listing(has_reserve="yes"))
    lot = lot_of(new_id(), Project(id=new_id()), entry)
    assert lot.listing_ends_at is not None
    suzhou, fujian = reserve_window_of(lot, SUZHOU_TIMED), reserve_window_of(lot, FUJIAN_TIMED)
    assert suzhou.opens_at is not None
    assert (lot.listing_ends_at - suzhou.opens_at).total_seconds() == 1800
    assert suzhou.locks_at == lot.listing_ends_at
    assert (fujian.opens_at, (lot.listing_ends_at - fujian.locks_at).total_seconds()) == (None, 3600)
    lot.selling_method = "timed_bidding"
    assert reserve_window_of(lot, SUZHOU_TIMED).locks_at == lot.starts_at


def test_the_announced_terms_hold_what_the_way_has_and_nothing_else() -> None:
    shown = {}
    for form in (land_form(), listing(cap_rule="one_price"), tender(), online()):
        entry = entered(form)
        lot = lot_of(new_id(), Project(id=new_id()), entry)
        shown[form["selling_method"]] = set(announced_terms(lot, PROFILES[entry.rule_profile]))
    common = set.intersection(*shown.values())
    assert shown["auction"] == common
    assert shown["tender"] - common == {"listing_ends_at"}
    assert shown["online_auction"] - common == {"valuation_fen", "open_s", "extension_s", "proxy_bids"}
    of_listing = {"listing_ends_at", "quoting_ends_at", "timed_entry", "timed_preparation_s"}
    assert shown["listing"] - common == of_listing | {"cap_fen", "cap_ceiling_fen", "cap_rule", "cap_window_s"}

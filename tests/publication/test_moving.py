"""How a late change moves dates, against cases counted by hand in the calendar of 2026."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.moments import SHANGHAI
from trading.projects.land_periods import Dates, judge_periods
from trading.projects.profiles import NATIONAL_AUCTION, SUZHOU_TIMED, SellingMethod
from trading.projects.purchase_profiles import PROCUREMENT_87, WORKS_TENDER, Limit
from trading.projects.working_days import WorkingDaysUnknown, is_working_day
from trading.publication.moving import Notice, deadline_after_change, moved_purchase, moved_sale

FIFTEEN = Notice(15, False, "招标投标法实施条例 art. 21")
TWENTY = Notice(20, False, "国土资发〔2006〕114号")


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("published", "deadline", "moved"),
    [
        ("11-02 09:00", "11-17 09:30", "11-17 09:30"),  # 15 days and half an hour are left
        ("11-02 09:30", "11-17 09:30", "11-17 09:30"),  # exactly 15 days
        ("11-02 09:31", "11-17 09:30", "11-18 09:30"),  # a minute less
        ("11-02 15:00", "11-17 09:30", "11-18 09:30"),
        ("11-05 10:00", "11-10 09:00", "11-23 09:00"),  # 20 November 10:00 is Friday, then the weekend
        ("09-20 10:00", "09-25 09:30", "10-08 09:30"),  # 5 October lies in the National Day holiday
        ("02-01 10:00", "02-10 09:00", "02-24 09:00"),  # 16 February lies in the Spring Festival, until the 23rd
        ("01-29 17:00", "02-13 17:00", "02-13 17:00"),
        ("01-30 08:00", "02-12 17:00", "02-14 17:00"),  # Saturday 14 February is a make-up working day
        ("09-25 09:00", "10-09 17:00", "10-10 17:00"),  # Saturday 10 October is one, too
    ],
)
def test_the_fifteen_days_counted_by_hand(published: str, deadline: str, moved: str) -> None:
    """招标投标法实施条例 art. 21; 财政部令87号 art. 27."""
    assert deadline_after_change(at(deadline), at(published), FIFTEEN) == at(moved)


def test_working_days_are_counted_as_such() -> None:
    notice = Notice(3, True, "财政部令74号 art. 29")
    assert deadline_after_change(at("11-05 17:00"), at("11-04 10:00"), notice) == at("11-09 17:00")
    assert deadline_after_change(at("11-09 09:00"), at("11-04 10:00"), notice) == at("11-10 09:00")


def test_the_laws_of_purchases_ask_for_fifteen_days() -> None:
    """招标投标法 art. 23, 实施条例 art. 21; 财政部令87号 art. 27."""
    for profile in (PROCUREMENT_87, WORKS_TENDER):
        rule = profile.limits[Limit.CHANGE_BEFORE_BIDS]
        assert (rule.value.length, rule.value.in_working_days, rule.confirmed) == (15, False, True)


@given(st.integers(0, 250), st.integers(0, 40), st.integers(0, 1439), st.integers(0, 1439))
def test_a_moved_deadline_leaves_the_whole_period_and_only_what_is_needed(
    day: int, ahead: int, minute: int, due_minute: int
) -> None:
    from datetime import timedelta

    published = at("01-01 00:00") + timedelta(days=day, minutes=minute)
    deadline = at("01-01 00:00") + timedelta(days=day + ahead, minutes=due_minute)
    moved = deadline_after_change(deadline, published, FIFTEEN)
    if deadline - published >= timedelta(days=15):
        assert moved == deadline
        return
    assert moved - published >= timedelta(days=15)
    assert is_working_day(moved.date())
    assert (moved.hour, moved.minute) == (deadline.hour, deadline.minute)
    earlier = moved - timedelta(days=1)
    while earlier - published >= timedelta(days=15):
        assert not is_working_day(earlier.date())
        earlier -= timedelta(days=1)


def test_the_opening_moves_with_the_end_of_bids() -> None:
    dates = {
        "documents_close_at": at("11-10 17:00"),
        "bids_close_at": at("11-17 09:30"),
        "opening_at": at("11-17 10:00"),
    }
    moved = moved_purchase(dates, FIFTEEN, at("11-05 10:00"), None)
    assert [(one.name, one.after) for one in moved] == [
        ("bids_close_at", at("11-23 09:30")),
        ("opening_at", at("11-23 10:00")),
    ]
    assert moved_purchase(dates, None, at("11-05 10:00"), None) == []
    assert moved_purchase(dates, None, at("11-05 10:00"), at("11-01 09:30")) == []
    [bids, _opening] = moved_purchase(dates, FIFTEEN, at("11-05 10:00"), at("11-30 09:30"))
    assert bids.after == at("11-30 09:30")


def test_an_auction_of_land_moves_by_its_announcement_period_and_keeps_its_own_periods() -> None:
    """国土资发〔2006〕114号 (unconfirmed): a change less than 20 days before the start moves the start."""
    dates = {"registration_closes_at": at("11-25 17:00"), "starts_at": at("11-30 09:30")}
    moved = moved_sale(dates, SellingMethod.AUCTION, NATIONAL_AUCTION, TWENTY, at("11-16 10:00"), None)
    after = {one.name: one.after for one in moved}
    assert after == {"registration_closes_at": at("12-02 17:00"), "starts_at": at("12-07 09:30")}
    asked = Dates(SellingMethod.AUCTION, after["registration_closes_at"], after["starts_at"], None)
    assert judge_periods(asked, NATIONAL_AUCTION, at("11-16 10:00")) == []
    assert moved_sale(dates, SellingMethod.AUCTION, NATIONAL_AUCTION, TWENTY, at("11-10 09:30"), None) == []
    assert moved_sale(dates, SellingMethod.AUCTION, NATIONAL_AUCTION, None, at("11-16 10:00"), None) == []


def test_registration_that_has_closed_stays_closed() -> None:
    dates = {"registration_closes_at": at("11-25 17:00"), "starts_at": at("11-30 09:30")}
    moved = moved_sale(dates, SellingMethod.AUCTION, NATIONAL_AUCTION, TWENTY, at("11-26 10:00"), None)
    assert [one.name for one in moved] == ["starts_at"]


def test_a_listing_lasts_its_working_days_after_it_moved_too() -> None:
    dates = {
        "registration_closes_at": at("09-15 17:00"),
        "starts_at": at("09-07 09:30"),
        "listing_ends_at": at("09-21 10:00"),
    }
    moved = moved_sale(dates, SellingMethod.LISTING, SUZHOU_TIMED, TWENTY, at("09-02 10:00"), None)
    after = {one.name: one.after for one in moved}
    assert after["starts_at"] == at("09-23 09:30")
    asked = Dates(SellingMethod.LISTING, after["registration_closes_at"], after["starts_at"], after["listing_ends_at"])
    assert judge_periods(asked, SUZHOU_TIMED, at("09-02 10:00")) == []
    assert after["listing_ends_at"] > at("10-08 00:00")  # ten working days from 23 September pass the holiday


def test_a_year_without_holidays_is_refused_and_not_guessed() -> None:
    with pytest.raises(WorkingDaysUnknown) as refusal:
        deadline_after_change(at("12-28 09:30"), at("12-20 10:00"), FIFTEEN)
    assert refusal.value.year == 2027

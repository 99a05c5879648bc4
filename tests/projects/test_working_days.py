"""Chinese working days."""

from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.projects.working_days import (
    PACKAGE,
    Calendar,
    WorkingDaysUnknown,
    is_working_day,
    working_days_after,
    working_days_before,
)

HOLIDAYS_2026 = [
    ("元旦", date(2026, 1, 1), date(2026, 1, 3)),
    ("春节", date(2026, 2, 15), date(2026, 2, 23)),
    ("清明节", date(2026, 4, 4), date(2026, 4, 6)),
    ("劳动节", date(2026, 5, 1), date(2026, 5, 5)),
    ("端午节", date(2026, 6, 19), date(2026, 6, 21)),
    ("中秋节", date(2026, 9, 25), date(2026, 9, 27)),
    ("国庆节", date(2026, 10, 1), date(2026, 10, 7)),
]
"""国务院办公厅关于2026年部分节假日安排的通知 (国办发明电〔2025〕7号)."""
MAKE_UP_2026 = [date(2026, month, day) for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))]

days_known = st.dates(date(2024, 1, 1), date(2026, 11, 1))


def test_first_day_is_not_counted() -> None:
    """民法典 art. 201."""
    assert working_days_after(date(2026, 11, 23), 1) == date(2026, 11, 24)
    assert working_days_before(date(2026, 11, 27), 3) == date(2026, 11, 24)


def test_weekends_are_passed_over() -> None:
    assert working_days_after(date(2026, 11, 27), 1) == date(2026, 11, 30)


def test_every_day_of_2026_is_as_the_notice_of_the_state_council_says() -> None:
    off = {first + timedelta(n) for _, first, last in HOLIDAYS_2026 for n in range((last - first).days + 1)}
    for n in range(365):
        day = date(2026, 1, 1) + timedelta(n)
        worked = day in MAKE_UP_2026 or (day.weekday() < 5 and day not in off)
        assert is_working_day(day) == worked, day


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # New Year off, the Sunday after it is worked
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # the Saturday before the Spring Festival is worked
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # nine days off between
        (date(2026, 2, 24), 4, date(2026, 2, 28)),  # Wednesday to Friday, and the Saturday that is worked
        (date(2026, 2, 24), 5, date(2026, 3, 2)),
        (date(2026, 4, 3), 1, date(2026, 4, 7)),
        (date(2026, 4, 30), 1, date(2026, 5, 6)),
        (date(2026, 5, 8), 1, date(2026, 5, 9)),
        (date(2026, 6, 18), 1, date(2026, 6, 22)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # the Sunday before the Mid-Autumn Festival is worked
        (date(2026, 9, 24), 1, date(2026, 9, 28)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # a Saturday that is worked
        (date(2026, 9, 30), 10, date(2026, 10, 20)),
    ],
)
def test_periods_of_2026_counted_by_hand(first: date, count: int, last: date) -> None:
    assert working_days_after(first, count) == last


def test_zero_days_end_on_the_same_day() -> None:
    assert working_days_before(date(2026, 11, 28), 0) == date(2026, 11, 28)


def test_a_year_without_published_holidays_is_a_refusal_and_not_a_guess() -> None:
    with pytest.raises(WorkingDaysUnknown) as refusal:
        working_days_after(date(2031, 3, 3), 5)
    assert refusal.value.year == 2031
    assert "administrator" in refusal.value.advice


def test_a_period_that_reaches_into_an_unknown_year_names_that_year() -> None:
    with pytest.raises(WorkingDaysUnknown) as refusal:
        PACKAGE.after(date(2026, 12, 30), 5)
    assert refusal.value.year == 2027


def test_a_day_of_a_notice_counts_above_the_package() -> None:
    ours = Calendar("1", MappingProxyType({date(2026, 11, 24): False, date(2026, 11, 28): True}))
    assert ours.after(date(2026, 11, 23), 1) == date(2026, 11, 25)
    assert ours.after(date(2026, 11, 27), 1) == date(2026, 11, 28)
    assert not ours.knows(2027)


def test_a_whole_year_that_was_entered_follows_the_week_elsewhere() -> None:
    ours = Calendar("1", MappingProxyType({date(2027, 1, 1): False}), frozenset({2027}))
    assert ours.knows(2027)
    assert ours.after(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert ours.rolled(date(2027, 1, 2)) == date(2027, 1, 4)


@given(days_known, st.integers(0, 25))
def test_a_period_ends_on_a_working_day_and_holds_exactly_as_many(first: date, count: int) -> None:
    last = PACKAGE.after(first, count)
    between = [first + timedelta(n) for n in range(1, (last - first).days + 1)]
    assert sum(map(PACKAGE.is_working_day, between)) == count
    assert count == 0 or PACKAGE.is_working_day(last)


@given(days_known, st.integers(1, 12), st.integers(1, 12))
def test_two_periods_one_after_the_other_are_their_sum(first: date, one: int, other: int) -> None:
    assert PACKAGE.after(PACKAGE.after(first, one), other) == PACKAGE.after(first, one + other)


@given(days_known, st.integers(0, 20))
def test_counting_back_leaves_exactly_as_many_before_the_day(last: date, count: int) -> None:
    start = PACKAGE.before(last, count)
    between = [start + timedelta(n) for n in range((last - start).days)]
    assert sum(map(PACKAGE.is_working_day, between)) == count


@given(days_known)
def test_a_last_day_rolls_to_the_next_working_day_and_no_further(day: date) -> None:
    rolled = PACKAGE.rolled(day)
    assert PACKAGE.is_working_day(rolled)
    assert not any(PACKAGE.is_working_day(day + timedelta(n)) for n in range((rolled - day).days))

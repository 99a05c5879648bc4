"""Chinese working days."""

from datetime import date

import pytest

from trading.projects.working_days import (
    WorkingDaysUnknown,
    is_working_day,
    working_days_after,
    working_days_before,
)


def test_first_day_is_not_counted() -> None:
    """民法典 art. 201."""
    assert working_days_after(date(2026, 11, 23), 1) == date(2026, 11, 24)
    assert working_days_before(date(2026, 11, 27), 3) == date(2026, 11, 24)


def test_weekends_are_passed_over() -> None:
    assert working_days_after(date(2026, 11, 27), 1) == date(2026, 11, 30)


def test_national_day_is_passed_over_and_a_make_up_saturday_counts() -> None:
    assert not is_working_day(date(2026, 10, 1))
    assert is_working_day(date(2026, 10, 10))  # a Saturday that is worked
    assert working_days_after(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_zero_days_end_on_the_same_day() -> None:
    assert working_days_before(date(2026, 11, 28), 0) == date(2026, 11, 28)


def test_a_year_without_published_holidays_is_a_refusal_and_not_a_guess() -> None:
    with pytest.raises(WorkingDaysUnknown) as refusal:
        working_days_after(date(2031, 3, 3), 5)
    assert refusal.value.year == 2031

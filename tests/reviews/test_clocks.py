"""The arithmetic of limits: hand-checked days of 2026 with its make-up days, and what holds for every limit."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reviews.stage import at
from trading.kernel.moments import local_day
from trading.projects.working_days import WorkingDaysUnknown, is_working_day
from trading.reviews import clocks
from trading.reviews.profiles import NATIONAL, REVIEW_RULES, CompletionClock, ReviewRules, review_rules

# 2026: Spring Festival 15-23 February, made up on 14 and 28 February; National Day 1-7 October, made up on
# 20 September and 10 October. All other Saturdays and Sundays here are free.
DUE = [
    ("2026-11-02 09:30", 1, "2026-11-03 17:00"),  # Monday to Tuesday
    ("2026-11-02 23:59", 1, "2026-11-03 17:00"),  # the first day is not counted, whatever its hour
    ("2026-11-06 16:00", 1, "2026-11-09 17:00"),  # Friday to Monday
    ("2026-11-07 10:00", 1, "2026-11-09 17:00"),  # Saturday to Monday
    ("2026-11-02 09:30", 5, "2026-11-09 17:00"),
    ("2026-02-12 10:00", 1, "2026-02-13 17:00"),
    ("2026-02-13 10:00", 1, "2026-02-14 17:00"),  # Saturday 14 February is worked
    ("2026-02-13 10:00", 2, "2026-02-24 17:00"),  # then the festival until Monday the 23rd
    ("2026-02-13 10:00", 6, "2026-02-28 17:00"),  # Saturday 28 February is worked
    ("2026-02-13 10:00", 7, "2026-03-02 17:00"),
    ("2026-02-18 10:00", 3, "2026-02-26 17:00"),  # handed in on a holiday
    ("2026-09-18 10:00", 1, "2026-09-20 17:00"),  # Sunday 20 September is worked
    ("2026-09-30 10:00", 1, "2026-10-08 17:00"),
    ("2026-09-30 10:00", 3, "2026-10-10 17:00"),  # Saturday 10 October is worked
    ("2026-09-30 10:00", 4, "2026-10-12 17:00"),
]


@pytest.mark.parametrize(("began", "days", "due"), DUE)
def test_a_limit_ends_when_business_ends_on_its_last_working_day(began: str, days: int, due: str) -> None:
    assert clocks.due_moment(at(began), days, NATIONAL) == at(due)


@pytest.mark.parametrize(
    ("began", "days", "stopped", "left", "again", "due"),
    [
        # Monday, 5 days, stopped on Wednesday: Tuesday was used; four are left and begin after Friday.
        ("2026-11-02 09:30", 5, "2026-11-04 10:00", 4, "2026-11-06 09:00", "2026-11-12 17:00"),
        # Stopped on the first day: nothing was used.
        ("2026-11-02 09:30", 5, "2026-11-02 15:00", 5, "2026-11-03 15:00", "2026-11-10 17:00"),
        # Stopped after business: that day is used.
        ("2026-11-02 09:30", 5, "2026-11-04 17:00", 3, "2026-11-05 09:00", "2026-11-10 17:00"),
        # Over the Spring Festival: 13 February begins, the 14th is used, the notice goes out during the holidays.
        ("2026-02-13 10:00", 5, "2026-02-17 10:00", 4, "2026-02-25 10:00", "2026-03-02 17:00"),
        # Before National Day: one day used, three left, handed in again on the make-up Saturday.
        ("2026-09-28 10:00", 4, "2026-09-30 09:00", 3, "2026-10-10 09:00", "2026-10-14 17:00"),
    ],
)
def test_a_stop_keeps_what_was_not_used(began: str, days: int, stopped: str, left: int, again: str, due: str) -> None:
    end = clocks.due_moment(at(began), days, NATIONAL)
    assert clocks.days_left(at(began), end, at(stopped), NATIONAL) == left
    assert clocks.due_moment(at(again), left, NATIONAL) == at(due)


def test_a_year_that_is_not_known_is_refused_and_not_guessed() -> None:
    with pytest.raises(WorkingDaysUnknown):
        clocks.due_moment(at("2026-12-30 10:00"), 3, NATIONAL)


@pytest.mark.parametrize(("promised", "green"), [(1, 1), (2, 1), (3, 2), (5, 3), (10, 5)])
def test_the_green_channel_halves_a_limit_rounded_up(promised: int, green: int) -> None:
    assert clocks.own_limit(promised, NATIONAL, is_green=True) == green
    assert clocks.own_limit(promised, NATIONAL, is_green=False) == promised


@pytest.mark.parametrize(
    ("limits", "until"),
    [
        ([5, 5, 3], "2026-11-03 17:00"),  # a third of three days
        ([10, 5, 5], "2026-11-04 17:00"),  # a third of five days, rounded up
        ([15, 20], "2026-11-09 17:00"),  # five days at most
        ([60], "2026-11-09 17:00"),
        ([1, 5], "2026-11-03 12:00"),  # before the limit of one day ends
    ],
)
def test_the_papers_are_looked_through_in_the_first_third_of_the_shortest_limit(limits: list[int], until: str) -> None:
    assert clocks.asking_ends(at("2026-11-02 09:30"), limits, NATIONAL) == at(until)


@pytest.mark.parametrize(
    ("due", "warned", "in_time"),
    [
        ("2026-11-09 17:00", "2026-11-06 00:00", True),  # Friday for Monday
        ("2026-11-09 17:00", "2026-11-08 23:59", True),
        ("2026-11-09 17:00", "2026-11-09 00:00", False),
        ("2026-02-24 17:00", "2026-02-14 00:00", True),  # the working day before the festival
    ],
)
def test_a_warning_comes_on_an_earlier_day(due: str, warned: str, in_time: bool) -> None:
    assert clocks.was_warned_in_time(at(warned), at(due)) == in_time
    assert not clocks.was_warned_in_time(None, at(due))


def test_the_warning_is_due_from_the_beginning_of_the_working_day_before() -> None:
    assert clocks.warns_from(at("2026-11-09 17:00")) == at("2026-11-06 00:00")
    assert clocks.warns_from(at("2026-02-24 17:00")) == at("2026-02-14 00:00")
    assert clocks.warns_from(at("2026-10-12 17:00")) == at("2026-10-10 00:00")


def test_less_than_a_working_day_is_yellow() -> None:
    due = at("2026-11-09 17:00")
    for moment, yellow in [("2026-11-06 16:59", False), ("2026-11-06 17:00", True), ("2026-11-09 17:00", False)]:
        assert clocks.is_yellow(due, at(moment), NATIONAL) == yellow


def test_a_meeting_is_called_until_the_end_of_the_working_day_before() -> None:
    assert clocks.last_call_for(at("2026-11-09 10:00"), NATIONAL) == at("2026-11-06 17:00")
    assert clocks.last_call_for(at("2026-10-08 10:00"), NATIONAL) == at("2026-09-30 17:00")


def test_where_the_profile_says_so_a_clock_begins_anew() -> None:
    assert clocks.days_after_stop(2, 5, NATIONAL) == 2
    anew = ReviewRules(
        **{name: getattr(NATIONAL, name) for name in NATIONAL.__dataclass_fields__ if name != "completion"},
        completion=type(NATIONAL.completion)(CompletionClock.BEGINS_ANEW, "test", confirmed=False),
    )
    assert clocks.days_after_stop(2, 5, anew) == 5


@pytest.mark.parametrize("name", REVIEW_RULES)
def test_every_number_names_its_source(name: str) -> None:
    """行政许可法 art. 32, 42 and 民法典 art. 203 are behind these numbers."""
    rules = review_rules(name)
    ruled = [getattr(rules, each) for each in rules.__dataclass_fields__ if each != "name"]
    assert len(ruled) == 8
    assert all(len(value.source) > 10 for value in ruled)


moments = st.integers(0, 60 * 24 * 239).map(lambda minutes: at("2026-01-05 00:00") + timedelta(minutes=minutes))
limits = st.integers(1, 20)


@given(began=moments, days=limits)
def test_exactly_the_promised_working_days_lie_in_a_limit(began: datetime, days: int) -> None:
    due = clocks.due_moment(began, days, NATIONAL)
    first, last = local_day(began), local_day(due)
    counted = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    assert sum(is_working_day(day) for day in counted) == days
    assert is_working_day(last)
    assert clocks.days_left(began, due, began, NATIONAL) == days
    assert clocks.days_left(began, due, due, NATIONAL) == 0


@given(began=moments, days=limits, after=st.integers(0, 60 * 24 * 20))
def test_used_and_left_make_up_the_limit_and_a_stop_never_shortens_it(began: datetime, days: int, after: int) -> None:
    due, stopped = clocks.due_moment(began, days, NATIONAL), began + timedelta(minutes=after)
    assume(stopped < due)
    left = clocks.days_left(began, due, stopped, NATIONAL)
    assert 1 <= left <= days
    assert clocks.due_moment(stopped, left, NATIONAL) >= due


@given(began=moments, days=limits, more=st.integers(1, 10))
def test_an_extension_adds_its_working_days(began: datetime, days: int, more: int) -> None:
    due = clocks.due_moment(began, days, NATIONAL)
    assert clocks.extended(due, more, NATIONAL) == clocks.due_moment(began, days + more, NATIONAL)


@given(began=moments, limits=st.lists(limits, min_size=1, max_size=6))
def test_the_one_notice_always_leaves_before_a_limit_ends(began: datetime, limits: list[int]) -> None:
    until = clocks.asking_ends(began, limits, NATIONAL)
    assert began < until
    for days in limits:
        due = clocks.due_moment(began, days, NATIONAL)
        assert until < due
        assert clocks.days_left(began, due, until, NATIONAL) >= 1


@given(began=moments, days=limits)
def test_a_green_channel_is_never_later(began: datetime, days: int) -> None:
    green = clocks.own_limit(days, NATIONAL, is_green=True)
    assert clocks.due_moment(began, green, NATIONAL) <= clocks.due_moment(began, days, NATIONAL)


@given(began=moments, days=limits)
def test_a_warning_at_its_first_moment_is_in_time(began: datetime, days: int) -> None:
    due = clocks.due_moment(began, days, NATIONAL)
    assert clocks.was_warned_in_time(max(began, clocks.warns_from(due)), due)

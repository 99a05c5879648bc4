"""How limits run: hand-checked days with holidays, suspensions and moved dates; every kind of declaration."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.moments import SHANGHAI
from trading.limits.declared import BY_CODE, LIMITS
from trading.limits.rules import (
    Extent,
    Fact,
    Limit,
    LimitState,
    Sense,
    Standing,
    Subject,
    Unit,
    Who,
    due_moment,
    standings_of,
    yellow_from,
)
from trading.limits.service import colour_of, due_words
from trading.projects.profile_types import confirmed
from trading.projects.profiles import FUJIAN_TIMED, NATIONAL_AUCTION
from trading.projects.working_days import PACKAGE, Calendar

LOT, OTHER = uuid4(), uuid4()


def at(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2026) -> datetime:
    """A moment of 2026, typed as local time."""
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def fact(kind: str, when: datetime, *, lot: UUID | None = None, matter: str | None = None) -> Fact:
    return Fact(f"lot:{lot}" if lot else "project:1", int(when.timestamp()), kind, when, lot, None, matter)


def limits(kind: str, *facts: Fact, now: datetime, calendar: Calendar = PACKAGE) -> dict[str, Standing]:
    """The limits of a project by code."""
    subject = Subject(kind, NATIONAL_AUCTION if kind == "land" else None, facts)
    return {each.limit.code: each for each in standings_of(LIMITS, subject, calendar, now)}


def last_day(standing: Standing) -> date:
    """The last day on which it is in time."""
    assert standing.due_at is not None
    return (standing.due_at.astimezone(SHANGHAI) - timedelta(seconds=1)).date()


@pytest.mark.parametrize(
    ("sold", "letter", "result"),
    [
        (at(11, 23), date(2026, 11, 30), date(2026, 12, 7)),
        (at(2, 12, 16), date(2026, 2, 26), date(2026, 3, 4)),  # Spring Festival; 14 and 28 Feb are worked
        (at(9, 29), date(2026, 10, 12), date(2026, 10, 19)),  # National Day; 10 Oct is worked
        (at(4, 30, 23, 59), date(2026, 5, 11), date(2026, 5, 18)),  # 9 May, a Saturday, is worked
    ],
)
def test_limits_after_a_sale_counted_by_hand(sold: datetime, letter: date, result: date) -> None:
    """39号 (result within 10 working days); Fujian (letter within 5)."""
    found = limits("land", fact("lot_sold", sold, lot=LOT), now=sold)
    assert last_day(found["confirmation_letter"]) == letter
    assert last_day(found["result_publication"]) == result
    assert found["result_publication"].state is LimitState.RUNNING


def test_a_limit_ends_at_midnight_after_its_last_day_and_not_a_moment_later() -> None:
    sold = at(11, 23)
    due = at(12, 8, 0)
    published = fact("announcement_published:result", due - timedelta(microseconds=1), lot=LOT)
    found = limits("land", fact("lot_sold", sold, lot=LOT), published, now=due)
    assert found["result_publication"].due_at == due
    assert found["result_publication"].state is LimitState.MET
    late = limits("land", fact("lot_sold", sold, lot=LOT), replace(published, at=due), now=due)
    assert late["result_publication"].state is LimitState.MISSED
    assert due_words(due) == "2026-12-07 24:00"
    assert due_words(at(12, 7, 17)) == "2026-12-07 17:00"


def test_what_did_not_happen_is_missed_from_the_due_moment_on() -> None:
    sold = fact("lot_sold", at(11, 23), lot=LOT)
    assert limits("land", sold, now=at(12, 7, 23, 59))["result_publication"].state is LimitState.RUNNING
    assert limits("land", sold, now=at(12, 8, 0))["result_publication"].state is LimitState.MISSED


def test_calendar_days_that_end_on_a_holiday_roll_to_the_next_working_day() -> None:
    """招标投标法 art. 46: the contract within 30 days; 民法典 art. 203."""
    found = limits("works", fact("award_notified", at(9, 1)), now=at(9, 1))
    assert last_day(found["contract"]) == date(2026, 10, 8)  # 1 October is off
    found = limits("works", fact("award_notified", at(11, 23)), now=at(11, 23))
    assert last_day(found["contract"]) == date(2026, 12, 23)


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (at(1, 31), 1, date(2026, 2, 28)),  # no 31 February; 28 February is worked
        (at(3, 31), 1, date(2026, 4, 30)),
        (at(8, 1), 2, date(2026, 10, 8)),  # 1 October is off
        (at(11, 30, year=2025), 3, date(2026, 2, 28)),
    ],
)
def test_months_end_on_the_day_of_the_same_number(first: datetime, months: int, last: date) -> None:
    """民法典 art. 202."""
    due = due_moment(first, months, Unit.MONTHS, Sense.BY, PACKAGE, lambda _: False)
    assert (due.astimezone(SHANGHAI) - timedelta(seconds=1)).date() == last


def test_a_suspension_in_the_middle_moves_the_due_moment_by_its_working_days() -> None:
    sold = fact("lot_sold", at(11, 23), lot=LOT)
    stopped = fact("project_suspended", at(11, 25, 15))
    resumed = fact("project_resumed", at(11, 30, 9))
    running = limits("land", sold, stopped, now=at(11, 26))["result_publication"]
    assert running.state is LimitState.STOPPED
    after = limits("land", sold, stopped, resumed, now=at(12, 1))["result_publication"]
    assert after.state is LimitState.RUNNING
    assert last_day(after) == date(2026, 12, 11)  # 25, 26, 27, 30 November do not count
    assert after.moved_by == resumed


def test_a_suspension_of_another_lot_moves_nothing() -> None:
    sold = fact("lot_sold", at(11, 23), lot=LOT)
    elsewhere = fact("suspended", at(11, 25), lot=OTHER)
    back = fact("resumed", at(11, 27), lot=OTHER)
    found = limits("land", sold, elsewhere, back, now=at(12, 1))["result_publication"]
    assert last_day(found) == date(2026, 12, 7)
    assert found.moved_by is None


def test_a_suspension_after_the_last_day_excuses_nobody() -> None:
    sold = fact("lot_sold", at(11, 2), lot=LOT)
    stopped, resumed = fact("project_suspended", at(11, 20)), fact("project_resumed", at(11, 24))
    for facts in ((stopped,), (stopped, resumed)):
        found = limits("land", sold, *facts, now=at(11, 25))["result_publication"]
        assert found.state is LimitState.MISSED
        assert last_day(found) == date(2026, 11, 16)


def test_two_suspensions_add_up_and_the_last_one_is_why() -> None:
    sold = fact("lot_sold", at(11, 23), lot=LOT)
    first = (fact("project_suspended", at(11, 24)), fact("project_resumed", at(11, 24, 12)))
    second = (fact("project_suspended", at(12, 1)), fact("project_resumed", at(12, 2)))
    found = limits("land", sold, *first, *second, now=at(12, 3))["result_publication"]
    assert last_day(found) == date(2026, 12, 10)
    assert found.moved_by == second[1]


def test_a_limit_that_does_not_stop_runs_through_a_suspension() -> None:
    """财政部令94号 art. 28: a project is suspended for at most 30 days."""
    found = limits("government_procurement", fact("project_suspended", at(11, 2)), now=at(11, 20))
    assert last_day(found["suspension"]) == date(2026, 12, 2)
    assert found["suspension"].state is LimitState.RUNNING


def test_a_year_nobody_entered_is_named_and_not_guessed() -> None:
    sold = fact("lot_sold", at(12, 28), lot=LOT)
    found = limits("land", sold, now=at(12, 28))["result_publication"]
    assert (found.state, found.due_at, found.unknown_year) == (LimitState.UNCOUNTED, None, 2027)
    ours = Calendar("1", MappingProxyType({date(2027, 1, 1): False}), frozenset({2027}))
    known = limits("land", sold, now=at(12, 28), calendar=ours)["result_publication"]
    assert last_day(known) == date(2027, 1, 12)


def test_the_sale_may_not_begin_before_the_announcement_period() -> None:
    """39号 art. 8: 20 days."""
    published = fact("lot_published", at(11, 2), lot=LOT)
    begun = limits("land", published, fact("contest_opened", at(11, 21, 23), lot=LOT), now=at(11, 22))
    assert begun["announcement_period"].state is LimitState.MISSED
    begun = limits("land", published, fact("contest_opened", at(11, 22, 0), lot=LOT), now=at(11, 22))
    assert begun["announcement_period"].state is LimitState.MET


def test_candidates_stay_public_for_three_whole_days() -> None:
    """招标投标法实施条例 art. 54; the last day is a Saturday here and rolls."""
    shown = fact("announcement_published:candidates", at(11, 25))
    early = limits("works", shown, fact("award_notified", at(11, 30)), now=at(12, 1))
    assert early["candidates_publicity"].state is LimitState.MISSED
    right = limits("works", shown, fact("award_notified", at(12, 1)), now=at(12, 1))
    assert right["candidates_publicity"].state is LimitState.MET


def test_each_lot_and_each_matter_has_a_limit_of_its_own() -> None:
    facts = (fact("lot_sold", at(11, 23), lot=LOT), fact("lot_withdrawn", at(11, 24), lot=OTHER))
    done = fact("announcement_published:withdrawal", at(11, 25), lot=OTHER)
    found = standings_of(LIMITS, Subject("land", FUJIAN_TIMED, (*facts, done)), PACKAGE, at(11, 26))
    states = {each.lot: each.state for each in found if each.limit.code == "result_publication"}
    assert states == {LOT: LimitState.RUNNING, OTHER: LimitState.MET}
    queries = [fact("query_received", at(11, 2), matter="a"), fact("query_received", at(11, 3), matter="b")]
    answer = fact("query_answered", at(11, 5), matter="b")
    asked = standings_of(LIMITS, Subject("government_procurement", None, (*queries, answer)), PACKAGE, at(11, 20))
    assert {each.subject: each.state for each in asked} == {"a": LimitState.MISSED, "b": LimitState.MET}


def test_an_announcement_that_names_no_lot_is_about_all_of_them() -> None:
    sold = fact("lot_sold", at(11, 23), lot=LOT)
    found = limits("land", sold, fact("announcement_published:result", at(11, 24)), now=at(11, 25))
    assert found["result_publication"].state is LimitState.MET


@pytest.mark.parametrize("kind", ["sale_voided", "project_terminated"])
def test_a_limit_falls_with_what_it_was_about(kind: str) -> None:
    ended = fact(kind, at(11, 24), lot=LOT if kind == "sale_voided" else None)
    found = limits("land", fact("lot_sold", at(11, 23), lot=LOT), ended, now=at(12, 20))
    assert found["confirmation_letter"].state is LimitState.VOID


def test_what_must_be_announced_and_paid_back_outlives_a_termination() -> None:
    asked = replace(fact("refund_requested", at(11, 23)), bidder="one")
    ended = (fact("lot_called_off", at(11, 24), lot=LOT), fact("project_terminated", at(11, 24)))
    found = limits("land", asked, *ended, now=at(11, 24))
    assert found["deposit_return"].state is LimitState.RUNNING
    assert found["result_publication"].state is LimitState.RUNNING


def test_a_limit_that_starts_again_after_its_end_is_another() -> None:
    facts = [fact(kind, at(11, day)) for kind, day in (("evaluation_reported", 2), ("winner_chosen", 4))]
    again = [fact(kind, at(11, day)) for kind, day in (("evaluation_reported", 9), ("evaluation_reported", 11))]
    subject = Subject("government_procurement", None, (*facts, *again))
    found = [each for each in standings_of(LIMITS, subject, PACKAGE, at(11, 12)) if each.limit.code == "winner_choice"]
    assert [(each.state, each.started.at) for each in found] == [
        (LimitState.MET, at(11, 2)),
        (LimitState.RUNNING, at(11, 9)),
    ]


def test_limits_of_another_kind_of_trade_do_not_start() -> None:
    assert "award_publication" not in limits("works", fact("winner_chosen", at(11, 2)), now=at(11, 3))
    assert limits("land", fact("lot_sold", at(11, 2)), now=at(11, 3)).keys() == set(), "a lot's limit needs its lot"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.code)
def test_every_limit_is_declared_whole(limit: Limit) -> None:
    ruled = limit.ruled(NATIONAL_AUCTION)
    assert ruled is not None
    assert ruled.value > 0
    assert ruled.source
    assert BY_CODE[limit.code] is limit
    assert limit.title
    assert not limit.starts & limit.ends


def test_yellow_comes_a_day_before_at_the_latest_and_red_at_the_due_moment() -> None:
    start, due = at(11, 23, 0), at(12, 8, 0)
    assert yellow_from(start, due) == due - (due - start) * 30 / 100
    assert yellow_from(at(11, 23), at(11, 25, 0)) == at(11, 24, 0)
    assert yellow_from(at(11, 23), at(11, 24, 0)) == at(11, 23)
    yellow = yellow_from(start, due)
    colours = [
        colour_of("running", due, yellow, "result_publication", now)
        for now in (start, yellow - timedelta(seconds=1), yellow, due - timedelta(seconds=1), due)
    ]
    assert colours == ["green", "green", "yellow", "yellow", "red"]
    assert colour_of("stopped", due, yellow, "result_publication", due) == ""
    assert colour_of("running", due, yellow, "announcement_period", yellow) == ""


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2026, 9, 1)),  # noqa: DTZ001 - made aware below
    length=st.integers(1, 30),
    unit=st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS]),
    pause=st.tuples(st.integers(0, 40), st.integers(0, 10)),
)
def test_a_suspension_never_shortens_a_limit_and_the_last_day_is_worked(
    start: datetime, length: int, unit: Unit, pause: tuple[int, int]
) -> None:
    begun = start.replace(tzinfo=UTC)
    own = Limit("own", "own", Who.OFFICER, frozenset({"a"}), frozenset({"b"}), confirmed(length, "x"), unit)
    stopped = begun + timedelta(days=pause[0])
    facts = (
        fact("a", begun),
        fact("project_suspended", stopped),
        fact("project_resumed", stopped + timedelta(days=pause[1])),
    )
    calendar = PACKAGE
    without, within = (
        standings_of([own], Subject("x", None, told), calendar, begun)[0].due_at for told in (facts[:1], facts)
    )
    assert without is not None
    assert within is not None
    assert within >= without
    last = (within.astimezone(SHANGHAI) - timedelta(seconds=1)).date()
    assert calendar.is_working_day(last)
    assert own.extent is Extent.PROJECT

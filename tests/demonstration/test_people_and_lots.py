"""The invented people and lots keep the platform's own rules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from trading.accounts.rules import Role, check_password, check_sign_in_name, credit_code_of
from trading.demonstration import lots, lots_of_ways
from trading.demonstration.lots import DemonstrationLot
from trading.demonstration.people import BIDDERS, JOINT_BIDDER, PASSWORD, ROBOTS, STAFF, VISITOR
from trading.demonstration.yesterday import COURSE, HAMMER_AFTER, BidAt, opening_yesterday
from trading.kernel.moments import SHANGHAI
from trading.projects.land_entry import judge_entry
from trading.projects.profiles import PROFILES

NOW = datetime(2026, 11, 23, 6, 30, 12, 345678, tzinfo=UTC)


def test_there_is_somebody_for_every_role_and_two_where_one_may_not_act_alone() -> None:
    people = [*STAFF, *(bidder.person for bidder in BIDDERS)]
    assert {role for person in people for role in person.roles} == set(Role)
    for role in (Role.OFFICER, Role.FINANCE):
        assert sum(role in person.roles for person in people) == 2
    assert len({person.sign_in_name for person in people}) == len(people)


def test_every_sign_in_would_be_accepted() -> None:
    for person in (*STAFF, *(bidder.person for bidder in BIDDERS)):
        assert check_sign_in_name(person.sign_in_name) == person.sign_in_name
        check_password(PASSWORD, person.sign_in_name)


def test_every_unit_has_a_valid_credit_code_and_shows_that_it_is_invented() -> None:
    for bidder in BIDDERS:
        assert credit_code_of(bidder.unit.credit_code) == bidder.unit.credit_code
        assert "演示" in bidder.unit.name
        assert bidder.unit.bank_account_name == bidder.unit.name
    codes = {JOINT_BIDDER.credit_code, *(bidder.unit.credit_code for bidder in BIDDERS)}
    assert len(codes) == len(BIDDERS) + 1
    assert credit_code_of(JOINT_BIDDER.credit_code) == JOINT_BIDDER.credit_code
    assert len({bidder.unit.bank_account_number for bidder in BIDDERS}) == len(BIDDERS)


def test_three_robots_have_different_limits_and_the_visitor_has_none() -> None:
    assert len({robot.limit_increments for robot in ROBOTS}) == 3
    assert all(robot.limit_increments for robot in ROBOTS)
    assert VISITOR.limit_increments is None


LOTS = [lots.timed_lot, lots.led_lot, lots.lot_open_for_registration, lots.lot_to_review, lots.yesterdays_lot]
WAYS = [
    lots_of_ways.listing_lot,
    lots_of_ways.capped_lot,
    lots_of_ways.online_lot,
    lots_of_ways.tender_lot,
    lots_of_ways.session_lot,
]


@pytest.mark.parametrize("make", [*LOTS, *WAYS])
def test_every_lot_is_entered_without_a_problem(make: Callable[[datetime], DemonstrationLot]) -> None:
    for moment in (NOW, datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), datetime(2028, 2, 28, 20, tzinfo=UTC)):
        lot = make(moment).numbered(77)
        entered_at = moment - timedelta(days=8) if make is lots.yesterdays_lot else moment
        assert judge_entry(lot.form(), PROFILES, entered_at).problems == ()
        assert "77" in lot.title


def test_the_timed_lot_goes_live_two_minutes_after_the_start() -> None:
    lot = lots.timed_lot(NOW)
    assert timedelta(minutes=2) - timedelta(seconds=1) < lot.starts_at - NOW <= timedelta(minutes=2)
    assert NOW < lot.registration_closes_at < lot.starts_at
    assert {make(NOW).starts_at for make in WAYS} == {lot.starts_at}


def test_yesterday_was_at_ten_in_china_on_the_day_before() -> None:
    for moment in (NOW, datetime(2026, 11, 22, 16, 0, 1, tzinfo=UTC), datetime(2026, 11, 23, 15, 59, tzinfo=UTC)):
        opened = opening_yesterday(moment).astimezone(SHANGHAI)
        assert (opened.hour, opened.date()) == (10, moment.astimezone(SHANGHAI).date() - timedelta(days=1))


def test_the_course_of_yesterdays_auction_goes_forward_and_the_hammer_comes_last() -> None:
    moments = [step.after_s for step in COURSE]
    assert moments == sorted(set(moments))
    assert moments[-1] < HAMMER_AFTER.total_seconds()
    assert {step.bidder.person.sign_in_name for step in COURSE if isinstance(step, BidAt)} == {
        bidder.person.sign_in_name for bidder in BIDDERS
    }

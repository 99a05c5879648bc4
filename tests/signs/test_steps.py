"""Regular price steps between two rivals are found; ordinary sales stay quiet. The rate of false alarms is bounded."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.signs.false_alarms import alarms
from tests.signs.ordinary import MORNING, WAN, arranged_sale, bidder, ordinary_sale
from trading.signs.chances import alternate, at_least, both_lose, either_wins, meet_at_least
from trading.signs.steps import Bid, answers_of, lowest_steps, regular_steps
from trading.signs.thresholds import STEPS

SALES = 150
A, B, C = (bidder(number) for number in (1, 2, 3))


def duel(*steps: int, lowest: int = WAN, by_platform: bool = False) -> list[Bid]:
    """Two bidders in turn, each raising by so many fen."""
    price, bids = 100 * WAN, [Bid(A, 100 * WAN, MORNING, lowest)]
    for place, step in enumerate(steps):
        price += step
        who = A if place % 2 else B
        bids.append(Bid(who, price, MORNING + timedelta(seconds=place), lowest, by_platform))
    return bids


def test_the_same_step_again_and_again_between_two_is_found_with_its_numbers() -> None:
    """招标投标法实施条例 art. 40 (4)."""
    [found] = regular_steps(duel(*[3 * WAN] * 15, 7 * WAN))
    assert (set(found.rivals), found.alike, len(found.answers), found.step_fen) == ({A, B}, 15, 16, 3 * WAN)
    assert found.chance <= STEPS.chance.value


def test_the_same_rate_again_and_again_is_found_though_every_step_is_another() -> None:
    price, steps = 100 * WAN, []
    for _ in range(14):
        steps.append(price * 3 // 100)
        price += steps[-1]
    [found] = regular_steps(duel(*steps, lowest=WAN))
    assert found.step_fen is None
    assert found.rate is not None
    assert abs(found.rate - Fraction(3, 100)) < Fraction(1, 1000)


@pytest.mark.parametrize(
    ("bids", "why"),
    [
        (duel(*[WAN] * 60), "everybody takes the lowest step"),
        (duel(*[3 * WAN] * 10), "ten answers are few"),
        (duel(*[3 * WAN, 5 * WAN] * 8), "two steps in turn by two habits"),
        (duel(*[3 * WAN] * 20, by_platform=True), "the platform bids for a secret maximum"),
        ([], "nobody bid"),
        (duel(), "one bid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_a_harmless_reason_is_no_sign(bids: list[Bid], why: str) -> None:
    assert regular_steps(bids) == [], why


def test_a_step_that_everybody_else_takes_too_is_no_sign() -> None:
    others = [Bid(bidder(10 + n % 3), 100 * WAN + 3 * WAN * n, MORNING, WAN) for n in range(80)]
    after = [Bid(bid.rival, bid.price_fen + 400 * WAN, bid.at, WAN) for bid in duel(*[3 * WAN] * 12)]
    assert [each for each in regular_steps([*others, *after]) if set(each.rivals) == {A, B}] == []
    assert regular_steps(after) != []


def test_one_who_answers_alone_is_no_pair() -> None:
    price, bids = 100 * WAN, []
    for _ in range(12):
        bids += [Bid(A, price + WAN, MORNING, WAN), Bid(B, price + 4 * WAN, MORNING, WAN)]
        price += 4 * WAN
    assert next(each for each in answers_of(bids) if each.bid.rival == A).step_fen == WAN
    assert regular_steps(bids) == []


def test_a_price_that_fell_back_is_not_answered_with_less_than_nothing() -> None:
    fallen = [*duel(3 * WAN, 3 * WAN), Bid(C, 90 * WAN, MORNING, WAN)]
    assert all(each.step_fen > 0 for each in answers_of(fallen))


def test_the_increment_that_counted_is_the_last_one_before_the_bid() -> None:
    changes = [(MORNING + timedelta(minutes=1), 2 * WAN), (MORNING + timedelta(minutes=3), 5 * WAN)]
    at = [lowest_steps(WAN, changes, MORNING + timedelta(minutes=minute)) for minute in (0, 1, 2, 3)]
    assert at == [WAN, 2 * WAN, 2 * WAN, 5 * WAN]


def test_ordinary_sales_raise_an_alarm_in_at_most_one_of_a_hundred() -> None:
    assert alarms(range(SALES), lambda seed: regular_steps(ordinary_sale(seed))) <= SALES // 100


def test_arranged_sales_are_found() -> None:
    assert alarms(range(SALES), lambda seed: regular_steps(arranged_sale(seed))) >= SALES * 97 // 100
    assert alarms(range(SALES), lambda seed: regular_steps(arranged_sale(seed, by_rate=True))) >= SALES * 94 // 100


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-3, 12)), max_size=40))
def test_every_finding_holds_what_it_says(course: list[tuple[int, int]]) -> None:
    price, bids = 100 * WAN, []
    for who, step in course:
        price = max(WAN, price + step * WAN)
        bids.append(Bid(bidder(who), price, MORNING, WAN))
    for found in regular_steps(bids):
        assert len(found.answers) >= STEPS.fewest_answers.value
        assert found.alike >= STEPS.alike.value * len(found.answers)
        assert all({each.bid.rival, each.to} == set(found.rivals) for each in found.answers)
        assert all(each.step_fen > each.bid.lowest_step_fen for each in found.answers)
        if found.step_fen is not None:
            assert sum(each.step_fen == found.step_fen for each in found.answers) == found.alike


def test_chances_are_those_of_the_textbook() -> None:
    half = Fraction(1, 2)
    assert at_least(0, 3, half) == 1
    assert at_least(3, 3, half) == Fraction(1, 8)
    assert at_least(2, 3, half) == half
    assert meet_at_least(2, [(4, 2, 2)]) == Fraction(1, 6)
    assert meet_at_least(0, [(4, 2, 2)]) == 1
    assert meet_at_least(2, [(2, 1, 1), (2, 1, 1)]) == Fraction(1, 4)
    assert meet_at_least(3, [(5, 5, 3)]) == 1
    assert both_lose([4, 4]) == Fraction(1, 4)
    assert both_lose([2]) == 0
    assert either_wins([4, 2]) == half
    assert alternate(2, 2) == Fraction(1, 3)
    assert alternate(3, 2) == Fraction(1, 10)
    assert alternate(4, 2) == 0


@given(st.integers(1, 12), st.data())
def test_meeting_somehow_is_certain(lots: int, data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, lots)) for _ in range(2))
    least = max(0, one + other - lots)
    assert meet_at_least(least, [(lots, one, other)]) == 1

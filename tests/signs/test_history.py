"""Bidders who lose together or win in turn over many lots are found; ordinary histories stay quiet."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signs.false_alarms import alarms
from tests.signs.ordinary import MORNING, bidder, ordinary_history, with_companions, with_turns
from trading.signs.history import PastLot, lose_together, win_in_turn
from trading.signs.thresholds import HISTORY

HISTORIES = 12
A, B, C, D = (bidder(number) for number in (1, 2, 3, 4))


def lots_of(*sold: tuple[set[UUID], UUID], kind: str = "housing") -> list[PastLot]:
    """Lots one after another: who was there, who won."""
    return [
        PastLot(bidder(100 + place), MORNING + timedelta(days=place), kind, frozenset(there), winner)
        for place, (there, winner) in enumerate(sold)
    ]


def others(place: int, count: int = 3) -> set[UUID]:
    """Some who come along."""
    return {bidder(50 + (place + n) % 9) for n in range(count)}


def companions() -> list[PastLot]:
    """Two who met seven times in twenty lots, and not otherwise."""
    return lots_of(
        *((others(place) | ({A, B} if place % 3 == 0 else set()), min(others(place), key=str)) for place in range(21))
    )


def test_two_who_always_come_together_and_never_win_are_found_with_their_lots() -> None:
    """招标投标法实施条例 art. 39 (3)."""
    [found] = lose_together(companions())
    assert set(found.bidders) == {A, B}
    assert len(found.lots) == 7
    assert found.chance <= HISTORY.chance.value


def test_who_won_once_in_company_does_not_always_lose() -> None:
    lots = companions()
    lots[0] = replace(lots[0], winner=A)
    assert lose_together(lots) == []


def test_who_comes_to_everything_meets_rightly() -> None:
    always = [replace(lot, bidders=lot.bidders | {A, B}) for lot in companions()]
    assert lose_together(always) == []


def test_bidders_of_one_trade_meet_rightly() -> None:
    """They come to every lot of one kind and to none of another."""
    forest = lots_of(*((others(place) | {A, B}, min(others(place), key=str)) for place in range(7)), kind="forest")
    assert (
        lose_together([*lots_of(*((others(place), min(others(place), key=str)) for place in range(14))), *forest]) == []
    )


def test_three_companions_are_one_group() -> None:
    three = [replace(lot, bidders=lot.bidders | {C}) if A in lot.bidders else lot for lot in companions()]
    [found] = lose_together(three)
    assert set(found.bidders) == {A, B, C}


def test_two_who_win_in_turn_whatever_strangers_do_are_found() -> None:
    """招标投标法实施条例 art. 39 (2)."""
    lots = lots_of(*(({A, B} | others(turn, 2), (A, B)[turn % 2]) for turn in range(9)))
    [found] = win_in_turn(lots)
    assert set(found.bidders) == {A, B}
    assert len(found.lots) == 9


def test_a_stranger_who_wins_once_or_a_turn_that_breaks_is_no_sign() -> None:
    lots = lots_of(*(({A, B} | others(turn, 2), (A, B)[turn % 2]) for turn in range(9)))
    assert win_in_turn([*lots[:-1], replace(lots[-1], winner=bidder(50))]) == []
    assert win_in_turn([*lots[:4], replace(lots[4], winner=B), *lots[5:]]) == []


def test_two_who_met_a_few_times_are_no_sign() -> None:
    few = lots_of(*(({A, B, C}, (A, B)[turn % 2]) for turn in range(5)))
    assert lose_together(few) == win_in_turn(few) == []


def test_ordinary_histories_raise_no_alarm() -> None:
    assert alarms(range(HISTORIES), lambda seed: lose_together(ordinary_history(seed))) == 0
    assert alarms(range(HISTORIES), lambda seed: win_in_turn(ordinary_history(seed))) == 0


def test_arranged_histories_are_found() -> None:
    hidden = range(HISTORIES)
    assert (
        alarms(hidden, lambda seed: lose_together(with_companions(ordinary_history(seed), seed))) >= HISTORIES * 3 // 4
    )
    assert alarms(hidden, lambda seed: win_in_turn(with_turns(ordinary_history(seed)))) == HISTORIES


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from([A, B, C, D]), min_size=1), st.integers(0, 3)), max_size=14))
def test_every_finding_holds_what_it_says(drawn: list[tuple[set[UUID], int]]) -> None:
    lots = lots_of(*((there, sorted(there, key=str)[pick % len(there)]) for there, pick in drawn))
    for found in lose_together(lots):
        assert all(lot.winner not in found.bidders or len(lot.bidders & set(found.bidders)) < 2 for lot in found.lots)
        assert len(found.lots) >= HISTORY.fewest_lots_lost.value
    for found in win_in_turn(lots):
        assert {lot.winner for lot in found.lots} == set(found.bidders)
        assert all(set(found.bidders) <= lot.bidders for lot in found.lots)

"""What holds for every history of a live sale, whatever happens in whichever order (Hypothesis)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from auction.rules import (
    call_off,
    call_price,
    close_by_clock,
    decide_bid,
    hammer,
    lowest_valid_price,
    open_sale,
)
from auction.sale import ENDED, AuctionState, AuctionTerms, Bid, BidAccepted, BidRefused, Called, Step
from tests.auction.examples import AUCTION, START, TIMED
from trading.kernel.errors import Refusal
from trading.kernel.money import Money

Move = Callable[[AuctionTerms, AuctionState], Step]
SHORT = replace(TIMED, window=timedelta(seconds=20))
RESERVE = Money(AUCTION.starting_price.fen + 3 * AUCTION.increment.fen)


def a_bid(plate: int | None, over: int, seconds: int) -> Move:
    """A bid `over` fen around the lowest valid price, so that valid and invalid ones are equally likely."""

    def move(terms: AuctionTerms, state: AuctionState) -> Step:
        price = Money(max(1, lowest_valid_price(terms, state).fen + over))
        return decide_bid(terms, state, Bid(plate, price), START + timedelta(seconds=seconds))

    return move


def an_opening(qualified: int, seconds: int) -> Move:
    return lambda terms, state: open_sale(terms, state, qualified=qualified, now=START + timedelta(seconds=seconds))


def a_calling_off(qualified: int, seconds: int) -> Move:
    return lambda terms, state: call_off(terms, state, qualified=qualified, now=START + timedelta(seconds=seconds))


def a_call(number: int | None, seconds: int) -> Move:
    def move(terms: AuctionTerms, state: AuctionState) -> Step:
        standing = state.price or terms.starting_price
        turn = state.calls + 1 if number is None else number
        return call_price(terms, state, number=turn, price=standing, now=START + timedelta(seconds=seconds))

    return move


def a_hammer(seconds: int) -> Move:
    def move(terms: AuctionTerms, state: AuctionState) -> Step:
        standing = state.price or terms.starting_price
        at = START + timedelta(seconds=seconds)
        return hammer(terms, state, plate=state.plate, price=standing, reserve=RESERVE, now=at)

    return move


def a_closing(seconds: int) -> Move:
    return lambda terms, state: close_by_clock(terms, state, reserve=RESERVE, now=START + timedelta(seconds=seconds))


moments = st.integers(-5, 60)
step_sizes = st.sampled_from([0, 0, 0, 1, -1, -100, AUCTION.increment.fen, 10**13])
plates = st.sampled_from([1, 2, 3, None])
bids = st.builds(a_bid, plates, step_sizes, moments)
moves = st.one_of(
    bids,
    bids,
    st.builds(an_opening, st.integers(0, 5), moments),
    st.builds(a_calling_off, st.integers(0, 5), moments),
    st.builds(a_call, st.sampled_from([None, None, None, 1, 3]), moments),
    st.builds(a_hammer, moments),
    st.builds(a_closing, moments),
)
histories = st.tuples(
    st.sampled_from([AUCTION, SHORT, replace(SHORT, whole_multiple=True)]),
    st.booleans(),
    st.lists(moves, max_size=40),
)


def play(terms: AuctionTerms, open_first: bool, script: list[Move]) -> list[tuple[AuctionState, Step]]:
    """Every step with the state before it. A refused use case leaves no step."""
    state = AuctionState()
    steps: list[tuple[AuctionState, Step]] = []
    for move in [an_opening(3, 0), *script] if open_first else script:
        try:
            step = move(terms, state)
        except Refusal:
            continue
        steps.append((state, step))
        state = step.state
    return steps


@settings(max_examples=300, deadline=None)
@given(histories)
def test_the_price_rises_strictly_with_every_accepted_bid(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    terms = history[0]
    for before, step in play(*history):
        if isinstance(step.event, BidAccepted):
            assert step.event.price >= lowest_valid_price(terms, before)
            assert before.price is None or step.event.price.fen >= before.price.fen + terms.increment.fen
            assert step.event.plate != before.plate
        else:
            assert step.state.price == before.price


@settings(max_examples=300, deadline=None)
@given(histories)
def test_event_numbers_are_dense_and_time_never_runs_backwards(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    last = START - timedelta(days=1)
    for number, (_, step) in enumerate(play(*history), start=1):
        assert step.state.seq == number
        assert step.at >= last
        last = step.at


@settings(max_examples=300, deadline=None)
@given(histories)
def test_an_ended_sale_stays_as_it_ended(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    for before, step in play(*history):
        if before.stage in ENDED:
            assert isinstance(step.event, BidRefused)
            assert replace(step.state, seq=before.seq, decided_at=before.decided_at) == before


@settings(max_examples=300, deadline=None)
@given(histories)
def test_a_refused_bid_changes_nothing(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    for before, step in play(*history):
        if isinstance(step.event, BidRefused):
            assert replace(step.state, seq=before.seq, decided_at=before.decided_at) == before


@settings(max_examples=300, deadline=None)
@given(histories)
def test_calls_count_up_at_one_price_and_every_bid_resets_them(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    for before, step in play(*history):
        if isinstance(step.event, BidAccepted):
            assert step.state.calls == 0
        elif isinstance(step.event, Called):
            assert step.event.number == step.state.calls == before.calls + 1 <= 3
        else:
            assert step.state.calls == before.calls


@settings(max_examples=300, deadline=None)
@given(histories)
def test_no_bid_is_accepted_at_or_after_the_closing_moment(history: tuple[AuctionTerms, bool, list[Move]]) -> None:
    for before, step in play(*history):
        if isinstance(step.event, BidAccepted) and before.closes_at is not None:
            assert step.at < before.closes_at
            assert history[0].window is not None
            assert step.state.closes_at == step.at + history[0].window

"""The price cap: bidding stops above it, and the one-price round decides. Rules of Taicang (rules.md §1)."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from auction import rules
from auction.deciding import decide_bid
from auction.refusals import CountdownRunning
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    CapReached,
    HammerFell,
    Phase,
    QuoteSealed,
    QuotesOpened,
    Sold,
    Stage,
    Step,
    Withdrawn,
    WithdrawnBecause,
)
from auction.secrets_of_sale import Sealed, Secrets
from auction.way import CapTerms, Way
from auction.ways.sealed_quotes import average_of, end_quotes
from tests.auction.examples import AUCTION, SECOND, START, TIMED, opened, yuan
from trading.kernel.canonical import canonical_json
from trading.kernel.money import Money
from trading.projects.profiles import CapRule

QUOTING = timedelta(minutes=5)
CAP = CapTerms(price=yuan(1_250_000), ceiling=yuan(1_500_000), rule=CapRule.ONE_PRICE, window=QUOTING)
CAPPED = replace(TIMED, way=Way(cap=CAP))
SETTLE = CAPPED.way.settle_delay


def secrets() -> Secrets:
    """Secrets whose salts are 0, 1, 2 …"""
    numbers = count()
    return Secrets(fresh_salt=lambda: next(numbers).to_bytes(32, "big"))


def stopped(terms: AuctionTerms = CAPPED, standing: int | None = 1_200_000) -> AuctionState:
    """The state after plate 3 led with `standing` yuan and plate 4 bid above the cap, ten seconds after opening."""
    state = opened(terms)
    if standing is not None:
        state = decide_bid(terms, state, Bid(3, yuan(standing)), START + 5 * SECOND)[-1].state
    [_, reached] = decide_bid(terms, state, Bid(4, yuan(1_300_000)), START + 10 * SECOND)
    return reached.state


def quote(state: AuctionState, hidden: Secrets, plate: int | None, price: Money, terms: AuctionTerms = CAPPED) -> Step:
    [step] = decide_bid(terms, state, Bid(plate, price, is_sealed=True), START + 20 * SECOND, hidden)
    return step


def ended(prices: list[int], *, reserve: Money | None = None, terms: AuctionTerms = CAPPED) -> list[Step]:
    """What follows when plates 1, 2, 3 … quoted these prices (in yuan)."""
    hidden, state = secrets(), stopped(terms)
    for plate, price in enumerate(prices, start=1):
        state = quote(state, hidden, plate, yuan(price), terms).state
    assert state.closes_at is not None
    return end_quotes(terms, state, quotes=hidden.quotes, reserve=reserve, now=state.closes_at + SETTLE)


def code(step: Step) -> str:
    assert isinstance(step.event, BidRefused)
    return step.event.refusal.code


def test_a_bid_at_the_cap_is_ordinary_and_one_fen_above_stops_bidding() -> None:
    state = opened(CAPPED)
    [accepted] = decide_bid(CAPPED, state, Bid(1, CAP.price), START + SECOND)
    assert isinstance(accepted.event, BidAccepted)
    refused, reached = decide_bid(CAPPED, state, Bid(1, CAP.price + Money(1)), START + SECOND)
    assert code(refused) == "above_cap"
    assert reached.state.stage is Stage.SEALED
    assert (refused.state.seq, reached.state.seq) == (state.seq + 1, state.seq + 2)


def test_the_standing_bid_stands_while_quotes_are_taken_for_the_whole_window() -> None:
    state = stopped()
    assert (state.price, state.plate) == (yuan(1_200_000), 3)
    assert state.closes_at == START + 10 * SECOND + QUOTING


def test_the_stop_tells_cap_ceiling_and_end() -> None:
    [_, reached] = decide_bid(CAPPED, opened(CAPPED), Bid(4, yuan(1_300_000)), START + SECOND)
    closes_at = START + SECOND + QUOTING
    assert reached.event == CapReached(price=None, plate=None, cap=CAP.price, ceiling=CAP.ceiling, closes_at=closes_at)


@pytest.mark.parametrize(
    ("bid", "late", "expected"),
    [
        (Bid(None, yuan(1_300_000)), timedelta(0), "bidder_not_qualified"),
        (Bid(4, yuan(1_300_000)), CAPPED.window, "bid_after_closing"),
        (Bid(3, yuan(1_300_000)), timedelta(0), "already_leading"),
        (Bid(4, yuan(1_250_001)), timedelta(0), "bid_too_low"),
        (Bid(9, yuan(1_300_000)), timedelta(0), "plate_disqualified"),
    ],
)
def test_who_may_not_bid_cannot_stop_the_bidding(bid: Bid, late: timedelta, expected: str) -> None:
    state = decide_bid(CAPPED, opened(CAPPED), Bid(3, yuan(1_240_000)), START + SECOND)[-1].state
    state = structs.replace(state, phase=Phase(excluded=(9,)))
    [refused] = decide_bid(CAPPED, state, bid, START + 2 * SECOND + late)
    assert code(refused) == expected
    assert refused.state.stage is Stage.OPEN
    assert refused.state.closes_at == state.closes_at


def test_a_bid_above_the_cap_that_arrived_before_the_hammer_makes_it_void() -> None:
    terms = replace(AUCTION, way=Way(cap=CAP))
    state = rules.place_bid(terms, opened(terms), Bid(3, yuan(1_200_000)), START + SECOND).state
    for number in (1, 2, 3):
        state = rules.call_price(terms, state, number=number, price=yuan(1_200_000), now=START + 2 * SECOND).state
    fallen = rules.hammer(terms, state, plate=3, price=yuan(1_200_000), now=START + 4 * SECOND)
    assert isinstance(fallen.event, HammerFell)
    _, reached = decide_bid(terms, fallen.state, Bid(4, yuan(1_300_000)), START + 3 * SECOND)
    assert reached.state.stage is Stage.SEALED
    assert reached.state.calls == 0
    assert reached.state.closes_at == START + 4 * SECOND + QUOTING


def test_an_open_bid_that_was_on_its_way_when_bidding_stopped_is_not_taken_as_the_one_quote() -> None:
    hidden = secrets()
    [refused] = decide_bid(CAPPED, stopped(), Bid(5, yuan(1_350_000)), START + 10 * SECOND, hidden)
    assert code(refused) == "not_sent_as_quote"
    assert hidden.quotes == {}
    assert isinstance(quote(refused.state, hidden, 5, yuan(1_260_000)).event, QuoteSealed)


def test_a_sealed_quote_is_never_taken_as_an_open_bid() -> None:
    [refused] = decide_bid(CAPPED, opened(CAPPED), Bid(5, yuan(1_100_000), is_sealed=True), START + SECOND)
    assert code(refused) == "no_quotes_now"
    assert refused.state.price is None


def test_every_plate_may_quote_even_one_that_could_not_enter_timed_bidding() -> None:
    state = structs.replace(opened(CAPPED), phase=Phase(entrants=(3, 4)))
    [_, reached] = decide_bid(CAPPED, state, Bid(4, yuan(1_300_000)), START + SECOND)
    assert isinstance(quote(reached.state, secrets(), 5, yuan(1_300_000)).event, QuoteSealed)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (CAP.price, "quote_not_above_cap"),
        (CAP.price + Money(1), None),
        (yuan(1_500_000), None),
        (yuan(1_500_000) + Money(1), "quote_above_ceiling"),
    ],
)
def test_a_quote_lies_above_the_cap_and_at_most_at_the_ceiling(price: Money, expected: str | None) -> None:
    step = quote(stopped(), secrets(), 1, price)
    assert (code(step) if isinstance(step.event, BidRefused) else None) == expected


def test_a_second_quote_of_a_plate_and_a_price_that_was_given_are_refused() -> None:
    hidden = secrets()
    state = quote(stopped(), hidden, 1, yuan(1_300_000)).state
    assert code(quote(state, hidden, 1, yuan(1_310_000))) == "quote_already_given"
    taken = quote(state, hidden, 2, yuan(1_300_000))
    assert code(taken) == "quote_price_taken"
    assert isinstance(quote(taken.state, hidden, 2, yuan(1_310_000)).event, QuoteSealed)
    assert [(plate, sealed.price) for plate, sealed in hidden.quotes.items()] == [
        (1, yuan(1_300_000)),
        (2, yuan(1_310_000)),
    ]


def test_a_quote_is_taken_until_the_end_of_its_time_by_its_arrival() -> None:
    state = stopped()
    assert state.closes_at is not None
    bid = Bid(1, yuan(1_300_000), is_sealed=True)
    [late] = decide_bid(CAPPED, state, bid, state.closes_at)
    [in_time] = decide_bid(CAPPED, state, bid, state.closes_at - timedelta(microseconds=1))
    assert code(late) == "bid_after_closing"
    assert isinstance(in_time.event, QuoteSealed)


def test_a_maximum_is_no_quote_and_a_stranger_gives_none() -> None:
    bid = Bid(1, yuan(1_300_000), is_maximum=True, is_sealed=True)
    [maximum] = decide_bid(CAPPED, stopped(), bid, START + 20 * SECOND)
    assert code(maximum) == "no_maximum_here"
    assert code(quote(stopped(), secrets(), None, yuan(1_300_000))) == "bidder_not_qualified"


def test_no_refusal_of_a_quote_tells_the_amount_that_was_offered() -> None:
    offered = Money(140_000_033)
    hidden = secrets()
    state = quote(stopped(), hidden, 1, offered).state
    steps = [quote(state, hidden, plate, offered) for plate in (1, 2)]
    steps += [quote(state, hidden, 3, price) for price in (Money(150_000_133), Money(124_000_033))]
    for step in steps:
        assert isinstance(step.event, BidRefused)
        assert not {offered, Money(150_000_133), Money(124_000_033)} & set(step.event.refusal.facts().values())


def test_the_commitment_binds_plate_price_and_salt() -> None:
    hidden = secrets()
    step = quote(stopped(), hidden, 7, yuan(1_300_000))
    sealed = {"plate": 7, "price_fen": 130_000_000, "salt": "0" * 64}
    assert step.event == QuoteSealed(plate=7, commitment=hashlib.sha256(canonical_json(sealed)).hexdigest())


@pytest.mark.parametrize(
    ("prices", "average_fen", "winner"),
    [
        ([1_300_000], 130_000_000, 1),
        ([1_300_000, 1_400_000], 135_000_000, 1),  # equal distance: the lower one
        ([1_400_000, 1_300_000], 135_000_000, 2),
        ([1_260_000, 1_300_000, 1_500_000], 135_333_333, 2),
        ([1_260_000, 1_270_000, 1_450_000, 1_460_000], 136_000_000, 2),  # equal distance around the average
        ([1_260_000, 1_450_000, 1_460_000, 1_500_000], 141_750_000, 2),
    ],
)
def test_the_quote_closest_to_the_average_wins(prices: list[int], average_fen: int, winner: int) -> None:
    told, sold = ended(prices)
    assert isinstance(told.event, QuotesOpened)
    assert told.event.average == Money(average_fen)
    assert sold.event == Sold(price=yuan(prices[winner - 1]), plate=winner, reserve=None)
    assert [(each.plate, each.price) for each in told.event.quotes] == [
        (plate, yuan(price)) for plate, price in enumerate(prices, start=1)
    ]


@pytest.mark.parametrize(
    ("fen", "average"), [([1, 2], 2), ([1, 1, 2], 1), ([1, 2, 2], 2), ([3, 4, 4, 5], 4), ([1, 1, 1, 3], 2)]
)
def test_the_average_is_rounded_half_up_to_the_fen(fen: list[int], average: int) -> None:
    assert average_of([Money(amount) for amount in fen]) == Money(average)


def test_the_rounded_average_decides_who_is_closest() -> None:
    # The average of 1,300,000.00 and 1,300,000.01 is ….005, half up ….01: the higher one is closest.
    hidden, state = secrets(), stopped()
    for plate, price in ((1, Money(130_000_000)), (2, Money(130_000_001))):
        state = quote(state, hidden, plate, price).state
    assert state.closes_at is not None
    _, sold = end_quotes(CAPPED, state, quotes=hidden.quotes, reserve=None, now=state.closes_at + SETTLE)
    assert isinstance(sold.event, Sold)
    assert sold.event.plate == 2


def test_without_a_quote_the_highest_bid_below_the_cap_wins() -> None:
    told, sold = ended([])
    assert told.event == QuotesOpened(quotes=(), average=None, price=yuan(1_200_000), plate=3)
    assert sold.event == Sold(price=yuan(1_200_000), plate=3, reserve=None)


def test_without_a_quote_and_without_a_bid_nobody_buys() -> None:
    state = stopped(standing=None)
    assert state.closes_at is not None
    *_, last = end_quotes(CAPPED, state, quotes={}, reserve=None, now=state.closes_at + SETTLE)
    assert last.event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)


def test_a_quote_below_the_reserve_does_not_buy() -> None:
    *_, last = ended([1_300_000], reserve=yuan(1_400_000))
    assert last.event == Withdrawn(WithdrawnBecause.BELOW_RESERVE, price=yuan(1_300_000), reserve=yuan(1_400_000))


@pytest.mark.parametrize(("bids_stand", "average_fen", "winner"), [(False, 137_500_000, 1), (True, 137_000_000, 3)])
def test_quotes_of_a_disqualified_plate_are_opened_and_count_only_if_its_bids_stand(
    bids_stand: bool, average_fen: int, winner: int
) -> None:
    terms = replace(CAPPED, way=replace(CAPPED.way, disqualified_bids_stand=bids_stand))
    hidden, state = secrets(), stopped(terms)
    for plate, price in enumerate((1_350_000, 1_400_000, 1_360_000), start=1):
        state = quote(state, hidden, plate, yuan(price), terms).state
    state = structs.replace(state, phase=Phase(excluded=(3,)))
    assert state.closes_at is not None
    told, sold = end_quotes(terms, state, quotes=hidden.quotes, reserve=None, now=state.closes_at + SETTLE)
    assert isinstance(told.event, QuotesOpened)
    assert isinstance(sold.event, Sold)
    assert (len(told.event.quotes), told.event.average, sold.event.plate) == (3, Money(average_fen), winner)


def test_quotes_are_not_opened_before_the_settle_delay_is_over() -> None:
    state = stopped()
    assert state.closes_at is not None
    with pytest.raises(CountdownRunning):
        end_quotes(CAPPED, state, quotes={}, reserve=None, now=state.closes_at + SETTLE - timedelta(microseconds=1))


@given(st.lists(st.integers(125_000_001, 150_000_000), min_size=1, max_size=9, unique=True))
def test_no_quote_is_closer_to_the_average_than_the_winner(prices: list[int]) -> None:
    quotes = {plate: Sealed(Money(fen), b"", "") for plate, fen in enumerate(prices)}
    state = stopped()
    assert state.closes_at is not None
    told, _ = end_quotes(CAPPED, state, quotes=quotes, reserve=None, now=state.closes_at + SETTLE)
    assert isinstance(told.event, QuotesOpened)
    assert told.event.price is not None
    # Twice the sum of all, compared without rounding: the average is off by half a fen at most.
    distances = sorted(abs(fen * len(prices) - sum(prices)) for fen in prices)
    assert abs(told.event.price.fen * len(prices) - sum(prices)) <= distances[0] + len(prices)

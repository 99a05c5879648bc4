"""Tender of land (招标): one sealed quote a plate, opened together; the highest wins. Source: 39号."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from auction.deciding import decide_bid
from auction.rules import open_sale
from auction.sale import (
    AuctionState,
    Bid,
    BidRefused,
    CalledOff,
    Phase,
    QuoteSealed,
    QuotesOpened,
    Sold,
    Stage,
    Step,
    Withdrawn,
    WithdrawnBecause,
)
from auction.secrets_of_sale import Secrets
from auction.way import TenderTerms, Way
from auction.ways.sealed_quotes import end_quotes
from tests.auction.examples import AUCTION, SECOND, START, yuan
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod

UNTIL = START + timedelta(days=1)
TENDER = replace(AUCTION, method=SellingMethod.TENDER, way=Way(tender=TenderTerms(quotes_until=UNTIL)))
END = UNTIL + TENDER.way.settle_delay


def opened() -> AuctionState:
    return open_sale(TENDER, AuctionState(), qualified=0, now=START).state


def quoted(prices: list[int], reserve: Money | None = None) -> list[Step]:
    """What follows when plates 1, 2, 3 … quoted these prices (in yuan)."""
    hidden, state = Secrets(), opened()
    for plate, price in enumerate(prices, start=1):
        [step] = decide_bid(TENDER, state, Bid(plate, yuan(price), is_sealed=True), START + SECOND, hidden)
        assert isinstance(step.event, QuoteSealed)
        state = step.state
    return end_quotes(TENDER, state, quotes=hidden.quotes, reserve=reserve, now=END)


def test_a_tender_takes_sealed_quotes_from_its_opening_until_their_end() -> None:
    assert (opened().stage, opened().closes_at) == (Stage.SEALED, UNTIL)


@pytest.mark.parametrize(
    ("bid", "expected"),
    [
        (Bid(1, yuan(999_999), is_sealed=True), "quote_below_starting_price"),
        (Bid(1, yuan(1_000_001)), "not_sent_as_quote"),
        (Bid(None, yuan(1_000_001), is_sealed=True), "bidder_not_qualified"),
    ],
)
def test_a_quote_is_refused(bid: Bid, expected: str) -> None:
    [step] = decide_bid(TENDER, opened(), bid, START + SECOND)
    assert isinstance(step.event, BidRefused)
    assert step.event.refusal.code == expected
    assert step.state.bids == 0


def test_a_quote_at_the_starting_price_counts_and_shows_no_price() -> None:
    [step] = decide_bid(TENDER, opened(), Bid(1, yuan(1_000_000), is_sealed=True), START + SECOND)
    assert isinstance(step.event, QuoteSealed)
    assert (step.state.price, step.state.plate, step.state.closes_at, step.state.bids) == (None, None, UNTIL, 1)


def test_a_quote_may_not_be_changed_but_equal_quotes_are_taken() -> None:
    hidden = Secrets()
    [first] = decide_bid(TENDER, opened(), Bid(1, yuan(1_100_000), is_sealed=True), START + SECOND, hidden)
    [again] = decide_bid(TENDER, first.state, Bid(1, yuan(1_200_000), is_sealed=True), START + SECOND, hidden)
    [equal] = decide_bid(TENDER, again.state, Bid(2, yuan(1_100_000), is_sealed=True), START + SECOND, hidden)
    assert isinstance(again.event, BidRefused)
    assert again.event.refusal.code == "quote_already_given"
    assert isinstance(equal.event, QuoteSealed)
    assert hidden.quotes[1].price == yuan(1_100_000)


@pytest.mark.parametrize(
    ("prices", "winner"),
    [
        ([1_000_000, 1_200_000, 1_100_000], 2),
        ([1_000_000, 1_200_000, 1_200_000], 2),  # equal: the first to arrive
        ([1_000_000, 1_000_000, 1_000_000], 1),
    ],
)
def test_the_highest_quote_wins_and_of_equal_ones_the_first(prices: list[int], winner: int) -> None:
    told, sold = quoted(prices)
    assert isinstance(told.event, QuotesOpened)
    assert told.event.average is None
    assert [each.price for each in told.event.quotes] == [yuan(price) for price in prices]
    assert sold.event == Sold(price=yuan(prices[winner - 1]), plate=winner, reserve=None)


def test_with_two_quotes_a_tender_is_called_off_and_they_stay_sealed() -> None:
    [step] = quoted([1_000_000, 1_200_000])
    assert step.event == CalledOff(qualified=2, needed=3)
    assert step.state.stage is Stage.CALLED_OFF
    assert step.state.price is None


def test_the_quote_of_a_disqualified_plate_is_not_one_of_the_three_unless_its_bids_stand() -> None:
    hidden, state = Secrets(), opened()
    for plate in (1, 2, 3):
        bid = Bid(plate, yuan(1_000_000 + plate), is_sealed=True)
        state = decide_bid(TENDER, state, bid, START + SECOND, hidden)[-1].state
    state = structs.replace(state, phase=Phase(excluded=(3,)))
    falling = replace(TENDER, way=replace(TENDER.way, disqualified_bids_stand=False))
    [step] = end_quotes(falling, state, quotes=hidden.quotes, reserve=None, now=END)
    assert step.event == CalledOff(qualified=2, needed=3)
    *_, last = end_quotes(TENDER, state, quotes=hidden.quotes, reserve=None, now=END)
    assert last.event == Sold(price=yuan(1_000_003), plate=3, reserve=None)


def test_a_highest_quote_below_the_reserve_does_not_buy() -> None:
    *_, last = quoted([1_000_000, 1_200_000, 1_100_000], reserve=yuan(1_300_000))
    assert last.event == Withdrawn(WithdrawnBecause.BELOW_RESERVE, price=yuan(1_200_000), reserve=yuan(1_300_000))

"""The rules of a live sale, case by case. Each test names the rule it holds."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from auction.deciding import decide_bid
from auction.refusals import (
    AlreadyEnded,
    AlreadyLeading,
    AlreadyOpened,
    AuctioneerCloses,
    BidAfterClosing,
    BidBelowStartingPrice,
    BidderNotQualified,
    BiddingEnded,
    BiddingNotOpen,
    BidNotWholeMultiple,
    BidTooLow,
    CallOutOfTurn,
    CountdownRunning,
    EndBeingDecided,
    EnoughBidders,
    HammerBeforeThreeCalls,
    HammerForOtherPlate,
    NoAuctioneerHere,
    NotAtThisStage,
    NotEntrant,
    NotOpenedYet,
    OpeningTooEarly,
    PlateDisqualified,
    PriceMovedOn,
    RegistrationStillOpen,
    SaleFrozen,
    TooFewBidders,
)
from auction.rules import (
    call_off,
    call_price,
    close_by_clock,
    hammer,
    lowest_valid_price,
    open_sale,
    place_bid,
)
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidRefused,
    CalledOff,
    HammerFell,
    Phase,
    Sold,
    Stage,
    Withdrawn,
    WithdrawnBecause,
)
from auction.way import SETTLE_DELAY
from tests.auction.examples import AUCTION, SECOND, START, TIMED, WINDOW, opened, yuan
from trading.kernel.errors import Refusal

LATER = START + SECOND
MICROSECOND = timedelta(microseconds=1)


def bid(terms: AuctionTerms, state: AuctionState, plate: int, price: int, now: datetime = LATER) -> AuctionState:
    return place_bid(terms, state, Bid(plate, yuan(price)), now).state


def called(terms: AuctionTerms, state: AuctionState, times: int) -> AuctionState:
    for number in range(1, times + 1):
        price = state.price or terms.starting_price
        state = call_price(terms, state, number=number, price=price, now=LATER).state
    return state


def hammered(state: AuctionState, now: datetime = LATER) -> AuctionState:
    """The hammer falls on the standing price, which has been called three times."""
    return hammer(AUCTION, state, plate=state.plate, price=state.price or AUCTION.starting_price, now=now).state


# --- opening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "qualified", "now", "refusal"),
    [
        (AUCTION, 3, START - MICROSECOND, OpeningTooEarly),
        (replace(AUCTION, registration_closes_at=LATER), 3, START, RegistrationStillOpen),
        (AUCTION, 2, START, TooFewBidders),
        (AUCTION, 0, START, TooFewBidders),
        (TIMED, 0, START, TooFewBidders),
    ],
)
def test_opening_is_refused_too_early_or_with_too_few_bidders(
    terms: AuctionTerms, qualified: int, now: datetime, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        open_sale(terms, AuctionState(), qualified=qualified, now=now)


def test_an_auction_opens_with_three_bidders_and_timed_bidding_with_one() -> None:
    assert open_sale(AUCTION, AuctionState(), qualified=3, now=START).state.stage is Stage.OPEN
    timed = open_sale(TIMED, AuctionState(), qualified=1, now=START).state
    assert (timed.stage, timed.closes_at) == (Stage.OPEN, START + WINDOW)


def test_an_auction_has_no_countdown() -> None:
    assert opened(AUCTION).closes_at is None


def test_a_sale_opens_once() -> None:
    with pytest.raises(AlreadyOpened):
        open_sale(AUCTION, opened(AUCTION), qualified=3, now=LATER)


def test_a_sale_with_too_few_bidders_is_called_off() -> None:
    step = call_off(AUCTION, AuctionState(), qualified=2, now=START)
    assert step.state.stage is Stage.CALLED_OFF
    assert step.event == CalledOff(qualified=2, needed=3)
    with pytest.raises(AlreadyEnded):
        open_sale(AUCTION, step.state, qualified=3, now=LATER)


def test_a_sale_with_enough_bidders_cannot_be_called_off_for_lack_of_them() -> None:
    with pytest.raises(EnoughBidders):
        call_off(AUCTION, AuctionState(), qualified=3, now=START)
    with pytest.raises(OpeningTooEarly):
        call_off(AUCTION, AuctionState(), qualified=0, now=START - SECOND)


# --- bids ----------------------------------------------------------------------------------------------------------


def test_a_bid_before_the_opening_is_refused() -> None:
    with pytest.raises(BiddingNotOpen):
        bid(AUCTION, AuctionState(), 1, 1_000_000)


def test_somebody_without_a_plate_is_refused() -> None:
    with pytest.raises(BidderNotQualified):
        place_bid(AUCTION, opened(AUCTION), Bid(None, yuan(1_000_000)), LATER)


def test_the_first_bid_may_be_the_starting_price_itself() -> None:
    state = bid(AUCTION, opened(AUCTION), 7, 1_000_000)
    assert (state.price, state.plate, state.bids) == (yuan(1_000_000), 7, 1)
    assert lowest_valid_price(AUCTION, state) == yuan(1_050_000)


def test_the_first_bid_below_the_starting_price_is_refused() -> None:
    with pytest.raises(BidBelowStartingPrice):
        bid(AUCTION, opened(AUCTION), 7, 999_999)


@pytest.mark.parametrize("price", [1, 1_000_000, 1_049_999])
def test_a_bid_below_current_plus_increment_is_refused(price: int) -> None:
    state = bid(TIMED, opened(TIMED), 7, 1_000_000)
    with pytest.raises(BidTooLow) as refused:
        bid(TIMED, state, 8, price)
    assert refused.value.lowest == yuan(1_050_000)


def test_of_two_equal_bids_the_first_wins() -> None:
    state = bid(AUCTION, opened(AUCTION), 7, 1_000_000)
    with pytest.raises(BidTooLow):
        bid(AUCTION, state, 8, 1_000_000)


@pytest.mark.parametrize(("price", "valid"), [(1_050_000, True), (1_075_000, False), (1_100_000, True)])
def test_the_profile_says_whether_a_price_must_be_a_whole_multiple(price: int, valid: bool) -> None:
    state = bid(AUCTION, opened(AUCTION), 7, 1_000_000)
    loose = replace(AUCTION, whole_multiple=False)
    assert bid(loose, state, 8, price).price == yuan(price)
    if valid:
        assert bid(AUCTION, state, 8, price).price == yuan(price)
    else:
        with pytest.raises(BidNotWholeMultiple) as refused:
            bid(AUCTION, state, 8, price)
        assert (refused.value.below, refused.value.above) == (yuan(1_050_000), yuan(1_100_000))


def test_the_leader_may_not_raise_himself() -> None:
    state = bid(AUCTION, opened(AUCTION), 7, 1_000_000)
    with pytest.raises(AlreadyLeading):
        bid(AUCTION, state, 7, 2_000_000)


def test_a_valid_bid_resets_the_countdown_without_limit() -> None:
    state, now = opened(TIMED), START
    for turn in range(500):
        now += WINDOW - MICROSECOND
        state = bid(TIMED, state, 1 + turn % 2, 1_000_000 + turn * 50_000, now)
        assert state.closes_at == now + WINDOW


def test_a_refused_bid_never_resets_the_countdown() -> None:
    state = bid(TIMED, opened(TIMED), 7, 1_000_000)
    [step] = decide_bid(TIMED, state, Bid(8, yuan(1_000_001)), LATER + SECOND)
    assert isinstance(step.event, BidRefused)
    assert step.state.closes_at == state.closes_at


def test_a_bid_at_the_closing_moment_is_too_late() -> None:
    state = opened(TIMED)
    assert state.closes_at is not None
    with pytest.raises(BidAfterClosing):
        bid(TIMED, state, 7, 1_000_000, state.closes_at)
    assert bid(TIMED, state, 7, 1_000_000, state.closes_at - MICROSECOND).plate == 7


def test_a_bid_is_late_by_its_arrival_and_not_by_the_moment_of_its_decision() -> None:
    """Fujian rules art. 41, 53. A refusal of a bid that arrived after the end moved the lot's time past the end."""
    [step] = decide_bid(TIMED, opened(TIMED), Bid(8, yuan(1_000_000)), START + WINDOW)
    assert isinstance(step.event, BidRefused)
    in_time = place_bid(TIMED, step.state, Bid(7, yuan(1_000_000)), START + WINDOW - MICROSECOND)
    assert (in_time.state.plate, in_time.at) == (7, START + WINDOW)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"phase": Phase(excluded=(7,))}, PlateDisqualified),
        ({"phase": Phase(entrants=(8, 9))}, NotEntrant),
        ({"stage": Stage.FROZEN}, SaleFrozen),
        ({"stage": Stage.PREPARING}, BiddingNotOpen),
        ({"stage": Stage.DRAWING}, NotAtThisStage),
    ],
)
def test_a_bid_is_refused_to_whom_or_when_it_is_not_allowed(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    state = structs.replace(opened(TIMED), **changes)
    with pytest.raises(refusal):
        bid(TIMED, state, 7, 1_000_000)


# --- calls and hammer ----------------------------------------------------------------------------------------------


def test_the_hammer_falls_only_after_three_calls() -> None:
    state = bid(AUCTION, opened(AUCTION), 7, 1_000_000)
    for calls in (0, 1, 2):
        with pytest.raises(HammerBeforeThreeCalls):
            hammer(AUCTION, called(AUCTION, state, calls), plate=7, price=yuan(1_000_000), now=LATER)
    step = hammer(AUCTION, called(AUCTION, state, 3), plate=7, price=yuan(1_000_000), now=LATER)
    assert step.event == HammerFell(price=yuan(1_000_000), plate=7, closes_at=LATER)
    assert (step.state.stage, step.state.closes_at) == (Stage.OPEN, LATER)


def test_what_the_hammer_fell_on_is_sold_once_the_settle_delay_has_passed() -> None:
    state = hammered(called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3))
    with pytest.raises(CountdownRunning):
        close_by_clock(AUCTION, state, reserve=None, now=LATER + SETTLE_DELAY - MICROSECOND)
    step = close_by_clock(AUCTION, state, reserve=None, now=LATER + SETTLE_DELAY)
    assert step.event == Sold(price=yuan(1_000_000), plate=7, reserve=None)
    assert step.state.stage is Stage.SOLD


def test_a_bid_that_arrived_before_the_hammer_makes_it_void_and_one_that_arrived_with_it_is_late() -> None:
    """Fujian rules art. 41, 53: a bid counts by its arrival at the server."""
    state = hammered(called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3))
    with pytest.raises(BidAfterClosing):
        bid(AUCTION, state, 8, 1_050_000, LATER)
    voided = bid(AUCTION, state, 8, 1_050_000, LATER - MICROSECOND)
    assert (voided.plate, voided.closes_at, voided.calls) == (8, None, 0)
    with pytest.raises(AuctioneerCloses):
        close_by_clock(AUCTION, voided, reserve=None, now=LATER + SETTLE_DELAY)


def test_while_a_hammer_is_being_settled_there_is_no_further_call_or_hammer() -> None:
    """A second hammer would let in the bids that arrived between the two."""
    state = hammered(called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3))
    with pytest.raises(EndBeingDecided):
        hammer(AUCTION, state, plate=7, price=yuan(1_000_000), now=LATER + SETTLE_DELAY / 2)
    with pytest.raises(EndBeingDecided):
        call_price(AUCTION, state, number=4, price=yuan(1_000_000), now=LATER)


def test_a_higher_bid_resets_the_calls_even_after_the_third() -> None:
    state = called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3)
    state = bid(AUCTION, state, 8, 1_050_000)
    assert state.calls == 0
    with pytest.raises(HammerBeforeThreeCalls):
        hammer(AUCTION, state, plate=8, price=yuan(1_050_000), now=LATER)


@pytest.mark.parametrize(("made", "number"), [(0, 2), (0, 3), (1, 1), (1, 3), (2, 2), (3, 3), (3, 4), (0, 0)])
def test_calls_come_in_order(made: int, number: int) -> None:
    state = called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), made)
    with pytest.raises(CallOutOfTurn):
        call_price(AUCTION, state, number=number, price=yuan(1_000_000), now=LATER)


def test_a_call_or_hammer_for_a_price_that_moved_on_is_void() -> None:
    state = called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3)
    with pytest.raises(PriceMovedOn):
        hammer(AUCTION, state, plate=7, price=yuan(999_999), now=LATER)
    with pytest.raises(PriceMovedOn):
        call_price(AUCTION, bid(AUCTION, state, 8, 1_050_000), number=1, price=yuan(1_000_000), now=LATER)


@pytest.mark.parametrize("plate", [8, None])
def test_the_hammer_needs_the_leading_plate(plate: int | None) -> None:
    state = called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3)
    with pytest.raises(HammerForOtherPlate):
        hammer(AUCTION, state, plate=plate, price=yuan(1_000_000), now=LATER)


def test_nobody_bids_and_the_lot_is_withdrawn_after_three_calls_of_the_starting_price() -> None:
    state = hammered(called(AUCTION, opened(AUCTION), 3))
    step = close_by_clock(AUCTION, state, reserve=None, now=LATER + SETTLE_DELAY)
    assert step.event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)
    assert step.state.stage is Stage.WITHDRAWN


@pytest.mark.parametrize(("reserve", "stage"), [(1_000_001, Stage.WITHDRAWN), (1_000_000, Stage.SOLD)])
def test_a_highest_bid_below_the_reserve_has_no_effect(reserve: int, stage: Stage) -> None:
    """拍卖法: below the reserve the lot is withdrawn; at the reserve it is sold. The reserve is told only now."""
    state = hammered(called(AUCTION, bid(AUCTION, opened(AUCTION), 7, 1_000_000), 3))
    step = close_by_clock(AUCTION, state, reserve=yuan(reserve), now=LATER + SETTLE_DELAY)
    assert step.state.stage is stage
    assert isinstance(step.event, Sold | Withdrawn)
    assert step.event.reserve == yuan(reserve)


def test_there_is_no_call_hammer_or_bid_before_the_opening_after_the_end_or_while_suspended() -> None:
    with pytest.raises(NotOpenedYet):
        call_price(AUCTION, AuctionState(), number=1, price=AUCTION.starting_price, now=START)
    state = called(AUCTION, opened(AUCTION), 3)
    with pytest.raises(SaleFrozen):
        hammered(structs.replace(state, stage=Stage.FROZEN))
    ended = close_by_clock(AUCTION, hammered(state), reserve=None, now=LATER + SETTLE_DELAY).state
    with pytest.raises(AlreadyEnded):
        hammered(ended)
    with pytest.raises(AlreadyEnded):
        close_by_clock(AUCTION, ended, reserve=None, now=LATER + WINDOW)
    with pytest.raises(BiddingEnded):
        bid(AUCTION, ended, 7, 1_000_000)


def test_timed_bidding_knows_no_calls() -> None:
    with pytest.raises(NoAuctioneerHere):
        call_price(TIMED, opened(TIMED), number=1, price=TIMED.starting_price, now=LATER)
    with pytest.raises(NoAuctioneerHere):
        hammer(TIMED, opened(TIMED), plate=None, price=TIMED.starting_price, now=LATER)


# --- closing by the clock ------------------------------------------------------------------------------------------


def test_timed_bidding_closes_one_settle_delay_after_its_moment_and_not_before() -> None:
    state = bid(TIMED, opened(TIMED), 7, 1_000_000)
    assert state.closes_at is not None
    settled_at = state.closes_at + SETTLE_DELAY
    with pytest.raises(CountdownRunning):
        close_by_clock(TIMED, state, reserve=None, now=settled_at - MICROSECOND)
    step = close_by_clock(TIMED, state, reserve=None, now=settled_at)
    assert step.event == Sold(price=yuan(1_000_000), plate=7, reserve=None)


def test_timed_bidding_without_a_bid_is_withdrawn() -> None:
    step = close_by_clock(TIMED, opened(TIMED), reserve=None, now=START + WINDOW + SETTLE_DELAY)
    assert step.event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)


def test_the_clock_does_not_end_an_auction() -> None:
    with pytest.raises(AuctioneerCloses):
        close_by_clock(AUCTION, opened(AUCTION), reserve=None, now=START + timedelta(days=9))


# --- time ----------------------------------------------------------------------------------------------------------


def test_time_never_runs_backwards_within_a_lot() -> None:
    state = bid(TIMED, opened(TIMED), 7, 1_000_000, START + 10 * SECOND)
    step = place_bid(TIMED, state, Bid(8, yuan(1_050_000)), START + 4 * SECOND)
    assert step.at == START + 10 * SECOND
    assert step.state.closes_at == state.closes_at

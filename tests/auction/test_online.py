"""Property rights online auction: extension, secret maxima, the priority right. Each test names the rule it holds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from auction.refusals import (
    AlreadyLeading,
    BidAfterClosing,
    BidBelowStartingPrice,
    BidNotWholeMultiple,
    BidTooLow,
    PlateDisqualified,
)
from auction.refused_limits import MaximumNotRaised, MaximumNotWholeMultiple, MaximumTooLow, NoMaximumHere
from auction.rules import close_by_clock
from auction.sale import (
    BidAccepted,
    BidRefused,
    MaximumSet,
    Phase,
    Sold,
    Stage,
    Withdrawn,
    WithdrawnBecause,
)
from auction.way import Way
from auction.ways.online import lowest_for_priority, lowest_price_of
from tests.auction.examples import SECOND, START, TIMED, yuan
from tests.auction.online_room import DAY, EXTENSION, ONLINE, WHOLE, Room, refusal, shown
from trading.kernel.errors import Refusal

# --- opening, extension, end ---------------------------------------------------------------------------------------


def test_it_is_open_for_the_profiles_time_even_before_anybody_has_registered() -> None:
    room = Room()
    assert (room.state.stage, room.state.closes_at) == (Stage.OPEN, START + DAY)


def test_a_bid_in_the_last_minutes_extends_and_an_earlier_one_does_not() -> None:
    """法释〔2016〕18号 art. 20."""
    room = Room()
    room.bids(1, 100, at=START + DAY - EXTENSION)
    assert room.state.closes_at == START + DAY
    late = START + DAY - EXTENSION + timedelta(microseconds=1)
    room.bids(2, 110, at=late)
    assert room.state.closes_at == late + EXTENSION


def test_there_is_no_limit_to_extensions() -> None:
    room = Room()
    for turn in range(300):
        assert room.state.closes_at is not None
        at = room.state.closes_at - timedelta(microseconds=1)
        room.bids(1 + turn % 2, 100 + 10 * turn, at=at)
        assert room.state.closes_at == at + EXTENSION


def test_a_refused_bid_and_a_maximum_that_bids_nothing_extend_nothing() -> None:
    room = Room()
    room.up_to(1, 200)
    late = START + DAY - SECOND
    refused = [(1, 150, False), (2, 105, False), (2, 109, True), (1, 150, True), (None, 500, False)]
    for plate, price, maximum in refused:
        refusal(room.bids(plate, price, at=late, maximum=maximum))
    [raised] = room.bids(1, 300, at=late, maximum=True)
    assert isinstance(raised.event, MaximumSet)
    assert room.state.closes_at == START + DAY


def test_a_bid_of_the_platform_extends_as_well() -> None:
    room = Room()
    room.up_to(1, 200)
    late = START + DAY - SECOND
    made = room.bids(2, 150, at=late)
    assert [step.event.closes_at for step in made if isinstance(step.event, BidAccepted)] == [late + EXTENSION] * 2


def test_a_bid_that_arrived_earlier_and_is_decided_later_never_shortens_the_time() -> None:
    room = Room()
    late = START + DAY - SECOND
    room.bids(1, 100, at=late)
    room.bids(2, 110, at=late - SECOND)
    assert room.state.closes_at == late + EXTENSION
    assert room.state.decided_at == late


def test_a_bid_at_the_end_is_late() -> None:
    room = Room()
    assert isinstance(refusal(room.bids(1, 100, at=START + DAY)), BidAfterClosing)
    assert isinstance(refusal(room.bids(1, 100, at=START + DAY, maximum=True)), BidAfterClosing)
    assert not room.secrets.maxima


@pytest.mark.parametrize("reserve", [None, 150, 151])
def test_the_highest_bid_wins_at_the_end_unless_it_lies_below_the_reserve(reserve: int | None) -> None:
    """拍卖法: the reserve is not a bidder; a maximum above it does not lift the price to it."""
    room = Room()
    room.up_to(1, 1000)
    room.bids(2, 140)
    end = START + DAY + room.terms.way.settle_delay
    sealed = None if reserve is None else yuan(reserve)
    event = close_by_clock(room.terms, room.state, reserve=sealed, now=end).event
    if reserve == 151:
        assert event == Withdrawn(WithdrawnBecause.BELOW_RESERVE, price=yuan(150), reserve=sealed)
    else:
        assert event == Sold(price=yuan(150), plate=1, reserve=sealed)


def test_nobody_bids_and_the_lot_is_withdrawn() -> None:
    room = Room()
    event = close_by_clock(room.terms, room.state, reserve=None, now=START + DAY + SECOND).event
    assert event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)


# --- secret maxima -------------------------------------------------------------------------------------------------

B, M = False, True  # a bid, a maximum

CASES = [
    ("the first maximum leads at the starting price", [(1, 500, M)], (1, 100)),
    ("a maximum of the starting price is enough", [(1, 100, M)], (1, 100)),
    ("over a bid, one increment", [(1, 100, B), (2, 500, M)], (2, 110)),
    ("the higher maximum leads one increment above the other", [(1, 200, M), (2, 300, M)], (2, 210)),
    ("the standing maximum answers a lower one", [(1, 300, M), (2, 200, M)], (1, 210)),
    ("the price never exceeds the winner's maximum", [(1, 200, M), (2, 205, M)], (2, 205)),
    ("nor when it answers", [(1, 205, M), (2, 200, M)], (1, 205)),
    ("of equal maxima the earlier one leads", [(1, 200, M), (2, 200, M)], (1, 200)),
    ("a bid is answered with one increment more", [(1, 300, M), (2, 200, B)], (1, 210)),
    ("a bid less than one increment below the maximum is answered with it", [(1, 300, M), (2, 295, B)], (1, 300)),
    ("a bid equal to the maximum came later", [(1, 300, M), (2, 300, B)], (1, 300)),
    ("a bid above the maximum leads", [(1, 300, M), (2, 301, B)], (2, 301)),
    ("raising one's own maximum raises no price", [(1, 300, M), (2, 295, B), (1, 900, M)], (1, 300)),
    ("a leader by a bid may set a maximum", [(1, 100, B), (1, 300, M), (2, 200, B)], (1, 210)),
    ("an outbid maximum is spent", [(1, 200, M), (2, 250, B), (3, 260, B)], (3, 260)),
    ("who was outbid may set a higher one", [(1, 200, M), (2, 250, M), (1, 400, M)], (1, 260)),
    ("a bid above one's spent maximum stands alone", [(1, 200, M), (2, 250, B), (1, 260, B), (3, 270, B)], (3, 270)),
    ("a spent maximum of the leader does not count", [(1, 200, M), (2, 250, B), (1, 300, B), (3, 500, M)], (3, 310)),
    ("three maxima", [(1, 200, M), (2, 400, M), (3, 300, M)], (2, 310)),
]  # fmt: skip


@pytest.mark.parametrize(("offers", "stands"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_the_platform_bids(offers: list[tuple[int, int, bool]], stands: tuple[int, int]) -> None:
    """Online auction practice; rules.md §2."""
    room = Room()
    for plate, price, maximum in offers:
        room.bids(plate, price, maximum=maximum)
    assert room.stands == stands
    assert not [step for step in room.steps if isinstance(step.event, BidRefused)]


def test_the_record_shows_the_losers_last_bid_before_the_winners() -> None:
    room = Room()
    assert shown(room.up_to(1, 200)) == [(1, 100, True)]
    assert shown(room.up_to(2, 300)) == [(1, 200, True), (2, 210, True)]
    assert shown(room.bids(3, 290)) == [(3, 290, False), (2, 300, True)]
    assert shown(room.up_to(4, 300)) == []
    assert shown(room.up_to(4, 500)) == [(4, 310, True)]
    assert shown(room.up_to(5, 400)) == [(5, 400, True), (4, 410, True)]


def test_the_record_shows_the_bid_that_a_priority_holder_matched() -> None:
    room = Room(priority=(7,))
    room.up_to(1, 300)
    assert shown(room.up_to(7, 300)) == [(1, 300, True), (7, 300, True)]


def test_maxima_are_kept_in_the_order_in_which_they_were_set() -> None:
    room = Room()
    for plate, price in ((1, 200), (2, 300), (1, 400)):
        room.up_to(plate, price)
    assert [(plate, sealed.price) for plate, sealed in room.secrets.maxima.items()] == [(2, yuan(300)), (1, yuan(400))]


def test_the_answer_to_the_request_is_the_first_step() -> None:
    room = Room()
    room.up_to(1, 500)
    taken, answered = room.bids(2, 200)
    assert taken.event == BidAccepted(2, yuan(200), START + DAY)
    assert answered.event == BidAccepted(1, yuan(210), START + DAY, for_maximum=True)
    assert (answered.state.seq, answered.state.bids) == (taken.state.seq + 1, taken.state.bids + 1)
    was_set, *_ = room.up_to(3, 300)
    assert isinstance(was_set.event, MaximumSet)


def test_a_disqualified_plates_maximum_bids_no_more() -> None:
    room = Room()
    room.up_to(1, 500)
    room.state = structs.replace(room.state, phase=Phase(excluded=(1,)))
    assert shown(room.bids(2, 200)) == [(2, 200, False)]
    assert isinstance(refusal(room.up_to(1, 900)), PlateDisqualified)


REFUSED = [
    ([(1, 99, M)], MaximumTooLow),
    ([(1, 99, B)], BidBelowStartingPrice),
    ([(1, 100, B), (2, 109, M)], MaximumTooLow),
    ([(1, 100, B), (2, 109, B)], BidTooLow),
    ([(1, 100, B), (1, 200, B)], AlreadyLeading),
    ([(1, 100, B), (1, 100, M)], MaximumNotRaised),
    ([(1, 300, M), (1, 300, M)], MaximumNotRaised),
    ([(1, 300, M), (1, 200, M)], MaximumNotRaised),
    ([(1, 300, M), (2, 200, B), (1, 205, M)], MaximumNotRaised),
]


@pytest.mark.parametrize(("offers", "reason"), REFUSED)
def test_what_is_refused_changes_nothing(offers: list[tuple[int, int, bool]], reason: type[Refusal]) -> None:
    room = Room()
    *before, (plate, price, maximum) = offers
    for earlier in before:
        room.bids(earlier[0], earlier[1], maximum=earlier[2])
    stood, known = room.stands, dict(room.secrets.maxima)
    assert isinstance(refusal(room.bids(plate, price, maximum=maximum)), reason)
    assert (room.stands, room.secrets.maxima) == (stood, known)


def test_where_prices_are_whole_increments_maxima_are_too() -> None:
    room = Room(WHOLE)
    assert isinstance(refusal(room.up_to(1, 205)), MaximumNotWholeMultiple)
    room.up_to(1, 300)
    assert isinstance(refusal(room.bids(2, 205)), BidNotWholeMultiple)
    assert isinstance(refusal(room.up_to(1, 305)), MaximumNotWholeMultiple)
    room.bids(2, 200)
    assert room.stands == (1, 210)


def test_a_maximum_is_refused_where_the_platform_bids_for_nobody_and_not_taken_for_a_bid() -> None:
    assert ONLINE.way.online is not None
    without = replace(ONLINE, way=Way(online=replace(ONLINE.way.online, proxy_bids=False)))
    assert isinstance(refusal(Room(without).up_to(1, 500)), NoMaximumHere)
    assert isinstance(refusal(Room(replace(TIMED, minimum_bidders=0)).up_to(1, 2_000_000)), NoMaximumHere)


# --- priority right ------------------------------------------------------------------------------------------------


PRIORITY_CASES = [
    ("the standing price may be matched", [(1, 200, B), (7, 200, B)], (7, 200)),
    ("others must then exceed it", [(1, 200, B), (7, 200, B), (1, 210, B)], (1, 210)),
    ("and may be matched again", [(1, 200, B), (7, 200, B), (1, 210, B), (7, 210, B)], (7, 210)),
    ("a maximum matches and asks for no increment", [(1, 200, B), (7, 900, M)], (7, 200)),
    ("a holder's maximum answers with the same price", [(7, 900, M), (1, 200, B)], (7, 200)),
    ("a holder's maximum goes before an earlier equal one", [(1, 300, M), (7, 300, M)], (7, 300)),
    ("a match is answered by a higher maximum", [(1, 300, M), (2, 200, B), (7, 210, B)], (1, 220)),
    ("a match of a whole maximum stands", [(1, 300, M), (2, 300, B), (7, 300, B)], (7, 300)),
    ("the earlier match leads among holders", [(1, 200, B), (7, 200, B), (8, 210, B)], (8, 210)),
    ("a holder may bid more like everybody", [(1, 200, B), (7, 500, B)], (7, 500)),
]


@pytest.mark.parametrize(
    ("offers", "stands"), [case[1:] for case in PRIORITY_CASES], ids=[case[0] for case in PRIORITY_CASES]
)
def test_who_holds_a_priority_right_may_match(offers: list[tuple[int, int, bool]], stands: tuple[int, int]) -> None:
    """法释〔2016〕18号 art. 21."""
    room = Room(priority=(7, 8))
    for plate, price, maximum in offers:
        room.bids(plate, price, maximum=maximum)
    assert room.stands == stands
    assert not [step for step in room.steps if isinstance(step.event, BidRefused)]


def test_before_the_first_bid_a_holder_starts_where_everybody_does() -> None:
    room = Room(priority=(7,))
    assert lowest_for_priority(room.terms, room.state) == room.terms.starting_price


def test_only_a_holder_may_match_and_only_somebody_without_priority() -> None:
    room = Room(priority=(7, 8))
    room.bids(1, 200)
    assert lowest_price_of(room.terms, room.state, 7) == lowest_for_priority(room.terms, room.state) == yuan(200)
    assert isinstance(refusal(room.bids(2, 200)), BidTooLow)
    assert isinstance(refusal(room.bids(7, 205)), BidTooLow)
    room.bids(7, 200)
    assert lowest_for_priority(room.terms, room.state) == lowest_price_of(room.terms, room.state, 8) == yuan(210)
    assert isinstance(refusal(room.bids(8, 200)), BidTooLow)
    assert isinstance(refusal(room.bids(7, 200)), AlreadyLeading)

"""The rules of a live land sale: what may be opened, bid, called and hammered, and what follows. Pure.

Two ways of selling. In an AUCTION (拍卖) an auctioneer calls the price three times and lets the hammer fall. In TIMED
BIDDING (限时竞价) a countdown is reset by every valid bid and the highest bid at its end wins.

Every use case takes the terms, the state and the moment of decision, and returns a `Step`: the state that follows and
the event that led there. A rule that says no raises a `Refusal` and there is no step. The number of an event is the
number of its entry in the lot's journal stream, so it rises by one, without gaps. The moment of a decision never lies
before the one of an earlier decision of the same lot, whatever the clock says.

Sources: "39号" is 国土资源部令39号 (招标拍卖挂牌出让国有建设用地使用权规定), "拍卖法" the Auction Law; Fujian and
Suzhou are the local rules of timed bidding. Their status is kept in docs/laws.md.
"""

from dataclasses import replace
from datetime import datetime

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
    EnoughBidders,
    HammerBeforeThreeCalls,
    HammerForOtherPlate,
    NoAuctioneerHere,
    NotOpenedYet,
    OpeningTooEarly,
    PriceMovedOn,
    RegistrationStillOpen,
    TooFewBidders,
)
from auction.sale import (
    ENDED,
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    Called,
    CalledOff,
    Opened,
    Resumed,
    Sold,
    Stage,
    Step,
    Withdrawn,
    WithdrawnBecause,
)
from trading.kernel.errors import Refusal
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod

CALLS_BEFORE_HAMMER = 3  # Source: 39号; the same price called three times with no higher bid.


def open_sale(terms: AuctionTerms, state: AuctionState, *, qualified: int, now: datetime) -> Step:
    """Open the sale: from now on bids are taken; in timed bidding the countdown starts.

    Refusals: AlreadyOpened, AlreadyEnded, OpeningTooEarly, RegistrationStillOpen, TooFewBidders.
    Source: 39号 (an auction with fewer than three bidders does not take place; one is enough for a listing); Fujian
    rules art. 22 (registration closes before the sale).
    """
    now = _moment(state, now)
    _check_may_begin(terms, state, now)
    if qualified < terms.minimum_bidders:
        raise TooFewBidders(qualified=qualified, needed=terms.minimum_bidders)
    closes_at = now + terms.window if terms.window is not None else None
    opened = _next(state, now, stage=Stage.OPEN, opened_at=now, closes_at=closes_at)
    return Step(opened, Opened(qualified=qualified, closes_at=closes_at))


def call_off(terms: AuctionTerms, state: AuctionState, *, qualified: int, now: datetime) -> Step:
    """Call the sale off because too few bidders are qualified; possible when it could otherwise be opened.

    Refusals: AlreadyOpened, AlreadyEnded, OpeningTooEarly, RegistrationStillOpen, EnoughBidders.
    Source: 39号.
    """
    now = _moment(state, now)
    _check_may_begin(terms, state, now)
    if qualified >= terms.minimum_bidders:
        raise EnoughBidders(qualified=qualified, needed=terms.minimum_bidders)
    ended = _next(state, now, stage=Stage.CALLED_OFF, ended_at=now)
    return Step(ended, CalledOff(qualified=qualified, needed=terms.minimum_bidders))


def place_bid(terms: AuctionTerms, state: AuctionState, bid: Bid, now: datetime) -> Step:
    """Take a bid. It leads from now on, resets the calls and, in timed bidding, the countdown (no cap on resets).

    A bid cannot be withdrawn: there is no such use case. Of two equal prices the first decided wins; the second is
    below the lowest valid price. The leader may not raise himself: nobody gains by it, while a slip of the finger, or
    a client sending twice, would make him pay an increment that nobody asked for.

    Refusals: BiddingNotOpen, BiddingEnded, BidAfterClosing, BidderNotQualified, AlreadyLeading, BidBelowStartingPrice,
    BidTooLow, BidNotWholeMultiple.
    Source: 39号 and local rules (at least current + increment, first at the server wins, never withdrawn); Suzhou and
    Fujian rules of timed bidding (reset by every valid bid, without limit); Fujian art. 41, 53 (time at the server).
    """
    now = _moment(state, now)
    _check_open_for_bids(terms, state, now)
    if bid.plate is None:
        raise BidderNotQualified()
    if state.price is not None and bid.plate == state.plate:
        raise AlreadyLeading(price=state.price)
    _check_price(terms, state, bid.price)
    closes_at = now + terms.window if terms.window is not None else None
    leading = _next(state, now, price=bid.price, plate=bid.plate, bids=state.bids + 1, calls=0, closes_at=closes_at)
    return Step(leading, BidAccepted(plate=bid.plate, price=bid.price, closes_at=closes_at))


def note_refusal(state: AuctionState, refusal: Refusal, now: datetime) -> Step:
    """Record that a bid was refused. Nothing of the sale changes: not the price, not the calls, not the countdown.

    Source: Suzhou and Fujian rules (a refused bid never resets the countdown).
    """
    return Step(_next(state, _moment(state, now)), BidRefused(refusal))


def decide_bid(terms: AuctionTerms, state: AuctionState, bid: Bid, now: datetime) -> Step:
    """Take the bid or record its refusal: every bid that reaches the lot is one event."""
    try:
        return place_bid(terms, state, bid, now)
    except Refusal as refusal:
        return note_refusal(state, refusal, now)


def call_price(terms: AuctionTerms, state: AuctionState, *, number: int, price: Money, now: datetime) -> Step:
    """The auctioneer calls the standing price for the first, second or third time.

    `price` is what the auctioneer saw: a bid that arrived meanwhile makes the call void. Before the first bid the
    starting price is called.

    Refusals: NoAuctioneerHere, NotOpenedYet, AlreadyEnded, PriceMovedOn, CallOutOfTurn.
    Source: 39号; 拍卖法 (the price is called three times before the hammer).
    """
    now = _moment(state, now)
    _check_auctioneer_acts(terms, state)
    standing = state.price or terms.starting_price
    if price != standing:
        raise PriceMovedOn(price=standing)
    if number != state.calls + 1 or number > CALLS_BEFORE_HAMMER:
        raise CallOutOfTurn(number=number, calls=state.calls)
    return Step(_next(state, now, calls=number), Called(number=number, price=standing, plate=state.plate))


def hammer(
    terms: AuctionTerms, state: AuctionState, *, plate: int | None, price: Money, reserve: Money | None, now: datetime
) -> Step:
    """The hammer falls: the leading plate has bought, or the lot is withdrawn (nobody bid, or below the reserve).

    `plate` and `price` are what the auctioneer saw and confirmed; plate is None when nobody bid.

    Refusals: NoAuctioneerHere, NotOpenedYet, AlreadyEnded, PriceMovedOn, HammerBeforeThreeCalls, HammerForOtherPlate.
    Source: 39号; 拍卖法 (reserve: a highest bid below it has no effect).
    """
    now = _moment(state, now)
    _check_auctioneer_acts(terms, state)
    standing = state.price or terms.starting_price
    if price != standing:
        raise PriceMovedOn(price=standing)
    if state.calls < CALLS_BEFORE_HAMMER:
        raise HammerBeforeThreeCalls(calls=state.calls)
    if plate != state.plate:
        raise HammerForOtherPlate()
    return _conclude(state, reserve, now)


def close_by_clock(terms: AuctionTerms, state: AuctionState, *, reserve: Money | None, now: datetime) -> Step:
    """End timed bidding whose countdown has run out: closed at `now >= closes_at`, not before.

    Refusals: AuctioneerCloses, NotOpenedYet, AlreadyEnded, CountdownRunning.
    Source: Suzhou and Fujian rules of timed bidding; a deadline is a moment, refused at 17:00:00.000.
    """
    now = _moment(state, now)
    if terms.method is not SellingMethod.TIMED_BIDDING:
        raise AuctioneerCloses()
    _check_running(state)
    assert state.closes_at is not None
    if now < state.closes_at:
        raise CountdownRunning(closes_at=state.closes_at)
    return _conclude(state, reserve, now)


def resume_after_absence(terms: AuctionTerms, state: AuctionState, *, absent_since: datetime, now: datetime) -> Step:
    """Start the countdown of timed bidding anew, because the platform was away and nobody could bid.

    Without it a lot whose countdown ran out meanwhile would go to whoever led when the power failed.

    Refusals: AuctioneerCloses, NotOpenedYet, AlreadyEnded.
    Source: Fujian rules art. 55, 58 (in the auction phase a resumed sale restarts with the full window).
    """
    now = _moment(state, now)
    if terms.window is None:
        raise AuctioneerCloses()
    _check_running(state)
    resumed = _next(state, now, closes_at=now + terms.window)
    return Step(resumed, Resumed(absent_since=absent_since, closes_at=now + terms.window))


def lowest_valid_price(terms: AuctionTerms, state: AuctionState) -> Money:
    """The lowest price the next bid may have: the starting price, or the standing price plus one increment."""
    return terms.starting_price if state.price is None else state.price + terms.increment


def _conclude(state: AuctionState, reserve: Money | None, now: datetime) -> Step:
    if state.price is None or state.plate is None:
        ended = _next(state, now, stage=Stage.WITHDRAWN, ended_at=now)
        return Step(ended, Withdrawn(WithdrawnBecause.NOBODY_BID, highest=None, reserve=reserve))
    if reserve is not None and state.price < reserve:
        ended = _next(state, now, stage=Stage.WITHDRAWN, ended_at=now)
        return Step(ended, Withdrawn(WithdrawnBecause.BELOW_RESERVE, highest=state.price, reserve=reserve))
    ended = _next(state, now, stage=Stage.SOLD, ended_at=now)
    return Step(ended, Sold(price=state.price, plate=state.plate, reserve=reserve))


def _check_may_begin(terms: AuctionTerms, state: AuctionState, now: datetime) -> None:
    if state.stage is Stage.OPEN:
        raise AlreadyOpened()
    if state.stage in ENDED:
        raise AlreadyEnded()
    if now < terms.starts_at:
        raise OpeningTooEarly(starts_at=terms.starts_at)
    if now < terms.registration_closes_at:
        raise RegistrationStillOpen(closes_at=terms.registration_closes_at)


def _check_running(state: AuctionState) -> None:
    if state.stage is Stage.WAITING:
        raise NotOpenedYet()
    if state.stage in ENDED:
        raise AlreadyEnded()


def _check_auctioneer_acts(terms: AuctionTerms, state: AuctionState) -> None:
    if terms.method is not SellingMethod.AUCTION:
        raise NoAuctioneerHere()
    _check_running(state)


def _check_open_for_bids(terms: AuctionTerms, state: AuctionState, now: datetime) -> None:
    if state.stage is Stage.WAITING:
        raise BiddingNotOpen(starts_at=terms.starts_at)
    if state.stage in ENDED:
        assert state.ended_at is not None
        raise BiddingEnded(ended_at=state.ended_at)
    if state.closes_at is not None and now >= state.closes_at:
        raise BidAfterClosing(closes_at=state.closes_at, decided_at=now)


def _check_price(terms: AuctionTerms, state: AuctionState, price: Money) -> None:
    lowest = lowest_valid_price(terms, state)
    if state.price is None and price < lowest:
        raise BidBelowStartingPrice(offered=price, lowest=lowest)
    if state.price is not None and price < lowest:
        raise BidTooLow(offered=price, lowest=lowest, current=state.price)
    over = (price.fen - terms.starting_price.fen) % terms.increment.fen
    if terms.whole_multiple and over:
        below = Money(price.fen - over)
        raise BidNotWholeMultiple(offered=price, increment=terms.increment, below=below, above=below + terms.increment)


def _moment(state: AuctionState, now: datetime) -> datetime:
    """The moment of this decision: the clock's, but never before the lot's last one."""
    return now if state.decided_at is None else max(now, state.decided_at)


def _next(state: AuctionState, now: datetime, **changes: object) -> AuctionState:
    """The state after one more event at `now`."""
    return replace(state, seq=state.seq + 1, decided_at=now, **changes)  # type: ignore[arg-type]  # names checked by replace

"""The rules that all ways of selling share: what may be opened, bid, called and hammered, and what follows. Pure.

In an AUCTION (拍卖) an auctioneer calls the price three times and lets the hammer fall. In TIMED BIDDING (限时竞价) a
countdown is reset by every valid bid and the highest bid at its end wins. What the other ways add has a module of its
own in `auction.ways`; `auction.deciding` chooses among them.

Every use case takes the terms, the state and the moment of decision, and returns a `Step`: the state that follows and
the event that led there. A rule that says no raises a `Refusal` and there is no step. The number of an event is the
number of its entry in the lot's journal stream, so it rises by one, without gaps. The moment of a decision never lies
before the one of an earlier decision of the same lot, whatever the clock says. A bid is judged by the moment at which
its frame reached a server; nothing is closed before `settle_delay` has passed since the stage's end, so that a bid that
arrived in time and was decided later still counts.

Sources: "39号" is 国土资源部令39号 (招标拍卖挂牌出让国有建设用地使用权规定), "拍卖法" the Auction Law; Fujian and
Suzhou are the local rules of timed bidding. Their status is kept in docs/laws.md.
"""

from datetime import datetime, timedelta

import msgspec

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
    QuotingHasStopped,
    RegistrationStillOpen,
    SaleFrozen,
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
    HammerFell,
    Opened,
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
    """Open the sale in the first stage of its way of selling; where a countdown runs, it starts.

    Refusals: AlreadyOpened, AlreadyEnded, OpeningTooEarly, RegistrationStillOpen, TooFewBidders.
    Source: 39号 (an auction with fewer than three bidders does not take place; one is enough for a listing); Fujian
    rules art. 22 (registration closes before an auction).
    """
    now = moment_of(state, now)
    _check_may_begin(terms, state, now)
    if not may_open_with(terms, qualified):
        raise TooFewBidders(qualified=qualified, needed=terms.minimum_bidders)
    stage, closes_at = _first_stage(terms, now)
    opened = next_state(state, now, stage=stage, opened_at=now, closes_at=closes_at)
    return Step(opened, Opened(qualified=qualified, closes_at=closes_at))


def may_open_with(terms: AuctionTerms, qualified: int) -> bool:
    """Whether enough bidders are there to open; where they may still come, that is asked at the end."""
    return terms.method.takes_bidders_while_it_runs or qualified >= terms.minimum_bidders


def _first_stage(terms: AuctionTerms, now: datetime) -> tuple[Stage, datetime | None]:
    way, late = terms.way, now - terms.starts_at
    moved = late if late > way.longest_absence else timedelta()  # the platform was away: nobody could quote meanwhile
    if way.listing is not None:
        return Stage.LISTING, way.listing.quoting_ends_at + moved
    if way.tender is not None:
        return Stage.SEALED, way.tender.quotes_until + moved
    if way.online is not None:
        return Stage.OPEN, now + way.online.open_for
    return Stage.OPEN, now + terms.window if terms.window is not None else None


def call_off(terms: AuctionTerms, state: AuctionState, *, qualified: int, now: datetime) -> Step:
    """Call the sale off because too few bidders are qualified; possible when it could otherwise be opened.

    Refusals: AlreadyOpened, AlreadyEnded, OpeningTooEarly, RegistrationStillOpen, EnoughBidders.
    Source: 39号.
    """
    now = moment_of(state, now)
    _check_may_begin(terms, state, now)
    if may_open_with(terms, qualified):
        raise EnoughBidders(qualified=qualified, needed=terms.minimum_bidders)
    ended = next_state(state, now, stage=Stage.CALLED_OFF, ended_at=now)
    return Step(ended, CalledOff(qualified=qualified, needed=terms.minimum_bidders))


def place_bid(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime) -> Step:
    """Take a bid that reached a server at `arrived_at`. It leads from now on, resets the calls (and a hammer that fell
    while it was on its way) and, in timed bidding, the countdown (no cap on resets).

    A bid cannot be withdrawn: there is no such use case. Of two equal prices the first decided wins; the second is
    below the lowest valid price. The leader may not raise himself: nobody gains by it, while a slip of the finger, or
    a client sending twice, would make him pay an increment that nobody asked for.

    Refusals: BiddingNotOpen, QuotingHasStopped, BiddingEnded, BidAfterClosing, SaleFrozen, NotAtThisStage,
    BidderNotQualified, PlateDisqualified, NotEntrant, AlreadyLeading, BidBelowStartingPrice, BidTooLow,
    BidNotWholeMultiple.
    Source: 39号 and local rules (at least current + increment, first at the server wins, never withdrawn); Suzhou and
    Fujian rules of timed bidding (reset by every valid bid, without limit); Fujian art. 41, 53 (time at the server).
    """
    now = moment_of(state, arrived_at)
    check_open_for_bids(terms, state, arrived_at)
    check_stage(state, Stage.OPEN)
    plate = check_plate(state, bid.plate)
    if state.price is not None and plate == state.plate:
        raise AlreadyLeading(price=state.price)
    check_price(terms, state, bid.price)
    closes_at = now + terms.window if terms.window is not None else None
    leading = next_state(state, now, price=bid.price, plate=plate, bids=state.bids + 1, calls=0, closes_at=closes_at)
    return Step(leading, BidAccepted(plate=plate, price=bid.price, closes_at=closes_at))


def note_refusal(state: AuctionState, refusal: Refusal, now: datetime) -> Step:
    """Record that a bid was refused. Nothing of the sale changes: not the price, not the calls, not the countdown.

    Source: Suzhou and Fujian rules (a refused bid never resets the countdown).
    """
    return Step(next_state(state, moment_of(state, now)), BidRefused(refusal))


def call_price(terms: AuctionTerms, state: AuctionState, *, number: int, price: Money, now: datetime) -> Step:
    """The auctioneer calls the standing price for the first, second or third time.

    `price` is what the auctioneer saw: a bid that arrived meanwhile makes the call void. Before the first bid the
    starting price is called.

    Refusals: NoAuctioneerHere, NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, EndBeingDecided, PriceMovedOn,
    CallOutOfTurn.
    Source: 39号; 拍卖法 (the price is called three times before the hammer).
    """
    now = moment_of(state, now)
    _check_auctioneer_acts(terms, state)
    standing = state.price or terms.starting_price
    if price != standing:
        raise PriceMovedOn(price=standing)
    if number != state.calls + 1 or number > CALLS_BEFORE_HAMMER:
        raise CallOutOfTurn(number=number, calls=state.calls)
    return Step(next_state(state, now, calls=number), Called(number=number, price=standing, plate=state.plate))


def hammer(terms: AuctionTerms, state: AuctionState, *, plate: int | None, price: Money, now: datetime) -> Step:
    """The hammer falls: from now on bids are late. `close_by_clock` concludes the sale after the settle delay.

    `plate` and `price` are what the auctioneer saw and confirmed; plate is None when nobody bid. A bid that reached a
    server before this moment and is decided after it makes the hammer void, and the sale goes on.

    Refusals: NoAuctioneerHere, NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, EndBeingDecided, PriceMovedOn,
    HammerBeforeThreeCalls, HammerForOtherPlate.
    Source: 39号; 拍卖法; Fujian art. 41, 53 (a bid counts by its arrival at the server).
    """
    now = moment_of(state, now)
    _check_auctioneer_acts(terms, state)
    standing = state.price or terms.starting_price
    if price != standing:
        raise PriceMovedOn(price=standing)
    if state.calls < CALLS_BEFORE_HAMMER:
        raise HammerBeforeThreeCalls(calls=state.calls)
    if plate != state.plate:
        raise HammerForOtherPlate()
    return Step(next_state(state, now, closes_at=now), HammerFell(price=standing, plate=plate, closes_at=now))


def close_by_clock(terms: AuctionTerms, state: AuctionState, *, reserve: Money | None, now: datetime) -> Step:
    """End bidding whose countdown has run out, or on which the hammer fell, once the settle delay has passed.

    Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, AuctioneerCloses, CountdownRunning.
    Source: Suzhou and Fujian rules of timed bidding; a deadline is a moment, refused at 17:00:00.000; 拍卖法 (a
    highest bid below the reserve has no effect).
    """
    check_stage(state, Stage.OPEN)
    return conclude(state, reserve, check_stage_is_over(terms, state, now))


def increment_of(terms: AuctionTerms, state: AuctionState) -> Money:
    """The increment that counts now: as announced, or as the auctioneer changed it."""
    return state.phase.increment or terms.increment


def lowest_valid_price(terms: AuctionTerms, state: AuctionState) -> Money:
    """The lowest price the next bid may have: the starting price, or the standing price plus one increment."""
    return terms.starting_price if state.price is None else state.price + increment_of(terms, state)


def conclude(state: AuctionState, reserve: Money | None, now: datetime) -> Step:
    """The end: the highest bid wins, unless there is none or it lies below the reserve."""
    if state.price is None or state.plate is None:
        ended = next_state(state, now, stage=Stage.WITHDRAWN, ended_at=now)
        return Step(ended, Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=reserve))
    if reserve is not None and state.price < reserve:
        ended = next_state(state, now, stage=Stage.WITHDRAWN, ended_at=now)
        return Step(ended, Withdrawn(WithdrawnBecause.BELOW_RESERVE, price=state.price, reserve=reserve))
    ended = next_state(state, now, stage=Stage.SOLD, ended_at=now)
    return Step(ended, Sold(price=state.price, plate=state.plate, reserve=reserve))


def _check_may_begin(terms: AuctionTerms, state: AuctionState, now: datetime) -> None:
    if state.stage in ENDED:
        raise AlreadyEnded()
    if state.stage is not Stage.WAITING:
        raise AlreadyOpened()
    if now < terms.starts_at:
        raise OpeningTooEarly(starts_at=terms.starts_at)
    if now < terms.registration_closes_at and not terms.method.takes_bidders_while_it_runs:
        raise RegistrationStillOpen(closes_at=terms.registration_closes_at)


def check_running(state: AuctionState) -> None:
    """Refuse what asks for a sale that has been opened and has not ended. Refusals: NotOpenedYet, AlreadyEnded."""
    if state.stage is Stage.WAITING:
        raise NotOpenedYet()
    if state.stage in ENDED:
        raise AlreadyEnded()


def check_stage(state: AuctionState, stage: Stage) -> None:
    """Refuse what belongs to another stage. Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage."""
    check_running(state)
    if state.stage is Stage.FROZEN and stage is not Stage.FROZEN:
        raise SaleFrozen()
    if state.stage is not stage:
        raise NotAtThisStage()


def check_stage_is_over(terms: AuctionTerms, state: AuctionState, now: datetime) -> datetime:
    """The moment at which a stage that has run out is ended. Refusals: AuctioneerCloses, CountdownRunning."""
    now = moment_of(state, now)
    if state.closes_at is None:
        raise AuctioneerCloses()
    if now < state.closes_at + terms.way.settle_delay:
        raise CountdownRunning(closes_at=state.closes_at)
    return now


def _check_auctioneer_acts(terms: AuctionTerms, state: AuctionState) -> None:
    if terms.method is not SellingMethod.AUCTION:
        raise NoAuctioneerHere()
    check_stage(state, Stage.OPEN)
    if state.closes_at is not None:
        raise EndBeingDecided()


def check_open_for_bids(terms: AuctionTerms, state: AuctionState, arrived_at: datetime) -> None:
    """Refuse a bid, quote or number that no stage takes, or that arrived at its end or later.

    Refusals: BiddingNotOpen, QuotingHasStopped, BiddingEnded, SaleFrozen, BidAfterClosing.
    """
    if state.stage in ENDED:
        assert state.ended_at is not None
        raise BiddingEnded(ended_at=state.ended_at)
    if state.stage is Stage.FROZEN:
        raise SaleFrozen()
    if state.stage is Stage.DECLARING and state.closes_at is not None:
        raise QuotingHasStopped(closes_at=state.closes_at)
    if state.stage in (Stage.WAITING, Stage.PREPARING):
        raise BiddingNotOpen(starts_at=state.closes_at or terms.starts_at)
    if state.closes_at is not None and arrived_at >= state.closes_at:
        raise BidAfterClosing(closes_at=state.closes_at, decided_at=arrived_at)


def check_plate(state: AuctionState, plate: int | None) -> int:
    """The plate, unless it may not bid at this stage. Refusals: BidderNotQualified, PlateDisqualified, NotEntrant."""
    if plate is None:
        raise BidderNotQualified()
    if plate in state.phase.excluded:
        raise PlateDisqualified()
    if state.phase.entrants is not None and plate not in state.phase.entrants:
        raise NotEntrant()
    return plate


def check_price(terms: AuctionTerms, state: AuctionState, price: Money) -> None:
    """Refuse a price that is too low, or not a whole number of increments above where it must be.

    Refusals: BidBelowStartingPrice, BidTooLow, BidNotWholeMultiple.
    """
    lowest = lowest_valid_price(terms, state)
    if state.price is None and price < lowest:
        raise BidBelowStartingPrice(offered=price, lowest=lowest)
    if state.price is not None and price < lowest:
        raise BidTooLow(offered=price, lowest=lowest, current=state.price)
    if not terms.whole_multiple:
        return
    increment = increment_of(terms, state)
    over = (price.fen - (lowest.fen if state.price is not None else terms.starting_price.fen)) % increment.fen
    if over:
        below = Money(price.fen - over)
        raise BidNotWholeMultiple(offered=price, increment=increment, below=below, above=below + increment)


def moment_of(state: AuctionState, now: datetime) -> datetime:
    """The moment of this decision: the clock's, but never before the lot's last one."""
    return now if state.decided_at is None else max(now, state.decided_at)


def next_state(state: AuctionState, now: datetime, **changes: object) -> AuctionState:
    """The state after one more event at `now`."""
    return msgspec.structs.replace(state, seq=state.seq + 1, decided_at=now, **changes)

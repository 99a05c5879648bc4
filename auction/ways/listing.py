"""Listing (挂牌): quotes over days, and timed bidding at its end if there is rivalry. Pure.

Where bidders are asked (Suzhou) quoting stops before the listing ends, and those who quoted declare meanwhile whether
they will take part in timed bidding: two are enough. Where the last quotes decide (Fujian) quoting runs to the end, and
two plates that quoted in the last part of the listing are enough. Otherwise the highest quote wins.

Ends are kept in the state, for a suspension moves them: the terms only say how long each part is.
"""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from auction import rules
from auction.refusals import NotEntrant
from auction.refused_orders import AlreadyDeclared, DeclarationTooLate
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    Declared,
    QuotingEnded,
    Stage,
    Step,
    TimedBiddingDecided,
    TimedBiddingOpened,
)
from auction.way import ListingTerms
from trading.kernel.money import Money
from trading.projects.profiles import ListingDecision, TimedEntry, TimedStart

RIVALS = 2  # Source: Suzhou and Fujian rules; timed bidding needs two.


def place_quote(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime) -> Step:
    """Take a quote. It leads from now on; the end of the listing stays where it is.

    Of two equal quotes the first decided wins. The leader may raise its own quote: under the rules of Fujian a quote
    in the last part keeps a plate in the contest.

    Refusals: see `rules.place_bid`, without AlreadyLeading.
    Source: 39号 and local rules (at least the starting price, then current + increment; first at the server wins).
    """
    now = rules.moment_of(state, arrived_at)
    rules.check_open_for_bids(terms, state, arrived_at)
    rules.check_stage(state, Stage.LISTING)
    plate = rules.check_plate(state, bid.plate)
    rules.check_price(terms, state, bid.price)
    leading = rules.next_state(state, now, price=bid.price, plate=plate, bids=state.bids + 1)
    return Step(leading, BidAccepted(plate=plate, price=bid.price, closes_at=state.closes_at))


def end_quoting(terms: AuctionTerms, state: AuctionState, now: datetime) -> Step:
    """Quoting has stopped; bidders declare until the listing ends. Where the clock comes late they get the whole time.

    Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, CountdownRunning.
    Source: Suzhou rules (quoting stops one hour before the listing ends).
    """
    listing = _listing_of(terms)
    rules.check_stage(state, Stage.LISTING)
    now = rules.check_stage_is_over(terms, state, now)
    assert state.closes_at is not None
    stopped_at = now if now - state.closes_at > terms.way.longest_absence else state.closes_at
    closes_at = stopped_at + (listing.ends_at - listing.quoting_ends_at)
    declaring = rules.next_state(state, now, stage=Stage.DECLARING, closes_at=closes_at)
    return Step(declaring, QuotingEnded(price=state.price, plate=state.plate, closes_at=closes_at))


def declare(
    terms: AuctionTerms, state: AuctionState, *, plate: int | None, quoted: Set[int], arrived_at: datetime
) -> Step:
    """A plate declares that it will take part in timed bidding. The plate that leads must declare like the others.

    `quoted`: the plates that gave a quote; where only those may enter, only those may declare.

    Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, DeclarationTooLate, BidderNotQualified,
    PlateDisqualified, NotEntrant, AlreadyDeclared.
    Source: Suzhou rules (two willing bidders; those who quoted).
    """
    now = rules.moment_of(state, arrived_at)
    rules.check_stage(state, Stage.DECLARING)
    assert state.closes_at is not None
    if arrived_at >= state.closes_at:
        raise DeclarationTooLate(closes_at=state.closes_at, arrived_at=arrived_at)
    declaring = rules.check_plate(state, plate)
    if _listing_of(terms).entry is TimedEntry.QUOTED and declaring not in quoted:
        raise NotEntrant()
    if declaring in state.phase.willing:
        raise AlreadyDeclared()
    willing = tuple(sorted({*state.phase.willing, declaring}))
    phase = replace(state.phase, willing=willing)
    return Step(rules.next_state(state, now, phase=phase), Declared(plate=declaring, willing=len(willing)))


def decide(
    terms: AuctionTerms,
    state: AuctionState,
    *,
    quoted: Set[int],
    quoted_last: Set[int],
    reserve: Money | None,
    now: datetime,
) -> list[Step]:
    """The end of the listing: timed bidding if there is rivalry, else the highest quote wins, or the lot is withdrawn.

    `quoted` are the plates that gave a quote, `quoted_last` those that gave one since `decisive_since`.

    Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, CountdownRunning.
    Source: Suzhou and Fujian rules of listing; 拍卖法 (a highest quote below the reserve has no effect).
    """
    listing = _listing_of(terms)
    asks = listing.decision is ListingDecision.WILLING
    rules.check_stage(state, Stage.DECLARING if asks else Stage.LISTING)
    now = rules.check_stage_is_over(terms, state, now)
    rivals = (set(state.phase.willing) if asks else quoted_last) - set(state.phase.excluded)
    if len(rivals) < RIVALS:
        return [rules.conclude(state, reserve, now)]
    entrants = None
    if listing.entry is TimedEntry.QUOTED:
        entrants = tuple(sorted(quoted - set(state.phase.excluded)))
    decided = rules.next_state(
        state,
        now,
        stage=Stage.PREPARING,
        closes_at=now + listing.preparation,
        phase=replace(state.phase, entrants=entrants, decisive_since=None),
    )
    step = Step(decided, TimedBiddingDecided(entrants=entrants, closes_at=now + listing.preparation))
    return [step] if listing.preparation else [step, _open(terms, decided, now)]


def open_timed_bidding(terms: AuctionTerms, state: AuctionState, now: datetime) -> Step:
    """The time to prepare has passed: timed bidding begins, with its full countdown.

    Refusals: NotOpenedYet, AlreadyEnded, SaleFrozen, NotAtThisStage, CountdownRunning.
    Source: Fujian rules (15 minutes to prepare, then 5 minutes); Suzhou (at once, 4 minutes).
    """
    rules.check_stage(state, Stage.PREPARING)
    return _open(terms, state, rules.check_stage_is_over(terms, state, now))


def _open(terms: AuctionTerms, state: AuctionState, now: datetime) -> Step:
    assert terms.window is not None, "a sale that comes to timed bidding has a countdown"
    closes_at = now + terms.window
    opened = rules.next_state(state, now, stage=Stage.OPEN, closes_at=closes_at)
    return Step(opened, TimedBiddingOpened(starting_price=_starting_price(terms, state), closes_at=closes_at))


def _starting_price(terms: AuctionTerms, state: AuctionState) -> Money:
    """Source: the standing quote (Suzhou), or one increment above it (Fujian)."""
    stands = terms.way.listing is not None and terms.way.listing.start is TimedStart.STANDING
    return state.price if stands and state.price is not None else rules.lowest_valid_price(terms, state)


def decisive_since(terms: AuctionTerms, state: AuctionState) -> datetime:
    """Since when quotes are those of the last part of the listing: before its end, or before an end that was moved."""
    assert state.closes_at is not None
    return state.phase.decisive_since or state.closes_at - _listing_of(terms).decisive


def _listing_of(terms: AuctionTerms) -> ListingTerms:
    assert terms.way.listing is not None, "only a listing comes to these stages"
    return terms.way.listing

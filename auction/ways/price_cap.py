"""Price cap (最高限价): a bid above the cap stops the bidding; one sealed quote each, or a draw by lot, decides. Pure.

Up to the cap bids are ordinary. The bid above it is refused and recorded; from then on the cap's rule counts: the
one-price round (一次报价, `sealed_quotes`) or the draw (摇号, `lot_draw`). When nobody takes part the highest bid at or
below the cap wins.

Source: the local rule of Taicang (cap at +25 % of the guide price, quotes up to +50 %).
"""

from dataclasses import replace
from datetime import datetime

from auction.refusals import AboveCap, AlreadyLeading, BiddingStopped
from auction.rules import check_open_for_bids, check_plate, check_price, next_state, note_refusal
from auction.sale import AuctionState, AuctionTerms, Bid, CapReached, Stage, Step
from trading.projects.profiles import CapRule


def exceeds_cap(terms: AuctionTerms, state: AuctionState, bid: Bid) -> bool:
    """Whether this bid would stop the bidding, were it one that may be given now."""
    cap = terms.way.cap
    return cap is not None and state.stage in (Stage.LISTING, Stage.OPEN) and bid.price > cap.price


def stop_bidding(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime) -> list[Step]:
    """The bid is refused as being above the cap, and bidding stops for everybody; a hammer that fell later is void.

    Only somebody who may bid can stop the bidding: a late bid, one without a plate, or one that jumps too little is
    refused as ever, and nothing follows from it. Every qualified plate may take part in what follows.

    Refusals: as `rules.place_bid`; who leads may raise its own quote in a listing only.
    """
    cap = terms.way.cap
    assert cap is not None
    check_open_for_bids(terms, state, arrived_at)
    plate = check_plate(state, bid.plate)
    if state.price is not None and plate == state.plate and state.stage is not Stage.LISTING:
        raise AlreadyLeading(price=state.price)
    check_price(terms, state, bid.price)
    refused = note_refusal(state, AboveCap(offered=bid.price, cap=cap.price), arrived_at)
    closes_at = refused.at + cap.window
    stopped = next_state(
        refused.state,
        refused.at,
        stage=Stage.SEALED if cap.rule is CapRule.ONE_PRICE else Stage.DRAWING,
        calls=0,
        closes_at=closes_at,
        phase=replace(state.phase, entrants=None),
    )
    reached = CapReached(price=state.price, plate=state.plate, cap=cap.price, ceiling=cap.ceiling, closes_at=closes_at)
    return [refused, Step(stopped, reached)]


def refuse_bids_in_draw(state: AuctionState) -> None:
    """In a draw by lot nobody bids. Refuses `BiddingStopped`."""
    if state.stage is Stage.DRAWING:
        raise BiddingStopped()

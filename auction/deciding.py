"""Which rule takes a bid: chosen by the stage in which the sale stands. Pure.

One request may lead to several steps: its own decision comes first, and what follows from it (a proxy bid of the plate
that leads, bidding stopped by the price cap) after it.
"""

from datetime import datetime

from auction import rules
from auction.sale import AuctionState, AuctionTerms, Bid, Stage, Step
from auction.secrets_of_sale import Secrets
from auction.ways import listing, online, price_cap, sealed_quotes
from trading.kernel.errors import Refusal


def decide_bid(
    terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets | None = None
) -> list[Step]:
    """Take the bid or record its refusal: every bid that reaches the lot is an event."""
    try:
        return _take(terms, state, bid, arrived_at, secrets or Secrets())
    except Refusal as refusal:
        return [rules.note_refusal(state, refusal, arrived_at)]


def _take(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets) -> list[Step]:
    if bid.is_maximum:
        online.refuse_maximum_elsewhere(terms)
    if bid.is_sealed or state.stage is Stage.SEALED:
        return [sealed_quotes.place_quote(terms, state, bid, arrived_at, secrets)]
    price_cap.refuse_bids_in_draw(state)
    if price_cap.exceeds_cap(terms, state, bid):
        return price_cap.stop_bidding(terms, state, bid, arrived_at)
    if state.stage is Stage.LISTING:
        return [listing.place_quote(terms, state, bid, arrived_at)]
    if terms.way.online is not None:
        return online.place_bid(terms, state, bid, arrived_at, secrets)
    return [rules.place_bid(terms, state, bid, arrived_at)]

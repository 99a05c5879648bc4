"""Listing (挂牌). Pure."""

from datetime import datetime

from auction.sale import AuctionState, AuctionTerms, Bid, Step


def place_quote(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime) -> Step:
    """Take a quote."""
    raise NotImplementedError

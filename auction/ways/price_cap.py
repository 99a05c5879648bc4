"""Price cap (最高限价). Pure."""

from datetime import datetime

from auction.sale import AuctionState, AuctionTerms, Bid, Step


def exceeds_cap(terms: AuctionTerms, state: AuctionState, bid: Bid) -> bool:
    """Whether this bid stops the bidding."""
    return False


def stop_bidding(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime) -> list[Step]:
    """The bid is refused, and bidding stops."""
    raise NotImplementedError

"""Property rights online auction (网络竞价). Pure."""

from datetime import datetime

from auction.sale import AuctionState, AuctionTerms, Bid, Step
from auction.secrets_of_sale import Secrets


def place_bid(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets) -> list[Step]:
    """Take a bid or a secret maximum."""
    raise NotImplementedError

"""Sealed quotes: the one-price round (一次报价) and the tender of land (招标). Pure."""

from datetime import datetime

from auction.sale import AuctionState, AuctionTerms, Bid, Step
from auction.secrets_of_sale import Secrets


def place_quote(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets) -> Step:
    """Take a sealed quote."""
    raise NotImplementedError

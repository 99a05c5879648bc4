"""Terms and moments that the auction tests share."""

from datetime import UTC, datetime, timedelta

from auction.rules import open_sale
from auction.sale import AuctionState, AuctionTerms
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WINDOW = timedelta(minutes=4)


def yuan(amount: int) -> Money:
    """Whole yuan as money."""
    return Money(amount * 100)


AUCTION = AuctionTerms(
    method=SellingMethod.AUCTION,
    starting_price=yuan(1_000_000),
    increment=yuan(50_000),
    registration_closes_at=START - timedelta(days=3),
    starts_at=START,
    minimum_bidders=3,
    window=None,
    whole_multiple=True,
)

TIMED = AuctionTerms(
    method=SellingMethod.TIMED_BIDDING,
    starting_price=yuan(1_000_000),
    increment=yuan(50_000),
    registration_closes_at=START - timedelta(days=3),
    starts_at=START,
    minimum_bidders=1,
    window=WINDOW,
    whole_multiple=False,
)


def opened(terms: AuctionTerms) -> AuctionState:
    """The state right after opening at `START` with three bidders."""
    return open_sale(terms, AuctionState(), qualified=3, now=START).state

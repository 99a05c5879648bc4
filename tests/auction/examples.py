"""Terms and moments that the auction tests share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auction.deciding import decide_bid
from auction.rules import call_price, hammer, lowest_valid_price, open_sale
from auction.sale import AuctionState, AuctionTerms, Bid, BidAccepted
from auction.way import ListingTerms, Way
from trading.kernel.money import Money
from trading.projects.profiles import ListingDecision, SellingMethod, TimedEntry, TimedStart

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


HOUR = timedelta(hours=1)
LISTING_ENDS_AT = START + timedelta(days=14)

SUZHOU_LISTING = replace(
    TIMED,
    method=SellingMethod.LISTING,
    registration_closes_at=LISTING_ENDS_AT - timedelta(days=2),
    way=Way(
        listing=ListingTerms(
            quoting_ends_at=LISTING_ENDS_AT - HOUR,
            ends_at=LISTING_ENDS_AT,
            decision=ListingDecision.WILLING,
            entry=TimedEntry.QUOTED,
            start=TimedStart.STANDING,
            decisive=HOUR,
            preparation=timedelta(),
        )
    ),
)

FUJIAN_LISTING = replace(
    SUZHOU_LISTING,
    window=timedelta(minutes=5),
    way=Way(
        listing=ListingTerms(
            quoting_ends_at=LISTING_ENDS_AT,
            ends_at=LISTING_ENDS_AT,
            decision=ListingDecision.LAST_QUOTES,
            entry=TimedEntry.EVERY_PLATE,
            start=TimedStart.ONE_INCREMENT_ABOVE,
            decisive=HOUR,
            preparation=timedelta(minutes=15),
        )
    ),
)


def opened(terms: AuctionTerms) -> AuctionState:
    """The state right after opening at `START` with three bidders."""
    return open_sale(terms, AuctionState(), qualified=3, now=START).state


def bid_on(terms: AuctionTerms, state: AuctionState, plate: int, at: datetime = START + SECOND) -> AuctionState:
    """The state after this plate bid, or quoted, the lowest valid price."""
    (step, *_) = decide_bid(terms, state, Bid(plate, lowest_valid_price(terms, state)), at)
    assert isinstance(step.event, BidAccepted), step.event
    return step.state


def hammered(state: AuctionState, at: datetime) -> AuctionState:
    """The state of an auction after its standing price was called three times and the hammer fell."""
    price = state.price or AUCTION.starting_price
    for number in (1, 2, 3):
        state = call_price(AUCTION, state, number=number, price=price, now=at).state
    return hammer(AUCTION, state, plate=state.plate, price=price, now=at).state

"""An online auction in which tests bid: its terms, and a room that keeps every step."""

from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from auction.deciding import decide_bid
from auction.rules import open_sale
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    Phase,
    Step,
)
from auction.secrets_of_sale import Secrets
from auction.way import OnlineTerms, Way
from tests.auction.examples import SECOND, START, yuan
from trading.kernel.errors import Refusal
from trading.projects.profiles import SellingMethod

DAY = timedelta(hours=24)
EXTENSION = timedelta(minutes=5)
ONLINE = AuctionTerms(
    method=SellingMethod.ONLINE_AUCTION,
    starting_price=yuan(100),
    increment=yuan(10),
    registration_closes_at=START + DAY,
    starts_at=START,
    minimum_bidders=1,
    window=None,
    whole_multiple=False,
    way=Way(online=OnlineTerms(open_for=DAY, extension=EXTENSION, proxy_bids=True)),
)
WHOLE = replace(ONLINE, whole_multiple=True)


class Room:
    """An open sale in which plates bid (`bids`) and set maxima (`up_to`), in whole yuan, one second after another."""

    def __init__(self, terms: AuctionTerms = ONLINE, *, priority: tuple[int, ...] = ()) -> None:
        self.terms = terms
        self.state = open_sale(terms, AuctionState(), qualified=0, now=START).state
        self.state = structs.replace(self.state, phase=Phase(priority=priority))
        self.secrets = Secrets()
        self.now = START
        self.steps: list[Step] = []

    def bids(self, plate: int | None, price: int, *, at: datetime | None = None, maximum: bool = False) -> list[Step]:
        self.now = at or self.now + SECOND
        bid = Bid(plate, yuan(price), is_maximum=maximum)
        made = decide_bid(self.terms, self.state, bid, self.now, self.secrets)
        self.state = made[-1].state
        self.steps += made
        return made

    def up_to(self, plate: int, price: int) -> list[Step]:
        return self.bids(plate, price, maximum=True)

    @property
    def stands(self) -> tuple[int | None, int | None]:
        """The leading plate and its price in yuan."""
        return self.state.plate, None if self.state.price is None else self.state.price.fen // 100


def shown(steps: list[Step]) -> list[tuple[int, int, bool]]:
    """The accepted bids among the steps: plate, price in yuan, and whether the platform made it."""
    accepted = [step.event for step in steps if isinstance(step.event, BidAccepted)]
    return [(event.plate, event.price.fen // 100, event.for_maximum) for event in accepted]


def refusal(steps: list[Step]) -> Refusal:
    [step] = steps
    assert isinstance(step.event, BidRefused)
    return step.event.refusal

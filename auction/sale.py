"""The values of a live sale: its terms, its state, the bid, and the events. Frozen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trading.kernel.errors import Refusal
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod


class Stage(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    CALLED_OFF = "called_off"


ENDED = frozenset({Stage.SOLD, Stage.WITHDRAWN, Stage.CALLED_OFF})


class WithdrawnBecause(StrEnum):
    NOBODY_BID = "nobody_bid"
    BELOW_RESERVE = "below_reserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionTerms:
    """What was announced for the lot and what its rule profile says. The reserve is not here: it stays sealed.

    `window` is the countdown of timed bidding, None in an auction. `whole_multiple`: a price must be the starting price
    plus a whole number of increments.
    """

    method: SellingMethod
    starting_price: Money
    increment: Money
    registration_closes_at: datetime
    starts_at: datetime
    minimum_bidders: int
    window: timedelta | None
    whole_multiple: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionState:
    """Where a lot's sale stands. `price` and `plate` are the highest valid bid and who gave it.

    `seq` is the number of the last event, `decided_at` its moment. `calls` counts how often the standing price was
    called.
    """

    stage: Stage = Stage.WAITING
    seq: int = 0
    decided_at: datetime | None = None
    price: Money | None = None
    plate: int | None = None
    bids: int = 0
    calls: int = 0
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bid:
    """What a bidder offers. `plate` is None for somebody who is not qualified for the lot."""

    plate: int | None
    price: Money


@dataclass(frozen=True, slots=True)
class Opened:
    qualified: int
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class BidAccepted:
    plate: int
    price: Money
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class BidRefused:
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Called:
    number: int
    price: Money
    plate: int | None


@dataclass(frozen=True, slots=True)
class Sold:
    price: Money
    plate: int
    reserve: Money | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    because: WithdrawnBecause
    highest: Money | None
    reserve: Money | None


@dataclass(frozen=True, slots=True)
class CalledOff:
    qualified: int
    needed: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The platform was away since `absent_since`; the countdown begins anew."""

    absent_since: datetime
    closes_at: datetime


Event = Opened | BidAccepted | BidRefused | Called | Sold | Withdrawn | CalledOff | Resumed


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: the event, its number and moment (`state.seq`, `state.decided_at`), and the state after it."""

    state: AuctionState
    event: Event

    @property
    def at(self) -> datetime:
        """The moment of the decision."""
        assert self.state.decided_at is not None
        return self.state.decided_at

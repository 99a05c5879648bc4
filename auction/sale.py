"""The values of a live sale: its terms, its state, the bid, and the events. Frozen.

An event becomes one entry of the lot's journal stream; `auction.storing` derives the entry's kind from the class's name
and its body from the fields (a `Money` named `price` is kept as `price_fen`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from auction.way import Way
from trading.kernel.errors import Refusal
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod


class Stage(StrEnum):
    """Where a sale stands. `AuctionState.closes_at` is the moment at which the stage ends by itself.

    LISTING takes quotes over days; in DECLARING quoting has stopped and bidders say whether they will take part in
    timed bidding; PREPARING passes before its countdown. SEALED takes sealed quotes (the one-price round, a tender).
    DRAWING takes the numbers that go into a draw by lot. FROZEN: suspended (中止); `closes_at` is the announced
    resumption.
    """

    WAITING = "waiting"
    LISTING = "listing"
    DECLARING = "declaring"
    PREPARING = "preparing"
    OPEN = "open"
    SEALED = "sealed"
    DRAWING = "drawing"
    FROZEN = "frozen"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    CALLED_OFF = "called_off"


ENDED = frozenset({Stage.SOLD, Stage.WITHDRAWN, Stage.CALLED_OFF})


class WithdrawnBecause(StrEnum):
    NOBODY_BID = "nobody_bid"
    BELOW_RESERVE = "below_reserve"
    BY_ORDER = "by_order"


class FrozenBecause(StrEnum):
    BY_ORDER = "by_order"
    PLATFORM_AWAY = "platform_away"
    CLOCK_JUMPED = "clock_jumped"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionTerms:
    """What was announced for the lot and what its rule profile says. The reserve is not here: it stays sealed.

    `window` is the countdown of timed bidding, None where no countdown is reset by bids. `whole_multiple`: a price must
    be the starting price plus a whole number of increments. `way` holds what only some ways of selling know.
    """

    method: SellingMethod
    starting_price: Money
    increment: Money
    registration_closes_at: datetime
    starts_at: datetime
    minimum_bidders: int
    window: timedelta | None
    whole_multiple: bool
    way: Way = field(default_factory=Way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a suspended sale was doing: its stage, when it was suspended, and when that stage would have ended.

    What a supervisor has frozen only a supervisor lets go on.
    """

    stage: Stage
    at: datetime
    closes_at: datetime | None
    by_supervisor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What only some ways of selling, or rare moments, add to the state. Plates are in rising order.

    `increment`: changed by the auctioneer. `entrants`: who may bid in timed bidding, None for every plate. `willing`:
    who declared for timed bidding. `excluded`: disqualified plates. `priority`: plates whose holders may match the
    highest price. `numbers`: what plates put into the draw by lot. `decisive_since`: the last part of a listing began
    then, and its end was moved since.
    """

    increment: Money | None = None
    entrants: tuple[int, ...] | None = None
    willing: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    priority: tuple[int, ...] = ()
    numbers: tuple[tuple[int, str], ...] = ()
    frozen: Frozen | None = None
    decisive_since: datetime | None = None


NO_PHASE = Phase()


class AuctionState(msgspec.Struct, frozen=True, kw_only=True):  # made in a fraction of a dataclass's time
    """Where a lot's sale stands. `price` and `plate` are the highest valid bid and who gave it.

    `seq` is the number of the last event, `decided_at` its moment. `calls` counts how often the standing price was
    called. `closes_at` is when the present stage ends by itself; in a sale led by an auctioneer it is the moment of the
    hammer, while what was bid before it may still be on its way.
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
    phase: Phase = NO_PHASE


@dataclass(frozen=True, slots=True)
class Bid:
    """What a bidder offers. `plate` is None for somebody who is not qualified for the lot.

    `is_maximum`: the price is a secret maximum up to which the platform bids for the bidder (proxy bid). `is_sealed`:
    it is a sealed quote. The bidder says so, lest an open bid that was on its way when bidding stopped become the
    plate's one quote, or a quote an open bid.
    """

    plate: int | None
    price: Money
    is_maximum: bool = False
    is_sealed: bool = False


# --- events ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The sale, or its listing period, began."""

    qualified: int
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class BidAccepted:
    """A bid, or a quote in a listing. `for_maximum`: the platform bid within the plate's secret maximum."""

    plate: int
    price: Money
    closes_at: datetime | None
    for_maximum: bool = False


@dataclass(frozen=True, slots=True)
class BidRefused:
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class MaximumSet:
    """A plate set or raised its secret maximum; the amount is not told before the end."""

    plate: int
    commitment: str


@dataclass(frozen=True, slots=True)
class Called:
    number: int
    price: Money
    plate: int | None


@dataclass(frozen=True, slots=True)
class IncrementChanged:
    increment: Money


@dataclass(frozen=True, slots=True)
class HammerFell:
    """The hammer fell at `closes_at`. A bid that had reached a server before it makes it void."""

    price: Money
    plate: int | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class QuotingEnded:
    """No more quotes in the listing; bidders may declare for timed bidding until `closes_at`."""

    price: Money | None
    plate: int | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """A plate will take part in timed bidding. Others learn how many, not who."""

    plate: int
    willing: int


@dataclass(frozen=True, slots=True)
class TimedBiddingDecided:
    """The listing ends in timed bidding, which `entrants` may enter (None: all) from `closes_at` on."""

    entrants: tuple[int, ...] | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class TimedBiddingOpened:
    """Timed bidding began at `starting_price`. A quote that stands must be exceeded by an increment all the same."""

    starting_price: Money
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class CapReached:
    """Somebody bid above the cap: bidding stops. Sealed quotes up to `ceiling`, or numbers, come until `closes_at`."""

    price: Money | None
    plate: int | None
    cap: Money
    ceiling: Money | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class QuoteSealed:
    """A plate gave its sealed quote. The amount is not told before the quotes are opened together."""

    plate: int
    commitment: str


@dataclass(frozen=True, slots=True)
class OpenedQuote:
    """One sealed quote as it was opened; `salt` lets everybody recompute its commitment."""

    plate: int
    price: Money
    salt: str
    commitment: str


@dataclass(frozen=True, slots=True)
class QuotesOpened:
    """All sealed quotes, in order of arrival; `average` (to the fen, half up) in the one-price round."""

    quotes: tuple[OpenedQuote, ...]
    average: Money | None
    price: Money | None
    plate: int | None


@dataclass(frozen=True, slots=True)
class NumberGiven:
    """A plate takes part in the draw by lot and adds this text to what the draw is seeded with."""

    plate: int
    number: str


@dataclass(frozen=True, slots=True)
class LotsDrawn:
    """The draw by lot: the centre's secret, committed before the sale, the seed, and all plates in drawn order."""

    secret: str
    seed: str
    order: tuple[int, ...]
    price: Money
    plate: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """The sale is frozen (中止). `reason` is what the officer wrote."""

    because: FrozenBecause
    reason: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class ResumptionAnnounced:
    closes_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The sale goes on since a suspension, or a countdown began anew since nobody could bid from `absent_since` on."""

    absent_since: datetime
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Disqualified:
    """A plate may bid no more. `price` and `plate_leading` stand after it."""

    plate: int
    reason: str
    bids_stand: bool
    price: Money | None
    plate_leading: int | None


@dataclass(frozen=True, slots=True)
class Sold:
    price: Money
    plate: int
    reserve: Money | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The lot is not sold; `price` was the highest. `reason` is what the officer wrote when withdrawing it."""

    because: WithdrawnBecause
    price: Money | None
    reserve: Money | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CalledOff:
    qualified: int
    needed: int


Event = (
    Opened
    | BidAccepted
    | BidRefused
    | MaximumSet
    | Called
    | IncrementChanged
    | HammerFell
    | QuotingEnded
    | Declared
    | TimedBiddingDecided
    | TimedBiddingOpened
    | CapReached
    | QuoteSealed
    | QuotesOpened
    | NumberGiven
    | LotsDrawn
    | Suspended
    | ResumptionAnnounced
    | Resumed
    | Disqualified
    | Sold
    | Withdrawn
    | CalledOff
)


class Step(msgspec.Struct, frozen=True):
    """One decision: the event, its number and moment (`state.seq`, `state.decided_at`), and the state after it."""

    state: AuctionState
    event: Event

    @property
    def at(self) -> datetime:
        """The moment of the decision."""
        assert self.state.decided_at is not None
        return self.state.decided_at

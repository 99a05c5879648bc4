"""What only some ways of selling know: the part of a sale's terms beyond price, increment and start. Frozen.

A rule profile says the periods, the lot's entry says the amounts and days; `auction.preparing` puts them together once,
when the sale is prepared, and the result is journalled and kept as JSON beside the sale.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.kernel.money import Money
from trading.projects.profiles import CapRule, ListingDecision, TimedEntry, TimedStart

SETTLE_DELAY = timedelta(milliseconds=300)
"""What was stamped in time may still be queued this long after a stage's end: nothing is closed before."""

LONGEST_ABSENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTerms:
    """Listing (挂牌): quotes until `quoting_ends_at`, the decision on timed bidding at `ends_at`, then `preparation`.

    `decisive` is the last part of the listing whose quotes decide where `decision` looks at quotes.
    """

    quoting_ends_at: datetime
    ends_at: datetime
    decision: ListingDecision
    entry: TimedEntry
    start: TimedStart
    decisive: timedelta
    preparation: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTerms:
    """Price cap (最高限价): a bid above `price` stops bidding; then sealed quotes up to `ceiling`, or a draw by lot.

    `window` is how long quotes, or numbers for the draw, are taken. `secret_commitment` is SHA-256 of the centre's
    secret for the draw, published when the sale is prepared.
    """

    price: Money
    ceiling: Money | None
    rule: CapRule
    window: timedelta
    secret_commitment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderTerms:
    """Tender of land (招标): sealed quotes until `quotes_until`, opened together; the highest wins."""

    quotes_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineTerms:
    """Property rights online auction: open for `open_for`; a bid in the last `extension` extends by as much."""

    open_for: timedelta
    extension: timedelta
    proxy_bids: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeTerms:
    """Suspension: resumed `directly_within` it goes on at once, else after `notice`. Source: Fujian art. 55, 58.

    Timed bidding that is resumed begins anew after `preparation`.
    """

    directly_within: timedelta = timedelta(hours=1)
    notice: timedelta = timedelta(hours=24)
    last_part: timedelta = timedelta(hours=1)
    preparation: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementBounds:
    """Within what the auctioneer may change the increment. Source: local practice; announced with the lot."""

    lowest: Money
    highest: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All of it. What is None does not belong to the way in which the lot is sold."""

    listing: ListingTerms | None = None
    cap: CapTerms | None = None
    tender: TenderTerms | None = None
    online: OnlineTerms | None = None
    freeze: FreezeTerms = FreezeTerms()
    increment_bounds: IncrementBounds | None = None
    settle_delay: timedelta = SETTLE_DELAY
    longest_absence: timedelta = LONGEST_ABSENCE
    absence_freezes: bool = False
    disqualified_bids_stand: bool = True

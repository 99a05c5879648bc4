"""The types of rule profiles: ways of selling, values with their sources, groups of numbers. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from trading.kernel.errors import NotFound

T = TypeVar("T")


class SellingMethod(StrEnum):
    """How a lot is sold.

    AUCTION (拍卖): led by an auctioneer. TIMED_BIDDING (限时竞价): against a countdown that every valid bid resets.
    LISTING (挂牌): quotes over days, then timed bidding if there is rivalry. TENDER (招标): sealed quotes opened
    together. ONLINE_AUCTION (网络竞价): property rights, open for a day or more, extended by late bids.
    """

    AUCTION = "auction"
    TIMED_BIDDING = "timed_bidding"
    LISTING = "listing"
    TENDER = "tender"
    ONLINE_AUCTION = "online_auction"

    @property
    def ends_on_its_day(self) -> bool:
        """Whether the announcement says the moment at which quotes end: the listing's end, or the tender's."""
        return self in (SellingMethod.LISTING, SellingMethod.TENDER)

    @property
    def takes_bidders_while_it_runs(self) -> bool:
        """Whether registration may run into the sale. Source: 39号 (listing); judicial online auctions."""
        return self.ends_on_its_day or self is SellingMethod.ONLINE_AUCTION


class ListingDecision(StrEnum):
    """What decides at the end of a listing whether timed bidding follows.

    WILLING: at least two bidders declare for it after quoting has stopped (Suzhou). LAST_QUOTES: at least two bidders
    quoted in the last part of the listing; exactly one wins (Fujian).
    """

    WILLING = "willing"
    LAST_QUOTES = "last_quotes"


class TimedEntry(StrEnum):
    """Who may enter timed bidding after a listing: those who quoted (Suzhou), or every plate (Fujian)."""

    QUOTED = "quoted"
    EVERY_PLATE = "every_plate"


class TimedStart(StrEnum):
    """Where timed bidding starts: at the standing quote (Suzhou), or one increment above it (Fujian)."""

    STANDING = "standing"
    ONE_INCREMENT_ABOVE = "one_increment_above"


class CapRule(StrEnum):
    """What follows when a bid exceeds the price cap: one sealed quote each (一次报价), or a draw by lot (摇号)."""

    ONE_PRICE = "one_price"
    DRAW_BY_LOT = "draw_by_lot"


class LandUse(StrEnum):
    """What the land may be used for, as the terms of use distinguish it."""

    HOUSING = "housing"
    INDUSTRY = "industry"
    EDUCATION = "education"
    COMMERCE = "commerce"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ruled(Generic[T]):
    """A value of a rule and where it comes from."""

    value: T
    source: str
    confirmed: bool


def confirmed(value: T, source: str) -> Ruled[T]:
    """A value whose source was read."""
    return Ruled(value, source, confirmed=True)


def unconfirmed(value: T, source: str) -> Ruled[T]:
    """A value that is generally known, whose text was not at hand."""
    return Ruled(value, source, confirmed=False)


@dataclass(frozen=True, slots=True)
class ListingRules:
    """The numbers of a listing. `quoting_stops_s_before`: quoting stops this long before the listing ends."""

    working_days: Ruled[int]
    quoting_stops_s_before: Ruled[int]
    decision: Ruled[ListingDecision]
    decisive_s: Ruled[int]
    entry: Ruled[TimedEntry]
    start: Ruled[TimedStart]


@dataclass(frozen=True, slots=True)
class CapRules:
    """A price cap, in percent above the starting (guide) price. `ceiling_percent` bounds the one-price round."""

    cap_percent: Ruled[int]
    ceiling_percent: Ruled[int]
    window_s: Ruled[int]


@dataclass(frozen=True, slots=True)
class OnlineRules:
    """The numbers of a property rights online auction."""

    open_s: Ruled[int]
    extension_s: Ruled[int]
    proxy_bids: Ruled[bool]
    second_round_cut_percent: Ruled[int]
    lowest_start_percent_of_valuation: Ruled[int]


@dataclass(frozen=True, slots=True)
class ReserveRules:
    """When a sealed reserve may be entered, before the sale is decided; `opens_s_before` None: at any time."""

    opens_s_before: Ruled[int | None]
    locks_s_before: Ruled[int]


@dataclass(frozen=True, slots=True)
class SuspensionRules:
    """Freeze and resume. `longest_absence_s`: the platform may be away this long before sales that run are suspended,
    or their countdowns begin anew where `absence_freezes` is false. `disqualified_bids_stand`: whether the bids of a
    plate that is disqualified stay valid.
    """

    directly_within_s: Ruled[int]
    notice_s: Ruled[int]
    last_part_s: Ruled[int]
    longest_absence_s: Ruled[int]
    absence_freezes: Ruled[bool]
    disqualified_bids_stand: Ruled[bool]


@dataclass(frozen=True, slots=True)
class RuleProfile:
    """The numbers of one way of selling land. Periods in working days do not count their first day.

    `timed_window_s` is the shortest countdown a lot may have; `timed_preparation_s` passes before it begins.
    `registration_closes_working_days_before` are the working days between the end of registration and the start.
    `announcement_working_days`, where there are any, count in the place of `announcement_days`.
    """

    name: str
    title: str
    effective_from: date | None
    is_demonstration: bool
    selling_methods: frozenset[SellingMethod]
    announcement_days: Ruled[int]
    registration_closes_working_days_before: Ruled[int]
    minimum_bidders_auction: Ruled[int]
    minimum_bidders_timed: Ruled[int]
    deposit_share_percent: Ruled[int]
    whole_multiple: Ruled[bool]
    timed_window_s: Ruled[int]
    timed_preparation_s: Ruled[int]
    refund_working_days: Ruled[int]
    result_publication_working_days: Ruled[int]
    land_use_years: Mapping[LandUse, Ruled[int]]
    suspension: SuspensionRules
    reserve: ReserveRules
    listing: ListingRules | None = None
    cap: CapRules | None = None
    online: OnlineRules | None = None
    most_deposit_percent: Ruled[int] | None = None
    announcement_working_days: Ruled[int] | None = None

    def minimum_bidders(self, method: SellingMethod) -> int:
        """How many qualified bidders must be there, else the sale is called off."""
        many = method in (SellingMethod.AUCTION, SellingMethod.TENDER)
        return (self.minimum_bidders_auction if many else self.minimum_bidders_timed).value


@dataclass(eq=False)
class RuleProfileUnknown(NotFound):
    """No rule profile has this name."""

    message: ClassVar[str] = "There is no rule profile {name}."
    advice: ClassVar[str] = "Choose one of the profiles of the list."

    name: str

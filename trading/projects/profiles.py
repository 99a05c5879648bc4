"""Rule profiles: the named, dated sets of numbers that a project carries with it. Pure data.

A rule with a number is data, not a constant: provinces and cities differ. Every value stands beside its source and says
whether that source was read (`confirmed`) or is known only in general (`unconfirmed`); docs/laws.md lists the latter. A
project keeps the name of its profile for life, so a profile is never edited once projects use it: a change of the law
is a new profile with a later date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Generic, TypeVar

from trading.kernel.errors import NotFound
from trading.projects.problems import N_

T = TypeVar("T")


class SellingMethod(StrEnum):
    """How a lot is sold: led by an auctioneer, or against a countdown that every valid bid resets."""

    AUCTION = "auction"
    TIMED_BIDDING = "timed_bidding"


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
class RuleProfile:
    """The numbers of one way of selling land. Periods in working days do not count their first day.

    `timed_window_s` is the shortest countdown a lot may have; `timed_preparation_s` passes before it begins.
    `registration_closes_working_days_before` are the working days between the end of registration and the start.
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

    def minimum_bidders(self, method: SellingMethod) -> int:
        """How many qualified bidders must be there, else the sale is called off."""
        auction = method is SellingMethod.AUCTION
        return (self.minimum_bidders_auction if auction else self.minimum_bidders_timed).value


@dataclass(eq=False)
class RuleProfileUnknown(NotFound):
    """No rule profile has this name."""

    message: ClassVar[str] = "There is no rule profile {name}."
    advice: ClassVar[str] = "Choose one of the profiles of the list."

    name: str


_LAND_39 = "招标拍卖挂牌出让国有建设用地使用权规定 (国土资源部令39号)"
_TERMS = "城镇国有土地使用权出让和转让暂行条例 art. 12"
_FUJIAN = "福建省国有建设用地使用权网上交易规则"
_SUZHOU = "苏州市国有建设用地使用权网上出让规则"
_TWENTY_PERCENT = "国土资源部 rules on land prices and the deposit (国土资发〔2010〕34号)"
_DEMONSTRATION = "demonstration: shortened so that a whole sale can be watched in minutes"

LAND_USE_YEARS: Mapping[LandUse, Ruled[int]] = MappingProxyType(
    {
        LandUse.HOUSING: confirmed(70, _TERMS),
        LandUse.INDUSTRY: confirmed(50, _TERMS),
        LandUse.EDUCATION: confirmed(50, _TERMS),
        LandUse.COMMERCE: confirmed(40, _TERMS),
        LandUse.OTHER: unconfirmed(50, _TERMS),
    }
)

NATIONAL_AUCTION = RuleProfile(
    name="land-auction-39-2007",
    title=N_("Land auction, national default (order 39 of 2007)"),
    effective_from=date(2007, 11, 1),
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.AUCTION}),
    announcement_days=unconfirmed(20, f"{_LAND_39} art. 8"),
    registration_closes_working_days_before=confirmed(3, f"{_FUJIAN} art. 22, taken as the default"),
    minimum_bidders_auction=unconfirmed(3, _LAND_39),
    minimum_bidders_timed=unconfirmed(1, _LAND_39),
    deposit_share_percent=unconfirmed(20, _TWENTY_PERCENT),
    whole_multiple=confirmed(False, "at least current + increment; local rules may ask for whole multiples"),
    timed_window_s=confirmed(240, f"{_SUZHOU}, taken as the default"),
    timed_preparation_s=confirmed(0, f"{_SUZHOU}, taken as the default"),
    refund_working_days=confirmed(5, f"{_FUJIAN} art. 46"),
    result_publication_working_days=unconfirmed(10, _LAND_39),
    land_use_years=LAND_USE_YEARS,
)

SUZHOU_TIMED = RuleProfile(
    name="land-timed-suzhou",
    title=N_("Timed bidding for land, Suzhou (4 minutes)"),
    effective_from=None,
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.TIMED_BIDDING}),
    announcement_days=unconfirmed(20, f"{_LAND_39} art. 8"),
    registration_closes_working_days_before=confirmed(3, f"{_FUJIAN} art. 22, taken as the default"),
    minimum_bidders_auction=unconfirmed(3, _LAND_39),
    minimum_bidders_timed=unconfirmed(1, _LAND_39),
    deposit_share_percent=unconfirmed(20, _TWENTY_PERCENT),
    whole_multiple=confirmed(False, _SUZHOU),
    timed_window_s=confirmed(240, _SUZHOU),
    timed_preparation_s=confirmed(0, _SUZHOU),
    refund_working_days=confirmed(5, f"{_FUJIAN} art. 46, taken as the default"),
    result_publication_working_days=unconfirmed(10, _LAND_39),
    land_use_years=LAND_USE_YEARS,
)

FUJIAN_TIMED = RuleProfile(
    name="land-timed-fujian",
    title=N_("Timed bidding for land, Fujian (15 minutes of preparation, then 5 minutes)"),
    effective_from=None,
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.TIMED_BIDDING}),
    announcement_days=unconfirmed(20, f"{_LAND_39} art. 8"),
    registration_closes_working_days_before=confirmed(3, f"{_FUJIAN} art. 22"),
    minimum_bidders_auction=unconfirmed(3, _LAND_39),
    minimum_bidders_timed=unconfirmed(1, _LAND_39),
    deposit_share_percent=unconfirmed(20, _TWENTY_PERCENT),
    whole_multiple=confirmed(False, _FUJIAN),
    timed_window_s=confirmed(300, _FUJIAN),
    timed_preparation_s=confirmed(900, _FUJIAN),
    refund_working_days=confirmed(5, f"{_FUJIAN} art. 46"),
    result_publication_working_days=unconfirmed(10, _LAND_39),
    land_use_years=LAND_USE_YEARS,
)

DEMONSTRATION = RuleProfile(
    name="demonstration-2026",
    title=N_("Demonstration: no waiting periods, short countdowns"),
    effective_from=date(2026, 1, 1),
    is_demonstration=True,
    selling_methods=frozenset(SellingMethod),
    announcement_days=unconfirmed(0, _DEMONSTRATION),
    registration_closes_working_days_before=unconfirmed(0, _DEMONSTRATION),
    minimum_bidders_auction=unconfirmed(3, _LAND_39),
    minimum_bidders_timed=unconfirmed(1, _LAND_39),
    deposit_share_percent=unconfirmed(20, _TWENTY_PERCENT),
    whole_multiple=confirmed(False, _SUZHOU),
    timed_window_s=unconfirmed(5, _DEMONSTRATION),
    timed_preparation_s=unconfirmed(0, _DEMONSTRATION),
    refund_working_days=confirmed(5, f"{_FUJIAN} art. 46, taken as the default"),
    result_publication_working_days=unconfirmed(10, _LAND_39),
    land_use_years=LAND_USE_YEARS,
)

HISTORIC = "historic-record"
"""The profile name of deals that were concluded elsewhere or earlier and are only recorded here: no rule is run."""

PROFILES: Mapping[str, RuleProfile] = MappingProxyType(
    {profile.name: profile for profile in (NATIONAL_AUCTION, SUZHOU_TIMED, FUJIAN_TIMED, DEMONSTRATION)}
)


def rule_profile(name: str) -> RuleProfile:
    """The profile of this name. Refuses with `RuleProfileUnknown`."""
    try:
        return PROFILES[name]
    except KeyError as error:
        raise RuleProfileUnknown(name) from error

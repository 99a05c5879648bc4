"""Rule profiles: the named, dated sets of numbers that a project carries with it. Pure data.

A rule with a number is data, not a constant: provinces and cities differ. Every value stands beside its source and says
whether that source was read (`confirmed`) or is known only in general (`unconfirmed`); docs/laws.md lists the latter. A
project keeps the name of its profile for life, so a profile is never edited once projects use it: a change of the law
is a new profile with a later date. The types are in `trading.projects.profile_types` and are offered here too.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from trading.projects.problems import N_
from trading.projects.profile_types import (
    CapRule,
    CapRules,
    LandUse,
    ListingDecision,
    ListingRules,
    OnlineRules,
    ReserveRules,
    Ruled,
    RuleProfile,
    RuleProfileUnknown,
    SellingMethod,
    SuspensionRules,
    TimedEntry,
    TimedStart,
    confirmed,
    unconfirmed,
)

__all__ = [
    "DEMONSTRATION",
    "FUJIAN_TIMED",
    "HISTORIC",
    "MINING_RIGHTS",
    "NATIONAL_AUCTION",
    "PROFILES",
    "PROPERTY_MOVABLES",
    "PROPERTY_ONLINE",
    "SUZHOU_TIMED",
    "CapRule",
    "LandUse",
    "ListingDecision",
    "RuleProfile",
    "RuleProfileUnknown",
    "Ruled",
    "SellingMethod",
    "TimedEntry",
    "TimedStart",
    "rule_profile",
]

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

_TAICANG = "太仓市国有建设用地使用权网上出让最高限价规则"
_JUDICIAL = "最高人民法院关于人民法院网络司法拍卖若干问题的规定 (法释〔2016〕18号)"
_MINING = "矿业权出让交易规则 (自然资规〔2023〕1号)"
_PRACTICE = "practice of the platforms; no text at hand"

SUSPENSION = SuspensionRules(
    directly_within_s=confirmed(3600, f"{_FUJIAN} art. 58"),
    notice_s=confirmed(86_400, f"{_FUJIAN} art. 58"),
    last_part_s=confirmed(3600, f"{_FUJIAN} art. 55"),
    longest_absence_s=unconfirmed(10, _PRACTICE),
    absence_freezes=unconfirmed(
        False, f"{_FUJIAN} art. 55, 58: a sale that nobody could reach begins its countdown anew"
    ),
    disqualified_bids_stand=unconfirmed(False, "拍卖法 art. 65: a deal by collusion is void; local rules differ"),
)
ANY_TIME_RESERVE = ReserveRules(
    opens_s_before=unconfirmed(None, _LAND_39), locks_s_before=confirmed(0, "拍卖法: sealed before the sale begins")
)
SUZHOU_RESERVE = ReserveRules(opens_s_before=confirmed(1800, _SUZHOU), locks_s_before=confirmed(0, _SUZHOU))
FUJIAN_RESERVE = ReserveRules(opens_s_before=confirmed(None, _FUJIAN), locks_s_before=confirmed(3600, _FUJIAN))
SUZHOU_LISTING = ListingRules(
    working_days=unconfirmed(10, _LAND_39),
    quoting_stops_s_before=confirmed(3600, _SUZHOU),
    decision=confirmed(ListingDecision.WILLING, _SUZHOU),
    decisive_s=confirmed(3600, _SUZHOU),
    entry=confirmed(TimedEntry.QUOTED, _SUZHOU),
    start=confirmed(TimedStart.STANDING, _SUZHOU),
)
FUJIAN_LISTING = ListingRules(
    working_days=unconfirmed(10, _LAND_39),
    quoting_stops_s_before=confirmed(0, _FUJIAN),
    decision=confirmed(ListingDecision.LAST_QUOTES, _FUJIAN),
    decisive_s=confirmed(3600, _FUJIAN),
    entry=confirmed(TimedEntry.EVERY_PLATE, _FUJIAN),
    start=confirmed(TimedStart.ONE_INCREMENT_ABOVE, _FUJIAN),
)
TAICANG_CAP = CapRules(
    cap_percent=confirmed(25, _TAICANG), ceiling_percent=confirmed(50, _TAICANG), window_s=unconfirmed(300, _TAICANG)
)
JUDICIAL_ONLINE = OnlineRules(
    open_s=confirmed(86_400, f"{_JUDICIAL} art. 20"),
    extension_s=confirmed(300, f"{_JUDICIAL} art. 20"),
    proxy_bids=confirmed(True, "online auction practice"),
    second_round_cut_percent=confirmed(20, f"{_JUDICIAL} art. 26"),
    lowest_start_percent_of_valuation=confirmed(70, f"{_JUDICIAL} art. 10"),
)

NATIONAL_AUCTION = RuleProfile(
    name="land-auction-39-2007",
    title=N_("Land auction, national default (order 39 of 2007)"),
    effective_from=date(2007, 11, 1),
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.AUCTION, SellingMethod.TENDER}),
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
    suspension=SUSPENSION,
    reserve=ANY_TIME_RESERVE,
)

SUZHOU_TIMED = RuleProfile(
    name="land-timed-suzhou",
    title=N_("Timed bidding for land, Suzhou (4 minutes)"),
    effective_from=None,
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.TIMED_BIDDING, SellingMethod.LISTING}),
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
    suspension=SUSPENSION,
    reserve=SUZHOU_RESERVE,
    listing=SUZHOU_LISTING,
    cap=TAICANG_CAP,
)

FUJIAN_TIMED = RuleProfile(
    name="land-timed-fujian",
    title=N_("Timed bidding for land, Fujian (15 minutes of preparation, then 5 minutes)"),
    effective_from=None,
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.TIMED_BIDDING, SellingMethod.LISTING}),
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
    suspension=SUSPENSION,
    reserve=FUJIAN_RESERVE,
    listing=FUJIAN_LISTING,
)

PROPERTY_ONLINE = RuleProfile(
    name="property-online-2016",
    title=N_("Property rights online auction (24 hours, extended by late bids)"),
    effective_from=date(2017, 1, 1),
    is_demonstration=False,
    selling_methods=frozenset({SellingMethod.ONLINE_AUCTION}),
    announcement_days=confirmed(30, f"{_JUDICIAL} art. 12 (movables: 15)"),
    registration_closes_working_days_before=unconfirmed(0, f"{_JUDICIAL}: registration stays open during the auction"),
    minimum_bidders_auction=confirmed(1, f"{_JUDICIAL} art. 11"),
    minimum_bidders_timed=confirmed(1, f"{_JUDICIAL} art. 11"),
    deposit_share_percent=confirmed(5, f"{_JUDICIAL} art. 17"),
    most_deposit_percent=confirmed(20, f"{_JUDICIAL} art. 17"),
    whole_multiple=unconfirmed(False, _PRACTICE),
    timed_window_s=confirmed(300, f"{_JUDICIAL} art. 20"),
    timed_preparation_s=confirmed(0, _JUDICIAL),
    refund_working_days=confirmed(1, f"{_JUDICIAL} art. 17 (24 hours)"),
    result_publication_working_days=unconfirmed(10, _LAND_39),
    land_use_years=LAND_USE_YEARS,
    suspension=SUSPENSION,
    reserve=ANY_TIME_RESERVE,
    online=JUDICIAL_ONLINE,
)

PROPERTY_MOVABLES = replace(
    PROPERTY_ONLINE,
    name="property-online-movables-2016",
    title=N_("Movable property by online auction (24 hours, extended by late bids)"),
    announcement_days=confirmed(15, f"{_JUDICIAL} art. 12"),
)

MINING_RIGHTS = replace(
    SUZHOU_TIMED,
    name="mining-rights-2023",
    title=N_("Mining rights by auction, tender or listing (rules of 2023)"),
    effective_from=date(2023, 3, 1),
    selling_methods=frozenset({SellingMethod.AUCTION, SellingMethod.TENDER, SellingMethod.LISTING}),
    announcement_working_days=unconfirmed(20, _MINING),
    deposit_share_percent=unconfirmed(0, f"{_MINING}: the announcement says how much"),
    minimum_bidders_auction=unconfirmed(3, _MINING),
    result_publication_working_days=unconfirmed(10, _MINING),
    reserve=ANY_TIME_RESERVE,
    cap=None,
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
    suspension=SUSPENSION,
    reserve=ANY_TIME_RESERVE,
    listing=ListingRules(
        working_days=unconfirmed(0, _DEMONSTRATION),
        quoting_stops_s_before=unconfirmed(20, _DEMONSTRATION),
        decision=confirmed(ListingDecision.WILLING, _SUZHOU),
        decisive_s=unconfirmed(20, _DEMONSTRATION),
        entry=confirmed(TimedEntry.QUOTED, _SUZHOU),
        start=confirmed(TimedStart.STANDING, _SUZHOU),
    ),
    cap=CapRules(
        cap_percent=confirmed(25, _TAICANG),
        ceiling_percent=confirmed(50, _TAICANG),
        window_s=unconfirmed(60, _DEMONSTRATION),
    ),
    online=OnlineRules(
        open_s=unconfirmed(120, _DEMONSTRATION),
        extension_s=unconfirmed(20, _DEMONSTRATION),
        proxy_bids=confirmed(True, "online auction practice"),
        second_round_cut_percent=confirmed(20, f"{_JUDICIAL} art. 26"),
        lowest_start_percent_of_valuation=confirmed(70, f"{_JUDICIAL} art. 10"),
    ),
)

HISTORIC = "historic-record"
"""The profile name of deals that were concluded elsewhere or earlier and are only recorded here: no rule is run."""

PROFILES: Mapping[str, RuleProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            NATIONAL_AUCTION,
            SUZHOU_TIMED,
            FUJIAN_TIMED,
            PROPERTY_ONLINE,
            PROPERTY_MOVABLES,
            MINING_RIGHTS,
            DEMONSTRATION,
        )
    }
)


def rule_profile(name: str) -> RuleProfile:
    """The profile of this name. Refuses with `RuleProfileUnknown`."""
    try:
        return PROFILES[name]
    except KeyError as error:
        raise RuleProfileUnknown(name) from error

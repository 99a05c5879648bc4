"""Rule profiles of purchases: government procurement, works tenders, selections. Pure data.

As with sales a rule with a number is data beside its source, and a project keeps its profile for life. `limits` are the
periods that begin only after publication; whoever runs them asks for them by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from trading.projects.problems import N_
from trading.projects.profile_types import Ruled, RuleProfile, RuleProfileUnknown, confirmed, unconfirmed
from trading.projects.profiles import PROFILES
from trading.projects.rules import ProjectKind


class PurchaseMethod(StrEnum):
    """How somebody is chosen who supplies, builds or serves."""

    OPEN_TENDER = "open_tender"
    INVITED_TENDER = "invited_tender"
    NEGOTIATION = "negotiation"
    CONSULTATION = "consultation"
    PRICE_INQUIRY = "price_inquiry"
    SINGLE_SOURCE = "single_source"
    FRAMEWORK = "framework"
    LOWEST_PRICE = "lowest_price"
    DRAW = "draw"
    OTHER = "other"

    @property
    def is_tender(self) -> bool:
        """Whether sealed bids are opened at the very moment at which they are due."""
        return self in (PurchaseMethod.OPEN_TENDER, PurchaseMethod.INVITED_TENDER)


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, or working days. The first day is not counted (民法典 art. 201)."""

    length: int
    in_working_days: bool = False


class Limit(StrEnum):
    """The periods after publication, by what they limit."""

    CHANGE_BEFORE_BIDS = "change_before_bids"
    OBJECTION_BEFORE_BIDS = "objection_before_bids"
    OBJECTION_ANSWER = "objection_answer"
    QUERY = "query"
    QUERY_ANSWER = "query_answer"
    EVALUATION_REPORT = "evaluation_report"
    WINNER_CHOSEN = "winner_chosen"
    CANDIDATES_PUBLISHED = "candidates_published"
    CANDIDATES_PUBLIC = "candidates_public"
    RESULT_PUBLISHED = "result_published"
    CONTRACT = "contract"
    CONTRACT_PUBLISHED = "contract_published"
    CONTRACT_FILED = "contract_filed"
    REFUND_TO_LOSERS = "refund_to_losers"
    REFUND_AFTER_CONTRACT = "refund_after_contract"
    REFUND_AFTER_WITHDRAWAL = "refund_after_withdrawal"
    COMPLAINT = "complaint"
    COMPLAINT_ACCEPTED = "complaint_accepted"
    COMPLAINT_DECIDED = "complaint_decided"
    SUSPENSION = "suspension"


@dataclass(frozen=True, slots=True)
class MethodRules:
    """The periods of one method: from the announcement until bids are due, and how long documents are given out; None
    where it has no documents. Fewer than `minimum_bidders`: no opening.
    """

    bids: Ruled[Period]
    documents: Ruled[Period] | None
    minimum_bidders: Ruled[int]


@dataclass(frozen=True, slots=True)
class PurchaseProfile:
    """The numbers of one law on purchases, for some kinds of projects. Shares in percent of the budget or estimate."""

    name: str
    title: str
    effective_from: date | None
    is_demonstration: bool
    kinds: frozenset[ProjectKind]
    methods: Mapping[PurchaseMethod, MethodRules]
    most_deposit_percent: Ruled[int] | None = None
    performance_bond_percent: Ruled[int] | None = None
    archive_years: Ruled[int] | None = None
    limits: Mapping[Limit, Ruled[Period]] = field(default_factory=lambda: MappingProxyType({}))


_LAW = "招标投标法"
_RULES = "招标投标法实施条例"
_87 = "政府采购货物和服务招标投标管理办法 (财政部令87号)"
_94 = "政府采购质疑和投诉办法 (财政部令94号)"
_74 = "政府采购非招标采购方式管理办法 (财政部令74号)"
_214 = "政府采购竞争性磋商采购方式管理暂行办法 (财库〔2014〕214号)"
_110 = "政府采购框架协议采购方式管理暂行办法 (财政部令110号)"
_PROCUREMENT_LAW = "政府采购法"
_OWN = "own; no text asks for it, local rules replace it"
_DEMONSTRATION = "demonstration: shortened so that a whole purchase can be watched"

_OPEN_87 = MethodRules(
    confirmed(Period(20), f"{_87}; {_LAW} art. 24"), confirmed(Period(5, True), f"{_87} art. 18"), confirmed(3, _87)
)

PROCUREMENT_87 = PurchaseProfile(
    name="procurement-87-2017",
    title=N_("Government procurement (orders 87 and 94, document 198)"),
    effective_from=date(2018, 3, 1),
    is_demonstration=False,
    kinds=frozenset({ProjectKind.GOVERNMENT_PROCUREMENT}),
    methods=MappingProxyType(
        {
            PurchaseMethod.OPEN_TENDER: _OPEN_87,
            PurchaseMethod.INVITED_TENDER: _OPEN_87,
            PurchaseMethod.NEGOTIATION: MethodRules(
                unconfirmed(Period(3, True), f"{_74} art. 29"),
                unconfirmed(Period(3, True), f"{_74} art. 29"),
                unconfirmed(3, f"{_74} art. 27"),
            ),
            PurchaseMethod.CONSULTATION: MethodRules(
                unconfirmed(Period(10), f"{_214} art. 10"),
                unconfirmed(Period(5, True), f"{_214} art. 10"),
                unconfirmed(3, f"{_214} art. 21"),
            ),
            PurchaseMethod.PRICE_INQUIRY: MethodRules(
                unconfirmed(Period(3, True), f"{_74} art. 45"),
                unconfirmed(Period(3, True), f"{_74} art. 45"),
                unconfirmed(3, f"{_74} art. 45"),
            ),
            PurchaseMethod.SINGLE_SOURCE: MethodRules(
                unconfirmed(Period(5, True), f"{_74} art. 38: publicity"), None, unconfirmed(1, f"{_74} art. 38")
            ),
            PurchaseMethod.FRAMEWORK: MethodRules(
                unconfirmed(Period(20), f"{_110}, {_87}"),
                unconfirmed(Period(5, True), f"{_110}, {_87}"),
                unconfirmed(2, f"{_110} art. 28"),
            ),
        }
    ),
    most_deposit_percent=confirmed(2, f"{_87} art. 38"),
    performance_bond_percent=unconfirmed(10, "政府采购法实施条例 art. 48"),
    archive_years=confirmed(15, f"{_PROCUREMENT_LAW} art. 42"),
    limits=MappingProxyType(
        {
            Limit.CHANGE_BEFORE_BIDS: confirmed(Period(15), f"{_87} art. 27"),
            Limit.EVALUATION_REPORT: confirmed(Period(2, True), f"{_87} art. 68"),
            Limit.WINNER_CHOSEN: confirmed(Period(5, True), f"{_87} art. 68"),
            Limit.RESULT_PUBLISHED: confirmed(Period(2, True), f"{_87} art. 69"),
            Limit.CONTRACT: confirmed(Period(30), f"{_PROCUREMENT_LAW} art. 46"),
            Limit.CONTRACT_PUBLISHED: confirmed(Period(2, True), "政府采购法实施条例 art. 50"),
            Limit.CONTRACT_FILED: confirmed(Period(7, True), f"{_PROCUREMENT_LAW} art. 47"),
            Limit.REFUND_TO_LOSERS: confirmed(Period(5, True), f"{_87} art. 38, from the award notice"),
            Limit.REFUND_AFTER_CONTRACT: confirmed(Period(5, True), f"{_87} art. 38"),
            Limit.QUERY: confirmed(Period(7, True), f"{_94} art. 10"),
            Limit.QUERY_ANSWER: confirmed(Period(7, True), f"{_94} art. 13"),
            Limit.COMPLAINT: confirmed(Period(15, True), f"{_94} art. 17"),
            Limit.COMPLAINT_DECIDED: confirmed(Period(30, True), f"{_94} art. 26"),
            Limit.SUSPENSION: confirmed(Period(30), f"{_94} art. 28"),
        }
    ),
)

_OPEN_WORKS = MethodRules(
    confirmed(Period(20), f"{_LAW} art. 24"), confirmed(Period(5), f"{_RULES} art. 16"), confirmed(3, f"{_LAW} art. 28")
)

WORKS_TENDER = PurchaseProfile(
    name="works-tender-2012",
    title=N_("Works tender (Tendering and Bidding Law and its regulations)"),
    effective_from=date(2012, 2, 1),
    is_demonstration=False,
    kinds=frozenset({ProjectKind.WORKS}),
    methods=MappingProxyType(
        {PurchaseMethod.OPEN_TENDER: _OPEN_WORKS, PurchaseMethod.INVITED_TENDER: _OPEN_WORKS},
    ),
    most_deposit_percent=confirmed(2, f"{_RULES} art. 26"),
    performance_bond_percent=confirmed(10, f"{_RULES} art. 58"),
    limits=MappingProxyType(
        {
            Limit.CHANGE_BEFORE_BIDS: confirmed(Period(15), f"{_LAW} art. 23; {_RULES} art. 21"),
            Limit.OBJECTION_BEFORE_BIDS: confirmed(Period(10), f"{_RULES} art. 22"),
            Limit.OBJECTION_ANSWER: confirmed(Period(3), f"{_RULES} art. 22, 44, 54"),
            Limit.CANDIDATES_PUBLISHED: confirmed(Period(3), f"{_RULES} art. 54"),
            Limit.CANDIDATES_PUBLIC: confirmed(Period(3), f"{_RULES} art. 54"),
            Limit.CONTRACT: confirmed(Period(30), f"{_LAW} art. 46"),
            Limit.REFUND_AFTER_CONTRACT: confirmed(Period(5), f"{_RULES} art. 57, with bank interest"),
            Limit.REFUND_AFTER_WITHDRAWAL: confirmed(Period(5), f"{_RULES} art. 35"),
            Limit.COMPLAINT: confirmed(Period(10), f"{_RULES} art. 60"),
            Limit.COMPLAINT_ACCEPTED: confirmed(Period(3, True), f"{_RULES} art. 61"),
            Limit.COMPLAINT_DECIDED: confirmed(Period(30, True), f"{_RULES} art. 61"),
        }
    ),
)

_SELECTED = MethodRules(unconfirmed(Period(5, True), _OWN), None, unconfirmed(1, _OWN))

LOCAL_SELECTION = PurchaseProfile(
    name="selection-local",
    title=N_("Selection by lot or by price, and other trade (local rules)"),
    effective_from=None,
    is_demonstration=False,
    kinds=frozenset({ProjectKind.AGENCY_SELECTION, ProjectKind.FIXED_PRICE_SELECTION, ProjectKind.OTHER}),
    methods=MappingProxyType(
        dict.fromkeys((PurchaseMethod.LOWEST_PRICE, PurchaseMethod.DRAW, PurchaseMethod.OTHER), _SELECTED)
    ),
)

_AT_ONCE = MethodRules(
    unconfirmed(Period(0), _DEMONSTRATION), unconfirmed(Period(0), _DEMONSTRATION), unconfirmed(1, _DEMONSTRATION)
)

DEMONSTRATION_PURCHASE = PurchaseProfile(
    name="demonstration-purchase-2026",
    title=N_("Demonstration: purchases without waiting periods"),
    effective_from=date(2026, 1, 1),
    is_demonstration=True,
    kinds=frozenset(kind for kind in ProjectKind if not kind.is_sale),
    methods=MappingProxyType(dict.fromkeys(PurchaseMethod, _AT_ONCE)),
    most_deposit_percent=confirmed(2, f"{_87} art. 38"),
    performance_bond_percent=confirmed(10, f"{_RULES} art. 58"),
    limits=PROCUREMENT_87.limits,
)

PURCHASE_PROFILES: Mapping[str, PurchaseProfile] = MappingProxyType(
    {profile.name: profile for profile in (PROCUREMENT_87, WORKS_TENDER, LOCAL_SELECTION, DEMONSTRATION_PURCHASE)}
)


def purchase_profile(name: str) -> PurchaseProfile:
    """The profile of this name. Refuses with `RuleProfileUnknown`."""
    try:
        return PURCHASE_PROFILES[name]
    except KeyError as error:
        raise RuleProfileUnknown(name) from error


def any_profile(name: str) -> RuleProfile | PurchaseProfile:
    """The profile of this name, of a sale or of a purchase. Refuses with `RuleProfileUnknown`."""
    return PROFILES[name] if name in PROFILES else purchase_profile(name)

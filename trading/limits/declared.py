"""The limits that the platform runs, each declared once: from which fact, until which, how long, by which article.

Sources: the numbers of the national rules; `docs/laws.md` lists what is unconfirmed. A limit whose facts no room writes
yet simply never starts: the kinds of facts are named here for the rooms that will write them.
"""

from trading.limits.rules import Extent, Limit, Sense, Unit, Who
from trading.projects.problems import N_
from trading.projects.profile_types import confirmed, unconfirmed

_39 = "招标拍卖挂牌出让国有建设用地使用权规定 (国土资源部令39号)"
_FUJIAN = "福建省国有建设用地使用权网上交易规则"
_TENDERS = "招标投标法"
_TENDER_RULES = "招标投标法实施条例"
_87 = "政府采购货物和服务招标投标管理办法 (财政部令87号)"
_94 = "政府采购质疑和投诉办法 (财政部令94号)"
_PURCHASE_RULES = "政府采购法实施条例"

SOLD_HERE = frozenset({"land", "mining", "property_rights"})
WORKS = frozenset({"works"})
PURCHASES = frozenset({"government_procurement"})
OTHER_TRADE = SOLD_HERE | {"agency_selection", "fixed_price_selection", "other"}
"""Kinds of projects for whose objections and complaints no national text gives periods."""

_ENDED = frozenset({"lot_sold", "lot_withdrawn", "lot_called_off"})
_RESULT = frozenset({f"announcement_published:{kind}" for kind in ("result", "withdrawal", "calling_off")})
_VOIDED = frozenset({"sale_voided"})

SELLING = (
    Limit(
        code="announcement_period",
        title=N_("The sale may begin"),
        who=Who.OFFICER,
        starts=frozenset({"lot_published"}),
        ends=frozenset({"contest_opened"}),
        length=lambda profile: profile.announcement_days,
        unit=Unit.DAYS,
        kinds=SOLD_HERE,
        extent=Extent.LOT,
        sense=Sense.NOT_BEFORE,
        stops=False,
    ),
    Limit(
        code="registration_review",
        title=N_("Decide on the registration"),
        who=Who.FINANCE,
        starts=frozenset({"receipt_booked"}),
        ends=frozenset({"qualified", "registration_refused", "refund_requested"}),
        length=confirmed(2, f"{_FUJIAN} art. 22"),
        unit=Unit.DAYS,
        kinds=SOLD_HERE,
        extent=Extent.BIDDER,
    ),
    Limit(
        code="result_publication",
        title=N_("Publish the result"),
        who=Who.OFFICER,
        starts=_ENDED,
        ends=_RESULT,
        length=lambda profile: profile.result_publication_working_days,
        unit=Unit.WORKING_DAYS,
        kinds=SOLD_HERE,
        extent=Extent.LOT,
        voids=_VOIDED,
        falls=False,
    ),
    Limit(
        code="confirmation_letter",
        title=N_("Issue the confirmation letter"),
        who=Who.OFFICER,
        starts=frozenset({"lot_sold"}),
        ends=frozenset({"document_filed:confirmation_letter"}),
        length=confirmed(5, f"{_FUJIAN} (confirmation letter within 5 working days)"),
        unit=Unit.WORKING_DAYS,
        kinds=SOLD_HERE,
        extent=Extent.LOT,
        voids=_VOIDED,
    ),
    Limit(
        code="deposit_return",
        title=N_("Return the deposit"),
        who=Who.FINANCE,
        starts=frozenset({"refund_requested"}),
        ends=frozenset({"refund_done"}),
        length=lambda profile: profile.refund_working_days,
        unit=Unit.WORKING_DAYS,
        extent=Extent.BIDDER,
        stops=False,
        falls=False,
    ),
    Limit(
        code="price_payment",
        title=N_("Pay the rest of the price"),
        who=Who.WINNER,
        starts=frozenset({"contract_signed"}),
        ends=frozenset({"price_paid"}),
        length=unconfirmed(60, "the contract's terms; 60 days is usual"),
        unit=Unit.DAYS,
        kinds=SOLD_HERE,
        extent=Extent.LOT,
    ),
)

WORKS_TENDERS = (
    Limit(
        code="tender_period",
        title=N_("Bids may be opened"),
        who=Who.OFFICER,
        starts=frozenset({"announcement_published:tender"}),
        ends=frozenset({"bids_opened"}),
        length=confirmed(20, f"{_TENDERS} art. 24"),
        unit=Unit.DAYS,
        kinds=WORKS | PURCHASES,
        sense=Sense.NOT_BEFORE,
        stops=False,
    ),
    Limit(
        code="candidates_publication",
        title=N_("Publish the candidates"),
        who=Who.BUYER,
        starts=frozenset({"evaluation_reported"}),
        ends=frozenset({"announcement_published:candidates"}),
        length=confirmed(3, f"{_TENDER_RULES} art. 54"),
        unit=Unit.DAYS,
        kinds=WORKS,
    ),
    Limit(
        code="candidates_publicity",
        title=N_("The award may follow the candidates' publication"),
        who=Who.BUYER,
        starts=frozenset({"announcement_published:candidates"}),
        ends=frozenset({"award_notified"}),
        length=confirmed(3, f"{_TENDER_RULES} art. 54"),
        unit=Unit.DAYS,
        kinds=WORKS,
        sense=Sense.STAYS,
    ),
    Limit(
        code="objection_answer",
        title=N_("Answer the objection"),
        who=Who.BUYER,
        starts=frozenset({"objection_received"}),
        ends=frozenset({"objection_answered", "objection_withdrawn"}),
        length=confirmed(3, f"{_TENDER_RULES} art. 22, 54"),
        unit=Unit.DAYS,
        kinds=WORKS,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="contract",
        title=N_("Sign the contract"),
        who=Who.BUYER,
        starts=frozenset({"award_notified"}),
        ends=frozenset({"contract_signed"}),
        length=confirmed(30, f"{_TENDERS} art. 46; {_87} art. 71"),
        unit=Unit.DAYS,
        kinds=WORKS | PURCHASES,
    ),
    Limit(
        code="tender_deposit_return",
        title=N_("Return the bid deposit with interest"),
        who=Who.FINANCE,
        starts=frozenset({"contract_signed"}),
        ends=frozenset({"bid_deposits_returned"}),
        length=confirmed(5, f"{_TENDER_RULES} art. 57"),
        unit=Unit.DAYS,
        kinds=WORKS,
        stops=False,
        falls=False,
    ),
    Limit(
        code="withdrawn_bid_deposit",
        title=N_("Return the deposit of a withdrawn bid"),
        who=Who.FINANCE,
        starts=frozenset({"bid_withdrawn"}),
        ends=frozenset({"refund_done"}),
        length=confirmed(5, f"{_TENDER_RULES} art. 35"),
        unit=Unit.DAYS,
        kinds=WORKS,
        extent=Extent.BIDDER,
        stops=False,
        falls=False,
    ),
)

PROCUREMENT = (
    Limit(
        code="evaluation_report",
        title=N_("Deliver the evaluation report"),
        who=Who.OFFICER,
        starts=frozenset({"evaluation_ended"}),
        ends=frozenset({"evaluation_reported"}),
        length=confirmed(2, f"{_87} art. 68"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
    ),
    Limit(
        code="winner_choice",
        title=N_("Choose the winner"),
        who=Who.BUYER,
        starts=frozenset({"evaluation_reported"}),
        ends=frozenset({"winner_chosen"}),
        length=confirmed(5, f"{_87} art. 68"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
    ),
    Limit(
        code="award_publication",
        title=N_("Publish the award"),
        who=Who.OFFICER,
        starts=frozenset({"winner_chosen"}),
        ends=frozenset({"announcement_published:result", "announcement_published:award"}),
        length=confirmed(2, f"{_87} art. 69"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
    ),
    Limit(
        code="losers_deposit_return",
        title=N_("Return the losers' deposits"),
        who=Who.FINANCE,
        starts=frozenset({"award_notified"}),
        ends=frozenset({"losers_deposits_returned"}),
        length=confirmed(5, f"{_PURCHASE_RULES} art. 33; {_87} art. 38"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
        stops=False,
        falls=False,
    ),
    Limit(
        code="winners_deposit_return",
        title=N_("Return the winner's deposit"),
        who=Who.FINANCE,
        starts=frozenset({"contract_signed"}),
        ends=frozenset({"winners_deposit_returned"}),
        length=confirmed(5, f"{_PURCHASE_RULES} art. 33; {_87} art. 38"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
        stops=False,
        falls=False,
    ),
    Limit(
        code="contract_publication",
        title=N_("Publish the contract"),
        who=Who.BUYER,
        starts=frozenset({"contract_signed"}),
        ends=frozenset({"announcement_published:contract"}),
        length=confirmed(2, f"{_PURCHASE_RULES} art. 50"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
    ),
    Limit(
        code="contract_filing",
        title=N_("File the contract with the supervising authority"),
        who=Who.BUYER,
        starts=frozenset({"contract_signed"}),
        ends=frozenset({"contract_filed"}),
        length=confirmed(7, "政府采购法 art. 47"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
    ),
    Limit(
        code="query_answer",
        title=N_("Answer the query"),
        who=Who.BUYER,
        starts=frozenset({"query_received"}),
        ends=frozenset({"query_answered", "query_withdrawn"}),
        length=confirmed(7, f"{_94} art. 13"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="suspension",
        title=N_("Let the suspended project go on"),
        who=Who.SUPERVISOR,
        starts=frozenset({"project_suspended"}),
        ends=frozenset({"project_resumed"}),
        length=confirmed(30, f"{_94} art. 28"),
        unit=Unit.DAYS,
        kinds=PURCHASES,
        stops=False,
    ),
)

_COMPLAINT_TAKEN = frozenset({"complaint_accepted", "complaint_not_accepted", "complaint_withdrawn"})
_COMPLAINT_ENDED = frozenset({"complaint_decided", "complaint_not_accepted", "complaint_withdrawn"})

COMPLAINTS = (
    Limit(
        code="objection_answer_own",
        title=N_("Answer the objection"),
        who=Who.BUYER,
        starts=frozenset({"objection_received"}),
        ends=frozenset({"objection_answered", "objection_withdrawn"}),
        length=unconfirmed(3, f"own; {_TENDER_RULES} art. 54 by analogy"),
        unit=Unit.WORKING_DAYS,
        kinds=OTHER_TRADE,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="complaint_acceptance",
        title=N_("Decide whether to accept the complaint"),
        who=Who.SUPERVISOR,
        starts=frozenset({"complaint_received"}),
        ends=_COMPLAINT_TAKEN | {"complaint_completion_asked"},
        length=confirmed(3, f"{_TENDER_RULES} art. 61"),
        unit=Unit.WORKING_DAYS,
        kinds=WORKS | OTHER_TRADE,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="purchase_complaint_acceptance",
        title=N_("Decide whether to accept the complaint"),
        who=Who.SUPERVISOR,
        starts=frozenset({"complaint_received"}),
        ends=_COMPLAINT_TAKEN | {"complaint_completion_asked"},
        length=confirmed(5, f"{_94} art. 21"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="complaint_reply",
        title=N_("Reply to the complaint"),
        who=Who.BUYER,
        starts=frozenset({"complaint_reply_asked"}),
        ends=frozenset({"complaint_reply_given"}) | _COMPLAINT_ENDED,
        length=confirmed(5, f"{_94} art. 22"),
        unit=Unit.WORKING_DAYS,
        extent=Extent.MATTER,
        stops=False,
    ),
    Limit(
        code="complaint_decision",
        title=N_("Decide on the complaint"),
        who=Who.SUPERVISOR,
        starts=frozenset({"complaint_accepted"}),
        ends=_COMPLAINT_ENDED,
        length=confirmed(30, f"{_TENDER_RULES} art. 61"),
        unit=Unit.WORKING_DAYS,
        kinds=WORKS | OTHER_TRADE,
        extent=Extent.MATTER,
        stops=False,
    ),
    # In procurement the period runs from the receipt, and the time for a completion is not counted (art. 26, 27).
    Limit(
        code="purchase_complaint_decision",
        title=N_("Decide on the complaint"),
        who=Who.SUPERVISOR,
        starts=frozenset({"complaint_received", "complaint_completed"}),
        ends=_COMPLAINT_ENDED,
        voids=frozenset({"complaint_completion_asked"}),
        length=confirmed(30, f"{_94} art. 26, 27"),
        unit=Unit.WORKING_DAYS,
        kinds=PURCHASES,
        extent=Extent.MATTER,
        stops=False,
    ),
)

LIMITS: tuple[Limit, ...] = (*SELLING, *WORKS_TENDERS, *PROCUREMENT, *COMPLAINTS)
BY_CODE = {limit.code: limit for limit in LIMITS}

"""The kinds of announcements: what each is called, must say, points at, and how long it stays public. Pure data.

A kind is declared once here; forms, texts, pages and checks read it. Which text of law asks for it differs by the
family of the project: land is announced under other rules than works or government procurement.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trading.projects.problems import N_
from trading.projects.profile_types import Ruled, confirmed, unconfirmed
from trading.publication.fact_names import (
    COMMON,
    ENDED,
    LABELS,
    LAND_SALE,
    LOT,
    OF_CHANGE,
    OF_LOT,
    RESULT_KNOWN,
    SALE_KNOWN,
    SALE_TERMS,
)
from trading.publication.kind_types import (
    BUYING,
    EVERYBODY,
    OWN,
    SELLING,
    AnnouncementKind,
    Family,
    Field,
    FieldType,
    KindRules,
    PublicFor,
)

_LAND_39 = "招标拍卖挂牌出让国有建设用地使用权规定 (国土资源部令39号)"
_LAND_NORM = "招标拍卖挂牌出让国有土地使用权规范 (国土资发〔2006〕114号)"
_WORKS = "招标投标法实施条例"
_WORKS_NOTICES = "招标公告和公示信息发布管理办法 (国家发展改革委令10号)"
_ORDER_87 = "政府采购货物和服务招标投标管理办法 (财政部令87号)"
_ORDER_74 = "政府采购非招标采购方式管理办法 (财政部令74号)"
_MINING = "矿业权出让交易规则 (自然资规〔2023〕1号)"
_JUDICIAL = "最高人民法院关于人民法院网络司法拍卖若干问题的规定 (法释〔2016〕18号)"
_FUJIAN = "福建省国有建设用地使用权网上交易规则"


def _read(source: str) -> Ruled[None]:
    return confirmed(None, source)


def _known(source: str) -> Ruled[None]:
    return unconfirmed(None, source)


REASON = Field("reason", FieldType.LINES, N_("Reasons"), N_("Why; as the public will read it."), longest=2000)
_CONTENT_HINT = N_("In full sentences: what was said, and what is said now.")

KINDS: Mapping[AnnouncementKind, KindRules] = MappingProxyType(
    {
        AnnouncementKind.SALE: KindRules(
            word="出让公告",
            name=N_("Sale announcement"),
            sources={
                Family.LAND: _known(f"{_LAND_39} art. 8, 9"),
                Family.MINING: _known(_MINING),
                Family.PROPERTY: _read(f"{_JUDICIAL} art. 12, 13"),
            },
            required=LOT | SALE_TERMS,
            required_of={Family.LAND: LAND_SALE},
            known=LAND_SALE | SALE_KNOWN,
            titles={Family.PROPERTY: "转让公告"},
            by_hand=SELLING,
        ),
        AnnouncementKind.TENDER: KindRules(
            word="招标采购公告",
            name=N_("Tender or procurement announcement"),
            sources={
                Family.WORKS: _known("招标投标法 art. 16; 招标公告和公示信息发布管理办法 art. 5"),
                Family.PROCUREMENT: _known(f"{_ORDER_87} art. 13"),
            },
            required=frozenset({"entry_code", "project_title", "owner_name", "bids_close_at", "lots"}),
            fields=(
                Field(
                    "how_to_take_part",
                    FieldType.LINES,
                    N_("How to get the documents and hand in a bid"),
                    N_("Place, times, what has to be brought; contact and telephone."),
                    is_required=False,
                    longest=4000,
                ),
            ),
            known=frozenset(
                {"method", "budget_fen", "documents_open_at", "documents_close_at", "opening_at", "particulars"}
            ),
            titles={Family.WORKS: "招标公告", Family.PROCUREMENT: "采购公告", Family.SELECTION: "比选公告"},
            by_hand=BUYING,
        ),
        AnnouncementKind.PREQUALIFICATION: KindRules(
            word="资格预审公告",
            name=N_("Prequalification announcement"),
            sources={Family.WORKS: _read(f"{_WORKS} art. 15, 16"), Family.PROCUREMENT: _known(f"{_ORDER_87} art. 14")},
            required=frozenset({"entry_code", "project_title", "owner_name", "requirements", "applications_close_at"}),
            fields=(
                Field("requirements", FieldType.LINES, N_("What is bought, and who may apply"), longest=8000),
                Field("applications_close_at", FieldType.MOMENT, N_("Applications close at"), N_("Beijing time.")),
            ),
            by_hand=frozenset({Family.WORKS, Family.PROCUREMENT}),
            public_for={
                Family.WORKS: PublicFor(unconfirmed(5, f"{_WORKS} art. 16")),
                Family.PROCUREMENT: PublicFor(unconfirmed(5, f"{_ORDER_87} art. 16"), working_days=True),
            },
        ),
        AnnouncementKind.CHANGE: KindRules(
            word="变更公告",
            name=N_("Change announcement"),
            sources={
                Family.LAND: _known(_LAND_NORM),
                Family.WORKS: _read(f"{_WORKS} art. 21"),
                Family.PROCUREMENT: _read(f"{_ORDER_87} art. 27"),
            },
            required=frozenset({"entry_code", "project_title", "changed_number", "change", "reason"}),
            fields=(
                Field("change", FieldType.LINES, N_("What changes"), _CONTENT_HINT, longest=8000),
                REASON,
                Field(
                    "new_deadline_at",
                    FieldType.MOMENT,
                    N_("Later deadline"),
                    N_("Only when more time is given than the rule asks for. Beijing time, 2026-11-23 09:30."),
                    is_required=False,
                ),
            ),
            known=OF_CHANGE,
            follows=True,
            by_hand=EVERYBODY,
        ),
        AnnouncementKind.CLARIFICATION: KindRules(
            word="澄清公告",
            name=N_("Clarification"),
            sources={
                Family.WORKS: _read(f"{_WORKS} art. 21"),
                Family.PROCUREMENT: _read(f"{_ORDER_87} art. 27"),
            },
            required=frozenset({"entry_code", "project_title", "changed_number", "clarification"}),
            fields=(
                Field("question", FieldType.LINES, N_("What was asked"), is_required=False, longest=4000),
                Field("clarification", FieldType.LINES, N_("What is clarified"), _CONTENT_HINT, longest=8000),
            ),
            known=OF_CHANGE,
            follows=True,
            by_hand=EVERYBODY,
        ),
        AnnouncementKind.CORRECTION: KindRules(
            word="更正公告",
            name=N_("Correction announcement"),
            sources={
                Family.LAND: _known(_LAND_NORM),
                Family.WORKS: _known(f"{_WORKS_NOTICES} art. 16"),
                Family.PROCUREMENT: _read(f"{_ORDER_87} art. 27"),
            },
            required=frozenset({"entry_code", "corrected_number", "correction"}),
            fields=(Field("correction", FieldType.LINES, N_("What is corrected"), _CONTENT_HINT, longest=8000),),
            known=OF_CHANGE,
            follows=True,
            by_hand=EVERYBODY,
        ),
        AnnouncementKind.CANDIDATES: KindRules(
            word="中标候选人公示",
            name=N_("Publicity of candidates"),
            sources={
                Family.WORKS: _read(f"{_WORKS} art. 54"),
                Family.LAND: _known(_LAND_39),
                Family.SELECTION: _known(OWN),
            },
            required=frozenset(
                {"entry_code", "project_title", "owner_name", "candidates", "objections_to", "public_until"}
            ),
            fields=(
                Field(
                    "candidates",
                    FieldType.LINES,
                    N_("Candidates in their order"),
                    N_("One on each line: name, price, quality, term, person in charge, qualifications."),
                    longest=8000,
                ),
                Field(
                    "objections_to",
                    FieldType.LINES,
                    N_("Where to object"),
                    N_("Office, person, telephone; and the authority that supervises."),
                    longest=1000,
                ),
            ),
            by_hand=frozenset({Family.WORKS, Family.SELECTION, Family.OTHER}),
            public_for={
                family: PublicFor(confirmed(3, f"{_WORKS} art. 54"))
                for family in (Family.WORKS, Family.SELECTION, Family.OTHER)
            },
        ),
        AnnouncementKind.RESULT: KindRules(
            word="成交公告",
            name=N_("Result announcement"),
            sources={
                Family.LAND: _known(f"{_LAND_39} art. 22"),
                Family.PROPERTY: _known(_JUDICIAL),
                Family.WORKS: _known(f"{_WORKS_NOTICES} art. 6"),
                Family.PROCUREMENT: _read(f"{_ORDER_87} art. 69"),
            },
            required=LOT | {"winner_name", "final_fen", "concluded_at"},
            required_of={Family.PROCUREMENT: frozenset({"experts"})},
            fields=(
                Field("winner_name", FieldType.LINE, N_("Winner")),
                Field("winner_credit_code", FieldType.CODE, N_("Unified social credit code"), is_required=False),
                Field("winner_address", FieldType.LINE, N_("Address of the winner"), is_required=False),
                Field("final", FieldType.AMOUNT, N_("Final price")),
                Field("concluded_at", FieldType.MOMENT, N_("Concluded at"), N_("Beijing time, 2026-11-23 09:30.")),
                Field(
                    "experts",
                    FieldType.LINES,
                    N_("Members of the committee"),
                    N_("Asked for in government procurement."),
                    is_required=False,
                    longest=1000,
                ),
            ),
            known=RESULT_KNOWN,
            titles={Family.WORKS: "中标结果公告", Family.PROCUREMENT: "中标（成交）结果公告"},
            by_hand=BUYING,
            public_for={Family.PROCUREMENT: PublicFor(unconfirmed(1, f"{_ORDER_87} art. 69"), working_days=True)},
        ),
        AnnouncementKind.WITHDRAWAL: KindRules(
            word="流拍公告",
            name=N_("Withdrawal announcement"),
            sources={Family.LAND: _known(_LAND_39), Family.PROPERTY: _known(_JUDICIAL)},
            required=ENDED,
            fields=(REASON, Field("ended_at", FieldType.MOMENT, N_("Ended"), N_("Beijing time, 2026-11-23 09:30."))),
            known=frozenset({"selling_method", "bid_count", "order"}),
            titles={Family.WORKS: "流标公告", Family.PROCUREMENT: "废标（终止）公告"},
            by_hand=BUYING,
        ),
        AnnouncementKind.CALLING_OFF: KindRules(
            word="终止公告",
            name=N_("Calling-off announcement"),
            sources={Family.LAND: _known(_LAND_39), Family.PROPERTY: _known(_JUDICIAL)},
            required=ENDED,
            known=frozenset({"selling_method", "order", "qualified", "needed"}),
        ),
        AnnouncementKind.TERMINATION: KindRules(
            word="项目终止公告",
            name=N_("Termination announcement"),
            sources={Family.WORKS: _read(f"{_WORKS} art. 31"), Family.PROCUREMENT: _known(f"{_ORDER_87} art. 29")},
            required=frozenset({"entry_code", "project_title", "reason"}),
            fields=(REASON, Field("basis", FieldType.LINE, N_("Legal basis"), is_required=False)),
            by_hand=BUYING,
        ),
        AnnouncementKind.SUSPENSION: KindRules(
            word="中止公告",
            name=N_("Suspension announcement"),
            sources={Family.LAND: _read(f"{_FUJIAN} art. 55, 58"), Family.PROPERTY: _known(_JUDICIAL)},
            required=frozenset({"entry_code", "project_title", "reason", "suspended_at"}),
            fields=(
                REASON,
                Field("suspended_at", FieldType.MOMENT, N_("Suspended since"), N_("Beijing time, 2026-11-23 09:30.")),
            ),
            known=OF_LOT | {"selling_method"},
            by_hand=BUYING,
        ),
        AnnouncementKind.RESUMPTION: KindRules(
            word="恢复公告",
            name=N_("Resumption announcement"),
            sources={Family.LAND: _read(f"{_FUJIAN} art. 55, 58"), Family.PROPERTY: _known(_JUDICIAL)},
            required=frozenset({"entry_code", "project_title", "resumes_at"}),
            fields=(
                Field("resumes_at", FieldType.MOMENT, N_("Goes on at"), N_("Beijing time, 2026-11-23 09:30.")),
                Field("reason", FieldType.LINES, N_("Reasons"), is_required=False, longest=2000),
            ),
            known=OF_LOT | {"selling_method", "suspended_at"},
            by_hand=BUYING,
        ),
        AnnouncementKind.SINGLE_SOURCE: KindRules(
            word="单一来源公示",
            name=N_("Publicity of single-source procurement"),
            sources={Family.PROCUREMENT: _known(f"{_ORDER_74} art. 38")},
            required=frozenset(
                {"entry_code", "project_title", "owner_name", "supplier_name", "reason", "opinions", "public_until"}
            ),
            fields=(
                Field("supplier_name", FieldType.LINE, N_("The only supplier")),
                Field("supplier_address", FieldType.LINE, N_("Address of the supplier"), is_required=False),
                Field("reason", FieldType.LINES, N_("Why only this supplier"), longest=8000),
                Field(
                    "opinions",
                    FieldType.LINES,
                    N_("Opinions of the experts"),
                    N_("With name, unit and title of each."),
                    longest=8000,
                ),
            ),
            by_hand=frozenset({Family.PROCUREMENT}),
            public_for={Family.PROCUREMENT: PublicFor(unconfirmed(5, f"{_ORDER_74} art. 38"), working_days=True)},
        ),
        AnnouncementKind.CONTRACT: KindRules(
            word="合同公告",
            name=N_("Contract announcement"),
            sources={Family.PROCUREMENT: _read("政府采购法实施条例 art. 50")},
            required=frozenset(
                {"entry_code", "project_title", "owner_name", "contract_number", "supplier_name", "contract_fen"}
                | {"signed_at", "subject"}
            ),
            fields=(
                Field("contract_number", FieldType.LINE, N_("Number of the contract")),
                Field("supplier_name", FieldType.LINE, N_("Supplier or contractor")),
                Field("contract", FieldType.AMOUNT, N_("Sum of the contract")),
                Field("signed_at", FieldType.MOMENT, N_("Signed at"), N_("Beijing time, 2026-11-23 09:30.")),
                Field("subject", FieldType.LINES, N_("Main subject of the contract"), longest=4000),
            ),
            by_hand=EVERYBODY,
        ),
        AnnouncementKind.ACCEPTANCE: KindRules(
            word="履约验收公告",
            name=N_("Performance and acceptance announcement"),
            sources={Family.PROCUREMENT: _known("财库〔2016〕205号")},
            required=frozenset(
                {"entry_code", "project_title", "owner_name", "contract_number", "accepted_at", "opinion"}
            ),
            fields=(
                Field("contract_number", FieldType.LINE, N_("Number of the contract")),
                Field("supplier_name", FieldType.LINE, N_("Supplier or contractor"), is_required=False),
                Field("accepted_at", FieldType.MOMENT, N_("Accepted at"), N_("Beijing time, 2026-11-23 09:30.")),
                Field("opinion", FieldType.LINES, N_("Opinion of the acceptance"), longest=4000),
            ),
            by_hand=EVERYBODY,
        ),
        AnnouncementKind.COMPLAINT_RESULT: KindRules(
            word="投诉处理结果公告",
            name=N_("Result of a complaint"),
            sources={Family.PROCUREMENT: _read("政府采购质疑和投诉办法 (财政部令94号) art. 35")},
            required=frozenset(
                {"entry_code", "project_title", "owner_name", "complaint_number", "complainant_name"}
                | {"complaint_matters", "complaint_outcome", "complaint_decision", "basis", "decided_at"}
            ),
        ),
    }
)

CHANGING = frozenset({AnnouncementKind.CHANGE, AnnouncementKind.CLARIFICATION, AnnouncementKind.CORRECTION})
"""Kinds that change what was announced: they may move a deadline."""


def known_facts(kind: AnnouncementKind) -> frozenset[str]:
    """Every fact that an announcement of this kind may state, in any family."""
    rules = KINDS[kind]
    required = rules.required.union(*rules.required_of.values())
    typed = {each.fact for each in rules.fields}
    return COMMON | OF_LOT | required | rules.known | typed | {"changed_number", "changed_title"}


def fact_label(name: str) -> str:
    """What a fact is called, as a message id: by its own word, by the field in which it was typed, or by its name."""
    typed = (each.label for rules in KINDS.values() for each in rules.fields if each.fact == name)
    return LABELS.get(name) or next(typed, name)

"""How each family of projects is queried, objected to and complained about: who must be asked first, and within which
periods. Pure data, each number beside its source; `docs/laws.md` lists what is unconfirmed.

Which periods run for whoever has to answer or to decide is declared in `trading.limits.declared`; here stands until
when somebody may raise something.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from trading.limits.rules import Unit
from trading.projects.profile_types import Ruled, confirmed, unconfirmed
from trading.publication.kind_types import Family

ORDER_94 = "政府采购质疑和投诉办法 (财政部令94号)"
_PURCHASE_LAW = "政府采购法"
_PURCHASE_RULES = "政府采购法实施条例"
_ORDER_87 = "政府采购货物和服务招标投标管理办法 (财政部令87号)"
TENDER_RULES = "招标投标法实施条例"
_ORDER_11 = "工程建设项目招标投标活动投诉处理办法 (七部委令11号)"
_MINING = "矿业权出让交易规则 (自然资规〔2023〕1号)"
_OWN = "own: no national text gives a period; 招标投标法实施条例 art. 54, 60 by analogy"


class Paper(StrEnum):
    """What is handed in: QUERY (质疑) to the purchaser, OBJECTION (异议) to the owner, COMPLAINT (投诉) above them."""

    QUERY = "query"
    OBJECTION = "objection"
    COMPLAINT = "complaint"


class About(StrEnum):
    """What it is about. RESULT stands for the candidates too, where they are published before the winner is."""

    DOCUMENTS = "documents"
    OPENING = "opening"
    PROCESS = "process"
    RESULT = "result"


class Anchor(StrEnum):
    """The moment by which a period is counted.

    DOCUMENTS_KNOWN: the later of the day on which the documents were obtained and the end of their announcement.
    RESULT_TOLD: the end of the result's announcement. KNOWN: the day on which the supplier came to know of it.
    BIDS_CLOSE: counted backwards from it. OPENING: the day of the opening itself. PUBLICITY: while the candidates, or
    the result, are public. ANSWER: when the answer came, or should have come. ANSWER_PERIOD: when the period for the
    answer ended, whenever it came within it; when it came, where it came later.
    """

    DOCUMENTS_KNOWN = "documents_known"
    RESULT_TOLD = "result_told"
    KNOWN = "known"
    BIDS_CLOSE = "bids_close"
    OPENING = "opening"
    PUBLICITY = "publicity"
    ANSWER = "answer"
    ANSWER_PERIOD = "answer_period"


@dataclass(frozen=True, slots=True)
class Period:
    """Until when something may be raised. A length of zero means: until the anchor itself."""

    anchor: Anchor
    length: Ruled[int]
    unit: Unit = Unit.DAYS


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is ruled for one family.

    `first` is the paper with which one begins, `periods` until when, by what it is about. `asked_first`: about what
    nobody complains before the first paper was answered or its answer is overdue. `holds`: about what the first paper
    suspends the project until it is answered, with the article as an announcement names it.
    `longest_suspension_days`: how long a supervisor may suspend for a complaint; None where no text bounds it before
    the decision. `answer_limit`, `acceptance_limit`, `decision_limit` name the declared limits of whoever acts.
    `complaint`: the period of a complaint, by whether a first paper went before it. `publishes`: whether the decision
    on a complaint is announced.
    """

    first: Paper
    periods: Mapping[About, Period]
    asked_first: Ruled[frozenset[About]]
    complaint: Mapping[bool, Period]
    holds: Ruled[Mapping[About, str]]
    answer_limit: str
    acceptance_limit: str
    decision_limit: str
    first_contents: Ruled[None]
    complaint_contents: Ruled[None]
    completion_working_days: Ruled[int]
    reply_working_days: Ruled[int]
    longest_suspension_days: Ruled[int | None]
    publishes: Ruled[bool]


NOTHING: Mapping[About, str] = MappingProxyType({})

PURCHASE = Procedure(
    first=Paper.QUERY,
    periods=MappingProxyType(
        {
            About.DOCUMENTS: Period(Anchor.DOCUMENTS_KNOWN, confirmed(7, f"{ORDER_94} art. 10, 11"), Unit.WORKING_DAYS),
            About.PROCESS: Period(Anchor.KNOWN, confirmed(7, f"{ORDER_94} art. 10"), Unit.WORKING_DAYS),
            About.RESULT: Period(
                Anchor.RESULT_TOLD,
                confirmed(7, f"{ORDER_94} art. 10; {_PURCHASE_RULES} art. 53"),
                Unit.WORKING_DAYS,
            ),
        }
    ),
    asked_first=confirmed(frozenset(About), f"{ORDER_94} art. 17, 19"),
    complaint=MappingProxyType(
        {
            True: Period(
                Anchor.ANSWER_PERIOD, confirmed(15, f"{_PURCHASE_LAW} art. 55; {ORDER_94} art. 17"), Unit.WORKING_DAYS
            )
        }
    ),
    holds=confirmed(NOTHING, f"{ORDER_94} art. 28"),
    answer_limit="query_answer",
    acceptance_limit="purchase_complaint_acceptance",
    decision_limit="purchase_complaint_decision",
    first_contents=confirmed(None, f"{ORDER_94} art. 12"),
    complaint_contents=confirmed(None, f"{ORDER_94} art. 18"),
    completion_working_days=unconfirmed(5, f"{ORDER_94} art. 21 (a reasonable period); the number is own"),
    reply_working_days=confirmed(5, f"{ORDER_94} art. 22"),
    longest_suspension_days=confirmed(30, f"{ORDER_94} art. 28"),
    publishes=confirmed(True, f"{ORDER_94} art. 35"),
)

_ASKED_FIRST_IN_WORKS = frozenset({About.DOCUMENTS, About.OPENING, About.RESULT})
_COMPLAINT_OF_TENDERS = MappingProxyType(
    {
        True: Period(Anchor.ANSWER, confirmed(10, f"{TENDER_RULES} art. 60")),
        False: Period(Anchor.KNOWN, confirmed(10, f"{TENDER_RULES} art. 60")),
    }
)

WORKS = Procedure(
    first=Paper.OBJECTION,
    periods=MappingProxyType(
        {
            About.DOCUMENTS: Period(Anchor.BIDS_CLOSE, confirmed(10, f"{TENDER_RULES} art. 22")),
            About.OPENING: Period(
                Anchor.OPENING,
                unconfirmed(0, f"{TENDER_RULES} art. 44 (on the spot); read here as: on the day of the opening"),
            ),
            About.RESULT: Period(Anchor.PUBLICITY, confirmed(0, f"{TENDER_RULES} art. 54")),
        }
    ),
    asked_first=confirmed(_ASKED_FIRST_IN_WORKS, f"{TENDER_RULES} art. 60"),
    complaint=_COMPLAINT_OF_TENDERS,
    holds=confirmed(
        MappingProxyType(
            {
                About.DOCUMENTS: "《招标投标法实施条例》第二十二条",
                About.RESULT: "《招标投标法实施条例》第五十四条",
            }
        ),
        f"{TENDER_RULES} art. 22, 54",
    ),
    answer_limit="objection_answer",
    acceptance_limit="complaint_acceptance",
    decision_limit="complaint_decision",
    first_contents=unconfirmed(None, f"{_ORDER_11} art. 7 by analogy"),
    complaint_contents=unconfirmed(None, f"{_ORDER_11} art. 7; {TENDER_RULES} art. 60"),
    completion_working_days=unconfirmed(5, _OWN),
    reply_working_days=unconfirmed(5, f"{_OWN}; {ORDER_94} art. 22"),
    longest_suspension_days=unconfirmed(None, f"{TENDER_RULES} art. 62 names no longest suspension"),
    publishes=unconfirmed(False, f"{_ORDER_11} art. 28 (only grave cases; the authority's own choice)"),
)


def _of_others(result_days: Ruled[int]) -> Procedure:
    """Sales and selections: no national text gives periods for objections to them."""
    return Procedure(
        first=Paper.OBJECTION,
        periods=MappingProxyType(
            {
                About.DOCUMENTS: Period(Anchor.BIDS_CLOSE, unconfirmed(0, _OWN)),
                About.PROCESS: Period(Anchor.KNOWN, unconfirmed(3, _OWN), Unit.WORKING_DAYS),
                About.RESULT: Period(Anchor.RESULT_TOLD, result_days, Unit.WORKING_DAYS),
            }
        ),
        asked_first=unconfirmed(frozenset(About), _OWN),
        complaint=MappingProxyType({True: Period(Anchor.ANSWER, unconfirmed(10, _OWN))}),
        holds=unconfirmed(NOTHING, _OWN),
        answer_limit="objection_answer_own",
        acceptance_limit="complaint_acceptance",
        decision_limit="complaint_decision",
        first_contents=unconfirmed(None, f"{ORDER_94} art. 12 by analogy"),
        complaint_contents=unconfirmed(None, f"{ORDER_94} art. 18 by analogy"),
        completion_working_days=unconfirmed(5, _OWN),
        reply_working_days=unconfirmed(5, f"{_OWN}; {ORDER_94} art. 22"),
        longest_suspension_days=unconfirmed(30, f"{_OWN}; {ORDER_94} art. 28"),
        publishes=unconfirmed(False, _OWN),
    )


_SALE = _of_others(unconfirmed(5, _OWN))
PROCEDURES: Mapping[Family, Procedure] = MappingProxyType(
    {
        Family.PROCUREMENT: PURCHASE,
        Family.WORKS: WORKS,
        Family.LAND: _SALE,
        Family.PROPERTY: _SALE,
        Family.MINING: _of_others(unconfirmed(10, f"{_MINING} (the result is public for 10 working days)")),
        Family.SELECTION: _SALE,
        Family.OTHER: _SALE,
    }
)
ANNOUNCED_FOR = unconfirmed(5, f"{_ORDER_87} art. 16 (an announcement stays for 5 working days)")
"""How many working days a tender announcement of a purchase stays public: the documents count as known afterwards."""

"""OCDS 1.1 releases: what each announcement tells, in the words of the Open Contracting Data Standard. Pure.

A release is made from what was frozen when its announcement was published and from the announcements of the same
project before it, never from what came later; so the same release comes out for ever. The standard was written for
purchases; a sale is told in its words as docs/ocds.md says: the owner is the procuring entity, the starting price the
tender's value, the winner a supplier. Deals that were only recorded have one release, of their award.
Source: https://standard.open-contracting.org/1.1/en/schema/release/
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trading.kernel.moments import iso
from trading.projects.rules import ProjectKind
from trading.publication.kind_types import AnnouncementKind

Json = dict[str, Any]

CURRENCY = "CNY"
CREDIT_CODES = "CN-USCC"
"""The scheme under which a unified social credit code stands: the platform's own name for it."""

_TAGS: Mapping[AnnouncementKind, tuple[str, ...]] = {
    AnnouncementKind.PREQUALIFICATION: ("planning",),
    AnnouncementKind.SINGLE_SOURCE: ("planning",),
    AnnouncementKind.SALE: ("tender",),
    AnnouncementKind.TENDER: ("tender",),
    AnnouncementKind.CHANGE: ("tenderAmendment",),
    AnnouncementKind.CORRECTION: ("tenderAmendment",),
    AnnouncementKind.CLARIFICATION: ("tenderUpdate",),
    AnnouncementKind.SUSPENSION: ("tenderUpdate",),
    AnnouncementKind.RESUMPTION: ("tenderUpdate",),
    AnnouncementKind.CANDIDATES: ("tenderUpdate",),
    AnnouncementKind.RESULT: ("award",),
    AnnouncementKind.WITHDRAWAL: ("tenderCancellation",),
    AnnouncementKind.CALLING_OFF: ("tenderCancellation",),
    AnnouncementKind.TERMINATION: ("tenderCancellation",),
    AnnouncementKind.CONTRACT: ("contract",),
    AnnouncementKind.ACCEPTANCE: ("implementation",),
    AnnouncementKind.COMPLAINT_RESULT: ("tenderUpdate",),
}
_DOCUMENT_TYPES: Mapping[AnnouncementKind, str] = {
    AnnouncementKind.SALE: "tenderNotice",
    AnnouncementKind.TENDER: "tenderNotice",
    AnnouncementKind.PREQUALIFICATION: "plannedProcurementNotice",
    AnnouncementKind.SINGLE_SOURCE: "plannedProcurementNotice",
    AnnouncementKind.CLARIFICATION: "clarifications",
    AnnouncementKind.CANDIDATES: "shortlistedFirms",
    AnnouncementKind.RESULT: "awardNotice",
    AnnouncementKind.WITHDRAWAL: "cancellationDetails",
    AnnouncementKind.CALLING_OFF: "cancellationDetails",
    AnnouncementKind.TERMINATION: "cancellationDetails",
    AnnouncementKind.CONTRACT: "contractNotice",
    AnnouncementKind.ACCEPTANCE: "completionCertificate",
}
_METHODS: Mapping[str, str] = {
    "invited_tender": "selective",
    "negotiation": "limited",
    "consultation": "limited",
    "price_inquiry": "limited",
    "single_source": "direct",
}
_METHOD_WORDS: Mapping[str, str] = {
    "auction": "拍卖",
    "timed_bidding": "限时竞价",
    "listing": "挂牌",
    "tender": "招标出让",
    "online_auction": "网络竞价",
    "open_tender": "公开招标",
    "invited_tender": "邀请招标",
    "negotiation": "竞争性谈判",
    "consultation": "竞争性磋商",
    "price_inquiry": "询价",
    "single_source": "单一来源采购",
    "framework": "框架协议采购",
    "lowest_price": "最低价比选",
    "draw": "公开摇号比选",
    "other": "其他方式",
}
_ENDINGS = {
    AnnouncementKind.WITHDRAWAL: "unsuccessful",
    AnnouncementKind.CALLING_OFF: "cancelled",
    AnnouncementKind.TERMINATION: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes: the registered prefix of its identifiers, its name and code, its address without a last slash."""

    prefix: str
    name: str
    credit_code: str
    address: str


@dataclass(frozen=True, slots=True)
class Published:
    """An announcement, with its frozen facts."""

    id: str
    kind: AnnouncementKind
    title: str
    at: datetime
    facts: Json


@dataclass(frozen=True, slots=True)
class Recorded:
    """A deal that was recorded after its end, without announcements. `baseline_fen`: starting price or budget."""

    id: str
    at: datetime
    deal_code: str
    title: str
    baseline_fen: int | None
    final_fen: int
    winner_name: str
    winner_credit_code: str | None


@dataclass(frozen=True, slots=True)
class Process:
    """A project as a contracting process: what is known of it without its announcements."""

    key: str
    title: str
    owner_name: str
    kind: ProjectKind


def ocid_of(publisher: Publisher, process: Process) -> str:
    """The identifier of a contracting process, for ever: prefix and entry code."""
    return f"{publisher.prefix}-{process.key}"


def releases_of(
    publisher: Publisher, process: Process, announcements: Sequence[Published], deals: Iterable[Recorded] = ()
) -> Iterator[Json]:
    """The releases of a project, in the order in which its announcements were published; recorded deals after them."""
    told = _Told()
    for announcement in announcements:
        yield _release(publisher, process, announcement, told)
    for deal in deals:
        yield _release_of_deal(publisher, process, deal)


def package(publisher: Publisher, uri: str, releases: Sequence[Json], now: datetime, **links: str) -> Json:
    """Releases in the wrapping in which they travel."""
    made = _wrapping(publisher, uri, now) | {"releases": list(releases)}
    return made | {"links": links} if links else made


def record_package(publisher: Publisher, uri: str, records: Sequence[Json], now: datetime, **links: str) -> Json:
    """Records in the wrapping in which they travel."""
    made = _wrapping(publisher, uri, now) | {"records": list(records)}
    return made | {"links": links} if links else made


def amount(fen: int) -> Json:
    """Money as the standard writes it: yuan."""
    return {"amount": fen // 100 if fen % 100 == 0 else fen / 100, "currency": CURRENCY}


@dataclass(slots=True)
class _Told:
    """What the announcements so far have told: the lots on offer, and how those ended that did."""

    open_lots: set[str] = field(default_factory=set)
    ends: dict[str, str] = field(default_factory=dict)

    def status(self) -> str:
        """How the tender stands as a whole: active until its last lot has ended, complete if one was awarded."""
        if self.open_lots - set(self.ends):
            return "active"
        endings = set(self.ends.values())
        return next((one for one in ("complete", "unsuccessful", "cancelled") if one in endings), "active")


def _release(publisher: Publisher, process: Process, one: Published, told: _Told) -> Json:
    facts = one.facts
    lots = _lots(process, facts)
    codes = [lot["id"] for lot in lots]
    if one.kind in (AnnouncementKind.SALE, AnnouncementKind.TENDER):
        told.open_lots.update(codes)
    elif one.kind is AnnouncementKind.RESULT:
        told.ends |= dict.fromkeys(codes, "complete")
    elif one.kind in _ENDINGS:
        told.ends |= dict.fromkeys(codes or told.open_lots - set(told.ends), _ENDINGS[one.kind])
    owner = _organisation(str(facts.get("owner_name") or process.owner_name), None)
    parties = [owner | {"roles": ["procuringEntity"] if process.kind.is_sale else ["buyer", "procuringEntity"]}]
    release = _base(publisher, process, one.id, one.at, list(_TAGS[one.kind]))
    tender = _tender(process, facts, lots, owner)
    if told.open_lots or told.ends:
        tender["status"] = told.status()
    elif one.kind in (AnnouncementKind.PREQUALIFICATION, AnnouncementKind.SINGLE_SOURCE):
        tender["status"] = "planned"
    notice = _notice(publisher, one)
    if one.kind is AnnouncementKind.RESULT:
        supplier = _organisation(str(facts["winner_name"]), facts.get("winner_credit_code"))
        parties.append(supplier | {"roles": ["supplier"]})
        award = _award(codes[0] if codes else process.key, one.title, facts, supplier, lots)
        release["awards"] = [award | {"documents": [notice]}]
    elif one.kind is AnnouncementKind.CONTRACT:
        supplier = _organisation(str(facts["supplier_name"]), None)
        parties.append(supplier | {"roles": ["supplier"]})
        awarded = (code for code, end in told.ends.items() if end == "complete")
        award_id = codes[0] if codes else next(awarded, process.key)
        release["contracts"] = [_contract(award_id, one.title, facts) | {"documents": [notice]}]
    else:
        tender["documents"] = [notice, *_attachments(publisher, one)]
    if one.kind in (AnnouncementKind.CHANGE, AnnouncementKind.CORRECTION):
        tender["amendments"] = [_amendment(one)]
    if not process.kind.is_sale:
        release["buyer"] = owner
    return release | {"parties": parties, "tender": tender}


def _release_of_deal(publisher: Publisher, process: Process, deal: Recorded) -> Json:
    owner = _organisation(process.owner_name, None)
    supplier = _organisation(deal.winner_name, deal.winner_credit_code)
    item = {"id": deal.deal_code, "description": deal.title}
    tender: Json = {"id": process.key, "title": process.title, "status": "complete", "procuringEntity": owner}
    tender["items"] = [item]
    if deal.baseline_fen:
        tender["value"] = amount(deal.baseline_fen)
    facts = {"final_fen": deal.final_fen, "concluded_at": iso(deal.at)}
    release = _base(publisher, process, deal.id, deal.at, ["award"])
    if not process.kind.is_sale:
        release["buyer"] = owner
    return release | {
        "parties": [
            owner | {"roles": ["procuringEntity"] if process.kind.is_sale else ["buyer", "procuringEntity"]},
            supplier | {"roles": ["supplier"]},
        ],
        "tender": tender,
        "awards": [_award(deal.deal_code, deal.title, facts, supplier, [item])],
    }


def _base(publisher: Publisher, process: Process, identifier: str, at: datetime, tags: list[str]) -> Json:
    return {
        "ocid": ocid_of(publisher, process),
        "id": identifier,
        "date": iso(at),
        "tag": tags,
        "initiationType": "tender",
        "language": "zh",
    }


def _tender(process: Process, facts: Json, lots: list[Json], owner: Json) -> Json:
    tender: Json = {"id": process.key, "title": str(facts.get("project_title") or process.title)}
    tender["procuringEntity"] = owner
    if lots:
        tender["items"] = lots
    if "conditions" in facts and str(facts["conditions"]).strip():
        tender["eligibilityCriteria"] = str(facts["conditions"])
    value = facts.get("starting_price_fen") if process.kind.is_sale else facts.get("budget_fen")
    if isinstance(value, int):
        tender["value"] = amount(value)
    method = facts.get("selling_method") or facts.get("method")
    if isinstance(method, str) and method:
        tender["procurementMethod"] = _METHODS.get(method, "open")
        tender["procurementMethodDetails"] = _METHOD_WORDS.get(method, method)
    begins, ends = (
        (facts.get("registration_opens_at"), facts.get("registration_closes_at"))
        if process.kind.is_sale
        else (facts.get("documents_open_at"), facts.get("bids_close_at"))
    )
    if period := {name: at for name, at in (("startDate", begins), ("endDate", ends)) if at}:
        tender["tenderPeriod"] = period
    start = facts.get("starts_at") or facts.get("opening_at")
    if start:
        tender["awardPeriod"] = {"startDate": start}
    return tender


def _lots(process: Process, facts: Json) -> list[Json]:
    """The lots of an announcement as items, by their unified deal codes."""
    if isinstance(facts.get("lots"), list):
        return [
            {"id": str(lot["deal_code"]), "description": str(lot["title"])} for lot in facts["lots"] if lot["deal_code"]
        ]
    if not facts.get("deal_code"):
        return []
    item: Json = {"id": str(facts["deal_code"]), "description": str(facts.get("lot_title") or process.title)}
    if facts.get("area_m2") and facts["area_m2"] != "None":
        item |= {"quantity": float(facts["area_m2"]), "unit": {"name": "m²", "scheme": "UNCEFACT", "id": "MTK"}}
    return [item]


def _award(identifier: str, title: str, facts: Json, supplier: Json, lots: list[Json]) -> Json:
    award: Json = {"id": identifier, "title": title, "status": "active", "value": amount(facts["final_fen"])}
    award |= {"date": facts["concluded_at"], "suppliers": [supplier]}
    return award | {"items": lots} if lots else award


def _contract(award_id: str, title: str, facts: Json) -> Json:
    return {
        "id": str(facts["contract_number"]),
        "awardID": award_id,
        "title": title,
        "description": str(facts["subject"]),
        "status": "active",
        "value": amount(facts["contract_fen"]),
        "dateSigned": facts["signed_at"],
    }


def _amendment(one: Published) -> Json:
    said = one.facts.get("change") or one.facts.get("correction") or one.title
    amendment: Json = {"id": one.id, "date": iso(one.at), "description": str(said)}
    if one.facts.get("reason"):
        amendment["rationale"] = str(one.facts["reason"])
    return amendment


def _notice(publisher: Publisher, one: Published) -> Json:
    notice = {
        "id": one.id,
        "title": one.title,
        "url": f"{publisher.address}/announcements/{one.id}",
        "datePublished": iso(one.at),
        "format": "text/html",
        "language": "zh",
    }
    of_type = _DOCUMENT_TYPES.get(one.kind)
    return notice if of_type is None else notice | {"documentType": of_type}


def _attachments(publisher: Publisher, one: Published) -> list[Json]:
    return [
        {
            "id": each["attachment"],
            "title": each["name"],
            "url": f"{publisher.address}/attachments/{each['attachment']}",
            "datePublished": iso(one.at),
            "format": each["media_type"],
            "description": f"SHA-256 {each['sha256']}",
        }
        for each in one.facts.get("attachments", ())
    ]


def _organisation(name: str, credit_code: object) -> Json:
    """A party by its credit code, or by its name where no code is known."""
    if credit_code:
        identifier = {"scheme": CREDIT_CODES, "id": str(credit_code), "legalName": name}
        return {"id": f"{CREDIT_CODES}-{credit_code}", "name": name, "identifier": identifier}
    return {"id": f"name-{hashlib.sha256(name.encode()).hexdigest()[:16]}", "name": name}


def _wrapping(publisher: Publisher, uri: str, now: datetime) -> Json:
    return {
        "uri": uri,
        "version": "1.1",
        "publishedDate": iso(now),
        "publisher": {
            "name": publisher.name,
            "scheme": CREDIT_CODES,
            "uid": publisher.credit_code,
            "uri": publisher.address,
        },
        "publicationPolicy": f"{publisher.address}/ocds",
    }

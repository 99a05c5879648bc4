"""What a request for completion can point at: the fields of an entry's form, and the papers of its kind. Pure.

The papers are what each kind of project usually hands in beside its form. The lists are the centre's own; an item
always points at one of them or at a field, so that the officer is led to it and a second request can be judged.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trading.projects.problems import N_
from trading.projects.rules import ProjectKind

_FIELD, _PAPER = "field:", "paper:"

_EVERY_KIND: Mapping[str, str] = MappingProxyType(
    {"application": N_("Application for entry"), "authority": N_("Letter of authority of the person in charge")}
)

PAPERS: Mapping[ProjectKind, Mapping[str, str]] = MappingProxyType(
    {
        ProjectKind.LAND: {
            "sale_plan": N_("Approved plan of the sale"),
            "parcel_map": N_("Map and survey of the parcel"),
            "planning": N_("Planning conditions"),
            "price_report": N_("Land price report"),
            "environment": N_("Survey of soil pollution"),
        },
        ProjectKind.MINING: {
            "sale_plan": N_("Approved plan of the sale"),
            "reserves": N_("Report on the mineral reserves"),
            "environment": N_("Environmental opinion"),
            "price_report": N_("Valuation report"),
        },
        ProjectKind.PROPERTY: {
            "decision": N_("Decision on the transfer"),
            "title": N_("Certificates of title"),
            "price_report": N_("Valuation report"),
        },
        ProjectKind.GOVERNMENT_PROCUREMENT: {
            "budget": N_("Approved budget"),
            "plan": N_("Registered procurement plan"),
            "method": N_("Approval of the procurement method"),
            "requirements": N_("Procurement requirements"),
        },
        ProjectKind.WORKS: {
            "approval": N_("Approval of the works project"),
            "funds": N_("Proof of funds"),
            "drawings": N_("Reviewed construction drawings"),
            "tender_approval": N_("Approved tender plan"),
        },
    }
)


def field(name: str) -> str:
    """How an item points at a field of the form."""
    return _FIELD + name


def paper(code: str) -> str:
    """How an item points at a paper."""
    return _PAPER + code


def is_paper(target: str) -> bool:
    """Whether an item points at a paper, which the officer answers in words; a field is answered by its value."""
    return target.startswith(_PAPER)


def field_of(target: str) -> str:
    """The name of the field that an item points at; empty for a paper."""
    return target.removeprefix(_FIELD) if target.startswith(_FIELD) else ""


def papers_of(kind: ProjectKind) -> dict[str, str]:
    """The papers of a kind of project by target, as message ids."""
    return {paper(code): words for code, words in (*_EVERY_KIND.items(), *PAPERS.get(kind, {}).items())}

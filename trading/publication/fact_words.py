"""What facts are called on the officers' pages, and how their values are written there."""

from collections.abc import Mapping
from typing import Any

from trading.kernel.formats import moment, yuan
from trading.kernel.i18n import gettext as _
from trading.projects.presenting import cap_rule_words, land_use_words, method_words
from trading.projects.problems import N_
from trading.publication.kinds import KINDS
from trading.publication.text_language import read_fact_moment
from trading.publication.wording import DATES

LABELS: Mapping[str, str] = {
    "entry_code": N_("Entry code"),
    "deal_code": N_("Unified deal code"),
    "project_title": N_("Project title"),
    "lot_title": N_("Lot"),
    "owner_name": N_("Owner"),
    "project_kind": N_("Kind of project"),
    "rule_profile": N_("Rule profile"),
    "parcel_number": N_("Parcel number"),
    "location": N_("Location"),
    "area_m2": N_("Area in m²"),
    "area_mu": N_("Area in mu"),
    "land_use": N_("Land use"),
    "term_years": N_("Term of use"),
    "conditions": N_("Conditions"),
    "selling_method": N_("Way of selling"),
    "method": N_("Method"),
    "starting_price_fen": N_("Starting price"),
    "valuation_fen": N_("Valuation"),
    "increment_fen": N_("Increment"),
    "deposit_fen": N_("Deposit"),
    "budget_fen": N_("Budget or estimate"),
    "cap_fen": N_("Price cap"),
    "cap_ceiling_fen": N_("Highest quote"),
    "cap_rule": N_("What follows above a price cap"),
    "has_reserve": N_("Reserve price or none"),
    "minimum_bidders": N_("Bidders needed"),
    "registration_opens_at": N_("Registration opens"),
    "registration_closes_at": N_("Registration closes"),
    "starts_at": N_("Sale starts"),
    "listing_ends_at": N_("End of the listing or of quotes"),
    "quoting_ends_at": N_("Quoting stops"),
    "documents_open_at": N_("Documents are given out from"),
    "documents_close_at": N_("Documents are given out until"),
    "bids_close_at": N_("Bids close at"),
    "opening_at": N_("Opening"),
    "public_until": N_("Public until"),
    "particulars": N_("Particulars"),
    "lots": N_("Lots"),
    "attachments": N_("Attachments"),
    "moved": N_("Dates that move"),
    "affects_bids": N_("It may affect bids"),
    "moved_source": N_("Rule behind the move"),
    "changed_number": N_("The announcement that is changed"),
    "corrected_number": N_("The announcement that is changed"),
    "changed_title": N_("Its title"),
    "announcement_number": N_("Number of the announcement"),
    "announcement_title": N_("Title of the announcement"),
    "published_at": N_("Published on"),
    "no_effect_reason": N_("Why it does not affect bids"),
    "final_fen": N_("Final price"),
    "value_added_fen": N_("Value added"),
    "winner_name": N_("Winner"),
    "winner_shares": N_("Shares of the joint bidders"),
    "winner_credit_code": N_("Unified social credit code"),
    "plate": N_("Plate"),
    "bid_count": N_("Valid bids"),
    "reason": N_("Reasons"),
    "ended_at": N_("Ended"),
    "concluded_at": N_("Concluded at"),
    "suspended_at": N_("Suspended since"),
    "resumes_at": N_("Goes on at"),
    "window_s": N_("Countdown"),
    "baseline_fen": N_("Starting price or budget"),
    "is_demonstration": N_("Demonstration data"),
}
_TYPED = {field.fact: field.label for rules in KINDS.values() for field in rules.fields}
_CODES = {"selling_method": method_words, "land_use": land_use_words, "cap_rule": cap_rule_words}
_INTERNAL = frozenset({"project", "lot", "is_demonstration", "number", "title"})
LONGEST_SHOWN = 300


def label(name: str) -> str:
    """What a fact is called: by its own word, by the field in which it was typed, or by its name."""
    words = LABELS.get(name) or _TYPED.get(name)
    return name if words is None else _(words)


def in_words(name: str, value: Any) -> str:
    """The value of a fact as officers read it."""
    match value:
        case None | "":
            return "—"
        case bool():
            return _("Yes") if value else _("No")
        case int() if name.endswith("_fen"):
            return yuan(value)
        case str() if name in _CODES:
            return _CODES[name](value)
        case str() if name.endswith(("_at", "_until")):
            return moment(read_fact_moment(value))
        case list():
            return "\n".join(_part(part) for part in value)
        case dict():
            return _part(value)
        case _:
            text = str(value)
            return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def shown_names(facts: Mapping[str, Any]) -> list[str]:
    """The facts that an officer compares, in the order in which the project tells them."""
    order = list(LABELS)
    names = [name for name in facts if name not in _INTERNAL]
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def _part(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    if "label" in part:
        return f"{part['label']}: {part['value']}"
    if "before" in part:
        was, is_now = (moment(read_fact_moment(part[which])) for which in ("before", "after"))
        return f"{DATES.get(part['name'], part['name'])}: {was} → {is_now}"
    if "sha256" in part:
        return f"{part['name']} ({part['sha256'][:12]}…)"
    words = [str(part[name]) for name in ("number", "title", "deal_code") if part.get(name) is not None]
    if part.get("budget_fen") is not None:
        words.append(yuan(part["budget_fen"]))
    inner = [_part(each) for each in part.get("particulars", [])]
    return "; ".join([" ".join(words), *inner])

"""What facts are called on the officers' pages, and how their values are written there."""

from collections.abc import Mapping
from typing import Any

from trading.kernel.formats import moment, yuan
from trading.kernel.i18n import gettext as _
from trading.projects.presenting import cap_rule_words, land_use_words, method_words
from trading.publication.fact_names import LABELS
from trading.publication.kinds import fact_label
from trading.publication.text_language import read_fact_moment
from trading.publication.wording import DATES

_CODES = {"selling_method": method_words, "land_use": land_use_words, "cap_rule": cap_rule_words}
_INTERNAL = frozenset({"project", "lot", "is_demonstration", "number", "title"})
LONGEST_SHOWN = 300


def label(name: str) -> str:
    """What a fact is called: by its own word, by the field in which it was typed, or by its name."""
    return _(fact_label(name))


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

"""Announcements: their kinds, their numbers, and what each must say. Pure.

An announcement is written once and never edited; what has to change is said by another announcement that names the one
it corrects. Its facts are frozen as canonical JSON when it is published, and every page renders from those.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotFound, Refusal
from trading.kernel.moments import SHANGHAI


class AnnouncementKind(StrEnum):
    """What an announcement is about."""

    SALE = "sale"
    RESULT = "result"
    WITHDRAWAL = "withdrawal"
    CALLING_OFF = "calling_off"
    CORRECTION = "correction"


NUMBER_WORDS: Mapping[AnnouncementKind, str] = MappingProxyType(
    {
        AnnouncementKind.SALE: "出让公告",
        AnnouncementKind.RESULT: "成交公告",
        AnnouncementKind.WITHDRAWAL: "流拍公告",
        AnnouncementKind.CALLING_OFF: "终止公告",
        AnnouncementKind.CORRECTION: "更正公告",
    }
)

_LOT = frozenset({"entry_code", "deal_code", "lot_title", "parcel_number", "location"})
_SALE = _LOT | {
    "owner_name",
    "area_m2",
    "area_mu",
    "land_use",
    "term_years",
    "conditions",
    "selling_method",
    "starting_price_fen",
    "increment_fen",
    "deposit_fen",
    "has_reserve",
    "registration_opens_at",
    "registration_closes_at",
    "starts_at",
    "minimum_bidders",
    "rule_profile",
}

REQUIRED_FACTS: Mapping[AnnouncementKind, frozenset[str]] = MappingProxyType(
    {
        AnnouncementKind.SALE: frozenset(_SALE),
        AnnouncementKind.RESULT: frozenset(
            {"entry_code", "deal_code", "lot_title", "winner_name", "final_fen", "concluded_at"}
        ),
        AnnouncementKind.WITHDRAWAL: frozenset({"entry_code", "deal_code", "lot_title", "reason", "ended_at"}),
        AnnouncementKind.CALLING_OFF: frozenset({"entry_code", "deal_code", "lot_title", "reason", "ended_at"}),
        AnnouncementKind.CORRECTION: frozenset({"entry_code", "corrected_number", "correction"}),
    }
)
"""What each kind must say. Sources: 国土资源部令39号 art. 9 (sale), art. 22 (result), both unconfirmed."""

REQUIRED_OF_WAY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "listing": frozenset({"listing_ends_at", "quoting_ends_at", "window_s"}),
        "tender": frozenset({"listing_ends_at"}),
        "online_auction": frozenset({"open_s", "extension_s"}),
    }
)
"""What the announcement of a sale must say beyond that, by way of selling."""


@dataclass(eq=False)
class AnnouncementIncomplete(Refusal):
    """An announcement lacks facts that its kind must state."""

    message: ClassVar[str] = "The announcement cannot be published: {missing} is missing."
    advice: ClassVar[str] = "Complete the project first; the announcement is made from its facts."

    missing: str


@dataclass(eq=False)
class AnnouncementNotFound(NotFound):
    """No announcement has this identifier."""

    message: ClassVar[str] = "There is no such announcement."
    advice: ClassVar[str] = "Look it up in the list of announcements."


@dataclass(frozen=True, slots=True)
class FrozenFacts:
    """An announcement's facts as they are stored for good: the canonical text and its SHA-256 in hex."""

    text: str
    sha256: str


def freeze(kind: AnnouncementKind, facts: Mapping[str, Any]) -> FrozenFacts:
    """Freeze the facts of an announcement. Refuses with `AnnouncementIncomplete` when something is left out.

    An empty text counts as left out, except for `conditions`, which a sale need not have.
    """
    required = REQUIRED_FACTS[kind]
    if kind is AnnouncementKind.SALE:
        required |= REQUIRED_OF_WAY.get(str(facts.get("selling_method")), frozenset())
    missing = sorted(name for name in required if not _is_stated(name, facts.get(name)))
    if missing:
        raise AnnouncementIncomplete(", ".join(missing))
    canonical = canonical_json(dict(facts))
    return FrozenFacts(canonical.decode(), hashlib.sha256(canonical).hexdigest())


def announcement_number(kind: AnnouncementKind, number: int, published_at: datetime) -> str:
    """The number printed on an announcement: `出让公告〔2026〕0001号`, counted per kind and local year."""
    if number < 1:
        raise ValueError("announcements are counted from 1")
    return f"{NUMBER_WORDS[kind]}〔{published_at.astimezone(SHANGHAI).year}〕{number:04d}号"


def announcement_title(kind: AnnouncementKind, subject: str, *, second_round: bool = False) -> str:
    """The title of an announcement about a lot or a project: `…国有建设用地使用权出让公告`, `…（再次拍卖）`."""
    word = NUMBER_WORDS[kind]
    title = f"{subject.removesuffix('出让')}{word}" if word.startswith("出让") else f"{subject}{word}"
    return f"{title}（再次拍卖）" if second_round else title


def _is_stated(name: str, value: object) -> bool:
    if name == "conditions":
        return isinstance(value, str)
    return value is not None and value != ""

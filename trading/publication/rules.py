"""Announcements: their numbers and titles, what each must say, and how it is frozen. Pure.

An announcement is written once and never edited; what has to change is said by another announcement that names the one
it follows. Its facts are frozen as canonical JSON when it is published, and with them the text that was made from them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotFound, Refusal
from trading.kernel.moments import SHANGHAI, local_day, midnight
from trading.projects.working_days import is_working_day, working_days_after
from trading.publication.kind_types import AnnouncementKind, Family, PublicFor, family_of
from trading.publication.kinds import KINDS, fact_label

__all__ = [
    "NUMBER_WORDS",
    "REQUIRED_FACTS",
    "REQUIRED_OF_WAY",
    "AnnouncementIncomplete",
    "AnnouncementKind",
    "AnnouncementNotFound",
    "FrozenFacts",
    "announcement_number",
    "announcement_title",
    "freeze",
    "public_until",
    "required_facts",
]

NUMBER_WORDS: Mapping[AnnouncementKind, str] = MappingProxyType({kind: rules.word for kind, rules in KINDS.items()})

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
    """An announcement lacks facts that its kind must state: `missing` are their labels, `names` themselves."""

    message: ClassVar[str] = "The announcement cannot be published: {missing} is missing."
    advice: ClassVar[str] = "Complete the project first; the announcement is made from its facts."

    names: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.missing = tuple(dict.fromkeys(fact_label(name) for name in self.names))


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


def required_facts(kind: AnnouncementKind, facts: Mapping[str, Any]) -> frozenset[str]:
    """What an announcement must say. The kind of project, and the way of selling, stand in the facts themselves."""
    rules = KINDS[kind]
    required = rules.required | rules.required_of.get(family_of(facts.get("project_kind", "land")), frozenset())
    if kind is AnnouncementKind.SALE:
        required |= REQUIRED_OF_WAY.get(str(facts.get("selling_method")), frozenset())
    return required


REQUIRED_FACTS: Mapping[AnnouncementKind, frozenset[str]] = MappingProxyType(
    {kind: required_facts(kind, {}) for kind in AnnouncementKind}
)
"""What each kind must say for land. Sources: see `trading.publication.kinds`."""


def freeze(kind: AnnouncementKind, facts: Mapping[str, Any]) -> FrozenFacts:
    """Freeze the facts of an announcement. Refuses with `AnnouncementIncomplete` when something is left out.

    An empty text counts as left out, except for `conditions`, which a sale need not have.
    """
    missing = sorted(name for name in required_facts(kind, facts) if not _is_stated(name, facts.get(name)))
    if missing:
        raise AnnouncementIncomplete(tuple(missing))
    canonical = canonical_json(dict(facts))
    return FrozenFacts(canonical.decode(), hashlib.sha256(canonical).hexdigest())


def announcement_number(kind: AnnouncementKind, number: int, published_at: datetime) -> str:
    """The number printed on an announcement: `出让公告〔2026〕0001号`, counted per kind and local year."""
    if number < 1:
        raise ValueError("announcements are counted from 1")
    return f"{NUMBER_WORDS[kind]}〔{published_at.astimezone(SHANGHAI).year}〕{number:04d}号"


def announcement_title(
    kind: AnnouncementKind, subject: str, family: Family = Family.LAND, *, second_round: bool = False
) -> str:
    """The title of an announcement about a lot or a project: `…国有建设用地使用权出让公告`, `…（再次拍卖）`."""
    word = KINDS[kind].titles.get(family, NUMBER_WORDS[kind])
    title = (
        f"{subject.removesuffix(word[:2])}{word}"
        if word[:2] in {"出让", "转让", "招标", "采购"}
        else f"{subject}{word}"
    )
    return f"{title}（再次拍卖）" if second_round else title


def public_until(period: PublicFor, published_at: datetime) -> datetime:
    """The end of the last day of a period for which an announcement stays public, in UTC.

    The first day is not counted, and a last day on which nobody works rolls on to the next working day
    (民法典 art. 201, 203). Refuses `WorkingDaysUnknown`.
    """
    first = local_day(published_at)
    if period.working_days:
        last = working_days_after(first, period.days.value)
    else:
        last = first + timedelta(days=period.days.value)
        while not is_working_day(last):
            last += timedelta(days=1)
    return midnight(last + timedelta(days=1))


def _is_stated(name: str, value: object) -> bool:
    if name == "conditions":
        return isinstance(value, str)
    return value is not None and value != ""

"""What a kind of announcement is: its name, whose projects have it, what officers type, what is ruled for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from trading.projects.problems import N_
from trading.projects.profile_types import Ruled, unconfirmed


class AnnouncementKind(StrEnum):
    """What an announcement is about."""

    SALE = "sale"
    TENDER = "tender"
    PREQUALIFICATION = "prequalification"
    CHANGE = "change"
    CLARIFICATION = "clarification"
    CORRECTION = "correction"
    CANDIDATES = "candidates"
    RESULT = "result"
    WITHDRAWAL = "withdrawal"
    CALLING_OFF = "calling_off"
    TERMINATION = "termination"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    SINGLE_SOURCE = "single_source"
    CONTRACT = "contract"
    ACCEPTANCE = "acceptance"
    COMPLAINT_RESULT = "complaint_result"


class Family(StrEnum):
    """Projects that are announced under the same rules."""

    LAND = "land"
    MINING = "mining"
    PROPERTY = "property"
    WORKS = "works"
    PROCUREMENT = "procurement"
    SELECTION = "selection"
    OTHER = "other"


FAMILY_OF: Mapping[str, Family] = MappingProxyType(
    {
        "land": Family.LAND,
        "mining": Family.MINING,
        "property_rights": Family.PROPERTY,
        "works": Family.WORKS,
        "government_procurement": Family.PROCUREMENT,
        "agency_selection": Family.SELECTION,
        "fixed_price_selection": Family.SELECTION,
    }
)
"""The family of each kind of project; every other kind is of the family `other`."""

SELLING = frozenset({Family.LAND, Family.MINING, Family.PROPERTY})
BUYING = frozenset({Family.WORKS, Family.PROCUREMENT, Family.SELECTION, Family.OTHER})
EVERYBODY = frozenset(Family)

OWN = N_("this platform's own")


class FieldType(StrEnum):
    """What an officer types into a field."""

    LINE = "line"
    LINES = "lines"
    MOMENT = "moment"
    AMOUNT = "amount"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Field:
    """One fact that only this announcement needs and an officer types. An amount becomes `<name>_fen`."""

    name: str
    type: FieldType
    label: str
    hint: str = ""
    is_required: bool = True
    longest: int = 200

    @property
    def fact(self) -> str:
        """The name under which it stands among the facts."""
        return f"{self.name}_fen" if self.type is FieldType.AMOUNT else self.name


@dataclass(frozen=True, slots=True)
class PublicFor:
    """How long an announcement stays public before the next step; the first day is not counted."""

    days: Ruled[int]
    working_days: bool = False


@dataclass(frozen=True, slots=True)
class KindRules:
    """What is ruled for one kind.

    `word` stands in its number and its title, `titles` where a family says it otherwise. `required` are the facts that
    it must state, `required_of` those of one family beyond them; `fields` are what an officer types for it, `known`
    further facts that it may state. `follows`: whether it points at an earlier one. `by_hand`: whose officers prepare
    it; for the others the platform makes it.
    """

    word: str
    name: str
    sources: Mapping[Family, Ruled[None]]
    required: frozenset[str]
    required_of: Mapping[Family, frozenset[str]] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    known: frozenset[str] = frozenset()
    titles: Mapping[Family, str] = field(default_factory=dict)
    follows: bool = False
    by_hand: frozenset[Family] = frozenset()
    public_for: Mapping[Family, PublicFor] = field(default_factory=dict)

    def source(self, family: Family) -> Ruled[None]:
        """The text of law behind it."""
        return self.sources.get(family, unconfirmed(None, OWN))


def family_of(project_kind: object) -> Family:
    """The family of a kind of project; of an unknown kind `other`."""
    return FAMILY_OF.get(str(project_kind), Family.OTHER)

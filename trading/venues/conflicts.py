"""Who of a booking is engaged elsewhere at its time: a warning, unless the rules make it an obstacle. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trading.kernel.errors import Refusal
from trading.venues.rules import Part, Span


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody of this booking is engaged in another one at the time. `booking_id` is None when it may not be told."""

    name: str
    part: Part
    booking_id: UUID | None
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """What a form sends back to say that this very conflict was seen."""
        return f"{self.name}|{self.starts_at.isoformat()}|{self.ends_at.isoformat()}"


@dataclass(eq=False)
class ConflictsNotSeen(Refusal):
    """A warning: it is no obstacle, but somebody must have seen it, and that is recorded."""

    message: ClassVar[str] = "Somebody of this booking is engaged elsewhere at that time."
    advice: ClassVar[str] = "Look at the conflicts, then change the booking or confirm that you have seen them."
    conflicts: tuple[Conflict, ...]


@dataclass(eq=False)
class ConflictRefused(Refusal):
    """The project's rules do not let these people be in two places."""

    message: ClassVar[str] = "{name} is engaged elsewhere at that time, and the rules of this project do not allow it."
    advice: ClassVar[str] = "Choose another time, or another person."
    name: str


@dataclass(frozen=True, slots=True)
class Engagement:
    """Somebody's part in a booking. `key` is the account, or the plain name of who has none."""

    key: str
    name: str
    part: Part
    booking_id: UUID
    span: Span
    is_secret: bool = False


def conflicts_of(
    own: Iterable[tuple[str, str, Part]], span: Span, others: Iterable[Engagement], *, for_committee: bool
) -> tuple[Conflict, ...]:
    """Who of a booking (key, name, part) is engaged elsewhere at its time, each engagement once.

    A secret engagement, one in an evaluation that the asking person may not see, is told only to somebody who arranges
    an evaluation too, and without saying which: else anybody could ask by name who sits in a committee.
    """
    names = {key: (name, part) for key, name, part in own}
    found: dict[str, Conflict] = {}
    for other in others:
        if other.key not in names or not span.overlaps(other.span) or (other.is_secret and not for_committee):
            continue
        name, part = names[other.key]
        told = None if other.is_secret else other.booking_id
        conflict = Conflict(name, part, told, other.span.starts_at, other.span.ends_at)
        found.setdefault(conflict.key, conflict)
    return tuple(sorted(found.values(), key=lambda conflict: (conflict.name, conflict.starts_at)))


def check_conflicts(conflicts: Iterable[Conflict], seen: Iterable[str], refused: frozenset[Part]) -> None:
    """Refuse conflicts that the project's rules forbid, and those that nobody has seen yet."""
    found = tuple(conflicts)
    for conflict in found:
        if conflict.part in refused:
            raise ConflictRefused(conflict.name)
    if not {conflict.key for conflict in found} <= set(seen):
        raise ConflictsNotSeen(found)

"""Figures of parallel review: how often each department decided in words within its limit, by quarter. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from trading.kernel.moments import local_day, midnight
from trading.reviews.rules import PartState

QUARTERS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @property
    def first(self) -> datetime:
        """Its first moment in Beijing."""
        return midnight(date(self.year, 3 * self.number - 2, 1))

    @property
    def next(self) -> "Quarter":
        """The quarter after it."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def previous(self) -> "Quarter":
        """The quarter before it."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a department that counts."""

    department: str
    state: PartState
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """What a department decided in a quarter: in words, and by law. `percent` is the share in words, to one decimal."""

    in_words: int
    by_law: int

    @property
    def percent(self) -> Decimal | None:
        """The on-time rate; None where nothing was decided."""
        total = self.in_words + self.by_law
        if not total:
            return None
        return (Decimal(100 * self.in_words) / total).quantize(Decimal("0.1"), ROUND_HALF_UP)


def quarter_of(at: datetime) -> Quarter:
    """The quarter of a moment in Beijing."""
    day = local_day(at)
    return Quarter(day.year, (day.month + 2) // 3)


def quarters_until(now: datetime) -> list[Quarter]:
    """The quarters that the page shows, the running one last."""
    found = [quarter_of(now)]
    while len(found) < QUARTERS_SHOWN:
        found.insert(0, found[0].previous)
    return found


def rates(decisions: Iterable[Decision], quarters: Sequence[Quarter]) -> dict[str, list[Rate]]:
    """The rates of every department that decided something, one for each quarter."""
    counted: dict[str, dict[Quarter, list[int]]] = {}
    for one in decisions:
        cell = counted.setdefault(one.department, {}).setdefault(quarter_of(one.decided_at), [0, 0])
        cell[one.state in (PartState.SILENT, PartState.ABSENT)] += 1
    return {
        name: [Rate(*cells.get(quarter, (0, 0))) for quarter in quarters] for name, cells in sorted(counted.items())
    }

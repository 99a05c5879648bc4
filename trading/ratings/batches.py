"""Which ratings may be counted together: batches of enough, so that no figure ever tells what one person said. Pure.

An opened rating waits until there are enough of its cell; then all of them become one batch, at once and in no order.
Every figure that anybody is shown is a sum over whole batches. So neither a figure, nor the difference of two figures,
nor what a figure grew by since yesterday, is ever about fewer ratings than the smallest group.

The cells of what units said: service, quarter, officer and window; what is left of a quarter that is over is put
together coarser (service and quarter, then the quarter alone). The cells of what officers said: the unit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from trading.ratings.rules import OVERALL, SATISFIED_FROM, Service, Side
from trading.reviews.figures import Quarter


@dataclass(frozen=True, slots=True)
class Cell:
    """What the ratings of a batch have in common; None: not told apart."""

    side: Side
    service: Service | None = None
    quarter: Quarter | None = None
    officer_id: UUID | None = None
    window_id: UUID | None = None
    unit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An opened rating that is in no batch yet, with its finest cell."""

    rating_id: UUID
    cell: Cell


@dataclass(frozen=True, slots=True)
class Batch:
    """Ratings that are counted from now on; only what they have in common is kept beside them."""

    cell: Cell
    rating_ids: tuple[UUID, ...]


def batches_of(waiting: Iterable[Waiting], *, over: Collection[Quarter], smallest: int) -> list[Batch]:
    """The batches that can be made now. `over`: the quarters to which no rating can be added any more."""
    left = list(waiting)
    made: list[Batch] = []
    for level in (0, 1, 2):
        groups: dict[Cell, list[Waiting]] = {}
        for each in left:
            cell = _coarser(each.cell, level) if level == 0 or each.cell.quarter in over else None
            if cell is not None:
                groups.setdefault(cell, []).append(each)
        enough = {cell: group for cell, group in groups.items() if len(group) >= smallest}
        made += [
            Batch(cell, tuple(sorted(each.rating_id for each in group))) for cell, group in sorted_cells(enough).items()
        ]
        taken = {each.rating_id for group in enough.values() for each in group}
        left = [each for each in left if each.rating_id not in taken]
    return made


def sorted_cells(groups: Mapping[Cell, list[Waiting]]) -> dict[Cell, list[Waiting]]:
    """In an order that depends on the cells alone."""
    return dict(sorted(groups.items(), key=lambda item: repr(item[0])))


def _coarser(cell: Cell, level: int) -> Cell | None:
    if level == 0:
        return cell
    if cell.side is Side.OFFICER:
        return None
    return Cell(cell.side, cell.service if level == 1 else None, cell.quarter)


@dataclass(frozen=True, slots=True)
class Counted:
    """A batch as it is counted: its cell, and the scores of each rating by question, in no telling order."""

    cell: Cell
    scores: tuple[Mapping[str, int], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What several ratings say together. `good` counts, for each question, the answers 4 and 5."""

    count: int
    good: Mapping[str, int]

    @property
    def satisfied(self) -> int:
        """How many were satisfied on the whole."""
        return self.good.get(OVERALL, 0)

    @property
    def satisfaction(self) -> Decimal | None:
        """The share of 4 and 5 on the whole, in percent to one decimal; None where nothing is counted."""
        return percent(self.satisfied, self.count)

    def share(self, question: str) -> Decimal | None:
        """The share of 4 and 5 for one question."""
        return percent(self.good.get(question, 0), self.count)


def tally(counted: Iterable[Counted]) -> Tally:
    """Whole batches together."""
    count, good = 0, dict[str, int]()
    for batch in counted:
        count += len(batch.scores)
        for scores in batch.scores:
            for question, score in scores.items():
                good[question] = good.get(question, 0) + (score >= SATISFIED_FROM)
    return Tally(count, good)


def percent(part: int, whole: int) -> Decimal | None:
    """A share in percent, half up to one decimal; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def in_no_order(scores: Iterable[Mapping[str, int]]) -> list[dict[str, int]]:
    """Scores sorted by themselves, so that their place says nothing about who gave them."""
    plain: Sequence[dict[str, int]] = [dict(sorted(each.items())) for each in scores]
    return sorted(plain, key=lambda each: tuple(each.items()))

"""What an alert shows beside its words: a table of facts, and rivals' bids as a drawing. Pure.

An exhibit is stored as plain JSON with the alert, so that a later look shows what was found then. Amounts are whole
fen, moments UTC text; they are written for reading when they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from trading.kernel import formats
from trading.kernel.i18n import gettext
from trading.kernel.money import Money

MOST_ROWS = 60
LONG = 10
WIDTH, HEIGHT = 640, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 16, 16, 36


class Cell(StrEnum):
    """How the cells of a column are written. `WORD` is a message id, `STREAM` a stream of the journal."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    MONEY = "money"
    MOMENT = "moment"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Table:
    """Facts in rows. `columns` are message ids with how their cells are written."""

    columns: tuple[tuple[str, Cell], ...]
    rows: Sequence[Sequence[Any]]

    def as_json(self) -> dict[str, Any]:
        """As it is stored: at most `MOST_ROWS` rows, and how many there were."""
        columns = [[name, cell.value] for name, cell in self.columns]
        return {"columns": columns, "rows": [list(row) for row in self.rows[:MOST_ROWS]], "of": len(self.rows)}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Bids of rivals in their order: who (a place in `names`, or None for everybody else), what price in fen, when."""

    names: tuple[str, ...]
    bids: Sequence[tuple[int | None, int, str]]

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"names": list(self.names), "bids": [list(bid) for bid in self.bids]}


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell for the page."""

    label: str
    kind: str
    words: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table for the page; `total` rows were found."""

    headings: Sequence[ShownCell]
    rows: Sequence[Sequence[ShownCell]]
    total: int

    @property
    def is_long(self) -> bool:
        """Whether it is folded until somebody asks for it: on a phone every row is a card."""
        return len(self.rows) > LONG


@dataclass(frozen=True, slots=True)
class Mark:
    """One bid in the drawing, at these units from the left and the top."""

    x: int
    y: int
    who: int | None


@dataclass(frozen=True, slots=True)
class ShownDrawing:
    """A drawing for the page: one mark a bid, from the lowest price to the highest."""

    names: Sequence[str]
    marks: Sequence[Mark]
    line: str
    lowest: Money
    highest: Money
    first_at: datetime
    last_at: datetime


def shown_table(stored: Mapping[str, Any]) -> ShownTable:
    """A stored table in the language of the request."""
    headings = [ShownCell("", kind, gettext(name)) for name, kind in stored["columns"]]
    rows = [
        [_shown(heading.words, heading.kind, value) for heading, value in zip(headings, row, strict=True)]
        for row in stored["rows"]
    ]
    return ShownTable(headings, rows, stored["of"])


def shown_drawing(stored: Mapping[str, Any]) -> ShownDrawing:
    """The drawing with every mark in its place: bids side by side in their order, their price upwards."""
    bids = stored["bids"]
    prices = [price for _, price, _ in bids]
    lowest, highest = min(prices), max(prices)
    across, up = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    marks = [
        Mark(
            _LEFT + across * place // max(1, len(bids) - 1),
            HEIGHT - _BOTTOM - up * (price - lowest) // max(1, highest - lowest),
            who,
        )
        for place, (who, price, _) in enumerate(bids)
    ]
    line = " ".join(f"{mark.x},{mark.y}" for mark in marks)
    first_at, last_at = (datetime.fromisoformat(bids[place][2]) for place in (0, -1))
    return ShownDrawing(stored["names"], marks, line, Money(lowest), Money(highest), first_at, last_at)


def _shown(label: str, kind: str, value: Any) -> ShownCell:
    if value is None or value == "":
        return ShownCell(label, Cell.TEXT, "—")
    match kind:
        case Cell.MONEY:
            return ShownCell(label, kind, formats.yuan(int(value)))
        case Cell.MOMENT:
            return ShownCell(label, kind, "", datetime.fromisoformat(value))
        case Cell.WORD:
            return ShownCell(label, kind, gettext(value))
        case _:
            return ShownCell(label, kind, str(value))

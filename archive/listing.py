"""A plain table as PDF, for what people want to read beside the journal: registrations, receipts, refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, LongTable, Spacer

from archive import typesetting as look

_WIDTH = 162 * mm


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, its share of the width, and whether it holds amounts."""

    heading: str
    share: int
    is_money: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A titled table. Every row has as many cells as there are columns."""

    centre_name: str
    title: str
    subject: str
    number: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    made_at: datetime
    is_demonstration: bool


def listing_pdf(listing: Listing) -> bytes:
    """Set the table. Refuses with `CharacterNotInFont`."""
    furniture = look.Furniture(
        listing.centre_name, listing.title, listing.number, listing.made_at, listing.is_demonstration
    )
    return look.make_pdf(furniture, lambda: _story(listing))


def _story(listing: Listing) -> list[Flowable]:
    subject = look.style("subject", size=11, alignment=1, textColor=look.QUIET)
    made = look.style("made", size=8.5, textColor=look.QUIET)
    return [
        look.text(listing.title, look.HEADLINE),
        look.text(listing.subject, subject),
        Spacer(0, 5 * mm),
        _table(listing) if listing.rows else look.text("无。"),
        Spacer(0, 4 * mm),
        look.text(f"制表时间 {look.moment(listing.made_at)}。本表为便于阅读而制，以日志为准。", made),
    ]


def _table(listing: Listing) -> LongTable:
    left = look.style("cell", size=8.5, leading=12)
    right = look.style("amount", size=8.5, leading=12, alignment=2)
    looks = [right if column.is_money else left for column in listing.columns]
    total = sum(column.share for column in listing.columns)
    rows = [[look.text(cell, style) for cell, style in zip(row, looks, strict=True)] for row in listing.rows]
    heading = [look.text(column.heading, style) for column, style in zip(listing.columns, looks, strict=True)]
    widths = [_WIDTH * column.share / total for column in listing.columns]
    table = LongTable([heading, *rows], colWidths=widths, repeatRows=1)
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), look.REGULAR, 8.5, 12),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("BACKGROUND", (0, 0), (-1, 0), look.WASH),
            ("LINEBELOW", (0, 0), (-1, 0), 0.7, look.INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, look.HAIRLINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return table

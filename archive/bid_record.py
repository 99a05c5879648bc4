"""The bid record of a lot (竞价记录) as PDF: all bids in order, refused ones too, each with its hash in the journal.

What a way of selling adds follows in sections: the course of the sale, quotes as they were opened, a draw.
"""

from dataclasses import dataclass
from datetime import datetime

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Paragraph, Spacer, Table

from archive import typesetting as look
from archive.capital_words import capital_words
from trading.kernel.money import Money


@dataclass(frozen=True, slots=True)
class RecordedBid:
    """One bid. `price` is None when what was sent was no price at all, or `is_sealed`. `reason` says why it
    was refused, or what else there is to know of it.

    `arrived_at` is when it reached a server (None where that was not stamped), `at` the moment of its entry;
    `before_close_ms` is how long before the end of the stage it arrived, None where no end was set.
    """

    seq: int
    arrived_at: datetime | None
    at: datetime
    before_close_ms: int | None
    plate: int | None
    price: Money | None
    is_sealed: bool
    accepted: bool
    reason: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class RecordedSection:
    """What a way of selling adds, in Chinese words: a table, and a note below it. Widths are in mm, 162 in all."""

    title: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class BidRecord:
    """Everything the record shows. `outcome` in Chinese words; `final_price` None when the lot was withdrawn."""

    number: str
    centre_name: str
    lot_title: str
    parcel_number: str
    selling_method: str
    starting_price: Money
    increment: Money
    opened_at: datetime | None
    closed_at: datetime
    outcome: str
    winner_name: str | None
    winner_plate: int | None
    final_price: Money | None
    bids: tuple[RecordedBid, ...]
    sections: tuple[RecordedSection, ...]
    journal_stream: str
    journal_seq: int
    journal_hash: str
    issued_at: datetime
    is_demonstration: bool


def bid_record_pdf(record: BidRecord) -> bytes:
    """Set the record. A thousand bids take about a second: call it in a thread. Refuses with `CharacterNotInFont`."""
    furniture = look.Furniture(record.centre_name, "竞价记录", record.number, record.issued_at, record.is_demonstration)
    return look.make_pdf(furniture, lambda: _story(record))


def _story(record: BidRecord) -> list[Flowable]:
    accepted = sum(bid.accepted for bid in record.bids)
    counts = f"共 {len(record.bids)} 次报价，其中有效 {accepted} 次，被拒绝 {len(record.bids) - accepted} 次。"
    centre = look.style("centre", size=12, font=look.BOLD, alignment=1, textColor=look.VERMILION)
    return [
        look.text(record.centre_name, centre),
        look.text("竞 价 记 录", look.HEADLINE),
        Spacer(0, 4 * mm),
        _summary(record),
        Spacer(0, 4 * mm),
        look.text(counts, look.CELL),
        Spacer(0, 2 * mm),
        _bids(record.bids) if record.bids else look.text("无人报价。", look.CELL),
        *[part for section in record.sections for part in _section(section)],
        Spacer(0, 4 * mm),
        look.text(
            f"本记录与日志 {record.journal_stream} 逐条对应，共 {record.journal_seq} 条，"
            f"末条摘要 {record.journal_hash}。"
            "每条摘要列出 SHA-256 的前 16 位；完整日志随案卷保存，可离线核验。",
            look.SMALL,
        ),
    ]


def _summary(record: BidRecord) -> Table:
    opened = "未开始" if record.opened_at is None else look.moment(record.opened_at, fraction=True)
    rows = [
        ("标的", record.lot_title, "宗地编号", record.parcel_number),
        ("出让方式", record.selling_method, "结果", record.outcome),
        ("起始价", f"{record.starting_price.yuan} 元", "增价幅度", f"{record.increment.yuan} 元"),
        ("开始时间", opened, "结束时间", look.moment(record.closed_at, fraction=True)),
    ]
    if record.final_price is not None and record.winner_name is not None:
        winner = f"{record.winner_name}（{record.winner_plate} 号）"
        rows += [
            ("竞得人", winner, "成交价", f"{record.final_price.yuan} 元"),
            ("大写", f"人民币{capital_words(record.final_price)}", "", ""),
        ]
    cells = [
        [look.text(label, look.LABEL), look.text(value), look.text(other, look.LABEL), look.text(other_value)]
        for label, value, other, other_value in rows
    ]
    table = Table(cells, colWidths=[20 * mm, 68 * mm, 20 * mm, 54 * mm])
    table.setStyle(
        [
            *[("SPAN", (1, n), (3, n)) for n, row in enumerate(rows) if not row[2]],
            ("FONT", (0, 0), (-1, -1), look.REGULAR),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, look.HAIRLINE),
            ("LINEABOVE", (0, 0), (-1, 0), 0.9, look.INK),
            ("LINEBELOW", (0, -1), (-1, -1), 0.9, look.INK),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 3.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ]
    )
    return table


_SMALL = look.style("bid", size=8.5, leading=12)
_HEAD = look.style("bid head", size=8.5, font=look.BOLD, leading=12)
_HEAD_RIGHT = look.style("bid head right", size=8.5, font=look.BOLD, leading=12, alignment=2)
_RULES = [
    ("FONT", (0, 0), (-1, -1), look.REGULAR, 8.5, 12),
    ("TEXTCOLOR", (0, 1), (-1, -1), look.INK),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("BACKGROUND", (0, 0), (-1, 0), look.WASH),
    ("LINEBELOW", (0, 0), (-1, 0), 0.7, look.INK),
    ("LINEBELOW", (0, 1), (-1, -1), 0.3, look.HAIRLINE),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2.4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
]
_COLUMNS = (
    ("序号", 11),
    ("到达时间", 38),
    ("距截止（秒）", 20),
    ("号牌", 12),
    ("报价（元）", 30),
    ("结果", 19),
    ("摘要", 32),
)
_RIGHT = {"距截止（秒）", "报价（元）"}


def _bids(bids: tuple[RecordedBid, ...]) -> LongTable:
    header = [look.text(words, _HEAD_RIGHT if words in _RIGHT else _HEAD) for words, _ in _COLUMNS]
    rows: list[list[str | Paragraph]] = []
    style = [
        *_RULES,
        *[("ALIGN", (n, 1), (n, -1), "RIGHT") for n, (words, _) in enumerate(_COLUMNS) if words in _RIGHT],
    ]
    for bid in bids:
        rows.append(_row(bid))
        at = len(rows)
        if not bid.accepted:
            style.append(("TEXTCOLOR", (0, at), (5, at), look.QUIET))
        if bid.reason:  # a sentence has the next line for itself
            reason = look.text(f"{'有效' if bid.accepted else '拒绝'}：{bid.reason}", _SMALL)
            rows.append(["", reason, *[""] * (len(_COLUMNS) - 2)])
            style += [("SPAN", (1, at + 1), (-1, at + 1)), ("NOSPLIT", (0, at), (-1, at + 1))]
    table = LongTable([header, *rows], colWidths=[width * mm for _, width in _COLUMNS], repeatRows=1)
    table.setStyle(style)
    return table


def _row(bid: RecordedBid) -> list[str | Paragraph]:
    # Plain text is set ten times faster than paragraphs; only what may need more than one line is a paragraph.
    unknown = "密封" if bid.is_sealed else "—"
    return [
        str(bid.seq),
        look.moment(bid.arrived_at or bid.at, fraction=True),
        "—" if bid.before_close_ms is None else f"{bid.before_close_ms / 1000:.3f}",
        "—" if bid.plate is None else str(bid.plate),
        unknown if bid.price is None else bid.price.yuan,
        "有效" if bid.accepted else "拒绝",
        bid.entry_hash[:16],
    ]


def _section(section: RecordedSection) -> list[Flowable]:
    header = [look.text(words, _HEAD) for words, _ in section.columns]
    rows = [[look.text(words, _SMALL) for words in row] for row in section.rows]
    table = LongTable([header, *rows], colWidths=[width * mm for _, width in section.columns], repeatRows=1)
    table.setStyle(_RULES)
    # A heading never stands alone at the foot of a page.
    heading = [CondPageBreak(32 * mm), Spacer(0, 6 * mm), look.text(section.title, look.CELL_BOLD), Spacer(0, 2 * mm)]
    note = [Spacer(0, 2 * mm), look.text(section.note, look.SMALL)] if section.note else []
    return [*heading, table, *note]

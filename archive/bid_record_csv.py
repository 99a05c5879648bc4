"""The bid record of a lot as CSV, for whoever counts with it: the bids of the PDF, each with both its moments."""

import csv
import io
from datetime import datetime

from archive.bid_record import BidRecord, RecordedBid
from trading.kernel.moments import SHANGHAI

_COLUMNS = (
    "日志序号",
    "到达时间",
    "决定时间",
    "距截止（毫秒）",
    "号牌",
    "报价（元）",
    "结果",
    "说明",
    "摘要（SHA-256）",
)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def bid_record_csv(record: BidRecord) -> bytes:
    """UTF-8 with a byte order mark, so that office programs read it right. Times are Beijing time with their offset."""
    file = io.StringIO(newline="")
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    rows.writerows([_cell(cell) for cell in _row(bid)] for bid in record.bids)
    return file.getvalue().encode("utf-8-sig")


def _row(bid: RecordedBid) -> tuple[str | int, ...]:
    unknown = "密封" if bid.is_sealed else ""
    return (
        bid.seq,
        "" if bid.arrived_at is None else _moment(bid.arrived_at),
        _moment(bid.at),
        "" if bid.before_close_ms is None else bid.before_close_ms,
        "" if bid.plate is None else bid.plate,
        unknown if bid.price is None else bid.price.yuan.replace(",", ""),
        "有效" if bid.accepted else "拒绝",
        bid.reason,
        bid.entry_hash,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(sep=" ", timespec="milliseconds")


def _cell(content: str | int) -> str | int:
    """Text that an office program would take for a formula gets a sign before it; numbers stay numbers."""
    return f"'{content}" if isinstance(content, str) and content.startswith(_FORMULA_SIGNS) else content

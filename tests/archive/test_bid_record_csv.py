"""The bid record as a table: every bid with both its moments, and no cell that an office program would run."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.bid_record import RecordedBid
from archive.bid_record_csv import bid_record_csv
from tests.archive.test_documents import BIDS, NOON, RECORD
from trading.kernel.money import Money

BID = RecordedBid(
    seq=7,
    arrived_at=NOON,
    at=NOON + timedelta(milliseconds=4),
    before_close_ms=1234,
    plate=3,
    price=Money(2_360_980_050),
    is_sealed=False,
    accepted=True,
    reason="",
    entry_hash="ab" * 32,
)


def rows_of(*bids: RecordedBid) -> list[list[str]]:
    content = bid_record_csv(replace(RECORD, bids=bids))
    assert content.startswith("\N{BYTE ORDER MARK}".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]


def test_a_row_tells_arrival_decision_price_and_entry_of_a_bid() -> None:
    [row] = rows_of(BID)
    moments = ["2026-11-22 10:41:07.318+08:00", "2026-11-22 10:41:07.322+08:00"]
    assert row == ["7", *moments, "1234", "3", "23609800.50", "有效", "", "ab" * 32]


def test_every_bid_has_a_row_and_the_refused_ones_their_reason() -> None:
    rows = rows_of(*BIDS)
    assert [int(row[0]) for row in rows] == [bid.seq for bid in BIDS]
    assert [row[7] for row in rows] == [bid.reason for bid in BIDS]
    assert {row[6] for row in rows} == {"有效", "拒绝"}


def test_what_is_unknown_is_empty_and_what_is_sealed_says_so() -> None:
    [row] = rows_of(replace(BID, arrived_at=None, before_close_ms=None, plate=None, price=None, is_sealed=True))
    assert (row[1], row[3], row[4], row[5]) == ("", "", "", "密封")


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_words_that_look_like_a_formula_stay_words(words: str) -> None:
    [row] = rows_of(replace(BID, accepted=False, reason=words))
    assert row[7] == f"'{words}"


def test_a_bid_that_came_late_keeps_its_negative_number() -> None:
    [row] = rows_of(replace(BID, before_close_ms=-12))
    assert row[3] == "-12"

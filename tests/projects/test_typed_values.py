"""Reading amounts, quantities and moments as people type them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.money import LARGEST_FEN, Money
from trading.projects import typed_values as tv
from trading.projects.typed_values import Wrong, read_amount, read_line, read_lines, read_moment, read_quantity


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("3820000", 382_000_000),
        ("3,820,000.00", 382_000_000),
        ("３８２００００．５", 382_000_050),
        ("３，８２０，０００", 382_000_000),
        (" ¥ 12.30 元 ", 1230),
        ("0.01", 1),
        ("12.300000", 1230),
        ("0", 0),
        ("1000000000000", LARGEST_FEN),
    ],
)
def test_amounts_are_read_to_the_fen(typed: str, fen: int) -> None:
    assert read_amount(typed) == Money(fen)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", tv.REQUIRED),
        ("   ", tv.REQUIRED),
        ("-5", tv.AMOUNT_NEGATIVE),
        ("－５", tv.AMOUNT_NEGATIVE),
        ("1e6", tv.NOT_AN_AMOUNT),
        ("1E30", tv.NOT_AN_AMOUNT),
        ("+5", tv.NOT_AN_AMOUNT),
        ("1" + "0" * 30, tv.AMOUNT_TOO_LARGE),
        ("1000000000000.01", tv.AMOUNT_TOO_LARGE),
        ("9" * 41, tv.NOT_AN_AMOUNT),
        ("1.005", tv.AMOUNT_TOO_FINE),
        ("382万", tv.AMOUNT_IN_WAN),
        ("382万元", tv.AMOUNT_IN_WAN),
        ("0x10", tv.NOT_AN_AMOUNT),
        ("1,23", tv.NOT_AN_AMOUNT),
        ("1,2345", tv.NOT_AN_AMOUNT),
        ("1_000", tv.NOT_AN_AMOUNT),
        ("12²", tv.NOT_AN_AMOUNT),
        ("١٢", tv.NOT_AN_AMOUNT),
        ("1.", tv.NOT_AN_AMOUNT),
        (".5", tv.NOT_AN_AMOUNT),
        ("nan", tv.NOT_AN_AMOUNT),
        ("1\x000", tv.NOT_AN_AMOUNT),
    ],
)
def test_what_is_no_amount_says_why(typed: str, why: str) -> None:
    assert read_amount(typed) == Wrong(why)


@given(st.integers(0, LARGEST_FEN))
def test_every_amount_the_platform_shows_can_be_typed_back(fen: int) -> None:
    assert read_amount(Money(fen).yuan) == Money(fen)


@given(st.text())
def test_no_text_makes_the_amount_reader_crash(typed: str) -> None:
    assert isinstance(read_amount(typed), Money | Wrong)


@given(st.text())
def test_no_text_makes_the_other_readers_crash(typed: str) -> None:
    assert isinstance(read_quantity(typed, decimals=2), Decimal | Wrong)
    assert isinstance(read_moment(typed), datetime | Wrong)
    line = read_line(typed, longest=50)
    assert isinstance(line, Wrong) or ("\x00" not in line and "\n" not in line and 0 < len(line) <= 50)
    lines = read_lines(typed, longest=50)
    assert isinstance(lines, Wrong) or ("\x00" not in lines and len(lines) <= 50)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("6093.36", Decimal("6093.36")),
        ("6,093.36", Decimal("6093.36")),
        ("０．５", Decimal("0.5")),
        ("0", Wrong(tv.NOT_POSITIVE)),
        ("0.00", Wrong(tv.NOT_POSITIVE)),
        ("1.234", Wrong(tv.NUMBER_TOO_FINE)),
        ("-1", Wrong(tv.NOT_A_NUMBER)),
        ("1000000001", Wrong(tv.NUMBER_TOO_LARGE)),
    ],
)
def test_quantities(typed: str, read: Decimal | Wrong) -> None:
    assert read_quantity(typed, decimals=2) == read


@pytest.mark.parametrize(
    "typed", ["2026-12-21 09:30", "2026-12-21T09:30", "2026-12-21T09:30:00", "２０２６-12-21　09：30"]
)
def test_a_moment_is_local_time_in_china(typed: str) -> None:
    assert read_moment(typed) == datetime(2026, 12, 21, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["2026-02-30 09:30", "2026-12-21", "2026-12-21 24:00", "tomorrow", "0001-01-01 00:00", "9999-12-31 23:59"]
)
def test_what_is_no_moment_is_told(typed: str) -> None:
    assert read_moment(typed) == Wrong(tv.NOT_A_MOMENT)


def test_lines_of_text_refuse_characters_that_cannot_be_stored() -> None:
    assert read_line("a\x00b", longest=10) == Wrong(tv.CONTROL_CHARACTERS)
    assert read_lines("a\x1bb", longest=10) == Wrong(tv.CONTROL_CHARACTERS)
    assert read_line("  县城　第50号\t地块 ", longest=20) == "县城 第50号 地块"
    assert read_lines("一\r\n二  \n", longest=20) == "一\n二"
    assert read_line("长" * 21, longest=20) == Wrong(tv.TOO_LONG)

"""Typed numbers and lines: digits as a keyboard writes them, and nothing else."""

import pytest

from trading.kernel.typed import one_line, page_number, whole_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999", 999),
        *((typed, None) for typed in ("1000", "", "-1", "+1", "1.0", "1e2", " 1", "1_0", "²", "٣", "\uff11", "一")),
    ],
)
def test_a_whole_number_is_written_with_plain_digits(typed: str, number: int | None) -> None:
    assert whole_number(typed, digits=3) == number


@pytest.mark.parametrize(
    ("typed", "number"), [("", 1), ("0", 1), ("1", 1), ("42", 42), ("99999", 99999), ("100000", 1), ("-3", 1), ("x", 1)]
)
def test_a_page_is_never_before_the_first(typed: str, number: int) -> None:
    assert page_number(typed) == number


def test_a_line_holds_nothing_that_could_end_it() -> None:
    assert one_line("  合江县\r\n\u2028第50号\x00地块\t拍卖 ") == "合江县 第50号 地块 拍卖"

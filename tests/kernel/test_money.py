"""Money is whole fen, reads and writes exactly, and never meets a float."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.money import LARGEST_FEN, Money


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("12.3", 1230), ("12.30", 1230), ("-0.01", -1), ("34914800", 3_491_480_000), ("1.100000", 110)],
)
def test_yuan_are_read_to_the_fen(text: str, fen: int) -> None:
    assert Money.from_yuan(text) == Money(fen)


@pytest.mark.parametrize(
    "text", ["", "1.234", "1e3", "1,000", " 1", "١٢", "１２", "0x1", "NaN", "--1", "1.", ".5", "1" * 16, "1.0000001"]
)
def test_what_is_not_an_amount_in_yuan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money.from_yuan(text)


def test_wan_are_ten_thousand_yuan() -> None:
    assert Money.from_wan("382.00") == Money(382_000_000)
    assert Money.from_wan("0.000001") == Money(1)


def test_wan_are_written_with_two_decimals_half_up() -> None:
    assert Money(7_702_734_000_0).wan == "77,027.34"
    assert Money(5_000).wan == "0.01"
    assert Money(4_999).wan == "0.00"


@pytest.mark.parametrize("value", [1.0, True, "1", None, Decimal(1)])
def test_only_a_whole_number_of_fen_is_money(value: object) -> None:
    with pytest.raises(TypeError, match="whole number of fen"):
        Money(value)  # type: ignore[arg-type]


@given(st.integers(min_value=-LARGEST_FEN, max_value=LARGEST_FEN))
def test_what_is_written_in_yuan_reads_back_the_same(fen: int) -> None:
    assert Money.from_yuan(Money(fen).yuan.replace(",", "")) == Money(fen)

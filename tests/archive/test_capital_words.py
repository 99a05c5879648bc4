"""Capital words: by table, read back by a second method, and against an independent library."""

import re

import cn2an
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.capital_words import capital_words
from trading.kernel.money import LARGEST_FEN, Money

amounts = st.one_of(
    st.integers(min_value=0, max_value=LARGEST_FEN),
    # Amounts full of zeros, where the words go wrong first.
    st.lists(st.sampled_from("00051"), min_size=1, max_size=14).map(lambda digits: int("".join(digits))),
).map(Money)


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("1.05", "壹元零伍分"),
        ("10.00", "壹拾元整"),
        ("1001.00", "壹仟零壹元整"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),  # the four examples of the annex
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("34914800.00", "叁仟肆佰玖拾壹万肆仟捌佰元整"),
        ("100005000.00", "壹亿零伍仟元整"),
        ("1000000000000.00", "壹万亿元整"),
    ],
)
def test_amounts_are_written_as_the_rules_of_payment_say(yuan: str, words: str) -> None:
    assert capital_words(Money.from_yuan(yuan)) == words


@given(amount=amounts)
def test_words_read_back_give_the_amount(amount: Money) -> None:
    assert read_back(capital_words(amount)) == amount.fen


@given(amount=amounts)
def test_no_zero_is_written_twice_nor_at_the_end_of_a_group(amount: Money) -> None:
    words = capital_words(amount)
    assert "零零" not in words
    assert amount.fen == 0 or not re.search("零[万亿元]|零$|^零", words)
    assert words.endswith("整") == (amount.fen % 100 == 0)


@given(amount=amounts)
@example(Money(10_000_500_000))
def test_an_independent_library_agrees_but_for_one_zero_it_forgets(amount: Money) -> None:
    words = capital_words(amount)
    theirs = cn2an.an2cn(amount.yuan.replace(",", "").removesuffix(".00"), "rmb")
    if amount.fen // 10**6 % 10_000 == 0 and amount.fen // 10**5 % 10 and amount.fen >= 10**10:
        words = re.sub("亿零", "亿", words)
    assert words == theirs


@pytest.mark.parametrize("fen", [-1, LARGEST_FEN + 1])
def test_amounts_that_no_deal_can_have_are_not_written(fen: int) -> None:
    with pytest.raises(ValueError, match="no capital words"):
        capital_words(Money(fen))


def read_back(words: str) -> int:
    """The fen that words stand for, read from left to right as a person reads: digit, place, group."""
    total = group = digit = 0
    for sign in words.removesuffix("整"):
        if sign in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
        elif sign in "拾佰仟":
            group, digit = group + digit * 10 ** ("拾佰仟".index(sign) + 1), 0
        elif sign == "万":
            total, group, digit = total + (group + digit) * 10_000, 0, 0
        elif sign == "亿":
            total, group, digit = (total + group + digit) * 10**8, 0, 0
        elif sign == "元":
            total, group, digit = (total + group + digit) * 100, 0, 0
        else:
            total, digit = total + digit * (10 if sign == "角" else 1), 0
    return total

"""Entry codes and unified deal codes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.projects.entry_code import (
    CodeNotValid,
    make_deal_code,
    make_entry_code,
    parse_deal_code,
    parse_entry_code,
)

PLATFORM = "12510522MB00000149"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod_37_2(body: str) -> str:
    """The check character computed by the standard's definition, apart from the library that the product uses."""
    weights = [pow(2, len(body) - place, 37) for place in range(len(body))]
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(weights, body, strict=True))
    return (ALPHABET + "*")[(1 - total) % 37]


def deal_code(day: date = date(2026, 11, 23), number: int = 1) -> str:
    return make_deal_code(classification="C01", platform=PLATFORM, day=day, number=number)


def test_deal_code_has_forty_characters_and_five_parts() -> None:
    code = deal_code()
    assert len(code) == 40
    assert code.startswith("C01-12510522MB00000149-20261123-000001-")


@given(day=st.dates(date(2000, 1, 1), date(2199, 12, 31)), number=st.integers(1, 999_999))
def test_check_character_is_iso_7064_mod_37_2(day: date, number: int) -> None:
    body, _, check = deal_code(day, number).rpartition("-")
    assert check == mod_37_2(body.replace("-", ""))


@given(day=st.dates(date(2000, 1, 1), date(2199, 12, 31)), number=st.integers(1, 999_999))
def test_codes_come_back_as_what_they_were_made_of(day: date, number: int) -> None:
    parsed = parse_deal_code(deal_code(day, number))
    assert (parsed.classification, parsed.platform, parsed.day, parsed.number) == ("C01", PLATFORM, day, number)
    entered = parse_entry_code(make_entry_code(region="510522", day=day, number=number))
    assert (entered.region, entered.day, entered.number) == ("510522", day, number)


@given(place=st.integers(0, 39), character=st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_always_noticed(place: int, character: str) -> None:
    code = deal_code()
    mistyped = code[:place] + character + code[place + 1 :]
    if mistyped != code:
        with pytest.raises(CodeNotValid):
            parse_deal_code(mistyped)


@given(place=st.integers(0, 38))
def test_two_neighbours_in_wrong_order_are_noticed(place: int) -> None:
    code = deal_code(number=274_913)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(CodeNotValid):
            parse_deal_code(swapped)


def _with_right_check(body: str) -> str:
    return f"{body}-{mod_37_2(body.replace('-', ''))}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "C01",
        _with_right_check("C01-12510522MB00000149-20260230-000001"),
        _with_right_check("C01-12510522MB00000149-20261123-000000"),
        _with_right_check("C01-12510522MB0000014-20261123-000001"),
        "C01-12510522MB00000149-２０２６1123-000001-A",
    ],
    ids=["empty", "short", "no such day", "number zero", "short credit code", "full-width digits"],
)
def test_malformed_deal_codes_are_refused(text: str) -> None:
    with pytest.raises(CodeNotValid):
        parse_deal_code(text)


def test_small_letters_and_blanks_around_are_forgiven() -> None:
    assert parse_deal_code(f"  {deal_code().lower()}\n") == parse_deal_code(deal_code())


def test_a_day_holds_no_more_than_a_million_codes() -> None:
    with pytest.raises(ValueError, match="between 1 and 999999"):
        deal_code(number=1_000_000)

"""Canonical JSON is RFC 8785: the vectors below are the RFC's own examples, less their floats."""

import hashlib

import pytest

from trading.kernel.canonical import canonical_json


def test_members_are_sorted_by_utf_16_code_units_as_in_rfc_8785_section_3_2_3() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert canonical_json(value).decode() == (
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",'
        '"\u20ac":"Euro Sign","\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )


def test_strings_and_literals_are_written_as_in_rfc_8785_section_3_2_2() -> None:
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = bytes.fromhex(
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac245c75303030665c6e412742"
        "5c225c5c5c5c5c222f227d"
    )
    assert canonical_json(value) == expected


def test_equal_values_have_equal_bytes_whatever_the_order_of_insertion() -> None:
    assert canonical_json({"b": 1, "a": {"d": [1, 2], "c": "中"}}) == '{"a":{"c":"中","d":[1,2]},"b":1}'.encode()


def test_the_digest_of_a_known_fact_never_changes() -> None:
    fact = {"kind": "bid_accepted", "price_fen": 3_491_480_000, "plate": 7}
    digest = hashlib.sha256(canonical_json(fact)).hexdigest()
    assert digest == "07f984a2de3a7a82a002868df8cf802e3876abe78dd3db0f5410e6fa5e4a945e"


@pytest.mark.parametrize("value", [1.0, {"a": [1, {"b": 0.5}]}, float("nan")])
def test_a_float_is_never_a_fact(value: object) -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800"])
def test_what_json_cannot_say_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_json(value)

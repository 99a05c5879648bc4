"""Words under which Chinese text is indexed and asked for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.publication.search import indexed_words, query_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("土地出让", "土地 地出 出让 让"),
        ("县城第50号地块", "县城 城第 第 50 号地 地块 块"),
        ("HJ-2026-051", "hj 2026 051"),
        ("ＨＪ－２０２６", "hj 2026"),
        ("，。！", ""),
        ("", ""),
    ],
)
def test_text_becomes_pairs(text: str, words: str) -> None:
    assert indexed_words(text) == words


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("土地", "(土地)"),
        ("土地出让", "(土地 <-> 地出 <-> 出让)"),
        ("地", "地:*"),
        ("第50号地块", "第:* & 50:* & (号地 <-> 地块)"),
        ("hj-2026", "hj:* & 2026:*"),
        ("  ", ""),
        ("!&|():*'\\", ""),
    ],
)
def test_a_query_asks_for_pairs_next_to_each_other(typed: str, query: str) -> None:
    assert query_words(typed) == query


@given(st.text())
def test_a_query_never_carries_operators_of_the_person_who_typed_it(typed: str) -> None:
    ours = re.sub(r"\(|\)| <-> | & |:\*", "", query_words(typed))
    assert set(ours).isdisjoint("&|!()<>:*'\\\" ")

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
        ("土地出让", "(土地 <2> 出让)"),
        ("国有土地出让", "(国有 <2> 土地 <2> 出让)"),
        ("土地出", "(土地 <1> 地出)"),
        ("地", "地:*"),
        ("第50号地块", "第:* & 50:* & (号地 <1> 地块)"),
        ("hj-2026", "hj:* & 2026:*"),
        ("  ", ""),
        ("!&|():*'\\", ""),
    ],
)
def test_a_query_asks_for_pairs_next_to_each_other(typed: str, query: str) -> None:
    assert query_words(typed) == query


@given(st.text())
def test_a_query_never_carries_operators_of_the_person_who_typed_it(typed: str) -> None:
    ours = re.sub(r"\(|\)| <[12]> | & |:\*", "", query_words(typed))
    assert set(ours).isdisjoint("&|!()<>:*'\\\" ")


@given(st.text("土地出让", min_size=2, max_size=9), st.text("土地出让", max_size=30))
def test_a_run_of_characters_is_found_exactly_where_it_stands(run: str, text: str) -> None:
    """What PostgreSQL does with a phrase, done by hand: each pair at its distance from the one before."""
    words = indexed_words(text).split()
    first, *others = re.findall(r"(?:<(\d)> )?(\w\w)", query_words(run).strip("()"))
    places = {place for place, word in enumerate(words) if word == first[1]}
    for distance, pair in others:
        places = {place + int(distance) for place in places if words[place + int(distance) :][:1] == [pair]}
    assert bool(places) == (run in text)

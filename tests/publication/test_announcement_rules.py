"""Announcements: what they must say, how they are frozen and numbered."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from trading.publication.rules import (
    REQUIRED_FACTS,
    REQUIRED_OF_WAY,
    AnnouncementIncomplete,
    AnnouncementKind,
    announcement_number,
    freeze,
)


def facts_of(kind: AnnouncementKind) -> dict[str, Any]:
    return dict.fromkeys(sorted(REQUIRED_FACTS[kind], reverse=True), "stated")


@pytest.mark.parametrize("kind", AnnouncementKind)
def test_each_kind_can_be_frozen_when_it_says_what_it_must(kind: AnnouncementKind) -> None:
    frozen = freeze(kind, facts_of(kind))
    assert json.loads(frozen.text) == facts_of(kind)
    assert frozen.sha256 == hashlib.sha256(frozen.text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [(kind, name) for kind in AnnouncementKind for name in sorted(REQUIRED_FACTS[kind])],
)
def test_what_is_left_out_is_named(kind: AnnouncementKind, left_out: str) -> None:
    facts = facts_of(kind)
    del facts[left_out]
    with pytest.raises(AnnouncementIncomplete) as refusal:
        freeze(kind, facts)
    assert refusal.value.names == (left_out,)


def test_everything_left_out_is_named_at_once() -> None:
    with pytest.raises(AnnouncementIncomplete) as refusal:
        freeze(AnnouncementKind.CORRECTION, {"entry_code": ""})
    assert refusal.value.names == ("corrected_number", "correction", "entry_code")
    assert refusal.value.missing == ("The announcement that is changed", "What is corrected", "Entry code")


def test_false_and_zero_are_statements_and_no_text_is_not() -> None:
    facts = facts_of(AnnouncementKind.SALE) | {"has_reserve": False, "minimum_bidders": 0, "conditions": ""}
    freeze(AnnouncementKind.SALE, facts)
    with pytest.raises(AnnouncementIncomplete):
        freeze(AnnouncementKind.SALE, facts | {"location": ""})


@pytest.mark.parametrize(("way", "asked"), REQUIRED_OF_WAY.items())
def test_a_way_of_selling_says_what_only_it_has(way: str, asked: frozenset[str]) -> None:
    facts = facts_of(AnnouncementKind.SALE) | {"selling_method": way} | dict.fromkeys(asked, 1)
    freeze(AnnouncementKind.SALE, facts)
    for name in asked:
        with pytest.raises(AnnouncementIncomplete) as refusal:
            freeze(AnnouncementKind.SALE, {key: value for key, value in facts.items() if key != name})
        assert refusal.value.names == (name,)


def test_the_announcement_of_a_listing_says_when_it_ends() -> None:
    """国土资源部令39号 art. 9 (unconfirmed)."""
    assert {"listing_ends_at", "quoting_ends_at"} <= REQUIRED_OF_WAY["listing"]


def test_the_order_in_which_facts_were_given_does_not_change_their_hash() -> None:
    facts = facts_of(AnnouncementKind.RESULT)
    turned = dict(reversed(facts.items()))
    assert freeze(AnnouncementKind.RESULT, facts) == freeze(AnnouncementKind.RESULT, turned)


def test_a_float_is_no_fact() -> None:
    with pytest.raises(TypeError, match="float"):
        freeze(AnnouncementKind.RESULT, facts_of(AnnouncementKind.RESULT) | {"final_fen": 1.5})


def test_the_year_of_a_number_is_the_local_year() -> None:
    new_year_in_china = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert announcement_number(AnnouncementKind.SALE, 1, new_year_in_china) == "出让公告〔2027〕0001号"
    assert (
        announcement_number(AnnouncementKind.RESULT, 12345, datetime(2026, 5, 1, tzinfo=UTC))
        == "成交公告〔2026〕12345号"
    )

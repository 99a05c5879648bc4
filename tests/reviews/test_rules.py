"""What all decisions come to, and what a second request may name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reviews.stage import at
from trading.reviews.figures import Decision, Quarter, quarter_of, quarters_until, rates
from trading.reviews.refusals import AskedAlready, CouldHaveBeenAsked, ItemPointsNowhere, ItemWordsMissing
from trading.reviews.rules import (
    CaseState,
    PartState,
    Said,
    check_item,
    has_changed,
    objections_together,
    plain_text,
    read_item,
    verdict,
)

states = st.sampled_from(PartState)
values = st.dictionaries(st.sampled_from(["field:a", "field:b", "paper:c"]), st.text(max_size=3))


@given(st.lists(states, max_size=6))
def test_a_case_is_decided_when_nobody_waits_and_one_objection_returns_it(found: list[PartState]) -> None:
    came_to = verdict(found)
    assert (came_to is CaseState.OPEN) == (not found or PartState.WAITING in found)
    if came_to is CaseState.RETURNED:
        assert PartState.OBJECTED in found
    if came_to is CaseState.AGREED:
        assert all(state.is_consent for state in found)


def test_objections_stand_together_under_their_names_and_silence_says_nothing() -> None:
    said = [
        Said("甲局", PartState.OBJECTED, "面积有误"),
        Said("乙局", PartState.SILENT, ""),
        Said("丙局", PartState.OBJECTED, "缺批文"),
    ]
    assert objections_together(said, longest=100) == "【甲局】面积有误\n【丙局】缺批文"
    assert objections_together(said, longest=10) == "【甲局】面积有误\n…"


def test_on_the_first_look_everything_may_be_asked_once() -> None:
    check_item("field:a", "A", asked=[], baseline=None, values={"field:a": "1"})
    with pytest.raises(AskedAlready):
        check_item("field:a", "A", asked=["field:a"], baseline=None, values={})


@given(before=values, after=values, target=st.sampled_from(["field:a", "field:b", "paper:c"]))
def test_a_second_request_names_only_what_was_changed(
    before: dict[str, str], after: dict[str, str], target: str
) -> None:
    """行政许可法 art. 32 (4): everything missing is told once."""
    if before.get(target, "") == after.get(target, ""):
        with pytest.raises(CouldHaveBeenAsked):
            check_item(target, "A", asked=[], baseline=before, values=after)
    else:
        check_item(target, "A", asked=[], baseline=before, values=after)
        assert has_changed(before, after)


def test_an_item_points_at_something_and_says_what_is_missing() -> None:
    labels = {"field:a": "A"}
    assert read_item("field:a", "  缺日期\r\n", labels) == ("field:a", "缺日期")
    with pytest.raises(ItemPointsNowhere):
        read_item("field:x", "缺", labels)
    for words in ("", " \n", "\x00", "长" * 301):
        with pytest.raises(ItemWordsMissing):
            read_item("field:a", words, labels)


@given(st.text())
def test_text_keeps_no_control_characters(typed: str) -> None:
    said = plain_text(typed)
    assert all(each == "\n" or each.isprintable() for each in said)
    assert plain_text(said) == said


def test_quarters_follow_one_another_over_new_year() -> None:
    assert quarter_of(at("2026-12-31 23:59")) == Quarter(2026, 4)
    assert quarter_of(at("2027-01-01 00:00")) == Quarter(2027, 1)
    assert Quarter(2026, 4).next == Quarter(2027, 1)
    assert [quarter.number for quarter in quarters_until(at("2026-02-10 10:00"))] == [2, 3, 4, 1]


def test_the_rate_counts_what_was_said_in_words() -> None:
    decided = at("2026-11-10 10:00")
    decisions = [
        Decision("甲局", PartState.AGREED, decided),
        Decision("甲局", PartState.OBJECTED, decided),
        Decision("甲局", PartState.SILENT, decided),
        Decision("乙局", PartState.ABSENT, decided),
    ]
    found = rates(decisions, [Quarter(2026, 3), Quarter(2026, 4)])
    assert [rate.percent for rate in found["甲局"]] == [None, Decimal("66.7")]
    assert found["乙局"][1].percent == Decimal("0.0")

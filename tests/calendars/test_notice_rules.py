"""Reading a notice about holidays: each fault is told at once, nothing is guessed."""

from contextlib import suppress
from datetime import date
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.calendars.rules import (
    ConfirmedNotice,
    NamedDay,
    NoticeWrong,
    as_lines,
    calendar_of,
    read_notice,
)

GOOD = {
    "year": "2027",
    "source": "国办发明电〔2026〕9号",
    "whole": "yes",
    "days": "2027-01-01..2027-01-03 休 元旦\n2027-02-06至2027-02-12 off 春节\n2027-02-20 班\n"
    "2027-05-01 休\n\n2027-10-01 ~ 2027-10-07 休 国庆节",
}


def faults(**changes: str) -> list[tuple[str, str]]:
    with pytest.raises(NoticeWrong) as refusal:
        read_notice(GOOD | changes)
    assert refusal.value.count == len(refusal.value.faults)
    return [(fault.field, fault.message.format(**fault.facts)) for fault in refusal.value.faults]


def test_spans_and_single_days_are_read_with_their_names() -> None:
    entry = read_notice(GOOD)
    assert (entry.year, entry.is_whole_year, len(entry.days)) == (2027, True, 19)
    assert entry.days[0] == NamedDay(date(2027, 1, 1), False, "元旦")
    assert NamedDay(date(2027, 2, 20), True, "") in entry.days
    again = read_notice(GOOD | {"days": as_lines(entry.days)})
    assert again == entry


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"year": "27"}, "year", "four digits"),
        ({"year": "二〇二七"}, "year", "four digits"),
        ({"year": "1999"}, "year", "four digits"),
        ({"source": ""}, "source", "fill"),
        ({"source": "x" * 201}, "source", "too long"),
        ({"days": ""}, "days", "at least one day"),
        ({"days": "2027-02-30 休"}, "days", "Line 1: there is no such day"),
        ({"days": "2027-01-01 休\nSpring Festival"}, "days", "Line 2: write a day"),
        ({"days": "2027-01-01 maybe"}, "days", "Line 1: write a day"),
        ({"days": "2026-12-31..2027-01-01 休"}, "days", "2026-12-31 does not lie in 2027"),
        ({"days": "2027-01-01 休\n2027-01-01 班"}, "days", "Line 2: 2027-01-01 is named twice"),
        ({"days": "2027-01-03..2027-01-01 休"}, "days", "the last day lies before the first"),
        ({"days": "2027-01-01 休\x00"}, "days", "cannot be shown"),
        ({"days": "<script>alert(1)</script>"}, "days", "Line 1: write a day"),
    ],
)
def test_each_fault_is_told_beside_its_field(changes: dict[str, str], field: str, words: str) -> None:
    found = faults(**({"whole": ""} | changes))
    assert [name for name, _ in found] == [field]
    assert words in found[0][1]


def test_all_faults_are_told_at_once() -> None:
    found = faults(year="x", source="", days="y\n2027-13-01 休")
    assert [name for name, _ in found] == ["year", "source", "days", "days"]


def test_a_whole_year_names_the_days_that_are_off_every_year() -> None:
    """全国年节及纪念日放假办法 art. 2."""
    found = faults(days="2027-01-01 休")
    assert [words.split()[0] for _, words in found] == ["2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03"]
    assert len(read_notice(GOOD | {"days": "2027-01-01 休", "whole": ""}).days) == 1


def test_a_later_notice_of_the_whole_year_replaces_what_was_entered_before() -> None:
    def notice(day: int, worked: bool, *, whole: bool) -> ConfirmedNotice:
        return ConfirmedNotice(2027, whole, MappingProxyType({date(2027, 1, day): worked}))

    first, single, second = notice(1, False, whole=True), notice(4, False, whole=False), notice(2, True, whole=True)
    before = calendar_of("2", [first, single])
    assert not before.is_working_day(date(2027, 1, 4))
    after = calendar_of("3", [first, single, second])
    assert after.is_working_day(date(2027, 1, 4))
    assert after.is_working_day(date(2027, 1, 2)), "a Saturday that is worked"
    assert after.is_working_day(date(2027, 1, 1)), "the later notice does not name it"


@given(st.dictionaries(st.sampled_from(["year", "source", "days", "whole"]), st.text(max_size=300)))
def test_whatever_is_typed_is_read_or_refused_with_words(form: dict[str, str]) -> None:
    read = []
    with suppress(NoticeWrong):
        read = [read_notice(form)]
    assert all(entry.days and entry.year for entry in read)

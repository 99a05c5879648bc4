"""A stream's history is whole, or the first break is found."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import NOON
from trading.kernel.journal import Entry, Head, find_break, make_entry


def history(length: int) -> list[Entry]:
    entries: list[Entry] = []
    last: Entry | Head = Head("lot:1")
    for number in range(length):
        at = NOON + timedelta(seconds=number)
        last = make_entry(last, kind="bid_accepted", actor="account:1", at=at, body={"price_fen": number})
        entries.append(last)
    return entries


def head_of(entries: list[Entry]) -> Head:
    return Head("lot:1", entries[-1].seq, entries[-1].hash) if entries else Head("lot:1")


@given(st.integers(min_value=0, max_value=12))
def test_an_untouched_history_is_whole(length: int) -> None:
    entries = history(length)
    assert find_break(entries, head_of(entries)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"body": {"price_fen": 99}},
        {"actor": "account:2"},
        {"kind": "bid_refused"},
        {"at": NOON - timedelta(days=1)},
        {"stream": "lot:2"},
        {"seq": 9},
        {"previous": bytes(32)},
        {"hash": bytes(32)},
    ],
)
def test_any_changed_member_breaks_the_chain_where_it_was_changed(change: dict[str, object]) -> None:
    entries = history(5)
    head = head_of(entries)
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]
    broken = find_break(entries, head)
    assert broken is not None
    assert broken.seq == 3


@given(st.integers(min_value=0, max_value=4))
def test_a_removed_entry_is_missed(position: int) -> None:
    entries = history(5)
    head = head_of(entries)
    del entries[position]
    broken = find_break(entries, head)
    assert broken is not None
    assert broken.seq == position + 1


def test_exchanged_entries_are_noticed() -> None:
    entries = history(5)
    head = head_of(entries)
    entries[1], entries[2] = entries[2], entries[1]
    assert find_break(entries, head) is not None


def test_a_forged_tail_with_matching_hashes_does_not_reach_the_head() -> None:
    entries = history(5)
    head = head_of(entries)
    forged = make_entry(entries[3], kind="bid_accepted", actor="account:9", at=NOON, body={"price_fen": 1})
    broken = find_break([*entries[:4], forged], head)
    assert broken is not None

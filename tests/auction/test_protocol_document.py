"""docs/protocol.md says what the code says: every example is read, every word of the vocabulary is named."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auction import live
from auction.messages import (
    LARGEST_MESSAGE,
    PUBLIC_FACTS,
    STATES_PER_S,
    VERSION,
    ClientMessage,
    LotEvent,
    SaleState,
    ServerMessage,
    read_client_message,
    read_server_message,
)
from auction.sale import Stage
from auction.storing import KINDS
from auction.way import SETTLE_DELAY

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
EXAMPLES = [
    json.loads(line)
    for block in re.findall(r"```json\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    for line in block.splitlines()
]
VOCABULARY: dict[str, type[msgspec.Struct]] = {
    str(message.__struct_config__.tag): message for message in (*ClientMessage.__args__, *ServerMessage.__args__)
}
CLIENT_TYPES = {message.__struct_config__.tag for message in ClientMessage.__args__}
INTERNAL = "bid_refused"  # counted, and told to nobody


def table_with(heading: str) -> dict[str, str]:
    """The rows of the tables whose first column has this heading, by the first column."""
    rows: dict[str, str] = {}
    for table in re.findall(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", DOCUMENT, flags=re.MULTILINE):
        for row in table.splitlines():
            first, rest = row.removeprefix("| ").split(" | ", 1)
            rows[first.strip("`")] = rest
    return rows


def named_in(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_every_example_is_a_message_of_the_vocabulary_with_all_its_members_known(example: dict[str, Any]) -> None:
    frame = json.dumps(example)
    known = {field.name for field in msgspec.structs.fields(VOCABULARY[example["type"]])}
    assert set(example) - {"type"} <= known
    if example["type"] in CLIENT_TYPES:
        read_client_message(frame)
    else:
        read_server_message(frame)


def test_the_examples_show_every_message_and_their_states_follow_on_one_another() -> None:
    assert {example["type"] for example in EXAMPLES} == set(VOCABULARY)
    after = None
    for example in EXAMPLES:
        if example["type"] != "state":
            continue
        state = read_server_message(json.dumps(example))
        assert isinstance(state, SaleState)
        assert state.after == after
        assert state.seq - (after or 0) == len(state.events) + state.left_out
        for event in state.events:
            assert set(event.facts) <= set(PUBLIC_FACTS[event.kind])
        after = state.seq


def test_every_message_and_its_members_are_named() -> None:
    rows = table_with("type")
    assert set(rows) == set(VOCABULARY)
    for name, message in VOCABULARY.items():
        assert {field.name for field in msgspec.structs.fields(message)} <= named_in(rows[name]), name
    assert {field.name for field in msgspec.structs.fields(LotEvent)} <= named_in(DOCUMENT)


def test_every_kind_of_event_and_its_facts_are_named() -> None:
    assert set(PUBLIC_FACTS) == KINDS | {"prepared"}
    rows = table_with("kind")
    assert set(rows) == set(PUBLIC_FACTS) - {INTERNAL}
    for kind, row in rows.items():
        assert set(PUBLIC_FACTS[kind]) <= named_in(row), kind


def test_every_stage_and_every_code_of_closing_is_named() -> None:
    assert set(Stage) <= named_in(DOCUMENT)
    own = {str(code) for name, code in vars(live).items() if name.startswith("CLOSE_")}
    assert set(table_with("code")) == own | {"1009"}


def test_the_numbers_in_the_document_are_those_of_the_code() -> None:
    assert f"version {VERSION}\n" in DOCUMENT
    assert f"at most {LARGEST_MESSAGE // 1024} KiB" in DOCUMENT
    assert f"at most {STATES_PER_S} times a second" in DOCUMENT
    assert f"before {SETTLE_DELAY.microseconds // 1000} ms have passed" in DOCUMENT

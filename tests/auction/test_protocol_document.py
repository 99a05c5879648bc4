"""docs/protocol.md says what the code says: every example is read, every word of the vocabulary is named."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import msgspec
import pytest

from auction import live
from auction.desk import BidDesk
from auction.live import LiveChannel
from auction.looking import BIDS_AT_FIRST
from auction.messages import (
    HEARTBEAT_S,
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
from auction.node_clock import TOLERANCE_S
from auction.refusals import AlreadyEnded, NotAtThisStage, NotOpenedYet
from auction.room import BIDS_IN_ROUND, MOST_BIDS, MOST_OWN_WAITING, MOST_WAITING, STUCK_FOR_S
from auction.sale import FrozenBecause, Stage
from auction.storing import KINDS
from auction.way import SETTLE_DELAY
from trading.kernel.errors import NotSignedIn, Refusal

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
REFUSED_BEFORE: set[type[Refusal]] = {AlreadyEnded, NotOpenedYet, NotAtThisStage}  # as bids: by names of their own


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


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def reachable(begin: object) -> set[Any]:
    """What the auction package's functions and classes name that can be called from here on, directly or not."""
    found: set[Any] = set()
    waiting: list[Any] = [begin]
    while waiting:
        one = waiting.pop()
        if one in found or not getattr(one, "__module__", "").startswith("auction"):
            continue
        found.add(one)
        if inspect.isclass(one):
            waiting += [member for member in vars(one).values() if isinstance(member, FunctionType)]
            continue
        names = set(names_in(one.__code__))
        known = [one.__globals__[name] for name in names if name in one.__globals__]
        inside = [vars(module) for module in known if isinstance(module, ModuleType)]
        known += [members[name] for members in inside for name in names if name in members]
        waiting += [each for each in known if inspect.isclass(each) or isinstance(each, FunctionType)]
    return found


def test_every_refusal_that_can_answer_a_bid_is_named_and_no_other() -> None:
    possible = set().union(*[reachable(begin) for begin in (LiveChannel._take_bid, LiveChannel._hand_in, BidDesk)])
    refusals: set[type[Refusal]] = {kind for kind in possible if inspect.isclass(kind) and issubclass(kind, Refusal)}
    codes = {kind.__new__(kind).code for kind in (refusals | {NotSignedIn}) - REFUSED_BEFORE}
    section = DOCUMENT.partition("### Refusals")[2].partition("## What a client may rely on")[0]
    rows = [row.split(" | ")[0] for row in section.splitlines() if row.startswith("| `")]
    assert {code for row in rows for code in named_in(row)} == codes


def test_every_stage_and_every_code_of_closing_is_named() -> None:
    assert set(Stage) <= named_in(DOCUMENT)
    assert set(FrozenBecause) <= named_in(DOCUMENT)
    own = {str(code) for name, code in vars(live).items() if name.startswith("CLOSE_")}
    assert {code for code in table_with("code") if code.isdecimal()} == own | {"1009"}


def test_every_code_of_an_error_is_named() -> None:
    source = inspect.getsource(live)
    codes = set(re.findall(r'ChannelError\((?:code=)?"([a-z_]+)"', source))
    assert len(codes) == source.count("ChannelError(") > 1
    assert codes <= named_in(table_with("type")["error"])


def test_the_numbers_in_the_document_are_those_of_the_code() -> None:
    for said in (
        f"version {VERSION}\n",
        f"at most {LARGEST_MESSAGE // 1024} KiB",
        f"may send {live._BURST}\nmessages at once",
        f"beyond {MOST_WAITING // 1024} KiB it is left out",
        f"beyond {MOST_OWN_WAITING // 1024} KiB it can not",
        f"within {live.SUBSCRIBE_WITHIN_S} seconds",
        f"at most {STATES_PER_S} times a second",
        f"the latest {BIDS_IN_ROUND} are always there",
        f"the latest {BIDS_AT_FIRST} accepted bids",
        f"beyond\n{MOST_BIDS:,} that were missed",
        f"before {SETTLE_DELAY.microseconds // 1000} ms have passed",
        f"to {TOLERANCE_S * 1000:.0f} ms takes no bids",
        {10.0: "takes nothing for ten seconds"}[STUCK_FOR_S],
        {1: "every second |"}[HEARTBEAT_S],
    ):
        assert said in DOCUMENT, said

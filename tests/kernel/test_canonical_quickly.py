"""The quick ways of writing canonical JSON give the very bytes of the slow and sure ones."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.canonical import canonical_json
from trading.kernel.journal import entry_hash, seal
from trading.kernel.moments import iso

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["\x00\x1f\x7f\x80", '"\\/\b\f\n\r\t', "\u2028\u2029\ufeff", "价格 3,820,000.00", "\U0001f600\ufb33"]
)
_INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
_SCALARS = st.none() | st.booleans() | _INTEGERS | _TEXT
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner), max_leaves=20)
_NAIVE = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MOMENTS = st.datetimes(
    _NAIVE, _NAIVE.replace(year=2200), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])
)


@given(_VALUES)
def test_every_value_has_the_bytes_of_rfc_8785(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(_VALUES, st.dictionaries(_TEXT, _SCALARS))
def test_what_is_canonical_already_may_stand_inside(inner: Any, outer: dict[str, Any]) -> None:
    outer = {name: value for name, value in outer.items() if name.isascii()}
    assert canonical_json({**outer, "facts": msgspec.Raw(canonical_json(inner))}) == rfc8785.dumps(
        {**outer, "facts": inner}
    )


@given(
    _TEXT, st.integers(1, 2**53 - 1), _MOMENTS, _TEXT, _TEXT, st.dictionaries(_TEXT, _VALUES), st.binary(max_size=32)
)
def test_the_hash_of_an_entry_is_over_the_canonical_json_of_its_seven_members(
    stream: str, seq: int, at: datetime, kind: str, actor: str, body: dict[str, Any], previous: bytes
) -> None:
    members: dict[str, Any] = {"stream": stream, "seq": seq, "at": iso(at), "kind": kind, "actor": actor, "body": body}
    expected = hashlib.sha256(rfc8785.dumps(members | {"previous": previous.hex()})).digest()
    assert entry_hash(stream, seq, at, kind, actor, body, previous) == expected
    assert seal(stream, seq, at, kind, actor, rfc8785.dumps(body), previous) == expected


@given(_MOMENTS)
def test_a_moment_is_written_in_utc_with_microseconds(moment: datetime) -> None:
    assert iso(moment) == moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="ambiguous"):
        iso(_NAIVE)

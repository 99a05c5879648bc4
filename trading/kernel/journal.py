"""The journal's arithmetic: entries, their hashes, and the check of a chain. Pure; storing is `journal_store`.

Every stream (one per lot, project, account …) numbers its entries 1, 2, 3 … without gaps, and every entry carries the
hash of the one before it. An entry's hash is SHA-256 over the canonical JSON (RFC 8785) of

    {"actor", "at", "body", "kind", "previous", "seq", "stream"}

with `at` as UTC text with microseconds and `previous` as lowercase hex (64 zeros for the first entry). Whoever has the
entries can check them with a SHA-256 and a JSON library; nothing of this platform is needed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from trading.kernel.canonical import Canonical, canonical_json
from trading.kernel.moments import iso

NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact, written once. `body` holds JSON values without floats; amounts are `…_fen`, moments are UTC text."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: str
    body: dict[str, Any]
    previous: bytes
    hash: bytes


def make_entry(previous: "Entry | Head", *, kind: str, actor: str, at: datetime, body: dict[str, Any]) -> Entry:
    """The entry that follows `previous` in its stream."""
    seq = previous.seq + 1
    digest = entry_hash(previous.stream, seq, at, kind, actor, body, previous.hash)
    return Entry(previous.stream, seq, at, kind, actor, body, previous.hash, digest)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands: the number and hash of its last entry (0 and zeros before the first)."""

    stream: str
    seq: int = 0
    hash: bytes = NO_HASH


def entry_hash(
    stream: str, seq: int, at: datetime, kind: str, actor: str, body: dict[str, Any], previous: bytes
) -> bytes:
    """SHA-256 over the canonical JSON of the entry's seven members."""
    return seal(stream, seq, at, kind, actor, canonical_json(body), previous)


def seal(stream: str, seq: int, at: datetime, kind: str, actor: str, body: bytes, previous: bytes) -> bytes:
    """The hash of an entry whose body is canonical JSON already."""
    sealed = _Sealed(actor, iso(at), msgspec.Raw(body), kind, previous.hex(), seq, stream)
    return hashlib.sha256(canonical_json(sealed)).digest()


class _Sealed(Canonical):
    actor: str
    at: str
    body: msgspec.Raw
    kind: str
    previous: str
    seq: int
    stream: str


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The first place where a stream's history does not hold together."""

    stream: str
    seq: int
    fault: str


def find_break(entries: Iterable[Entry], head: Head) -> BrokenChain | None:
    """The first break between a stream's beginning and `head`, or None when the history is whole.

    `entries` are all entries of one stream in order. A missing tail is found because `head` says where it must end.
    """
    last = Head(head.stream)
    for entry in entries:
        if entry.stream != head.stream or entry.seq != last.seq + 1:
            return BrokenChain(head.stream, last.seq + 1, "entry is missing or out of order")
        if entry.previous != last.hash:
            return BrokenChain(head.stream, entry.seq, "entry does not continue the one before it")
        remade = entry_hash(entry.stream, entry.seq, entry.at, entry.kind, entry.actor, entry.body, entry.previous)
        if remade != entry.hash:
            return BrokenChain(head.stream, entry.seq, "entry was changed after it was written")
        last = Head(entry.stream, entry.seq, entry.hash)
    if last != head:
        return BrokenChain(head.stream, last.seq + 1, "the end of the stream is missing")
    return None

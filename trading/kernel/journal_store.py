"""Storing the journal: one append-only row a fact, in the same transaction as the change it tells of.

The head of each stream is a row of its own that is locked while an entry is added, so that streams do not wait for one
another and a stream has no gaps. A fact that is rolled back was never written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, DateTime, LargeBinary, Text, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.canonical import Canonical, canonical_json
from trading.kernel.database import Base, append_only
from trading.kernel.journal import NO_HASH, BrokenChain, Entry, Head, find_break, seal


class JournalEntry(Base):
    """One fact. `body` is the canonical JSON text that was hashed, not a reading of it."""

    __tablename__ = "journal_entries"
    __table_args__ = (append_only(),)

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalHead(Base):
    """Where a stream stands. This row is the stream's lock."""

    __tablename__ = "journal_heads"

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class NewEntry(msgspec.Struct):
    """A row that is to be inserted, with the columns' names."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: str
    body: str
    previous_hash: bytes
    hash: bytes


@dataclass(slots=True)
class OpenStream:
    """A stream whose head is locked, with the rows that are to be inserted at its end."""

    stream: str
    seq: int
    hash: bytes
    rows: list[NewEntry] = field(default_factory=list)

    def add(self, kind: str, actor: str, at: datetime, body: dict[str, Any] | Canonical) -> bytes:
        """One more fact; returns the hash of its entry. Nothing is stored by this."""
        text = canonical_json(body)
        self.seq += 1
        previous = self.hash
        self.hash = seal(self.stream, self.seq, at, kind, actor, text, previous)
        self.rows.append(NewEntry(self.stream, self.seq, at, kind, actor, text.decode(), previous, self.hash))
        return self.hash


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that is to become an entry."""

    kind: str
    actor: str
    at: datetime
    body: dict[str, Any]


async def append(
    session: AsyncSession, *, stream: str, kind: str, actor: str, at: datetime, body: dict[str, Any]
) -> Entry:
    """Write one fact at the end of its stream and return the entry. Holds the stream's lock until the commit."""
    return (await append_all(session, stream, [Fact(kind, actor, at, body)]))[0]


async def append_all(session: AsyncSession, stream: str, facts: Sequence[Fact]) -> list[Entry]:
    """Write facts in order at the end of one stream. Holds the stream's lock until the commit."""
    opened = await _lock_head(session, stream)
    entries: list[Entry] = []
    for fact in facts:
        previous = opened.hash
        digest = opened.add(fact.kind, fact.actor, fact.at, fact.body)
        entries.append(Entry(stream, opened.seq, fact.at, fact.kind, fact.actor, fact.body, previous, digest))
    if not entries:
        return entries
    await session.execute(insert(JournalEntry), [msgspec.structs.asdict(row) for row in opened.rows])
    await session.execute(
        update(JournalHead).where(JournalHead.stream == stream).values(seq=opened.seq, hash=opened.hash)
    )
    return entries


async def read(session: AsyncSession, stream: str, after_seq: int = 0, limit: int | None = None) -> list[Entry]:
    """The entries of a stream after `after_seq`, in order."""
    query = (
        select(JournalEntry)
        .where(JournalEntry.stream == stream, JournalEntry.seq > after_seq)
        .order_by(JournalEntry.seq)
        .limit(limit)
    )
    return [entry_of(row) for row in (await session.execute(query)).scalars()]


async def head(session: AsyncSession, stream: str) -> Head:
    """Where a stream stands; number 0 for a stream in which nothing was ever written."""
    row = await session.get(JournalHead, stream, populate_existing=True)
    return Head(stream) if row is None else Head(stream, row.seq, row.hash)


async def verify(session: AsyncSession, stream: str) -> BrokenChain | None:
    """Recompute a whole stream. None when its history is whole."""
    return find_break(await read(session, stream), await head(session, stream))


async def _lock_head(session: AsyncSession, stream: str) -> OpenStream:
    await session.execute(
        postgresql.insert(JournalHead).values(stream=stream, seq=0, hash=NO_HASH).on_conflict_do_nothing()
    )
    locked = select(JournalHead.seq, JournalHead.hash).where(JournalHead.stream == stream).with_for_update()
    seq, digest = (await session.execute(locked)).one()
    return OpenStream(stream, seq, digest)


def entry_of(row: JournalEntry) -> Entry:
    """The entry that a stored row holds."""
    body = msgspec.json.decode(row.body)
    return Entry(row.stream, row.seq, row.at, row.kind, row.actor, body, row.previous_hash, row.hash)

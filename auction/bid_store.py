"""What settling reads and writes: a fixed number of statements for a batch, however many lots and bids are in it.

They go straight to the driver, inside the transaction of the session: a bid is too small to be worth an object of the
mapper. The tables are declared in `auction.models`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import NoneType
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.messages import STREAM
from auction.models import Auction
from auction.sale import NO_PHASE, AuctionState, AuctionTerms, Phase, Stage
from auction.secrets_of_sale import Holder, Sealed, Secrets
from auction.storing import CHANNEL
from auction.ways import online
from trading.kernel.direct import DirectConnection
from trading.kernel.journal_store import NewEntry, OpenStream
from trading.kernel.money import Money

_SECRET_COLUMNS = ("id", "lot_id", "seq", "plate", "price_fen", "salt", "commitment")
_TERMS_KEPT = 10_000
_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class LockedLot:
    """A lot whose row and stream are locked: its state moves on while a batch is decided."""

    lot_id: UUID
    terms: AuctionTerms
    state: AuctionState
    stream: OpenStream
    secrets: Secrets = field(default_factory=Secrets)
    base: bytes = field(init=False)  # the hash of the stream's last entry when this was made

    def __post_init__(self) -> None:
        self.base = self.stream.hash

    @property
    def has_secrets(self) -> bool:
        """Whether deciding a bid needs `secrets`: the row of the lot does not tell everything."""
        return self.terms.way.online is not None or self.state.stage is Stage.SEALED


class NewBid(msgspec.Struct):
    """A row of `bids` that is to be inserted, with the columns' names."""

    id: UUID
    lot_id: UUID
    seq: int
    account_id: UUID
    registration_id: UUID | None
    plate: int | None
    key: UUID
    price_given: str
    price_fen: int | None
    accepted: bool
    leads: bool
    refusal_code: str | None
    refusal_facts: str | None
    arrived_at: datetime
    decided_at: datetime
    before_close_ms: int | None
    entry_hash: bytes


class _MovedLot(msgspec.Struct):
    """Where a lot stands after a batch; `base`: the hash of its last entry before it."""

    lot_id: UUID
    base: bytes
    hash: bytes
    stage: str
    seq: int
    decided_at: datetime | None
    price_fen: int | None
    plate: int | None
    bids: int
    calls: int
    closes_at: datetime | None
    ended_at: datetime | None
    phase: str | None


@dataclass(slots=True)
class Written:
    """The rows that a batch adds, beside the entries that the lots' streams hold."""

    bids: list[NewBid] = field(default_factory=list)
    quotes: list[tuple[Any, ...]] = field(default_factory=list)
    maxima: list[tuple[Any, ...]] = field(default_factory=list)


async def lock_lots(session: AsyncSession, lot_ids: list[UUID]) -> dict[UUID, LockedLot]:
    """Lock the lots' rows, and each one's stream after it, in the order of `lot_ids` (sorted, lest two servers wait for
    each other); lots without a sale are left out. Begins the transaction.
    """
    connection = await session.connection()
    rows = (await connection.exec_driver_sql(_LOCK, (lot_ids,))).all()
    terms = await _terms(session, [row.lot_id for row in rows])
    return {row.lot_id: _locked(row, terms[row.lot_id]) for row in rows}


async def driver_of(session: AsyncSession) -> asyncpg.Connection:
    """The driver's connection of a session whose transaction has begun."""
    raw = await (await session.connection()).get_raw_connection()
    return raw.driver_connection


async def find_bids(connection: asyncpg.Connection, wanted: Sequence[tuple[UUID, UUID, UUID]]) -> list[asyncpg.Record]:
    """The rows of these bids (lot, account, key), if decided before; `sealed_fen`: what a secret one keeps."""
    lots, accounts, keys = zip(*wanted, strict=True)
    found: list[asyncpg.Record] = await connection.fetch(_FIND, lots, accounts, keys)
    return found


async def load_secrets(connection: asyncpg.Connection, lots: Iterable[LockedLot]) -> None:
    """Give lots that take secret amounts theirs, and who holds the plates for which the platform may bid."""
    wanted = {lot.lot_id: lot for lot in lots if lot.has_secrets}
    if not wanted:
        return
    for row in await connection.fetch(_MAXIMA, list(wanted)):
        maxima = wanted[row["lot_id"]].secrets.maxima
        maxima.pop(row["plate"], None)  # a raised maximum was set later
        maxima[row["plate"]] = Sealed(Money(row["price_fen"]), row["salt"], row["commitment"])
    for row in await connection.fetch(_QUOTES, list(wanted)):
        sealed = Sealed(Money(row["price_fen"]), row["salt"], row["commitment"])
        wanted[row["lot_id"]].secrets.quotes[row["plate"]] = sealed
    for row in await connection.fetch(_HOLDERS, list(wanted)):
        lot = wanted[row["lot_id"]]
        lot.secrets.holders[row["plate"]] = Holder(row["id"], row["account_id"])
        if row["has_priority"]:
            lot.state = online.with_priority(lot.state, row["plate"])


async def write(connection: asyncpg.Connection, lots: Sequence[LockedLot], written: Written) -> None:
    """Store what the batch decided with the lots' rows locked, move rows and streams on, and wake every server at the
    commit.
    """
    for table, rows in (("sealed_quotes", written.quotes), ("proxy_maxima", written.maxima)):
        if rows:
            await connection.copy_records_to_table(table, records=rows, columns=_SECRET_COLUMNS)
    row = await connection.fetchrow(_WRITE, *_arguments(lots, written), [])
    assert row["stands"], "a lot moved although its row was locked"


async def write_if_unmoved(connection: DirectConnection, lots: Sequence[LockedLot], written: Written) -> bool:
    """Store all of a batch in one statement, which is its own transaction, if every lot still stands where it was
    decided from and none of the bidders has a budget; else nothing. Whether it was stored.

    Raises what `DirectConnection.fetchrow` raises; a bid that was decided before is a violated constraint.
    """
    registrations = {row.registration_id for row in written.bids} - {None}
    row = await connection.fetchrow(_WRITE, *_arguments(lots, written), list(registrations))
    return row is not None and bool(row["stands"])


def _arguments(lots: Sequence[LockedLot], written: Written) -> tuple[str, str, str]:
    """Lots, entries and bids as JSON: an array for each column would take the driver twenty times as long."""
    entries = [row for lot in lots for row in lot.stream.rows]
    return _json([_moved(lot) for lot in lots]), _json(entries), _json(written.bids)


def _json(rows: Sequence[msgspec.Struct]) -> str:
    return _encoder.encode(rows).decode()


def _moved(lot: LockedLot) -> _MovedLot:
    state = lot.state
    assert lot.stream.seq == state.seq, "the lot's row and its journal stream count alike"
    return _MovedLot(
        lot.lot_id,
        lot.base,
        lot.stream.hash,
        str(state.stage),
        state.seq,
        state.decided_at,
        None if state.price is None else state.price.fen,
        state.plate,
        state.bids,
        state.calls,
        state.closes_at,
        state.ended_at,
        None if state.phase == NO_PHASE else _encoder.encode(state.phase).decode(),
    )


def _locked(row: Any, terms: AuctionTerms) -> LockedLot:
    state = AuctionState(
        stage=Stage(row.stage),
        seq=row.seq,
        decided_at=row.decided_at,
        price=None if row.price_fen is None else Money(row.price_fen),
        plate=row.plate,
        bids=row.bids,
        calls=row.calls,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        ended_at=row.ended_at,
        phase=NO_PHASE if row.phase is None else msgspec.json.decode(row.phase, type=Phase),
    )
    stream = OpenStream(f"{STREAM}{row.lot_id}", row.stream_seq, row.stream_hash)
    return LockedLot(row.lot_id, terms, state, stream)


_known_terms: dict[UUID, AuctionTerms] = {}


async def _terms(session: AsyncSession, lot_ids: list[UUID]) -> dict[UUID, AuctionTerms]:
    """The terms of these lots. They never change once a sale has begun, so they are read once from then on."""
    waiting: dict[UUID, AuctionTerms] = {}
    missing = [lot_id for lot_id in lot_ids if lot_id not in _known_terms]
    if missing:
        if len(_known_terms) > _TERMS_KEPT:
            _known_terms.clear()
        for auction in await session.scalars(select(Auction).where(Auction.lot_id.in_(missing))):
            kept = waiting if auction.stage == Stage.WAITING else _known_terms
            kept[auction.lot_id] = auction.terms
            session.expunge(auction)  # its row moves on without the mapper's knowledge
    return {lot_id: waiting.get(lot_id) or _known_terms[lot_id] for lot_id in lot_ids}


_LOCK = f"""
SELECT a.lot_id, a.stage, a.seq, a.decided_at, a.price_fen, a.plate, a.bids, a.calls, a.opened_at, a.closes_at,
    a.ended_at, a.phase, h.seq AS stream_seq, h.hash AS stream_hash
FROM auctions a JOIN journal_heads h ON h.stream = '{STREAM}' || a.lot_id
WHERE a.lot_id = ANY($1::uuid[]) ORDER BY a.lot_id FOR UPDATE
"""  # noqa: S608 - the name of a stream is no input

# LIMIT keeps the planner from reading the whole table where it knows nothing of it yet.
_FIND = """
SELECT b.*, coalesce(q.price_fen, m.price_fen) AS sealed_fen
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (lot_id, account_id, key)
CROSS JOIN LATERAL (
    SELECT * FROM bids WHERE lot_id = w.lot_id AND account_id = w.account_id AND key = w.key LIMIT 1
) b
LEFT JOIN sealed_quotes q ON q.lot_id = b.lot_id AND q.seq = b.seq
LEFT JOIN proxy_maxima m ON m.lot_id = b.lot_id AND m.seq = b.seq
"""

_MAXIMA = "SELECT * FROM proxy_maxima WHERE lot_id = ANY($1::uuid[]) ORDER BY lot_id, seq"
_QUOTES = "SELECT * FROM sealed_quotes WHERE lot_id = ANY($1::uuid[]) ORDER BY lot_id, seq"
_HOLDERS = (
    "SELECT id, lot_id, account_id, plate, has_priority FROM registrations"
    " WHERE lot_id = ANY($1::uuid[]) AND plate IS NOT NULL"
)

_TYPES = {str: "text", int: "bigint", bool: "bool", UUID: "uuid", datetime: "timestamptz", bytes: "text"}


def _read(parameter: int, kind: type[msgspec.Struct], name: str) -> str:
    """The rows of a JSON parameter, for FROM."""
    columns = []
    for member in msgspec.structs.fields(kind):
        [plain] = set(get_args(member.type) or (member.type,)) - {NoneType}
        columns.append(f"{member.name} {_TYPES[plain]}")
    return f"json_to_recordset(${parameter}::json) AS {name} ({', '.join(columns)})"


def _inserted(kind: type[msgspec.Struct], name: str) -> str:
    """The values of a row that was read, for SELECT: bytes come as base64."""
    return ", ".join(
        f"decode({name}.{member.name}, 'base64')" if member.type is bytes else f"{name}.{member.name}"
        for member in msgspec.structs.fields(kind)
    )


def _names(kind: type[msgspec.Struct]) -> str:
    return ", ".join(kind.__struct_fields__)


# The rows are locked as they stand now, whatever the statement saw when it began: one that moved on drops out.
# `stands` is whether all of them are where they were decided from; where it is false nothing is written.
_WRITE = f"""
WITH batch AS MATERIALIZED (
    SELECT b.*, '{STREAM}' || b.lot_id AS stream FROM {_read(1, _MovedLot, "b")}
), locked AS MATERIALIZED (
    SELECT a.lot_id
    FROM batch JOIN auctions a ON a.lot_id = batch.lot_id
    JOIN journal_heads h ON h.stream = batch.stream AND h.hash = decode(batch.base, 'base64')
    ORDER BY a.lot_id FOR UPDATE OF a, h
), unmoved AS MATERIALIZED (
    SELECT (SELECT count(*) FROM locked) = (SELECT count(*) FROM batch) AND NOT EXISTS (
        SELECT FROM registrations r JOIN budgets b ON b.unit_id = r.unit_id WHERE r.id = ANY($4::uuid[])
    ) AS stands
), entries AS (
    INSERT INTO journal_entries ({_names(NewEntry)})
    SELECT {_inserted(NewEntry, "e")} FROM {_read(2, NewEntry, "e")}, unmoved WHERE stands
), decided AS (
    INSERT INTO bids ({_names(NewBid)})
    SELECT {_inserted(NewBid, "d")} FROM {_read(3, NewBid, "d")}, unmoved WHERE stands
), moved AS MATERIALIZED (
    SELECT batch.* FROM batch, unmoved WHERE stands
), lots AS (
    UPDATE auctions a SET stage = m.stage, seq = m.seq, decided_at = m.decided_at, price_fen = m.price_fen,
        plate = m.plate, bids = m.bids, calls = m.calls, closes_at = m.closes_at, ended_at = m.ended_at,
        phase = m.phase
    FROM moved m WHERE a.lot_id = m.lot_id
), heads AS (
    UPDATE journal_heads h SET seq = m.seq, hash = decode(m.hash, 'base64') FROM moved m WHERE h.stream = m.stream
), told AS (
    SELECT pg_notify('{CHANNEL}', lot_id || ':' || seq) FROM moved
)
SELECT stands, (SELECT count(*) FROM told) AS told FROM unmoved
"""  # noqa: S608 - names of columns, a stream and a channel are no input

"""What settling reads and writes: a fixed number of statements for a batch, however many lots and bids are in it.

They go straight to the driver, inside the transaction of the session: a bid is too small to be worth an object of the
mapper. The tables are declared in `auction.models`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
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
from trading.kernel.journal_store import ENTRY_COLUMNS, OpenStream
from trading.kernel.money import Money

BID_COLUMNS = (
    "id",
    "lot_id",
    "seq",
    "account_id",
    "registration_id",
    "plate",
    "key",
    "price_given",
    "price_fen",
    "accepted",
    "leads",
    "refusal_code",
    "refusal_facts",
    "arrived_at",
    "decided_at",
    "before_close_ms",
    "entry_hash",
)
_REGISTRATION = BID_COLUMNS.index("registration_id")
_SECRET_COLUMNS = ("id", "lot_id", "seq", "plate", "price_fen", "salt", "commitment")
_TERMS_KEPT = 10_000


@dataclass(slots=True)
class LockedLot:
    """A lot whose row and stream are locked: its state moves on while a batch is decided."""

    lot_id: UUID
    terms: AuctionTerms
    state: AuctionState
    stream: OpenStream
    secrets: Secrets = field(default_factory=Secrets)


class Base(NamedTuple):
    """Where a lot stood when a batch was decided: whatever happened to it is in the hash of its last entry."""

    lot_id: UUID
    hash: bytes


@dataclass(slots=True)
class Written:
    """The rows that a batch adds, beside the entries that the lots' streams hold."""

    bids: list[tuple[Any, ...]] = field(default_factory=list)
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
    wanted = {lot.lot_id: lot for lot in lots if lot.terms.way.online is not None or lot.state.stage is Stage.SEALED}
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
    """Store what the batch decided, move the lots' rows and streams on, and wake every server at the commit."""
    entries = [row for lot in lots for row in lot.stream.rows]
    await connection.copy_records_to_table("journal_entries", records=entries, columns=ENTRY_COLUMNS)
    await connection.copy_records_to_table("bids", records=written.bids, columns=BID_COLUMNS)
    for table, rows in (("sealed_quotes", written.quotes), ("proxy_maxima", written.maxima)):
        if rows:
            await connection.copy_records_to_table(table, records=rows, columns=_SECRET_COLUMNS)
    await connection.execute(_MOVE_ON, *zip(*map(_moved, lots), strict=True))


async def write_if_unmoved(
    connection: DirectConnection, bases: Sequence[Base], lots: Sequence[LockedLot], written: Written
) -> bool:
    """Store all of a batch in one statement, which is its own transaction, if every lot still stands where it was
    decided from and none of the bidders has a budget; else nothing. Whether it was stored.

    Raises what `DirectConnection.fetchrow` raises; a bid that was decided before is a violated constraint.
    """
    entries = [row for lot in lots for row in lot.stream.rows]
    registrations = {row[_REGISTRATION] for row in written.bids} - {None}
    row = await connection.fetchrow(
        _WRITE_IF_UNMOVED,
        *zip(*bases, strict=True),
        list(registrations),
        *zip(*entries, strict=True),
        *zip(*written.bids, strict=True),
        *zip(*map(_moved, lots), strict=True),
    )
    return row is not None and bool(row["stands"])


def _moved(lot: LockedLot) -> tuple[Any, ...]:
    state = lot.state
    assert lot.stream.seq == state.seq, "the lot's row and its journal stream count alike"
    return (
        lot.lot_id,
        str(state.stage),
        state.seq,
        state.decided_at,
        None if state.price is None else state.price.fen,
        state.plate,
        state.bids,
        state.calls,
        state.closes_at,
        state.ended_at,
        None if state.phase == NO_PHASE else msgspec.json.encode(state.phase).decode(),
        lot.stream.hash,
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
    """The terms of these lots. They never change once a sale is prepared, so they are read once."""
    missing = [lot_id for lot_id in lot_ids if lot_id not in _known_terms]
    if missing:
        if len(_known_terms) > _TERMS_KEPT:
            _known_terms.clear()
        for auction in await session.scalars(select(Auction).where(Auction.lot_id.in_(missing))):
            _known_terms[auction.lot_id] = auction.terms
            session.expunge(auction)  # its row moves on without the mapper's knowledge
    return {lot_id: _known_terms[lot_id] for lot_id in lot_ids}


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

_MOVED_TYPES = (
    *("uuid", "text", "bigint", "timestamptz", "bigint", "int", "int"),
    *("int", "timestamptz", "timestamptz", "text", "bytea"),
)
_ENTRY_TYPES = ("text", "bigint", "timestamptz", "text", "text", "text", "bytea", "bytea")
_BID_TYPES = (
    *("uuid", "uuid", "bigint", "uuid", "uuid", "int", "uuid", "text", "bigint"),
    *("bool", "bool", "text", "text", "timestamptz", "timestamptz", "bigint", "bytea"),
)


def _arrays(first: int, types: Sequence[str]) -> str:
    """`unnest` of parameters from number `first` on, one array a column."""
    return "unnest(" + ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, first)) + ")"


# The parts of a batch that move the lots on; `{moved}` gives the new rows.
_MOVING = f"""
moved (lot_id, stage, seq, decided_at, price_fen, plate, bids, calls, closes_at, ended_at, phase, hash)
    AS MATERIALIZED ({{moved}}),
lots AS (
    UPDATE auctions a SET stage = m.stage, seq = m.seq, decided_at = m.decided_at, price_fen = m.price_fen,
        plate = m.plate, bids = m.bids, calls = m.calls, closes_at = m.closes_at, ended_at = m.ended_at,
        phase = m.phase
    FROM moved m WHERE a.lot_id = m.lot_id
), heads AS (
    UPDATE journal_heads h SET seq = m.seq, hash = m.hash FROM moved m WHERE h.stream = '{STREAM}' || m.lot_id
), told AS (
    SELECT pg_notify('{CHANNEL}', lot_id || ':' || seq) FROM moved
)
"""  # noqa: S608 - names of a stream and a channel are no input

_MOVE_ON = f"""
WITH {_MOVING.format(moved="SELECT * FROM " + _arrays(1, _MOVED_TYPES))}
SELECT count(*) FROM told
"""  # noqa: S608 - as above

_FROM_ENTRIES = 4
_FROM_BIDS = _FROM_ENTRIES + len(_ENTRY_TYPES)
_FROM_MOVED = _FROM_BIDS + len(_BID_TYPES)

# The rows are locked as they stand now, whatever the statement saw when it began: one that moved on drops out.
_WRITE_IF_UNMOVED = f"""
WITH locked AS MATERIALIZED (
    SELECT a.lot_id
    FROM unnest($1::uuid[], $2::bytea[]) AS base (lot_id, hash)
    JOIN auctions a ON a.lot_id = base.lot_id
    JOIN journal_heads h ON h.stream = '{STREAM}' || a.lot_id AND h.hash = base.hash
    ORDER BY a.lot_id FOR UPDATE OF a, h
), unmoved AS MATERIALIZED (
    SELECT (SELECT count(*) FROM locked) = cardinality($1) AND NOT EXISTS (
        SELECT FROM registrations r JOIN budgets b ON b.unit_id = r.unit_id WHERE r.id = ANY($3::uuid[])
    ) AS stands
), entries AS (
    INSERT INTO journal_entries ({", ".join(ENTRY_COLUMNS)})
    SELECT e.* FROM {_arrays(_FROM_ENTRIES, _ENTRY_TYPES)} AS e, unmoved WHERE stands
), decided AS (
    INSERT INTO bids ({", ".join(BID_COLUMNS)})
    SELECT b.* FROM {_arrays(_FROM_BIDS, _BID_TYPES)} AS b, unmoved WHERE stands
), {_MOVING.format(moved=f"SELECT m.* FROM {_arrays(_FROM_MOVED, _MOVED_TYPES)} AS m, unmoved WHERE stands")}
SELECT stands, (SELECT count(*) FROM told) AS told FROM unmoved
"""  # noqa: S608 - names of columns, a stream and a channel are no input

"""Folding journal entries into the log, and the proofs of what it holds.

Folding goes stream by stream after what is committed: the head of a stream and its entries become visible together, so
an entry that was once passed over cannot appear later.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import journal_store
from trading.kernel.errors import NotFound
from trading.kernel.journal import Entry
from trading.kernel.journal_store import JournalEntry, JournalHead
from trading.kernel.tlog import Checkpoint, consistency_proof, inclusion_proof, leaf_hash, root, sign_checkpoint
from trading.transparency.models import LogCheckpoint, LogHead, LogRun, LogStream
from trading.transparency.receipt import Receipt, ReceiptEntry
from trading.transparency.tiles import WIDTH, LogDamaged, Tiles

MOST_AT_ONCE = 20_000  # entries folded in one transaction
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs the checkpoints: the log's name, and the 32 secret bytes of its Ed25519 key."""

    origin: str
    seed: bytes

    @classmethod
    def of(cls, public_url: str, key_hex: str) -> "Signer":
        """The signer of an installation: the log is named by the platform's address without its scheme."""
        address = urlsplit(public_url)
        return cls(f"{address.netloc}{address.path}/log", bytes.fromhex(key_hex))


@dataclass(eq=False)
class CheckpointNotFound(NotFound):
    """No checkpoint of this size was ever signed."""

    message = "There is no checkpoint of the size {size}."
    advice = "Ask for the proof between two checkpoints that the log has published."
    size: int


async def fold(session: AsyncSession, signer: Signer, now: datetime, *, most: int = MOST_AT_ONCE) -> int:
    """Fold what is new into the tree and sign a checkpoint. Returns how many entries were folded.

    Raises LogDamaged when the stored tree is not the one that was signed last: nothing is added to it then.
    """
    await session.execute(postgresql.insert(LogHead).values(id=1, size=0).on_conflict_do_nothing())
    head = (await session.scalars(select(LogHead).with_for_update().execution_options(populate_existing=True))).one()
    tiles = Tiles(session)
    start = head.size
    await _check_last(session, tiles, start)
    leaves: list[bytes] = []
    for stream, after in await _behind(session):
        hashes = await _hashes(session, stream, after, most - len(leaves))
        if hashes:
            session.add(LogRun(start=start + len(leaves), stream=stream, first_seq=after + 1, count=len(hashes)))
            await session.merge(LogStream(stream=stream, seq=after + len(hashes)))
            leaves += await _leaves(hashes)
        if len(leaves) >= most:
            break
    if not leaves:
        return 0
    await tiles.append(start, leaves)
    await tiles.store()
    size = head.size = start + len(leaves)
    checkpoint = Checkpoint(signer.origin, size, await tiles.compute(lambda subtree: root(size, subtree)))
    note = sign_checkpoint(checkpoint, signer.seed)
    session.add(LogCheckpoint(size=size, root=checkpoint.root, note=note, signed_at=now))
    await session.flush()
    return len(leaves)


async def latest_checkpoint(session: AsyncSession) -> LogCheckpoint | None:
    """The newest signed checkpoint; None before the first."""
    return await session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


async def receipt_of(session: AsyncSession, entry: Entry, *, whole: bool) -> Receipt:
    """The receipt of a journal entry; `whole`: with the entry's body, for whoever may read it."""
    shown = None
    if whole:
        previous = entry.previous.hex()
        shown = ReceiptEntry(entry.actor, entry.at, entry.body, entry.kind, previous, entry.seq, entry.stream)
    receipt = Receipt(entry.stream, entry.seq, entry.hash.hex(), shown)
    index, checkpoint = await _index_of(session, entry), await latest_checkpoint(session)
    if index is None or checkpoint is None or index >= checkpoint.size:
        return receipt
    size = checkpoint.size
    proof = await Tiles(session).compute(lambda subtree: inclusion_proof(index, size, subtree))
    return Receipt(
        entry.stream, entry.seq, entry.hash.hex(), shown, index, tuple(step.hex() for step in proof), checkpoint.note
    )


async def newest_receipt(session: AsyncSession, stream: str, until_seq: int) -> Receipt | None:
    """The receipt, without its body, of the newest entry of a stream up to `until_seq` that is in the log."""
    folded = await session.get(LogStream, stream, populate_existing=True)
    seq = 0 if folded is None else min(folded.seq, until_seq)
    found = await journal_store.read(session, stream, after_seq=seq - 1, limit=1) if seq else []
    return await receipt_of(session, found[0], whole=False) if found else None


async def consistency(session: AsyncSession, old: int, new: int) -> list[bytes]:
    """The proof that the checkpoint of size `new` begins with that of size `old`. Refuses CheckpointNotFound."""
    for size in (old, new):
        if size <= 0 or await session.get(LogCheckpoint, size) is None:
            raise CheckpointNotFound(size)
    if old > new:
        raise CheckpointNotFound(old)
    return await Tiles(session).compute(lambda subtree: consistency_proof(old, new, subtree))


async def _check_last(session: AsyncSession, tiles: Tiles, size: int) -> None:
    last = await latest_checkpoint(session)
    if last is None:
        if size:
            raise LogDamaged("the tree has leaves and no checkpoint")
        return
    if last.size != size or await tiles.compute(lambda subtree: root(size, subtree)) != last.root:
        raise LogDamaged("the stored tree is not the one that was signed last")


async def _behind(session: AsyncSession) -> list[tuple[str, int]]:
    """The streams with entries that are not in the tree, and the last number that is."""
    after = func.coalesce(LogStream.seq, 0)
    query = (
        select(JournalHead.stream, after)
        .join(LogStream, LogStream.stream == JournalHead.stream, isouter=True)
        .where(JournalHead.seq > after)
        .order_by(JournalHead.stream)
    )
    return [(stream, int(seq)) for stream, seq in await session.execute(query)]


async def _hashes(session: AsyncSession, stream: str, after: int, limit: int) -> list[bytes]:
    entries = select(JournalEntry.seq, JournalEntry.hash).where(JournalEntry.stream == stream, JournalEntry.seq > after)
    some = entries.order_by(JournalEntry.seq).limit(limit).subquery()
    # In one value: thousands of rows, row by row, would keep the loop from everything else.
    joined = await session.scalar(select(func.string_agg(some.c.hash, aggregate_order_by(literal(b""), some.c.seq))))
    return [joined[at : at + _HASH_BYTES] for at in range(0, len(joined), _HASH_BYTES)] if joined else []


async def _leaves(hashes: Sequence[bytes]) -> list[bytes]:
    leaves: list[bytes] = []
    for at in range(0, len(hashes), WIDTH):
        leaves += [leaf_hash(hashed) for hashed in hashes[at : at + WIDTH]]
        await asyncio.sleep(0)  # whoever bids meanwhile must not wait for thousands of hashes
    return leaves


async def _index_of(session: AsyncSession, entry: Entry) -> int | None:
    query = select(LogRun).where(LogRun.stream == entry.stream, LogRun.first_seq <= entry.seq)
    run = await session.scalar(query.order_by(LogRun.first_seq.desc()).limit(1))
    if run is None or entry.seq >= run.first_seq + run.count:
        return None
    return run.start + entry.seq - run.first_seq

"""The log grows with the journal, proves every entry, and notices when what it stored was changed."""

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import NOON
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.journal_store import Fact
from trading.kernel.tlog import is_consistent, leaf_hash, node_hash, open_checkpoint, verifier_key
from trading.transparency import service
from trading.transparency.receipt import ReceiptWrong, check_receipt
from trading.transparency.service import CheckpointNotFound, Signer
from trading.transparency.tiles import LogDamaged

SIGNER = Signer.of("https://centre.example/trade", "07" * 32)
KEY = verifier_key(SIGNER.origin, SIGNER.seed)


async def write(session: AsyncSession, stream: str, count: int) -> None:
    facts = [Fact("noted", "system:test", NOON, {"number": number}) for number in range(count)]
    await journal_store.append_all(session, stream, facts)


async def receipt_text(session: AsyncSession, stream: str, seq: int, *, whole: bool = True) -> bytes:
    [entry] = await journal_store.read(session, stream, after_seq=seq - 1, limit=1)
    return msgspec.json.encode(await service.receipt_of(session, entry, whole=whole))


async def fold_all(session: AsyncSession, most: int = 20_000) -> int:
    folded = 0
    while count := await service.fold(session, SIGNER, NOON, most=most):
        folded += count
    return folded


async def test_every_entry_is_proved_by_the_checkpoint(session: AsyncSession) -> None:
    await write(session, "auction:a", 700)
    await write(session, "deposit:b", 3)
    # In odd portions, so that runs of one stream lie apart and tiles are filled over several rounds.
    assert await fold_all(session, most=97) == 703
    await write(session, "auction:a", 2)
    assert await fold_all(session) == 2
    for stream, last in (("auction:a", 702), ("deposit:b", 3)):
        for seq in (1, 2, 96, 97, 98, 255, 256, 257, 511, 512, 513, 699, 700, 701, 702):
            if seq <= last:
                assert check_receipt(await receipt_text(session, stream, seq), KEY).size == 705
    assert check_receipt(await receipt_text(session, "auction:a", 300, whole=False), KEY).size == 705


async def test_the_root_is_the_one_of_all_leaves_in_the_order_of_folding(session: AsyncSession) -> None:
    await write(session, "x", 3)
    await fold_all(session)
    first, second, third = [leaf_hash(entry.hash) for entry in await journal_store.read(session, "x")]
    last = await service.latest_checkpoint(session)
    assert last is not None
    assert open_checkpoint(last.note, KEY).root == node_hash(node_hash(first, second), third)
    assert last.note.startswith("centre.example/trade/log\n3\n")


async def test_an_entry_that_is_not_folded_yet_says_so(session: AsyncSession) -> None:
    await write(session, "x", 1)
    with pytest.raises(ReceiptWrong, match="was not in the log yet"):
        check_receipt(await receipt_text(session, "x", 1), KEY)


@pytest.mark.parametrize(
    ("find", "replacement", "words"),
    [
        (b'"number":4', b'"number":5', "was changed"),
        (b'"seq":5', b'"seq":6', "another one"),
        (b'"leaf_index":4', b'"leaf_index":3', "does not lead to the root"),
        (b'"leaf_index":4', b'"leaf_index":9', "does not fit"),
        (b'"kind":"noted"', b'"kind":"nodded"', "was changed"),
        (b"centre.example", b"centra.example", "not signed by this key"),
        (b"trading-receipt-1", b"trading-receipt-9", "not known"),
        (b'"proof":["', b'"proof":["00', "does not"),
        (b"{", b"[", "not a receipt"),
    ],
)
async def test_a_receipt_that_was_changed_is_refused(
    session: AsyncSession, find: bytes, replacement: bytes, words: str
) -> None:
    await write(session, "x", 9)
    await fold_all(session)
    whole = await receipt_text(session, "x", 5)
    check_receipt(whole, KEY)
    changed = whole.replace(find, replacement, 1)
    assert changed != whole
    with pytest.raises(ReceiptWrong, match=words):
        check_receipt(changed, KEY)


async def test_the_log_is_proved_to_have_only_grown(session: AsyncSession) -> None:
    await write(session, "x", 5)
    await fold_all(session)
    old = await service.latest_checkpoint(session)
    await write(session, "x", 600)
    await fold_all(session)
    new = await service.latest_checkpoint(session)
    assert old is not None
    assert new is not None
    proof = await service.consistency(session, 5, 605)
    assert is_consistent(5, old.root, 605, new.root, proof)
    for faulty in ((4, 605), (5, 604), (605, 5), (0, 605)):
        with pytest.raises(CheckpointNotFound):
            await service.consistency(session, *faulty)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_tiles SET hashes = overlay(hashes placing '\\x00' from 40) WHERE level = 0",
        "UPDATE log_head SET size = 8",
        "DELETE FROM log_tiles",
    ],
)
async def test_a_changed_tree_is_noticed_and_not_added_to(database: Database, change: str) -> None:
    async with database.work() as session:
        await write(session, "x", 9)
        await fold_all(session)
    async with database.work() as session:
        await session.execute(text(change))
        await write(session, "x", 1)
    async with database.reading() as session:
        with pytest.raises(LogDamaged):
            await service.fold(session, SIGNER, NOON)

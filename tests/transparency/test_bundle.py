"""A dossier made anew as a whole is consistent in itself; the transparency log's key finds it out."""

import dataclasses
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from archive.bundle import Dossier, FiledStream, build_bundle
from archive.verifier import verify_bundle
from archive.verifier_words import Fault
from tests.conftest import NOON
from trading.kernel import journal_store
from trading.kernel.journal import make_entry
from trading.kernel.journal_store import Fact
from trading.kernel.tlog import verifier_key
from trading.transparency import service
from trading.transparency.service import Signer

SIGNER = Signer.of("https://centre.example", "07" * 32)
KEY = verifier_key(SIGNER.origin, SIGNER.seed)
STREAM = "auction:0190-b"


async def filed(session: AsyncSession) -> FiledStream:
    """A stream of six entries, four of which are in the log."""
    for count in (4, 2):
        facts = [Fact("bid_accepted", "account:1", NOON, {"price_fen": 100 * number}) for number in range(1, count + 1)]
        await journal_store.append_all(session, STREAM, facts)
        if count == 4:
            await service.fold(session, SIGNER, NOON)
    head = await journal_store.head(session, STREAM)
    receipt = await service.newest_receipt(session, STREAM, head.seq)
    return FiledStream(head, tuple(await journal_store.read(session, STREAM)), msgspec.json.encode(receipt))


def bundle(folder: Path, stream: FiledStream) -> Path:
    path = folder / "dossier.zip"
    path.write_bytes(build_bundle(Dossier("a", "0190-a", "地块", "中心", NOON, True, (), (stream,))))
    return path


def forged(stream: FiledStream) -> FiledStream:
    """The same stream with another second bid, and everything after it made anew."""
    last, entries = stream.entries[0], [stream.entries[0]]
    for entry in stream.entries[1:]:
        body = {"price_fen": 999} if entry.seq == 2 else entry.body
        last = make_entry(last, kind=entry.kind, actor=entry.actor, at=entry.at, body=body)
        entries.append(last)
    head = dataclasses.replace(stream.head, hash=last.hash)
    return dataclasses.replace(stream, head=head, entries=tuple(entries))


async def test_what_the_log_covers_is_whole(session: AsyncSession, tmp_path: Path) -> None:
    stream = await filed(session)
    assert verify_bundle(bundle(tmp_path, stream), log_key=KEY).findings == []


async def test_a_bundle_made_anew_passes_without_the_key_and_not_with_it(session: AsyncSession, tmp_path: Path) -> None:
    path = bundle(tmp_path, forged(await filed(session)))
    assert verify_bundle(path).findings == []
    [finding] = verify_bundle(path, log_key=KEY).findings
    assert finding.fault is Fault.RECEIPT_WRONG
    assert "not the one of the stream" in finding.words("en")


async def test_a_missing_proof_and_another_key_are_found(session: AsyncSession, tmp_path: Path) -> None:
    stream = await filed(session)
    [finding] = verify_bundle(bundle(tmp_path, dataclasses.replace(stream, receipt=None)), log_key=KEY).findings
    assert finding.fault is Fault.RECEIPT_MISSING
    [finding] = verify_bundle(bundle(tmp_path, stream), log_key=verifier_key(SIGNER.origin, bytes(32))).findings
    assert finding.fault is Fault.RECEIPT_WRONG


async def test_before_anything_is_folded_there_is_no_receipt(session: AsyncSession) -> None:
    await journal_store.append_all(session, STREAM, [Fact("bid_accepted", "account:1", NOON, {})])
    assert await service.newest_receipt(session, STREAM, 1) is None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"seq": 1}', b"\xff"])
async def test_a_damaged_proof_is_told(session: AsyncSession, tmp_path: Path, content: bytes) -> None:
    stream = dataclasses.replace(await filed(session), receipt=content)
    [finding] = verify_bundle(bundle(tmp_path, stream), log_key=KEY).findings
    assert finding.fault is Fault.RECEIPT_WRONG

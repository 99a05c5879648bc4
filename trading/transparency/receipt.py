"""A receipt: one journal entry with the proof that a signed checkpoint covers it. Checked with no server. Pure.

    {"format": "trading-receipt-1", "stream", "seq", "entry_hash", "entry" (its seven members, where the reader may have
     them), "leaf_index", "proof" (hashes from the leaf upwards), "checkpoint" (a signed note)}

The last three are null as long as the entry has not been folded into the tree, which takes seconds.
"""

from datetime import datetime
from typing import Any

import msgspec

from trading.kernel.journal import entry_hash
from trading.kernel.tlog import BadCheckpoint, Checkpoint, leaf_hash, open_checkpoint, root_from_inclusion

FORMAT = "trading-receipt-1"


class ReceiptEntry(msgspec.Struct, frozen=True):
    """A journal entry as it was hashed."""

    actor: str
    at: datetime
    body: dict[str, Any]
    kind: str
    previous: str
    seq: int
    stream: str


class Receipt(msgspec.Struct, frozen=True):
    """See the module. Hashes are lowercase hex."""

    stream: str
    seq: int
    entry_hash: str
    entry: ReceiptEntry | None = None
    leaf_index: int | None = None
    proof: tuple[str, ...] | None = None
    checkpoint: str | None = None
    format: str = FORMAT


class ReceiptWrong(ValueError):
    """The receipt does not hold; the words say where."""


def check_receipt(text: bytes, key: str) -> Checkpoint:
    """The checkpoint that covers a receipt's entry, once everything in it was verified with the log's public key.

    Raises ReceiptWrong.
    """
    try:
        receipt = msgspec.json.decode(text, type=Receipt)
    except msgspec.DecodeError as error:
        raise ReceiptWrong(f"this is not a receipt: {error}") from error
    if receipt.format != FORMAT:
        raise ReceiptWrong(f"the format {receipt.format} is not known")
    _check_entry(receipt)
    if receipt.leaf_index is None or receipt.proof is None or receipt.checkpoint is None:
        raise ReceiptWrong("the entry was not in the log yet when this receipt was made; ask for it again")
    try:
        checkpoint = open_checkpoint(receipt.checkpoint, key)
        leaf = leaf_hash(bytes.fromhex(receipt.entry_hash))
        proof = [bytes.fromhex(step) for step in receipt.proof]
        reached = root_from_inclusion(leaf, receipt.leaf_index, checkpoint.size, proof)
    except BadCheckpoint as error:
        raise ReceiptWrong(str(error)) from error
    except ValueError as error:
        raise ReceiptWrong(f"the proof does not fit: {error}") from error
    if reached != checkpoint.root:
        raise ReceiptWrong("the proof does not lead to the root of the checkpoint")
    return checkpoint


def _check_entry(receipt: Receipt) -> None:
    entry = receipt.entry
    if entry is None:
        return
    if (entry.stream, entry.seq) != (receipt.stream, receipt.seq):
        raise ReceiptWrong("the entry is another one than the receipt names")
    try:
        previous = bytes.fromhex(entry.previous)
        hashed = entry_hash(entry.stream, entry.seq, entry.at, entry.kind, entry.actor, entry.body, previous)
    except (ValueError, TypeError) as error:
        raise ReceiptWrong(f"the entry cannot be hashed: {error}") from error
    if hashed.hex() != receipt.entry_hash:
        raise ReceiptWrong("the entry was changed: its hash is another one")

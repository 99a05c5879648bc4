"""The transparency log: one Merkle tree over all journal entries, its proofs, and signed checkpoints. Pure.

The tree is that of RFC 9162 section 2.1 (SHA-256; 0x00 before a leaf, 0x01 before an inner node). The data of a leaf is
the 32-byte hash of a journal entry, so whoever has an entry can recompute its leaf. A checkpoint is a C2SP tlog
checkpoint: origin, size and root in a note signed with Ed25519. Whoever keeps a checkpoint can later prove that
nothing it covers was changed or left out, without trusting the platform.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

EMPTY_ROOT = hashlib.sha256(b"").digest()
_ED25519 = b"\x01"
_HASH_SIZE = 32

Subtree = Callable[[int, int], bytes]
"""The hash of a complete subtree, by its level (0: leaves) and its number on that level."""


def leaf_hash(entry_hash: bytes) -> bytes:
    """The leaf of a journal entry."""
    return hashlib.sha256(b"\x00" + entry_hash).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The inner node over two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, subtree: Subtree) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _range(0, size, subtree)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the tree of `size`. Source: RFC 9162 section 2.1.3.1."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range(middle, end, subtree))
            end = middle
        else:
            proof.append(_range(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The hashes that show that the tree of `new` begins with the tree of `old`. Source: RFC 9162 section 2.1.4.1."""
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from a tree of {old} to one of {new}")
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range(middle, end, subtree))
            end = middle
        else:
            proof.append(_range(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        proof.append(_range(start, end, subtree))
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf and its proof lead to. Raises ValueError when the proof has the wrong length."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    at, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            result = node_hash(sibling, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return result


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` begins with the tree of `old`. Source: RFC 9162 section 2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


# --- checkpoints ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes


class BadCheckpoint(ValueError):
    """A note that is no checkpoint, or not signed by this key."""


def sign_checkpoint(checkpoint: Checkpoint, seed: bytes) -> str:
    """The signed note of a checkpoint. `seed` is the 32 secret bytes of the log's Ed25519 key."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    root_text = base64.b64encode(checkpoint.root).decode()
    text = f"{checkpoint.origin}\n{checkpoint.size}\n{root_text}\n"
    public = key.public_key().public_bytes_raw()
    signature = _key_id(checkpoint.origin, public) + key.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def verifier_key(origin: str, seed: bytes) -> str:
    """The public key in the text form of signed notes: name+key id+key."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return f"{origin}+{_key_id(origin, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def open_checkpoint(note: str, key: str) -> Checkpoint:
    """The checkpoint in a note, once its signature by `key` (see `verifier_key`) is verified. Raises BadCheckpoint.

    Signatures by other keys, those of witnesses, are passed over.
    """
    try:
        name, key_id, encoded = key.split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        text, separator, signatures = note.partition("\n\n")
        text += "\n"
        origin, size, root_text = text.removesuffix("\n").split("\n")[:3]
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root_text, validate=True))
    except ValueError as error:
        raise BadCheckpoint("this is not a signed checkpoint, or not a key") from error
    if not separator or public[:1] != _ED25519 or len(checkpoint.root) != _HASH_SIZE or str(checkpoint.size) != size:
        raise BadCheckpoint("this is not a signed checkpoint, or not a key")
    for line in signatures.splitlines():
        mark, _, rest = line.partition(" ")
        signer, _, signature_text = rest.partition(" ")
        if mark == "—" and signer == name and _is_signed(text, signature_text, key_id, public):
            return checkpoint
    raise BadCheckpoint("the checkpoint is not signed by this key")


def _is_signed(text: str, signature_text: str, key_id: str, public: bytes) -> bool:
    try:
        signature = base64.b64decode(signature_text, validate=True)
        if signature[:4].hex() != key_id:
            return False
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _range(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over the leaves from `start` to `end`, where `start` is a multiple of the largest subtree in it."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range(start, middle, subtree), _range(middle, end, subtree))

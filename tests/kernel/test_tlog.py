"""The Merkle tree against published roots and an independent definition; proofs and checkpoints against every fault."""

import base64
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.tlog import (
    BadCheckpoint,
    Checkpoint,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    open_checkpoint,
    root,
    root_from_inclusion,
    sign_checkpoint,
    verifier_key,
)

# The leaves and roots that implementations of RFC 6962 and RFC 9162 share as their test vectors.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
SEED = bytes(range(32))


def defined(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162 section 2.1.1, taken literally."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(defined(leaves[:middle]), defined(leaves[middle:]))


def subtrees(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: defined(leaves[index << level : (index + 1) << level])


def some(count: int) -> list[bytes]:
    return [leaf_hash(hashlib.sha256(bytes([number])).digest()) for number in range(count)]


@pytest.mark.parametrize("size", sorted(ROOTS))
def test_the_root_is_the_published_one(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in LEAVES]
    assert root(size, subtrees(leaves)).hex() == ROOTS[size]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root(0, subtrees([])) == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_is_proved_and_no_other(size: int) -> None:
    leaves = some(size)
    whole = defined(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(index, size, subtrees(leaves))
        assert root_from_inclusion(leaf, index, size, proof) == whole
        assert root_from_inclusion(leaf_hash(b"forged"), index, size, proof) != whole
        with pytest.raises(ValueError, match="too long"):
            root_from_inclusion(leaf, index, size, [*proof, leaf])
        if proof:
            with pytest.raises(ValueError, match="too short"):
                root_from_inclusion(leaf, index, size, proof[:-1])


@pytest.mark.parametrize("new", range(1, 24))
def test_every_older_tree_is_proved_to_be_the_beginning(new: int) -> None:
    leaves = some(new)
    forged = [leaf_hash(b"forged"), *leaves[1:]]
    for old in range(1, new + 1):
        old_root, new_root = defined(leaves[:old]), defined(leaves)
        proof = consistency_proof(old, new, subtrees(leaves))
        assert is_consistent(old, old_root, new, new_root, proof)
        assert not is_consistent(old, defined(forged[:old]), new, new_root, proof)
        assert not is_consistent(old, old_root, new, defined(forged), proof)
        assert not is_consistent(old, old_root, new, new_root, [*proof, leaves[0]])
        if proof:
            assert not is_consistent(old, old_root, new, new_root, proof[:-1])


@given(st.integers(1, 300), st.data())
def test_a_proof_fits_its_own_place_only(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtrees(leaves))
    try:
        reached = root_from_inclusion(leaves[index], other, size, proof)
    except ValueError:
        assert index != other
    else:
        assert (reached == defined(leaves)) == (index == other)


def test_a_proof_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(3, 3, subtrees(some(3)))
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(4, 3, subtrees(some(4)))


def test_a_checkpoint_is_opened_by_its_own_key_and_unchanged_only() -> None:
    checkpoint = Checkpoint("centre.example/log", 7, bytes.fromhex(ROOTS[7]))
    note, key = sign_checkpoint(checkpoint, SEED), verifier_key("centre.example/log", SEED)
    assert note.startswith(
        "centre.example/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n— centre.example/log "
    )
    assert open_checkpoint(note, key) == checkpoint
    witnessed = note + f"— witness.example {base64.b64encode(bytes(68)).decode()}\n"
    assert open_checkpoint(witnessed, key) == checkpoint
    for faulty in (
        note.replace("\n7\n", "\n8\n"),
        note.replace("3bib", "3bic"),
        note[:-9] + "AAAAAAA=\n",
        "",
        "x\n\ny",
    ):
        with pytest.raises(BadCheckpoint):
            open_checkpoint(faulty, key)
    with pytest.raises(BadCheckpoint, match="not signed by this key"):
        open_checkpoint(note, verifier_key("centre.example/log", bytes(32)))
    with pytest.raises(BadCheckpoint):
        open_checkpoint(note, "nonsense")

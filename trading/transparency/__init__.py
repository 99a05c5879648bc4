"""The transparency log: every journal entry is a leaf of one Merkle tree, and signed checkpoints tell its root."""

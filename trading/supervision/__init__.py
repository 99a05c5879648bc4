"""Supervision: what is live, the journal recomputed, and what the rooms contribute to a dossier."""

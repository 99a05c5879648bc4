"""Unified project entry: what enters the centre, its rules, its lots, and the deals that come out."""

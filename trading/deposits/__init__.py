"""Deposits: one place where bidders' money comes in, is held, and goes back the way it came (保证金)."""

"""Exchange: what was published, in the standard form that programs elsewhere read (OCDS 1.1)."""

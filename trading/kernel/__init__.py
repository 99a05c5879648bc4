"""What every room stands on: money, time, ids, refusals, canonical JSON, the journal, the database."""

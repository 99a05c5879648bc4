"""Outgoing mail: an outbox in the database that other rooms write into, sent by the tick."""

"""Identifiers: UUID version 7, so that rows created one after another lie one after another in their index."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A new unique identifier whose first bits grow with time (RFC 9562 section 5.7)."""
    return uuid_utils.compat.uuid7()

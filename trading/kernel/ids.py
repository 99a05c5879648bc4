"""Identifiers: UUID version 7, so that rows created one after another lie one after another in their index."""

from uuid import UUID

import uuid_utils
import uuid_utils.compat
from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811 - a name of our own beside uuid's


def new_id() -> UUID:
    """A new unique identifier whose first bits grow with time (RFC 9562 section 5.7)."""
    return uuid_utils.compat.uuid7()


def new_row_id() -> UUID:
    """Likewise, of the driver's own kind: made in a fraction of the time, for rows that come in masses."""
    made: UUID = DriverUUID(uuid_utils.uuid7().bytes)
    return made


def quick_id(identifier: UUID) -> UUID:
    """The same identifier, equal to it, of the driver's own kind: it remembers its text, its number and its hash."""
    quick: UUID = DriverUUID(str(identifier))
    return quick

"""One connection straight to the driver, for single statements that are transactions by themselves.

A statement sent outside a transaction is committed when it is answered: one round trip where a unit of work takes four.
The promise of `trading.kernel.database.commit` holds here too: what may or may not have been stored is `CommitUnknown`.
"""

import asyncio
from typing import Any

import asyncpg

from trading.kernel.database import CommitUnknown, Database, is_commit_warning

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


class DirectConnection:
    """A connection that is opened when it is needed, and anew after it broke. One statement at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: asyncpg.Connection | None = None
        self._warnings: list[str] = []

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of a statement, which is committed when this returns.

        Raises `CommitUnknown` when the connection broke or the server warned meanwhile, OSError or
        asyncpg.PostgresError when nothing was stored.
        """
        connection = await self._connected()
        self._warnings.clear()
        try:
            row: asyncpg.Record | None = await connection.fetchrow(statement, *arguments)
        except _LOST as lost:
            self._give_up()
            raise CommitUnknown from lost
        except asyncio.CancelledError:
            self._give_up()
            raise
        if self._warnings:
            raise CommitUnknown
        return row

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close(timeout=1)

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.raw_connection()
            self._connection.add_log_listener(self._warned)
        return self._connection

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _warned(self, _: Any, message: Any) -> None:
        if is_commit_warning(message):
            self._warnings.append(str(message))

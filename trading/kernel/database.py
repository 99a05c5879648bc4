"""The database: the tables' common ground, units of work, and the one place where anything is committed.

Two roles use the database. The owner migrates; the running role works, and can neither UPDATE nor DELETE nor TRUNCATE
a table that is marked append-only. `append_only()` marks a table, `grant_running_role` gives the rights, and
`refuse_unsafe_role` stops a server whose role could rewrite history.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from trading.kernel.errors import Refusal

log = structlog.get_logger()

_WARNINGS_KEY = "commit_warnings"


class Base(DeclarativeBase):
    """The base of every table. Constraint names are derived, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def append_only() -> dict[str, Any]:
    """The last element of `__table_args__` of a table whose rows are written once and never changed."""
    return {"info": {"append_only": True}}


@dataclass(eq=False)
class CommitUnknown(Refusal):
    """The connection broke, or the server warned, while a transaction was being committed.

    Nobody may be told that it was stored, nor that it was not, until somebody has looked again under the lock.
    """

    message = (
        "The connection to the database broke at the moment of storing. It is not yet known whether this was stored."
    )
    advice = "Load the page again: it shows what was stored. Repeating the same request does no harm."


@dataclass(eq=False)
class DatabaseAway(Refusal):
    """The database cannot be reached at the moment."""

    message = "The database cannot be reached at the moment. Nothing of this request was stored."
    advice = "Wait a moment and try again. What was stored before is safe."


class Database:
    """The connections of one process to the database."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,  # a connection is dear to open: those that a rush needed are kept
            connect_args={"timeout": 10, "server_settings": {"timezone": "UTC", "application_name": "trading"}},
        )
        event.listen(self.engine.sync_engine, "connect", _listen_for_warnings)
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[AsyncSession]:
        """A unit of work: commits on leaving, rolls back when anything was raised inside.

        Raises `CommitUnknown` when it cannot be known whether the commit took place.
        """
        async with self._sessions() as session:
            yield session
            await commit(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for reading: nothing is committed, and what was read stays readable afterwards."""
        async with self._sessions() as session:
            yield session
            session.expunge_all()  # a rollback would expire the rows, and pages are rendered after the session ended
            await session.rollback()

    async def raw_connection(self) -> asyncpg.Connection:
        """A connection of its own outside the pool, for LISTEN. The caller closes it."""
        _, arguments = self.engine.dialect.create_connect_args(make_url(self.url))
        for own_of_the_dialect in ("prepared_statement_cache_size", "prepared_statement_name_func"):
            arguments.pop(own_of_the_dialect, None)
        return await asyncpg.connect(**arguments, timeout=10)

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


async def commit(session: AsyncSession) -> None:
    """Commit, to the end, even when the caller is cancelled meanwhile.

    A cancelled COMMIT can still have committed, and a COMMIT that was interrupted on the server answers success with a
    warning (SQLSTATE 01000: "canceling wait for synchronous replication"). Both end here as `CommitUnknown`.
    """
    if not session.in_transaction():
        return
    await session.flush()
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    warnings: list[str] = raw.info.setdefault(_WARNINGS_KEY, [])
    warnings.clear()
    committing = asyncio.ensure_future(session.commit())
    cancelled: asyncio.CancelledError | None = None
    while not committing.done():
        try:
            await asyncio.shield(committing)
        except asyncio.CancelledError as error:
            if committing.cancelled():
                raise CommitUnknown from error
            cancelled = error
        except BaseException:  # noqa: BLE001 - looked at right below, once for both ways out of the loop
            break
    failure = committing.exception()
    if failure is not None:
        if connection_was_lost(failure):
            log.error("commit_unknown", reason=str(failure))
            raise CommitUnknown from failure
        raise failure
    if warnings:
        log.error("commit_unknown", reason=warnings[0])
        raise CommitUnknown
    if cancelled is not None:
        raise cancelled


def connection_was_lost(failure: BaseException) -> bool:
    """Whether a failure is the connection's and not the statement's."""
    if isinstance(failure, DBAPIError) and failure.connection_invalidated:
        return True
    if isinstance(failure, InternalError):  # the driver was told the end, and uses the connection before it is closed
        return isinstance(getattr(failure.orig, "__cause__", None), asyncpg.InternalClientError)
    return isinstance(failure, InterfaceError | OperationalError | OSError | asyncio.IncompleteReadError)


def is_commit_warning(message: Any) -> bool:
    """Whether the server stopped waiting for a replica: what was committed may be lost together with it."""
    return getattr(message, "sqlstate", "") == "01000"


def _listen_for_warnings(dbapi_connection: Any, record: Any) -> None:
    """Keep what the server warned about on this connection, so that a commit can look."""

    def keep(_: Any, message: Any) -> None:
        if is_commit_warning(message):
            record.info.setdefault(_WARNINGS_KEY, []).append(str(message))

    async def attach(connection: asyncpg.Connection) -> None:
        connection.add_log_listener(keep)

    dbapi_connection.run_async(attach)


def _refuse_closed(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    """Take no connection from the pool that the server has closed meanwhile; nor the others of that time.

    Asking the server whether a connection lives takes three round trips at every unit of work. Its end is told to
    us: the socket closes.
    """
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError


async def grant_running_role(connection: AsyncConnection, metadata: MetaData, role: str) -> None:
    """Give the running role what it needs and take away what it must not have. Run by the owner after migrating.

    Where the owner is to run as well, nothing is granted: `refuse_unsafe_role` will stop the server.
    """
    if (await connection.execute(text("SELECT current_user"))).scalar_one() == role:
        return
    quoted = connection.dialect.identifier_preparer.quote(role)
    await connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    await connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    await connection.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))
    for table in metadata.sorted_tables:
        rights = "SELECT, INSERT" if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
        await connection.execute(text(f"REVOKE ALL ON {table.name} FROM {quoted}"))
        await connection.execute(text(f"GRANT {rights} ON {table.name} TO {quoted}"))


@dataclass(eq=False)
class UnsafeRole(Refusal):
    """The role of the running server could rewrite history; the server must not start with it."""

    message = "The database role {role} could change history in {tables}."
    advice = (
        "Run the server with a role of its own (TRADING_DATABASE_URL) and migrate with the owner "
        "(TRADING_OWNER_DATABASE_URL); see docs/operations.md."
    )
    role: str
    tables: str


@dataclass(eq=False)
class DatabaseUnreachable(Refusal):
    """The database could not be reached when the program started."""

    message = "The database cannot be reached: {reason}."
    advice = "Check TRADING_DATABASE_URL and TRADING_OWNER_DATABASE_URL, and that the database runs."
    reason: str


async def refuse_unsafe_role(database: Database, metadata: MetaData) -> None:
    """Raise `UnsafeRole` when the connected role may change or delete rows of an append-only table, or give itself
    the right to: owners, members of the owner, and superusers.
    """
    guarded = [table.name for table in metadata.sorted_tables if table.info.get("append_only")]
    query = text(
        "SELECT t FROM unnest(CAST(:names AS text[])) AS t WHERE has_table_privilege(t, 'UPDATE')"
        " OR has_table_privilege(t, 'DELETE') OR has_table_privilege(t, 'TRUNCATE')"
        " OR pg_has_role((SELECT relowner FROM pg_class WHERE oid = CAST(t AS regclass)), 'MEMBER') ORDER BY t"
    )
    async with database.reading() as session:
        unsafe = (await session.execute(query, {"names": guarded})).scalars().all()
        role = (await session.execute(text("SELECT current_user"))).scalar_one()
    if unsafe:
        raise UnsafeRole(role=str(role), tables=", ".join(unsafe))

"""Connections that the server closed are never handed out again."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.conftest import Urls
from trading.kernel.database import Database, connection_was_lost

_END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


async def used(database: Database) -> asyncpg.Connection:
    """The connection that a unit of work was given."""
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))
        raw = await (await session.connection()).get_raw_connection()
        connection: asyncpg.Connection = raw.driver_connection
        return connection


@pytest.mark.parametrize("size", [1, 3])
async def test_after_the_server_ended_all_connections_work_goes_on_with_new_ones(urls: Urls, size: int) -> None:
    database = Database(urls.running, pool_size=size)
    before = set(await asyncio.gather(*(used(database) for _ in range(size))))
    ended = [asyncio.Event() for _ in before]
    for connection, event in zip(before, ended, strict=True):
        connection.add_termination_listener(lambda _, event=event: event.set())
    other = await asyncpg.connect(urls.running.replace("+asyncpg", ""))
    await other.execute(_END_ALL)
    async with asyncio.timeout(10):
        await asyncio.gather(*(event.wait() for event in ended))
    assert not before & {await used(database) for _ in range(2 * size)}
    await other.close()
    await database.close()


async def test_a_connection_that_ends_in_the_middle_is_told_from_a_wrong_statement(urls: Urls) -> None:
    database = Database(urls.running, pool_size=1)
    other = await asyncpg.connect(urls.running.replace("+asyncpg", ""))
    async with database.reading() as session:
        with pytest.raises(DBAPIError) as wrong:
            await session.execute(text("SELECT 1 / 0"))
    assert not connection_was_lost(wrong.value)
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))
        await other.execute(_END_ALL)
        with pytest.raises(DBAPIError) as lost:  # noqa: PT012 - the server's word may be on its way for some statements
            while True:
                await session.execute(text("SELECT 1"))
    assert connection_was_lost(lost.value)
    await other.close()
    await database.close()

"""Facts are stored in their change's transaction, in order, and nobody who runs the server can rewrite them."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.conftest import NOON, Urls
from trading.kernel import journal_store
from trading.kernel.database import Database, UnsafeRole, refuse_unsafe_role
from trading.migrations import migrate
from trading.tables import metadata

APPEND_ONLY = sorted(table.name for table in metadata.sorted_tables if table.info.get("append_only"))


async def write(database: Database, stream: str, number: int) -> None:
    async with database.work() as session:
        body = {"number": number}
        await journal_store.append(session, stream=stream, kind="test", actor="system:test", at=NOON, body=body)


async def test_concurrent_writers_leave_a_dense_unbroken_chain(database: Database) -> None:
    await asyncio.gather(*(write(database, "lot:1", number) for number in range(30)))
    async with database.reading() as session:
        entries = await journal_store.read(session, "lot:1")
        assert [entry.seq for entry in entries] == list(range(1, 31))
        assert {entry.body["number"] for entry in entries} == set(range(30))
        assert await journal_store.verify(session, "lot:1") is None


async def test_a_fact_that_was_rolled_back_was_never_written(database: Database) -> None:
    async def fail() -> None:
        async with database.work() as session:
            await journal_store.append(session, stream="lot:1", kind="test", actor="system:test", at=NOON, body={})
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    async with database.reading() as session:
        assert (await journal_store.head(session, "lot:1")).seq == 0


async def test_reading_resumes_after_a_number(database: Database) -> None:
    for number in range(5):
        await write(database, "lot:1", number)
    async with database.reading() as session:
        assert [entry.seq for entry in await journal_store.read(session, "lot:1", after_seq=3)] == [4, 5]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"])
async def test_the_running_role_cannot_rewrite_history(database: Database, table: str, statement: str) -> None:
    async with database.reading() as session:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            await session.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_the_running_role_cannot_update_history(database: Database, table: str) -> None:
    column = metadata.tables[table].primary_key.columns.keys()[0]
    async with database.reading() as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await session.execute(text(f"UPDATE {table} SET {column} = {column}"))


async def test_history_that_the_owner_rewrote_is_found_out(database: Database, urls: Urls) -> None:
    for number in range(3):
        await write(database, "lot:1", number)
    owner = Database(urls.owner)
    async with owner.work() as session:
        await session.execute(text("UPDATE journal_entries SET body = '{}' WHERE seq = 2"))
    await owner.close()
    async with database.reading() as session:
        broken = await journal_store.verify(session, "lot:1")
    assert broken is not None
    assert broken.seq == 2


async def test_a_server_does_not_start_with_a_role_that_could_rewrite_history(urls: Urls) -> None:
    owner = Database(urls.owner)
    with pytest.raises(UnsafeRole, match="journal_entries"):
        await refuse_unsafe_role(owner, metadata)
    await owner.close()


async def test_an_owner_that_also_runs_is_refused_though_it_holds_no_right_at_the_moment(urls: Urls) -> None:
    await migrate(urls.owner, urls.owner)
    owner = Database(urls.owner)
    async with owner.work() as session:
        for table in APPEND_ONLY:
            await session.execute(text(f"REVOKE ALL ON {table} FROM trading_owner"))
    with pytest.raises(UnsafeRole, match="journal_entries"):
        await refuse_unsafe_role(owner, metadata)
    await owner.close()


async def test_a_connection_for_listening_reaches_the_same_database(database: Database) -> None:
    connection = await database.raw_connection()
    async with database.reading() as session:
        ours = (await session.execute(text("SELECT current_database()"))).scalar_one()
    assert await connection.fetchval("SELECT current_database()") == ours
    await connection.close()


async def test_a_server_starts_with_the_running_role(database: Database) -> None:
    await refuse_unsafe_role(database, metadata)

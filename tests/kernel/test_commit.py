"""A commit ends as stored, as failed, or as unknown – and is never told wrongly."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.conftest import NOON, Urls
from trading.kernel import journal_store
from trading.kernel.database import CommitUnknown, Database


async def at_commit(urls: Urls, statement: str) -> None:
    """Plant something that happens while a transaction with a journal entry is being committed."""
    superuser = Database(urls.superuser)
    async with superuser.work() as session:
        await session.execute(
            text(
                "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
                f" $$BEGIN {statement}; RETURN NULL; END$$"
            )
        )
        await session.execute(
            text(
                "CREATE CONSTRAINT TRIGGER planted AFTER INSERT ON journal_entries DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION planted()"
            )
        )
    await superuser.close()


async def write(database: Database) -> None:
    async with database.work() as session:
        await journal_store.append(session, stream="lot:1", kind="test", actor="system:test", at=NOON, body={})


async def stored(database: Database) -> int:
    async with database.reading() as session:
        return (await journal_store.head(session, "lot:1")).seq


async def test_cancelling_does_not_tear_a_commit_apart(database: Database, urls: Urls) -> None:
    await at_commit(urls, "PERFORM pg_sleep(0.5)")
    task = asyncio.create_task(write(database))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await stored(database) == 1


async def test_a_connection_lost_while_committing_is_unknown(database: Database, urls: Urls) -> None:
    await at_commit(urls, "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1)")
    with pytest.raises(CommitUnknown):
        await write(database)
    assert await stored(database) == 0


async def test_a_warning_at_commit_is_unknown_even_though_it_was_stored(database: Database, urls: Urls) -> None:
    await at_commit(urls, "RAISE WARNING 'canceling wait for synchronous replication' USING ERRCODE = '01000'")
    with pytest.raises(CommitUnknown):
        await write(database)
    assert await stored(database) == 1


async def test_a_constraint_that_fails_at_commit_is_a_failure_not_unknown(database: Database, urls: Urls) -> None:
    await at_commit(urls, "RAISE EXCEPTION 'no' USING ERRCODE = '23514'")
    with pytest.raises(IntegrityError):
        await write(database)
    assert await stored(database) == 0

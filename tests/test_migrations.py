"""The migrated database is exactly what the models say, and migrating again changes nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from tests.conftest import Urls
from trading.migrations import migrate
from trading.tables import metadata


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_database_is_what_the_models_say(urls: Urls) -> None:
    engine = create_async_engine(urls.owner)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_migrating_again_changes_nothing(urls: Urls) -> None:
    await migrate(urls.owner, urls.running)
    await migrate(urls.owner, urls.running)

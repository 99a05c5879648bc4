"""Bringing a database to the shape that this version needs, and giving the running role its rights."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from trading.kernel.database import grant_running_role
from trading.tables import metadata

_FOLDER = Path(__file__).parent


def alembic_config() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


async def migrate(owner_url: str, running_url: str) -> None:
    """Upgrade the database to the newest version and grant the running role its rights. Safe to repeat."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7241)"))  # one migration at a time
            await connection.run_sync(_upgrade)
            await grant_running_role(connection, metadata, _role(running_url))
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _role(url: str) -> str:
    name = make_url(url).username
    if not name:
        raise ValueError("the database URL of the running server must name its role")
    return name

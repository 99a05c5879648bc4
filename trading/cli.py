"""The one command, `trading`: serve, migrate, demo, report, verify. It decides nothing; it starts what decides."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from trading.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[Settings]:
    """The settings with database URLs that answer: the named database, or the embedded one, started if it must be."""
    if settings.database_url:
        yield settings
        return
    from trading.kernel.embedded_postgres import embedded_postgres

    with embedded_postgres(settings.data_folder) as cluster:
        yield replace(settings, database_url=cluster.running_url, owner_database_url=cluster.owner_url)


@app.command()
def migrate() -> None:
    """Bring the database to the shape that this version needs."""
    from trading.migrations import migrate as run

    with database_of(Settings.from_environment()) as settings:
        asyncio.run(run(str(settings.owner_database_url), str(settings.database_url)))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the platform. Migrates first; starts the embedded PostgreSQL unless TRADING_DATABASE_URL names another."""
    import uvicorn

    from trading.app import create_app
    from trading.kernel.database import Database
    from trading.migrations import migrate as run

    with database_of(Settings.from_environment()) as settings:
        asyncio.run(run(str(settings.owner_database_url), str(settings.database_url)))
        platform = create_app(settings, Database(str(settings.database_url)))
        uvicorn.run(
            platform,
            host=host,
            port=port,
            ws="websockets-sansio",
            ws_max_size=16 * 1024,
            ws_per_message_deflate=False,
            log_level=os.environ.get("TRADING_LOG_LEVEL", "warning"),
            access_log=False,
            timeout_graceful_shutdown=3,
        )


def main() -> None:
    """Run the command."""
    app()

"""The one command, `trading`: serve, migrate, demo, report, verify and a few more. It decides nothing itself.

Imports that take long, or that need a database, are made inside the commands, so that `trading --help` answers at once.
"""

import asyncio
import contextlib
import gc
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trading.accounts.rules import Role
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


class Format(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[Settings]:
    """The settings with database URLs that answer: the named database, or the embedded one, started if it must be."""
    if settings.database_url:
        yield settings
        return
    from trading.kernel.embedded_postgres import embedded_postgres

    with embedded_postgres(settings.data_folder, pgbin=settings.pgbin) as cluster:
        yield replace(settings, database_url=cluster.running_url, owner_database_url=cluster.owner_url)


@app.command()
def migrate() -> None:
    """Bring the database to the shape that this version needs, and give the running role its rights."""
    with database_of(Settings.from_environment()) as settings:
        _migrate(settings)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the platform. Migrates first; starts the embedded PostgreSQL unless TRADING_DATABASE_URL names another."""
    import uvicorn

    from auction.wire import WireProtocol
    from trading.app import create_app
    from trading.kernel.database import Database
    from trading.kernel.logs import configure_logs

    log_level = os.environ.get("TRADING_LOG_LEVEL", "warning")
    configure_logs(log_level)
    with database_of(Settings.from_environment()) as settings:
        _migrate(settings)
        served = create_app(settings, Database(str(settings.database_url)))
        # What is there now stays. Bids die by themselves: looking for cycles among them took a third of the time.
        gc.freeze()
        gc.set_threshold(100_000, 20, 100)
        uvicorn.run(
            served,
            host=host,
            port=port,
            ws=WireProtocol,
            ws_max_size=16 * 1024,
            ws_per_message_deflate=False,
            log_level=log_level,
            access_log=False,
            timeout_graceful_shutdown=3,
        )


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run everything on this machine with demonstration data: database, bank simulator, server and bidding robots."""
    from trading.demonstration.run import run

    raise typer.Exit(run(Settings.from_environment(), port=port))


@app.command()
def create_account(
    sign_in_name: str,
    role: Annotated[list[Role], typer.Option(help="What the account is for; may be given several times.")],
    display_name: Annotated[str, typer.Option(help="The person's name as pages show it.")],
) -> None:
    """Create an account, for example the first administrator's. The password is read from standard input."""
    from trading.accounts import service
    from trading.accounts.rules import Actor
    from trading.kernel.clock import database_clock
    from trading.kernel.database import Database

    password = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    new = service.NewAccount(sign_in_name, display_name, password, frozenset(role))

    async def create(database: Database) -> None:
        async with database.work() as session:
            now = await database_clock(session)
            await service.create_account(session, new, actor=Actor.system("command line"), now=now)
        await database.close()

    with database_of(Settings.from_environment()) as settings:
        _migrate(settings)
        try:
            asyncio.run(create(Database(str(settings.database_url))))
        except Refusal as refusal:
            raise typer.BadParameter(f"{refusal} {refusal.advice}") from refusal
    typer.echo(f"created {sign_in_name}")


@app.command()
def report(
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")],
    output: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Print what was traded in a period: deals, amounts, value added, savings and their rates."""
    from trading.kernel.database import Database
    from trading.reports.service import report_as_dict, report_as_text

    try:
        period = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; days are written YYYY-MM-DD") from error

    async def collect(database: Database) -> str:
        async with database.reading() as session:
            if output is Format.JSON:
                return json.dumps(await report_as_dict(session, *period), ensure_ascii=False, indent=2)
            return await report_as_text(session, *period)

    with database_of(Settings.from_environment()) as settings:
        _migrate(settings)
        typer.echo(asyncio.run(collect(Database(str(settings.database_url)))))


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="A dossier bundle (.zip) downloaded from a platform.")],
    key: Annotated[str | None, typer.Option(help="The public key of the platform's log, as /log/key told it.")] = None,
) -> None:
    """Check a dossier bundle with no server and no trust in the platform. Exit code 1 when anything is wrong."""
    from archive.verifier import verify_bundle

    findings = verify_bundle(bundle, log_key=key)
    typer.echo(findings.as_text())
    raise typer.Exit(0 if findings.is_whole else 1)


@app.command()
def verify_receipt(
    receipt: Annotated[Path, typer.Argument(help="A receipt (.json) downloaded from a platform.")],
    key: Annotated[str, typer.Option(help="The log's public key, as /log/key told it.")],
) -> None:
    """Check that a signed checkpoint covers a receipt's entry, with no server. Exit code 1 when it does not."""
    from trading.transparency.receipt import ReceiptWrong, check_receipt

    try:
        checkpoint = check_receipt(receipt.read_bytes(), key.strip())
    except OSError as error:
        raise typer.BadParameter(f"the receipt cannot be read: {error.strerror}") from error
    except ReceiptWrong as wrong:
        typer.echo(f"WRONG: {wrong}", err=True)
        raise typer.Exit(1) from wrong
    typer.echo(f"whole: covered by the checkpoint of {checkpoint.origin} with {checkpoint.size} entries")


def _migrate(settings: Settings) -> None:
    """Migrate, and refuse a database that cannot be reached or a running role that could rewrite history."""
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    from trading.kernel.database import Database, DatabaseUnreachable, refuse_unsafe_role
    from trading.migrations import migrate as run
    from trading.tables import metadata

    async def prepare() -> None:
        await run(str(settings.owner_database_url), str(settings.database_url))
        database = Database(str(settings.database_url))
        try:
            await refuse_unsafe_role(database, metadata)
        finally:
            await database.close()

    try:
        asyncio.run(prepare())
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnreachable(str(error)) from error
    except DBAPIError as error:
        if not isinstance(error.orig, OSError) and not error.connection_invalidated:
            raise
        raise DatabaseUnreachable(str(error.orig)) from error


def main() -> None:
    """Run the command. A refusal is told in its own words, with what to do next."""
    try:
        app()
    except Refusal as refusal:
        for words in refusal_words(refusal):
            typer.echo(words, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

"""A real server on a free port, for tests of the live channel and of the pages."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from litestar import Litestar

from auction.wire import WireProtocol
from tests.conftest import Urls, _administer, _in
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster
from trading.settings import Settings

SESSION_COOKIE = "trading_session"


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    app: Litestar


@asynccontextmanager
async def serving(database_url: str, folder: Path, *, demonstration: bool = True) -> AsyncIterator[Served]:
    """The platform, served by uvicorn as `trading serve` does it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    environment = {
        "TRADING_DATA_FOLDER": str(folder),
        "TRADING_PUBLIC_URL": url,
        "TRADING_DEMONSTRATION": "1" if demonstration else "",
    }
    app = create_app(Settings.from_environment(environment), Database(database_url))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            ws=WireProtocol,
            ws_max_size=16 * 1024,
            ws_per_message_deflate=False,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if running.done():
            running.result()
        await asyncio.sleep(0.02)
    try:
        yield Served(url, app)
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(running, 15)


async def cookie_of(database: Database, account: Account) -> str:
    """The cookie of somebody who has just signed in with this account."""
    async with database.work() as work:
        token = await accounts.open_session(
            work, await accounts.get_account(work, account.id), now=await database_clock(work)
        )
    return f"{SESSION_COOKIE}={token}"


@asynccontextmanager
async def own_database(cluster: Cluster, template: str) -> AsyncIterator[Urls]:
    """A migrated database for all tests of a module: their lots do not meet."""
    name = f"test_{secrets.token_hex(6)}"
    await _administer(cluster, f"CREATE DATABASE {name} TEMPLATE {template} OWNER trading_owner")
    yield Urls(*(_in(url, name) for url in (cluster.running_url, cluster.owner_url, cluster.superuser_url)))
    await _administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")

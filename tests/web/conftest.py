"""What the tests of the shared pages stand on: the application in this process, on a database of the test's own."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from trading.accounts import service
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings

PASSWORD = "four words make one"
HTML = {"accept": "text/html"}

Client = httpx.AsyncClient
MakeAccount = Callable[..., Awaitable[Account]]


@asynccontextmanager
async def browsing(app: Litestar) -> AsyncIterator[Client]:
    """A browser without scripts, in the event loop of the test, as the database is."""
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # one task of its own: the framework leaves its lifespan in the task that entered it
        async with app.lifespan():
            started.set()
            await ended.wait()

    living = asyncio.create_task(live())
    starting = asyncio.create_task(started.wait())
    await asyncio.wait({living, starting}, return_when=asyncio.FIRST_COMPLETED)
    transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
    try:
        async with Client(
            transport=transport, base_url="http://127.0.0.1", headers=HTML, follow_redirects=True
        ) as opened:
            yield opened
    finally:
        starting.cancel()
        ended.set()
        await living


@pytest.fixture
async def client(settings: Settings, database: Database) -> AsyncIterator[Client]:
    """A browser at the demonstration."""
    async with browsing(create_app(settings, database)) as opened:
        yield opened


@pytest.fixture
def make_account(database: Database) -> MakeAccount:
    """Make an account with roles; `is_demonstration=True` makes it one of the demonstration's."""

    async def make(sign_in_name: str, *roles: Role, is_demonstration: bool = False) -> Account:
        async with database.work() as session:
            new = NewAccount(sign_in_name, f"{sign_in_name} 某", PASSWORD, frozenset(roles), is_demonstration)
            now = await database_clock(session)
            return await service.create_account(session, new, actor=Actor.system("test"), now=now)

    return make


@pytest.fixture
def sign_in(database: Database, client: Client) -> Callable[[Account], Awaitable[None]]:
    """Let the client be signed in with an account."""

    async def signed_in(account: Account) -> None:
        async with database.work() as session:
            now = await database_clock(session)
            token = await service.open_session(session, account, now=now)
        client.cookies.set(SESSION_COOKIE, token)

    return signed_in


async def token_of(client: Client, path: str) -> dict[str, str]:
    """The form token that the page at `path` carries."""
    answer = await client.get(path)
    found = re.search(r'name="_csrf_token" value="([^"]+)"', answer.text)
    assert found, answer.text[:2000]
    return {"_csrf_token": found[1]}

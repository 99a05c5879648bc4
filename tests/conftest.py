"""What tests stand on: one embedded PostgreSQL a run, and for each test a database of its own."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from tests.browser import CHROMIUM_FLAGS, chromium_path
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster, embedded_postgres
from trading.migrations import migrate
from trading.settings import Settings

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of the test run's own.

    It does not wait for the disk: a database of its own for every test costs 0.09 s so, and 0.5 s otherwise. What the
    tests kill are processes, and those survive through the operating system's memory.
    """
    with embedded_postgres(Path(tmp_path_factory.mktemp("cluster"))) as running:
        asyncio.run(_administer(running, "ALTER SYSTEM SET fsync = off"))
        asyncio.run(_administer(running, "SELECT pg_reload_conf()"))
        yield running


def _in(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@dataclass(frozen=True)
class Urls:
    """Where a test's own database is found, as each role."""

    running: str
    owner: str
    superuser: str


async def _administer(cluster: Cluster, statement: str) -> None:
    engine = create_async_engine(cluster.superuser_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(scope="session")
async def template(cluster: Cluster) -> str:
    """The name of a migrated database without rows."""
    await _administer(cluster, "CREATE DATABASE template_migrated OWNER trading_owner")
    await migrate(_in(cluster.owner_url, "template_migrated"), cluster.running_url)
    return "template_migrated"


_numbers = itertools.count(1)


@pytest.fixture
async def urls(cluster: Cluster, template: str) -> AsyncIterator[Urls]:
    """A fresh migrated database for one test."""
    name = f"test_{next(_numbers)}"
    await _administer(cluster, f"CREATE DATABASE {name} TEMPLATE {template} OWNER trading_owner")
    yield Urls(*(_in(url, name) for url in (cluster.running_url, cluster.owner_url, cluster.superuser_url)))
    await _administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(urls: Urls) -> AsyncIterator[Database]:
    """The fresh database, as the running server's role sees it."""
    opened = Database(urls.running)
    yield opened
    await opened.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session that is rolled back at the end."""
    async with database.reading() as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """The moment at which a test takes place unless it says another."""
    return NOON


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation that lies in the test's own folder."""
    return Settings.from_environment({"TRADING_DATA_FOLDER": str(tmp_path / "data"), "TRADING_DEMONSTRATION": "1"})


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One headless Chromium for all tests of pages; each test opens contexts of its own."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield opened
        await opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that tests running side by side end at about the same time."""
    items.sort(key=lambda item: not {"process", "browser"} & {marker.name for marker in item.iter_markers()})

"""For tests through a real server: one database and one server a module; every test has lots of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.auction.serving import Served, own_database, serving
from tests.conftest import Urls
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster


@pytest.fixture(scope="module")
async def urls(cluster: Cluster, template: str) -> AsyncIterator[Urls]:
    """One database for this module."""
    async with own_database(cluster, template) as made:
        yield made


@pytest.fixture(scope="module")
async def database(urls: Urls) -> AsyncIterator[Database]:
    """The module's database, as the running server's role sees it."""
    opened = Database(urls.running)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def served(urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One server on the module's database."""
    async with serving(urls.running, tmp_path_factory.mktemp("served")) as running:
        yield running

"""A database with the deals of 2014, laid once for all tests that only read it."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import NOON, _administer, _in
from trading.demonstration.load_deals import load_deals_2014
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster
from trading.projects.service import PlatformCodes

CODES = PlatformCodes(region="510522", credit_code="12510522MB00000149")


@pytest.fixture(scope="session")
async def loaded(cluster: Cluster, template: str) -> AsyncIterator[Database]:
    """Read it only: every test of the run shares it."""
    await _administer(cluster, f"CREATE DATABASE deals_2014 TEMPLATE {template} OWNER trading_owner")
    database = Database(_in(cluster.running_url, "deals_2014"))
    async with database.work() as session:
        assert await load_deals_2014(session, CODES, now=NOON) == 310
    yield database
    await database.close()

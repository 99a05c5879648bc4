"""A real database for each test, and a real bank process: shared by most tests, a test's own where it says so."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.bank_simulator.bank_process import BankProcess, running_bank
from tests.deposits.stage import Stage
from trading.kernel.database import Database


@pytest.fixture(scope="session")
def shared_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BankProcess]:
    """A bank that earlier tests have used; what they left is before the first line of the statement."""
    with running_bank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture
async def stage(database: Database, now: datetime, shared_bank: BankProcess) -> AsyncIterator[Stage]:
    """One published lot, and the shared bank."""
    async with shared_bank.client() as client:
        opened = Stage(database, now, shared_bank, client)
        await opened.publish_lot()
        await opened.skip_what_came_before()
        yield opened


@pytest.fixture
async def lone_stage(database: Database, now: datetime, tmp_path: Path) -> AsyncIterator[Stage]:
    """One published lot, and a bank of the test's own: for tests of balances, and of a bank that goes away."""
    with running_bank(tmp_path / "bank") as bank:
        async with bank.client() as client:
            opened = Stage(database, now, bank, client)
            await opened.publish_lot()
            yield opened

"""A real database and a real bank process for each test."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.bank_simulator.bank_process import running_bank
from tests.deposits.stage import Stage
from trading.kernel.database import Database


@pytest.fixture
async def stage(database: Database, now: datetime, tmp_path: Path) -> AsyncIterator[Stage]:
    """One published lot, and a bank of the test's own."""
    with running_bank(tmp_path / "bank") as bank:
        async with bank.client() as client:
            opened = Stage(database, now, bank, client)
            await opened.publish_lot()
            yield opened

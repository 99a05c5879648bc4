"""What the tests of ratings share."""

from datetime import datetime

import pytest

from tests.ratings.stage import Stage, ended_sale
from trading.kernel.database import Database


@pytest.fixture
async def stage(database: Database, now: datetime) -> Stage:
    """A sale of three units that has just ended."""
    return await ended_sale(database, now)

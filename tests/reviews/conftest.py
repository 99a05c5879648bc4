"""The stage of the tests of parallel review."""

import pytest

from tests.reviews.stage import Stage, make_stage
from trading.kernel.database import Database


@pytest.fixture
async def stage(database: Database) -> Stage:
    """Two officers and three departments that review land: two within 5 working days, one within 3."""
    return await make_stage(database)

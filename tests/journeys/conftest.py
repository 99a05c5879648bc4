"""A real browser and real processes for the journeys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Urls
from tests.platform import Platform, running_platform


@pytest.fixture
async def platform(urls: Urls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A running platform with its bank, on an empty database."""
    async with running_platform(urls, tmp_path / "platform") as running:
        yield running

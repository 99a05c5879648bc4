"""A real browser and real processes for the journeys."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Urls
from tests.platform import Platform


@pytest.fixture
async def platform(urls: Urls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A running platform with its bank, on an empty database."""
    running = Platform(urls, tmp_path / "platform")
    try:
        await asyncio.to_thread(running.start)
        yield running
    finally:
        await asyncio.to_thread(running.stop)

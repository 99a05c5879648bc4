"""A real browser and real processes for the journeys."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.conftest import Urls
from tests.platform import Platform

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The distribution's Chromium, headless."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "the journeys need Chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def platform(urls: Urls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A running platform with its bank, on an empty database."""
    running = Platform(urls, tmp_path / "platform")
    try:
        await asyncio.to_thread(running.start)
        yield running
    finally:
        await asyncio.to_thread(running.stop)

"""Checking a document in a real browser: the file is compared there, and nothing leaves for anywhere."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import update

from archive import files, service
from archive.letters import verification_code
from tests.auction.test_completing import complete, ended
from tests.conftest import Urls
from tests.platform import Platform, running_platform
from trading.kernel.database import Database
from trading.projects.models import Project

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A running platform on the test's database."""
    async with running_platform(urls, tmp_path / "platform") as running:
        yield running


async def results(page: Page) -> list[str | None]:
    shown = await page.locator("[data-result]:visible").all()
    return [await each.get_attribute("data-result") for each in shown]


async def test_a_file_is_compared_in_the_browser_and_is_never_sent(
    chromium: Browser, served: Platform, database: Database, now: datetime, tmp_path: Path
) -> None:
    files.use_folder(served.folder / "files")
    sale = await ended(database, now, bids=4)
    async with database.work() as session:
        await session.execute(update(Project).where(Project.id == sale.project_id).values(entered_at=now))
    await complete(database, now + timedelta(minutes=1))
    code = verification_code("confirmation_letter", sale.lot_id)
    async with database.reading() as session:
        letter = await service.read_document((await service.documents_behind(session, code))[0])
    genuine, forged = tmp_path / "genuine.pdf", tmp_path / "forged.pdf"
    genuine.write_bytes(letter)
    forged.write_bytes(letter.replace(b"/Producer", b"/PrOducer"))
    page = await chromium.new_page()
    sent: list[str] = []
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    await page.goto(f"{served.url}/verify/{code}")
    assert await results(page) == []
    # A slice of the font may still arrive; a request to anywhere else could carry the file.
    page.on("request", lambda request: sent.append(request.url) if "/static/" not in request.url else None)
    for path, expected in ((genuine, "same"), (forged, "different"), (genuine, "same")):
        await page.set_input_files("#compare-file", path)
        await page.locator(f"[data-result={expected}]").wait_for(state="visible")
        assert await results(page) == [expected]
    assert sent == []
    assert troubles == []

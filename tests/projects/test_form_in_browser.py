"""The script of the entry form, in a real browser: only what counts for the choices made is shown."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from playwright.async_api import Browser, Page

import trading.projects
from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import signed_in
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings

pytestmark = pytest.mark.browser

SCRIPT = Path(str(trading.projects.__file__)).parent / "static" / "entry.js"
OF_SOME_WAYS = {"window_s", "valuation", "increment_lowest", "increment_highest", "cap_rule", "cap", "cap_ceiling"}
OF_SOME_WAYS |= {"listing_ends_at", "reserve_price"}


@pytest.fixture
async def form(settings: Settings, urls: Urls, database: Database, chromium: Browser) -> AsyncIterator[Page]:
    """The empty form with its script, in a page of its own."""
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        async with database.reading() as session:
            today = await database_clock(session)
        officer = await signed_in(client, database, await make_account(database, "officer", today, Role.OFFICER))
        answer = await officer.get("/officer/projects/new/land")
    page = await chromium.new_page()
    await page.set_content(answer.text, wait_until="domcontentloaded")
    await page.add_script_tag(path=SCRIPT, type="module")
    yield page
    await page.close()


async def shown(page: Page) -> set[str]:
    return {name for name in OF_SOME_WAYS if await page.is_visible(f"#field-{name}")}


async def test_the_form_shows_what_counts_for_the_choices_made(form: Page) -> None:
    assert await shown(form) == {"increment_lowest", "increment_highest"}
    await form.check("input[value=listing]")
    assert await shown(form) == {"window_s", "cap_rule", "listing_ends_at"}
    await form.select_option("#field-cap_rule", "one_price")
    assert await shown(form) == {"window_s", "cap_rule", "cap", "cap_ceiling", "listing_ends_at"}
    await form.select_option("#field-cap_rule", "draw_by_lot")
    assert "cap_ceiling" not in await shown(form)
    await form.check("input[value=online_auction]")
    assert await shown(form) == {"valuation"}
    await form.check("input[name=has_reserve][value=yes]")
    assert await shown(form) == {"valuation", "reserve_price"}

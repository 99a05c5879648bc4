"""The hall's screens in a real browser: they renew themselves, cover what is stale, and go back to the start."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from auction.desk import BidDesk
from tests.auction.selling import START, publish_lot
from tests.auction.served.following import open_sale
from tests.auction.serving import Served, serving
from tests.conftest import Urls
from tests.projects.forms import NOW
from tests.publication.test_publication import published
from tests.venues.test_in_browser import look_at
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

pytestmark = pytest.mark.browser


@pytest.fixture
async def platform(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(urls.running, tmp_path) as served:
        yield served


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(bypass_csp=True)
    page = await context.new_page()
    page.set_default_timeout(30_000)
    yield page
    await context.close()


async def test_the_board_renews_its_prices_and_covers_itself_when_the_line_is_cut(
    platform: Served, page: Page, database: Database
) -> None:
    sale = await open_sale(database)
    await page.goto(f"{platform.url}/hall/today")
    line = page.locator("tbody tr")
    await expect(line).to_contain_text("进行中")
    await expect(line).to_contain_text("起始价")
    async with database.reading() as session:
        now = await database_clock(session)
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START, at=now))
    await desk.close()
    await expect(line.locator(".board__price")).to_have_text("100.00", timeout=15_000)
    await look_at(page)
    await page.context.set_offline(True)
    await expect(page.get_by_role("alert")).to_contain_text("连接已断开", timeout=30_000)
    await page.context.set_offline(False)
    await expect(page.get_by_role("alert")).to_be_hidden(timeout=15_000)


async def test_by_touching_one_finds_an_announcement_and_its_code(
    platform: Served, page: Page, database: Database
) -> None:
    sale = await published(database)
    await page.goto(f"{platform.url}/hall/query")
    await look_at(page)
    await page.get_by_role("link", name="最新公告").click()
    await look_at(page)
    for link in await page.locator(".query a").all():
        box = await link.bounding_box()
        assert box is not None
        assert box["height"] >= 60, await link.text_content()  # a fingertip
    await page.get_by_role("link", name=sale.title).click()
    await expect(page.locator(".query__code svg")).to_be_visible()
    await expect(page.locator(".query__text")).to_contain_text("起始价")
    await look_at(page)
    await page.get_by_role("link", name="返回首页").click()
    await page.wait_for_url("**/hall/query")


async def test_a_screen_that_nobody_touches_goes_back_to_the_start(platform: Served, page: Page) -> None:
    await page.clock.install()
    await page.goto(f"{platform.url}/hall/query/newest")
    await page.clock.run_for(40_000)
    await expect(page.locator("[data-left]")).to_contain_text("秒后返回首页")
    await page.mouse.click(5, 5)
    await page.clock.run_for(40_000)
    assert page.url.endswith("/newest")  # the touch began it anew
    await page.clock.run_for(30_000)
    await page.wait_for_url("**/hall/query")


async def test_empty_screens_say_so_and_odd_addresses_are_harmless(platform: Served, database: Database) -> None:
    async with httpx.AsyncClient(base_url=platform.url, timeout=30) as client:
        assert "今日没有场次" in (await client.get("/hall/today")).text
        for odd in ("newest?page=0", "newest?page=-1", "newest?page=九", "newest?page=99999999", "%3Cscript%3E"):
            answer = await client.get(f"/hall/query/{odd}")
            assert answer.status_code == 200, odd
            assert "目前没有相关内容" in answer.text
            assert "<script>" not in answer.text
        missing = await client.get("/hall/query/announcements/01a20939-53d8-714a-8f85-e341dbe69b71")
        assert missing.status_code == 404
    async with database.work() as work:
        await publish_lot(work, now=NOW)  # a lot that nobody announced is on no screen
    async with httpx.AsyncClient(base_url=platform.url, timeout=30) as client:
        assert "目前没有相关内容" in (await client.get("/hall/query/offers")).text

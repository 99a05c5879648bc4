"""Plan, booking and upload in a real browser, wide and on a phone: usable, accessible, nothing lost on a reload."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route
from sqlalchemy import select

from tests.auction.serving import Served, cookie_of, serving
from tests.conftest import Urls
from tests.venues.stage import LARGE_ROOM, add_room, book, officer, on_day, wanted
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.venues.forms import typed_span
from trading.venues.models import Booking, Recording
from trading.web.frontend_files import frontend_folder

pytestmark = pytest.mark.browser

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture
async def platform(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(urls.running, tmp_path) as served:
        yield served


async def signed_in(chromium: Browser, platform: Served, database: Database, actor: Actor) -> Page:
    # The checker is put into the page from outside, which the page's own rules for scripts would refuse.
    context = await chromium.new_context(bypass_csp=True)
    assert actor.account_id is not None
    async with database.reading() as session:
        account = await accounts.get_account(session, actor.account_id)
    name, _, value = (await cookie_of(database, account)).partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": platform.url}])
    page = await context.new_page()
    page.set_default_timeout(60_000)
    return page


async def look_at(page: Page) -> None:
    """No wider than the screen, and nothing that the accessibility checker finds, wide and on a phone."""
    await page.evaluate((frontend_folder() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        found = await page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map(v => v.id + v.nodes[0].target))",
            AXE_RULES,
        )
        assert found == [], page.url


async def booked(database: Database) -> tuple[Actor, Booking]:
    async with database.reading() as session:
        now = await database_clock(session)
    room, actor = await add_room(database, now), await officer(database, "officer", now)
    await add_room(database, now, LARGE_ROOM)
    return actor, await book(database, wanted(room, actor, on_day(now, 1, "09:00", "11:00")), actor, now)


async def test_an_officer_books_a_free_room_instead_of_a_taken_one(
    chromium: Browser, platform: Served, database: Database
) -> None:
    actor, taken = await booked(database)
    day = typed_span(wanted(taken.venue_id, actor, on_day(taken.starts_at, 0, "09:00", "11:00")).span)["day"]
    page = await signed_in(chromium, platform, database, actor)
    await page.goto(f"{platform.url}/venues?week={day}")
    assert await page.locator(".planned").count() == 1
    await look_at(page)
    assert not await page.locator("td.plan__free").first.is_visible()  # a phone shows what is booked only
    await page.goto(f"{platform.url}/venues/bookings/new?venue={taken.venue_id}&day={day}")
    await look_at(page)
    for field, typed in {"title": "第二次开标", "from": "09:30", "until": "10:30", "people": "20"}.items():
        await page.fill(f"#field-{field}", typed)
    await page.get_by_role("button", name="确认预约").click()
    await page.wait_for_selector("#errors")
    assert await page.input_value("#field-title") == "第二次开标"
    await look_at(page)
    await page.get_by_role("button", name="预约此场地").first.click()
    await page.wait_for_selector("input[name=seen]")  # the officer is engaged in the first one
    await look_at(page)
    await page.check("input[name=seen]")
    await page.get_by_role("button", name="确认预约").first.click()
    await page.wait_for_url("**/venues/bookings/*-*")
    assert "101 拍卖大厅" in await page.inner_text("main")
    await look_at(page)
    await page.context.close()


async def test_an_upload_that_broke_off_goes_on_after_the_page_was_loaded_again(
    chromium: Browser, platform: Served, database: Database, tmp_path: Path
) -> None:
    actor, booking = await booked(database)
    recording = tmp_path / "开标.mp4"
    recording.write_bytes(bytes(range(256)) * 66_000)  # three pieces
    page = await signed_in(chromium, platform, database, actor)
    address = f"{platform.url}/venues/bookings/{booking.id}"
    second_piece = asyncio.Event()

    async def break_off(route: Route) -> None:
        if route.request.headers.get("upload-offset", "") == "0":
            await route.continue_()
            return
        second_piece.set()  # so the first one has arrived
        await route.abort()

    async def on_the_way(route: Route) -> None:
        await (break_off(route) if route.request.method == "PATCH" else route.continue_())

    await page.route("**/uploads/*", on_the_way)
    await page.goto(address)
    await page.set_input_files("#recording-file", recording)
    assert await page.input_value("#field-size_bytes") == str(recording.stat().st_size)
    await page.fill("#field-camera", "2 号机位")
    await page.get_by_role("button", name="上传", exact=True).click()
    await asyncio.wait_for(second_piece.wait(), 60)
    await page.get_by_text("秒后重试").wait_for()
    await page.unroute("**/uploads/*")
    await page.goto(address)  # as if the browser had been closed
    await look_at(page)
    await page.set_input_files("#recording-file", recording)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("upload-offset", "")))
    await page.get_by_role("button", name="上传", exact=True).click()
    # A piece that was cut off may hold the upload for a while; the page tries again after up to thirty seconds.
    await page.get_by_role("link", name="下载").wait_for(timeout=150_000)
    assert "0" not in sent  # the first piece was not sent again
    async with database.reading() as session:
        stored = (await session.scalars(select(Recording))).one()
    assert stored.sha256 == hashlib.sha256(recording.read_bytes()).hexdigest()
    await page.context.close()

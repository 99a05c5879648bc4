"""Preparing and releasing a sale in a real browser, on a phone and on a desk; the page of the announcement on paper."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect
from pypdf import PdfReader

from tests.conftest import Urls
from tests.platform import PASSWORD, Platform, running_platform
from tests.projects.forms import demonstration_form
from tests.projects.people import make_officer
from tests.projects.test_entry import agree, save, submit
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.web.frontend_files import frontend_folder

pytestmark = pytest.mark.browser
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


async def sign_in(page: Page, platform: Platform, name: str) -> None:
    await page.goto(f"{platform.url}/sign-in")
    await page.fill("#field-sign_in_name", name)
    await page.fill("#field-password", PASSWORD)
    await page.press("#field-password", "Enter")
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def look(page: Page) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url
    await page.evaluate((frontend_folder() / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate("rules => axe.run(document, {runOnly: rules})", AXE_RULES)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], page.url


async def test_a_sale_is_prepared_on_a_phone_released_at_a_desk_and_read_on_paper(
    chromium: Browser, urls: Urls, database: Database, tmp_path: Path
) -> None:
    async with running_platform(urls, tmp_path / "platform") as platform:
        async with database.reading() as session:
            now = await database_clock(session)
        project_id = await entered(database, now)
        phone = await chromium.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        desk = await chromium.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        for page in (phone, desk):
            page.set_default_timeout(60_000)
        await sign_in(phone, platform, "first")
        await phone.goto(f"{platform.url}/officer/projects/{project_id}/announcement")
        await look(phone)
        await phone.click("main button:has-text('提交放行')")
        await expect(phone.locator("main")).to_contain_text("须由另一位经办人放行")
        await look(phone)
        await sign_in(desk, platform, "second")
        await desk.goto(f"{platform.url}/officer/announcements")
        await look(desk)
        await desk.click("main tbody a")
        await look(desk)
        await desk.click("main form[action$='/release'] button")
        await desk.click("main a[href^='/announcements/']")
        await expect(desk.locator("h1")).to_contain_text("出让公告")
        await look(desk)
        pdf = tmp_path / "announcement.pdf"
        await desk.pdf(path=pdf, prefer_css_page_size=True)
        sheet = PdfReader(pdf).pages[0]
        assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]  # A4 in points
        words = "".join(sheet.extract_text().split())
        assert "出让公告" in words
        assert "退出" not in words  # the frame of the page is not printed
        assert "查看标的" not in words
        for page in (phone, desk):
            await page.close()


async def entered(database: Database, now: datetime) -> UUID:
    first, second = await make_officer(database, "first", now), await make_officer(database, "second", now)
    ahead = {
        "registration_closes_at": (now + timedelta(days=2)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
        "starts_at": (now + timedelta(days=3)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
    }
    project_id = await save(database, first, demonstration_form(now, **ahead), now=now)
    await submit(database, first, project_id, now)
    await agree(database, second, project_id, now)
    return project_id

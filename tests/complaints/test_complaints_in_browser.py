"""A query in the browser, on a phone and on a desk: raised, answered, complained about, and the project suspended."""

from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from tests.auction.browsing import PHONE, axe_finds, looking
from tests.auction.serving import serving
from tests.complaints.stage import PAPER, Stage, published
from tests.conftest import Urls
from tests.supervision.acting import present
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.complaints.lookups import get_matter
from trading.complaints.procedures import About, Paper
from trading.kernel.database import Database
from trading.kernel.moments import iso
from trading.publication.kind_types import AnnouncementKind

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 900}


async def account_of(stage: Stage, who: Actor) -> Account:
    """The account behind an actor."""
    async with stage.database.reading() as session:
        assert who.account_id is not None
        return await accounts.get_account(session, who.account_id)


async def check_page(page: Page) -> None:
    """It fits both widths and passes the accessibility checker."""
    for size in (WIDE, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
        assert await axe_finds(page) == [], page.url


async def test_a_query_is_raised_on_a_phone_answered_and_a_complaint_suspends_the_project(
    chromium: Browser, database: Database, urls: Urls, tmp_path: Path
) -> None:
    stage = await published(database)
    now = await present(database)
    facts = {"winner_name": "甲公司", "final_fen": 70_000_000, "concluded_at": iso(now), "experts": "甲"}
    await stage.publish(AnnouncementKind.RESULT, now, **facts)
    async with serving(urls.running, tmp_path) as served:
        bidder = await account_of(stage, stage.unit)
        async with looking(chromium, served, database, bidder, f"/projects/{stage.project_id}") as page:
            await page.get_by_role("link", name="Raise a query, an objection or a complaint").click()
            await expect(page.locator("main")).to_contain_text("7 working days")
            await check_page(page)
            await page.get_by_role("link", name="Query about the result").click()
            for name in ("address", "postcode", "documents_on", "matters", "facts", "law", "signed_by"):
                await page.fill(f"[name={name}]", PAPER[name])
            await page.fill("[name=demand]", PAPER["demand"])
            await page.select_option("[name=signed_as]", PAPER["signed_as"])
            await page.check("[name=declared]")
            await page.get_by_role("button", name="Hand in").click()
            await expect(page.locator("h1")).to_contain_text("Query about the result")
            await check_page(page)
            address = page.url.removeprefix(served.url)
        officer = await account_of(stage, stage.officer)
        async with looking(chromium, served, database, officer, "/officer/complaints") as page:
            await check_page(page)
            await page.click("main tbody th a")
            await page.check("[name=outcome][value=rejected]")
            await page.fill("[name=reasons]", "经核查，质疑事项不成立。")
            await page.fill("[name=law]", "《政府采购质疑和投诉办法》第十六条")
            await check_page(page)
            await page.get_by_role("button", name="Answer").click()
            await expect(page.locator("main")).to_contain_text("not well founded")
        query = address.rsplit("/", 1)[1]
        async with database.reading() as session:
            prior = await get_matter(session, UUID(query))
        complaint = await stage.raise_(Paper.COMPLAINT, About.RESULT, await present(database), prior=prior)
        await stage.accept(complaint, await present(database))
        supervisor = await account_of(stage, stage.supervisor)
        async with looking(chromium, served, database, supervisor, "/supervision/complaints") as page:
            await check_page(page)
            await page.click("main tbody th a")
            await page.fill("[name=suspension_reasons]", "需要调取评审资料核查。")
            await page.fill("[name=legal_basis]", "《政府采购质疑和投诉办法》第二十八条")
            await page.fill("[name=days]", "30")
            await page.fill("[name=number]", complaint.number)
            await check_page(page)
            await page.get_by_role("button", name="Suspend the project").click()
            await expect(page.locator("main")).to_contain_text("For this matter the project is suspended.")
            await check_page(page)
        assert "project_suspended" in await stage.kinds()
        async with looking(chromium, served, database, bidder, "/my/complaints") as page:
            await expect(page.locator("main tbody tr")).to_have_count(2)
            await check_page(page)

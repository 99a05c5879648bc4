"""A land project in the browser, from the form to its entry code, with one silent and one absent department.

Nobody waits for days: what lies ahead is moved into the past in the database, as if the days had gone by, and the
platform's clock is asked then.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select, update

from tests.auction.browsing import AXE_RULES, looking
from tests.auction.serving import serving
from tests.conftest import Urls
from tests.projects.forms import demonstration_form
from tests.projects.people import CODES, make_account
from tests.reviews.stage import ADMIN
from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.projects.rules import ProjectKind
from trading.projects.working_days import working_days_after
from trading.reviews import service as reviews
from trading.reviews.models import ReviewMeeting, ReviewPart
from trading.web.frontend_files import frontend_folder

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ABSENT, SILENT = "自然资源和规划局", "财政局"


async def departments(database: Database) -> dict[str, Account]:
    """Two officers, and two departments with a reviewer each."""
    async with database.reading() as session:
        now = await database_clock(session)
    people = {name: await make_account(database, name, now, Role.OFFICER) for name in ("officer", "colleague")}
    people["admin"] = await make_account(database, "admin", now, Role.ADMIN)
    for number, name in enumerate((ABSENT, SILENT)):
        people[name] = await make_account(database, f"reviewer{number}", now, Role.REVIEWER)
        async with database.work() as session:
            made = await reviews.add_department(session, name, actor=ADMIN, now=now)
            await reviews.set_member(session, people[name].id, made.id, actor=ADMIN, now=now)
            await reviews.assign(session, made.id, {ProjectKind.LAND: 5}, actor=ADMIN, now=now)
    return people


async def fill(page: Page, form: dict[str, str]) -> None:
    """Type a whole form."""
    for name, value in form.items():
        control = page.locator(f"[name='{name}']:not([type=hidden])").first
        if not await control.count() or not value:
            continue
        match await control.evaluate("e => e.tagName + ':' + (e.type || '')"):
            case "SELECT:select-one":
                await control.select_option(value)
            case "INPUT:radio":
                await page.check(f"[name='{name}'][value='{value}']")
            case _:
                if await control.is_visible():
                    await control.fill(value)


async def check_page(page: Page) -> None:
    """It fits both widths and passes the accessibility checker."""
    for size in (WIDE, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
    await page.evaluate((frontend_folder() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found: list[Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(result => result.violations.map(one => one.id))", AXE_RULES
    )
    assert found == [], page.url
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]


async def test_one_department_is_absent_and_one_is_silent(
    chromium: Browser, database: Database, urls: Urls, tmp_path: Path
) -> None:
    people = await departments(database)
    async with database.reading() as session:
        now = await database_clock(session)
    local = now.astimezone(SHANGHAI)
    ahead = {
        "registration_opens_at": local + timedelta(days=1),
        "registration_closes_at": local + timedelta(days=20),
        "starts_at": local + timedelta(days=21),
    }
    form = demonstration_form(now, **{name: at.strftime("%Y-%m-%dT%H:%M") for name, at in ahead.items()})
    meets_at = f"{working_days_after(local.date(), 2).isoformat()}T10:00"
    async with serving(urls.running, tmp_path) as served:

        def screen(name: str, address: str, size: dict[str, int] = WIDE) -> Any:
            return looking(chromium, served, database, people[name], address, size=size)

        async with screen("officer", "/officer/projects/new/land") as page:
            await fill(page, form)
            await page.click("button[name=then][value=submit]")
            await expect(page.locator("main")).to_contain_text("Where each department stands")
            address = page.url.removeprefix(served.url)
        async with screen("colleague", f"{address}/review") as page:
            await check_page(page)
            await page.click("button[name=decision][value=agree]")
            await page.click("#meetings summary")
            await page.fill("#field-at", meets_at)
            await page.fill("#field-place", "三楼会议室")
            await page.uncheck(f"label:has-text('{SILENT}') input[name=invited]")
            await page.click("#meetings button[type=submit]")
            await expect(page.locator("#meetings")).to_contain_text("三楼会议室")
        async with screen(ABSENT, "/reviewer", PHONE) as page:
            await expect(page.locator("main")).to_contain_text("三楼会议室")
            await check_page(page)
            await page.click("main tbody th a")
            await check_page(page)
        await _days_go_by(database)
        async with screen("colleague", f"{address}/review") as page:
            await page.fill("#field-minutes", "规划局未到会，其余各方无异议。")
            await page.click("#meetings form[action$=attendance] button[type=submit]")
            await expect(page.locator("main tbody")).to_contain_text("agreed by absence")
            await check_page(page)
        await reviews.run_clocks(database, reviews.Platform(CODES, demonstration=True))  # unless the server was first
        async with screen("colleague", "/reviews") as page:
            await check_page(page)
        async with screen("admin", "/admin/departments") as page:
            await check_page(page)
            await page.click("main tbody th a")
            await check_page(page)
        async with screen("officer", address) as page:
            await expect(page.locator("main")).to_contain_text("JC-510522-")
            for name, way in ((ABSENT, "agreed by absence"), (SILENT, "agreed by silence")):
                await expect(page.locator(f"li:has-text('{name}')")).to_contain_text(way)


async def _days_go_by(database: Database) -> None:
    """Five days pass: the meeting was yesterday, and the silent department was warned and let its limit end."""
    async with database.work() as session:
        now = await database_clock(session)
        await session.execute(update(ReviewMeeting).values(at=now - timedelta(days=1)))
        for part in await session.scalars(select(ReviewPart).where(ReviewPart.state == "waiting")):
            part.began_at = now - timedelta(days=7)
            if part.department_name == SILENT:
                part.due_at, part.warned_at = now - timedelta(minutes=5), now - timedelta(days=2)

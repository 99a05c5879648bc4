"""A procurement and a mining right are entered in a real browser, on a wide screen and on a phone."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.auction.serving import Served, cookie_of, serving
from tests.conftest import Urls
from tests.projects.kind_forms import form_of_kind
from tests.projects.people import make_account
from trading.accounts.rules import Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.kinds.parts import FieldType
from trading.projects.rules import ProjectKind
from trading.web.frontend_files import frontend_folder

pytestmark = pytest.mark.browser

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PROCUREMENT, MINING = ProjectKind.GOVERNMENT_PROCUREMENT, ProjectKind.MINING


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(urls.running, tmp_path / "data") as running:
        yield running


@pytest.fixture
async def officer(database: Database) -> str:
    """The cookie of an officer."""
    async with database.reading() as session:
        now = await database_clock(session)
    return await cookie_of(database, await make_account(database, "officer", now, Role.OFFICER))


async def opened(chromium: Browser, served: Served, cookie: str, width: int, troubles: list[str]) -> Page:
    """A page of this width on which the officer is signed in; what the browser complains of is noted."""
    context = await chromium.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    name, _, value = cookie.partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": served.url}])
    page = await context.new_page()
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return page


async def fill(page: Page, kind: ProjectKind, form: dict[str, str]) -> None:
    """Type a form as a person does: what the choices hide is not typed."""
    for name, field in KIND_FORMS[kind].fields(1):
        value, box = form.get(name, ""), page.locator(f"[name={name}]").first
        if not value or not field.counts(form):
            continue
        if field.type in (FieldType.CHOICE, FieldType.TRUTH):
            radio = page.locator(f"input[type=radio][name={name}][value='{value}']")
            await (radio.check() if await radio.count() else box.select_option(value))
        else:
            await box.fill(value.replace(" ", "T") if field.type is FieldType.MOMENT else value)


async def check_page(page: Page, width: int) -> None:
    """It fits its screen, and the accessibility checker finds nothing."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.evaluate((frontend_folder() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = await page.evaluate(
        """rules => axe.run(document, {runOnly: rules}).then(result => result.violations.map(
            one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3)}`))""",
        AXE_RULES,
    )
    assert found == []


def from_today(form: dict[str, str], kind: ProjectKind, today: datetime) -> dict[str, str]:
    """The same form with its dates beginning tomorrow."""
    shift = today.astimezone(SHANGHAI).replace(tzinfo=None) - datetime(2026, 11, 2) + timedelta(days=1)  # noqa: DTZ001
    for name, field in KIND_FORMS[kind].fields(1):
        if field.type is FieldType.MOMENT and form.get(name):
            at = datetime.strptime(form[name], "%Y-%m-%d %H:%M") + shift  # noqa: DTZ007
            form[name] = at.strftime("%Y-%m-%d %H:%M")
    return form


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_procurement_and_a_mining_right_are_entered(
    chromium: Browser, served: Served, database: Database, officer: str, width: int
) -> None:
    async with database.reading() as session:
        today = await database_clock(session)
    troubles: list[str] = []
    page = await opened(chromium, served, officer, width, troubles)
    await page.goto(f"{served.url}/officer/projects/new")
    await check_page(page, width)
    for kind, profile in ((PROCUREMENT, "demonstration-purchase-2026"), (MINING, "demonstration-2026")):
        await page.goto(f"{served.url}/officer/projects/new")
        await page.locator(f"a[href='/officer/projects/new/{kind}']").click()
        form = from_today(form_of_kind(kind, rule_profile=profile), kind, today)
        if kind is PROCUREMENT:
            form |= {"method": "consultation", "method_reason": "技术复杂，已经批准。"}
            await expect(page.locator("#field-method_reason")).to_be_hidden()
        else:
            form |= {"deposit": "240000"}
            await expect(page.locator("#field-valuation")).to_be_hidden()
        await fill(page, kind, form | {"title": ""})
        if kind is PROCUREMENT:
            await expect(page.locator("#field-method_reason")).to_be_visible()
            await expect(page.locator("#field-agency_name")).to_be_visible()
        await page.locator("button[value=submit]").click()
        await expect(page.locator("#errors li")).to_have_count(1)
        await check_page(page, width)
        await page.locator("#field-title").fill(form["title"])
        if kind is PROCUREMENT:
            await page.locator("button[value=add_lot]").click()
            await expect(page.locator("#lot-2")).to_be_visible()
            await page.locator("button[value=remove_lot_2]").click()
            await expect(page.locator("#lot-2")).to_have_count(0)
        await page.locator("button[value=submit]").click()
        await expect(page.locator("h1")).to_contain_text(form["title"])
        await expect(page.locator(".timeline__now").first).to_contain_text("复核")
        await check_page(page, width)
    await page.goto(f"{served.url}/officer/projects")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await check_page(page, width)
    assert [said for said in troubles if "422" not in said] == []
    await page.context.close()

"""What the tests of the live pages share: somebody at a page that must not complain, and a sale to look at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from playwright.async_api import Browser, Page

from auction import service
from tests.auction.selling import Sale, publish_lot
from tests.auction.serving import Served, cookie_of
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

PHONE = {"width": 390, "height": 844}
SLOW_MS = 15_000  # how long to wait for what takes milliseconds on a quiet machine
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@asynccontextmanager
async def looking(
    chromium: Browser,
    served: Served,
    database: Database,
    account: Account | None,
    address: str,
    *,
    size: dict[str, int] = PHONE,
) -> AsyncIterator[Page]:
    """Somebody's screen, in English, at this address. What the console complains about fails the test."""
    context = await chromium.new_context(viewport=size)  # type: ignore[arg-type]
    cookies = {"language": "en"}
    if account is not None:
        cookies |= dict([(await cookie_of(database, account)).split("=", 1)])
    await context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in cookies.items()])
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" and "ERR_INTERNET" not in said.text else None,
    )
    await page.goto(f"{served.url}{address}")
    yield page
    await context.close()
    assert faults == []


async def on_sale(database: Database, *, opened: bool, **terms: Any) -> Sale:
    """A sale that may be opened now, or was."""
    async with database.work() as work:
        now = await database_clock(work)
        sale = await publish_lot(work, now=now - timedelta(seconds=1), **terms)
        await service.prepare(work, sale.lot_id, now)
    if opened:
        async with database.work() as work:
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=await database_clock(work))
    return sale


async def auctioneer_of(database: Database, sale: Sale) -> Account:
    """The account of the sale's auctioneer."""
    async with database.reading() as session:
        assert sale.auctioneer.account_id is not None
        return await accounts.get_account(session, sale.auctioneer.account_id)


async def axe_finds(page: Page) -> list[str]:
    """What the checker finds wrong with the page for people who cannot see or point."""
    await page.add_script_tag(url="/static/frontend/axe-core/axe.min.js")
    found: list[str] = await page.evaluate(
        """rules => axe.run(document, {runOnly: rules}).then(result => result.violations.map(
            one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3)}`))""",
        AXE_RULES,
    )
    return found

"""The priority right in a real browser: its button bids, and everybody reads why two bids stand at one price."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from auction import service
from tests.auction.browsing import looking, on_sale
from tests.auction.selling import START
from tests.auction.serving import serving
from tests.auction.test_online_settling import settled
from tests.conftest import Urls
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.registration.models import Registration

pytestmark = pytest.mark.browser


async def test_a_holder_matches_by_one_button_and_the_list_says_by_which_right(
    urls: Urls, database: Database, tmp_path: Path, chromium: Browser
) -> None:
    """法释〔2016〕18号 art. 21."""
    sale = await on_sale(database, opened=False, method="online_auction")
    holder, rival = sale.bidders[:2]
    async with database.work() as work:
        (await work.get_one(Registration, holder.registration.id)).has_priority = True
        now = await database_clock(work)
        assert await service.advance_due(work, now) == [sale.lot_id]
    await settled(database, rival.bids(START, now))
    async with (
        serving(urls.running, tmp_path) as served,
        looking(chromium, served, database, holder.account, f"/lots/{sale.lot_id}/room") as page,
    ):
        await page.locator("#match").click()
        await expect(page.locator("#standing")).to_have_attribute("data-kind", "leads")
        await expect(page.locator("#match")).to_be_hidden()
        bids = page.locator('[data-live="bids"] .plate')
        await expect(bids).to_have_text(["Plate 1 (you) (priority right)", "Plate 2"])
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
    assert (auction.plate, auction.price_fen) == (holder.plate, START)

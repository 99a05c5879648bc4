"""The live pages in a real browser: bidding on a phone, the cover over a stale screen, the auctioneer's keyboard."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from archive.capital_words import capital_words
from auction import service
from auction.client import LotClient
from tests.auction.browsing import SLOW_MS, auctioneer_of, axe_finds, looking, on_sale
from tests.auction.selling import INCREMENT, START, Sale
from tests.auction.serving import Served, cookie_of, serving
from tests.conftest import Urls
from trading.accounts.models import Account
from trading.kernel.database import Database
from trading.kernel.money import LARGEST_FEN, Money

pytestmark = pytest.mark.browser


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the test's own database."""
    async with serving(urls.running, tmp_path) as running:
        yield running


async def test_you_lead_is_never_shown_on_a_stale_screen_and_the_room_catches_up(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    room = f"/lots/{sale.lot_id}/room"
    async with (
        LotClient(served.url, sale.lot_id, await cookie_of(database, sale.bidders[1].account)) as other,
        looking(chromium, served, database, sale.bidders[0].account, room) as page,
    ):
        standing, cover = page.locator("#standing"), page.locator('[data-live="cover"]')
        await page.get_by_role("button", name="Bid 1,000,000").click()
        await expect(standing).to_have_text("You lead", timeout=SLOW_MS)
        await expect(page.locator("#receipts")).to_contain_text("stored, leads")
        await page.context.set_offline(True)
        await expect(cover).to_be_visible(timeout=5000)
        await expect(cover).to_contain_text("Connection lost")
        await expect(standing).to_have_text("Connection lost")
        assert "You lead" not in await page.locator("main").inner_text()
        assert "leads" not in await page.locator("#receipts").inner_text()
        assert await page.locator('[data-live="content"]').evaluate("content => content.inert")
        await other.bid(START + INCREMENT)
        await page.context.set_offline(False)
        await expect(cover).to_be_hidden(timeout=SLOW_MS)
        await expect(standing).to_have_text("You have been outbid", timeout=SLOW_MS)
        await expect(page.locator("#receipts")).to_contain_text("outbid since")


async def test_a_bid_that_was_sent_while_the_line_broke_gets_its_receipt_after_all(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    async with looking(chromium, served, database, sale.bidders[0].account, f"/lots/{sale.lot_id}/room") as page:
        await expect(page.locator("#standing")).to_have_text("You have not bid yet", timeout=SLOW_MS)
        # The socket is closed in the very moment the bid is sent, and the page loaded again before the answer.
        await leave_unanswered_bid(page, sale, sale.bidders[0].account, age_ms=0)
        await page.reload()
        await expect(page.locator("#standing")).to_have_text("You lead", timeout=SLOW_MS)
        await page.reload()
        await expect(page.locator("#receipts li")).to_have_count(1, timeout=SLOW_MS)
    async with database.reading() as session:
        assert len(await service.bids_of(session, sale.lot_id)) == 1


async def test_an_unanswered_bid_is_not_repeated_long_after_it_was_made_nor_for_another_account(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    own, other = (bidder.account for bidder in sale.bidders[:2])
    async with looking(chromium, served, database, own, f"/lots/{sale.lot_id}/room") as page:
        for account, age_ms in ((own, 31_000), (other, 0)):
            await leave_unanswered_bid(page, sale, account, age_ms=age_ms)
            await page.reload()
            await expect(page.locator("#standing")).to_have_text("You have not bid yet", timeout=SLOW_MS)
            await expect(page.locator("#receipts li")).to_have_count(0)
        await page.wait_for_timeout(500)
    async with database.reading() as session:
        assert await service.bids_of(session, sale.lot_id) == []


async def leave_unanswered_bid(page: Page, sale: Sale, account: Account, *, age_ms: int) -> None:
    """What a page leaves behind when the line breaks between a bid and its answer."""
    await page.evaluate(
        """([kept, fen, age]) => localStorage.setItem(kept, JSON.stringify(
            [["0198f0aa-0000-4000-8000-000000000001", {key: "0198f0aa-0000-4000-8000-000000000001",
              price_fen: fen, sent: Date.now() - age, made: Date.now() - age}]]))""",
        [f"auction:{sale.lot_id}:{account.id}", START, age_ms],
    )


async def test_an_amount_of_ones_own_is_shown_in_capital_words_before_it_is_bid(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    async with looking(chromium, served, database, sale.bidders[0].account, f"/lots/{sale.lot_id}/room") as page:
        await page.get_by_text("Bid an amount of your own").click()
        amount, words = page.get_by_label("Amount in yuan"), page.locator("#own-amount-words")
        confirm = page.locator("#own-amount-button")
        await expect(page.locator("#standing")).to_have_text("You have not bid yet", timeout=SLOW_MS)
        await amount.fill("999,999")
        await expect(words).to_have_text("The lowest valid price is 1,000,000 yuan.")
        await expect(confirm).to_be_disabled()
        await amount.fill("128万")
        await expect(words).to_contain_text("壹佰贰拾捌万元整")
        await confirm.click()
        await expect(page.locator("#standing")).to_have_text("You lead", timeout=SLOW_MS)
    async with database.reading() as session:
        assert (await service.auction_of(session, sale.lot_id)).price_fen == 128_000_000


async def test_capital_words_on_the_page_are_those_of_the_papers(
    served: Served, database: Database, chromium: Browser
) -> None:
    amounts = [0, 1, 9, 10, 11, 100, 101, 110, 111, 1005, 100_000, 1_000_001, 10_050_010, LARGEST_FEN]
    amounts += [10**power + 10**lower for power in range(3, 14) for lower in range(2, power)]
    amounts += [7**power % LARGEST_FEN for power in range(1, 200)]
    async with looking(chromium, served, database, None, "/sign-in") as page:
        said = await page.evaluate(
            "async amounts => (await import('/static/auction/money.js')).capitalWords && "
            "amounts.map((await import('/static/auction/money.js')).capitalWords)",
            amounts,
        )
    assert dict(zip(amounts, said, strict=True)) == {fen: capital_words(Money(fen)) for fen in amounts}


async def test_the_auctioneer_leads_a_sale_by_keyboard_and_cannot_hammer_by_accident(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=False)
    auctioneer = await auctioneer_of(database, sale)
    async with (
        LotClient(served.url, sale.lot_id, await cookie_of(database, sale.bidders[0].account)) as one,
        LotClient(served.url, sale.lot_id, await cookie_of(database, sale.bidders[1].account)) as two,
        looking(chromium, served, database, auctioneer, f"/lots/{sale.lot_id}/console") as page,
    ):
        await expect(page.locator("#present")).to_have_text("2 of 3 plates are here", timeout=SLOW_MS)
        await expect(page.locator("#open-sale")).to_be_enabled(timeout=SLOW_MS)
        await page.keyboard.press("o")
        await expect(page.locator('[data-call="1"]')).to_be_enabled(timeout=SLOW_MS)
        await one.bid(START)
        for key in "123":
            await expect(page.locator(f'[data-call="{key}"]')).to_be_enabled(timeout=SLOW_MS)
            await page.keyboard.press(key)
        await expect(page.locator("#hammer")).to_be_visible(timeout=SLOW_MS)
        await two.bid(START + INCREMENT)
        await expect(page.locator("#hammer")).to_be_hidden(timeout=SLOW_MS)
        for key in "123":
            await expect(page.locator(f'[data-call="{key}"]')).to_be_enabled(timeout=SLOW_MS)
            await page.keyboard.press(key)
        await expect(page.locator("#hammer")).to_be_visible(timeout=SLOW_MS)
        await page.keyboard.press("h")
        await page.keyboard.type("1")
        await expect(page.locator("#hammer-button")).to_be_disabled()
        await page.keyboard.press("Enter")
        await page.locator("#hammer-hold").click(delay=500)  # half a second is a slip, not a hold
        await page.locator("#hammer-plate").fill("2")
        assert one.stage == "open"
        await page.locator("#hammer-plate").press("Enter")
        await expect(page.locator('[data-live="result-words"]')).to_contain_text("Plate 2 has bought", timeout=SLOW_MS)
        assert one.stage == "sold"


async def test_a_lot_for_which_nobody_bids_is_declared_withdrawn_by_holding_the_button(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    auctioneer = await auctioneer_of(database, sale)
    async with looking(chromium, served, database, auctioneer, f"/lots/{sale.lot_id}/console") as page:
        for key in "123":
            await expect(page.locator(f'[data-call="{key}"]')).to_be_enabled(timeout=SLOW_MS)
            await page.keyboard.press(key)
        await expect(page.locator("#hammer-hold")).to_be_enabled(timeout=SLOW_MS)
        await expect(page.locator("#hammer-plate")).to_be_hidden()
        await page.locator("#hammer-hold").click(delay=2500)
        result = page.locator('[data-live="result-words"]')
        await expect(result).to_have_text("Nobody has bid. The lot is withdrawn.", timeout=SLOW_MS)


async def test_axe_finds_nothing_on_the_live_pages(served: Served, database: Database, chromium: Browser) -> None:
    sale = await on_sale(database, opened=True)
    async with LotClient(served.url, sale.lot_id, await cookie_of(database, sale.bidders[1].account)) as other:
        await other.bid(START)
    for account, name in ((None, "watch"), (sale.bidders[0].account, "room")):
        async with looking(chromium, served, database, account, f"/lots/{sale.lot_id}/{name}") as page:
            await expect(page.locator('[data-live="leader"]')).to_have_text("Plate 2 leads", timeout=SLOW_MS)
            assert await axe_finds(page) == [], name

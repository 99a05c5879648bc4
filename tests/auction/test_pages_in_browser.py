"""The live pages at the stages that some ways of selling add, in a real browser; the hall; the auctioneer's powers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select

from auction import service
from auction.client import LotClient
from auction.models import Auction
from auction.settling import settle
from tests.auction.browsing import SLOW_MS, auctioneer_of, axe_finds, looking, on_sale
from tests.auction.selling import INCREMENT, START, Bidder, Sale
from tests.auction.serving import Served, cookie_of, serving
from tests.auction.test_sealed_sales import QUOTES, advance, draw, entries_of, tender
from tests.conftest import Urls
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.money import Money

pytestmark = pytest.mark.browser
WIDE, BIG = {"width": 1280, "height": 900}, {"width": 1920, "height": 1080}
CAP, CEILING = START * 5 // 4, START * 3 // 2


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the test's own database."""
    async with serving(urls.running, tmp_path) as running:
        yield running


def shows(page: Page, name: str) -> Locator:
    return page.locator(f'[data-live="{name}"]')


async def bid(database: Database, bidder: Bidder, fen: int, *, sealed: bool = False) -> None:
    """A bid that reaches the server now."""
    async with database.work() as work:
        await settle(work, [bidder.bids(fen, await database_clock(work), is_sealed=sealed)])


async def act(database: Database, sale: Sale, *, plate: int, calls: int) -> None:
    """The auctioneer calls the standing price so often, which that plate leads."""
    async with database.work() as work:
        state = (await service.auction_of(work, sale.lot_id)).state
        assert (state.plate, state.price is not None) == (plate, True)
        for number in range(1, calls + 1):
            now = await database_clock(work)
            price = state.price or Money(0)
            await service.call_price(work, sale.lot_id, number=number, price=price, actor=sale.auctioneer, now=now)


async def test_a_sealed_quote_is_confirmed_in_capital_words_and_shown_to_its_own_browser_alone(
    served: Served, database: Database, chromium: Browser
) -> None:
    cap = {"cap_fen": CAP, "cap_ceiling_fen": CEILING, "cap_rule": "one_price"}
    sale = await on_sale(database, opened=True, method="timed_bidding", **cap)
    own, other = sale.bidders[:2]
    await bid(database, other, CAP + INCREMENT)
    room = f"/lots/{sale.lot_id}/room"
    async with looking(chromium, served, database, own.account, room) as page:
        await expect(page.locator("#standing")).to_have_text("You have not given a sealed quote yet", timeout=SLOW_MS)
        seal = page.locator("#quote-button")
        await page.fill("#quote", "1,250,000")
        await expect(page.locator("#quote-words")).to_have_text(
            "A quote lies above 1,250,000 and at or below 1,500,000 yuan."
        )
        await expect(seal).to_be_disabled()
        await page.fill("#quote", "1,312,345")
        await expect(page.locator("#quote-words")).to_contain_text("壹佰叁拾壹万贰仟叁佰肆拾伍元整")
        await page.locator("#quote").press("Enter")
        await expect(page.locator("#quote-confirm")).to_contain_text("cannot be changed")
        await page.get_by_role("button", name="Back").click()
        await expect(page.locator("#quote-confirm")).to_be_hidden()
        await seal.click()
        assert await axe_finds(page) == []
        await page.get_by_role("button", name="Yes, send it").click()
        await expect(page.locator("#standing")).to_have_text("Your sealed quote is stored", timeout=SLOW_MS)
        await page.reload()
        await expect(page.locator("#quote-own")).to_contain_text("You quoted 1,312,345 yuan", timeout=SLOW_MS)
        await expect(page.locator("#quote-form")).to_be_hidden()
    async with looking(chromium, served, database, own.account, room) as elsewhere:
        await expect(elsewhere.locator("#quote-own")).to_contain_text("in another browser", timeout=SLOW_MS)
        await expect(elsewhere.locator("#receipts")).to_contain_text("amount sealed")
        assert "1,312,345" not in await elsewhere.content()
        assert "131234500" not in await elsewhere.content()


async def test_only_who_quoted_is_asked_whether_to_take_part_in_timed_bidding(
    served: Served, database: Database, chromium: Browser
) -> None:
    # Quoting stops twenty seconds before the listing ends; until then both have time to load their pages.
    async with database.reading() as session:
        ends_at = await database_clock(session) + timedelta(seconds=32)
    sale = await on_sale(database, opened=True, method="listing", listing_ends_at=ends_at)
    await bid(database, sale.bidders[0], START)
    room = f"/lots/{sale.lot_id}/room"
    async with (
        looking(chromium, served, database, sale.bidders[0].account, room) as page,
        looking(chromium, served, database, sale.bidders[1].account, room) as other,
    ):
        await page.get_by_role("button", name="Take part in timed bidding").click(timeout=2 * SLOW_MS)
        await expect(page.locator("#standing")).to_have_text("You will take part in timed bidding", timeout=SLOW_MS)
        await expect(page.locator("#declaring")).to_be_hidden()
        await expect(other.locator("#standing")).to_have_text("Only those who quoted may take part", timeout=SLOW_MS)
        await expect(other.locator("#declaring")).to_be_hidden()
        await expect(shows(other, "note-words")).to_contain_text("So far 1 will.")
    async with database.reading() as session:
        assert (await service.auction_of(session, sale.lot_id)).state.phase.willing == (1,)


async def test_a_suspended_sale_says_why_and_takes_no_bid_until_it_goes_on(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    async with looking(chromium, served, database, sale.bidders[0].account, f"/lots/{sale.lot_id}/room") as page:
        await expect(page.locator("#bidding")).to_be_visible(timeout=SLOW_MS)
        async with database.work() as work:
            reason, now = "An objection is examined.", await database_clock(work)
            await service.suspend_lot(work, sale.lot_id, reason=reason, actor=sale.auctioneer, now=now)
        await expect(page.locator("#standing")).to_have_text("The sale is suspended", timeout=SLOW_MS)
        await expect(shows(page, "note-words")).to_contain_text("An objection is examined. When it goes on")
        await expect(page.locator("#bidding")).to_be_hidden()
        assert await axe_finds(page) == []
        async with database.work() as work:
            now = await database_clock(work)
            await service.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
        await expect(page.locator("#bidding")).to_be_visible(timeout=SLOW_MS)
        await expect(shows(page, "note")).to_be_hidden()


async def test_the_big_screen_shows_price_words_and_plate_without_scrolling_and_follows(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    other = await on_sale(database, opened=True)
    await bid(database, sale.bidders[0], START)
    async with (
        looking(chromium, served, database, None, f"/lots/{sale.lot_id}/hall", size=BIG) as page,
        looking(chromium, served, database, None, "/hall", size=BIG) as all_lots,
    ):
        price = page.locator('[data-hall="price"]')
        await expect(page.locator('[data-hall="cover"]')).to_be_hidden(timeout=SLOW_MS)
        await expect(price).to_have_text("100.00")
        await bid(database, sale.bidders[1], START + INCREMENT)
        await expect(price).to_have_text("105.00", timeout=SLOW_MS)
        await expect(page.locator('[data-hall="price-words"]')).to_have_text("壹佰零伍万元整")
        await expect(page.locator('[data-hall="leader"]')).to_have_text("Plate 2 leads")
        await act(database, sale, plate=2, calls=2)
        await expect(page.locator(".hall__calls .is-called")).to_have_count(2, timeout=SLOW_MS)
        assert await axe_finds(page) == []
        for screen in (page, all_lots):
            assert await screen.evaluate("document.documentElement.scrollHeight") <= BIG["height"]
        height = await price.evaluate("price => parseFloat(getComputedStyle(price).fontSize)")
        assert height > 150, "one figure of the price is as tall as a tenth of the screen"
        strip = all_lots.locator("[data-hall=strip] li")
        await expect(strip).to_have_count(2)
        # What happens in the lot that is not shown brings it onto the screen before its turn comes.
        shown = await all_lots.locator("[data-hall=strip] .is-shown").get_attribute("data-lot")
        hidden = other if shown == str(sale.lot_id) else sale
        await bid(database, hidden.bidders[0], START + 7 * INCREMENT)
        await act(database, hidden, plate=1, calls=1)
        await expect(all_lots.locator('[data-hall="price"]')).to_have_text("135.00", timeout=5000)


async def test_the_big_screen_shows_the_drawn_order_and_the_opened_quotes(
    served: Served, database: Database, chromium: Browser
) -> None:
    async with database.reading() as session:
        began = await database_clock(session) - timedelta(hours=3)
    drawn, opened = await draw(database, began), await tender(database, began, QUOTES)
    for sale in (drawn, opened):
        for after in (timedelta(hours=1), timedelta(hours=1, seconds=1)):
            await advance(database, sale, began + after)
    entries = await entries_of(database, drawn)
    order = next(entry["body"]["order"] for entry in entries if entry["kind"] == "lots_drawn")
    numbers = {4: "八", 2: "0137", 3: "lucky"}
    rows = [f"{place}Plate {plate}{numbers[plate]}" for place, plate in enumerate(order, 1)]
    bids = '[data-hall="bids"] tr'
    async with looking(chromium, served, database, None, f"/lots/{drawn.lot_id}/hall", size=BIG) as page:
        await expect(page.locator('[data-hall="bids-title"]')).to_contain_text("were drawn", timeout=SLOW_MS)
        assert await page.locator(bids).all_text_contents() == rows
        await expect(page.locator(f"{bids}.is-leading")).to_have_text(rows[:1])
        assert await axe_finds(page) == []
    async with looking(chromium, served, database, None, f"/lots/{opened.lot_id}/hall", size=BIG) as page:
        await expect(page.locator('[data-hall="bids-title"]')).to_contain_text("sealed quotes", timeout=SLOW_MS)
        await expect(page.locator(bids)).to_have_count(len(QUOTES))
        await expect(page.locator(f"{bids}.is-leading")).to_contain_text("Plate 2")
        assert await page.evaluate("document.documentElement.scrollHeight") <= BIG["height"]


async def test_a_hammer_is_void_when_a_bid_had_arrived_before_it_and_the_console_says_so(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    await bid(database, sale.bidders[0], START)
    async with database.reading() as session:
        arrived_at = await database_clock(session)
    await act(database, sale, plate=1, calls=3)
    address = f"/lots/{sale.lot_id}/console"
    async with looking(chromium, served, database, await auctioneer_of(database, sale), address, size=WIDE) as page:
        await expect(page.locator("#hammer")).to_be_visible(timeout=SLOW_MS)
        deciding = asyncio.create_task(decide_late(database, sale, page, arrived_at))
        await page.fill("#hammer-plate", "1")
        await page.locator("#hammer-plate").press("Enter")
        await deciding
        await expect(page.locator("#console-message")).to_have_text(
            "The hammer is void: plate 2 had bid 1,050,000 yuan before it fell. The sale goes on.", timeout=SLOW_MS
        )
        await expect(page.locator('[data-call="1"]')).to_be_enabled()
    async with database.reading() as session:
        state = (await service.auction_of(session, sale.lot_id)).state
        assert (state.stage, state.plate, state.calls) == ("open", 2, 0)


async def decide_late(database: Database, sale: Sale, page: Page, arrived_at: object) -> None:
    """Hold the lot as soon as the hammer has fallen, look at the console, then decide a bid that had arrived before."""
    fallen = select(Auction).where(Auction.lot_id == sale.lot_id, Auction.closes_at.is_not(None))
    async with asyncio.timeout(20), database.work() as work:
        while (await work.scalar(fallen.with_for_update(skip_locked=True))) is None:
            await work.rollback()
            await asyncio.sleep(0.005)
        await expect(shows(page, "note-title")).to_have_text("The hammer is falling…", timeout=SLOW_MS)
        await settle(work, [sale.bidders[1].bids(START + INCREMENT, arrived_at)])  # type: ignore[arg-type]


async def test_the_auctioneer_changes_the_increment_within_its_bounds_and_disqualifies_by_holding(
    served: Served, database: Database, chromium: Browser
) -> None:
    bounds = {"increment_lowest_fen": 1_000_000, "increment_highest_fen": 20_000_000}
    sale = await on_sale(database, opened=True, **bounds)
    address = f"/lots/{sale.lot_id}/console"
    async with looking(chromium, served, database, await auctioneer_of(database, sale), address, size=WIDE) as page:
        await page.get_by_text("Change the increment").first.click()
        await expect(page.locator("#increment-words")).to_contain_text("10,000 to 200,000 yuan", timeout=SLOW_MS)
        change = page.locator("#power-increment [data-power]")
        await expect(change).to_be_disabled()
        await page.fill("#increment", "300,000")
        await expect(change).to_be_disabled()
        await page.fill("#increment", "2万")
        await change.click()
        await expect(page.locator("#increment-words")).to_contain_text("Now 20,000 yuan", timeout=SLOW_MS)
        await page.get_by_text("Disqualify a plate").click()
        disqualify = page.locator("#power-disqualify [data-power]")
        await page.fill("#disqualify-plate", "9")
        await page.fill("#disqualify-reason", "agreed on prices with others")
        await expect(disqualify).to_be_disabled()  # nobody holds plate 9
        await page.fill("#disqualify-plate", "2")
        await disqualify.click(delay=500)  # half a second is a slip, not a hold
        await expect(page.locator('[data-plate="2"]')).to_contain_text("not here")
        await disqualify.click(delay=1800)
        await expect(page.locator('[data-plate="2"]')).to_contain_text("disqualified", timeout=SLOW_MS)
        assert await axe_finds(page) == []


async def test_screen_readers_hear_the_newest_bid_and_are_not_flooded(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    one, two = [await cookie_of(database, bidder.account) for bidder in sale.bidders[:2]]
    async with (
        LotClient(served.url, sale.lot_id, one) as first,
        LotClient(served.url, sale.lot_id, two) as second,
        looking(chromium, served, database, None, f"/lots/{sale.lot_id}/watch") as page,
    ):
        await expect(shows(page, "cover")).to_be_hidden(timeout=SLOW_MS)
        await page.evaluate(
            """() => { window.heard = [];
                const region = document.querySelector("#live-status");
                new MutationObserver(() => window.heard.push(region.textContent))
                    .observe(region, {childList: true, characterData: true, subtree: true}); }"""
        )
        began = asyncio.get_running_loop().time()
        for number in range(50):
            await (first, second)[number % 2].bid(START + number * INCREMENT)
            await asyncio.sleep(max(0.0, began + number * 0.1 - asyncio.get_running_loop().time()))
        newest = f"Plate 2 bids {(START + 49 * INCREMENT) // 100:,} yuan."
        await expect(page.locator("#live-status")).to_have_text(newest, timeout=SLOW_MS)
        took_s = asyncio.get_running_loop().time() - began
        heard = await page.evaluate("window.heard.length")
    assert 2 <= heard <= took_s / 3 + 2, f"{heard} announcements in {took_s:.1f} s"


async def test_bids_that_were_left_out_are_counted_between_those_that_are_shown(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    async with database.work() as work:
        now = await database_clock(work)
        bids = [sale.bidders[number % 2].bids(START + number * INCREMENT, now) for number in range(230)]
        await settle(work, bids)
    async with looking(chromium, served, database, None, f"/lots/{sale.lot_id}/watch") as page:
        await expect(shows(page, "bid-count")).to_have_text("230")
        await page.get_by_text("The same as a table").click()
        table = page.locator(".price-path tbody tr")
        await expect(table).to_have_count(201)
        await expect(table.first).to_contain_text("… 30 bids between")
        await expect(table.last).to_contain_text(f"{(START + 229 * INCREMENT) // 100:,}")
        label = await page.locator(".price-path svg").get_attribute("aria-label")
        assert label == "200 bids. The price rose from 250.00 to 1,245.00 wan yuan."


async def test_who_has_signed_out_is_told_so_and_cannot_go_on_bidding(
    served: Served, database: Database, chromium: Browser
) -> None:
    sale = await on_sale(database, opened=True)
    async with looking(chromium, served, database, sale.bidders[0].account, f"/lots/{sale.lot_id}/room") as page:
        await expect(page.locator("#standing")).to_have_text("You have not bid yet", timeout=SLOW_MS)
        token = await page.locator("[name=_csrf_token]").first.get_attribute("value")
        await page.request.post(f"{served.url}/sign-out", form={"_csrf_token": token or ""})
        await expect(shows(page, "cover-title")).to_have_text(
            "You have been signed out, or your account is closed", timeout=SLOW_MS
        )
        await expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
        await expect(page.locator("[data-steps='0']")).to_be_disabled()

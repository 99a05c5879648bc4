"""The pages of a sale: who may see and do what, and what the auctioneer's buttons answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from auction import service
from tests.auction.selling import START, Sale, publish_lot
from tests.auction.serving import Served, cookie_of
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id


@pytest.fixture
async def sale(database: Database) -> Sale:
    """A sale that may be opened now."""
    async with database.work() as work:
        return await publish_lot(work, now=await database_clock(work) - timedelta(seconds=1))


@asynccontextmanager
async def browser(served: Served, database: Database, account: Account | None) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client with the account's cookie and the token that forms carry."""
    cookie = {} if account is None else dict([(await cookie_of(database, account)).split("=", 1)])
    async with httpx.AsyncClient(base_url=served.url, cookies=cookie, timeout=20, trust_env=False) as client:
        await client.get("/sign-in")
        client.headers["x-csrftoken"] = client.cookies.get("csrftoken") or ""
        yield client


@asynccontextmanager
async def auctioneer(served: Served, database: Database, sale: Sale) -> AsyncIterator[httpx.AsyncClient]:
    """The sale's auctioneer at a browser."""
    async with database.reading() as session:
        assert sale.auctioneer.account_id is not None
        account = await accounts.get_account(session, sale.auctioneer.account_id)
    async with browser(served, database, account) as client:
        yield client


async def test_everybody_may_watch_and_only_roles_may_enter_the_rest(
    served: Served, database: Database, sale: Sale
) -> None:
    lot = f"/lots/{sale.lot_id}"
    seen = {}
    async with browser(served, database, None) as public:
        for address in (f"{lot}/watch", f"{lot}/room", f"{lot}/console", "/auctioneer"):
            seen["public", address] = (await public.get(address)).status_code
    async with browser(served, database, sale.bidders[0].account) as bidder:
        for address in (f"{lot}/watch", f"{lot}/room", f"{lot}/console", "/auctioneer"):
            seen["bidder", address] = (await bidder.get(address)).status_code
    async with auctioneer(served, database, sale) as leader:
        for address in (f"{lot}/watch", f"{lot}/room", f"{lot}/console", "/auctioneer"):
            seen["auctioneer", address] = (await leader.get(address)).status_code
    assert list(seen.values()) == [200, 401, 401, 401, 200, 200, 403, 403, 200, 403, 200, 200]


async def test_a_bidder_without_a_plate_is_told_how_to_get_one(served: Served, database: Database, sale: Sale) -> None:
    async with database.work() as work:
        other = await publish_lot(work, now=await database_clock(work))
    async with browser(served, database, sale.bidders[0].account) as bidder:
        bidder.cookies.set("language", "en")
        page = (await bidder.get(f"/lots/{other.lot_id}/room")).text
    assert "You hold no plate for this lot" in page
    assert f"/lots/{other.lot_id}/registration" in page
    assert "live-data" not in page


async def test_a_lot_that_is_not_for_sale_has_no_page(served: Served, database: Database) -> None:
    async with browser(served, database, None) as public:
        assert (await public.get(f"/lots/{new_id()}/watch")).status_code == 404


async def test_the_auctioneer_leads_a_sale_from_opening_to_hammer(
    served: Served, database: Database, sale: Sale
) -> None:
    console = f"/lots/{sale.lot_id}/console"
    async with auctioneer(served, database, sale) as leader:
        await leader.get(console)
        assert (await leader.post(f"{console}/open")).json()["stage"] == "open"
        for number in ("1", "2", "3"):
            called = await leader.post(f"{console}/call", data={"number": number, "price_fen": str(START)})
            assert called.status_code == 200
        ended = await leader.post(f"{console}/hammer", data={"price_fen": str(START), "plate": ""})
        assert ended.json()["stage"] == "open", "the hammer fell; what had arrived before it may still be on its way"
        page = (await leader.get("/auctioneer")).text
        assert "城东第七号地块" in page


@pytest.mark.parametrize(
    ("action", "form", "status", "code"),
    [
        ("call", {"number": "1", "price_fen": str(START)}, 422, "not_opened_yet"),
        ("hammer", {"price_fen": str(START), "plate": "1"}, 422, "not_opened_yet"),
        ("call-off", {}, 422, "enough_bidders"),
        ("call", {"number": "1"}, 422, "request_malformed"),
        ("call", {"number": "1", "price_fen": "1e9"}, 422, "request_malformed"),
        ("call", {"number": "-1", "price_fen": "1"}, 422, "request_malformed"),
        ("hammer", {"price_fen": "9" * 40, "plate": "1"}, 422, "request_malformed"),
    ],
)
async def test_a_button_that_does_not_fit_is_refused_with_its_reason(
    served: Served, database: Database, sale: Sale, action: str, form: dict[str, str], status: int, code: str
) -> None:
    console = f"/lots/{sale.lot_id}/console"
    async with auctioneer(served, database, sale) as leader:
        await leader.get(console)
        answer = await leader.post(f"{console}/{action}", data=form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_but_the_auctioneer_opens_calls_or_hammers(served: Served, database: Database, sale: Sale) -> None:
    console = f"/lots/{sale.lot_id}/console"
    async with browser(served, database, sale.bidders[0].account) as bidder:
        await bidder.get(f"/lots/{sale.lot_id}/watch")
        for action in ("open", "call", "hammer", "call-off"):
            assert (await bidder.post(f"{console}/{action}", data={})).status_code == 403
    async with database.reading() as session:
        assert (await service.auction_of(session, sale.lot_id)).stage == "waiting"


async def test_a_button_pressed_from_another_site_is_refused(served: Served, database: Database, sale: Sale) -> None:
    async with auctioneer(served, database, sale) as leader:
        await leader.get(f"/lots/{sale.lot_id}/console")
        del leader.headers["x-csrftoken"]
        answer = await leader.post(f"/lots/{sale.lot_id}/console/open")
    assert answer.status_code == 403


async def test_the_reserve_price_is_on_no_page_before_the_end(served: Served, database: Database) -> None:
    reserve = 123_456_700
    async with database.work() as work:
        sale = await publish_lot(work, now=await database_clock(work), reserve=reserve)
    async with auctioneer(served, database, sale) as leader:
        pages = [(await leader.get(f"/lots/{sale.lot_id}/{name}")).text for name in ("watch", "console")]
    for page in pages:
        assert str(reserve) not in page
        assert "1,234,567" not in page

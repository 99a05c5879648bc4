"""The rehearsal: a private sale against two robots, by the rules of the real one, of which nothing is kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import httpx
import msgspec
import pytest
import websockets
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser, expect
from sqlalchemy import text
from websockets.asyncio.client import connect

from auction import rehearsal as rehearsal_module
from auction import service
from auction.client import BidRefused, LotClient
from auction.messages import Acknowledged, PlaceBid, Refused, SaleState
from auction.rehearsal import BEFORE, WINDOW, Rehearsal, Rival, rivals_of
from auction.sale import AuctionTerms
from auction.way import SETTLE_DELAY, CapTerms, TenderTerms, Way
from tests.auction.browsing import looking
from tests.auction.examples import AUCTION, SECOND, START, TIMED, yuan
from tests.auction.selling import publish_lot
from tests.auction.serving import cookie_of, serving
from tests.conftest import Urls
from trading.accounts.models import Account
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects.profiles import CapRule, SellingMethod

LOT = UUID("01930000-0000-7000-8000-000000000001")
OWN = 2
LIMITS = (1_150_000, 1_200_000)
OPENED = START + BEFORE
TENDER = replace(
    AUCTION, method=SellingMethod.TENDER, way=Way(tender=TenderTerms(quotes_until=START + timedelta(days=30)))
)
CAP = CapTerms(price=yuan(1_250_000), ceiling=yuan(1_500_000), rule=CapRule.ONE_PRICE, window=timedelta(hours=1))
CAPPED = replace(AUCTION, way=Way(cap=CAP))


def begun(announced: AuctionTerms = TIMED, limits: tuple[int, int] = LIMITS) -> Rehearsal:
    rivals = (Rival(1, yuan(limits[0]), 3 * SECOND), Rival(3, yuan(limits[1]), 5 * SECOND))
    return Rehearsal(LOT, announced, plate=OWN, rivals=rivals, now=START)


def a_bid(price: int, *, key: int = 0, sealed: bool = False) -> PlaceBid:
    return PlaceBid(key=uuid5(LOT, str(key)), price_fen=msgspec.Raw(str(price).encode()), sealed=sealed)


def played_out(rehearsal: Rehearsal) -> SaleState:
    """The end of it, when nobody does anything more."""
    now = START
    for _ in range(200):
        due = rehearsal.due_at()
        if due is None:
            return rehearsal.state(None, now)
        assert due >= now
        now = due
        rehearsal.advance(now)
    raise AssertionError("it does not end")


def test_the_robots_bid_against_each_other_until_one_reaches_its_limit() -> None:
    state = played_out(begun())
    assert (state.stage, state.plate) == ("sold", 3)
    prices = [event.facts["price_fen"] for event in state.events if event.kind == "bid_accepted"]
    assert prices == [yuan(amount).fen for amount in (1_000_000, 1_050_000, 1_100_000, 1_150_000)]
    assert state.ended_at is not None
    assert state.ended_at - state.events[-2].at == WINDOW + SETTLE_DELAY


def test_an_auction_is_called_three_times_before_the_hammer() -> None:
    state = played_out(begun(AUCTION))
    kinds = [event.kind for event in state.events]
    assert kinds[-6:] == ["bid_accepted", "called", "called", "called", "hammer_fell", "sold"]
    assert [event.facts["plate"] for event in state.events if event.kind == "called"] == [3, 3, 3]


def test_who_goes_beyond_the_robots_wins_and_may_not_raise_himself() -> None:
    rehearsal = begun()
    first = rehearsal.place(a_bid(yuan(1_250_000).fen, key=1), OPENED + SECOND)
    again = rehearsal.place(a_bid(yuan(1_300_000).fen, key=2), OPENED + 2 * SECOND)
    assert isinstance(first, Acknowledged)
    assert first.leads
    assert isinstance(again, Refused)
    assert again.code == "already_leading"
    state = played_out(rehearsal)
    assert (state.stage, state.plate, state.price_fen) == ("sold", OWN, yuan(1_250_000).fen)


def test_it_opens_after_a_moment_of_waiting() -> None:
    rehearsal = begun()
    early = rehearsal.place(a_bid(yuan(1_000_000).fen), OPENED - SECOND)
    assert isinstance(early, Refused)
    assert early.code == "bidding_not_open"
    rehearsal.advance(OPENED)
    assert rehearsal.state(None, OPENED).stage == "open"


def test_a_bid_that_is_sent_twice_counts_once_and_its_key_takes_no_other_price() -> None:
    rehearsal = begun()
    answers = [rehearsal.place(a_bid(yuan(1_250_000).fen, key=1), OPENED + SECOND) for _ in range(2)]
    other = rehearsal.place(a_bid(yuan(1_300_000).fen, key=1), OPENED + SECOND)
    assert answers[0] == answers[1]
    assert rehearsal.state(None, OPENED + SECOND).bid_count == 1
    assert isinstance(other, Refused)
    assert other.code == "key_used_for_other_price"


def test_what_is_no_price_is_refused_with_its_reason() -> None:
    message = PlaceBid(key=LOT, price_fen=msgspec.Raw(b'"a million"'))
    answer = begun().place(message, OPENED + SECOND)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.seq) == ("price_not_number", 2)


def test_the_states_told_make_a_whole_of_dense_numbers() -> None:
    rehearsal, told, seen = begun(), None, 0
    for second in range(60):
        rehearsal.advance(START + second * SECOND)
        state = rehearsal.state(told, START + second * SECOND)
        assert state.seq - (told or 0) == len(state.events) + state.left_out
        seen += len(state.events)
        told = state.seq
    assert seen == told == 6  # opened, four bids, sold


def test_a_tender_is_rehearsed_with_sealed_quotes() -> None:
    rehearsal = begun(TENDER)
    open_bid = rehearsal.place(a_bid(yuan(1_300_000).fen, key=1), OPENED + SECOND)
    quote = rehearsal.place(a_bid(yuan(1_300_000).fen, key=2, sealed=True), OPENED + SECOND)
    assert isinstance(open_bid, Refused)
    assert isinstance(quote, Acknowledged)
    assert not quote.leads
    state = played_out(rehearsal)
    assert (state.stage, state.plate) == ("sold", OWN)
    assert [event.kind for event in state.events][-2:] == ["quotes_opened", "sold"]


def test_a_price_cap_is_rehearsed_with_its_one_price_round() -> None:
    rehearsal = begun(CAPPED, limits=(1_500_000, 1_500_000))
    stopped = rehearsal.place(a_bid(CAP.price.fen + yuan(50_000).fen, key=1), OPENED + SECOND)
    assert isinstance(stopped, Refused)
    assert stopped.code == "above_cap"
    assert rehearsal.state(None, OPENED + SECOND).stage == "sealed"
    # Exactly what a robot means to quote: it gives another price.
    quote = rehearsal.place(a_bid(yuan(1_333_333).fen + 33, key=2, sealed=True), OPENED + 2 * SECOND)
    assert isinstance(quote, Acknowledged)
    state = played_out(rehearsal)
    [opened] = [event for event in state.events if event.kind == "quotes_opened"]
    assert len(opened.facts["quotes"]) == 3
    assert len({each["price_fen"] for each in opened.facts["quotes"]}) == 3


def test_robots_never_bid_above_the_cap() -> None:
    state = played_out(begun(CAPPED, limits=(2_000_000, 2_000_000)))
    assert (state.stage, state.price_fen) == ("sold", CAP.price.fen)


@pytest.mark.parametrize("plate", [1, 2, 3, 88])
def test_robots_have_other_plates_than_the_bidder(plate: int) -> None:
    rivals = rivals_of(TIMED, plate, lambda below: below - 1)
    assert len({plate, *(rival.plate for rival in rivals)}) == 3
    assert all(rival.limit > TIMED.starting_price for rival in rivals)


@settings(max_examples=60)
@given(
    st.sampled_from([AUCTION, TIMED, TENDER, CAPPED]),
    st.lists(
        st.tuples(st.integers(0, 8000), st.integers(90_000_000, 160_000_000), st.booleans(), st.integers(0, 20)),
        max_size=25,
    ),
)
def test_every_rehearsal_ends_whatever_is_sent(
    announced: AuctionTerms, moves: list[tuple[int, int, bool, int]]
) -> None:
    rehearsal, now = begun(announced), START
    for wait_ms, fen, sealed, key in moves:
        now += timedelta(milliseconds=wait_ms)
        rehearsal.advance(now)
        rehearsal.place(a_bid(fen, key=key, sealed=sealed), now)
    assert played_out_from(rehearsal, now).stage in {"sold", "called_off"}


def played_out_from(rehearsal: Rehearsal, now: datetime) -> SaleState:
    for _ in range(300):
        due = rehearsal.due_at()
        if due is None:
            break
        now = max(now, due)
        rehearsal.advance(now)
    return rehearsal.state(None, now)


async def counted(database: Database) -> list[int]:
    """How many rows the tables have into which a sale writes."""
    tables = ("auctions", "bids", "draw_secrets", "journal_entries", "proxy_maxima", "sealed_quotes")
    async with database.reading() as session:
        return [await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Robots that do not keep a test waiting."""
    monkeypatch.setattr(rehearsal_module, "BEFORE", SECOND / 10)
    monkeypatch.setattr(rehearsal_module, "PAUSES", (SECOND, SECOND))


@pytest.mark.usefixtures("quickly")
async def test_a_bidder_without_a_plate_rehearses_by_the_protocol_and_nothing_is_stored(
    urls: Urls, database: Database, tmp_path: Path
) -> None:
    async with database.work() as work:
        now = await database_clock(work)
        sale = await publish_lot(work, now=now + timedelta(days=3))
        elsewhere = await publish_lot(work, now=now + timedelta(days=3))
        for each in (sale, elsewhere):
            await service.prepare(work, each.lot_id, now)
    stranger = elsewhere.bidders[0].account
    async with serving(urls.running, tmp_path) as served:
        cookie = await cookie_of(database, stranger)
        before = await counted(database)
        async with LotClient(served.url, sale.lot_id, cookie, rehearsal=True) as lot:
            assert lot.plate is not None
            async for event in lot.events():
                if event.kind == "opened":
                    break
            own = await lot.bid(lot.lowest + lot.increment * 2)
            assert own.leads
            async for event in lot.events():
                if event.kind == "bid_accepted" and event.facts["plate"] != lot.plate:
                    break
            with pytest.raises(BidRefused) as refused:
                await lot.bid(Money(own.price_fen))
            assert refused.value.code == "bid_too_low"
        assert await counted(database) == before


async def test_only_bidders_rehearse(urls: Urls, database: Database, tmp_path: Path) -> None:
    async with database.work() as work:
        sale = await publish_lot(work, now=await database_clock(work))
        auctioneer = await work.get_one(Account, sale.auctioneer.account_id)
    async with serving(urls.running, tmp_path) as served, httpx.AsyncClient(base_url=served.url) as http:
        path = f"/lots/{sale.lot_id}/rehearsal"
        for cookie, status in (("", 401), (await cookie_of(database, auctioneer), 403)):
            headers = {"Cookie": cookie, "Accept": "application/json"}
            assert (await http.get(path, headers=headers)).status_code == status
            with pytest.raises(websockets.InvalidStatus):
                async with connect(f"{served.url.replace('http', 'ws')}{path}/live", additional_headers=headers):
                    pass


async def test_a_client_of_another_version_is_told_so(urls: Urls, database: Database, tmp_path: Path) -> None:
    async with database.work() as work:
        now = await database_clock(work)
        sale = await publish_lot(work, now=now + timedelta(days=3))
        await service.prepare(work, sale.lot_id, now)
    async with serving(urls.running, tmp_path) as served:
        url = f"{served.url.replace('http', 'ws')}/lots/{sale.lot_id}/rehearsal/live"
        headers = {"Cookie": await cookie_of(database, sale.bidders[0].account)}
        async with connect(url, additional_headers=headers) as socket:
            await socket.send('{"type":"subscribe","version":1}')
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4409


@pytest.mark.browser
@pytest.mark.usefixtures("quickly")
async def test_the_page_says_that_nothing_counts_and_plays(
    urls: Urls, database: Database, tmp_path: Path, chromium: Browser
) -> None:
    async with database.work() as work:
        sale = await publish_lot(work, now=await database_clock(work) + timedelta(days=3))
    account = sale.bidders[0].account
    async with (
        serving(urls.running, tmp_path) as served,
        looking(chromium, served, database, account, f"/lots/{sale.lot_id}/rehearsal") as page,
    ):
        await expect(page.locator(".rehearsal-band")).to_contain_text("nothing here counts")
        bid = page.locator('[data-steps="4"]')
        await expect(bid).to_be_enabled()
        await bid.click()
        await expect(page.locator("#standing")).to_have_attribute("data-kind", "leads")
        await expect(page.locator("#standing")).to_have_attribute("data-kind", "outbid")

"""Robots bid against one another on the real server, over real websockets, up to their limits."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from auction import service as auctions
from auction.models import Auction
from auction.sale import Stage
from tests.conftest import Urls
from tests.platform import Platform
from trading.accounts import service as accounts
from trading.demonstration import loading, lots, robots
from trading.demonstration.people import AUCTIONEER, ROBOTS
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings

*_, SECOND_LIMIT, LIMIT = sorted(robot.limit_increments or 0 for robot in ROBOTS)

pytestmark = pytest.mark.process


@pytest.fixture
def platform(urls: Urls, tmp_path: Path) -> Iterator[Platform]:
    """The product on a fresh database; started by the test, once the data are laid."""
    prepared = Platform(urls, tmp_path / "data")
    yield prepared
    prepared.stop()


async def lead_auction(database: Database, lot_id: UUID) -> None:
    """What a human auctioneer does at the console: open, wait until nobody goes higher, call three times, hammer."""
    async with database.reading() as session:
        auctioneer = accounts.actor_for(await accounts.account_named(session, AUCTIONEER.sign_in_name))
        starts_at = (await auctions.auction_of(session, lot_id)).starts_at
        await asyncio.sleep(max(0.0, (starts_at - await database_clock(session)).total_seconds()) + 0.1)
    async with database.work() as session:
        await auctions.open_lot(session, lot_id, actor=auctioneer, now=await database_clock(session))
    while True:
        async with database.reading() as session:
            sale = await auctions.auction_of(session, lot_id)
        if increments_of(sale) >= SECOND_LIMIT:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)  # a bid that was on its way
    for number in (1, 2, 3):
        async with database.work() as session:
            price = (await auctions.auction_of(session, lot_id)).state.price
            assert price is not None
            now = await database_clock(session)
            await auctions.call_price(session, lot_id, number=number, price=price, actor=auctioneer, now=now)
    async with database.work() as session:
        state = (await auctions.auction_of(session, lot_id)).state
        assert state.price is not None
        now = await database_clock(session)
        await auctions.let_hammer_fall(session, lot_id, plate=state.plate, price=state.price, actor=auctioneer, now=now)


def increments_of(sale: Auction) -> int:
    return ((sale.price_fen or 0) - sale.starting_price_fen) // sale.increment_fen


async def test_robots_outbid_one_another_up_to_their_limits_and_stop_when_their_lots_are_sold(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "LIVE_AFTER", timedelta(seconds=6))
    monkeypatch.setattr(lots, "REGISTRATION_ENDS_BEFORE_START", timedelta(seconds=2))
    monkeypatch.setattr(lots, "TIMED_WINDOW_S", 5)
    monkeypatch.setattr(robots, "SHORTEST_THOUGHT_MS", 20)
    monkeypatch.setattr(robots, "LONGEST_THOUGHT_MS", 120)
    settings = Settings.from_environment({"TRADING_DATA_FOLDER": str(platform.folder), "TRADING_DEMONSTRATION": "1"})
    laid = await loading.load(database, settings, lambda _: None)
    led_lot, timed_lot = laid.live_lots[0], laid.live_lots[-1]
    platform.start()
    bidding = asyncio.create_task(robots.bid_for_all(platform.url, [led_lot, timed_lot]))
    await asyncio.wait_for(lead_auction(database, led_lot), 120)
    await asyncio.wait_for(bidding, 120)
    for lot_id in (led_lot, timed_lot):
        async with database.reading() as session:
            sale = await auctions.auction_of(session, lot_id)
            bids = [bid for bid in await auctions.bids_of(session, lot_id) if bid.accepted]
        assert sale.stage == Stage.SOLD
        assert len({bid.account_id for bid in bids}) == len(ROBOTS)
        assert SECOND_LIMIT <= increments_of(sale) <= LIMIT

"""Robots bid against one another on the real server, over real websockets, up to their limits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auction import service as auctions
from auction.sale import Stage
from tests.conftest import Urls
from tests.platform import Platform
from trading.demonstration import loading, lots, robots
from trading.demonstration.people import ROBOTS
from trading.kernel.database import Database
from trading.settings import Settings

pytestmark = pytest.mark.process


@pytest.fixture
def platform(urls: Urls, tmp_path: Path) -> Iterator[Platform]:
    """The product on a fresh database; started by the test, once the data are laid."""
    prepared = Platform(urls, tmp_path / "data")
    yield prepared
    prepared.stop()


async def test_robots_outbid_one_another_up_to_their_limits_and_stop_when_the_lot_is_sold(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "LIVE_AFTER", timedelta(seconds=6))
    monkeypatch.setattr(lots, "REGISTRATION_ENDS_BEFORE_START", timedelta(seconds=2))
    monkeypatch.setattr(lots, "TIMED_WINDOW_S", 5)
    monkeypatch.setattr(robots, "SHORTEST_THOUGHT_MS", 20)
    monkeypatch.setattr(robots, "LONGEST_THOUGHT_MS", 120)
    settings = Settings.from_environment({"TRADING_DATA_FOLDER": str(platform.folder), "TRADING_DEMONSTRATION": "1"})
    laid = await loading.load(database, settings, lambda _: None)
    timed_lot = laid.live_lots[-1]
    platform.start()
    await robots.bid_for_all(platform.url, [timed_lot])
    async with database.reading() as session:
        sale = await auctions.auction_of(session, timed_lot)
        bids = [bid for bid in await auctions.bids_of(session, timed_lot) if bid.accepted]
    assert sale.stage == Stage.SOLD
    assert len({bid.account_id for bid in bids}) == len(ROBOTS)
    limits = sorted(robot.limit_increments or 0 for robot in ROBOTS)
    reached = (sale.price_fen or 0) - sale.starting_price_fen
    assert limits[-2] <= reached // sale.increment_fen <= limits[-1]

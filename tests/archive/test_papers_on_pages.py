"""Where the papers of a sale that has ended are found, and in whose language its room tells of refused bids."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import files, service
from tests.auction.selling import Bidder, Sale
from tests.auction.test_completing import complete, ended
from tests.web.conftest import browsing
from trading.accounts import service as accounts
from trading.accounts.access import SESSION_COOKIE
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[None]:
    """The archive keeps its files in the test's own folder."""
    before = files._store
    files.use_folder(tmp_path / "files")
    yield
    files._store = before


async def room_of(bidder: Bidder, sale: Sale, settings: Settings, database: Database, language: str) -> str:
    async with database.work() as work:
        token = await accounts.open_session(work, bidder.account, now=await database_clock(work))
    async with browsing(create_app(settings, database)) as client:
        client.cookies.set(SESSION_COOKIE, token)
        client.cookies.set("language", language)
        answer = await client.get(f"/lots/{sale.lot_id}/room")
    assert answer.status_code == 200
    return answer.text


async def test_the_room_leads_to_the_bid_record_and_only_the_buyers_to_the_letter(
    settings: Settings, database: Database, now: datetime
) -> None:
    sale = await ended(database, now, bids=4)
    assert "/documents/" not in await room_of(sale.bidders[1], sale, settings, database, "zh"), "nothing is filed yet"
    await complete(database, now + timedelta(minutes=1))
    async with database.reading() as session:
        papers = await service.papers_of_lot(session, sale.lot_id)
    loser, buyer = [await room_of(sale.bidders[n], sale, settings, database, "zh") for n in (0, 1)]
    for page in (loser, buyer):
        assert f"/documents/{papers['bid_record']}" in page
        assert f"/lots/{sale.lot_id}/bid-record.csv" in page
    assert f"/documents/{papers['confirmation_letter']}" in buyer
    assert f"/documents/{papers['confirmation_letter']}" not in loser


async def test_a_receipt_of_a_refused_bid_tells_the_reason_in_the_readers_language(
    settings: Settings, database: Database, now: datetime
) -> None:
    sale = await ended(database, now, bids=2)
    refused = sale.bidders[2]
    assert "may have too many zeros" in await room_of(refused, sale, settings, database, "en")
    assert "may have too many zeros" not in await room_of(refused, sale, settings, database, "zh")

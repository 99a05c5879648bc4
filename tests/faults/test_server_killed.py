"""kill -9 of the server in the middle of an auction: no acknowledged bid is lost or doubled, and it goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from auction import service
from auction.client import BidRefused, LotClient
from auction.models import BidRow
from tests.auction.selling import INCREMENT, Sale, publish_lot
from tests.auction.serving import cookie_of
from tests.conftest import Urls
from tests.platform import Platform
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.journal import Entry, find_break
from trading.kernel.money import Money

pytestmark = pytest.mark.process
KILLS = 3
BIDS_BETWEEN_KILLS = 25


@dataclass
class Answers:
    """What the bidders were told."""

    acknowledged: dict[UUID, int] = field(default_factory=dict)  # key -> price in fen
    refused: dict[UUID, str] = field(default_factory=dict)

    def reach(self, wanted: int) -> bool:
        return len(self.acknowledged) >= wanted


async def keep_bidding(lot: LotClient, answers: Answers, until: asyncio.Event) -> None:
    """Outbid whoever leads, again and again; a key is used for one price only."""
    while not until.is_set():
        if lot.stage != "open" or lot.leading:
            await asyncio.sleep(0.01)
            continue
        key, price = new_id(), lot.lowest
        try:
            await lot.bid(price, key=key, within_s=60)
            answers.acknowledged[key] = price.fen
        except BidRefused as refused:
            answers.refused[key] = refused.code
            await asyncio.sleep(0.01)


async def test_no_acknowledged_bid_is_lost_when_the_server_is_killed(
    urls: Urls, database: Database, tmp_path: Path
) -> None:
    async with database.work() as session:
        now = await database_clock(session)
        sale = await publish_lot(session, now=now, method="timed_bidding", window_s=120)
        await service.prepare(session, sale.lot_id, now)
    platform = Platform(urls, tmp_path / "platform")
    answers, until = Answers(), asyncio.Event()
    try:
        await asyncio.to_thread(platform.start)
        clients = [
            LotClient(platform.url, sale.lot_id, await cookie_of(database, bidder.account)) for bidder in sale.bidders
        ]
        async with clients[0], clients[1], clients[2]:
            bidding = [asyncio.create_task(keep_bidding(lot, answers, until)) for lot in clients]
            for kill in range(1, KILLS + 1):
                await _until(partial(answers.reach, kill * BIDS_BETWEEN_KILLS))
                platform.kill()
                await asyncio.to_thread(platform.start)
            await _until(partial(answers.reach, (KILLS + 1) * BIDS_BETWEEN_KILLS))
            until.set()
            await asyncio.wait_for(asyncio.gather(*bidding), 90)
            assert all(lot.connections == KILLS + 1 for lot in clients)
            await _until(lambda: len({(lot.seq, lot.hash) for lot in clients}) == 1)
    finally:
        await asyncio.to_thread(platform.stop)
    await _check_history(database, sale, answers)


async def _check_history(database: Database, sale: Sale, answers: Answers) -> None:
    async with database.reading() as session:
        rows = list(await session.scalars(select(BidRow).where(BidRow.lot_id == sale.lot_id).order_by(BidRow.seq)))
        stream = f"auction:{sale.lot_id}"
        entries = await journal_store.read(session, stream)
        assert find_break(entries, await journal_store.head(session, stream)) is None
    accepted = {row.key: row.price_fen for row in rows if row.accepted}
    refused = {row.key: row.refusal_code for row in rows if not row.accepted}
    assert answers.acknowledged == accepted, "every acknowledged bid is stored, every stored one was acknowledged"
    assert answers.refused == refused
    assert len(rows) == len(answers.acknowledged) + len(answers.refused), "each counted once"
    _check_prices_rise([row.price_fen for row in rows if row.accepted])
    assert _bids_among(entries) == len(rows)


def _check_prices_rise(prices: list[int | None]) -> None:
    assert all(price is not None for price in prices)
    known = [price for price in prices if price is not None]
    assert all(Money(after) >= Money(before + INCREMENT) for before, after in pairwise(known))


def _bids_among(entries: list[Entry]) -> int:
    return sum(entry.kind in {"bid_accepted", "bid_refused"} for entry in entries)


async def _until(true: Callable[[], bool], within_s: float = 90) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.02)

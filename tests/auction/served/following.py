"""What the tests of the live channel share: an open sale, clients that follow it, and waiting for what must come."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auction import service
from auction.client import LotClient
from auction.models import BidRow
from tests.auction.selling import Sale, publish_lot
from tests.auction.serving import Served, cookie_of
from trading.kernel.clock import database_clock
from trading.kernel.database import Database


async def open_sale(database: Database, **terms: Any) -> Sale:
    """A sale that was opened just now, by the database's clock."""
    async with database.work() as work:
        now = await database_clock(work)
        sale = await publish_lot(work, now=now - timedelta(seconds=1), **terms)
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=await database_clock(work))
    return sale


async def stored(database: Database, lot_id: UUID) -> list[BidRow]:
    async with database.reading() as session:
        return list(await session.scalars(select(BidRow).where(BidRow.lot_id == lot_id).order_by(BidRow.seq)))


def bidder(served: Served, sale: Sale, cookie: str) -> LotClient:
    return LotClient(served.url, sale.lot_id, cookie)


async def cookies(database: Database, sale: Sale) -> list[str]:
    return [await cookie_of(database, one.account) for one in sale.bidders]


async def until(condition: Any, within_s: float = 5) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.02)

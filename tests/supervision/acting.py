"""What the tests of supervision share: people at pages, and a sale that runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from litestar import Litestar
from litestar.testing import AsyncTestClient

from auction import service as auctions
from tests.auction.selling import Sale, publish_lot
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings

Client = AsyncTestClient[Litestar]
NUMBER = "HJ2026-07"
GROUNDS = {"reasons": "收到举报，需要核实", "legal_basis": "公共资源交易平台管理暂行办法", "number": NUMBER}


@asynccontextmanager
async def application(settings: Settings, url: str) -> AsyncIterator[Client]:
    """The whole application, with connections of its own."""
    async with AsyncTestClient(create_app(settings, Database(url))) as opened:
        yield opened


async def present(database: Database) -> datetime:
    """The database's time: the application reads that clock."""
    async with database.reading() as session:
        return await database_clock(session)


async def running(database: Database, now: datetime, *, opened: bool = True, **terms: object) -> Sale:
    """A sale that is open since a moment ago, or may be opened."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now - timedelta(minutes=1), **terms)  # type: ignore[arg-type]
        await auctions.prepare(work, sale.lot_id, now)
        if opened:
            await auctions.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def person(client: Client, database: Database, role: Role, name: str = "") -> Visitor:
    """Somebody with a role at their browser."""
    return await signed_in(client, database, await make_account(database, name or role, await present(database), role))

"""Settling while the database goes away, at every moment: no bid is lost, none counts twice, nobody is told wrongly."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from auction.desk import BidDesk, BidNotDecided
from auction.settling import BidRequest, Decision, Memory, settle
from tests.auction.selling import START, Sale
from tests.auction.test_settling import decided, open_lot, rows
from tests.conftest import Urls
from trading.kernel import database as kernel_database
from trading.kernel.database import CommitUnknown, Database
from trading.kernel.errors import Refusal


@pytest.fixture
async def sale(database: Database, now: datetime) -> Sale:
    """An open auction."""
    return await open_lot(database, now)


@pytest.fixture
def break_commits(monkeypatch: pytest.MonkeyPatch, urls: Urls) -> list[str]:
    """Names what happens at the next commits, in order: "before" or "after" the commit the connection is killed."""
    plan: list[str] = []
    real = kernel_database.commit

    async def commit(session: AsyncSession) -> None:
        fault = plan.pop(0) if plan else ""
        if not fault:
            return await real(session)
        connection = await session.connection()
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        if fault == "before":
            await kill(urls, pid)
            return await real(session)
        await real(session)
        raise CommitUnknown

    monkeypatch.setattr(kernel_database, "commit", commit)
    return plan


async def kill(urls: Urls, pid: int) -> None:
    engine = create_async_engine(urls.superuser)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    await engine.dispose()


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_connection_killed_at_commit_neither_loses_nor_doubles_a_bid(
    database: Database, sale: Sale, break_commits: list[str], fault: str
) -> None:
    desk = BidDesk(database)
    break_commits.append(fault)
    answers = await asyncio.gather(*[desk.place(bidder.bids(START)) for bidder in sale.bidders])
    stored = {row.key: row for row in await rows(database, sale.lot_id)}
    assert len(stored) == 3
    for answer in map(decided, answers):
        assert stored[answer.key].seq == answer.seq
        assert stored[answer.key].accepted == (answer.refusal is None)
    assert sum(row.accepted for row in stored.values()) == 1


async def test_while_it_is_unknown_whether_a_bid_was_stored_nobody_is_told_that_it_was(
    database: Database, sale: Sale, break_commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auction.desk._PAUSES_S", (0.01,))
    break_commits += ["after", "after"]
    request = sale.bidders[0].bids(START)
    desk = BidDesk(database)
    assert isinstance(await desk.place(request), CommitUnknown)
    answer = decided(await desk.place(request))
    assert answer.refusal is None
    assert len(await rows(database, sale.lot_id)) == 1


@pytest.mark.parametrize("statement", ["FROM auctions a", "FROM unnest", "pg_notify"])
async def test_a_connection_killed_amid_a_batch_neither_loses_nor_doubles_a_bid(
    database: Database, urls: Urls, sale: Sale, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """Before, at and after each statement that settling sends."""
    killed: list[str] = []
    for name in ("execute", "fetch", "fetchrow"):
        _kill_once(monkeypatch, urls, name, statement, killed)
    answers = await asyncio.gather(*[BidDesk(database).place(bidder.bids(START)) for bidder in sale.bidders[:1]])
    assert killed or statement == "FROM auctions a"
    assert decided(answers[0]).refusal is None
    assert len(await rows(database, sale.lot_id)) == 1


@pytest.mark.parametrize(
    ("error", "is_tried_again"),
    [
        (asyncpg.DeadlockDetectedError("planted"), True),
        (asyncpg.AdminShutdownError("planted"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (OSError("planted"), True),
        (asyncpg.ForeignKeyViolationError("planted"), False),
        (asyncpg.DataError("planted"), False),
    ],
)
async def test_what_is_no_fault_of_the_bid_is_tried_again(
    database: Database, sale: Sale, monkeypatch: pytest.MonkeyPatch, error: Exception, is_tried_again: bool
) -> None:
    planted = [error]

    async def fail_once(
        session: AsyncSession, requests: Sequence[BidRequest], memory: Memory
    ) -> list[Decision | Refusal]:
        if planted:
            raise planted.pop()
        return await settle(session, requests, memory)

    monkeypatch.setattr("auction.desk.settle", fail_once)
    placed = BidDesk(database).place(sale.bidders[0].bids(START))
    if is_tried_again:
        assert decided(await placed).refusal is None
    else:
        with pytest.raises(BidNotDecided):
            await placed


def _kill_once(monkeypatch: pytest.MonkeyPatch, urls: Urls, name: str, statement: str, killed: list[str]) -> None:
    real = getattr(asyncpg.Connection, name)

    async def kill_first(self: asyncpg.Connection, first: str, *args: Any, **kwargs: Any) -> Any:
        if statement in first and not killed:
            killed.append(first)
            await kill(urls, self.get_server_pid())
        return await real(self, first, *args, **kwargs)

    monkeypatch.setattr(asyncpg.Connection, name, kill_first)

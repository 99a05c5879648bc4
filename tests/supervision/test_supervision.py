"""Supervision sees what is live, recomputes the journal, and leaves a trace of every look."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy.ext.asyncio import create_async_engine

from auction import service as auctions
from auction.settling import settle
from tests.archive.test_service import HTML, signed_in
from tests.auction.selling import START, publish_lot
from tests.conftest import Urls
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.settings import Settings
from trading.supervision.service import StreamUnknown, look_into_stream, overview

SUPERVISOR = Actor("account:00000000-0000-7000-8000-000000000000", "监督员")


@pytest.fixture
async def client(settings: Settings, database: Database) -> AsyncIterator[AsyncTestClient[Litestar]]:
    # The application runs in a loop of its own and needs connections of its own.
    async with AsyncTestClient(create_app(settings, Database(database.url))) as opened:
        yield opened


async def write(database: Database, stream: str, count: int, now: datetime) -> None:
    async with database.work() as session:
        facts = [journal_store.Fact("noted", "system:test", now, {"n": n}) for n in range(1, count + 1)]
        await journal_store.append_all(session, stream, facts)


async def test_a_live_sale_is_seen_with_its_price_and_leader(database: Database, now: datetime) -> None:
    async with database.work() as session:
        sale = await publish_lot(session, now=now)
        await auctions.prepare(session, sale.lot_id, now)
    async with database.reading() as session:
        before = await overview(session, now)
    assert [each.lot.id for each in before.coming] == [sale.lot_id]
    assert before.coming[0].qualified == 3
    assert before.live == []
    async with database.work() as session:
        await auctions.open_lot(session, sale.lot_id, actor=sale.auctioneer, now=now)
        await settle(session, [sale.bidders[0].bids(START)])
    async with database.reading() as session:
        seen = await overview(session, now)
    assert seen.coming == []
    assert (seen.live[0].auction.price_fen, seen.live[0].auction.plate) == (START, 1)
    assert seen.today["bid_accepted"] == 1
    assert seen.facts[0].kind == "bid_accepted"


@pytest.mark.parametrize(("stage", "lives"), [("listing", 1), ("frozen", 1), ("waiting", 0), ("withdrawn", 0)])
async def test_a_sale_is_live_from_its_opening_to_its_end_whatever_its_stage(
    database: Database, now: datetime, stage: str, lives: int
) -> None:
    async with database.work() as session:
        sale = await publish_lot(session, now=now)
        (await auctions.prepare(session, sale.lot_id, now)).stage = stage
    async with database.reading() as session:
        assert len((await overview(session, now)).live) == lives


async def test_a_look_into_a_stream_is_recorded_with_what_was_seen(database: Database, now: datetime) -> None:
    await write(database, "lot:1", 3, now)
    async with database.work() as session:
        view = await look_into_stream(session, "lot:1", page=1, actor=SUPERVISOR, now=now)
    assert view.broken is None
    assert [entry.seq for entry in view.entries] == [3, 2, 1]
    async with database.reading() as session:
        looked = (await journal_store.read(session, SUPERVISOR.reference))[-1]
    assert looked.kind == "journal_viewed"
    assert looked.body == {"stream": "lot:1", "seq": 3, "hash": view.head.hash.hex(), "whole": True, "page": 1}


async def test_somebody_who_looks_into_the_own_stream_is_recorded_there(database: Database, now: datetime) -> None:
    for seen in (1, 2):
        await write(database, SUPERVISOR.reference, 1, now)
        async with database.work() as session:
            view = await look_into_stream(session, SUPERVISOR.reference, page=1, actor=SUPERVISOR, now=now)
        assert view.head.seq == 2 * seen - 1


async def test_a_long_stream_is_shown_in_pages(database: Database, now: datetime) -> None:
    await write(database, "lot:1", 120, now)
    for page, first, count in ((1, 120, 50), (3, 20, 20), (99, 20, 20)):
        async with database.work() as session:
            view = await look_into_stream(session, "lot:1", page=page, actor=SUPERVISOR, now=now)
        assert (view.pages, view.entries[0].seq, len(view.entries)) == (3, first, count)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE journal_entries SET body = '{\"n\":99}' WHERE stream = 'lot:1' AND seq = 2",
        "UPDATE journal_entries SET actor = 'account:x' WHERE stream = 'lot:1' AND seq = 2",
        "DELETE FROM journal_entries WHERE stream = 'lot:1' AND seq = 2",
    ],
)
async def test_history_that_somebody_rewrote_in_the_database_is_found(
    database: Database, urls: Urls, client: AsyncTestClient[Litestar], now: datetime, tampering: str
) -> None:
    await write(database, "lot:1", 3, now)
    engine = create_async_engine(urls.superuser)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(tampering)
    await engine.dispose()
    async with database.work() as session:
        view = await look_into_stream(session, "lot:1", page=1, actor=SUPERVISOR, now=now)
    assert view.broken is not None
    assert view.broken.seq == 2
    _, cookie = await signed_in(database, Role.SUPERVISOR)
    page = await client.get("/supervision/journal/lot:1", headers=HTML, cookies=cookie)
    assert "链在第 2 条断裂" in page.text


async def test_a_cut_off_end_is_found(database: Database, urls: Urls, now: datetime) -> None:
    await write(database, "lot:1", 3, now)
    engine = create_async_engine(urls.superuser)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM journal_entries WHERE stream = 'lot:1' AND seq = 3")
    await engine.dispose()
    async with database.work() as session:
        view = await look_into_stream(session, "lot:1", page=1, actor=SUPERVISOR, now=now)
    assert view.broken is not None
    assert view.broken.fault == "the end of the stream is missing"


async def test_a_stream_without_entries_is_refused(database: Database, now: datetime) -> None:
    async with database.work() as session:
        with pytest.raises(StreamUnknown):
            await look_into_stream(session, "lot:nothing", page=1, actor=SUPERVISOR, now=now)


async def test_the_pages_answer_those_they_are_for(
    database: Database, client: AsyncTestClient[Litestar], now: datetime
) -> None:
    await write(database, "lot:1", 1, now)
    _, supervisor = await signed_in(database, Role.SUPERVISOR)
    _, auditor = await signed_in(database, Role.AUDITOR)
    _, officer = await signed_in(database, Role.OFFICER, Role.ADMIN)
    expected = {
        "/supervision": (200, 403, 403),
        "/supervision/journal/lot:1": (200, 200, 403),
        "/supervision/journal/lot:1?page=x": (200, 200, 403),
        "/supervision/journal/nothing": (404, 404, 403),
    }
    for path, statuses in expected.items():
        for cookie, status in zip((supervisor, auditor, officer), statuses, strict=True):
            assert (await client.get(path, headers=HTML, cookies=cookie)).status_code == status, path

"""What follows the end of a sale: announcement, papers, deposits; done once, and done again until it is done."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive import files
from archive.models import Document
from auction import completing, looking, service
from auction.completing import Issuer
from auction.refusals import PriceTooLarge
from auction.settling import settle
from auction.way import SETTLE_DELAY
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.deposits import service as deposits
from trading.kernel.database import Database
from trading.kernel.money import LARGEST_FEN, Money
from trading.publication import service as publication
from trading.publication.models import Announcement

ISSUER = Issuer("合江县公共资源交易中心", "http://127.0.0.1:8000")


@pytest.fixture(autouse=True)
async def store(tmp_path: Path) -> AsyncIterator[None]:
    """The archive keeps its files in the test's own folder."""
    before = files._store
    files.use_folder(tmp_path / "files")
    yield
    files._store = before


async def ended(database: Database, now: datetime, *, bids: int, bidders: int = 3, reserve: int | None = None) -> Sale:
    """A sale with so many bids that has just ended by hammer (or was called off for lack of bidders)."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now, bidders=bidders, reserve=reserve)
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        if bidders < 3:
            await service.call_off_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
            return sale
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
        wrong = PriceTooLarge(digits=31, largest=Money(LARGEST_FEN))
        requests = [sale.bidders[n % 2].bids(START + n * INCREMENT) for n in range(bids)]
        await settle(work, [*requests, sale.bidders[2].bids(wrong, given="1" + "0" * 30)])
        state = (await service.auction_of(work, sale.lot_id)).state
        price = state.price or Money(START)
        for number in (1, 2, 3):
            await service.call_price(work, sale.lot_id, number=number, price=price, actor=sale.auctioneer, now=now)
        await service.let_hammer_fall(work, sale.lot_id, plate=state.plate, price=price, actor=sale.auctioneer, now=now)
    async with database.work() as work:
        assert await service.advance_due(work, now + SETTLE_DELAY, lot_id=sale.lot_id) == [sale.lot_id]
    return sale


async def complete(database: Database, now: datetime) -> list[object]:
    async with database.work() as work:
        return list(await service.complete_concluded(work, now, issuer=ISSUER))


async def result_of(database: Database, sale: Sale) -> tuple[Announcement, dict[str, Document]]:
    async with database.reading() as session:
        announcement = (await session.scalars(select(Announcement).where(Announcement.lot_id == sale.lot_id))).one()
        documents = await session.scalars(select(Document).where(Document.lot_id == sale.lot_id))
        return announcement, {document.kind: document for document in documents}


async def test_a_sold_lot_gets_its_result_its_letter_and_its_bid_record_once(database: Database, now: datetime) -> None:
    sale = await ended(database, now, bids=4)
    later = now + timedelta(minutes=1)
    assert await complete(database, later) == [sale.lot_id]
    assert await complete(database, later) == []
    announcement, documents = await result_of(database, sale)
    facts = publication.facts_of(announcement)
    assert (announcement.kind, facts["final_fen"], facts["winner_name"], facts["plate"]) == (
        "result",
        START + 3 * INCREMENT,
        "演示竞买人2号有限公司",
        2,
    )
    assert set(documents) == {"confirmation_letter", "bid_record", "bid_record_csv"}
    for document in documents.values():
        beginning = "\N{BYTE ORDER MARK}日志序号".encode() if document.media_type == "text/csv" else b"%PDF"
        assert (await files.store().get(document.sha256)).startswith(beginning)


@pytest.mark.parametrize(
    ("bids", "bidders", "reserve", "kind", "reason"),
    [
        (0, 3, None, "withdrawal", "nobody_bid"),
        (1, 3, START + INCREMENT, "withdrawal", "below_reserve"),
        (0, 2, None, "calling_off", "too_few_bidders"),
    ],
)
async def test_a_lot_that_was_not_sold_is_announced_as_such_and_has_no_letter(
    database: Database, now: datetime, bids: int, bidders: int, reserve: int | None, kind: str, reason: str
) -> None:
    sale = await ended(database, now, bids=bids, bidders=bidders, reserve=reserve)
    assert await complete(database, now) == [sale.lot_id]
    announcement, documents = await result_of(database, sale)
    assert (announcement.kind, publication.facts_of(announcement)["reason"]) == (kind, reason)
    assert set(documents) == {"bid_record", "bid_record_csv"}


async def test_what_could_not_be_completed_leaves_nothing_behind_and_stays_due(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await ended(database, now, bids=2)

    async def away(*_: object, **__: object) -> int:
        raise ConnectionError("the database went away")

    real = deposits.settle_lot
    monkeypatch.setattr(deposits, "settle_lot", away)
    with pytest.raises(ConnectionError):
        await complete(database, now)
    async with database.reading() as session:
        assert await looking.uncompleted(session) == [sale.lot_id]
        assert (await session.scalars(select(Announcement))).all() == []
    monkeypatch.setattr(deposits, "settle_lot", real)
    assert await complete(database, now) == [sale.lot_id]


@pytest.mark.parametrize(
    ("final", "area_mu", "per_mu"), [(100, "3", 33), (200, "3", 67), (150, "100", 2), (382_000_000, "9.14", 41_794_311)]
)
def test_the_price_of_a_mu_is_rounded_half_up_to_the_fen(final: int, area_mu: str, per_mu: int) -> None:
    from decimal import Decimal

    from trading.projects.models import Lot

    assert completing._price_per_mu(Money(final), Lot(area_mu=Decimal(area_mu))) == Money(per_mu)

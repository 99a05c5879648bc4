"""What the public is told of a suspension, and what a waiting sale takes over from an announced change."""

from datetime import datetime, timedelta
from uuid import UUID

from auction import service
from auction.models import Auction
from auction.sale import Stage
from tests.auction.examples import SECOND
from tests.auction.test_service import advance, kinds, on_sale
from tests.auction.test_service import opened as opened_in_database
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.projects import changing
from trading.projects.models import Project
from trading.publication import releasing
from trading.publication import service as publication
from trading.publication.models import Announcement
from trading.supervision import orders

SYSTEM = Actor.system("test")
HOUR = timedelta(hours=1)


async def told(database: Database, project_id: UUID, at: datetime) -> list[Announcement]:
    """Everything that is due is published; what the project has announced then."""
    published = True
    while published:
        async with database.work() as work:
            published = await releasing.publish_next(work, at) is not None
    async with database.reading() as session:
        return await publication.announcements_of(session, project_id)


async def test_a_suspension_and_its_resumption_are_announced_once_each(database: Database, now: datetime) -> None:
    """Fujian art. 55, 58."""
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=240)
    at = now + 2 * SECOND
    async with database.work() as work:
        await service.suspend_lot(work, sale.lot_id, reason="核对<b>竞买人</b>资格", actor=sale.auctioneer, now=at)
    [suspension] = await told(database, sale.project_id, at)
    assert (suspension.kind, suspension.lot_id) == ("suspension", sale.lot_id)
    assert publication.facts_of(suspension)["reason"] == "核对<b>竞买人</b>资格"
    assert "核对&lt;b&gt;竞买人&lt;/b&gt;资格" in str(suspension.text)
    resumes_at = at + 25 * HOUR
    async with database.work() as work:
        await service.announce_resumption(
            work, sale.lot_id, resumes_at=resumes_at, reason="资格已核对完毕", actor=sale.auctioneer, now=at + HOUR / 2
        )
    assert await advance(database, resumes_at + SECOND) == [sale.lot_id]
    assert [one.kind for one in await told(database, sale.project_id, resumes_at + SECOND)] == [
        "suspension",
        "resumption",
    ]


async def test_a_sale_resumed_directly_is_announced_too(database: Database, now: datetime) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=240)
    async with database.work() as work:
        await service.suspend_lot(work, sale.lot_id, reason="核对竞买人资格", actor=sale.auctioneer, now=now + SECOND)
    async with database.work() as work:
        await service.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=now + 60 * SECOND)
    [_, resumption] = await told(database, sale.project_id, now + HOUR)
    assert publication.facts_of(resumption)["resumes_at"].startswith((now + 60 * SECOND).strftime("%Y-%m-%dT%H:%M:%S"))


async def test_a_waiting_sale_takes_over_moved_dates_and_opens_at_the_new_moment(
    database: Database, now: datetime
) -> None:
    sale = await on_sale(database, now, method="timed_bidding", window_s=240, starts_at=now + HOUR)
    async with database.work() as work:
        await service.prepare(work, sale.lot_id, now)
        await changing.move_dates(
            work, sale.lot_id, {"starts_at": now + 2 * HOUR}, because={}, actor=SYSTEM, now=now + SECOND
        )
    async with database.work() as work:
        assert await service.follow_changes(work, now + 2 * SECOND) == [sale.lot_id]
    async with database.work() as work:
        assert await service.follow_changes(work, now + 3 * SECOND) == []
    assert await advance(database, now + HOUR) == []
    assert await kinds(database, sale.lot_id) == ["prepared", "prepared"]
    assert await advance(database, now + 2 * HOUR) == [sale.lot_id]
    async with database.reading() as session:
        auction = await session.get_one(Auction, sale.lot_id)
    assert auction.stage != Stage.WAITING


async def test_the_termination_of_a_public_project_is_announced(database: Database, now: datetime) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=240)
    grounds = orders.Grounds("规划调整，不再出让本宗地。", "规划法第四十三条")
    async with database.work() as work:
        (await work.get_one(Project, sale.project_id)).published_at = now
        await orders.terminate(work, sale.project_id, grounds, actor=sale.auctioneer, now=now + SECOND)
    [termination] = await told(database, sale.project_id, now + SECOND)
    assert (termination.kind, termination.lot_id) == ("termination", None)
    assert "规划法第四十三条" in str(termination.text)

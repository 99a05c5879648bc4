"""What entry and registration mean for the end of a sale: a reserve nobody sealed, and a group that wins."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from auction import service
from auction.completing import _End, _letter, announcement_of
from auction.messages import STREAM
from auction.sale import Stage
from auction.settling import settle
from tests.auction.selling import START, Sale, publish_lot
from tests.auction.test_completing import ISSUER
from tests.deposits.stage import credit_code
from trading.accounts import service as accounts
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.models import ProjectDraft
from trading.registration.models import JointBidder

SOME_TIME = timedelta(minutes=1)


async def with_one_bid(database: Database, now: datetime, *, has_reserve: bool = False) -> Sale:
    """A sale in timed bidding with a countdown of 30 seconds, in which plate 1 has bid."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now, method="timed_bidding", window_s=30, has_reserve=has_reserve)
        work.add(ProjectDraft(project_id=sale.project_id, lot_id=sale.lot_id, form={}, updated_at=now))
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        await service.advance_due(work, now)
        await settle(work, [sale.bidders[0].bids(START)])
    return sale


async def advance(database: Database, now: datetime) -> list[UUID]:
    async with database.work() as work:
        return await service.advance_due(work, now)


async def stage_of(database: Database, sale: Sale) -> str:
    async with database.reading() as session:
        return (await service.auction_of(session, sale.lot_id)).stage


async def test_a_sale_whose_announced_reserve_was_never_sealed_waits_and_others_end(
    database: Database, now: datetime
) -> None:
    waiting = await with_one_bid(database, now, has_reserve=True)
    other = await with_one_bid(database, now)
    assert await advance(database, now + SOME_TIME) == [other.lot_id]
    assert await stage_of(database, waiting) == Stage.OPEN
    assert await stage_of(database, other) == Stage.SOLD


async def test_the_recorded_decision_to_sell_without_the_reserve_lets_the_sale_end(
    database: Database, now: datetime
) -> None:
    sale = await with_one_bid(database, now, has_reserve=True)
    async with database.work() as work:
        project = await projects.lock_project(work, sale.project_id)
        assert project.officer_id is not None
        officer = accounts.actor_for(await accounts.get_account(work, project.officer_id))
        await projects.waive_reserve(work, sale.lot_id, "经集体研究决定", actor=officer, now=now + SOME_TIME)
    assert await advance(database, now + SOME_TIME) == [sale.lot_id]
    assert await stage_of(database, sale) == Stage.SOLD


async def test_a_sale_whose_reserve_is_missing_can_be_withdrawn_by_order(database: Database, now: datetime) -> None:
    sale = await with_one_bid(database, now, has_reserve=True)
    async with database.work() as work:
        await service.withdraw_lot(
            work, sale.lot_id, reason="底价未录入", actor=sale.auctioneer, now=now + timedelta(seconds=10)
        )
    assert await stage_of(database, sale) == Stage.WITHDRAWN


async def test_a_group_that_wins_is_named_whole_with_its_shares_on_the_letter(
    database: Database, now: datetime
) -> None:
    sale = await with_one_bid(database, now)
    async with database.work() as work:
        registration_id = sale.bidders[0].registration.id
        work.add(
            JointBidder(
                registration_id=registration_id,
                name="演示联合体成员有限公司",
                credit_code=credit_code(7),
                share_percent=Decimal("30"),
            )
        )
    await advance(database, now + SOME_TIME)
    async with database.reading() as session:
        deal = await projects.deal_of(session, sale.lot_id)
        auction = await service.auction_of(session, sale.lot_id)
        lot = await projects.get_lot(session, sale.lot_id)
        project = await projects.get_project(session, sale.project_id)
        last = (await journal_store.read(session, f"{STREAM}{sale.lot_id}"))[-1]
        lead = await accounts.get_unit(session, sale.bidders[0].registration.unit_id)
    assert deal is not None
    assert deal.winner_name == f"{lead.name}、演示联合体成员有限公司（联合体）"
    assert deal.winner_credit_code == lead.credit_code
    shares = f"{lead.name}（70%）、演示联合体成员有限公司（30%）（联合体）"
    assert announcement_of(auction, lot, last.body)[1]["winner_shares"] == shares
    letter = _letter(_End(auction, lot, project, [last], last, []), ISSUER, now)
    assert letter.winner_name == shares

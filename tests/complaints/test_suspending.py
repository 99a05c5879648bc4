"""A project stands still for the sake of a matter and goes on: dates, limits, sales, announcements, exactly once."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction import service as auctions
from auction.following import follow_changes
from auction.refusals import SaleFrozen
from auction.sale import Stage as SaleStage
from tests.auction.selling import Sale
from tests.complaints.stage import PAPER, REJECTED, SUSPENSION, Stage, at, make_unit, published
from tests.supervision.acting import running
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import actor_for
from trading.complaints import handling, lookups, service
from trading.complaints.models import Matter, ProjectSuspension
from trading.complaints.procedures import About, Paper
from trading.complaints.refusals import NotSuspended, SuspendedOnce
from trading.complaints.rules import longest_suspension_end
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.limits import service as limits
from trading.limits.rules import LimitState
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.projects.deadlines import ProjectStandsStill
from trading.projects.models import Project
from trading.projects.rules import LotState, ProjectKind, ProjectState
from trading.publication import releasing
from trading.publication.drafting import check_order
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.supervision import orders
from trading.supervision.orders import ProjectSuspended

RAISED, ANSWERED, COMPLAINED = at(11, 5), at(11, 9), at(11, 11)
SECOND = timedelta(seconds=1)


async def standing(stage: Stage, code: str, now: datetime) -> tuple[LimitState, datetime | None]:
    """One limit of the project."""
    async with stage.database.reading() as session:
        project = await projects.get_project(session, stage.project_id)
        found = [each for each in await limits.standings(session, project, now) if each.limit.code == code]
    return found[-1].state, found[-1].due_at


async def test_an_objection_to_tender_documents_suspends_the_works_until_it_is_answered(database: Database) -> None:
    """招标投标法实施条例 art. 22: bids close on 23 November, the last day is the 13th; dates move by whole days."""
    stage = await published(database, ProjectKind.WORKS)
    objection = await stage.raise_(Paper.OBJECTION, About.DOCUMENTS, RAISED)
    held = await stage.lot()
    assert held.suspended_at == RAISED
    before = held.bids_close_at
    await stage.answer(objection, at(11, 7, 15))
    lot = await stage.lot()
    assert lot.suspended_at is None
    assert before is not None
    # Two days and five hours: three days, from Monday 23 to Thursday 26 November, at the same time of day.
    assert lot.bids_close_at == before + timedelta(days=3)
    assert await stage.kinds() == ["objection_received", "project_suspended", "objection_answered", "project_resumed"]
    told = await stage.tick_announcements(at(11, 7, 15))
    assert [each.kind for each in told[1:]] == [AnnouncementKind.SUSPENSION, AnnouncementKind.RESUMPTION]
    assert "第二十二条" in str(told[1].text)
    assert objection.number not in str(told[1].text), "what was raised, and that it was, stays with those concerned"


async def test_a_withdrawn_objection_lets_the_works_go_on_and_one_of_two_does_not(database: Database) -> None:
    stage = await published(database, ProjectKind.WORKS)
    first = await stage.raise_(Paper.OBJECTION, About.DOCUMENTS, RAISED)
    second = await stage.raise_(Paper.OBJECTION, About.DOCUMENTS, RAISED + SECOND, who=stage.units[1])
    await stage.work(lambda session: service.withdraw(session, first.id, actor=stage.unit, now=at(11, 6)))
    assert (await stage.lot()).suspended_at == RAISED
    await stage.answer(second, at(11, 6, 11))
    assert (await stage.lot()).suspended_at is None
    kinds = await stage.kinds()
    assert kinds.count("project_suspended") == kinds.count("project_resumed") == 1
    assert "suspension_joined" in kinds
    assert "suspension_left" in kinds


async def test_an_objection_to_candidates_holds_the_award(database: Database) -> None:
    """招标投标法实施条例 art. 54: nobody is chosen, and no result announced, before it is answered."""
    stage = await published(database, ProjectKind.WORKS)
    told = await stage.publish(
        AnnouncementKind.CANDIDATES, at(11, 24), candidates="1. 甲公司", objections_to="住建局 0830-0000000"
    )
    objection = await stage.raise_(Paper.OBJECTION, About.RESULT, at(11, 25))
    lot = await stage.lot()
    sold = project_rules.Sold("甲公司", None, Money(70_000_000))
    with pytest.raises(ProjectStandsStill):
        await stage.work(
            lambda session: projects.conclude_lot(session, lot.id, outcome=sold, now=at(11, 25), actor=stage.officer)
        )
    async with database.reading() as session:
        project = await projects.get_project(session, stage.project_id)
        with pytest.raises(ProjectStandsStill):
            await check_order(session, project, AnnouncementKind.RESULT, at(12, 5))
    state, _due = await standing(stage, "candidates_publicity", at(11, 26))
    assert state == LimitState.STOPPED
    await stage.answer(objection, at(11, 26))
    state, due = await standing(stage, "candidates_publicity", at(11, 26))
    # 24 November + 3 days would end on the 27th; the 25th and 26th do not count: the 29th, a Sunday, rolls to the 30th.
    assert (state, due) == (LimitState.RUNNING, at(12, 1, 0))
    assert told.published_at == at(11, 24)


async def test_a_complaint_suspends_the_purchase_for_thirty_days_at_most(database: Database) -> None:
    """财政部令94号 art. 28. The clock ends it, once, whoever ticks."""
    stage = await published(database)
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    await stage.suspend(complaint, at(11, 12))
    with pytest.raises(SuspendedOnce):
        await stage.suspend(complaint, at(11, 12, 11))
    assert (await standing(stage, "suspension", at(11, 12)))[0] == LimitState.RUNNING
    assert (await standing(stage, "tender_period", at(11, 12)))[0] != LimitState.STOPPED, "what must not be early runs"
    end = longest_suspension_end(at(11, 12), 30)
    assert end == at(12, 13, 0)
    assert await handling.end_suspensions(database, end - SECOND) == 0
    assert sum(await asyncio.gather(*(handling.end_suspensions(database, end) for _ in range(3)))) == 1
    kinds = await stage.kinds()
    assert (kinds.count("project_suspended"), kinds.count("project_resumed")) == (1, 1)
    assert (await standing(stage, "suspension", end))[0] == LimitState.MET
    lot = await stage.lot()
    assert lot.suspended_at is None
    # 30 days and 14 hours are 31 days: from 23 November to 24 December.
    assert lot.bids_close_at == at(12, 24, 10)
    with pytest.raises(SuspendedOnce):
        await stage.suspend(complaint, at(12, 14))


async def test_a_decision_a_refusal_or_a_withdrawal_lifts_the_suspension(database: Database) -> None:
    stage = await published(database)
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    await stage.suspend(complaint, at(11, 12))
    await stage.accept(complaint, at(11, 12))
    await stage.decide(complaint, at(11, 13))
    assert not await stage.work(lambda session: lookups.is_suspended(session, stage.project_id))
    told = await stage.tick_announcements(at(11, 13))
    assert sorted(each.kind for each in told[1:]) == ["complaint_result", "resumption", "suspension"]
    with pytest.raises(NotSuspended):
        await stage.work(
            lambda session: handling.resume(session, complaint.id, "不再需要", actor=stage.supervisor, now=at(11, 14))
        )


async def test_two_orders_at_once_suspend_once(database: Database) -> None:
    stage = await published(database)
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    done = await asyncio.gather(*(stage.suspend(complaint, at(11, 12)) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(each, Matter) for each in done) == 1
    assert (await stage.kinds()).count("project_suspended") == 1
    async with database.reading() as session:
        assert len(list(await session.scalars(select(ProjectSuspension)))) == 1


async def land_complaint(database: Database, sale: Sale, now: datetime) -> tuple[Matter, Actor]:
    """A complaint about a land sale, after an objection that was answered; and a supervisor."""
    unit = actor_for(await make_unit(database, 9, now))
    supervisor = Actor(f"account:{new_id()}", "卫监督", roles=frozenset({Role.SUPERVISOR}))
    async with database.work() as session:
        project = await session.get_one(Project, sale.project_id)
        assert project.officer_id is not None
        officer = actor_for(await accounts.get_account(session, project.officer_id))
        lot = await projects.get_lot(session, sale.lot_id)
        lot.registration_closes_at = now + timedelta(hours=1)
        wish = service.Wish(sale.project_id, Paper.OBJECTION, About.DOCUMENTS)
        form = PAPER | {"known_on": now.date().isoformat()}
        objection = await service.raise_matter(session, new_id(), wish, form, actor=unit, now=now)
        await service.answer(session, objection.id, REJECTED, actor=officer, now=now)
        wish = service.Wish(sale.project_id, Paper.COMPLAINT, About.DOCUMENTS, prior_id=objection.id)
        return await service.raise_matter(session, new_id(), wish, form, actor=unit, now=now), supervisor


async def sale_stage(database: Database, lot_id: UUID) -> str:
    async with database.reading() as session:
        return (await auctions.auction_of(session, lot_id)).stage


async def test_a_running_sale_is_frozen_with_its_project_and_goes_on_with_the_notice(
    database: Database, now: datetime
) -> None:
    """Fujian art. 55, 58: after more than an hour it goes on a day after that was announced."""
    sale = await running(database, now, method="timed_bidding")
    complaint, supervisor = await land_complaint(database, sale, now)
    async with database.work() as session:
        await handling.suspend(session, complaint.id, SUSPENSION, actor=supervisor, now=now + SECOND)
    assert await sale_stage(database, sale.lot_id) == SaleStage.FROZEN
    grounds = orders.Grounds("核查结束，恢复交易", "福建省网上交易规则第58条")
    async with database.reading() as session:
        with pytest.raises(ProjectSuspended):
            await orders.lift(session, sale.lot_id, grounds, resumes_at=None, actor=supervisor, now=now + 2 * SECOND)
    later = now + timedelta(hours=3)
    async with database.work() as session:
        await handling.resume(session, complaint.id, "核查结束", actor=supervisor, now=later)
    async with database.reading() as session:
        auction = await auctions.auction_of(session, sale.lot_id)
        assert auction.stage == SaleStage.FROZEN
        assert auction.closes_at is not None
        assert later + timedelta(hours=24) <= auction.closes_at <= later + timedelta(hours=25)
        kinds = [each.kind for each in await journal_store.read(session, f"project:{sale.project_id}")]
    assert kinds.count("project_suspended") == kinds.count("project_resumed") == 1
    async with database.work() as session:
        while await releasing.publish_next(session, later):
            pass
    async with database.reading() as session:
        told = [each.kind for each in await session.scalars(select(Announcement))]
    assert sorted(told) == ["resumption", "suspension"], "the sale announces itself, and nobody a second time"


async def test_a_sale_that_waits_does_not_begin_while_its_project_stands_still(
    database: Database, now: datetime
) -> None:
    sale = await running(database, now, opened=False, method="timed_bidding", starts_at=now + timedelta(minutes=30))
    complaint, supervisor = await land_complaint(database, sale, now)
    async with database.work() as session:
        await handling.suspend(session, complaint.id, SUSPENSION, actor=supervisor, now=now + SECOND)
    late = now + timedelta(hours=2)
    async with database.work() as session:
        assert await auctions.advance_due(session, late, lot_id=sale.lot_id) == []
    async with database.reading() as session:
        with pytest.raises(SaleFrozen):
            await auctions.open_lot(session, sale.lot_id, actor=sale.auctioneer, now=late)
    async with database.work() as session:
        await handling.resume(session, complaint.id, "核查结束", actor=supervisor, now=late)
        assert await follow_changes(session, late) == [sale.lot_id]
    async with database.reading() as session:
        lot = await projects.get_lot(session, sale.lot_id)
        auction = await auctions.auction_of(session, sale.lot_id)
    assert lot.starts_at == now + timedelta(minutes=30, days=1)
    assert auction.starts_at >= lot.starts_at
    async with database.work() as session:
        assert await auctions.advance_due(session, lot.starts_at + timedelta(hours=1), lot_id=sale.lot_id)
    assert await sale_stage(database, sale.lot_id) != SaleStage.WAITING


async def test_a_project_that_was_terminated_meanwhile_does_not_go_on(database: Database) -> None:
    stage = await published(database)
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    await stage.suspend(complaint, at(11, 12))
    grounds = orders.Grounds("采购任务取消", "政府采购法第三十六条")
    await stage.work(
        lambda session: orders.terminate(session, stage.project_id, grounds, actor=stage.supervisor, now=at(11, 13))
    )
    await handling.end_suspensions(database, at(12, 20))
    assert "project_resumed" not in await stage.kinds()
    async with database.reading() as session:
        project = await projects.get_project(session, stage.project_id)
    assert project.state == ProjectState.TERMINATED
    assert (await stage.lot()).state == LotState.CALLED_OFF
    assert AnnouncementKind.RESUMPTION not in {each.kind for each in await stage.tick_announcements(at(12, 20))}

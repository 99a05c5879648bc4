"""A supervisor freezes a sale that only a supervisor lets go on, and terminates a project."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import files
from auction import service as auctions
from auction.completing import Issuer
from auction.refused_orders import AlreadyFrozen, FrozenBySupervisor, ResumptionNeedsNotice
from auction.sale import Stage, Step
from tests.auction.selling import Sale
from tests.conftest import Urls
from tests.supervision.acting import GROUNDS, NUMBER, Client, application, person, present, running
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.projects.models import Project
from trading.projects.rules import LotState, ProjectMovedOn, ProjectState
from trading.projects.service import get_lot
from trading.settings import Settings
from trading.supervision import orders
from trading.supervision.models import SupervisionOrder
from trading.supervision.orders import Grounds, OrderIncomplete, read_grounds

SUPERVISOR = Actor(f"account:{new_id()}", "卫监督", roles=frozenset({Role.SUPERVISOR}))
OFFICER = Actor(f"account:{new_id()}", "陈经办", roles=frozenset({Role.OFFICER}))
WHY = Grounds("收到举报，需要核实", "公共资源交易平台管理暂行办法")
SECOND = timedelta(seconds=1)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[Client]:
    async with application(settings, urls.running) as opened:
        yield opened


async def stage_of(database: Database, sale: Sale) -> str:
    async with database.reading() as session:
        return (await auctions.auction_of(session, sale.lot_id)).stage


async def test_an_officer_cannot_lift_or_end_what_a_supervisor_has_frozen(database: Database, now: datetime) -> None:
    sale = await running(database, now, method="timed_bidding")
    async with database.work() as work:
        await orders.freeze(work, sale.lot_id, WHY, actor=SUPERVISOR, now=now + SECOND)
    attempts: list[Callable[[AsyncSession], Awaitable[Step]]] = [
        lambda work: auctions.resume_lot(work, sale.lot_id, actor=OFFICER, now=now + 2 * SECOND),
        lambda work: auctions.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=now + 2 * SECOND),
        lambda work: auctions.withdraw_lot(work, sale.lot_id, reason=WHY.reasons, actor=OFFICER, now=now + 2 * SECOND),
        lambda work: auctions.announce_resumption(
            work,
            sale.lot_id,
            resumes_at=now + timedelta(days=2),
            reason=WHY.reasons,
            actor=OFFICER,
            now=now + 2 * SECOND,
        ),
    ]
    for attempt in attempts:
        async with database.reading() as work:
            with pytest.raises(FrozenBySupervisor):
                await attempt(work)
    assert await stage_of(database, sale) == Stage.FROZEN
    async with database.work() as work:
        await orders.lift(work, sale.lot_id, WHY, resumes_at=None, actor=SUPERVISOR, now=now + 3 * SECOND)
    assert await stage_of(database, sale) == Stage.OPEN
    async with database.reading() as session:
        kept = list(await session.scalars(select(SupervisionOrder).order_by(SupervisionOrder.ordered_at)))
        assert [(order.kind, order.legal_basis, order.ordered_by) for order in kept] == [
            ("freeze", WHY.legal_basis, SUPERVISOR.reference),
            ("resumption", WHY.legal_basis, SUPERVISOR.reference),
        ]
        told = await journal_store.read(session, f"project:{sale.project_id}")
        assert [entry.body["order"] for entry in told if entry.kind == "supervision_ordered"] == [
            "freeze",
            "resumption",
        ]


async def test_a_freeze_is_lifted_directly_within_an_hour_and_later_only_with_a_days_notice(
    database: Database, now: datetime
) -> None:
    """Fujian art. 58."""
    sale = await running(database, now, method="timed_bidding")
    later = now + timedelta(hours=2)
    async with database.work() as work:
        await orders.freeze(work, sale.lot_id, WHY, actor=SUPERVISOR, now=now + SECOND)
    for resumes_at in (None, later + timedelta(hours=23)):
        async with database.reading() as work:
            with pytest.raises(ResumptionNeedsNotice):
                await orders.lift(work, sale.lot_id, WHY, resumes_at=resumes_at, actor=SUPERVISOR, now=later)
    goes_on = later + timedelta(hours=25)
    async with database.work() as work:
        await orders.lift(work, sale.lot_id, WHY, resumes_at=goes_on, actor=SUPERVISOR, now=later)
    async with database.reading() as work:
        with pytest.raises(FrozenBySupervisor):
            await auctions.announce_resumption(
                work, sale.lot_id, resumes_at=goes_on + SECOND, reason="提前恢复交易", actor=OFFICER, now=later + SECOND
            )
    async with database.work() as work:
        await auctions.advance_due(work, goes_on + timedelta(seconds=1), lot_id=sale.lot_id)
    assert await stage_of(database, sale) == Stage.OPEN, "the clock carries out what the supervisor announced"


async def test_a_supervisor_takes_over_what_an_officer_has_suspended(database: Database, now: datetime) -> None:
    sale = await running(database, now, method="timed_bidding")
    async with database.work() as work:
        await auctions.suspend_lot(work, sale.lot_id, reason="核对竞买人资格", actor=OFFICER, now=now + SECOND)
        frozen = (await auctions.auction_of(work, sale.lot_id)).state.phase.frozen
        await orders.freeze(work, sale.lot_id, WHY, actor=SUPERVISOR, now=now + 5 * SECOND)
        taken = (await auctions.auction_of(work, sale.lot_id)).state.phase.frozen
        assert frozen is not None
        assert taken is not None
        assert (taken.stage, taken.at, taken.closes_at) == (frozen.stage, frozen.at, frozen.closes_at)
        assert taken.by_supervisor
    async with database.reading() as work:
        with pytest.raises(AlreadyFrozen):
            await orders.freeze(work, sale.lot_id, WHY, actor=SUPERVISOR, now=now + 6 * SECOND)
        with pytest.raises(FrozenBySupervisor):
            await auctions.resume_lot(work, sale.lot_id, actor=OFFICER, now=now + 6 * SECOND)


@pytest.mark.parametrize("stage", ["running", "waiting", "frozen", "unprepared"])
async def test_a_termination_ends_the_project_and_its_lots_whatever_they_were_doing(
    database: Database, now: datetime, tmp_path: Path, stage: str
) -> None:
    files.use_folder(tmp_path)
    sale = await running(database, now, method="timed_bidding", opened=stage in ("running", "frozen"))
    async with database.work() as work:
        if stage == "frozen":
            await orders.freeze(work, sale.lot_id, WHY, actor=SUPERVISOR, now=now + SECOND)
        if stage == "unprepared":
            await work.delete(await auctions.auction_of(work, sale.lot_id))
    async with database.work() as work:
        assert await orders.terminate(work, sale.project_id, WHY, actor=SUPERVISOR, now=now + 2 * SECOND) == [
            sale.lot_id
        ]
    async with database.reading() as session:
        project = await session.get_one(Project, sale.project_id)
        assert (project.state, project.concluded_at) == (ProjectState.TERMINATED, now + 2 * SECOND)
        assert (await get_lot(session, sale.lot_id)).state == LotState.CALLED_OFF
        assert (await auctions.auction_of(session, sale.lot_id)).stage == Stage.WITHDRAWN
        kinds = [entry.kind for entry in await journal_store.read(session, f"project:{sale.project_id}")]
    assert kinds[-2:] == ["project_terminated", "supervision_ordered"]
    assert "project_concluded" not in kinds
    async with database.work() as work:
        issuer = Issuer("演示中心", "http://127.0.0.1")
        assert await auctions.complete_concluded(work, now + 3 * SECOND, issuer=issuer) == [sale.lot_id]
    async with database.reading() as work:
        with pytest.raises(ProjectMovedOn):
            await orders.terminate(work, sale.project_id, WHY, actor=SUPERVISOR, now=now + 4 * SECOND)


@pytest.mark.parametrize("state", ["draft", "submitted", "concluded", "filed"])
async def test_what_has_not_entered_or_has_ended_is_not_terminated(
    database: Database, now: datetime, state: str
) -> None:
    sale = await running(database, now, opened=False)
    async with database.work() as work:
        (await work.get_one(Project, sale.project_id)).state = state
    async with database.reading() as work:
        with pytest.raises(ProjectMovedOn):
            await orders.terminate(work, sale.project_id, WHY, actor=SUPERVISOR, now=now)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"reasons": "短"}, {"reasons"}),
        ({"reasons": "x" * 501}, {"reasons"}),
        ({"reasons": "理由\x07充分合理"}, {"reasons"}),
        ({"legal_basis": ""}, {"legal_basis"}),
        ({"legal_basis": "x" * 201}, {"legal_basis"}),
        ({"number": "HJ2026-08"}, {"number"}),
        ({"number": ""}, {"number"}),
        ({"resumes_at": "soon"}, {"resumes_at"}),
        ({"reasons": "", "legal_basis": "", "number": ""}, {"reasons", "legal_basis", "number"}),
    ],
)
def test_an_order_without_its_grounds_or_with_another_number_is_refused(
    changes: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(OrderIncomplete) as refusal:
        read_grounds(GROUNDS | changes, number=NUMBER)
    assert set(refusal.value.faults) == fields
    assert refusal.value.count == len(fields)


async def test_the_pages_of_a_freeze_keep_what_was_typed_and_refuse_others(client: Client, database: Database) -> None:
    sale = await running(database, await present(database), method="timed_bidding")
    address = f"/supervision/lots/{sale.lot_id}"
    officer = await person(client, database, Role.OFFICER)
    for path in ("orders", "watch"):
        assert (await officer.get(f"{address}/{path}")).status == 403
    assert (await officer.post(f"{address}/freeze", GROUNDS)).status == 403
    supervisor = await person(client, database, Role.SUPERVISOR)
    page = await supervisor.get(f"{address}/orders")
    assert f"Type the lot's number: {NUMBER}" in page.text
    assert "3 plates stop at once" in page.text
    hostile = "<script>alert(1)</script>核实"
    refused = await supervisor.post(f"{address}/freeze", GROUNDS | {"reasons": hostile, "number": "1"})
    assert refused.status == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;核实" in refused.text
    assert "This is not the number" in refused.text
    assert await stage_of(database, sale) == Stage.OPEN
    assert (await supervisor.post(f"{address}/freeze", GROUNDS)).location == f"{address}/orders"
    assert await stage_of(database, sale) == Stage.FROZEN
    again = await supervisor.post(f"{address}/freeze", GROUNDS)
    assert again.status == 409
    assert "suspended already" in again.text
    shown = await officer.get(f"/lots/{sale.lot_id}/orders")
    assert "A supervisor has frozen this sale" in shown.text
    assert "Let the sale go on" not in shown.text
    orders_page = f"/lots/{sale.lot_id}/console"
    for act in ("resume", "withdraw"):
        answer = await officer.post(f"{orders_page}/{act}", {"reason": "没有问题可以继续"})
        assert answer.status == 403
        assert "only a supervisor lets it go on" in answer.text
    early = await supervisor.post(f"{address}/resumption", GROUNDS | {"resumes_at": "2020-01-01T10:00"})
    assert early.status == 422
    assert "is not in the future" in early.text
    assert (await supervisor.post(f"{address}/resumption", GROUNDS)).status == 303
    assert await stage_of(database, sale) == Stage.OPEN


async def test_the_pages_of_a_termination_say_the_consequences_in_numbers(client: Client, database: Database) -> None:
    sale = await running(database, await present(database), method="timed_bidding")
    async with database.reading() as session:
        code = str((await session.get_one(Project, sale.project_id)).entry_code)
    address = f"/supervision/projects/{sale.project_id}"
    supervisor = await person(client, database, Role.SUPERVISOR)
    assert f"{address}/termination" in (await supervisor.get(address)).text
    page = await supervisor.get(f"{address}/termination")
    assert "1 lots end without a result, 0 valid bids count for nothing" in page.text
    assert "3 bidders" in page.text
    assert (await supervisor.post(f"{address}/termination", GROUNDS)).status == 422
    assert (await supervisor.post(f"{address}/termination", GROUNDS | {"number": code})).location == address
    ended = await supervisor.get(address)
    assert "Termination ordered" in ended.text
    assert GROUNDS["legal_basis"] in ended.text
    assert "This project cannot be terminated" in (await supervisor.get(f"{address}/termination")).text
    again = await supervisor.post(f"{address}/termination", GROUNDS | {"number": code})
    assert again.status == 409
    officer = await person(client, database, Role.OFFICER)
    assert (await officer.post(f"{address}/termination", GROUNDS | {"number": code})).status == 403

"""The public pages of announcements, projects and lots, through the whole application."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from procurement.rules import ProcurementResult
from procurement.service import record_result
from tests.conftest import Urls
from tests.projects.forms import demonstration_form
from tests.projects.people import CODES, make_account, make_officer
from tests.projects.test_entry import agree, save, submit
from tests.projects.visitor import Visitor, signed_in
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount, NewUnit
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.rules import ProjectKind, Sold, Withdrawn
from trading.publication import service
from trading.publication.models import Announcement
from trading.registration import service as registrations
from trading.settings import Settings

SYSTEM = Actor.system("test")
MARK = "demonstration-mark"


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
def anybody(client: AsyncTestClient[Litestar]) -> Visitor:
    return Visitor(client)


@pytest.fixture
async def today(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_clock(session)


@dataclass
class Stage:
    """A published sale whose registration is open."""

    database: Database
    now: datetime
    sale: Announcement

    @property
    def lot_id(self) -> UUID:
        assert self.sale.lot_id is not None
        return self.sale.lot_id

    async def sell(self, outcome: Sold | Withdrawn) -> None:
        async with self.database.work() as session:
            await projects.open_contest(session, self.lot_id, now=self.now, actor=SYSTEM)
            await projects.conclude_lot(session, self.lot_id, outcome=outcome, now=self.now, actor=SYSTEM)

    async def announce(self, kind: str, facts: dict[str, object]) -> Announcement:
        async with self.database.work() as session:
            return await service.publish(
                session, kind, self.sale.project_id, self.lot_id, facts, now=self.now, actor=SYSTEM
            )


@pytest.fixture
async def stage(database: Database, today: datetime) -> Stage:
    def typed(days: int) -> str:
        return (today + timedelta(days=days)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")

    officer = await make_officer(database, "officer", today)
    form = demonstration_form(today, registration_closes_at=typed(2), starts_at=typed(3), has_reserve="no")
    project_id = await save(database, officer, form, now=today)
    await submit(database, officer, project_id, today)
    await agree(database, await make_officer(database, "reviewer", today), project_id, today)
    async with database.work() as session:
        [sale] = await service.publish_sale(session, project_id, actor=officer, now=today)
    return Stage(database, today, sale)


async def test_a_published_sale_is_on_every_public_page_with_its_mark(anybody: Visitor, stage: Stage) -> None:
    for path in (
        "/announcements",
        f"/announcements/{stage.sale.id}",
        f"/projects/{stage.sale.project_id}",
        f"/lots/{stage.lot_id}",
    ):
        answer = await anybody.get(path)
        assert answer.status == 200
        assert "合江县县城第51号地块" in answer.text
        assert MARK in answer.text
        assert answer.text.count("<h1>") == 1


async def test_an_announcement_shows_its_frozen_facts_and_their_hash(anybody: Visitor, stage: Stage) -> None:
    page = (await anybody.get(f"/announcements/{stage.sale.id}")).text
    assert stage.sale.facts_hash in page
    assert "23,610,000.00" in page
    assert "6,093.36 m²" in page


async def test_an_announcement_stays_as_it_was_when_the_lot_changes(anybody: Visitor, stage: Stage) -> None:
    before = (await anybody.get(f"/announcements/{stage.sale.id}")).text
    async with stage.database.work() as session:
        lot = await projects.lock_lot(session, stage.lot_id)
        lot.location, lot.starting_price_fen = "别处", 1
    after = (await anybody.get(f"/announcements/{stage.sale.id}")).text
    assert after.split("<main")[1] == before.split("<main")[1]
    assert "别处" in (await anybody.get(f"/lots/{stage.lot_id}")).text


async def test_before_publication_nobody_sees_anything(anybody: Visitor, database: Database, today: datetime) -> None:
    officer = await make_officer(database, "officer", today)
    project_id = await save(database, officer, demonstration_form(today), now=today)
    await submit(database, officer, project_id, today)
    await agree(database, await make_officer(database, "reviewer", today), project_id, today)
    async with database.reading() as session:
        [lot] = await projects.lots_of(session, project_id)
    assert (await anybody.get(f"/projects/{project_id}")).status == 404
    assert (await anybody.get(f"/lots/{lot.id}")).status == 404
    assert "地块" not in (await anybody.get("/announcements")).text


async def test_the_lot_page_offers_what_this_person_can_do_now(
    client: AsyncTestClient[Litestar], anybody: Visitor, stage: Stage
) -> None:
    register, room = f"/lots/{stage.lot_id}/registration", f"/lots/{stage.lot_id}/room"
    console, watch = f"/lots/{stage.lot_id}/console", f"/lots/{stage.lot_id}/watch"
    page = (await anybody.get(f"/lots/{stage.lot_id}")).text
    assert register in page
    assert room not in page
    assert console not in page
    auctioneer = await make_account(stage.database, "auctioneer", stage.now, Role.AUCTIONEER)
    visitor = await signed_in(client, stage.database, auctioneer)
    assert console in (await visitor.get(f"/lots/{stage.lot_id}")).text
    async with stage.database.work() as session:
        unit = NewUnit("合江演示建设有限公司", "12510522MB0000014N", "合江演示建设有限公司", "62220001", "张三", "138")
        account = NewAccount("bidder", "张三", "four words make one", frozenset({Role.BIDDER}))
        bidder = await accounts.sign_up_bidder(session, unit, account, now=stage.now)
    visitor = await signed_in(client, stage.database, bidder)
    assert register in (await visitor.get(f"/lots/{stage.lot_id}")).text
    async with stage.database.work() as session:
        actor = accounts.actor_for(bidder)
        assert actor.unit_id is not None
        made = await registrations.register(session, stage.lot_id, actor.unit_id, actor, stage.now)
    assert "the deposit is awaited" in (await visitor.get(f"/lots/{stage.lot_id}")).text
    async with stage.database.work() as session:
        plate = await registrations.qualify(session, made.id, stage.now, SYSTEM)
    page = (await visitor.get(f"/lots/{stage.lot_id}")).text
    assert f"Your plate: {plate}" in page
    assert room in page
    async with stage.database.work() as session:
        await projects.open_contest(session, stage.lot_id, now=stage.now, actor=SYSTEM)
    page = (await anybody.get(f"/lots/{stage.lot_id}")).text
    assert watch in page
    assert register not in page
    assert "Live now" in page


async def test_a_sold_lot_shows_winner_and_price_and_the_project_its_whole_spine(
    anybody: Visitor, stage: Stage
) -> None:
    await stage.sell(Sold("合江演示置业有限公司", None, Money.from_wan("3491.48")))
    facts: dict[str, object] = {
        "winner_name": "合江演示置业有限公司",
        "starting_price_fen": 2_361_000_000,
        "final_fen": 3_491_480_000,
        "concluded_at": "2026-11-30T02:00:00.000000Z",
    }
    project = (await anybody.get(f"/projects/{stage.sale.project_id}")).text
    assert "by 20" in project  # the result has a last day for its publication
    result = await stage.announce("result", facts)
    page = (await anybody.get(f"/announcements/{result.id}")).text
    assert "34,914,800.00" in page
    assert "11,304,800.00" in page
    lot = (await anybody.get(f"/lots/{stage.lot_id}")).text
    assert "3,491.48" in lot
    assert "合江演示置业有限公司" in lot
    project = (await anybody.get(f"/projects/{stage.sale.project_id}")).text
    assert "合江演示置业有限公司, 34,914,800.00 yuan" in project
    assert f"/announcements/{result.id}" in project


async def test_a_withdrawn_lot_and_a_correction_are_told_in_words(anybody: Visitor, stage: Stage) -> None:
    await stage.sell(Withdrawn("below_reserve"))
    facts: dict[str, object] = {"reason": "below_reserve", "ended_at": "2026-11-30T02:00:00.000000Z"}
    withdrawal = await stage.announce("withdrawal", facts)
    assert "最高报价低于底价" in (await anybody.get(f"/announcements/{withdrawal.id}")).text
    async with stage.database.work() as session:
        correction = await service.correct(session, withdrawal.id, "更正<b>时间</b>", actor=SYSTEM, now=stage.now)
    page = (await anybody.get(f"/announcements/{correction.id}")).text
    assert "更正&lt;b&gt;时间&lt;/b&gt;" in page
    assert withdrawal.number in page
    assert "followed by others" in (await anybody.get(f"/announcements/{withdrawal.id}")).text


async def test_a_recorded_selection_shows_its_result_and_its_legal_basis(
    anybody: Visitor, database: Database, today: datetime
) -> None:
    result = ProcurementResult(
        kind=ProjectKind.FIXED_PRICE_SELECTION,
        title="村道硬化工程",
        buyer_name="合江县演示镇",
        winner_name="合江演示路桥有限公司",
        winner_credit_code=None,
        budget=None,
        award=Money.from_wan("74.82"),
        concluded_at=datetime(2014, 3, 5, 7, tzinfo=UTC),
        legal_basis="演示规则第一条",
        decided_by="演示镇办公会",
        is_demonstration=True,
    )
    async with database.work() as session:
        deal = await record_result(session, result, CODES, actor=SYSTEM, now=today)
    project = (await anybody.get(f"/projects/{deal.project_id}")).text
    for told in ("演示规则第一条", "演示镇办公会", "74.82", MARK, "Recorded on this platform"):
        assert told in project
    lot = (await anybody.get(f"/lots/{deal.lot_id}")).text
    assert "is recorded here with its result" in lot
    assert "/registration" not in lot
    assert "/watch" not in lot


@pytest.mark.parametrize(
    "query",
    [
        "?q=%00",
        "?q=%27%20or%201%3D1--",
        "?kind=nonsense",
        "?from=nonsense&to=2026-13-45",
        "?from=0001-01-01&to=9999-12-31",
        "?page=0",
        "?page=-1",
        "?page=99999999999999999999",
        "?page=１",
        "?q=" + "长" * 300,
        "?q=%3Cscript%3E",
    ],
)
async def test_no_search_whatever_breaks_the_list(anybody: Visitor, stage: Stage, query: str) -> None:
    answer = await anybody.get("/announcements" + query)
    assert answer.status == 200
    assert "<script>" not in answer.text.split("<main")[1]


async def test_a_day_that_is_none_is_told_beside_its_field_and_stays(anybody: Visitor, stage: Stage) -> None:
    page = (await anybody.get("/announcements?from=2026-02-30")).text
    assert 'id="error-from"' in page
    assert 'value="2026-02-30"' in page


async def test_the_filters_stay_in_the_address_of_the_next_page(anybody: Visitor, stage: Stage) -> None:
    for number in range(22):
        await stage.announce(
            "result", {"winner_name": f"竞得人{number}", "final_fen": 1, "concluded_at": "2026-11-30T02:00:00.000000Z"}
        )
    page = (await anybody.get("/announcements?kind=result&q=%E5%9C%B0%E5%9D%97")).text
    assert "?q=%E5%9C%B0%E5%9D%97&amp;kind=result&amp;page=2" in page
    assert page.count("<tr>") == 21


@pytest.mark.parametrize("path", ["announcements", "projects", "lots"])
async def test_what_does_not_exist_is_a_page_that_says_so(anybody: Visitor, path: str) -> None:
    answer = await anybody.get(f"/{path}/{new_id()}")
    assert answer.status == 404
    assert "There is no such" in answer.text
    assert (await anybody.get(f"/{path}/nonsense")).status == 404

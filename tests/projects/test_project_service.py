"""From publication to the dossier: what happens to projects and lots after their entry."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from tests.projects.forms import NOW, land_form
from tests.projects.people import CODES, make_officer
from tests.projects.test_entry import agree, enter, kinds, save, submit
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects import service
from trading.projects.models import Deal, Lot, Project
from trading.projects.rules import (
    CalledOff,
    EntryHasProblems,
    LotMovedOn,
    LotState,
    NotYourProject,
    Outcome,
    ProjectKind,
    ProjectMovedOn,
    ProjectState,
    Sold,
    Withdrawn,
)
from trading.projects.service import RecordedDeal

SYSTEM = Actor.system("test")
SOLD = Sold("合江演示置业有限公司", "91510522MA62000018", Money.from_wan("3491.48"))


async def publish(database: Database, actor: Actor, project: Project, now: datetime = NOW) -> None:
    async with database.work() as session:
        await service.mark_published(session, project.id, actor=actor, now=now)


async def entered(database: Database) -> tuple[Actor, Project]:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    return officer, await agree(database, await make_officer(database, "reviewer", NOW), project_id)


async def contest(database: Database) -> Lot:
    officer, project = await entered(database)
    await publish(database, officer, project)
    async with database.work() as session:
        [lot] = await service.lots_of(session, project.id)
        return await service.open_contest(session, lot.id, now=NOW, actor=SYSTEM)


async def conclude(database: Database, lot: Lot, outcome: Outcome) -> Deal | None:
    async with database.work() as session:
        return await service.conclude_lot(session, lot.id, outcome=outcome, now=NOW, actor=SYSTEM)


async def test_publication_makes_the_project_and_its_lot_public(database: Database) -> None:
    officer, project = await entered(database)
    await publish(database, officer, project)
    async with database.reading() as session:
        public = await service.get_public_project(session, project.id)
        [lot] = await service.lots_in(session, {LotState.PUBLISHED})
    assert (public.state, public.published_at, lot.project_id) == (ProjectState.PUBLISHED, NOW, project.id)
    with pytest.raises(ProjectMovedOn):
        await publish(database, officer, project)


async def test_only_the_officer_in_charge_publishes(database: Database) -> None:
    _, project = await entered(database)
    with pytest.raises(NotYourProject):
        await publish(database, await make_officer(database, "other", NOW), project)


async def test_the_periods_are_judged_again_at_publication(database: Database) -> None:
    """国土资源部令39号 art. 8: the twenty days count from the announcement, not from the entry."""
    officer, project = await entered(database)
    with pytest.raises(EntryHasProblems) as refusal:
        await publish(database, officer, project, NOW + timedelta(days=9))
    assert [problem.field for problem in refusal.value.problems] == ["starts_at"]


async def test_a_sold_lot_makes_one_deal_and_concludes_its_project(database: Database) -> None:
    lot = await contest(database)
    deal = await conclude(database, lot, SOLD)
    assert deal is not None
    assert (deal.baseline_fen, deal.final_fen, deal.area_mu) == (2_361_000_000, 3_491_480_000, Decimal("9.14"))
    assert (deal.winner_name, deal.category) == (SOLD.winner_name, "land")
    async with database.reading() as session:
        project = await service.get_project(session, lot.project_id)
        assert (project.state, project.concluded_at) == (ProjectState.CONCLUDED, NOW)
        stored = await service.deal_of(session, lot.id)
        assert stored is not None
        assert stored.id == deal.id
        assert [found.id for found in await service.latest_deals(session)] == [deal.id]
    assert (await kinds(database, f"lot:{lot.id}"))[-2:] == ["contest_opened", "lot_sold"]
    assert (await kinds(database, f"project:{lot.project_id}"))[-1] == "project_concluded"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Withdrawn("below_reserve"), LotState.WITHDRAWN), (CalledOff("too_few_bidders"), LotState.CALLED_OFF)],
)
async def test_a_lot_that_ends_without_a_sale_makes_no_deal(
    database: Database, outcome: Outcome, state: LotState
) -> None:
    lot = await contest(database)
    assert await conclude(database, lot, outcome) is None
    async with database.reading() as session:
        assert (await service.get_lot(session, lot.id)).state == state
        assert (await service.get_project(session, lot.project_id)).state == ProjectState.CONCLUDED
        assert await service.latest_deals(session) == []


async def test_a_lot_is_concluded_once_even_when_two_try_at_the_same_moment(database: Database) -> None:
    lot = await contest(database)
    results = await asyncio.gather(*(conclude(database, lot, SOLD) for _ in range(2)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Deal", "LotMovedOn"]


async def test_a_lot_or_project_that_is_locked_is_locked_for_everybody_else(database: Database) -> None:
    _, lot = await enter(database, land_form())
    async with database.work() as holder:
        await service.lock_project(holder, lot.project_id)
        await service.lock_lot(holder, lot.id)
        for lock, locked_id in ((service.lock_lot, lot.id), (service.lock_project, lot.project_id)):
            async with database.reading() as other:
                await other.execute(text("SET LOCAL lock_timeout = '50ms'"))
                with pytest.raises(DBAPIError, match="lock timeout"):
                    await lock(other, locked_id)


async def test_a_lot_that_was_not_opened_cannot_be_sold(database: Database) -> None:
    _, lot = await enter(database, land_form())
    with pytest.raises(LotMovedOn):
        await conclude(database, lot, SOLD)


async def test_a_concluded_project_is_filed_once(database: Database) -> None:
    lot = await contest(database)
    with pytest.raises(ProjectMovedOn):
        async with database.work() as session:
            await service.file_project(session, lot.project_id, actor=SYSTEM, now=NOW)
    await conclude(database, lot, SOLD)
    did = []
    for _ in range(2):
        async with database.work() as session:
            did.append(await service.file_project(session, lot.project_id, actor=SYSTEM, now=NOW))
    assert did == [True, False]
    assert (await kinds(database, f"project:{lot.project_id}")).count("project_filed") == 1


def recorded(**changed: object) -> RecordedDeal:
    facts: dict[str, object] = {
        "kind": ProjectKind.GOVERNMENT_PROCUREMENT,
        "title": "办公设备采购",
        "owner_name": "合江县演示局",
        "winner_name": "合江演示商贸有限公司",
        "winner_credit_code": None,
        "baseline": Money.from_wan("50"),
        "final": Money.from_wan("41.5"),
        "concluded_at": datetime(2014, 3, 5, 7, 0, tzinfo=UTC),
        "is_demonstration": True,
    }
    return RecordedDeal(**(facts | changed))  # type: ignore[arg-type]  # the table of a test


async def record(database: Database, deal: RecordedDeal) -> Deal:
    async with database.work() as session:
        return await service.record_concluded_deal(session, deal, CODES, actor=SYSTEM, now=NOW)


async def test_a_recorded_deal_is_dated_by_its_conclusion_and_says_when_it_was_recorded(database: Database) -> None:
    deal = await record(database, recorded())
    async with database.reading() as session:
        project = await service.get_public_project(session, deal.project_id)
        lot = await service.get_lot(session, deal.lot_id)
        history = await service.history_of(session, project.id)
    assert (deal.baseline_fen, deal.final_fen, deal.is_demonstration) == (50_000_000, 41_500_000, True)
    assert (lot.is_recorded, lot.state, project.state) == (True, LotState.SOLD, ProjectState.CONCLUDED)
    assert "-20140305-" in str(lot.deal_code)
    assert {found.at for found in history} == {NOW}
    assert {found.kind for found in history} == {"concluded_deal_recorded", "lot_sold"}


async def test_a_price_fixed_beforehand_has_no_baseline(database: Database) -> None:
    fixed = recorded(kind=ProjectKind.FIXED_PRICE_SELECTION, baseline=None, legal_basis="合江县演示规则")
    assert (await record(database, fixed)).baseline_fen is None


async def test_a_recorded_lot_is_never_among_those_on_sale(database: Database) -> None:
    await record(database, recorded())
    async with database.reading() as session:
        assert await service.lots_in(session, set(LotState)) == []


async def test_a_lot_on_sale_cannot_lack_any_of_its_terms(database: Database) -> None:
    project_id, _ = await enter(database, land_form())
    for selling_method, missing in (("auction", "terms_of_sale"), (None, "terms_of_purchase")):
        lot = Lot(id=new_id(), project_id=project_id, number=2, title="无条款", state=LotState.ENTERED)
        lot.facts = {"kind": "something"}  # it need not be a parcel
        lot.selling_method = selling_method  # type: ignore[assignment]
        with pytest.raises(IntegrityError, match=missing):
            async with database.work() as session:
                session.add(lot)


async def test_a_lot_for_sale_is_a_parcel_or_tells_what_else_it_is(database: Database) -> None:
    _, lot = await enter(database, land_form())
    with pytest.raises(IntegrityError, match="parcel_or_facts"):
        async with database.work() as session:
            await session.execute(text("UPDATE lots SET area_mu = NULL WHERE id = :id"), {"id": lot.id})


@pytest.mark.parametrize("table", ["deals", "reserve_prices", "project_reviews", "announcements"])
@pytest.mark.parametrize("change", ["DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
async def test_the_running_role_cannot_take_back_what_was_written(database: Database, table: str, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.work() as session:
            await session.execute(text(change.format(table=table)))


async def test_a_deal_cannot_be_changed_by_the_running_role(database: Database) -> None:
    deal = await record(database, recorded())
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.work() as session:
            await session.execute(text("UPDATE deals SET final_fen = 1 WHERE id = :id"), {"id": deal.id})

"""Changes that were released: what they move, and what the platform announces by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.projects.forms import NOW, land_form
from tests.projects.test_entry import agree, save, submit
from tests.publication.release_stage import CHANGE, SYSTEM, Stage, entered
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.changing import DatesFixed
from trading.projects.rules import Withdrawn
from trading.publication import releasing, service, texts
from trading.publication.release_rules import (
    AnnouncementHasProblems,
    KindNotOffered,
)
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementKind


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await entered(database)


async def test_a_late_change_of_land_moves_the_sale_and_says_so(stage: Stage) -> None:
    """国土资发〔2006〕114号 (unconfirmed): less than 20 days before the start, the sale moves."""
    sale = await stage.published()
    later = NOW + timedelta(days=14)  # Monday 16 November, 09:30; the sale starts on the 30th
    change = await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=sale.id), later)
    await stage.release(change, now=later)
    [_, told] = await stage.announcements()
    facts = service.facts_of(told)
    assert (told.corrects_id, facts["changed_number"]) == (sale.id, sale.number)
    assert {one["name"]: one["after"] for one in facts["moved"]} == {
        "registration_closes_at": "2026-12-02T09:00:00.000000Z",
        "starts_at": "2026-12-07T01:30:00.000000Z",
    }
    assert told.text is not None
    assert "2026年12月7日 09:30" in told.text
    assert "依据" in told.text
    async with stage.database.reading() as session:
        [lot] = await projects.lots_of(session, stage.project_id)
        entries = (await session.execute(text("SELECT body FROM journal_entries WHERE kind = 'dates_changed'"))).all()
    assert lot.starts_at.isoformat() == "2026-12-07T01:30:00+00:00"
    assert len(entries) == 1
    assert told.number in entries[0][0]


async def test_a_typing_error_moves_nothing_when_the_reason_is_said(stage: Stage) -> None:
    sale, later = await stage.published(), NOW + timedelta(days=14)
    typed = {"correction": "“符阳街道”误为“附阳街道”。", "affects_bids": "no"}
    with pytest.raises(AnnouncementHasProblems) as refusal:
        await stage.prepare(Draft(AnnouncementKind.CORRECTION, typed, follows=sale.id), later)
    assert [problem.field for problem in refusal.value.problems] == ["no_effect_reason"]
    typed["no_effect_reason"] = "街道名称笔误，不影响报价。"
    await stage.release(
        await stage.prepare(Draft(AnnouncementKind.CORRECTION, typed, follows=sale.id), later), now=later
    )
    [_, told] = await stage.announcements()
    facts = service.facts_of(told)
    assert (facts["affects_bids"], facts.get("moved")) == (False, None)
    assert "街道名称笔误" in str(told.text)
    async with stage.database.reading() as session:
        [lot] = await projects.lots_of(session, stage.project_id)
    assert lot.starts_at.isoformat() == "2026-11-30T01:30:00+00:00"


async def test_more_time_than_the_rule_asks_can_be_given_but_not_less(stage: Stage) -> None:
    sale = await stage.published()
    typed = CHANGE | {"new_deadline_at": "2026-11-27 09:30"}
    with pytest.raises(AnnouncementHasProblems) as refusal:
        await stage.prepare(Draft(AnnouncementKind.CHANGE, typed, follows=sale.id))
    assert [problem.field for problem in refusal.value.problems] == ["new_deadline_at"]
    typed = CHANGE | {"new_deadline_at": "2026-12-14 09:30"}
    await stage.release(await stage.prepare(Draft(AnnouncementKind.CHANGE, typed, follows=sale.id)))
    async with stage.database.reading() as session:
        [lot] = await projects.lots_of(session, stage.project_id)
    assert lot.starts_at.isoformat() == "2026-12-14T01:30:00+00:00"


async def test_a_change_that_is_published_later_than_planned_moves_by_its_real_moment(stage: Stage) -> None:
    sale, later = await stage.published(), NOW + timedelta(days=7)
    change = await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=sale.id), later)
    await stage.release(change, "2026-11-10 09:00", now=later)
    await stage.publish_next(NOW + timedelta(days=14))
    async with stage.database.reading() as session:
        [lot] = await projects.lots_of(session, stage.project_id)
    assert lot.starts_at.isoformat() == "2026-12-07T01:30:00+00:00"


async def test_once_the_contest_has_begun_no_date_changes(stage: Stage) -> None:
    sale = await stage.published()
    change = await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=sale.id), NOW + timedelta(days=14))
    last_minute = NOW + timedelta(days=28) - timedelta(seconds=30)
    with pytest.raises(DatesFixed):
        await stage.release(change, now=last_minute)
    async with stage.database.work() as work:
        assert sale.lot_id is not None
        await projects.open_contest(work, sale.lot_id, now=NOW, actor=SYSTEM)
    await stage.release(change, now=NOW + timedelta(days=14))
    [_, told] = await stage.announcements()
    assert "moved" not in service.facts_of(told)


async def test_a_change_follows_an_announcement_of_its_own_project(database: Database, stage: Stage) -> None:
    await stage.published()
    for follows in (None,):
        with pytest.raises(KindNotOffered):
            await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=follows))
    other = await save(database, stage.first, land_form(parcel_number="HJ-2026-052"))
    await submit(database, stage.first, other)
    await agree(database, stage.second, other)
    async with database.work() as work:
        [foreign] = await service.publish_sale(work, other, actor=stage.first, now=NOW)
    with pytest.raises(KindNotOffered):
        await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=foreign.id))


async def test_what_the_platform_announces_itself_needs_no_second_person(stage: Stage) -> None:
    sale = await stage.published()
    facts = {"reason": "platform_away", "suspended_at": "2026-11-30T02:00:00.000000Z", "selling_method": "auction"}
    async with stage.database.work() as work:
        await releasing.announce_soon(
            work, AnnouncementKind.SUSPENSION, stage.project_id, sale.lot_id, facts, actor=SYSTEM, now=NOW
        )
    assert await stage.publish_next(NOW) is not None
    assert await stage.publish_next(NOW) is None
    [_, told] = await stage.announcements()
    assert (told.kind, told.number, told.published_by) == ("suspension", "中止公告〔2026〕0001号", "system:test")
    assert "平台故障" in str(told.text)


async def test_a_result_by_hand_is_not_for_sales(stage: Stage) -> None:
    sale = await stage.published()
    async with stage.database.work() as work:
        assert sale.lot_id is not None
        await projects.open_contest(work, sale.lot_id, now=NOW, actor=SYSTEM)
        await projects.conclude_lot(work, sale.lot_id, outcome=Withdrawn("nobody_bid"), now=NOW, actor=SYSTEM)
    with pytest.raises(KindNotOffered):
        await stage.prepare(Draft(AnnouncementKind.RESULT, {}))


async def test_a_template_that_breaks_never_holds_up_an_announcement(stage: Stage) -> None:
    sale = await stage.published()
    broken = texts.Version(AnnouncementKind.SUSPENSION, 7, "<p>{{ nothing.at_all }}</p>")
    facts = service.facts_of(sale) | {"reason": "by_order", "suspended_at": "2026-11-30T02:00:00.000000Z"}
    made, version = texts.written(broken, facts | texts.own_facts(sale))
    assert version == 0
    assert "中止" in made

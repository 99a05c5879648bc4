"""Publishing and finding announcements."""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.projects.forms import NOW, land_form
from tests.projects.people import make_officer
from tests.projects.test_entry import agree, kinds, save, submit
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.errors import Outdated
from trading.kernel.ids import new_id
from trading.projects import service as projects
from trading.publication import finding, service
from trading.publication.finding import PAGE_LENGTH, Search
from trading.publication.models import Announcement
from trading.publication.rules import AnnouncementIncomplete, AnnouncementKind, AnnouncementNotFound

SYSTEM = Actor.system("test")


async def published(database: Database, **changed: str) -> Announcement:
    """The announcement of a sale that went its whole way."""
    officer = await make_officer(database, f"o{new_id()}", NOW)
    project_id = await save(database, officer, land_form(**changed))
    await submit(database, officer, project_id)
    await agree(database, await make_officer(database, f"r{new_id()}", NOW), project_id)
    async with database.work() as session:
        [announcement] = await service.publish_sale(session, project_id, actor=officer, now=NOW)
    return announcement


async def publish_result(session: AsyncSession, sale: Announcement, winner: str, now: datetime = NOW) -> Announcement:
    facts = {"winner_name": winner, "final_fen": 3_491_480_000, "concluded_at": "2026-11-30T02:00:00.000000Z"}
    return await service.publish(
        session, AnnouncementKind.RESULT, sale.project_id, sale.lot_id, facts, now=now, actor=SYSTEM
    )


async def found(database: Database, search: Search) -> list[UUID]:
    async with database.reading() as session:
        return [hit.id for hit in (await finding.find(session, search, NOW)).announcements]


async def test_a_sale_is_announced_with_all_its_terms_and_nothing_of_the_reserve(database: Database) -> None:
    sale = await published(database, has_reserve="yes", reserve_price="25000000.77")
    facts = service.facts_of(sale)
    assert facts["starting_price_fen"] == 2_361_000_000
    assert facts["has_reserve"] is True
    assert facts["minimum_bidders"] == 3
    assert facts["starts_at"] == "2026-11-30T01:30:00.000000Z"
    assert str(facts["deal_code"]).startswith("C01-")
    assert "2500000077" not in sale.facts
    assert sale.number == "出让公告〔2026〕0001号"
    assert sale.title == "合江县县城第51号地块国有建设用地使用权出让公告"


async def test_the_hash_of_the_frozen_facts_is_in_the_journal(database: Database) -> None:
    sale = await published(database)
    assert sale.facts_hash == hashlib.sha256(sale.facts.encode()).hexdigest()
    async with database.reading() as session:
        history = await projects.history_of(session, sale.project_id)
    [entry] = [found for found in history if found.kind == "announcement_published"]
    assert entry.body["facts_sha256"] == sale.facts_hash
    assert entry.body["announcement"] == str(sale.id)


async def test_a_sale_is_published_once(database: Database) -> None:
    sale = await published(database)
    async with database.reading() as session:
        officer_id = (await projects.get_project(session, sale.project_id)).officer_id
    actor = Actor(f"account:{officer_id}", "officer", officer_id)
    with pytest.raises(Outdated):
        async with database.work() as session:
            await service.publish_sale(session, sale.project_id, actor=actor, now=NOW)
    assert (await kinds(database, f"project:{sale.project_id}")).count("announcement_published") == 1


async def test_an_incomplete_announcement_takes_no_number(database: Database) -> None:
    sale = await published(database)
    with pytest.raises(AnnouncementIncomplete):
        async with database.work() as session:
            await service.publish(session, "result", sale.project_id, sale.lot_id, {}, now=NOW, actor=SYSTEM)
    async with database.work() as session:
        result = await publish_result(session, sale, "合江演示置业有限公司")
    assert result.number == "成交公告〔2026〕0001号"


async def test_announcements_published_at_once_get_different_numbers(database: Database) -> None:
    sale = await published(database)

    async def one(number: int) -> str:
        async with database.work() as session:
            return (await publish_result(session, sale, f"竞得人{number}")).number

    numbers = await asyncio.gather(*(one(number) for number in range(6)))
    assert sorted(numbers) == [f"成交公告〔2026〕{number:04d}号" for number in range(1, 7)]


async def test_an_announcement_is_followed_by_a_correction_and_never_changed(database: Database) -> None:
    sale = await published(database)
    async with database.work() as session:
        correction = await service.correct(session, sale.id, "挂牌地点更正为二楼。", actor=SYSTEM, now=NOW)
    assert correction.corrects_id == sale.id
    assert service.facts_of(correction)["corrected_number"] == sale.number
    for change in ("UPDATE announcements SET title = 'x'", "DELETE FROM announcements"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.work() as session:
                await session.execute(text(change))
    with pytest.raises(AnnouncementIncomplete):
        async with database.work() as session:
            await service.correct(session, sale.id, "   ", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("typed", "hit"),
    [
        ("榕山", True),
        ("合江县榕山镇", True),
        ("榕", True),
        ("镇", True),
        ("山江", False),
        ("县榕", True),
        ("成都", False),
        ("第51号地块", True),
        ("第52号地块", False),
        ("hj-2026-051", True),
        ("ＨＪ 2026", True),
        ("051", True),
        ("52", False),
        ("规划局", True),
        ("榕山 规划局", True),
        ("榕山 成都", False),
        ("出让公告〔2026〕0001号", True),
        ("六十日", True),
        ("', (", False),
        ("a' | 'b", False),
        ("' or 1=1 --", False),
        ("𠮷", False),
        ("长" * 500, False),
    ],
)
async def test_chinese_words_of_two_characters_are_found(database: Database, typed: str, hit: bool) -> None:
    sale = await published(database, location="合江县榕山镇")
    assert (await found(database, Search(typed)) == [sale.id]) == hit


async def test_the_codes_of_a_project_find_its_announcements(database: Database) -> None:
    sale = await published(database)
    facts = service.facts_of(sale)
    assert await found(database, Search(facts["entry_code"])) == [sale.id]
    assert await found(database, Search(facts["deal_code"])) == [sale.id]


async def test_filters_by_kind_and_by_local_day(database: Database) -> None:
    sale = await published(database)
    before_midnight = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    async with database.work() as session:
        result = await publish_result(session, sale, "甲", before_midnight)
        next_day = await publish_result(session, sale, "乙", before_midnight + timedelta(seconds=1))
    assert await found(database, Search(kind=AnnouncementKind.SALE)) == [sale.id]
    assert await found(database, Search(kind=AnnouncementKind.RESULT)) == [next_day.id, result.id]
    day = date(2026, 11, 30)
    assert await found(database, Search(first_day=day, last_day=day)) == [result.id]
    assert await found(database, Search(first_day=day + timedelta(days=1))) == [next_day.id]


async def test_pages_are_whole_and_a_page_beyond_the_last_is_the_last(database: Database) -> None:
    sale = await published(database)
    async with database.work() as session:
        for number in range(PAGE_LENGTH + 3):
            await publish_result(session, sale, f"竞得人{number}", NOW + timedelta(minutes=number))
    async with database.reading() as session:
        first = await finding.find(session, Search(kind=AnnouncementKind.RESULT), NOW)
        last = await finding.find(session, Search(kind=AnnouncementKind.RESULT, page=99), NOW)
        nothing = await finding.find(session, Search("没有这样的", page=-5), NOW)
    assert (len(first.announcements), len(last.announcements)) == (PAGE_LENGTH, 3)
    assert (first.total, first.pages, last.page) == (PAGE_LENGTH + 3, 2, 2)
    assert not {hit.id for hit in first.announcements} & {hit.id for hit in last.announcements}
    assert (nothing.total, nothing.pages, nothing.page) == (0, 1, 1)


async def test_the_search_uses_its_index(database: Database) -> None:
    async with database.reading() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.scalars(
            text("EXPLAIN SELECT announcement_id FROM listed_announcements WHERE words @@ to_tsquery('simple', '榕山')")
        )
        assert "ix_listed_announcements_words" in " ".join(plan)


async def test_an_announcement_that_does_not_exist_is_not_found(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(AnnouncementNotFound):
            await service.get_announcement(session, new_id())

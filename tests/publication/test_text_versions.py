"""Versions of templates: proposed by one administrator, approved by another, used from then on, never changed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.projects.forms import NOW
from tests.publication.test_publication import publish_result, published
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.publication import public_page, service, texts
from trading.publication.kind_types import AnnouncementKind
from trading.publication.texts import SameAdministrator, TextDecided, TextNoteMissing, TextNotFound, TextRefused

FIRST, SECOND = Actor("account:1", "first"), Actor("account:2", "second")
RESULT = AnnouncementKind.RESULT
NEW = "<h2>结果</h2><p>{{ lot_title }}由{{ winner_name }}以{{ final_fen | yuan }}元竞得。</p>"


async def propose(database: Database, source: str = NEW, note: str = "更短", kind: AnnouncementKind = RESULT) -> Any:
    async with database.work() as work:
        return await texts.propose(work, kind, source, note, actor=FIRST, now=NOW)


async def decide(database: Database, proposed: Any, *, approve: bool = True, actor: Actor = SECOND) -> None:
    async with database.work() as work:
        await texts.decide(work, proposed.id, approve=approve, reasons="", actor=actor, now=NOW)


async def version_in_use(database: Database) -> int:
    async with database.reading() as session:
        return (await texts.current(session, RESULT)).number


async def test_a_version_is_used_once_another_administrator_has_approved_it(database: Database) -> None:
    sale = await published(database)
    proposed = await propose(database)
    assert await version_in_use(database) == 0
    with pytest.raises(SameAdministrator):
        await decide(database, proposed, actor=FIRST)
    await decide(database, proposed)
    assert await version_in_use(database) == 1
    async with database.work() as work:
        told = await publish_result(work, sale, "合江演示置业有限公司")
    assert told.text_version == 1
    assert told.text == (
        "<h2>结果</h2>\n<p>合江县县城第51号地块国有建设用地使用权出让由合江演示置业有限公司以34,914,800.00元竞得。</p>\n"
    )


async def test_what_was_published_stays_byte_for_byte_when_the_template_changes(database: Database) -> None:
    sale = await published(database)
    async with database.work() as work:
        before = await publish_result(work, sale, "甲公司")
    await decide(database, await propose(database))
    async with database.reading() as session:
        after = await service.get_announcement(session, before.id)
    assert (after.text, after.text_hash, after.text_version) == (before.text, before.text_hash, 0)
    assert public_page.text_of(after) == before.text


async def test_a_version_turned_down_is_never_used(database: Database) -> None:
    proposed = await propose(database)
    await decide(database, proposed, approve=False)
    assert await version_in_use(database) == 0
    with pytest.raises(TextDecided):
        await decide(database, proposed)


async def test_an_older_version_is_not_approved_after_a_newer_one(database: Database) -> None:
    old, new = await propose(database), await propose(database, NEW + "<p>。</p>")
    assert (old.version, new.version) == (1, 2)
    await decide(database, new)
    with pytest.raises(TextDecided):
        await decide(database, old)
    assert await version_in_use(database) == 2


async def test_versions_proposed_at_once_get_different_numbers(database: Database) -> None:
    made = await asyncio.gather(*(propose(database) for _ in range(4)))
    assert sorted(one.version for one in made) == [1, 2, 3, 4]


async def test_two_administrators_decide_once(database: Database) -> None:
    proposed = await propose(database)
    third = Actor("account:3", "third")
    done = await asyncio.gather(
        decide(database, proposed), decide(database, proposed, actor=third), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "TextDecided"]


async def test_versions_are_facts_that_nobody_changes(database: Database) -> None:
    await decide(database, await propose(database))
    for change in ("UPDATE announcement_texts SET source = 'x'", "DELETE FROM announcement_text_decisions"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.work() as work:
                await work.execute(text(change))


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>{{ winner_name }}</p>\n<script>", 2),
        ("<p>\n{{ range(9) }}</p>", 2),
        ("<p>{{ plate.number }}</p>", 1),
        ("<p>ok</p>\n<p>{{ winner_name | yuan }}</p>", 2),
        ("{% if plate %}<p>only with a plate</p>{% endif %}", 1),
        ("", 1),
    ],
)
async def test_a_template_that_fails_on_an_example_is_refused_with_its_line(
    database: Database, source: str, line: int
) -> None:
    with pytest.raises(TextRefused) as refusal:
        await propose(database, source)
    assert refusal.value.line == line
    async with database.reading() as session:
        assert await texts.versions(session, RESULT) == []


async def test_a_template_is_tried_on_what_was_really_published(database: Database) -> None:
    sale = await published(database)
    async with database.work() as work:
        await publish_result(work, sale, "x" * 30)
    source = "<p>{{ winner_name }}</p>{% if entry_code %}<p>{{ bid_count }}</p>{% endif %}"
    assert await propose(database, source) is not None


@pytest.mark.parametrize("note", ["", "   ", "长" * 501])
async def test_a_version_says_what_it_changes(database: Database, note: str) -> None:
    with pytest.raises(TextNoteMissing):
        await propose(database, note=note)


async def test_a_version_that_does_not_exist_is_not_found(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(TextNotFound):
            await texts.get_text(session, new_id())


async def test_the_oldest_announcements_are_made_from_their_facts(database: Database) -> None:
    sale = await published(database)
    shown = sale.text
    sale.text = None
    assert public_page.text_of(sale) == shown

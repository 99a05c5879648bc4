"""Notices reach an account or everybody with a role, once for their key, and are read by each for themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import signed_in
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.notices.service import UNREAD_FOR, NewNotice, mark_read, notices_of, send, unread
from trading.settings import Settings

NEW = NewNotice("one", Role.FINANCE, "yellow", "Soon due: {limit_words}, by {due} – {project}", "/finance")
FACTS = {"limit_words": "Return the deposit", "due": "2026-11-30 24:00", "project": "<b>甲</b> {due}"}


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


async def person(database: Database, name: str, now: datetime, role: Role) -> Actor:
    return accounts.actor_for(await make_account(database, name, now, role))


async def test_a_notice_to_a_role_is_read_by_each_for_themselves(database: Database, now: datetime) -> None:
    one, other = [await person(database, name, now, Role.FINANCE) for name in ("one", "other")]
    officer = await person(database, "officer", now, Role.OFFICER)
    async with database.work() as session:
        assert await send(session, NEW, now=now)
        assert not await send(session, NEW, now=now)
        assert await mark_read(session, one, now=now) == 1
        assert await mark_read(session, one, now=now) == 0
        counts = [await unread(session, actor, now) for actor in (one, other, officer)]
        assert counts == [0, 1, 0]
        assert [each.is_read for each in await notices_of(session, one)] == [True]
        assert await notices_of(session, one, only_unread=True) == []
        assert await notices_of(session, officer) == []


async def test_another_persons_notice_cannot_be_marked(database: Database, now: datetime) -> None:
    mine, other = [await person(database, name, now, Role.FINANCE) for name in ("mine", "other")]
    assert mine.account_id is not None
    async with database.work() as session:
        await send(session, NewNotice("two", mine.account_id, "red", "Overdue", "/finance"), now=now)
        notice = (await notices_of(session, mine))[0].notice
        assert await mark_read(session, other, now=now, notice_id=notice.id) == 0
        assert await unread(session, mine, now) == 1


async def test_what_is_old_or_older_than_the_account_is_no_news(database: Database, now: datetime) -> None:
    actor = await person(database, "new", now, Role.FINANCE)
    async with database.work() as session:
        await send(session, NEW, now=now - timedelta(days=1))
        assert await unread(session, actor, now) == 0
        await send(session, NewNotice("later", Role.FINANCE, "info", "Overdue", "/finance"), now=now)
        assert await unread(session, actor, now + UNREAD_FOR) == 1
        assert await unread(session, actor, now + UNREAD_FOR + timedelta(seconds=1)) == 0


async def test_two_who_send_the_same_at_once_send_it_once(database: Database, now: datetime) -> None:
    async def try_it() -> bool:
        async with database.work() as session:
            return await send(session, NEW, now=now)

    assert sorted(await asyncio.gather(*(try_it() for _ in range(4)))) == [False, False, False, True]


async def test_the_count_stands_on_every_page_and_falls_when_notices_are_read(
    client: AsyncTestClient[Litestar], database: Database
) -> None:
    async with database.reading() as session:
        now = await database_clock(session)
    account = await make_account(database, "finance", now, Role.FINANCE)
    visitor = await signed_in(client, database, account)
    assert "masthead__count" not in (await visitor.get("/announcements")).text
    assert "There are no notices" in (await visitor.get("/notices")).text
    async with database.work() as session:
        for key in ("one", "two"):
            new = NewNotice(key, Role.FINANCE, "red", NEW.message, "/finance", FACTS)
            await send(session, new, now=await database_clock(session))
    assert '<strong class="masthead__count">2<' in (await visitor.get("/announcements")).text
    page = await visitor.get("/notices")
    assert "Soon due: Return the deposit, by 2026-11-30 24:00 – &lt;b&gt;甲&lt;/b&gt; {due}" in page.text
    one = page.text.split('action="/notices/')[2].split('"')[0]
    assert (await visitor.post(f"/notices/{one}", {})).status == 303
    assert '<strong class="masthead__count">1<' in (await visitor.get("/notices")).text
    assert (await visitor.post("/notices/read", {})).status == 303
    assert "masthead__count" not in (await visitor.get("/notices")).text

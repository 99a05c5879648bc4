"""Subscriptions by mail: confirmed from the mailbox, told once, ended by one click, telling nobody who has one."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from tests.conftest import Urls
from tests.projects.visitor import Visitor
from tests.publication.test_finding import lay
from trading.app import create_app
from trading.kernel.database import Database
from trading.mail.models import OutgoingMail
from trading.publication import subscribing
from trading.publication.portal_models import Subscription, SubscriptionRequest
from trading.publication.subscribing import Wish, next_due
from trading.settings import Settings

ADDRESS = "somebody@example.com"


@pytest.fixture
def mailing(settings: Settings) -> Settings:
    return replace(settings, smtp_url="smtp://127.0.0.1:1", mail_from="notice@example.com")


@pytest.fixture
async def client(mailing: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(mailing, Database(urls.running))) as opened:
        yield opened


async def letters(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as session:
        rows = await session.scalars(select(OutgoingMail).order_by(OutgoingMail.written_at, OutgoingMail.id))
        return [row.content | {"to": row.address} for row in rows if row.content is not None]


async def subscriptions(database: Database) -> list[Subscription]:
    async with database.reading() as session:
        return list(await session.scalars(select(Subscription)))


async def ask(
    database: Database, settings: Settings, now: datetime, address: str = ADDRESS, network: str = "n"
) -> None:
    async with database.work() as session:
        wish = Wish(address, "q=道路", is_daily=False, language="zh")
        await subscribing.ask(session, wish, network, settings=settings, now=now)


async def confirmed(database: Database, settings: Settings, now: datetime, *, is_daily: bool = False) -> Subscription:
    await ask(database, settings, now)
    async with database.work() as session:
        row = (await session.scalars(select(Subscription))).one()
        await subscribing.confirm(session, row, is_daily=is_daily, now=now)
    return row


async def tell(database: Database, settings: Settings, now: datetime) -> int:
    async with database.work() as session:
        return await subscribing.tell_due(session, settings=settings, now=now)


async def test_from_the_form_to_the_last_click(
    client: AsyncTestClient[Litestar], database: Database, mailing: Settings
) -> None:
    visitor = Visitor(client)
    assert "By mail" in (await visitor.get("/subscriptions/new?q=%E9%81%93%E8%B7%AF&kind=sale")).text
    form = {"address": ADDRESS, "search": "q=%E9%81%93%E8%B7%AF&kind=sale", "often": "at_once"}
    assert (await visitor.post("/subscriptions", form)).location == "/subscriptions/asked"
    [invitation] = await letters(database)
    assert invitation["to"] == ADDRESS
    [link] = re.findall(rf"{mailing.public_url}(/subscriptions/\S+/confirm/\S+)", invitation["text"])
    [row] = await subscriptions(database)
    assert row.confirmed_at is None
    assert "Sale announcement" in (await visitor.get(link)).text  # looking does not confirm
    assert (await subscriptions(database))[0].confirmed_at is None
    assert (await visitor.post(link.split("?")[0], {"often": "at_once"})).status == 200
    [row] = await subscriptions(database)
    assert (row.is_daily, row.search) == (False, "q=%E9%81%93%E8%B7%AF&kind=sale")
    assert row.confirmed_at is not None
    end = invitation["ends_at"].removeprefix(mailing.public_url)
    client.cookies.clear()
    answer = await client.post(end, data={"List-Unsubscribe": "One-Click"}, headers={"accept": "*/*"})
    assert (answer.status_code, answer.text) == (200, "")
    assert await subscriptions(database) == []
    assert await letters(database) == []
    assert (await visitor.get(end)).status == 404


@pytest.mark.parametrize("use", ["confirm", "end"])
async def test_a_link_that_is_not_ours_is_told_as_one_that_has_ended(
    client: AsyncTestClient[Litestar], database: Database, mailing: Settings, now: datetime, use: str
) -> None:
    row = await confirmed(database, mailing, now)
    other = "end" if use == "confirm" else "confirm"
    wrong = subscribing.token(mailing, other, row.id)  # type: ignore[arg-type]  # the token of the other link
    for given in (wrong, "x", "字", "%00"):
        answer = await client.post(f"/subscriptions/{row.id}/end/{given}", headers={"accept": "*/*"})
        assert answer.status_code == 404 or (use == "confirm" and given == wrong)
        if answer.status_code == 200:
            return
    assert await subscriptions(database) != []


async def test_the_answer_is_the_same_for_a_known_address(
    client: AsyncTestClient[Litestar], database: Database, mailing: Settings
) -> None:
    await confirmed(database, mailing, datetime.now(UTC))  # noqa: TID251 - the server's clock runs too
    visitor = Visitor(client)
    await visitor.get("/subscriptions/new")
    for address in (ADDRESS, "new@example.com"):
        answer = await visitor.post("/subscriptions", {"address": address, "search": "q=%E9%81%93%E8%B7%AF"})
        assert (answer.status, answer.location) == (303, "/subscriptions/asked")
    assert all(
        row.confirmed_at is not None or row.address == "new@example.com" for row in await subscriptions(database)
    )


async def test_what_is_no_address_is_told_beside_the_field_and_stays(client: AsyncTestClient[Litestar]) -> None:
    visitor = Visitor(client)
    await visitor.get("/subscriptions/new")
    answer = await visitor.post("/subscriptions", {"address": "<b>@x", "search": "kind=sale", "often": "at_once"})
    assert answer.status == 422
    for told in ('id="error-address"', 'value="&lt;b&gt;@x"', 'value="kind=sale"', 'value="at_once" checked'):
        assert told in answer.text


async def test_without_a_mail_server_the_page_says_so(settings: Settings, urls: Urls) -> None:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        visitor = Visitor(client)
        assert "sends no mail" in (await visitor.get("/subscriptions/new")).text
        assert (await visitor.post("/subscriptions", {"address": ADDRESS})).status == 422


async def test_who_asks_too_often_gets_no_more_letters(database: Database, mailing: Settings, now: datetime) -> None:
    for number in range(5):
        await ask(database, mailing, now + timedelta(seconds=number), network=f"n{number}")
    assert len(await letters(database)) == subscribing.PER_ADDRESS_A_DAY
    for number in range(40):
        await ask(database, mailing, now, f"a{number}@example.com", network="one")
    assert len(await letters(database)) == subscribing.PER_ADDRESS_A_DAY + subscribing.PER_NETWORK_A_DAY
    async with database.reading() as session:
        sources = [row.source for row in await session.scalars(select(SubscriptionRequest))]
    assert not any("example" in source or source == "one" for source in sources)
    await ask(database, mailing, now + timedelta(days=1, minutes=1), network="n9")
    assert len(await letters(database)) == subscribing.PER_ADDRESS_A_DAY + subscribing.PER_NETWORK_A_DAY + 1


async def test_new_announcements_are_told_once_and_in_one_letter(
    database: Database, mailing: Settings, now: datetime
) -> None:
    await confirmed(database, mailing, now - timedelta(hours=2))
    async with database.work() as session:
        made = await lay(session, 3, now)
    told_at = now + subscribing.SETTLED
    assert await tell(database, mailing, told_at) == 1
    letter = (await letters(database))[-1]
    assert [letter["text"].index(str(each)) for each in reversed(made)] == sorted(
        letter["text"].index(str(each)) for each in made
    )
    assert letter["subject"].startswith("3 ")
    assert await tell(database, mailing, told_at + timedelta(hours=1)) == 0


async def test_nothing_is_told_before_it_is_confirmed_nor_of_other_searches(
    database: Database, mailing: Settings, now: datetime
) -> None:
    await ask(database, mailing, now - timedelta(hours=1))
    async with database.work() as session:
        await lay(session, 1, now, words="采购")
    assert await tell(database, mailing, now + timedelta(hours=1)) == 0
    async with database.work() as session:
        row = (await session.scalars(select(Subscription))).one()
        await subscribing.confirm(session, row, is_daily=False, now=now - timedelta(hours=1))
    assert await tell(database, mailing, now + timedelta(hours=1)) == 0


async def test_what_was_published_a_moment_ago_waits_for_the_next_time(
    database: Database, mailing: Settings, now: datetime
) -> None:
    await confirmed(database, mailing, now - timedelta(hours=1))
    async with database.work() as session:
        await lay(session, 1, now)
    assert await tell(database, mailing, now + timedelta(seconds=30)) == 0
    assert await tell(database, mailing, now + timedelta(seconds=91)) == 1


async def test_what_was_never_confirmed_is_forgotten(database: Database, mailing: Settings, now: datetime) -> None:
    await ask(database, mailing, now)
    for later, left in ((subscribing.UNCONFIRMED_FOR, 1), (subscribing.UNCONFIRMED_FOR + timedelta(seconds=1), 0)):
        async with database.work() as session:
            await subscribing.forget_unconfirmed(session, now + later)
        assert len(await subscriptions(database)) == left


def test_a_daily_letter_is_due_at_eight_in_the_morning() -> None:
    before, after = datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert next_due(before, is_daily=True) == after
    assert next_due(after, is_daily=True) == after + timedelta(days=1)

"""The page of an alert: who, what, when, with a drawing and the law, wide and on a phone; every look is recorded."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect
from sqlalchemy import func, select

from tests.auction.browsing import PHONE, axe_finds, looking
from tests.auction.serving import Served, serving
from tests.conftest import Urls
from tests.projects.people import make_account
from tests.signs.papers import docx
from tests.signs.stage import PLAIN, paid, published, raised, search, seen, sold
from tests.signs.test_searching import REGULAR
from tests.supervision.acting import application, person, present
from tests.supervision.test_desk_in_browser import WIDE, fits
from trading.accounts.rules import Role
from trading.accounts.traces import Occasion
from trading.kernel.database import Database
from trading.kernel.journal_store import JournalEntry
from trading.settings import Settings

NASTY = "<script>alert(1)</script>=HYPERLINK(1)" + "长" * 300


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the test's own database."""
    async with serving(urls.running, tmp_path) as running:
        yield running


async def everything_wrong(database: Database) -> None:
    """A sale in which rivals shared a payer, a device and an address, and raised one another by the same step."""
    now = await present(database) - timedelta(hours=1)
    sale = await published(database, now, method="timed_bidding", bidders=4)
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", payer=NASTY, now=now, accepted=False)
        await paid(session, sale, 2, "9999", payer=NASTY, now=now, accepted=False)
        await seen(session, sale, 0, "one", PLAIN.format(1), now)
        await seen(session, sale, 1, "one", PLAIN.format(2), now, Occasion.REGISTRATION)
        await seen(session, sale, 3, "two", PLAIN.format(2), now, Occasion.SALE)
    ended_at = await sold(database, sale, REGULAR, now)
    assert await search(database, ended_at) == 5


@pytest.mark.browser
@pytest.mark.parametrize("size", [pytest.param(WIDE, id="wide"), pytest.param(PHONE, id="phone")])
async def test_every_alert_shows_its_evidence_and_fits(
    served: Served, database: Database, chromium: Browser, size: dict[str, int]
) -> None:
    await everything_wrong(database)
    supervisor = await make_account(database, "supervisor", await present(database), Role.SUPERVISOR)
    async with looking(chromium, served, database, supervisor, "/supervision/alerts", size=size) as page:
        for alert in await raised(database):
            await page.goto(f"{served.url}/supervision/alerts/{alert.id}")
            assert await axe_finds(page) == [], alert.kind
            assert await fits(page), alert.kind
            await expect(page.get_by_role("heading", name="What the law says")).to_be_visible()
            await expect(page.get_by_text("Auction Law art. 37")).to_be_visible()
            if alert.kind == "regular_steps":
                await expect(page.get_by_role("img", name="Bids in their order")).to_be_visible()
                assert await page.locator(".bids-drawn > svg .bids-drawn__one").count() == 8
                await page.get_by_text("Show the 15 rows").click()
                assert await axe_finds(page) == []
                assert await fits(page)
            await expect(page.locator(".evidence table").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("size", [pytest.param(WIDE, id="wide"), pytest.param(PHONE, id="phone")])
async def test_papers_are_chosen_and_compared_without_scripts(
    served: Served, database: Database, chromium: Browser, size: dict[str, int]
) -> None:
    sale = await published(database, await present(database))
    supervisor = await make_account(database, "supervisor", await present(database), Role.SUPERVISOR)
    address = f"/supervision/lots/{sale.lot_id}/papers"
    async with looking(chromium, served, database, supervisor, address, size=size) as page:
        assert await axe_finds(page) == []
        assert await fits(page)
        refused = await page.context.new_page()  # its console says that the answer was a refusal
        await refused.goto(f"{served.url}{address}")
        await refused.locator("input[type=file]").nth(1).set_input_files([_file("a.docx", b"PK broken")])
        await refused.get_by_role("button", name="Compare").click()
        await expect(refused.get_by_role("heading", name="Please check what is marked")).to_be_visible()
        assert await axe_finds(refused) == []
        assert await fits(refused)
        fields = page.locator("input[type=file]")
        await fields.nth(0).set_input_files([_file("甲" + "长" * 80 + ".docx", docx("王五", "x"))])
        await fields.nth(1).set_input_files([_file("b.docx", docx("王五", "y", "2026-11-02T02:03:04Z"))])
        await page.get_by_role("button", name="Compare").click()
        await expect(page.get_by_text("1 things in common were found.")).to_be_visible()
        assert await axe_finds(page) == []
        assert await fits(page)


def _file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def test_only_a_supervisor_sees_an_alert_and_every_look_is_recorded(
    settings: Settings, urls: Urls, database: Database
) -> None:
    await everything_wrong(database)
    addresses = [f"/supervision/alerts/{alert.id}" for alert in await raised(database)]
    looked = select(func.count()).select_from(JournalEntry).where(JournalEntry.kind == "confidential_viewed")
    async with application(settings, urls.running) as client:
        for role in (Role.BIDDER, Role.OFFICER, Role.AUDITOR, Role.FINANCE):
            visitor = await person(client, database, role)
            assert {(await visitor.get(address)).status for address in addresses} == {403}
        async with database.reading() as session:
            assert await session.scalar(looked) == 0
        supervisor = await person(client, database, Role.SUPERVISOR)
        texts = [(await supervisor.get(address)).text for address in addresses]
        for text in texts:
            assert "<script>alert" not in text
        assert any("&lt;script&gt;alert" in text for text in texts)
        async with database.reading() as session:
            assert await session.scalar(looked) == len(addresses)
            body = await session.scalar(
                select(JournalEntry.body).where(JournalEntry.kind == "confidential_viewed").limit(1)
            )
        assert '"what":"alert"' in str(body)
        notices = await supervisor.get("/notices")
        assert "演示竞买人" not in notices.text

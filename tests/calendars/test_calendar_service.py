"""Two administrators enter a notice, on pages: what was typed is kept, and it counts from the confirmation on."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.calendars import service
from trading.calendars.rules import NoticeMovedOn, SameAdministrator, read_notice
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.ids import new_id
from trading.projects.working_days import PACKAGE, current_calendar, use_calendar
from trading.settings import Settings

FORM = {"year": "2026", "source": "县政府办通知〔2026〕12号", "days": "2026-11-26 休 应急"}
FIRST, SECOND = (Actor(f"account:{new_id()}", name) for name in ("甲", "乙"))


@pytest.fixture(autouse=True)
def _package_calendar() -> Iterator[None]:
    use_calendar(PACKAGE)
    yield
    use_calendar(PACKAGE)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


async def administrator(client: AsyncTestClient[Litestar], database: Database, name: str) -> Visitor:
    async with database.reading() as session:
        now = await database_clock(session)
    return await signed_in(client, database, await make_account(database, name, now, Role.ADMIN))


async def test_a_notice_counts_from_its_confirmation_by_another_administrator_on(
    database: Database, now: datetime
) -> None:
    async with database.work() as session:
        notice_id = await service.propose_notice(session, read_notice(FORM), actor=FIRST, now=now)
        assert (await service.refresh(session)).is_working_day(date(2026, 11, 26))
        assert await service.waiting(session) == 1
        with pytest.raises(SameAdministrator):
            await service.confirm_notice(session, notice_id, actor=FIRST, now=now)
        await service.confirm_notice(session, notice_id, actor=SECOND, now=now)
        assert not (await service.refresh(session)).is_working_day(date(2026, 11, 26))
        for decide in (service.confirm_notice, service.decline_notice):
            with pytest.raises(NoticeMovedOn):
                await decide(session, notice_id, actor=SECOND, now=now)
            with pytest.raises(NotFound):
                await decide(session, new_id(), actor=SECOND, now=now)
        kinds = [entry.kind for entry in await journal_store.read(session, "calendar")]
    assert kinds == ["calendar_proposed", "calendar_confirmed"]


async def test_a_notice_that_was_taken_back_never_counts(database: Database, now: datetime) -> None:
    async with database.work() as session:
        notice_id = await service.propose_notice(session, read_notice(FORM), actor=FIRST, now=now)
        await service.decline_notice(session, notice_id, actor=FIRST, now=now)
        assert (await service.refresh(session)) == PACKAGE


async def test_a_request_to_another_process_counts_by_what_was_confirmed_elsewhere(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    async with database.work() as session:
        notice_id = await service.propose_notice(session, read_notice(FORM), actor=FIRST, now=now)
        await service.confirm_notice(session, notice_id, actor=SECOND, now=now)
    use_calendar(PACKAGE)
    await client.get("/announcements")
    assert not current_calendar().is_working_day(date(2026, 11, 26))


async def test_pages_of_the_calendar_from_the_empty_form_to_the_confirmation(
    client: AsyncTestClient[Litestar], database: Database
) -> None:
    first = await administrator(client, database, "admin-one")
    assert "No notice was entered" in (await first.get("/admin/calendar")).text
    wrong = await first.post("/admin/calendar", FORM | {"days": "<b>2026-11-26</b>", "year": "2026"})
    assert wrong.status == 422
    assert "&lt;b&gt;2026-11-26&lt;/b&gt;" in wrong.text
    assert "县政府办通知〔2026〕12号" in wrong.text
    assert "Line 1" in wrong.text
    proposed = await first.post("/admin/calendar", FORM)
    assert proposed.status == 303
    page = await first.get(proposed.location)
    assert "Another administrator has to confirm this notice." in page.text
    assert (await first.post(f"{proposed.location}/confirm", {})).status == 403
    second = await administrator(client, database, "admin-two")
    assert "Confirm the notice" in (await second.get(proposed.location)).text
    assert (await second.post(f"{proposed.location}/confirm", {})).status == 303
    assert (await second.post(f"{proposed.location}/decline", {})).status == 409
    assert "Counts" in (await second.get("/admin/calendar")).text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.FINANCE])
async def test_only_administrators_enter_notices(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, role: Role
) -> None:
    visitor = await signed_in(client, database, await make_account(database, role, now, role))
    assert (await visitor.get("/admin/calendar")).status == 403
    assert (await visitor.post("/admin/calendar", FORM)).status == 403

"""Rows of time limits follow the facts, and the first yellow and the first red are pushed once."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from tests.conftest import Urls
from tests.limits.examples import at, rows, sent, sold_lot, told, write
from tests.projects.people import make_account
from tests.projects.visitor import signed_in
from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.calendars import service as calendars
from trading.calendars.rules import NamedDay, NoticeEntry
from trading.kernel.clock import database_clock, fixed_clock
from trading.kernel.database import Database
from trading.kernel.moments import iso
from trading.limits.rules import LimitState
from trading.limits.service import open_limits, reconcile, reconcile_project, standings
from trading.projects.models import Project
from trading.projects.working_days import PACKAGE, use_calendar
from trading.registration.models import Registration
from trading.settings import Settings

SOLD = at(11, 2)  # a Monday: the letter is due by 9 November, the result by the 16th
FIRST = Actor("account:00000000-0000-7000-8000-000000000001", "甲", roles=frozenset({Role.ADMIN}))
SECOND = Actor("account:00000000-0000-7000-8000-000000000002", "乙", roles=frozenset({Role.ADMIN}))


@pytest.fixture(autouse=True)
def _package_calendar() -> Iterator[None]:
    use_calendar(PACKAGE)
    yield
    use_calendar(PACKAGE)


async def test_a_limit_is_stored_when_its_fact_happened_and_met_by_its_end(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    assert await reconcile(database, fixed_clock(at(11, 3))) == 1
    found = await rows(database)
    assert found["result_publication"].state == LimitState.RUNNING
    assert found["result_publication"].due_at == at(11, 17, 0)
    assert found["result_publication"].lot_id == example.lot_id
    assert await reconcile(database, fixed_clock(at(11, 3))) == 0, "nothing has changed"
    async with database.work() as session:
        await write(session, f"project:{example.project_id}", "announcement_published", at(11, 4), kind="result")
    assert await reconcile(database, fixed_clock(at(11, 5))) == 1
    met = (await rows(database))["result_publication"]
    assert (met.state, met.ended_at, met.ended_by) == (LimitState.MET, at(11, 4), f"project:{example.project_id}#1")
    assert await sent(database) == []


async def test_first_yellow_and_first_red_go_once_to_who_must_act_and_to_the_supervisor(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    for now in (at(11, 3), at(11, 8), at(11, 8, 11), at(11, 9)):
        await reconcile(database, fixed_clock(now))
    yellow = await sent(database)
    assert {notice.weight for notice in yellow} == {"yellow"}
    assert {(notice.account_id, notice.role) for notice in yellow} == {(example.officer_id, None), (None, "supervisor")}
    assert yellow[0].facts["limit_words"] == "Issue the confirmation letter"
    assert yellow[0].facts["due"] == "2026-11-09 24:00"
    for now in (at(11, 10, 0), at(11, 10), at(11, 11)):
        await reconcile(database, fixed_clock(now))
    red = (await sent(database))[2:]
    assert [(notice.weight, notice.facts["due"]) for notice in red] == [("red", "2026-11-09 24:00")] * 2
    assert [kind for kind, _ in await told(database, example.project_id)] == ["time_limit_warned", "time_limit_missed"]


async def test_two_nodes_that_tick_at_once_push_once(database: Database, urls: Urls) -> None:
    example = await sold_lot(database, SOLD)
    other = Database(urls.running)

    async def look(node: Database) -> None:
        async with node.work() as session:
            await reconcile_project(session, example.project_id, at(11, 10))

    await asyncio.gather(*(look(node) for node in (database, other) for _ in range(3)))
    await other.close()
    notices = [notice for notice in await sent(database) if notice.facts["limit_words"].startswith("Issue")]
    assert len(notices) == 2
    assert len([kind for kind, _ in await told(database, example.project_id) if kind == "time_limit_missed"]) == 1
    assert len(await rows(database)) == 2


async def test_a_suspension_in_the_middle_moves_the_due_moment_and_the_journal_says_why(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    stream = f"project:{example.project_id}"
    await reconcile(database, fixed_clock(at(11, 3)))
    async with database.work() as session:
        await write(session, stream, "project_suspended", at(11, 4))
    await reconcile(database, fixed_clock(at(11, 4)))
    assert (await rows(database))["result_publication"].state == LimitState.STOPPED
    async with database.work() as session:
        await write(session, stream, "project_resumed", at(11, 6))
    await reconcile(database, fixed_clock(at(11, 6)))
    found = (await rows(database))["result_publication"]
    assert (found.state, found.due_at) == (LimitState.RUNNING, at(11, 20, 0))
    moved = [body for kind, body in await told(database, example.project_id) if kind == "time_limit_moved"]
    result = next(body for body in moved if body["limit"] == "result_publication")
    assert (result["because"], result["fact"]) == ("project_resumed", f"{stream}#2")
    assert (result["old_due_at"], result["new_due_at"]) == (iso(at(11, 17, 0)), iso(at(11, 20, 0)))


async def test_a_red_limit_that_is_moved_ahead_is_warned_of_anew(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    await reconcile(database, fixed_clock(at(11, 10)))
    before = len(await sent(database))
    await _enter(database, NamedDay(date(2026, 11, 5), False, "停电"), now=at(11, 10, 11))
    await reconcile(database, fixed_clock(at(11, 10, 12)))
    letter = (await rows(database))["confirmation_letter"]
    assert (letter.state, letter.due_at) == (LimitState.RUNNING, at(11, 11, 0))
    assert len(await sent(database)) == before + 2, "a new yellow"
    await reconcile(database, fixed_clock(at(11, 11)))
    assert len([each for each in await sent(database) if each.weight == "red"]) == 4
    moved = [body for kind, body in await told(database, example.project_id) if kind == "time_limit_moved"]
    assert {(body["limit"], body["because"]) for body in moved} == {
        ("confirmation_letter", "calendar"),
        ("result_publication", "calendar"),
    }


async def test_a_year_that_nobody_entered_is_shown_and_counted_once_it_is(database: Database) -> None:
    await sold_lot(database, at(12, 28))
    await reconcile(database, fixed_clock(at(12, 28, 12)))
    found = (await rows(database))["result_publication"]
    assert (found.state, found.due_at, found.unknown_year) == (LimitState.UNCOUNTED, None, 2027)
    off = [NamedDay(date(2027, month, day), False, "") for month, day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))]
    await _enter(database, *off, now=at(12, 29), whole=True)
    await reconcile(database, fixed_clock(at(12, 29, 12)))
    found = (await rows(database))["result_publication"]
    assert (found.state, found.unknown_year) == (LimitState.RUNNING, None)
    assert found.due_at is not None
    assert iso(found.due_at) == "2027-01-12T16:00:00.000000Z"


async def test_a_process_that_confirmed_nothing_counts_by_the_new_calendar_too(database: Database) -> None:
    await _enter(database, NamedDay(date(2026, 11, 5), False, "停电"), now=at(11, 3))
    use_calendar(PACKAGE)  # as in another process
    async with database.reading() as session:
        assert (await calendars.refresh(session)).after(date(2026, 11, 4), 1) == date(2026, 11, 6)


async def test_pages_see_a_limit_before_the_tick_does(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    async with database.reading() as session:
        project = await session.get_one(Project, example.project_id)
        found = {each.limit.code: each for each in await standings(session, project, at(11, 3))}
    assert found["result_publication"].due_at == at(11, 17, 0)
    assert await rows(database) == {}


async def test_what_is_mine_to_do_is_only_what_is_mine(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    await reconcile(database, fixed_clock(at(11, 10)))
    officer = Actor("account:x", "陈经办", account_id=example.officer_id, roles=frozenset({Role.OFFICER}))
    other = Actor("account:y", "别人", account_id=None, roles=frozenset({Role.OFFICER, Role.FINANCE}))
    async with database.reading() as session:
        mine = await open_limits(session, at(11, 10), actor=officer)
        assert [(each.limit.code, each.colour) for each in mine] == [
            ("confirmation_letter", "red"),
            ("result_publication", "green"),
        ]
        assert await open_limits(session, at(11, 10), actor=other) == []
        assert len(await open_limits(session, at(11, 10))) == 2


async def test_projects_that_were_only_recorded_have_no_limits(database: Database) -> None:
    await sold_lot(database, SOLD, profile="historic-record")
    assert await reconcile(database, fixed_clock(at(11, 20))) == 0
    assert await rows(database) == {}


async def test_a_refund_has_a_limit_of_its_own_for_each_bidder(database: Database) -> None:
    example = await sold_lot(database, SOLD)
    async with database.work() as session:
        registration_id = await session.scalar(select(Registration.id).where(Registration.lot_id == example.lot_id))
        await write(session, f"deposit:{registration_id}", "refund_requested", SOLD)
    await reconcile(database, fixed_clock(at(11, 10)))
    refund = (await rows(database))["deposit_return"]
    assert (refund.who, refund.subject, refund.state) == ("finance", str(registration_id), LimitState.MISSED)
    assert {notice.role for notice in await sent(database) if "deposit" in notice.facts["limit_words"]} == {
        "finance",
        "supervisor",
    }
    async with database.work() as session:
        await write(session, f"deposit:{registration_id}", "refund_done", at(11, 11))
    await reconcile(database, fixed_clock(at(11, 12)))
    late = (await rows(database))["deposit_return"]
    assert (late.state, late.ended_at) == (LimitState.MISSED, at(11, 11))


async def _enter(database: Database, *days: NamedDay, now: datetime, whole: bool = False) -> None:
    """Two administrators enter a notice."""
    entry = NoticeEntry(days[0].day.year, "测试通知", whole, days)
    async with database.work() as session:
        notice_id = await calendars.propose_notice(session, entry, actor=FIRST, now=now)
        await calendars.confirm_notice(session, notice_id, actor=SECOND, now=now + timedelta(minutes=1))


async def test_the_first_page_of_whoever_must_act_says_what_is_soon_due_and_overdue(
    database: Database, settings: Settings, urls: Urls
) -> None:
    async with database.reading() as session:
        now = await database_clock(session)
    example = await sold_lot(database, now - timedelta(days=12))
    await reconcile(database)
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        async with database.reading() as session:
            officer = await session.get_one(Account, example.officer_id)
        visitor = await signed_in(client, database, officer)
        assert "Issue the confirmation letter" in (await visitor.get("/officer/projects")).text
        mine = await visitor.get("/limits")
        assert "Overdue" in mine.text
        assert "5 working days" in mine.text
        assert "Issue the confirmation letter" in (await visitor.get(f"/projects/{example.project_id}/limits")).text
        other = await signed_in(client, database, await make_account(database, "other", now, Role.OFFICER))
        assert "Issue the confirmation letter" not in (await other.get("/officer/projects")).text
        assert "No time limit is waiting for you" in (await other.get("/limits")).text
        bidder = await signed_in(client, database, await make_account(database, "bidder", now, Role.BIDDER))
        assert (await bidder.get("/limits")).status == 403
        assert (await bidder.get(f"/projects/{example.project_id}/limits")).status == 403


async def test_the_officers_page_of_a_project_counts_down_the_limits_that_run(
    database: Database, settings: Settings, urls: Urls
) -> None:
    async with database.reading() as session:
        now = await database_clock(session)
    example = await sold_lot(database, now - timedelta(hours=1))
    page, card = f"/officer/projects/{example.project_id}", "Time limits that run"
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        visitor = await signed_in(client, database, await make_account(database, "other", now, Role.OFFICER))
        async with database.work() as session:
            (await session.get_one(Project, example.project_id)).entered_at = now
        told = (await visitor.get(page)).text
        assert card in told  # the tick has stored nothing yet
        for title in ("Publish the result", "Issue the confirmation letter"):
            assert title in told
        assert "data-countdown" in told
        async with database.work() as session:
            (await session.get_one(Project, example.project_id)).entered_at = None
        assert card not in (await visitor.get(page)).text

"""The journal of a whole project, the search, figures; and that every look at confidential things is recorded."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import Urls
from tests.limits.examples import at, sold_lot, write
from tests.supervision.acting import Client, application, person, present, running
from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.journal_store import JournalEntry
from trading.limits.service import reconcile
from trading.settings import Settings
from trading.supervision.journals import journal_of_project, read_search, search
from trading.supervision.statistics import figures

SUPERVISOR = Actor("account:00000000-0000-7000-8000-000000000000", "监督员")
TODAY = date(2026, 11, 23)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[Client]:
    async with application(settings, urls.running) as opened:
        yield opened


async def looks(database: Database) -> list[tuple[str, str]]:
    """What was looked at, in the order of time."""
    async with database.reading() as session:
        query = select(JournalEntry).where(JournalEntry.kind == "confidential_viewed").order_by(JournalEntry.at)
        found = [journal_store.entry_of(row) for row in await session.scalars(query)]
    return [(entry.body["what"], entry.body["subject"]) for entry in found]


async def test_the_journal_of_a_project_joins_its_streams_in_the_order_of_time(database: Database) -> None:
    example = await sold_lot(database, at(11, 2))
    await reconcile(database, fixed_clock(at(11, 10)))
    async with database.work() as session:
        await write(session, f"project:{example.project_id}", "project_concluded", at(11, 3))
        await write(session, f"auction:{example.lot_id}", "sold", at(11, 2))
        await write(session, "project:another", "project_concluded", at(11, 3))
        found, streams = await journal_of_project(session, example.project_id, page=1, actor=SUPERVISOR, now=at(11, 11))
    kinds = [entry.kind for entry in found.entries]
    assert kinds == ["time_limit_missed", "project_concluded", "sold", "lot_sold"] or kinds[-3:] == [
        "project_concluded",
        "sold",
        "lot_sold",
    ]
    assert found.total == len(kinds)
    assert set(streams) == {
        f"project:{example.project_id}",
        f"lot:{example.lot_id}",
        f"auction:{example.lot_id}",
        f"limits:{example.project_id}",
    }
    assert await looks(database) == [("project_journal", f"project:{example.project_id}")]


async def test_the_journal_is_searched_by_person_kind_and_day(database: Database, now: datetime) -> None:
    async with database.work() as session:
        account = Account(
            sign_in_name="chen",
            display_name="陈经办",
            password_hash="-",
            roles=[],
            is_demonstration=True,
            created_at=now,
        )
        session.add(account)
        await session.flush()
        for day, kind, actor in (
            (1, "noted", f"account:{account.id}"),
            (2, "noted", "system:scheduler"),
            (2, "signed_in", f"account:{account.id}"),
            (40, "noted", f"account:{account.id}"),
        ):
            await journal_store.append(
                session, stream="lot:1", kind=kind, actor=actor, at=now - timedelta(days=day), body={}
            )
        asked = {
            (): 3,
            (("kind", "noted"),): 2,
            (("actor", "陈"),): 2,
            (("actor", "CHEN"), ("kind", "signed_in")): 1,
            (("actor", "scheduler"),): 1,
            (("actor", "%"),): 0,
            (("actor", "nobody"),): 0,
            (("from", "2026-10-01"), ("to", "2026-10-31")): 1,
        }
        for typed, count in asked.items():
            wanted, errors = read_search(dict(typed), TODAY)
            assert errors == {}
            found = await search(session, wanted, page=1, actor=SUPERVISOR, now=now - timedelta(days=100))
            assert (found.total, len(found.entries)) == (count, count), typed
    assert len(await looks(database)) == len(asked)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "2026-11-20", "to": "2026-11-19"}, "to"),
        ({"from": "2026-01-01", "to": "2026-11-19"}, "from"),
    ],
)
def test_days_that_cannot_be_searched_are_refused_beside_their_field(typed: dict[str, str], field: str) -> None:
    wanted, errors = read_search(typed, TODAY)
    assert list(errors) == [field]
    assert (wanted.first, wanted.last) == (date(2026, 11, 17), TODAY)


async def test_figures_count_limits_by_the_month_in_which_they_were_due(database: Database) -> None:
    example = await sold_lot(database, at(10, 26))
    async with database.work() as session:
        stream = f"project:{example.project_id}"
        await write(session, stream, "document_filed", at(10, 27), kind="confirmation_letter")
        assert (await figures(session, at(11, 23))).is_empty
    await reconcile(database, fixed_clock(at(11, 23)))
    async with database.reading() as session:
        found = await figures(session, at(11, 23))
    november = next(month for month in found.months if month.name == "2026-11")
    assert (november.met, november.missed) == (1, 1), "started in October, due in November"
    assert found.by_who == {"officer": (1, 1)}
    assert [found.months[0].name, found.months[-1].name] == ["2025-12", "2026-11"]


async def test_every_look_at_something_confidential_is_recorded(client: Client, database: Database) -> None:
    now = await present(database)
    sale = await running(database, now, method="timed_bidding")
    supervisor = await person(client, database, Role.SUPERVISOR)
    auctioneer = await person(client, database, Role.AUCTIONEER)
    finance = await person(client, database, Role.FINANCE)
    watch = await supervisor.get(f"/supervision/lots/{sale.lot_id}/watch")
    assert watch.status == 200
    assert 'action="/lots/' not in watch.text, "a supervisor can do nothing in the room"
    for visitor, path in (
        (supervisor, f"/supervision/projects/{sale.project_id}"),
        (supervisor, "/supervision/journal?kind=opened"),
        (auctioneer, f"/lots/{sale.lot_id}/console"),
        (finance, "/finance"),
    ):
        assert (await visitor.get(path)).status == 200, path
    found = await looks(database)
    assert found[0] == ("room", f"auction:{sale.lot_id}")
    assert found[1] == ("project_journal", f"project:{sale.project_id}")
    assert found[2][0] == "journal_search"
    assert found[3:] == [("bidders", f"lot:{sale.lot_id}"), ("bidders", "finance")]


async def test_the_pages_of_the_desk_answer_and_refuse_other_roles(client: Client, database: Database) -> None:
    now = await present(database)
    sale = await running(database, now)
    supervisor = await person(client, database, Role.SUPERVISOR)
    officer = await person(client, database, Role.OFFICER)
    pages = [
        "",
        "/limits",
        "/limits?colour=red",
        "/alerts",
        "/projects",
        "/projects?q=HJ2026",
        "/statistics",
        "/journal",
    ]
    for path in [*pages, f"/projects/{sale.project_id}"]:
        assert (await supervisor.get(f"/supervision{path}")).status == 200, path
        assert (await officer.get(f"/supervision{path}")).status == 403, path
    assert "城东第七号地块出让" in (await supervisor.get("/supervision/projects?q=%20hj2026-07")).text
    assert "No project holds these words" in (await supervisor.get("/supervision/projects?q=%25_%3Cb%3E")).text
    refused = await supervisor.get("/supervision/journal?from=%3Cscript%3E")
    assert refused.status == 422
    assert "&lt;script&gt;" in refused.text
    hostile = (await supervisor.get("/supervision/journal?kind=%3Cb%3Ex&actor=%3Cb%3Ey")).text
    assert "<b>" not in hostile
    assert "&lt;b&gt;x" in hostile
    assert (await officer.get("/limits")).status == 200
    assert (await officer.get(f"/projects/{sale.project_id}/limits")).status == 200

"""The report as it is stored, shown and printed, on a real database with the deals of 2014."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.reports.conftest import CODES
from trading.accounts.rules import Actor
from trading.app import create_app
from trading.demonstration.load_deals import load_deals_2014
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects.rules import ProjectKind
from trading.projects.service import RecordedDeal, record_concluded_deal
from trading.reports.rules import Period, PeriodEndsBeforeItBegins
from trading.reports.service import as_csv, days_of_deals, report_as_dict, report_as_text, report_of
from trading.settings import Settings

HTML = {"accept": "text/html"}
NINE_MONTHS = (date(2014, 1, 1), date(2014, 9, 30))
SOURCE = Path(__file__).parents[3] / "shared" / "domain" / "hejiang-2014.json"


@pytest.fixture
async def client(settings: Settings, loaded: Database) -> AsyncIterator[AsyncTestClient[Litestar]]:
    # The application runs in a loop of its own and needs connections of its own.
    async with AsyncTestClient(create_app(settings, Database(loaded.url))) as opened:
        yield opened


@pytest.mark.skipif(not SOURCE.exists(), reason="the published figures are not beside this copy of the project")
async def test_the_stored_deals_give_exactly_the_published_figures(loaded: Database) -> None:
    source = json.loads(SOURCE.read_text())
    async with loaded.reading() as session:
        told = await report_as_dict(session, *NINE_MONTHS)
    for section, name in (
        ("land", "land"),
        ("government_procurement", "government_procurement"),
        ("agency_selection", "agency_selection"),
        ("construction_fixed_price_selection", "fixed_price_selection"),
    ):
        for key in ("deals", "start_price", "final_price", "value_added", "budget", "award", "saved"):
            if key in source[section]:
                assert told[name][key] == source[section][key], (section, key)
        for key in ("value_added_rate_percent", "savings_rate_percent"):
            assert told[name].get(key) == source[section].get(key), (section, key)
    assert told["government_procurement"]["saved"] == "1413.00"
    first = source["land"]["first_auction_of_the_year"]
    assert told["land"]["first_auction"]["parcel"] == first["parcel"]
    assert told["land"]["first_auction"]["area_mu"] == first["area_mu"]
    assert told["land"]["first_auction"]["final_price_per_mu"] == first["final_price_per_mu"]
    assert told["land"]["first_auction"]["value_added_rate_percent"] == first["value_added_rate_percent"]
    assert told["is_demonstration"] is True


async def test_loading_again_adds_nothing(loaded: Database, now: datetime) -> None:
    async with loaded.work() as session:
        assert await load_deals_2014(session, CODES, now=now) == 0
    async with loaded.reading() as session:
        assert len((await report_of(session, Period(*NINE_MONTHS))).deals) == 310


async def test_the_text_tells_the_same_figures(loaded: Database) -> None:
    async with loaded.reading() as session:
        text = await report_as_text(session, *NINE_MONTHS)
    for figure in (
        "12,418.34",
        "19.2%",
        "1,413.00",
        "24.4%",
        "3,900.90",
        "4.1%",
        "6,658.63",
        "382.00",
        "47.88%",
        "9.14",
    ):
        assert figure in text
    assert "演示数据" in text


async def test_an_empty_database_gives_zeros_and_no_days(session: AsyncSession) -> None:
    told = await report_as_dict(session, *NINE_MONTHS)
    assert told["land"]["deals"] == 0
    assert told["land"]["value_added_rate_percent"] is None
    assert told["is_demonstration"] is False
    assert await days_of_deals(session) is None


async def test_a_period_that_ends_before_it_begins_is_refused(session: AsyncSession) -> None:
    with pytest.raises(PeriodEndsBeforeItBegins):
        await report_as_dict(session, date(2014, 9, 30), date(2014, 1, 1))


async def test_a_name_in_the_spreadsheet_is_never_a_formula(database: Database, now: datetime) -> None:
    deal = RecordedDeal(
        kind=ProjectKind.GOVERNMENT_PROCUREMENT,
        title="=HYPERLINK(1)",
        owner_name="演示单位",
        winner_name="@演示公司",
        winner_credit_code=None,
        baseline=Money(200),
        final=Money(100),
        concluded_at=now,
    )
    async with database.work() as session:
        for title in ("=HYPERLINK(1)", "+1", "-1", "\t1", "正常"):
            await record_concluded_deal(session, replace(deal, title=title), CODES, actor=Actor.system("t"), now=now)
    async with database.reading() as session:
        report = await report_of(session, Period(now.date(), now.date()))
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert len(rows) == 5
    for row in rows:
        assert row["winner"] == "'@演示公司"
        assert row["title"][0] not in "=+-\t@"
        assert row["rate_percent"] == "50.00"


async def test_the_page_shows_the_figures_and_the_mark(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/reports?from=2014-01-01&to=2014-09-30", headers=HTML)
    assert answer.status_code == 200
    for figure in (
        "12,418.34",
        "19.2 %",
        "24.4 %",
        "4.1 %",
        "6,658.63",
        "382.00",
        "47.88 %",
        "县城第50号地块",
        "演示数据",
    ):
        assert figure in answer.text


async def test_the_address_of_the_json_tells_what_the_command_prints(
    client: AsyncTestClient[Litestar], loaded: Database
) -> None:
    answer = await client.get("/reports.json?from=2014-01-01&to=2014-09-30")
    async with loaded.reading() as session:
        assert answer.json() == await report_as_dict(session, *NINE_MONTHS)


async def test_the_csv_holds_every_deal(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/reports.csv?from=2014-01-01&to=2014-09-30")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 310
    final = sum(Money.from_yuan(row["final_yuan"]).fen for row in rows if row["category"] == "land")
    assert Money(final) == Money.from_wan("77027.34")
    assert {row["demonstration"] for row in rows} == {"演示数据"}


async def test_the_list_can_be_narrowed_and_turned_over(client: AsyncTestClient[Litestar]) -> None:
    base = "/reports?from=2014-01-01&to=2014-09-30&category=land"
    first, second = [(await client.get(f"{base}&page={page}", headers=HTML)).text for page in (1, 2)]
    assert first.count("国有建设用地使用权") == 25
    assert second.count("国有建设用地使用权") == 6
    far = await client.get(f"{base}&page=99999", headers=HTML)
    assert far.status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2014-09-30&to=2014-01-01", 422),
        ("from=yesterday&to=2014-01-01", 422),
        ("from=&to=2014-01-01", 422),
        ("from=2014-01-01&to=9999-12-31", 422),
        ("from=2014-01-01&to=2014-09-30&page=-1&category=%3Cb%3E", 200),
    ],
)
async def test_bad_dates_are_said_beside_the_field_and_what_was_typed_stays(
    client: AsyncTestClient[Litestar], query: str, status: int
) -> None:
    answer = await client.get(f"/reports?{query}", headers=HTML)
    assert answer.status_code == status
    wrong = "from" if query.startswith(("from=yesterday", "from=&")) else "to"
    assert (f'id="error-{wrong}"' in answer.text) is (status == 422)
    assert "<b>" not in answer.text
    if "yesterday" in query:
        assert 'value="yesterday"' in answer.text


async def test_an_empty_period_says_when_there_were_deals(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/reports?from=2015-01-01&to=2015-12-31", headers=HTML)
    assert answer.status_code == 200
    assert "2014-01-02" in answer.text
    assert "from=2014-01-01&amp;to=2014-09-30" in answer.text or "2014-09-" in answer.text


async def test_programs_get_a_problem_for_bad_dates(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/reports.json?from=x&to=y", headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "period_unreadable"


async def test_a_deal_at_midnight_of_shanghai_belongs_to_the_new_day(database: Database, now: datetime) -> None:
    midnight = datetime(2020, 5, 31, 16, tzinfo=UTC)
    deal = RecordedDeal(ProjectKind.FIXED_PRICE_SELECTION, "甲", "乙", "丙", None, None, Money(100), midnight)
    async with database.work() as session:
        await record_concluded_deal(session, deal, CODES, actor=Actor.system("test"), now=now)
    async with database.reading() as session:
        assert len((await report_of(session, Period(date(2020, 6, 1), date(2020, 6, 1)))).deals) == 1
        assert len((await report_of(session, Period(date(2020, 5, 1), date(2020, 5, 31)))).deals) == 0

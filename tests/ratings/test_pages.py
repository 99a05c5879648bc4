"""Pages of rating: what is typed is not lost, what is sealed is shown to nobody, no figure tells of one person."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from tests.ratings.stage import SECRET, Stage, answers, ended_sale, form_of
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.ratings import windows
from trading.ratings.rules import NATIONAL, QUESTIONS, SCALE, Side
from trading.settings import Settings

K = NATIONAL.smallest_group.value


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def present(database: Database) -> datetime:
    """The database's time: the application reads that clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def asked(database: Database, present: datetime) -> Stage:
    """A sale that ended a moment ago, and everybody was asked."""
    stage = await ended_sale(database, present - timedelta(seconds=5), bidders=K)
    await stage.ask(present - timedelta(seconds=4))
    return stage


async def person(client: AsyncTestClient[Litestar], stage: Stage, name: str) -> Visitor:
    return await signed_in(client, stage.database, stage.accounts[name])


async def staff(client: AsyncTestClient[Litestar], database: Database, now: datetime, role: Role) -> Visitor:
    return await signed_in(client, database, await make_account(database, role.value, now, role))


async def test_a_unit_rates_and_a_second_sending_is_told_so(client: AsyncTestClient[Litestar], asked: Stage) -> None:
    visitor = await person(client, asked, "1")
    mine = (await visitor.get("/ratings")).text
    assert "Service ratings (1)" in mine
    address = f"/ratings/{await asked.request_of(asked.bidders[0])}"
    assert address in mine
    form = form_of(answers(score=4, words="<b>粗体</b>"))
    assert (await visitor.get(address)).status == 200
    sent = await visitor.post(address, form)
    assert (sent.status, sent.location) == (303, "/ratings?given=1")
    after = (await visitor.get(sent.location)).text
    assert "Your rating is stored and sealed." in after
    assert "Rated, sealed" in after
    assert "Service ratings (1)" not in after
    again = await visitor.post(address, form)
    assert again.status == 409
    assert "can no longer be changed" in again.text
    assert (await visitor.get(address)).status == 409


async def test_what_is_missing_or_unreadable_is_told_and_what_was_chosen_stays(
    client: AsyncTestClient[Litestar], asked: Stage
) -> None:
    visitor = await person(client, asked, "1")
    address = f"/ratings/{await asked.request_of(asked.bidders[0])}"
    typed = form_of(answers(score=3, words="</textarea><script>alert(1)</script>\x07"))
    del typed["speed"]
    answer = await visitor.post(address, typed | {"fair": "6"})
    assert answer.status == 422
    assert 'name="window" value="3" checked' in answer.text
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    for field in ("speed", "fair", "words"):
        assert f'href="#field-{field}"' in answer.text
    assert 'href="#field-window"' not in answer.text
    long = await visitor.post(address, form_of(answers(words="长" * 1001)))
    assert (long.status, "at most 1000 characters" in long.text, "长" * 1001 in long.text) == (422, True, True)
    assert (await asked.journal(f"ratings:{await asked.request_of(asked.bidders[0])}"))[-1].kind == "rating_asked"


async def test_who_is_on_no_side_finds_nothing_and_staff_without_a_side_may_not(
    client: AsyncTestClient[Litestar], asked: Stage, present: datetime
) -> None:
    address = f"/ratings/{await asked.request_of(asked.bidders[0])}"
    other = await person(client, asked, "2")
    assert [(await other.get(address)).status, (await other.post(address, form_of(answers()))).status] == [404, 404]
    finance = await staff(client, asked.database, present, Role.FINANCE)
    assert (await finance.get("/ratings")).status == 403
    assert (await finance.get("/ratings/figures")).status == 403


async def test_a_bidders_account_without_a_unit_is_told_what_to_do(
    client: AsyncTestClient[Litestar], database: Database, present: datetime
) -> None:
    bidder = await staff(client, database, present, Role.BIDDER)
    answer = await bidder.get("/ratings")
    assert (answer.status, "Only units that were served" in answer.text) == (403, True)


async def everything_shown(client: AsyncTestClient[Litestar], asked: Stage, people: dict[str, Visitor]) -> str:
    """All that anybody can read that might tell of a rating, without what changes from one request to the next."""
    request_id = await asked.request_of(asked.bidders[0])
    pages = {
        "officer": ("/ratings", f"/ratings/{request_id}", "/notices", f"/projects/{asked.sale.project_id}"),
        "supervisor": (
            *("/ratings/figures", "/supervision/journal", f"/supervision/journal/ratings:{request_id}"),
            *("/supervision/journal/ratings:counted", f"/supervision/projects/{asked.sale.project_id}"),
        ),
        "admin": ("/ratings/figures",),
        "2": ("/ratings",),
    }
    found = [(await people[name].get(path)).text for name, paths in pages.items() for path in paths]
    found += [(await client.get(f"/reports/service{kind}")).text for kind in (".json", ".csv")]
    found.append((await people["officer"].get("/reports/service")).text)
    return "\n".join(found)


async def test_before_both_have_rated_nobody_reads_what_was_said(
    client: AsyncTestClient[Litestar], asked: Stage, present: datetime
) -> None:
    """The words are nowhere, and no figure depends on the scores: the best and the worst rating look the same."""
    people = {
        "officer": await person(client, asked, "officer"),
        "supervisor": await staff(client, asked.database, present, Role.SUPERVISOR),
        "admin": await staff(client, asked.database, present, Role.ADMIN),
        "2": await person(client, asked, "2"),
    }
    figures = []
    for unit, score in zip(asked.bidders[: K - 1], (1, 5, 1, 5), strict=True):
        await asked.both_rate(unit, score, present, SECRET) if score == 1 else await asked.rate(
            unit, unit, answers(score=score, words=SECRET), present
        )
        await asked.tick(present)
        text = await everything_shown(client, asked, people)
        assert SECRET not in text
        assert '"overall"' not in text
        assert "&#34;scores&#34;" not in text
        plain = (await client.get("/reports/service.json")).json()
        total = plain["quarters"][-1]["total"]
        figures.append({name: total[name] for name in ("counted", "satisfied", "satisfaction_percent", "asked")})
    assert figures == [{"counted": 0, "satisfied": 0, "satisfaction_percent": None, "asked": K}] * (K - 1)


async def test_words_of_counted_ratings_are_for_the_supervisor_alone_and_the_look_is_recorded(
    client: AsyncTestClient[Litestar], asked: Stage, present: datetime
) -> None:
    for unit in asked.bidders:
        await asked.both_rate(unit, 4, present, f"<i>{SECRET}</i>")
    await asked.tick(present)
    supervisor = await make_account(asked.database, "supervisor", present, Role.SUPERVISOR)
    watching = await signed_in(client, asked.database, supervisor)
    text = (await watching.get("/ratings/figures")).text
    assert text.count(f"&lt;i&gt;{SECRET}&lt;/i&gt;") == K
    assert not any(bidder.name in text for bidder in asked.bidders)
    looks = await asked.journal(f"account:{supervisor.id}")
    assert [look.body["what"] for look in looks if look.kind == "confidential_viewed"] == ["rating_words"]
    people = {
        "officer": await person(client, asked, "officer"),
        "supervisor": watching,
        "admin": await staff(client, asked.database, present, Role.ADMIN),
        "2": await person(client, asked, "2"),
    }
    others = await everything_shown(client, asked, people | {"supervisor": people["admin"]})
    assert SECRET not in others
    assert "100.0 %" in (await people["officer"].get("/ratings")).text


async def test_csv_and_json_say_the_same_and_a_spreadsheet_computes_nothing(
    client: AsyncTestClient[Litestar], asked: Stage, present: datetime
) -> None:
    form = {"number": "=1+1", "name": "一般窗口", "officer": str(asked.officer.account_id)}
    async with asked.database.work() as session:
        await windows.open_window(session, form, actor=Actor.system("test"), now=present - timedelta(days=1))
    for unit in asked.bidders:
        await asked.both_rate(unit, 5, present)
    await asked.tick(present)
    answer = await client.get("/reports/service.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *lines = [line.split(",") for line in answer.content.decode("utf-8-sig").splitlines()]
    told = json.loads((await client.get("/reports/service.json")).text)["quarters"][-1]
    by_part = {(line[1], line[2]): dict(zip(head[3:], line[3:], strict=True)) for line in lines}
    for service, figures in told["services"].items():
        plain = {name: "" if value is None else str(value) for name, value in figures.items()}
        assert by_part["service", service] == plain
    assert by_part["total", ""]["satisfaction_percent"] == "100.0"
    assert by_part["window", "'=1+1"]["rated"] == str(K)
    assert told["windows"][0]["number"] == "=1+1"
    assert not any(cell.startswith("=") for line in lines for cell in line)


async def test_a_page_without_data_says_so_and_an_unknown_quarter_is_the_running_one(
    client: AsyncTestClient[Litestar],
) -> None:
    for query in ("", "?quarter=2099-Q9", "?quarter=%00", "?quarter=1999-Q1"):
        answer = await client.get(f"/reports/service{query}", headers={"accept": "text/html", "cookie": "language=en"})
        assert (answer.status_code, "No data yet for this quarter" in answer.text) == (200, True)
        assert "chart-cases" not in answer.text
    assert "本季度暂无数据" in (await client.get("/reports/service", headers={"accept": "text/html"})).text


async def test_the_form_explains_every_question_and_every_answer(
    client: AsyncTestClient[Litestar], asked: Stage
) -> None:
    for name, side in (("1", Side.UNIT), ("officer", Side.OFFICER)):
        text = (
            await (await person(client, asked, name)).get(f"/ratings/{await asked.request_of(asked.bidders[0])}")
        ).text
        assert text.count('type="radio"') == len(QUESTIONS[side]) * len(SCALE)
        assert all(question.words in text and question.hint in text for question in QUESTIONS[side])
        assert "The other side never sees what you say." in text


async def test_an_administrator_opens_and_closes_a_window_and_is_told_what_is_wrong(
    client: AsyncTestClient[Litestar], asked: Stage, present: datetime
) -> None:
    admin = await staff(client, asked.database, present, Role.ADMIN)
    form = {"number": "A01", "name": "<b>窗口</b>", "officer": str(asked.officer.account_id)}
    wrong = await admin.post("/admin/windows", form | {"number": ""})
    assert wrong.status == 422
    assert 'href="#field-number"' in wrong.text
    assert 'value="&lt;b&gt;窗口&lt;/b&gt;"' in wrong.text
    assert (await admin.post("/admin/windows", form)).status == 303
    taken = await admin.post("/admin/windows", form)
    assert (taken.status, "There is an open window with this number" in taken.text) == (409, True)
    close = re.findall(r'action="(/admin/windows/[^"]+/close)"', taken.text)
    assert [(await admin.post(address, {})).status for address in [*close, *close]] == [303, 409]
    officer = await person(client, asked, "officer")
    assert (await officer.post("/admin/windows", form)).status == 403

"""The pages of reviews, through the whole application."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.forms import demonstration_form
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from tests.reviews.stage import ADMIN
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.projects.rules import ProjectKind, ProjectState
from trading.reviews import service as reviews
from trading.settings import Settings

MARKUP = '<script>alert(1)</script>=1+1"'


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def today(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_clock(session)


Visitors = dict[str, Visitor]


@pytest.fixture
async def people(client: AsyncTestClient[Litestar], database: Database, today: datetime) -> Visitors:
    """Two officers, a reviewer of the one department for land, an administrator and a supervisor."""
    found = {}
    for name, role in {
        "officer": Role.OFFICER,
        "colleague": Role.OFFICER,
        "money": Role.REVIEWER,
        "stranger": Role.REVIEWER,
        "admin": Role.ADMIN,
        "supervisor": Role.SUPERVISOR,
    }.items():
        account = await make_account(database, name, today, role)
        if name == "money":
            async with database.work() as session:
                made = await reviews.add_department(session, "财政局", actor=ADMIN, now=today)
                await reviews.set_member(session, account.id, made.id, actor=ADMIN, now=today)
                await reviews.assign(session, made.id, {ProjectKind.LAND: 5}, actor=ADMIN, now=today)
        found[name] = await signed_in(client, database, account)
    return found


async def handed_in(people: Visitors, today: datetime, **changed: str) -> str:
    local = today.astimezone(SHANGHAI)
    later = {
        "registration_closes_at": (local + timedelta(days=20)).strftime("%Y-%m-%d %H:%M"),
        "starts_at": (local + timedelta(days=21)).strftime("%Y-%m-%d %H:%M"),
    }
    address = f"/officer/projects/{new_id()}"
    form = demonstration_form(today, **(later | changed))
    assert (await people["officer"].post(address, form | {"then": "submit"})).status == 303
    return address


async def part_of(people: Visitors) -> str:
    desk = await people["money"].get("/reviewer")
    return desk.text.split('<a href="/reviewer/parts/')[1].split('"')[0]


async def state_of(database: Database, address: str) -> str:
    async with database.reading() as session:
        return (await projects.get_project(session, UUID(address.rsplit("/", 1)[1]))).state


async def test_handing_in_opens_a_case_that_both_reviewers_find(
    people: Visitors, database: Database, today: datetime
) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    page = await people["money"].get(part)
    assert page.status == 200
    assert "HJ-2026-051" in page.text
    assert "23,610,000.00 yuan" in page.text
    assert (await people["money"].post(f"{part}/decision", {"decision": "agree", "opinion": MARKUP})).status == 303
    assert await state_of(database, address) == ProjectState.SUBMITTED
    seen = await people["colleague"].get(f"{address}/review")
    assert "<script>alert" not in seen.text.split("<main", 1)[1]
    assert "&lt;script&gt;" in seen.text
    assert (await people["colleague"].post(f"{address}/review", {"decision": "agree"})).status == 303
    assert await state_of(database, address) == ProjectState.ENTERED
    timeline = (await people["officer"].get(address)).text
    assert timeline.count("财政局") >= 1


async def test_a_refused_form_keeps_what_was_typed_and_says_why(people: Visitors, today: datetime) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    tries = [
        (f"{part}/decision", {"decision": "object", "opinion": ""}, "Please write down the reasons."),
        (f"{part}/decision", {"decision": "agree", "opinion": "长" * 601}, "长" * 601),
        (f"{part}/extension", {"days": "99", "extension_reasons": "论证", "approver": "王局长"}, 'value="99"'),
        (f"{part}/extension", {"days": "2", "extension_reasons": "论证", "approver": ""}, "who in the department"),
        (f"{part}/items", {"target": "field:x", "words": "缺少日期"}, "缺少日期"),
        (f"{part}/items", {"target": "field:deposit", "words": ""}, "say what is missing"),
    ]
    for path, form, shown in tries:
        answer = await people["money"].post(path, form)
        assert (answer.status, 'id="errors"' in answer.text) == (422, True), path
        assert shown in answer.text
    answer = await people["colleague"].post(f"{address}/review", {"decision": "return", "reasons": " "})
    assert answer.status == 422
    meeting = {"at": "someday", "place": MARKUP, "kind": "site_visit"}
    answer = await people["colleague"].post(f"{address}/review/meetings", meeting)
    assert answer.status == 422
    assert "&lt;script&gt;" in answer.text


async def test_the_one_notice_leads_the_officer_to_its_answers(people: Visitors, today: datetime) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    item = {"target": "paper:parcel_map", "words": "缺少界址点坐标"}
    assert (await people["money"].post(f"{part}/items", item)).status == 303
    assert "缺少界址点坐标" not in (await people["officer"].get(f"{address}/review")).text  # told once, with the notice
    assert (await people["money"].post(f"{part}/looked", {})).status == 303
    centre = (await people["colleague"].get(f"{address}/review")).text
    own = centre.split('action="/reviewer/parts/')[1].split("/")[0]
    answer = await people["colleague"].post(f"/reviewer/parts/{own}/looked", {})
    assert (answer.status, answer.location) == (303, f"{address}/review")
    assert "缺少界址点坐标" in (await people["officer"].get(address)).text  # above the form
    page = (await people["officer"].get(f"{address}/review")).text
    name = page.split('name="answer-')[1].split('"')[0]
    refused = await people["officer"].post(address, demonstration_form(today) | {"then": "submit"})
    assert refused.status == 422
    assert (await people["officer"].post(f"{address}/review/answers", {f"answer-{name}": "长" * 301})).status == 422
    kept = await people["officer"].post(f"{address}/review/answers", {f"answer-{name}": MARKUP, "answer-x": "1"})
    assert kept.status == 303
    assert "&lt;script&gt;" in (await people["officer"].get(f"{address}/review")).text


async def test_a_page_that_has_moved_on_is_told_as_outdated(people: Visitors, today: datetime) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    assert (await people["money"].post(f"{part}/decision", {"decision": "agree"})).status == 303
    for path, form in (("decision", {"decision": "agree"}), ("looked", {}), ("items", {"target": "", "words": ""})):
        assert (await people["money"].post(f"{part}/{path}", form)).status == 409
    await people["colleague"].post(f"{address}/review", {"decision": "agree"})
    assert (await people["colleague"].post(f"{address}/review", {"decision": "agree"})).status == 409
    assert (await people["colleague"].post(f"{address}/review/meetings", {"at": "2026-12-01 10:00"})).status == 409


async def test_nobody_sees_or_decides_what_is_not_theirs(people: Visitors, today: datetime) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    assert "belongs to no department" in (await people["stranger"].get("/reviewer")).text
    assert (await people["stranger"].get(part)).status == 403
    assert (await people["stranger"].post(f"{part}/decision", {"decision": "agree"})).status == 403
    assert (await people["officer"].post(f"{address}/review", {"decision": "agree"})).status == 403
    assert (await people["colleague"].get(part)).status == 403
    assert (await people["money"].get(f"{address}/review")).status == 403
    assert (await people["money"].get("/admin/departments")).status == 403
    for path in (f"/reviewer/parts/{new_id()}", f"/reviewer/items/{new_id()}/removal"):
        answer = await (people["money"].post(path, {}) if "removal" in path else people["money"].get(path))
        assert answer.status == 404
    for path in ("attendance", "cancellation"):
        answer = await people["colleague"].post(f"/officer/meetings/{new_id()}/{path}", {})
        assert answer.status == 404


async def test_officers_and_the_supervisor_see_all_reviews(people: Visitors, today: datetime) -> None:
    assert "No entry is under review." in (await people["supervisor"].get("/reviews")).text
    address = await handed_in(people, today)
    for name in ("colleague", "supervisor"):
        page = await people[name].get("/reviews")
        assert f"{address}/review" in page.text
        assert (await people[name].get(f"{address}/review")).status == 200
    assert "Your decision" not in (await people["supervisor"].get(f"{address}/review")).text


async def test_the_public_sees_departments_and_ways_but_no_opinions_and_no_people(
    people: Visitors, database: Database, client: AsyncTestClient[Litestar], today: datetime
) -> None:
    address = await handed_in(people, today)
    part = f"/reviewer/parts/{await part_of(people)}"
    await people["money"].post(f"{part}/decision", {"decision": "agree", "opinion": "内部意见"})
    await people["colleague"].post(f"{address}/review", {"decision": "agree"})
    public, path = Visitor(client), f"/projects/{address.rsplit('/', 1)[1]}/review"
    assert (await public.get(path)).status == 404
    async with database.work() as session:
        project = await projects.get_project(session, UUID(address.rsplit("/", 1)[1]))
        project.state, project.published_at = ProjectState.PUBLISHED, today
    page = (await public.get(path)).text
    assert "财政局" in page
    assert "内部意见" not in page
    assert "money" not in page.split("<main", 1)[1]


async def test_the_administrator_says_who_reviews_what(people: Visitors, today: datetime) -> None:
    admin = people["admin"]
    refused = await admin.post("/admin/departments", {"name": ""})
    assert refused.status == 422
    made = await admin.post("/admin/departments", {"name": MARKUP})
    assert made.status == 303
    page = await admin.get(made.location)
    assert "<script>alert" not in page.text.split("<main", 1)[1]
    assert "Nobody reviews for this department." in page.text
    wrong = await admin.post(f"{made.location}/limits", {"days_land": "many", "days_works": "5"})
    assert wrong.status == 422
    assert 'value="many"' in wrong.text
    assert (await admin.post(f"{made.location}/limits", {"days_land": "4"})).status == 303
    for name in ("nobody", "officer"):
        answer = await admin.post(f"{made.location}/members", {"sign_in_name": name, "joins": "yes"})
        assert answer.status == 422
    joins = {"sign_in_name": "stranger", "joins": "yes"}
    assert (await admin.post(f"{made.location}/members", joins)).status == 303
    assert "stranger" in (await admin.get(made.location)).text
    assert (await admin.post(f"{made.location}/service", {"in_service": "no"})).status == 303
    assert (await admin.post(f"{made.location}/members", joins | {"sign_in_name": "money"})).status == 409
    assert "retired" in (await admin.get("/admin/departments")).text
    assert (await admin.get(f"/admin/departments/{new_id()}")).status == 404

"""The pages of every kind: choosing, typing, adding lots, copying, importing, and the project as a whole."""

import html
import re
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.kind_forms import form_of_kind, two_lots
from tests.projects.people import make_account
from tests.projects.test_importing import workbook
from tests.projects.visitor import Visitor, signed_in, typed_values
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service
from trading.projects.kinds.catalogue import KIND_FORMS, profiles_of
from trading.projects.kinds.parts import FieldType
from trading.projects.rules import SELECTIONS, ProjectKind, ProjectState
from trading.settings import Settings

PROCUREMENT = ProjectKind.GOVERNMENT_PROCUREMENT
HOSTILE = '<script>alert(1)</script>"=1+1{{ 7*7 }}'


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def today(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def officer(client: AsyncTestClient[Litestar], database: Database, today: datetime) -> Visitor:
    return await signed_in(client, database, await make_account(database, "officer", today, Role.OFFICER))


@pytest.fixture
async def reviewer(client: AsyncTestClient[Litestar], database: Database, today: datetime) -> Visitor:
    return await signed_in(client, database, await make_account(database, "reviewer", today, Role.OFFICER))


def demonstration_form_of(kind: ProjectKind, today: datetime, **changed: str) -> dict[str, str]:
    """A form of this kind under the demonstration's profile, with every date moved to begin today."""
    form = form_of_kind(kind) if kind.is_sale else two_lots(kind)
    shift = today.astimezone(SHANGHAI).replace(tzinfo=None) - datetime(2026, 11, 2)  # noqa: DTZ001
    for name, field in KIND_FORMS[kind].fields(2):
        if field.type is FieldType.MOMENT and form.get(name):
            moved = datetime.strptime(form[name], "%Y-%m-%d %H:%M") + shift  # noqa: DTZ007
            form[name] = moved.strftime("%Y-%m-%d %H:%M")
    [profile] = [name for name, one in profiles_of(kind, demonstration=True).items() if one.is_demonstration]
    if kind.is_sale:
        form |= {"deposit": "4800000" if kind is ProjectKind.LAND else "240000"}
        form |= {"registration_closes_at": form["starts_at"]}  # online bids may end two minutes later
    return form | {"rule_profile": profile} | changed


async def state_of(database: Database, address: str) -> str:
    async with database.reading() as session:
        return (await service.get_project(session, UUID(address.rsplit("/", 1)[1]))).state


async def test_the_page_for_new_projects_offers_every_kind_with_a_sentence(officer: Visitor) -> None:
    page = (await officer.get("/officer/projects/new")).text
    for kind, form in KIND_FORMS.items():
        assert f'href="/officer/projects/new/{kind}"' in page
        assert html.escape(form.sentence) in page


async def test_a_kind_that_does_not_exist_is_told_and_makes_no_project(officer: Visitor) -> None:
    for path in ("new/gifts", "import/gifts", "import/gifts/download", "new/%00"):
        assert (await officer.get(f"/officer/projects/{path}")).status == 404
    address = f"/officer/projects/{new_id()}"
    assert (await officer.post(address, {"kind": "gifts", "title": "x"})).status == 404
    assert (await officer.get(address)).status == 404


async def test_each_kind_goes_through_its_pages_from_the_form_to_its_codes(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    for kind in ProjectKind:
        await through_its_pages(kind, officer, reviewer, database, today)
    listed = await officer.get("/officer/projects")
    assert all(html.escape(form.name) in listed.text for form in KIND_FORMS.values())


async def through_its_pages(
    kind: ProjectKind, officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    """One project of this kind is typed, handed in, agreed to, looked at and taken back."""
    empty = await officer.get(f"/officer/projects/new/{kind}")
    assert empty.status == 200
    assert html.escape(KIND_FORMS[kind].sentence) in empty.text
    for name, field in KIND_FORMS[kind].fields(1):
        assert f'name="{name}"' in empty.text
        assert not field.explanation or html.escape(field.explanation, quote=False)[:30] in html.unescape(empty.text)
    address = f"/officer/projects/{new_id()}"
    form = demonstration_form_of(kind, today)
    answer = await officer.post(address, form | {"then": "submit"})
    assert (answer.status, answer.location) == (303, address), answer.text
    assert (await reviewer.post(f"{address}/review", {"decision": "agree"})).status == 303
    assert await state_of(database, address) == ProjectState.ENTERED
    page = (await officer.get(address)).text
    assert html.escape(form["title"]) in page
    warning = "interference with competition" in page and form.get("legal_basis", "-") in page
    assert warning is (kind in SELECTIONS)
    async with database.reading() as session:
        lots = await service.lots_of(session, UUID(address.rsplit("/", 1)[1]))
    assert len(lots) == (1 if kind.is_sale else 2)
    assert (await officer.post(f"{address}/take-back", {})).status == 303
    assert await state_of(database, address) == ProjectState.DRAFT


async def test_nothing_typed_is_lost_or_run_in_any_field(officer: Visitor, today: datetime) -> None:
    kind = PROCUREMENT
    form = demonstration_form_of(kind, today)
    lines = [name for name, field in KIND_FORMS[kind].fields(2) if field.type in (FieldType.LINE, FieldType.AMOUNT)]
    typed = form | {name: HOSTILE for name in lines if name in form}
    answer = await officer.post(f"/officer/projects/{new_id()}", typed | {"then": "submit"})
    assert answer.status == 422
    shown = {name: html.unescape(value) for name, value in typed_values(answer.text).items()}
    assert {name for name in lines if name in form and shown[name] == HOSTILE} == {
        name for name in lines if name in form
    }
    assert "<script>alert" not in answer.text


async def test_lots_are_added_and_taken_out_without_losing_what_was_typed(officer: Visitor, today: datetime) -> None:
    address = f"/officer/projects/{new_id()}"
    form = demonstration_form_of(PROCUREMENT, today, lot2_title="第二包", lot1_content="", place="")
    await officer.post(address, form | {"then": "add_lot"})
    page = (await officer.get(address)).text
    assert page.count('value="remove_lot_') == 3
    assert typed_values(page)["lot2_title"] == "第二包"
    await officer.post(address, form | {"lot_count": "3", "lot3_title": "第三包", "then": "remove_lot_1"})
    shown = typed_values((await officer.get(address)).text)
    assert (shown["lot1_title"], shown["lot2_title"]) == ("第二包", "第三包")
    assert "lot3_title" not in shown


async def test_a_forged_button_takes_nothing_out(officer: Visitor, today: datetime) -> None:
    address, form = f"/officer/projects/{new_id()}", demonstration_form_of(PROCUREMENT, today)
    for forged in ("0", "9", "x", "-1", "999999"):
        assert (await officer.post(address, form | {"then": f"remove_lot_{forged}"})).status == 303
        assert typed_values((await officer.get(address)).text)["lot2_title"] == "第二包"


async def test_a_published_project_is_copied_by_one_press(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    address = f"/officer/projects/{new_id()}"
    form = demonstration_form_of(PROCUREMENT, today)
    await officer.post(address, form | {"then": "submit"})
    assert (await officer.post(f"{address}/copy", {})).status == 403
    await reviewer.post(f"{address}/review", {"decision": "agree"})
    async with database.work() as session:
        project = await service.get_project(session, UUID(address.rsplit("/", 1)[1]))
        project.state, project.published_at = ProjectState.PUBLISHED, today
    assert f"{address}/copy" in (await officer.get("/officer/projects/copy?q=设备&kind=government_procurement")).text
    assert f"{address}/copy" not in (await officer.get("/officer/projects/copy?q=%00&kind=works")).text
    copied = await officer.post(f"{address}/copy", {})
    page = (await officer.get(copied.location)).text
    assert "Copied from an earlier project" in page
    assert "3 things are still missing" in page
    assert typed_values(page)["lot2_title"] == "第二包"


async def upload(officer: Visitor, path: str, content: bytes, name: str = "a.xlsx") -> tuple[int, str]:
    headers = {"accept": "text/html", "cookie": "; ".join(f"{key}={value}" for key, value in officer.cookies.items())}
    answer = await officer.client.post(
        path,
        data={"_csrf_token": officer.cookies["csrftoken"]},
        files={"workbook": (name, content, "application/octet-stream")},
        headers=headers,
    )
    return answer.status_code, answer.text


async def test_a_workbook_is_imported_and_each_row_told(officer: Visitor, today: datetime) -> None:
    good = demonstration_form_of(PROCUREMENT, today)
    content = workbook(good, good | {"title": HOSTILE, "lot1_budget": "many"}, good)
    status, page = await upload(officer, "/officer/projects/import/government_procurement", content)
    assert status == 200
    assert "1 complete drafts, 1 drafts with faults, 1 rows not taken." in page
    assert "Row 3" in page
    assert "<script>alert" not in page
    drafts = re.findall(r'href="(/officer/projects/[0-9a-f-]{36})"', page)
    assert typed_values((await officer.get(drafts[1])).text)["lot1_budget"] == "many"
    assert (await officer.get("/officer/projects")).text.count("/officer/projects/0") == 2


async def test_a_file_that_is_no_workbook_is_refused_in_words_and_makes_nothing(officer: Visitor) -> None:
    for content, words in ((b"%PDF-1.7", "cannot be read"), (b"\x00" * (4 * 2**20 + 1), "too large")):
        status, page = await upload(officer, "/officer/projects/import/works", content)
        assert status == 422
        assert words in page
    nothing = await officer.post("/officer/projects/import/works", {})
    assert (nothing.status, "cannot be read" in nothing.text) == (422, True)
    assert "You are not in charge of any project yet." in (await officer.get("/officer/projects")).text


async def test_the_template_is_downloaded_by_the_name_of_its_kind(officer: Visitor) -> None:
    headers = {"cookie": "; ".join(f"{key}={value}" for key, value in officer.cookies.items())}
    answer = await officer.client.get("/officer/projects/import/works/download", headers=headers)
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"
    assert "works.xlsx" in answer.headers["content-disposition"]

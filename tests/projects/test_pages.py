"""The officers' pages, through the whole application."""

import html
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.forms import demonstration_form
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in, typed_values
from tests.publication.by_pages import publish_sale
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.projects import service
from trading.projects.rules import ProjectState
from trading.settings import Settings

RESERVE = "25,000,000.77"


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


async def submitted(officer: Visitor, today: datetime, **changed: str) -> str:
    """The address of a project that the officer handed in."""
    address = f"/officer/projects/{new_id()}"
    answer = await officer.post(address, demonstration_form(today, **changed) | {"then": "submit"})
    assert (answer.status, answer.location) == (303, address)
    return address


async def state_of(database: Database, address: str) -> str:
    async with database.reading() as session:
        return (await service.get_project(session, UUID(address.rsplit("/", 1)[1]))).state


async def test_an_empty_form_handed_in_tells_all_that_is_missing_and_makes_one_draft(officer: Visitor) -> None:
    page = await officer.get("/officer/projects/new/land")
    assert page.status == 200
    address = page.text.split('<form class="form" method="post" action="')[1].split('"')[0]
    answer = await officer.post(address, {"then": "submit", "rule_profile": "demonstration-2026"})
    assert answer.status == 422
    for name in ("title", "owner_name", "parcel_number", "area_m2", "starting_price", "deposit", "starts_at"):
        assert f'href="#field-{name}"' in answer.text
        assert f'id="error-{name}"' in answer.text
    mine = await officer.get("/officer/projects")
    assert mine.text.count("Untitled draft") == 1
    assert "things are missing" in mine.text


async def test_nothing_typed_is_lost_when_something_is_wrong(officer: Visitor, today: datetime) -> None:
    typed = demonstration_form(today, area_mu="九亩", deposit='<b>"x"', has_reserve="yes", reserve_price="不多")
    answer = await officer.post(f"/officer/projects/{new_id()}", typed | {"then": "submit"})
    assert answer.status == 422
    shown = {name: html.unescape(value) for name, value in typed_values(answer.text).items()}
    for name, value in typed.items():
        if name != "conditions":
            assert shown[name] == value
    assert typed["conditions"] in answer.text
    assert "<b>" not in answer.text.split("<main", 1)[1].split('"x"')[0].rsplit("<input", 1)[-1]


async def test_a_draft_with_an_unreadable_reserve_is_shown_again_because_that_is_not_kept(
    officer: Visitor, today: datetime
) -> None:
    typed = demonstration_form(today, has_reserve="yes", reserve_price="不多")
    answer = await officer.post(f"/officer/projects/{new_id()}", typed | {"then": "keep"})
    assert answer.status == 422
    assert typed_values(answer.text)["reserve_price"] == "不多"


async def test_a_draft_is_found_again_with_what_is_missing(officer: Visitor, today: datetime) -> None:
    address = f"/officer/projects/{new_id()}"
    answer = await officer.post(address, demonstration_form(today, area_mu="") | {"then": "keep"})
    assert (answer.status, answer.location) == (303, address)
    page = await officer.get(address)
    assert "1 thing is still missing" in page.text
    assert typed_values(page.text)["location"] == "合江县符阳街道"


async def test_an_entry_is_reviewed_by_another_officer_and_published_by_its_own(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    address = await submitted(officer, today)
    assert "another officer has to review it" in (await officer.get(address)).text
    assert address in (await reviewer.get("/officer/reviews")).text
    assert (await reviewer.post(f"{address}/review", {"decision": "agree"})).status == 303
    assert await state_of(database, address) == ProjectState.ENTERED
    assert "JC-510522-" in (await officer.get(address)).text
    assert (await publish_sale(officer, reviewer, address)).startswith("/announcements/")
    assert await state_of(database, address) == ProjectState.PUBLISHED


async def test_the_own_entry_cannot_be_agreed_to_even_by_a_forged_form(
    officer: Visitor, database: Database, today: datetime
) -> None:
    address = await submitted(officer, today)
    answer = await officer.post(f"{address}/review", {"decision": "agree"})
    assert answer.status == 403
    assert "You entered this project yourself" in answer.text
    assert await state_of(database, address) == ProjectState.SUBMITTED


async def test_an_entry_is_returned_with_reasons_that_stand_above_the_form(
    officer: Visitor, reviewer: Visitor, today: datetime
) -> None:
    address = await submitted(officer, today)
    without = await reviewer.post(f"{address}/review", {"decision": "return", "reasons": "  "})
    assert without.status == 422
    assert "only be returned with reasons" in without.text
    assert (await reviewer.post(f"{address}/review", {"decision": "return", "reasons": "补充宗地图"})).status == 303
    assert "补充宗地图" in (await officer.get(address)).text


async def test_another_officer_can_read_but_not_change_submit_publish_or_take_back(
    officer: Visitor, reviewer: Visitor, today: datetime
) -> None:
    address = f"/officer/projects/{new_id()}"
    await officer.post(address, demonstration_form(today) | {"then": "keep"})
    assert (await reviewer.get(address)).status == 200
    answer = await reviewer.post(address, demonstration_form(today) | {"then": "submit"})
    assert answer.status == 403
    assert "Another officer is in charge" in answer.text
    await officer.post(address, demonstration_form(today) | {"then": "submit"})
    await reviewer.post(f"{address}/review", {"decision": "agree"})
    prepared = await reviewer.post(f"{address}/announcements", {"kind": "sale", "action": "hand_over"})
    assert prepared.status == 403
    assert (await reviewer.post(f"{address}/take-back", {})).status == 403


async def test_a_step_that_no_longer_fits_is_told_as_outdated(officer: Visitor, today: datetime) -> None:
    address = await submitted(officer, today)
    answer = await officer.post(address, demonstration_form(today) | {"then": "submit"})
    assert answer.status == 409


async def test_a_sealed_reserve_is_on_no_page(officer: Visitor, reviewer: Visitor, today: datetime) -> None:
    changed = {"has_reserve": "yes", "reserve_price": RESERVE}
    draft = f"/officer/projects/{new_id()}"
    await officer.post(draft, demonstration_form(today, **changed) | {"then": "keep"})
    seen = [await officer.get(draft), await officer.get("/officer/projects")]
    address = await submitted(officer, today, **changed)
    seen += [await who.get(address) for who in (officer, reviewer)]
    await reviewer.post(f"{address}/review", {"decision": "agree"})
    seen += [await who.get(address) for who in (officer, reviewer)]
    seen.append(await officer.get(f"{address}/announcements/new?kind=sale"))
    seen.append(await officer.get(await publish_sale(officer, reviewer, address)))
    assert all(answer.status == 200 for answer in seen)
    digits = "".join(character for character in RESERVE if character.isdigit())
    for answer in seen:
        for told in (RESERVE, RESERVE.replace(",", ""), digits):
            assert told not in answer.text


async def test_a_form_without_its_token_is_refused(officer: Visitor, database: Database, today: datetime) -> None:
    officer.cookies["csrftoken"] = "forged"
    answer = await officer.post(f"/officer/projects/{new_id()}", demonstration_form(today))
    assert answer.status == 403
    async with database.reading() as session:
        assert await service.projects_to_review(session) == []


@pytest.mark.parametrize("role", [Role.BIDDER, Role.AUCTIONEER, Role.FINANCE, Role.SUPERVISOR, Role.ADMIN])
async def test_the_officers_pages_are_for_officers(
    client: AsyncTestClient[Litestar], database: Database, today: datetime, role: Role
) -> None:
    visitor = await signed_in(client, database, await make_account(database, "other", today, role))
    for path in ("", "/new", "/new/works", "/copy", "/import/works", "/import/works/download", f"/{new_id()}"):
        assert (await visitor.get(f"/officer/projects{path}")).status == 403
    assert (await visitor.post(f"/officer/projects/{new_id()}/review", {"decision": "agree"})).status == 403


async def test_what_does_not_exist_is_a_page_that_says_so(officer: Visitor) -> None:
    for path in (f"/officer/projects/{new_id()}", f"/officer/projects/{new_id()}/announcements/new?kind=sale"):
        answer = await officer.get(path)
        assert answer.status == 404
        assert "There is no such project." in answer.text

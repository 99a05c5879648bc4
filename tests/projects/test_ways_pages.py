"""The officers' pages for every way of selling: what the form asks, what is shown of it, and the sealed reserve."""

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
from tests.publication.by_pages import publish_sale
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service
from trading.projects.models import Lot
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


def typed(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


WAYS: dict[str, dict[str, str]] = {
    "listing": {"window_s": "30", "cap_rule": "one_price"},
    "tender": {},
    "online_auction": {"valuation": "30,000,000"},
    "auction": {"increment_lowest": "50000", "increment_highest": "500000"},
}
SHOWN = {
    "listing": ["Price cap", "29,512,500.00", "35,415,000.00", "The listing ends", "For those who have quoted"],
    "tender": ["Quotes end and are opened"],
    "online_auction": ["30,000,000.00", "Open for", "2 min", "until 20 s after that bid"],
    "auction": ["The auctioneer may change it between 50,000.00 and 500,000.00 yuan."],
}


def form_of(way: str, today: datetime) -> dict[str, str]:
    changed = WAYS[way] | {"selling_method": way}
    if way in ("listing", "tender"):
        changed["listing_ends_at"] = typed(today + timedelta(minutes=30))
    return demonstration_form(today, **changed)


async def entered(officer: Visitor, reviewer: Visitor, form: dict[str, str]) -> str:
    """The address of a project that was reviewed."""
    address = f"/officer/projects/{new_id()}"
    assert (await officer.post(address, form | {"then": "submit"})).status == 303
    assert (await reviewer.post(f"{address}/review", {"decision": "agree"})).status == 303
    return address


async def lot_of(database: Database, address: str) -> Lot:
    async with database.reading() as session:
        [lot] = await service.lots_of(session, UUID(address.rsplit("/", 1)[1]))
    return lot


@pytest.mark.parametrize("way", sorted(WAYS))
async def test_what_a_way_of_selling_has_is_shown_to_the_reviewer_and_announced(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime, way: str
) -> None:
    address = f"/officer/projects/{new_id()}"
    assert (await officer.post(address, form_of(way, today) | {"then": "submit"})).status == 303
    pages = [await reviewer.get(address)]
    await reviewer.post(f"{address}/review", {"decision": "agree"})
    public = await publish_sale(officer, reviewer, address)
    lot = await lot_of(database, address)
    pages += [await officer.get(f"/lots/{lot.id}"), await officer.get(address)]
    assert (await officer.get(public)).status == 200
    for page in pages:
        assert page.status == 200
        for words in SHOWN[way]:
            assert words in page.text
    for other in set(SHOWN) - {way}:
        assert SHOWN[other][0] not in pages[1].text


async def test_without_the_script_every_field_is_there_with_words_that_say_when_it_counts(officer: Visitor) -> None:
    page = (await officer.get("/officer/projects/new/land")).text
    for name in ("window_s", "listing_ends_at", "valuation", "increment_lowest", "cap_rule", "cap", "cap_ceiling"):
        before = page.split(f'name="{name}"')[0].rsplit("<div data-only-if=", 1)[1]
        assert " hidden" not in before
        assert 'class="field__hint"' in before


async def test_a_draft_tells_what_an_empty_cap_means(officer: Visitor, today: datetime) -> None:
    address = f"/officer/projects/{new_id()}"
    await officer.post(address, form_of("listing", today) | {"then": "keep"})
    assert "Left empty, it is 29,512,500.00 yuan (25 % above the starting price)." in (await officer.get(address)).text


async def test_the_reserve_is_replaced_on_the_projects_page_and_told_on_none(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    form = form_of("tender", today) | {"has_reserve": "yes", "reserve_price": "24,000,000"}
    address = await entered(officer, reviewer, form)
    lot = await lot_of(database, address)
    before = await officer.get(address)
    assert "Replace the sealed reserve price" in before.text
    assert "Replace the sealed reserve price" not in (await reviewer.get(address)).text
    answer = await officer.post(f"/officer/lots/{lot.id}/reserve", {"reserve_price": RESERVE})
    assert (answer.status, answer.location) == (303, f"{address}#reserve-1")
    assert (await reviewer.post(f"/officer/lots/{lot.id}/reserve", {"reserve_price": RESERVE})).status == 403
    assert (await officer.post(f"/officer/lots/{lot.id}/reserve", {"reserve_price": "1"})).status == 422
    after = await officer.get(address)
    async with database.reading() as session:
        sealed = await service.sealed_reserve_of(session, lot.id)
    assert sealed is not None
    assert sealed.price.yuan == RESERVE
    assert sealed.commitment in after.text
    assert sealed.commitment not in before.text
    assert RESERVE not in after.text


async def test_a_reserve_that_nobody_sealed_is_an_alert_until_it_is_decided_on(
    officer: Visitor, reviewer: Visitor, database: Database, today: datetime
) -> None:
    address = await entered(officer, reviewer, form_of("tender", today))
    lot = await lot_of(database, address)
    async with database.work() as session:
        announced = await service.lock_lot(session, lot.id)
        announced.has_reserve, announced.listing_ends_at = True, today
    for visitor in (officer, reviewer):
        assert "The sale cannot be decided" in (await visitor.get(address)).text
    decision = {"waiver_reasons": "经集体研究决定"}
    assert (await reviewer.post(f"/officer/lots/{lot.id}/reserve/waiver", decision)).status == 403
    assert (await officer.post(f"/officer/lots/{lot.id}/reserve/waiver", decision)).status == 303
    page = (await reviewer.get(address)).text
    assert "The sale cannot be decided" not in page
    assert "the lot is sold without a reserve price" in page

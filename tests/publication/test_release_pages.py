"""The officers' and administrators' pages of announcements, and the public page of one, through the application."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.projects.forms import demonstration_form
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from tests.publication.by_pages import publish_sale, release
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.publication.default_texts import TEXTS
from trading.publication.kind_types import AnnouncementKind
from trading.settings import Settings

HOSTILE = "<script>alert(1)</script>{{ 7*7 }} =cmd|'/c' 🏗 \u202eabc"


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def today(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_clock(session)


async def visitor(
    client: AsyncTestClient[Litestar], database: Database, today: datetime, name: str, role: Role
) -> Visitor:
    return await signed_in(client, database, await make_account(database, name, today, role))


@pytest.fixture
async def officer(client: AsyncTestClient[Litestar], database: Database, today: datetime) -> Visitor:
    return await visitor(client, database, today, "officer", Role.OFFICER)


@pytest.fixture
async def second(client: AsyncTestClient[Litestar], database: Database, today: datetime) -> Visitor:
    return await visitor(client, database, today, "second", Role.OFFICER)


def local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@pytest.fixture
async def address(officer: Visitor, second: Visitor, today: datetime) -> str:
    """The address of a project that is entered; its sale starts in three days."""
    made = f"/officer/projects/{new_id()}"
    dates = {"registration_closes_at": local(today + timedelta(days=2)), "starts_at": local(today + timedelta(days=3))}
    await officer.post(made, demonstration_form(today, **dates) | {"then": "submit"})
    assert (await second.post(f"{made}/review", {"decision": "agree"})).status == 303
    return made


async def test_a_sale_is_prepared_by_one_officer_and_released_by_another(
    officer: Visitor, second: Visitor, address: str
) -> None:
    asked = await officer.get(f"{address}/announcement")
    assert asked.location == f"{address}/announcements/new?kind=sale"
    form = (await officer.get(asked.location)).text
    assert "As the public will read it" in form
    assert "23,610,000.00 元" in form
    prepared = (await officer.post(f"{address}/announcements", {"kind": "sale"})).location
    own = (await officer.get(prepared)).text
    assert "another officer has to release it" in own
    assert 'value="now"' not in own
    assert prepared in (await second.get("/officer/announcements")).text
    assert (await officer.get(f"{address}/announcement")).location == prepared
    assert (await officer.post(f"{prepared}/release", {"when": "now"})).status == 403
    public = (await second.get(await release(second, prepared))).text
    assert "国有建设用地使用权出让公告" in public
    assert "23,610,000.00 元（贰仟叁佰陆拾壹万元整）" in public


async def test_a_moment_is_proposed_set_and_called_back(officer: Visitor, second: Visitor, address: str) -> None:
    prepared = (await officer.post(f"{address}/announcements", {"kind": "sale"})).location
    page = (await second.get(prepared)).text
    assert "T09:00" in page
    seen = page.split('name="seen" value="')[1][:64]
    for wrong in ({"publish_at": ""}, {"publish_at": "2020-01-01T09:00"}, {"publish_at": "soon"}):
        answer = await second.post(f"{prepared}/release", {"when": "later", "seen": seen} | wrong)
        assert answer.status == 422
        assert "Choose a coming moment" in answer.text
        assert 'value="later" checked' in answer.text
    assert (await second.post(f"{prepared}/return", {"reasons": " "})).status == 422
    assert (await second.post(f"{prepared}/call-back", {})).status == 403
    assert (await officer.post(f"{prepared}/call-back", {})).status == 303
    assert "Called back" in (await officer.get(prepared)).text


async def test_periods_that_became_too_short_are_told_and_the_entry_can_be_taken_back(
    officer: Visitor, second: Visitor, database: Database, address: str
) -> None:
    from sqlalchemy import text

    prepared = (await officer.post(f"{address}/announcements", {"kind": "sale"})).location
    async with database.work() as work:
        await work.execute(text("UPDATE lots SET registration_closes_at = now() - interval '1 minute'"))
    again = await officer.post(f"{address}/announcements", {"kind": "sale", "release": prepared.rsplit("/", 1)[1]})
    seen = (await second.get(again.location)).text.split('name="seen" value="')[1][:64]
    answer = await second.post(f"{again.location}/release", {"when": "now", "seen": seen})
    assert answer.status == 422
    assert "the periods have become too short" in answer.text


async def test_hostile_words_in_a_change_are_kept_and_shown_as_text(
    officer: Visitor, second: Visitor, address: str
) -> None:
    sale = await publish_sale(officer, second, address)
    follows = sale.rsplit("/", 1)[1]
    form = f"{address}/announcements/new?kind=change&follows={follows}"
    assert "What changes" in (await officer.get(form)).text
    typed = {"kind": "change", "follows": follows, "change": HOSTILE, "reason": "", "affects_bids": ""}
    refused = await officer.post(f"{address}/announcements", typed)
    assert refused.status == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in refused.text
    assert 'href="#field-reason"' in refused.text
    assert 'href="#field-affects_bids"' in refused.text
    typed |= {"change": HOSTILE.replace("\u202e", ""), "reason": "=1+1", "affects_bids": "yes"}
    looked = await officer.post(f"{address}/announcements", typed | {"action": "preview"})
    assert looked.status == 200
    assert "&lt;script&gt;" in looked.text
    prepared = await officer.post(f"{address}/announcements", typed)
    public = await release(second, prepared.location)
    page = (await second.get(public)).text
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_the_earlier_and_the_later_announcement_lead_to_each_other(
    officer: Visitor, second: Visitor, address: str
) -> None:
    sale = await publish_sale(officer, second, address)
    typed = {"correction": "笔误。", "affects_bids": "no", "no_effect_reason": "笔误。"}
    form = typed | {"kind": "correction", "follows": sale.rsplit("/", 1)[1]}
    correction = await release(second, (await officer.post(f"{address}/announcements", form)).location)
    again = typed | {"kind": "correction", "follows": correction.rsplit("/", 1)[1]}
    last = await release(second, (await officer.post(f"{address}/announcements", again)).location)
    first = (await second.get(sale)).text
    assert "followed by others" in first
    assert correction in first
    assert last in first
    middle = (await second.get(correction)).text
    assert "follows an earlier one" in middle
    assert sale in middle
    assert last in middle


async def test_what_was_published_can_be_checked_byte_for_byte(
    client: AsyncTestClient[Litestar], officer: Visitor, second: Visitor, address: str
) -> None:
    import hashlib

    sale = await publish_sale(officer, second, address)
    page = (await officer.get(sale)).text
    text, facts = [await client.get(f"{sale}/{name}") for name in ("download", "facts.json")]
    assert hashlib.sha256(text.content).hexdigest() in page
    assert hashlib.sha256(facts.content).hexdigest() in page
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    receipt = msgspec.json.decode((await client.get(f"{sale}/receipt.json")).content)
    assert receipt["entry"]["body"]["text_sha256"] == hashlib.sha256(text.content).hexdigest()
    assert 'aria-label="QR code' in page
    for name in ("download", "facts.json", "receipt.json"):
        assert (await client.get(f"/announcements/{new_id()}/{name}")).status_code == 404


@pytest.mark.parametrize("kind", ["", "nonsense", "result", "suspension"])
async def test_a_kind_that_does_not_fit_leads_back_to_the_choice(officer: Visitor, address: str, kind: str) -> None:
    page = await officer.get(f"{address}/announcements/new?kind={kind}&follows=x&release=y")
    assert page.status == 200
    assert "Sale announcement" in page.text
    assert (await officer.post(f"{address}/announcements", {"kind": kind})).status == 422


async def test_only_officers_prepare_and_only_administrators_edit_templates(
    client: AsyncTestClient[Litestar], database: Database, today: datetime, officer: Visitor
) -> None:
    bidder = await visitor(client, database, today, "auditor", Role.AUDITOR)
    for path in ("/officer/announcements", "/admin/announcement-texts", "/admin/announcement-texts/sale"):
        assert (await bidder.get(path)).status == 403
    assert (await officer.get("/admin/announcement-texts")).status == 403
    assert (await officer.get(f"/officer/announcements/{new_id()}")).status == 404


async def test_a_template_is_edited_looked_at_proposed_and_approved_by_another(
    client: AsyncTestClient[Litestar], database: Database, today: datetime
) -> None:
    first = await visitor(client, database, today, "admin", Role.ADMIN)
    other = await visitor(client, database, today, "other", Role.ADMIN)
    page = "/admin/announcement-texts/result"
    assert "as shipped" in (await first.get(page)).text
    source = TEXTS[AnnouncementKind.RESULT] + "<p>本中心</p>"
    looked = await first.post(page, {"source": source, "note": "", "action": "preview"})
    assert "本中心" in looked.text
    wrong = await first.post(page, {"source": "<p>x</p>\n<p>{{ range(9) }}</p>", "note": "x"})
    assert wrong.status == 422
    assert "line 2" in wrong.text
    assert "{{ range(9) }}" in wrong.text
    assert (await first.post(page, {"source": source, "note": ""})).status == 422
    proposed = (await first.post(page, {"source": source, "note": "<b>加落款</b>"})).location
    assert (await first.post(proposed, {"decision": "approve"})).status == 403
    waiting = (await other.get("/admin/announcement-texts")).text
    assert "&lt;b&gt;加落款&lt;/b&gt;" in waiting
    assert proposed in waiting
    assert "本中心" in (await other.get(proposed)).text
    assert (await other.post(proposed, {"decision": "approve"})).status == 303
    assert "version 1 in use" in (await first.get(page)).text
    assert (await other.post(proposed, {"decision": "approve"})).status == 409
    assert (await first.get("/admin/announcement-texts/nonsense")).status == 404


async def test_what_the_project_lacks_is_named_by_its_label_with_a_link_to_it(
    database: Database, officer: Visitor, address: str
) -> None:
    async with database.work() as session:
        [lot] = await projects.lots_of(session, UUID(address.rpartition("/")[2]))
        lot.location, lot.parcel_number = "", ""
    refused = await officer.post(f"{address}/announcements", {"kind": "sale"})
    assert refused.status == 422
    assert f'<a href="{address}#field-location">Location</a>' in refused.text
    assert f'<a href="{address}#field-parcel_number">Parcel number</a>' in refused.text
    assert "Location, Parcel number is missing" in refused.text
    officer.cookies["language"] = "zh"
    assert "位置、宗地编号" in (await officer.post(f"{address}/announcements", {"kind": "sale"})).text


async def test_what_an_officer_left_out_is_told_beside_its_field(
    officer: Visitor, second: Visitor, address: str
) -> None:
    sale = await publish_sale(officer, second, address)
    typed = {"kind": "change", "follows": sale.rpartition("/")[2], "change": " ", "reason": HOSTILE}
    refused = await officer.post(f"{address}/announcements", typed)
    for name, label in (("change", "What changes"), ("affects_bids", "May it affect bids?")):
        assert f'<a href="#field-{name}">{label}</a>' in refused.text
    assert "<script>alert" not in refused.text
    assert "&lt;script&gt;alert(1)" in refused.text

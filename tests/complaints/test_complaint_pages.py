"""Pages of queries and complaints: who may see what, refusals beside their fields, nothing that was typed is lost."""

import io
import re
from collections.abc import AsyncIterator

import pytest

from tests.complaints.stage import PAPER, Stage, at, make_unit, published
from tests.conftest import Urls
from tests.projects.visitor import HTML, Visitor, signed_in
from tests.publication.packing import pdf
from tests.supervision.acting import Client, application, present
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.complaints.procedures import About, Paper
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import iso, local_day
from trading.publication.kind_types import AnnouncementKind
from trading.settings import Settings

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[Client]:
    async with application(settings, urls.running) as opened:
        yield opened


@pytest.fixture
async def stage(database: Database) -> Stage:
    """A project that was announced at the beginning of November; its result is announced right now."""
    made = await published(database)
    now = await present(database)
    await made.publish(
        AnnouncementKind.RESULT,
        now,
        winner_name="甲公司",
        final_fen=70_000_000,
        concluded_at=iso(now),
        experts="甲",
    )
    return made


async def at_page(client: Client, stage: Stage, who: Actor) -> Visitor:
    """Somebody at their browser."""
    async with stage.database.reading() as session:
        assert who.account_id is not None
        account = await accounts.get_account(session, who.account_id)
    return await signed_in(client, stage.database, account)


def paper_of(stage: Stage, now_day: str) -> dict[str, str]:
    """A paper whose days are in order today."""
    return PAPER | {"documents_on": "2026-11-03", "known_on": now_day, "matter": str(new_id())}


async def test_a_query_is_raised_on_its_page_and_what_was_typed_survives_a_refusal(
    client: Client, stage: Stage
) -> None:
    bidder = await at_page(client, stage, stage.unit)
    chosen = await bidder.get(f"/my/complaints/new/{stage.project_id}")
    assert chosen.status == 200
    address = f"/my/complaints/new/{stage.project_id}/query/result"
    assert address in chosen.text
    blank = await bidder.get(address)
    found = re.search(r'name="matter" value="([0-9a-f-]{36})"', blank.text)
    assert found
    today = local_day(await present(stage.database)).isoformat()
    form = paper_of(stage, today) | {"matter": found[1], "matters": HOSTILE, "postcode": "1"}
    refused = await bidder.post(address, form)
    assert refused.status == 422
    assert "A postcode has six digits." in refused.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in refused.text
    assert found[1] in refused.text
    raised = await bidder.post(address, form | {"postcode": "646200"})
    assert (raised.status, raised.location) == (303, f"/complaints/{found[1]}")
    again = await bidder.post(address, form | {"postcode": "646200"})
    assert (again.status, again.location) == (303, raised.location)
    shown = await bidder.get(raised.location)
    assert "&lt;script&gt;" in shown.text
    assert "<script>alert(1)" not in shown.text
    assert f'href="{raised.location}"' in (await bidder.get("/my/complaints")).text
    assert "Your unit has raised this before" in (await bidder.get(f"/my/complaints/new/{stage.project_id}")).text


async def test_pages_answer_only_those_whom_the_matter_concerns(client: Client, stage: Stage) -> None:
    now = await present(stage.database)
    query = await stage.raise_(Paper.QUERY, About.RESULT, now)
    address = f"/complaints/{query.id}"
    expected = {"unit": 200, "officer": 200, "supervisor": 200, "colleague": 404}
    for name, status in expected.items():
        visitor = await at_page(client, stage, getattr(stage, name))
        assert (await visitor.get(address)).status == status, name
    stranger = await at_page(client, stage, stage.units[1])
    assert (await stranger.get(address)).status == 404
    for path in ("answer", "acceptance", "suspension", "resumption", "decision"):
        assert (await stranger.post(f"{address}/{path}", {})).status == 403, path
    assert (await stranger.post(f"{address}/withdrawal", {})).status == 404
    assert (await stranger.get("/officer/complaints")).status == 403
    assert (await stranger.get("/supervision/complaints")).status == 403
    officer = await at_page(client, stage, stage.officer)
    for path in ("acceptance", "suspension", "decision", "withdrawal"):
        assert (await officer.post(f"{address}/{path}", {})).status == 403, path
    assert (await officer.get(f"/my/complaints/new/{stage.project_id}")).status == 403
    anonymous = Visitor(client)
    assert (await anonymous.get(address)).location.startswith("/sign-in")
    public = await anonymous.get(f"/projects/{stage.project_id}")
    assert public.status == 200
    assert query.number not in public.text
    async with stage.database.reading() as session:
        looks = await journal_store.read(session, stage.supervisor.reference)
    assert [each.body["subject"] for each in looks if each.kind == "confidential_viewed"] == [f"matter:{query.id}"]


async def test_the_officer_answers_on_the_page_and_everything_missing_is_told_at_once(
    client: Client, stage: Stage
) -> None:
    query = await stage.raise_(Paper.QUERY, About.RESULT, await present(stage.database))
    officer = await at_page(client, stage, stage.officer)
    assert query.number in (await officer.get("/officer/complaints")).text
    refused = await officer.post(f"/complaints/{query.id}/answer", {"reasons": "说", "law": "政府采购法"})
    assert refused.status == 422
    assert "Write at least 5 characters." in refused.text
    assert "Please choose." in refused.text
    assert 'value="政府采购法"' in refused.text
    form = {"outcome": "rejected", "reasons": "经核查不成立。", "law": "政府采购法", "effect": "goes_on"}
    assert (await officer.post(f"/complaints/{query.id}/answer", form)).status == 303
    assert (await officer.post(f"/complaints/{query.id}/answer", form)).status == 409
    bidder = await at_page(client, stage, stage.unit)
    assert "经核查不成立。" in (await bidder.get(f"/complaints/{query.id}")).text


async def test_the_supervisor_suspends_and_decides_on_the_page(client: Client, stage: Stage) -> None:
    now = await present(stage.database)
    query = await stage.raise_(Paper.QUERY, About.RESULT, now)
    await stage.answer(query, now)
    complaint = await stage.raise_(Paper.COMPLAINT, About.RESULT, now, prior=query)
    supervisor = await at_page(client, stage, stage.supervisor)
    assert complaint.number in (await supervisor.get("/supervision/complaints")).text
    address = f"/complaints/{complaint.id}"
    assert (await supervisor.post(f"{address}/acceptance", {"then": "accept"})).status == 303
    order = {"suspension_reasons": "需要核查资料", "legal_basis": "第二十八条", "days": "31", "number": "x"}
    refused = await supervisor.post(f"{address}/suspension", order)
    assert refused.status == 422
    assert "At most 30 days." in refused.text
    assert "This is not the number of the complaint." in refused.text
    order |= {"days": "30", "number": complaint.number}
    assert (await supervisor.post(f"{address}/suspension", order)).status == 303
    assert "the project is suspended" in (await supervisor.get(address)).text
    public = await Visitor(client).get(f"/projects/{stage.project_id}")
    assert "Suspended" in public.text
    decision = {"outcome": "upheld", "effect": "begun_anew", "reasons": "评审有误。", "law": "第三十二条"}
    assert (await supervisor.post(f"{address}/decision", decision)).status == 422
    decision["published_words"] = "投诉事项成立，责令重新开展采购活动。"
    assert (await supervisor.post(f"{address}/decision", decision)).status == 303
    assert "the project is suspended" not in (await supervisor.get(address)).text
    told = await stage.tick_announcements(await present(stage.database))
    assert any("责令重新开展采购活动" in str(each.text) for each in told)


async def test_files_are_checked_kept_and_read_by_those_concerned_only(client: Client, stage: Stage) -> None:
    query = await stage.raise_(Paper.QUERY, About.RESULT, await present(stage.database))
    bidder = await at_page(client, stage, stage.unit)

    async def attach(visitor: Visitor, name: str, content: bytes) -> int:
        await visitor.get("/announcements")
        answer = await client.post(
            f"/complaints/{query.id}/files",
            data={"_csrf_token": visitor.cookies["csrftoken"]},
            files={"file": (name, io.BytesIO(content), "application/octet-stream")},
            headers=HTML | {"cookie": "; ".join(f"{each}={value}" for each, value in visitor.cookies.items())},
            follow_redirects=False,
        )
        return answer.status_code

    content = pdf()
    assert await attach(bidder, "a.pdf", b"MZ not a pdf") == 422
    assert await attach(bidder, "证明.pdf", content) == 303
    assert await attach(bidder, "证明.pdf", content) == 303
    page = await bidder.get(f"/complaints/{query.id}")
    [file] = set(re.findall(rf"/complaints/{query.id}/files/[0-9a-f-]+/download", page.text))
    assert (await bidder.get(file)).text.startswith("%PDF")
    officer = await at_page(client, stage, stage.officer)
    assert (await officer.get(file)).status == 200
    stranger = await at_page(client, stage, await _other(stage))
    assert (await stranger.get(file)).status == 404
    assert await attach(stranger, "x.pdf", content) == 404


async def _other(stage: Stage) -> Actor:
    return accounts.actor_for(await make_unit(stage.database, 77, at(11, 2)))

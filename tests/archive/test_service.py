"""Dossiers on a real database: filed, found, handed out, recorded, and verified without the platform."""

import asyncio
import hashlib
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from archive import files, service
from archive.files import DocumentDamaged, FileStore
from archive.letters import verification_code
from archive.models import Document, Download
from archive.sources import Search
from archive.verifier import verify_bundle
from tests.auction.selling import Sale
from tests.auction.test_completing import complete, ended
from trading.accounts import service as accounts
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount
from trading.app import create_app
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects.models import Project
from trading.projects.rules import ProjectNotFound, ProjectState
from trading.settings import Settings
from trading.supervision.dossiers import ProjectDossiers

HTML = {"accept": "text/html"}
SOURCES = ProjectDossiers()


@pytest.fixture(autouse=True)
def store(settings: Settings) -> None:
    files.use_folder(settings.data_folder / "files")


@pytest.fixture
async def sale(database: Database, now: datetime) -> Sale:
    """A sold lot whose letter and bid record are filed."""
    sold = await ended(database, now, bids=4)
    async with database.work() as session:
        await session.execute(update(Project).where(Project.id == sold.project_id).values(entered_at=now))
    await complete(database, now + timedelta(minutes=1))
    return sold


@pytest.fixture
async def client(settings: Settings, database: Database) -> AsyncIterator[AsyncTestClient[Litestar]]:
    # The application runs in a loop of its own and needs connections of its own.
    async with AsyncTestClient(create_app(settings, Database(database.url))) as opened:
        yield opened


async def signed_in(database: Database, *roles: Role) -> tuple[Actor, dict[str, str]]:
    async with database.work() as session:
        now = await database_clock(session)
        new = NewAccount(f"a{new_id().hex[-12:]}", "审计员甲", "four words make one", frozenset(roles))
        account = await accounts.create_account(session, new, actor=Actor.system("test"), now=now)
        cookie = {SESSION_COOKIE: await accounts.open_session(session, account, now=now)}
        return accounts.actor_for(account), cookie


async def file(database: Database, project_id: UUID, now: datetime, content: bytes = b"%PDF-1.4 x") -> Document:
    async with database.work() as session:
        return await service.file_document(
            session,
            project_id=project_id,
            lot_id=None,
            kind="minutes",
            title="会议纪要",
            media_type="application/pdf",
            content=content,
            now=now,
            actor=Actor.system("test"),
        )


async def test_a_document_is_filed_once_with_its_hash_in_the_journal(database: Database, now: datetime) -> None:
    project_id = new_id()
    first = await file(database, project_id, now)
    second = await file(database, project_id, now)
    assert first.id == second.id
    async with database.reading() as session:
        entries = await journal_store.read(session, f"project:{project_id}")
    assert [entry.kind for entry in entries] == ["document_filed"]
    assert entries[0].body["sha256"] == hashlib.sha256(b"%PDF-1.4 x").hexdigest()
    assert await service.read_document(first) == b"%PDF-1.4 x"


async def test_a_new_version_is_a_new_document_under_the_same_code(database: Database, now: datetime) -> None:
    project_id = new_id()
    first = await file(database, project_id, now)
    second = await file(database, project_id, now + timedelta(minutes=1), b"%PDF-1.4 y")
    async with database.reading() as session:
        found = await service.documents_behind(session, first.verification_code)
    assert [document.id for document in found] == [second.id, first.id]


async def test_documents_and_downloads_can_be_neither_changed_nor_deleted(database: Database, now: datetime) -> None:
    await file(database, new_id(), now)
    for statement in ("UPDATE documents SET title = 'x'", "DELETE FROM documents", "DELETE FROM dossier_downloads"):
        async with database.reading() as session:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await session.execute(text(statement))


async def test_a_file_that_was_changed_on_the_disk_is_not_handed_out(tmp_path: Path) -> None:
    kept = FileStore(tmp_path)
    sha256 = await kept.put(b"content")
    assert await kept.get(sha256) == b"content"
    (tmp_path / sha256[:2] / sha256).write_bytes(b"forged!")
    with pytest.raises(DocumentDamaged):
        await kept.get(sha256)
    (tmp_path / sha256[:2] / sha256).unlink()
    with pytest.raises(DocumentDamaged):
        await kept.get(sha256)


async def test_the_same_content_written_at_once_is_one_file(tmp_path: Path) -> None:
    kept = FileStore(tmp_path)
    hashes = await asyncio.gather(*[kept.put(b"content") for _ in range(20)])
    assert len(set(hashes)) == 1
    assert await kept.get(hashes[0]) == b"content"


async def test_a_downloaded_dossier_verifies_without_the_platform(
    database: Database, sale: Sale, client: AsyncTestClient[Litestar], tmp_path: Path
) -> None:
    _, cookie = await signed_in(database, Role.AUDITOR)
    answer = await client.get(f"/archive/{sale.project_id}/download", headers=HTML, cookies=cookie)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    path = tmp_path / "dossier.zip"
    path.write_bytes(answer.content)
    report = verify_bundle(path)
    assert report.findings == []
    assert report.documents == 5  # the result announcement, the letter, the bid record as PDF and as CSV
    streams = {end.stream for end in report.ends}
    assert {f"project:{sale.project_id}", f"lot:{sale.lot_id}", f"auction:{sale.lot_id}"} <= streams
    assert {f"deposit:{bidder.registration.id}" for bidder in sale.bidders} <= streams
    with zipfile.ZipFile(path) as archive:
        names = [name.split("/", 1)[1] for name in archive.namelist()]
        assert any("报名情况" in name for name in names)
        assert not any("13800000000" in archive.read(name).decode(errors="ignore") for name in archive.namelist())


async def test_the_download_is_recorded_with_who_and_which_bytes(
    database: Database, sale: Sale, client: AsyncTestClient[Litestar]
) -> None:
    actor, cookie = await signed_in(database, Role.AUDITOR)
    answer = await client.get(f"/archive/{sale.project_id}/download", headers=HTML, cookies=cookie)
    sha256 = hashlib.sha256(answer.content).hexdigest()
    async with database.reading() as session:
        download = (await session.scalars(select(Download))).one()
        last = (await journal_store.read(session, f"project:{sale.project_id}"))[-1]
    assert (download.sha256, download.account_id) == (sha256, actor.account_id)
    assert (last.kind, last.actor, last.body["sha256"]) == ("dossier_downloaded", actor.reference, sha256)
    page = await client.get(f"/archive/{sale.project_id}", headers=HTML, cookies=cookie)
    assert sha256 in page.text
    assert "审计员甲" in page.text


async def test_a_damaged_document_stops_the_download_and_nothing_is_recorded(
    database: Database, sale: Sale, settings: Settings, client: AsyncTestClient[Litestar]
) -> None:
    _, cookie = await signed_in(database, Role.AUDITOR)
    async with database.reading() as session:
        document = (await service.documents_of(session, sale.project_id))[0]
    (settings.data_folder / "files" / document.sha256[:2] / document.sha256).write_bytes(b"forged")
    answer = await client.get(f"/archive/{sale.project_id}/download", headers=HTML, cookies=cookie)
    assert answer.status_code == 422
    async with database.reading() as session:
        assert (await session.scalars(select(Download))).all() == []


async def test_the_search_finds_by_words_kind_state_and_days(database: Database, sale: Sale, now: datetime) -> None:
    async with database.reading() as session:
        for search, expected in (
            (Search(), 1),
            (Search(words="城东 七号"), 1),
            (Search(words="竞买人2号"), 1),
            (Search(words="HJ2026-07"), 1),
            (Search(words="%"), 0),
            (Search(words="不存在"), 0),
            (Search(kind="land", state="concluded"), 1),
            (Search(kind="agency_selection"), 0),
            (Search(first_day=now.date(), last_day=now.date()), 1),
            (Search(first_day=now.date() + timedelta(days=1)), 0),
        ):
            assert (await SOURCES.search(session, search)).total == expected, search
        found = await SOURCES.search(session, Search(kind="agency_selection"))
        assert found.kinds == {"land": 1}
        assert (await SOURCES.search(session, Search(page=99))).page == 1


async def test_a_project_that_has_not_entered_has_no_dossier(database: Database, sale: Sale) -> None:
    async with database.work() as session:
        await session.execute(update(Project).where(Project.id == sale.project_id).values(entered_at=None))
    async with database.reading() as session:
        with pytest.raises(ProjectNotFound):
            await service.view_dossier(session, sale.project_id, SOURCES)


async def test_a_dossier_says_what_is_missing_and_is_filed_when_nothing_is(
    database: Database, sale: Sale, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    archivist = Actor.system("archive")
    async with database.work() as session:
        parts = await SOURCES.parts(session, sale.project_id)
        assert parts.gaps == ("The sale announcement is missing.",)
        assert await SOURCES.file_complete(session, actor=archivist, now=now) == []
    async with database.work() as session:
        from trading.publication.service import publish

        facts: dict[str, Any] = dict.fromkeys(("area_m2", "area_mu", "term_years", "conditions", "location"), "x")
        facts |= dict.fromkeys(("registration_opens_at", "registration_closes_at", "starts_at"), iso(now))
        facts |= dict.fromkeys(("starting_price_fen", "increment_fen", "deposit_fen"), 100_000_000)
        facts |= {"selling_method": "auction", "land_use": "housing", "has_reserve": False}
        facts |= {"minimum_bidders": 3, "rule_profile": "x", "parcel_number": "x"}
        await publish(session, "sale", sale.project_id, sale.lot_id, facts, now=now, actor=archivist)
        assert await SOURCES.file_complete(session, actor=archivist, now=now) == [sale.project_id]
        assert await SOURCES.file_complete(session, actor=archivist, now=now) == []
        project = await session.get(Project, sale.project_id)
        assert project is not None
        assert project.state == ProjectState.FILED


async def test_the_public_page_shows_the_letters_facts_and_its_hash(
    database: Database, sale: Sale, client: AsyncTestClient[Litestar]
) -> None:
    code = verification_code("confirmation_letter", sale.lot_id)
    async with database.reading() as session:
        letter = (await service.documents_behind(session, code))[0]
    for typed in (code, code.lower().replace("-", ""), code.replace("0", "O").replace("1", "l")):
        answer = await client.get(f"/verify/{typed}", headers=HTML)
        assert answer.status_code == 200, typed
        for fact in (letter.sha256, "演示竞买人2号有限公司", "HJ2026-07", "1,150,000.00", "演示数据"):
            assert fact in answer.text
    assert "13800000000" not in answer.text
    assert "6222000000000000" not in answer.text
    for almost in (f"{code}7", code[:-1]):
        assert (await client.get(f"/verify/{almost}", headers=HTML)).status_code == 404, almost


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC", "x", "%3Cscript%3E", "A" * 300, "7PX0-KZPC-APQ4-"])
async def test_an_unknown_code_gets_a_clear_page(client: AsyncTestClient[Litestar], code: str) -> None:
    answer = await client.get(f"/verify/{code}", headers=HTML)
    assert answer.status_code == 404
    assert "本中心没有核验码为" in answer.text
    assert "<script>" not in answer.text


async def test_documents_are_read_by_the_centre_and_by_those_who_took_part(
    database: Database, sale: Sale, client: AsyncTestClient[Litestar], now: datetime
) -> None:
    async with database.reading() as session:
        documents = {each.kind: each for each in await service.documents_of(session, sale.project_id)}
    letter, record, table = (documents[kind] for kind in ("confirmation_letter", "bid_record", "bid_record_csv"))
    loser, winner = (accounts.actor_for(sale.bidders[n].account) for n in (0, 1))
    stranger, stranger_cookie = await signed_in(database, Role.BIDDER)
    async with database.reading() as session:
        await service.check_may_read(session, letter, winner, SOURCES)
        await service.check_may_read(session, record, loser, SOURCES)
        await service.check_may_read(session, table, loser, SOURCES)
        for document, actor in ((letter, loser), (letter, stranger), (record, stranger), (table, stranger)):
            with pytest.raises(NotPermitted):
                await service.check_may_read(session, document, actor, SOURCES)
    _, cookie = await signed_in(database, Role.OFFICER)
    answer = await client.get(f"/documents/{letter.id}", headers=HTML, cookies=cookie)
    assert answer.content.startswith(b"%PDF")
    assert hashlib.sha256(answer.content).hexdigest() == letter.sha256
    refused = await client.get(f"/documents/{letter.id}", headers=HTML, cookies=stranger_cookie)
    assert refused.status_code == 403
    unknown = await client.get(f"/documents/{new_id()}", headers=HTML, cookies=cookie)
    assert unknown.status_code == 404
    address = f"/lots/{sale.lot_id}/bid-record.csv"
    answer = await client.get(address, cookies=cookie)
    assert hashlib.sha256(answer.content).hexdigest() == table.sha256
    assert answer.headers["content-type"].startswith("text/csv")
    assert (await client.get(address, headers=HTML, cookies=stranger_cookie)).status_code == 403
    assert (await client.get(f"/lots/{new_id()}/bid-record.csv", headers=HTML, cookies=cookie)).status_code == 404


async def test_nobody_but_auditors_and_supervisors_finds_dossiers(
    database: Database, sale: Sale, client: AsyncTestClient[Litestar]
) -> None:
    _, officer = await signed_in(database, Role.OFFICER, Role.FINANCE, Role.ADMIN)
    for path in ("/archive", f"/archive/{sale.project_id}", f"/archive/{sale.project_id}/download"):
        assert (await client.get(path, headers=HTML, cookies=officer)).status_code == 403
    _, auditor = await signed_in(database, Role.AUDITOR)
    listed = await client.get("/archive?words=城东&page=x&from=never", headers=HTML, cookies=auditor)
    assert listed.status_code == 200
    assert "城东第七号地块出让" in listed.text
    assert (await client.get(f"/archive/{new_id()}", headers=HTML, cookies=auditor)).status_code == 404

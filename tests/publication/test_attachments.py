"""Attaching files, reading them, taking them back, and what an announcement freezes."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from archive import files
from archive.files import DocumentDamaged
from tests.conftest import Urls
from tests.projects.forms import NOW, land_form
from tests.projects.people import make_account, make_officer
from tests.projects.test_entry import agree, kinds, save, submit
from tests.projects.visitor import signed_in
from tests.publication.packing import office, pdf, picture, zipped
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.kernel.database import Database
from trading.publication import attachments, previewing, service
from trading.publication.attachment_rules import (
    AttachmentFrozen,
    AttachmentNotFound,
    FileDamaged,
    FileLocked,
    NotYourAttachments,
    ProjectTakesNoFiles,
    TooManyFiles,
)
from trading.publication.attachments import LookedAt
from trading.settings import Settings


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> None:
    files.use_folder(tmp_path / "data" / "files")


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


async def look_at(content: bytes, name: str) -> LookedAt:
    return await attachments.look_at(BytesIO(content), name, largest_mib=5)


async def draft(database: Database, name: str = "officer") -> tuple[Actor, UUID]:
    officer = await make_officer(database, name, NOW)
    return officer, await save(database, officer, land_form())


async def attach(database: Database, project_id: UUID, actor: Actor, file: LookedAt, now: datetime = NOW) -> UUID:
    async with database.work() as session:
        return (await attachments.attach(session, project_id, file, actor=actor, now=now)).id


async def test_pictures_are_made_of_pages_and_pictures_and_of_nothing_else() -> None:
    page = await look_at(pdf(), "a.pdf")
    assert page.preview is not None
    assert (page.preview.width, page.preview.height) == (640, 896)
    assert page.preview.content[8:12] == b"WEBP"
    small = await look_at(picture(), "a.png")
    assert small.preview is not None
    assert (small.preview.width, small.preview.height) == (40, 30)
    assert (await look_at(office(), "a.docx")).preview is None


async def test_a_locked_and_a_cut_file_are_refused_and_a_slow_one_has_no_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FileLocked):
        await look_at(pdf(password="secret"), "a.pdf")
    for content, name in ((b"%PDF-1.7 nothing", "a.pdf"), (picture((400, 300))[:-60], "a.png")):
        with pytest.raises(FileDamaged):
            await look_at(content, name)
    monkeypatch.setattr(previewing, "WITHIN_S", 0.001)
    assert (await look_at(pdf(), "a.pdf")).preview is None


async def test_an_attachment_waits_is_frozen_and_then_public(database: Database) -> None:
    officer, project_id = await draft(database)
    plan, notice = await look_at(picture(), "宗地图.png"), await look_at(pdf(), "须知.pdf")
    first = await attach(database, project_id, officer, plan)
    assert await attach(database, project_id, officer, plan) == first
    second = await attach(database, project_id, officer, notice)
    async with database.work() as session:
        with pytest.raises(AttachmentNotFound):
            await attachments.open_for(session, first, None, NOW)
        assert (await attachments.open_for(session, first, officer, NOW))[1] is False
        assert await attachments.withdraw(session, second, actor=officer, now=NOW) == project_id
    await submit(database, officer, project_id)
    await agree(database, await make_officer(database, "reviewer", NOW), project_id)
    async with database.work() as session:
        [sale] = await service.publish_sale(session, project_id, actor=officer, now=NOW)
    assert service.facts_of(sale)["attachments"] == [
        {
            "attachment": str(first),
            "name": "宗地图.png",
            "media_type": "image/png",
            "size_bytes": len(picture()),
            "sha256": hashlib.sha256(picture()).hexdigest(),
        }
    ]
    async with database.work() as session:
        assert (await attachments.open_for(session, first, None, NOW))[1] is True
        assert [file.id for file in await attachments.of_announcement(session, sale.id)] == [first]
        assert await attachments.waiting_of(session, project_id) == []
        with pytest.raises(AttachmentFrozen):
            await attachments.withdraw(session, first, actor=officer, now=NOW)
        with pytest.raises(AttachmentNotFound):  # it was taken back, and stays unknown to the public
            await attachments.open_for(session, second, None, NOW)
    journal = await kinds(database, f"project:{project_id}")
    assert journal.count("attachment_added") == 2
    assert journal.count("attachment_withdrawn") == 1
    assert (await kinds(database, officer.reference)).count("confidential_viewed") == 1


async def test_only_the_officer_in_charge_attaches_and_not_while_it_is_reviewed(database: Database) -> None:
    officer, project_id = await draft(database)
    file = await look_at(picture(), "a.png")
    with pytest.raises(NotYourAttachments):
        await attach(database, project_id, await make_officer(database, "other", NOW), file)
    await submit(database, officer, project_id)
    with pytest.raises(ProjectTakesNoFiles):
        await attach(database, project_id, officer, file)


async def test_a_project_takes_so_many_files_and_no_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    officer, project_id = await draft(database)
    for number in range(2):
        await attach(database, project_id, officer, await look_at(zipped({f"{number}.txt": "x"}), f"{number}.zip"))
    with pytest.raises(TooManyFiles):
        await attach(database, project_id, officer, await look_at(zipped({"9.txt": "x"}), "9.zip"))


async def test_a_file_that_was_changed_on_the_disk_is_never_handed_out_whole(tmp_path: Path) -> None:
    sha256, size = await files.store().put_file(BytesIO(bytes(3_000_000)))
    got = [piece async for piece in files.store().pieces(sha256)]
    assert (len(b"".join(got)), size) == (3_000_000, 3_000_000)
    path = files.store().path_of(sha256)
    path.write_bytes(bytes(2_999_999) + b"x")
    received = bytearray()
    with pytest.raises(DocumentDamaged):
        await _receive(sha256, received)
    assert len(received) < 3_000_000
    path.unlink()
    with pytest.raises(DocumentDamaged):
        await anext(files.store().pieces(sha256))


async def _receive(sha256: str, received: bytearray) -> None:
    async for piece in files.store().pieces(sha256):
        received.extend(piece)


def _form(visitor: Any, *chosen: tuple[str, bytes]) -> dict[str, Any]:
    return {
        "data": {"_csrf_token": visitor.cookies["csrftoken"]},
        "files": [("file", (name, content, "application/octet-stream")) for name, content in chosen],
        "headers": visitor._headers(),
    }


async def test_the_page_keeps_the_good_files_and_tells_the_faults_of_the_others(
    client: AsyncTestClient[Litestar], database: Database
) -> None:
    account = await make_account(database, "officer", NOW, Role.OFFICER)
    officer = Actor(f"account:{account.id}", "officer", account.id, frozenset({Role.OFFICER}))
    project_id = await save(database, officer, land_form())
    visitor = await signed_in(client, database, account)
    address = f"/officer/projects/{project_id}/attachments"
    assert "No file waits" in (await visitor.get(address)).text
    chosen = (("plan.png", picture()), ("<b>x</b>.pdf", b"MZ not a pdf"), ("tool.exe", b"MZ"))
    answer = await client.post(address, **_form(visitor, *chosen))
    assert answer.status_code == 422
    for told in (
        "is not what its name says",
        "a program",
        "cannot be attached",
        "The others were kept: 1.",
        "plan.png",
    ):
        assert told in answer.text
    assert "<b>x" not in answer.text
    none = await client.post(address, **_form(visitor))
    assert none.status_code == 422
    async with database.reading() as session:
        [file] = await attachments.waiting_of(session, project_id)
    downloaded = await client.get(f"/attachments/{file.id}", headers=visitor._headers())
    assert downloaded.content == picture()
    assert downloaded.headers["content-disposition"] == "attachment; filename*=UTF-8''plan.png"
    assert downloaded.headers["x-content-type-options"] == "nosniff"
    assert downloaded.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert downloaded.headers["cache-control"] == "private, no-store"
    preview = await client.get(f"/attachments/{file.id}/preview", headers=visitor._headers())
    assert preview.headers["content-type"] == "image/webp"
    client.cookies.clear()
    assert (await client.get(f"/attachments/{file.id}")).status_code == 404
    assert (await client.get(f"/attachments/{file.id}/preview")).status_code == 404
    taken = await visitor.post(f"/officer/attachments/{file.id}/withdraw", {})
    assert taken.location == address


async def test_what_was_written_about_attachments_is_never_changed(database: Database) -> None:
    for table in ("attachments", "withdrawn_attachments", "published_attachments"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.work() as session:
                await session.execute(text(f"DELETE FROM {table}"))

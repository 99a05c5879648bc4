"""Papers of rivals that come from one hand are found by what they say; what harms or lies is refused with words."""

import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Urls
from tests.projects.visitor import Visitor
from tests.signs.papers import docx, pdf, photo
from tests.signs.stage import published, raised
from tests.supervision.acting import Client, application, person, present
from trading.accounts.rules import Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.publication.attachment_rules import (
    ArchiveTooLarge,
    FileDamaged,
    FileLocked,
    FileMissing,
    KindNotAllowed,
    LiesAboutItsType,
)
from trading.settings import Settings
from trading.signs.comparing import MOST_PAPERS, read_paper
from trading.signs.paper_rules import Paper, is_strong, marks_of, shared_authors

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def paper(rival: UUID | None, sha256: str, author: str = "", **said: str) -> Paper:
    known = {"saved_by": "", "tool": "", "made_at": "", "identity": ""}
    return Paper(rival, f"{sha256}.docx", sha256, author, **(known | said))


def test_one_author_of_two_rivals_papers_is_found_and_is_less_than_one_file() -> None:
    """招标投标法实施条例 art. 40 (1)."""
    [found] = shared_authors([paper(A, "1", "张 三"), paper(B, "2", saved_by="张三"), paper(C, "3", "李四")])
    assert found.rivals == (A, B)
    assert not is_strong(found)
    [same] = shared_authors([paper(A, "1"), paper(B, "1")])
    assert is_strong(same)


def test_one_program_at_one_second_or_one_identity_is_strong() -> None:
    at = "2026-11-01T02:03:04Z"
    [moment] = shared_authors([paper(A, "1", tool="Word", made_at=at), paper(B, "2", tool="Word", made_at=at)])
    [identity] = shared_authors([paper(A, "1", identity="ab"), paper(B, "2", identity="ab")])
    assert is_strong(moment)
    assert is_strong(identity)
    assert shared_authors([paper(A, "1", tool="Word", made_at=at), paper(B, "2", tool="WPS", made_at=at)]) == []


@pytest.mark.parametrize("nobody", ["", "Administrator", "微软用户", "user", "WPS Office", "李"])
def test_a_name_that_is_nobodys_is_no_sign(nobody: str) -> None:
    assert shared_authors([paper(A, "1", nobody), paper(B, "2", nobody)]) == []


def test_the_moment_that_a_program_writes_into_every_file_is_no_sign() -> None:
    said = {"tool": "python-docx", "made_at": "2013-12-23T23:15:00Z"}
    assert shared_authors([paper(A, "1", **said), paper(B, "2", **said)]) == []


def test_what_the_centres_own_form_says_of_itself_is_no_sign() -> None:
    form = paper(None, "0", "陈经办", tool="Word", made_at="2026-10-01T01:01:01Z")
    filled = [paper(rival, str(rival), "陈经办", tool="Word", made_at="2026-10-01T01:01:01Z") for rival in (A, B)]
    assert shared_authors([form, *filled]) == []
    assert len(shared_authors(filled)) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C]), st.sampled_from("12345"), st.sampled_from(["", "张三", "李四", "admin"])),
        max_size=10,
    )
)
def test_every_finding_is_shared_by_all_its_rivals(drawn: list[tuple[UUID, str, str]]) -> None:
    papers = [paper(rival, sha256, author) for rival, sha256, author in drawn]
    for found in shared_authors(papers):
        assert len(found.rivals) > 1
        for mark in found.marks:
            assert {each.rival for each in papers if mark in marks_of(each)} == set(found.rivals)


@pytest.mark.parametrize(
    ("name", "content", "author"),
    [
        ("方案.pdf", pdf("王五"), "王五"),
        ("授权书.docx", docx("王五 &amp; 李四"), "王五 & 李四"),
        ("照片.jpg", photo("Wang Wu"), "Wang Wu"),
        ("x.docx", docx("<b>\x07名</b>" * 60), ""),
        ("长.docx", docx("长" * 900), "长" * 120),
    ],
)
async def test_a_file_says_who_made_it(name: str, content: bytes, author: str) -> None:
    found = await read_paper(io.BytesIO(content), f"C:\\\\{name}", A)
    assert found.author == author
    assert found.name == name
    assert len(found.sha256) == 64


async def test_two_files_made_by_one_hand_share_their_moment_and_a_copy_its_identity() -> None:
    one, other = pdf("甲"), pdf("乙", "另一份")
    first = await read_paper(io.BytesIO(one), "a.pdf", A)
    copy = await read_paper(io.BytesIO(one), "b.pdf", B)
    assert first.identity == copy.identity != ""
    assert (await read_paper(io.BytesIO(other), "c.pdf", C)).identity != first.identity
    written = await read_paper(io.BytesIO(docx("甲", "乙")), "a.docx", A)
    assert (written.saved_by, written.tool, written.made_at) == ("乙", "Microsoft Office Word", "2026-11-01T02:03:04Z")


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("a.pdf", b"", FileMissing),
        ("a.exe", b"MZ", KindNotAllowed),
        ("a.zip", docx("甲"), KindNotAllowed),
        ("a.pdf", b"MZ" + b"0" * 100, LiesAboutItsType),
        ("a.pdf", b"%PDF-1.7 broken", FileDamaged),
        ("a.pdf", pdf("甲", password="secret"), FileLocked),
        ("a.docx", docx("甲")[:300], FileDamaged),
        ("a.docx", docx("甲", bomb=True), ArchiveTooLarge),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"0" * 50, FileDamaged),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_read_is_refused_with_the_reason(
    name: str, content: bytes, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await read_paper(io.BytesIO(content), name, A)


async def send(visitor: Visitor, address: str, files: list[tuple[str, tuple[str, bytes]]]) -> tuple[int, str]:
    """Send files with the form's token, as a browser does."""
    client: Client = visitor.client
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    answer = await client.post(
        address,
        data={"_csrf_token": visitor.cookies["csrftoken"]},
        files=files,
        headers={"accept": "text/html", "cookie": cookie},
    )
    return answer.status_code, answer.text


async def test_a_supervisor_compares_papers_and_the_alert_shows_what_they_share(
    settings: Settings, urls: Urls, database: Database
) -> None:
    sale = await published(database, await present(database))
    one, other, third = (f"paper_{bidder.registration.id}" for bidder in sale.bidders)
    address = f"/supervision/lots/{sale.lot_id}/papers"
    async with application(settings, urls.running) as client:
        supervisor = await person(client, database, Role.SUPERVISOR)
        assert "演示竞买人2号有限公司" in (await supervisor.get(address)).text
        status, text = await send(supervisor, address, [(one, ("a.pdf", pdf("王五")))])
        assert (status, "Choose papers of at least two bidders." in text) == (422, True)
        broken = [
            (one, ("a.docx", docx("王五", "x"))),
            (other, ("<b>.pdf", b"%PDF-broken")),
            (third, ("c.pdf", pdf("赵六"))),
        ]
        status, text = await send(supervisor, address, broken)
        assert status == 422
        assert "is damaged or incomplete" in text
        assert "<b>.pdf" not in text
        assert "What the files say of their making" in text, "the others are compared all the same"
        assert "Nothing in common was found." in text
        many = [(one, (f"{n}.docx", docx("王五", str(n)))) for n in range(MOST_PAPERS + 1)]
        status, text = await send(supervisor, address, [*many, (other, ("c.pdf", pdf("赵六")))])
        assert (status, f"At most {MOST_PAPERS} files" in text) == (422, True)
        assert await raised(database) == []
        shared = [(one, ("a.docx", docx("王五", "x"))), (other, ("b.docx", docx("王五", "y", "2026-11-02T02:03:04Z")))]
        for _ in range(2):
            status, text = await send(supervisor, address, shared)
            assert (status, "1 things in common" in text) == (200, True)
        [alert] = await raised(database)
        assert (alert.kind, alert.severity) == ("same_author", "yellow")
        assert "王五" in (await supervisor.get(f"/supervision/alerts/{alert.id}")).text
        assert (await supervisor.get(f"/supervision/lots/{new_id()}/papers")).status == 404
        officer = await person(client, database, Role.OFFICER)
        assert (await officer.get(address)).status == 403
    async with database.reading() as session:
        told = await journal_store.read(session, alert_stream := f"alert:{alert.id}")
        assert [entry.stream for entry in told] == [alert_stream]

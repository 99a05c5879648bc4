"""A dossier bundle verifies offline, and every way of tampering with it is found and said in plain words."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import bundle as bundles
from archive.bundle import Dossier, FiledDocument, FiledStream, build_bundle
from archive.verifier import BundleReport, verify_bundle
from archive.verifier_words import WORDS, Fault
from trading.kernel.canonical import canonical_json
from trading.kernel.journal import Entry, Head, make_entry

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
LETTER, RECORD = b"%PDF-1.4 the letter", b"%PDF-1.4 the bid record"
PROJECT, AUCTION = "project:0190-a", "auction:0190-b"
PROJECT_FILE = "data/journal/project_0190-a.jsonl"
AUCTION_FILE = "data/journal/auction_0190-b.jsonl"

Files = dict[str, bytes]


def stream(name: str, bodies: list[tuple[str, dict[str, Any]]]) -> FiledStream:
    last: Entry | Head = Head(name)
    entries: list[Entry] = []
    for number, (kind, body) in enumerate(bodies):
        at = NOON + timedelta(seconds=number)
        last = make_entry(last, kind=kind, actor="account:1", at=at, body=body)
        entries.append(last)
    return FiledStream(Head(name, last.seq, last.hash), tuple(entries))


def document(name: str, content: bytes) -> FiledDocument:
    return FiledDocument("0190", "confirmation_letter", "成交确认书", "application/pdf", name, NOON, content)


def dossier() -> Dossier:
    filed = [("document_filed", {"sha256": hashlib.sha256(content).hexdigest()}) for content in (LETTER, RECORD)]
    bids = [("bid_accepted", {"plate": n % 3 + 1, "price_fen": 100 * n, "words": "报价"}) for n in range(1, 9)]
    return Dossier(
        name="0190-a",
        project_id="0190-a",
        title="县城第50号地块",
        centre_name="演示中心",
        made_at=NOON,
        is_demonstration=True,
        documents=(document("0001-成交确认书.pdf", LETTER), document("0002-竞价记录.pdf", RECORD)),
        streams=(stream(PROJECT, [("project_entered", {"title": "县城第50号地块"}), *filed]), stream(AUCTION, bids)),
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "dossier.zip"
    path.write_bytes(build_bundle(dossier()))
    return path


def unpacked(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {member.filename.split("/", 1)[1]: archive.read(member) for member in archive.infolist()}


def packed(path: Path, files: Files, folder: str = "dossier-0190-a/") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return path


def relisted(files: Files) -> Files:
    """The same files with manifests made anew, as a careful forger would."""
    payload = {name: content for name, content in files.items() if name.startswith("data/")}
    files["manifest-sha256.txt"] = listing(payload)
    size = sum(map(len, payload.values()))
    files["bag-info.txt"] = f"Payload-Oxum: {size}.{len(payload)}\n".encode()
    tags = {name: files[name] for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")}
    files["tagmanifest-sha256.txt"] = listing(tags)
    return files


def listing(files: Files) -> bytes:
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()).encode()


def faults(report: BundleReport) -> set[Fault]:
    return {finding.fault for finding in report.findings}


def test_an_untouched_bundle_is_whole(bundle: Path) -> None:
    report = verify_bundle(bundle)
    assert report.findings == []
    assert report.is_whole
    assert (report.documents, report.entries, report.title) == (2, 11, "县城第50号地块")
    assert {(end.stream, end.seq) for end in report.ends} == {(PROJECT, 3), (AUCTION, 8)}
    assert report.sha256 == hashlib.sha256(bundle.read_bytes()).hexdigest()


def test_the_same_dossier_gives_the_same_bytes() -> None:
    assert build_bundle(dossier()) == build_bundle(dossier())


def test_two_documents_cannot_have_one_name() -> None:
    twice = (document("a.pdf", LETTER), document("a.pdf", RECORD))
    with pytest.raises(ValueError, match="same file name"):
        build_bundle(Dossier("n", "p", "t", "c", NOON, False, twice, ()))


def changed_byte(files: Files) -> Files:
    name = "data/documents/0001-成交确认书.pdf"
    return {**files, name: files[name][:-1] + b"X"}


def missing_document(files: Files) -> Files:
    return {name: content for name, content in files.items() if not name.endswith("0002-竞价记录.pdf")}


def extra_file(files: Files) -> Files:
    return {**files, "data/documents/0003-补充.pdf": b"slipped in"}


def extra_stream(files: Files) -> Files:
    return {**files, "data/journal/lot_1.jsonl": b""}


def lines_changed(change: Callable[[list[bytes]], list[bytes]], name: str = AUCTION_FILE) -> Callable[[Files], Files]:
    def tamper(files: Files) -> Files:
        lines = change(files[name].splitlines())
        return {**files, name: b"".join(line + b"\n" for line in lines)}

    return tamper


def with_new_price(line: bytes, *, rehash: bool) -> bytes:
    entry = json.loads(line)
    entry["body"]["price_fen"] += 1
    if rehash:
        del entry["hash"]
        entry["hash"] = hashlib.sha256(canonical_json(entry)).hexdigest()
    return canonical_json(entry)


def without_the_last_entry_but_with_a_new_end(files: Files) -> Files:
    """What only a comparison of the ends can find; see the module's docstring."""
    lines = files[AUCTION_FILE].splitlines()[:-1]
    index = json.loads(files["data/dossier.json"])
    end = next(each for each in index["streams"] if each["stream"] == AUCTION)
    end["seq"], end["hash"] = json.loads(lines[-1])["seq"], json.loads(lines[-1])["hash"]
    return {**files, AUCTION_FILE: b"\n".join(lines) + b"\n", "data/dossier.json": canonical_json(index)}


def duplicate_key(files: Files) -> Files:
    lines = files[AUCTION_FILE].splitlines()
    lines[2] = lines[2].replace(b'{"actor"', b'{"kind":"bid_refused","actor"', 1)
    return {**files, AUCTION_FILE: b"\n".join(lines) + b"\n"}


def index_with(**values: object) -> Callable[[Files], Files]:
    def tamper(files: Files) -> Files:
        index = {**json.loads(files["data/dossier.json"]), **values}
        return {**files, "data/dossier.json": json.dumps(index).encode()}

    return tamper


# Each forger also makes the manifests anew: what is found is found by the journal's chain.
FORGERIES: dict[str, tuple[Callable[[Files], Files], set[Fault]]] = {
    "changed byte": (changed_byte, {Fault.DOCUMENT_DIFFERS, Fault.DOCUMENT_NOT_IN_JOURNAL, Fault.DOCUMENT_MISSING}),
    "document taken out": (missing_document, {Fault.FILE_MISSING, Fault.DOCUMENT_MISSING}),
    "document slipped in": (extra_file, {Fault.DOCUMENT_DIFFERS, Fault.DOCUMENT_NOT_IN_JOURNAL}),
    "stream slipped in": (extra_stream, {Fault.STREAM_NOT_NAMED}),
    "entry dropped": (
        lines_changed(lambda lines: lines[:3] + lines[4:]),
        {Fault.ENTRY_OUT_OF_ORDER, Fault.CHAIN_BROKEN},
    ),
    "entries swapped": (
        lines_changed(lambda lines: [lines[1], lines[0], *lines[2:]]),
        {Fault.ENTRY_OUT_OF_ORDER, Fault.CHAIN_BROKEN},
    ),
    "entry doubled": (
        lines_changed(lambda lines: [lines[0], *lines]),
        {Fault.ENTRY_OUT_OF_ORDER, Fault.CHAIN_BROKEN},
    ),
    "body changed": (
        lines_changed(lambda lines: [*lines[:4], with_new_price(lines[4], rehash=False), *lines[5:]]),
        {Fault.ENTRY_CHANGED},
    ),
    "body and hash changed": (
        lines_changed(lambda lines: [*lines[:4], with_new_price(lines[4], rehash=True), *lines[5:]]),
        {Fault.CHAIN_BROKEN},
    ),
    "last body and hash changed": (
        lines_changed(lambda lines: [*lines[:-1], with_new_price(lines[-1], rehash=True)]),
        {Fault.CHAIN_END_DIFFERS},
    ),
    "end cut off": (lines_changed(lambda lines: lines[:-1]), {Fault.CHAIN_END_DIFFERS}),
    "stream emptied": (lines_changed(lambda _: []), {Fault.CHAIN_END_DIFFERS}),
    "stream of another lot": (
        lambda files: {**files, AUCTION_FILE: files[PROJECT_FILE]},
        {Fault.ENTRY_IN_WRONG_STREAM, Fault.CHAIN_END_DIFFERS},
    ),
    "stream taken out": (
        lambda files: {name: content for name, content in files.items() if name != AUCTION_FILE},
        {Fault.FILE_MISSING},
    ),
    "second member of the same name": (duplicate_key, {Fault.ENTRY_UNREADABLE}),
    "filing struck from the journal": (
        lines_changed(lambda lines: lines[:-1], PROJECT_FILE),
        {Fault.CHAIN_END_DIFFERS, Fault.DOCUMENT_NOT_IN_JOURNAL},
    ),
    "index of another format": (index_with(format="other"), {Fault.INDEX_UNREADABLE}),
    "index without streams": (index_with(streams=None), {Fault.INDEX_UNREADABLE}),
    "index that forgets a stream": (index_with(streams=[]), {Fault.STREAM_NOT_NAMED, Fault.DOCUMENT_NOT_IN_JOURNAL}),
    "index that is no object": (lambda files: {**files, "data/dossier.json": b"[[[[" * 9999}, {Fault.INDEX_UNREADABLE}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forger_who_makes_new_manifests_is_found_by_the_journal(bundle: Path, forgery: str) -> None:
    tamper, expected = FORGERIES[forgery]
    report = verify_bundle(packed(bundle, relisted(tamper(unpacked(bundle)))))
    assert expected <= faults(report)
    assert not {Fault.FILE_CHANGED, Fault.FILE_NOT_LISTED} & faults(report)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (changed_byte, Fault.FILE_CHANGED),
        (missing_document, Fault.FILE_MISSING),
        (extra_file, Fault.FILE_NOT_LISTED),
        (lambda files: {**files, "note.txt": b"?"}, Fault.FILE_NOT_LISTED),
        (lambda files: {**files, "bag-info.txt": b"Payload-Oxum: 1.1\n"}, Fault.SIZE_DIFFERS),
        (lambda files: {**files, "bagit.txt": b"BagIt-Version: 0.97\n"}, Fault.NOT_A_BAG),
        (lambda files: {k: v for k, v in files.items() if k != "manifest-sha256.txt"}, Fault.NOT_A_BAG),
        (lambda files: {**files, "manifest-sha256.txt": b"nonsense\n"}, Fault.MANIFEST_UNREADABLE),
        (lambda files: {**files, "manifest-sha256.txt": files["manifest-sha256.txt"] * 2}, Fault.MANIFEST_UNREADABLE),
        (lambda files: {k: v for k, v in files.items() if k != "data/READ-ME.txt"}, Fault.FILE_MISSING),
    ],
)
def test_a_clumsy_forger_is_found_by_the_lists(bundle: Path, tamper: Callable[[Files], Files], expected: Fault) -> None:
    assert expected in faults(verify_bundle(packed(bundle, tamper(unpacked(bundle)))))


def test_every_fault_is_reported_and_not_only_the_first(bundle: Path) -> None:
    files = changed_byte(unpacked(bundle))
    drop_two = lines_changed(lambda lines: lines[:1] + lines[2:5] + lines[6:])
    report = verify_bundle(packed(bundle, drop_two(files)))
    assert sum(finding.fault is Fault.CHAIN_BROKEN for finding in report.findings) == 2
    assert Fault.FILE_CHANGED in faults(report)


def test_a_wholly_consistent_forgery_shows_in_the_ends_that_the_report_names(bundle: Path) -> None:
    honest = {(end.stream, end.seq, end.hash) for end in verify_bundle(bundle).ends}
    report = verify_bundle(packed(bundle, relisted(without_the_last_entry_but_with_a_new_end(unpacked(bundle)))))
    assert report.is_whole
    assert {(end.stream, end.seq, end.hash) for end in report.ends} != honest


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "dossier-0190-a/../../x", "/etc/passwd", "dossier-0190-a\\..\\x", "C:/x", "dossier-0190-a//x"],
)
def test_a_path_that_climbs_out_is_refused(bundle: Path, name: str) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        member = zipfile.ZipInfo("placeholder")
        member.filename = name
        archive.writestr(member, b"x")
    assert Fault.UNSAFE_PATH in faults(verify_bundle(bundle))


def test_a_symbolic_link_is_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        link = zipfile.ZipInfo("dossier-0190-a/data/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"/etc/passwd")
    assert Fault.UNSAFE_PATH in faults(verify_bundle(bundle))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("dossier-0190-a/data/DOSSIER.json", b"{}")
    assert Fault.UNSAFE_PATH in faults(verify_bundle(bundle))


def test_a_second_folder_is_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("other/data/x", b"x")
    assert faults(verify_bundle(bundle)) == {Fault.SEVERAL_FOLDERS}


def test_a_zip_bomb_is_not_unpacked(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dossier-0190-a/data/zeros", b"\0" * 30_000_000)
    assert bundle.stat().st_size < 100_000
    assert faults(verify_bundle(bundle, largest_bytes=5_000_000)) == {Fault.TOO_LARGE}


def test_too_many_files_are_not_read(bundle: Path) -> None:
    assert faults(verify_bundle(bundle, most_files=3)) == {Fault.TOO_MANY_FILES}


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 100])
def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert faults(verify_bundle(path)) == {Fault.NOT_A_ZIP}


ORIGINAL = build_bundle(dossier())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(position=st.integers(min_value=0, max_value=len(ORIGINAL) - 1), bit=st.integers(min_value=0, max_value=7))
@example(position=ORIGINAL.index("成交".encode()), bit=4)  # a name that is no UTF-8 any more
def test_no_flipped_bit_of_the_content_goes_unnoticed_and_none_crashes(tmp_path: Path, position: int, bit: int) -> None:
    damaged = bytearray(ORIGINAL)
    damaged[position] ^= 1 << bit
    path = tmp_path / "damaged.zip"
    path.write_bytes(damaged)
    report = verify_bundle(path)
    if report.is_whole:  # the bit belongs to the zip's own bookkeeping, such as a date: every file reads as before
        assert {member: hashlib.sha256(content).digest() for member, content in unpacked(path).items()} == {
            member: hashlib.sha256(content).digest() for member, content in contents(ORIGINAL).items()
        }


def contents(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {member.filename.split("/", 1)[1]: archive.read(member) for member in archive.infolist()}


def test_a_damaged_file_is_named(bundle: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in unpacked(bundle).items():
            archive.writestr(f"dossier-0190-a/{name}", content)
    bundle.write_bytes(stored.getvalue().replace(b"the letter", b"the lEtter"))
    found = [finding.where for finding in verify_bundle(bundle).findings if finding.fault is Fault.UNREADABLE_FILE]
    assert found == ["data/documents/0001-成交确认书.pdf"]


def test_an_announcement_is_found_by_the_hash_of_its_facts(tmp_path: Path) -> None:
    facts = b'{"title":"\xe5\x85\xac\xe5\x91\x8a"}'
    published = ("announcement_published", {"facts_sha256": hashlib.sha256(facts).hexdigest()})
    path = tmp_path / "x.zip"
    for documents, expected in (((document("a.json", facts),), set()), ((), {Fault.DOCUMENT_MISSING})):
        one = Dossier("n", "p", "t", "c", NOON, False, documents, (stream(PROJECT, [published]),))
        path.write_bytes(build_bundle(one))
        assert faults(verify_bundle(path)) == expected


@pytest.mark.parametrize(
    ("written_as", "without_text", "with_text"),
    [
        ("trading-dossier-2", {Fault.DOCUMENT_MISSING}, set()),
        ("trading-dossier-1", set(), {Fault.DOCUMENT_NOT_IN_JOURNAL}),
    ],
)
def test_the_text_of_an_announcement_is_asked_of_bundles_that_hold_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written_as: str, without_text: set[Fault], with_text: set[Fault]
) -> None:
    facts, text, path = b"{}", "<p>公告</p>".encode(), tmp_path / "x.zip"
    hashes = {"facts_sha256": hashlib.sha256(facts).hexdigest(), "text_sha256": hashlib.sha256(text).hexdigest()}
    written = (stream(PROJECT, [("announcement_published", hashes)]),)
    monkeypatch.setattr(bundles, "FORMAT", written_as)
    both = (document("a.json", facts), document("a.html", text))
    for documents, expected in ((both[:1], without_text), (both, with_text)):
        path.write_bytes(build_bundle(Dossier("n", "p", "t", "c", NOON, False, documents, written)))
        assert faults(verify_bundle(path)) == expected


def test_the_report_is_told_in_both_languages(bundle: Path) -> None:
    whole = verify_bundle(bundle)
    assert "全部核验通过" in whole.as_text("zh")
    assert "everything was verified" in whole.as_text("en")
    broken = verify_bundle(packed(bundle, changed_byte(unpacked(bundle))))
    assert "0001-成交确认书.pdf 的内容与清单不符" in broken.as_text("zh")
    assert "is not what the list says" in broken.as_text("en")


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Fault)
    for chinese, english in WORDS.values():
        assert chinese.endswith("。")
        assert english.endswith(".")
        assert chinese.count("{") == english.count("{")

"""What may be attached and what is refused, by content and not by name."""

import stat
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.publication.packing import bomb_that_lies, office, overlapping, pdf, picture, zipped
from trading.kernel.errors import Refusal
from trading.publication import unpacking
from trading.publication.attachment_rules import (
    LONGEST_NAME,
    ArchiveTooLarge,
    ArchiveUnsafe,
    FileDamaged,
    FileLocked,
    FileMissing,
    FileTooLarge,
    KindNotAllowed,
    LiesAboutItsType,
    MacrosInside,
    PictureTooLarge,
    clean_name,
)
from trading.publication.attachments import _inspect

DWG = b"AC1032" + bytes(100)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MACRO_TYPE = '<Override PartName="/a" ContentType="application/x.macroEnabled.main+xml"/>'
TEMPLATE = '<Relationship Id="a" Type="http://x/attachedTemplate" Target="https://x/a.dotm" TargetMode="External"/>'
RELATION = '<Relationship Id="a" Type="http://x/{kind}" Target="{target}" TargetMode="External"/>'


def inspect(name: str, content: bytes, largest_mib: int = 50) -> str:
    return _inspect(BytesIO(content), name, largest_mib)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("公告.pdf", pdf(), "pdf"),
        ("plan.PNG", picture(), "png"),
        ("photo.jpeg", picture(kind="JPEG"), "jpg"),
        ("drawing.dwg", DWG, "dwg"),
        ("terms.docx", office(), "docx"),
        ("list.xlsx", office("xl"), "xlsx"),
        ("all.zip", zipped({"a/说明.txt": "x", "b.pdf": pdf(), "terms.docx": office()}), "zip"),
        ("stored.zip", zipped({"a.txt": "x" * 5000}, compression=zipfile.ZIP_STORED), "zip"),
        ("large.zip", zipped({"a.txt": bytes(5_000_000)}), "zip"),
        ("linked.docx", office(rels=RELATION.format(kind="hyperlink", target="https://x")), "docx"),
    ],
)
def test_files_that_are_what_they_say_are_taken(name: str, content: bytes, kind: str) -> None:
    assert inspect(name, content) == kind


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("empty.pdf", b"", FileMissing),
        ("", pdf(), FileMissing),
        ("tool.exe", b"MZ", KindNotAllowed),
        ("noending", pdf(), KindNotAllowed),
        (".pdf", pdf(), KindNotAllowed),
        ("page.html", b"<html>", KindNotAllowed),
        ("really.pdf", b"MZ\x90" + bytes(100), LiesAboutItsType),
        ("really.pdf", b"<!DOCTYPE html><script>", LiesAboutItsType),
        ("really.png", picture(kind="JPEG"), LiesAboutItsType),
        ("really.jpg", b"GIF89a" + bytes(50), LiesAboutItsType),
        ("really.docx", zipped({"a.txt": "x"}), LiesAboutItsType),
        ("really.docx", office("xl"), LiesAboutItsType),
        ("really.xlsx", pdf(), LiesAboutItsType),
        ("really.dwg", pdf(), LiesAboutItsType),
        ("really.zip", b"Rar!\x1a\x07\x00" + bytes(50), LiesAboutItsType),
        ("locked.docx", OLE, FileLocked),
        ("broken.zip", zipped({"a.txt": "x" * 100})[:-30], FileDamaged),
        ("broken.png", picture()[:20], FileDamaged),
        ("huge.png", picture((12_000, 6_000)), PictureTooLarge),
        ("macro.docx", office(more={"word/vbaProject.bin": b"x"}), MacrosInside),
        ("macro.docx", office(types=MACRO_TYPE), MacrosInside),
        ("template.docx", office(rels=TEMPLATE), MacrosInside),
        ("embedded.xlsx", office("xl", {"xl/embeddings/oleObject1.bin": b"x"}), MacrosInside),
        ("entity.docx", office(more={"word/_rels/a.rels": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), FileDamaged),
        ("bomb.zip", zipped({"a.txt": bytes(60_000_000)}), ArchiveTooLarge),
        ("bomb.docx", office(more={"word/a.xml": bytes(60_000_000)}), ArchiveTooLarge),
        ("liar.zip", bomb_that_lies(), ArchiveTooLarge),
        ("overlap.zip", overlapping(), ArchiveTooLarge),
        ("many.zip", zipped({f"{number}.txt": "" for number in range(unpacking.MOST_PARTS + 1)}), ArchiveTooLarge),
        ("up.zip", zipped({"../a.txt": "x"}), ArchiveUnsafe),
        ("root.zip", zipped({"/etc/a.txt": "x"}), ArchiveUnsafe),
        ("drive.zip", zipped({"C:/a.txt": "x"}), ArchiveUnsafe),
        ("back.zip", zipped({"a\\..\\b.txt": "x"}), ArchiveUnsafe),
        ("control.zip", zipped({"a\u202efdp.txt": "x"}), ArchiveUnsafe),
        ("same.zip", zipped({"A.txt": "x", "a.txt": "y"}), ArchiveUnsafe),
        ("program.zip", zipped({"setup.exe": b"x"}), ArchiveUnsafe),
        ("hidden.zip", zipped({"readme.txt": b"MZ" + bytes(60)}), ArchiveUnsafe),
        ("page.zip", zipped({"a.html": "<html>"}), ArchiveUnsafe),
        ("nested.zip", zipped({"a.zip": zipped({"b.txt": "x"})}), ArchiveUnsafe),
        ("nested.zip", zipped({"a.txt": zipped({"b.txt": "x"})}), ArchiveUnsafe),
        ("nested.zip", zipped({"terms.docx": office(more={"word/vbaProject.bin": b"x"})}), MacrosInside),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", "content"),
)  # fmt: skip
def test_every_other_file_is_refused_with_its_reason(name: str, content: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        inspect(name, content)


def test_a_link_and_a_password_in_a_zip_are_refused() -> None:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveUnsafe):
        inspect("link.zip", written.getvalue())
    locked = bytearray(zipped({"a.txt": "x" * 50}))
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(mark) + place] |= 1
    with pytest.raises(ArchiveUnsafe):
        inspect("locked.zip", bytes(locked))


def test_a_file_is_as_large_as_the_setting_allows() -> None:
    whole = pdf() + bytes(2 * 1024 * 1024 - len(pdf()))
    assert inspect("a.pdf", whole, largest_mib=2) == "pdf"
    with pytest.raises(FileTooLarge):
        inspect("a.pdf", whole + b" ", largest_mib=2)


def test_a_part_whose_own_header_says_otherwise_is_refused() -> None:
    whole = bytearray(zipped({"a.txt": "x" * 50}))
    whole[30:35] = b"b.txt"  # the local header names another file than the directory
    with pytest.raises(ArchiveUnsafe):
        inspect("a.zip", bytes(whole))
    damaged = bytearray(zipped({"a.txt": "x" * 50}, compression=zipfile.ZIP_STORED))
    damaged[40] ^= 1
    with pytest.raises(FileDamaged):
        inspect("a.zip", bytes(damaged))


@given(st.binary(max_size=300), st.sampled_from(["a.zip", "a.docx", "a.pdf", "a.png", "a.xlsx"]), st.booleans())
def test_no_content_whatever_does_more_than_be_refused(content: bytes, name: str, is_begun: bool) -> None:
    begins = {
        "zip": b"PK\x03\x04",
        "ocx": b"PK\x03\x04",
        "lsx": b"PK\x03\x04",
        "pdf": b"%PDF-",
        "png": b"\x89PNG\r\n\x1a\n",
    }
    try:
        kind = inspect(name, (begins[name[-3:]] if is_begun else b"") + content)
    except Refusal:
        return
    assert kind == "pdf"


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_of_a_zip_does_more_than_be_refused(place: int, value: int) -> None:
    whole = bytearray(zipped({"a.txt": "some words", "b/terms.docx": office()}))
    whole[place % len(whole)] = value
    try:
        inspect("a.zip", bytes(whole))
    except Refusal:
        return


@given(st.text(max_size=300))
def test_a_name_is_shown_and_never_leads_anywhere(typed: str) -> None:
    name = clean_name(typed)
    assert len(name) <= LONGEST_NAME
    assert name == name.strip(". ")
    assert not set(name) & set('/\\\r\n\t\0"\u202e')


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("C:\\Users\\a\\plan.pdf", "plan.pdf"),
        ("../../etc/plan.pdf", "plan.pdf"),
        ("plan\u202efdp.exe", "plan fdp.exe"),
        ("宗地图.pdf", "宗地图.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_keeps_what_people_read(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept

"""Several projects from a workbook: rows told one by one; files that are no workbook, or a bomb."""

import io
import struct
import zipfile
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tests.projects.kind_forms import NOW, form_of_kind
from tests.projects.people import make_officer
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.i18n import use_language
from trading.projects import service
from trading.projects.importing import ImportReport, import_rows
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.rules import ProjectKind
from trading.projects.workbook_checks import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_INFLATED_BYTES,
    MOST_ROWS,
    NotAWorkbook,
    WorkbookTooLarge,
    WorkbookTooLong,
    check_workbook,
    column_letters,
    column_number,
)
from trading.projects.workbooks import (
    FORMULA,
    ReadRow,
    WorkbookEmpty,
    WorkbookNotOfThisKind,
    read_workbook,
    template_workbook,
)

PROCUREMENT = ProjectKind.GOVERNMENT_PROCUREMENT
NAMES = [name for name in KIND_FORMS[PROCUREMENT].names(1) if name != "reserve_price"]


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


def workbook(*rows: dict[str, Any], names: list[str] | None = None) -> bytes:
    """A workbook whose columns are headed by field names, as a program might make it."""
    content, columns = io.BytesIO(), names or NAMES
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet()
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name)
        for number, row in enumerate(rows, start=1):
            value = row.get(name, "")
            if isinstance(value, datetime):
                sheet.write_datetime(number, place, value, moment)
            elif isinstance(value, str) and not value.startswith("{="):
                sheet.write_string(number, place, value)
            elif isinstance(value, str):
                sheet.write_formula(number, place, value[1:-1], value=7)
            else:
                sheet.write(number, place, value)
    book.close()
    return content.getvalue()


def read(content: bytes, kind: ProjectKind = PROCUREMENT) -> list[ReadRow]:
    return read_workbook(content, kind, demonstration=False)


async def load(database: Database, officer: Actor, content: bytes) -> ImportReport:
    async with database.work() as session:
        return await import_rows(session, PROCUREMENT, read(content), actor=officer, demonstration=False, now=NOW)


def good(**changed: Any) -> dict[str, Any]:
    return form_of_kind(PROCUREMENT) | changed


async def test_good_rows_become_drafts_and_each_faulty_row_is_told_by_row_and_column(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    content = workbook(good(), good(title="二号", lot1_budget="many", method="gift"), good(title="三号", place=""))
    report = await load(database, officer, content)
    assert [(row.number, row.title, len(row.faults)) for row in report.rows] == [
        (2, good()["title"], 0),
        (3, "二号", 2),
        (4, "三号", 1),
    ]
    column = column_letters(NAMES.index("lot1_budget") + 1)
    assert any(fault.startswith(f"Column {column} (Lot (package) 1: Budget): ") for fault in report.rows[1].faults)
    assert (report.good, report.faulty, report.refused) == (1, 2, 0)
    async with database.reading() as session:
        assert officer.account_id is not None
        mine = await service.projects_of(session, officer.account_id)
        drafts = await service.drafts_of(session, mine)
    assert {project.title for project in mine} == {row.title for row in report.rows}
    kept = {draft.form["title"]: draft.form for draft in drafts.values()}
    assert kept["二号"]["lot1_budget"] == "many"
    assert kept["二号"]["qualification"] == good()["qualification"]


async def test_one_project_in_two_rows_or_there_already_is_taken_once(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    report = await load(database, officer, workbook(good(), good(title=f"  {good()['title']} "), good(title="")))
    assert [row.project_id is None for row in report.rows] == [False, True, True]
    assert report.rows[1].faults == ["The same project stands in row 2 already."]
    again = await load(database, officer, workbook(good(), good(title="另一项目")))
    assert [row.project_id is None for row in again.rows] == [True, False]


def test_dates_numbers_and_truths_of_a_sheet_are_read_as_what_they_say() -> None:
    when = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - a sheet knows no time zone
    [row] = read(workbook(good(bids_close_at=when, lot1_budget=800000.5, lot1_deposit=16000, takes_joint_bids=False)))
    asked = ("bids_close_at", "lot1_budget", "lot1_deposit", "takes_joint_bids")
    assert [row.form[name] for name in asked] == ["2026-11-23 10:00", "800000.5", "16000", "no"]


def test_choices_are_read_by_their_words() -> None:
    [row] = read(workbook(good(method="Open tender", category="Goods", small_enterprises_only="No")))
    assert [row.form[name] for name in ("method", "category", "small_enterprises_only")] == [
        "open_tender",
        "goods",
        "no",
    ]


async def test_a_formula_is_not_taken_and_one_typed_as_text_stays_text(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    typed = '=HYPERLINK("http://example.invalid","x")'
    content = workbook(good(lot1_budget="{=1+6}", lot1_title=typed))
    [row] = read(content)
    assert row.faults == (("lot1_budget", FORMULA),)
    assert row.form["lot1_title"] == typed
    report = await load(database, officer, content)
    assert [fault.rpartition(": ")[2] for fault in report.rows[0].faults] == [
        "This cell holds a formula. Type its value."
    ]


@pytest.mark.parametrize("kind", ProjectKind)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_of_every_kind_is_read_back_once_it_is_filled_in(kind: ProjectKind, language: Any) -> None:
    use_language(language)
    content = template_workbook(kind, demonstration=False)
    with pytest.raises(WorkbookEmpty):
        read(content, kind)
    headings = [
        str(one) for one in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0]
    ]
    fields = [(name, field) for name, field in KIND_FORMS[kind].fields(1) if name != "reserve_price"]
    assert len(headings) == len(fields)
    form = form_of_kind(kind)
    filled = workbook(
        {str(head): form.get(name, "") for head, (name, _) in zip(headings, fields, strict=True)}, names=headings
    )
    [row] = read(filled, kind)
    assert row.form == {"kind": kind.value} | {name: form.get(name, "") for name, _ in fields}
    explained = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(1).to_python()
    assert len(explained) == len(fields) + 1


def test_a_workbook_of_another_kind_is_refused_with_the_column_it_lacks() -> None:
    with pytest.raises(WorkbookNotOfThisKind, match="Right"):
        read(workbook(good()), ProjectKind.MINING)
    with pytest.raises(WorkbookNotOfThisKind):
        read(workbook({"x": "1"}, names=["x"]))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"a;b;c\n1;2;3", b"\x00" * 1000]
)
def test_what_is_no_xlsx_is_refused(content: bytes) -> None:
    with pytest.raises(NotAWorkbook):
        read(content)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(NotAWorkbook):
        read(zipped({"a.txt": b"text"}))


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def parts(**changed: bytes) -> dict[str, bytes]:
    """The members of a good workbook, by name; `sheet` and `extra` stand for one each."""
    with zipfile.ZipFile(io.BytesIO(workbook(good()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if "sheet" in changed:
        members["xl/worksheets/sheet1.xml"] = changed["sheet"]
    return members | ({"xl/worksheets/sheet9.xml": changed["extra"]} if "extra" in changed else {})


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    bomb = zipped(parts(extra=b" " * (MOST_INFLATED_BYTES + 1)))
    assert len(bomb) < MOST_BYTES
    with pytest.raises(WorkbookTooLarge):
        read(bomb)


def test_a_bomb_that_declares_less_than_it_inflates_to_is_refused() -> None:
    members = parts()
    bomb = bytearray(zipped(members | {"xl/worksheets/sheet9.xml": b" " * (MOST_INFLATED_BYTES + 1)}))
    place = bytes(bomb).rindex(b"xl/worksheets/sheet9.xml") - 46  # its entry in the central directory
    assert bomb[place : place + 4] == b"PK\x01\x02"
    bomb[place + 24 : place + 28] = struct.pack("<L", 10)
    with pytest.raises((WorkbookTooLarge, NotAWorkbook)):
        read(bytes(bomb))


def test_a_member_whose_checksum_or_length_lies_is_refused() -> None:
    for offset, lie in ((24, 11), (16, 7)):  # declared length, checksum
        content = bytearray(zipped(parts(extra=SHEET % b"")))
        place = bytes(content).rindex(b"xl/worksheets/sheet9.xml") - 46
        content[place + offset : place + offset + 4] = struct.pack("<L", lie)
        with pytest.raises(NotAWorkbook):
            check_workbook(bytes(content))


@pytest.mark.parametrize(
    "cell",
    [
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="XFD1"><v>1</v></c></row>',
        b"<row><c r='ZZZ99999999'><v>1</v></c></row>",
        b"<row>" + b"<c/>" * (MOST_COLUMNS + 1) + b"</row>",
        b"<row/>" * (MOST_ROWS + 2),
    ],
)
def test_a_cell_far_away_is_refused_before_anything_is_laid_out(cell: bytes) -> None:
    with pytest.raises((WorkbookTooLong, NotAWorkbook)):
        read(zipped(parts(sheet=SHEET % cell)))


@pytest.mark.parametrize(
    "sheet",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + SHEET % b"<row><c><v>&b;</v></c></row>",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + SHEET % b"",
        b"<worksheet><unclosed>",
        b"not xml at all",
    ],
)
def test_a_sheet_that_declares_entities_or_is_no_xml_is_refused(sheet: bytes) -> None:
    with pytest.raises(NotAWorkbook):
        read(zipped(parts(sheet=sheet)))


def test_a_sheet_that_hides_under_another_name_is_refused() -> None:
    with pytest.raises(NotAWorkbook):
        read(zipped(parts() | {"xl/media/image1.png": SHEET % b'<row r="1048576"/>'}))


def test_too_many_rows_members_and_bytes_are_refused() -> None:
    with pytest.raises(WorkbookTooLong):
        read(workbook(*[good()] * (MOST_ROWS + 1)))
    with pytest.raises(WorkbookTooLarge):
        read(zipped(parts() | {f"xl/media/{number}": b"" for number in range(200)}))
    with pytest.raises(WorkbookTooLarge):
        read(workbook(good()) + b"\x00" * MOST_BYTES)


def test_an_encrypted_or_strangely_packed_member_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
    with pytest.raises(NotAWorkbook):
        read(content.getvalue())


@given(st.integers(1, 18_278))
def test_letters_and_numbers_of_columns_belong_together(number: int) -> None:
    assert column_number(column_letters(number)) == number


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 20_000), byte=st.integers(0, 255))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(place: int, byte: int) -> None:
    content = bytearray(workbook(good()))
    content[place % len(content)] = byte
    try:
        read(bytes(content))
    except (NotAWorkbook, WorkbookTooLarge, WorkbookTooLong, WorkbookNotOfThisKind, WorkbookEmpty):
        return

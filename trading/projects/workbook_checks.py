"""Whether an uploaded file may be opened as a workbook: an xlsx, small, and no bomb. Pure.

An xlsx is a zip of XML files. What its directory says of sizes may be a lie, so every member is inflated here up to a
bound before anything else reads it; and the cells are counted from the XML, because a single cell at the far corner
would make a reader lay out seventeen billion of them.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import ClassVar
from xml.parsers import expat

from trading.kernel.errors import Refusal
from trading.kernel.typed import whole_number

MOST_BYTES = 4 * 1024 * 1024
MOST_INFLATED_BYTES = 24 * 1024 * 1024
MOST_MEMBERS = 200
MOST_ROWS = 500
MOST_COLUMNS = 80

_XML = (".xml", ".rels", ".vml")
_LOCAL_HEADER_BYTES = 30


@dataclass(eq=False)
class NotAWorkbook(Refusal):
    """The file is no xlsx workbook, is damaged, or carries what a plain workbook does not."""

    message: ClassVar[str] = "This file cannot be read as an xlsx workbook."
    advice: ClassVar[str] = "Download the template, fill it in, and save it as xlsx. Nothing was imported."


@dataclass(eq=False)
class WorkbookTooLarge(Refusal):
    """The file is larger than what is taken, packed or unpacked."""

    message: ClassVar[str] = "The workbook is too large."
    advice: ClassVar[str] = "It may have {megabytes} MB, and {inflated} MB unpacked. Split it. Nothing was imported."

    megabytes: int = MOST_BYTES // 2**20
    inflated: int = MOST_INFLATED_BYTES // 2**20


@dataclass(eq=False)
class WorkbookTooLong(Refusal):
    """The sheet has more rows or columns than are taken."""

    message: ClassVar[str] = "The sheet has too many rows or columns."
    advice: ClassVar[str] = (
        "At most {rows} rows and {columns} columns are taken. Delete what lies beyond, or split it. "
        "Nothing was imported."
    )

    rows: int = MOST_ROWS
    columns: int = MOST_COLUMNS


Cell = tuple[int, int]
"""Row and column of a cell, both counted from 1."""


def check_workbook(content: bytes) -> frozenset[Cell]:
    """The cells that hold a formula. Refuses with `NotAWorkbook`, `WorkbookTooLarge`, `WorkbookTooLong`."""
    if len(content) > MOST_BYTES:
        raise WorkbookTooLarge
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names or len(names) != len(members):
                raise NotAWorkbook
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_INFLATED_BYTES:
                raise WorkbookTooLarge
            return _formulas_in(content, members)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise NotAWorkbook from error


def _formulas_in(content: bytes, members: list[zipfile.ZipInfo]) -> frozenset[Cell]:
    room, found = MOST_INFLATED_BYTES, set()
    for member in members:
        data = _inflated(content, member, room)
        room -= len(data)
        name = member.filename.lower()
        if name.endswith(_XML):
            found |= _formulas(data)
        elif b"sheetData" in data:
            raise NotAWorkbook
    return frozenset(found)


def _inflated(content: bytes, member: zipfile.ZipInfo, room: int) -> bytes:
    """What a member really inflates to, whatever the directory says. Refuses a lie, and more than `room` bytes."""
    header = content[member.header_offset : member.header_offset + _LOCAL_HEADER_BYTES]
    if len(header) < _LOCAL_HEADER_BYTES or member.flag_bits & 0x1:
        raise NotAWorkbook
    lengths = sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    begins = member.header_offset + _LOCAL_HEADER_BYTES + lengths
    packed = content[begins : begins + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        data = packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        inflating = zlib.decompressobj(-15)
        data = inflating.decompress(packed, room + 1)
    else:
        raise NotAWorkbook
    if len(data) > room:
        raise WorkbookTooLarge
    if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise NotAWorkbook
    return data


def _formulas(data: bytes) -> set[Cell]:
    """The cells of a sheet that hold a formula. Refuses cells out of bounds, a DOCTYPE, and what is no XML."""
    reading = _SheetReading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.begins
    parser.StartDoctypeDeclHandler = reading.refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise NotAWorkbook from error
    return reading.formulas


class _SheetReading:
    """Where a sheet's XML is being read."""

    def __init__(self) -> None:
        self.row, self.column = 0, 0
        self.formulas: set[Cell] = set()

    def refuse_doctype(self, *_of_doctype: object) -> None:
        """No workbook needs a document type; entities are declared there."""
        raise NotAWorkbook

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins: a row, a cell, or a formula."""
        match name.rpartition(":")[2]:
            case "row":
                self.row = _number(attributes["r"]) if "r" in attributes else self.row + 1
                self.column = 0
            case "c":
                self.column += 1
                if "r" in attributes:
                    letters = attributes["r"].rstrip("0123456789")
                    self.row, self.column = _number(attributes["r"][len(letters) :]), column_number(letters)
            case "f":
                self.formulas.add((self.row, self.column))
            case _:
                return
        if self.row > MOST_ROWS + 1 or self.column > MOST_COLUMNS:
            raise WorkbookTooLong


def _number(digits: str) -> int:
    number = whole_number(digits, digits=8)
    if number is None:
        raise NotAWorkbook
    return number


def column_number(letters: str) -> int:
    """The number of a column: A is 1, AA is 27. Refuses with `NotAWorkbook` what is no column."""
    if not 1 <= len(letters) <= 3 or any(not "A" <= letter <= "Z" for letter in letters):
        raise NotAWorkbook
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """The letters of a column, counted from 1."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

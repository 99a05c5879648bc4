"""What may be attached: kinds of files by name and content, their limits, and every reason to refuse one. Pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.projects.problems import N_

MOST_FILES = 30
LONGEST_NAME = 120
MEBIBYTE = 1024 * 1024

OFFICE = {"docx": "word/", "xlsx": "xl/"}
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "dwg": "image/vnd.dwg",
        "zip": "application/zip",
    }
)
"""What may be attached, by the ending of its name."""

ALLOWED = "pdf, docx, xlsx, png, jpg, dwg, zip"


class Content(StrEnum):
    """What a file turned out to be, in words."""

    PDF = N_("a PDF document")
    PNG = N_("a PNG picture")
    JPG = N_("a JPEG picture")
    ZIP = N_("a zip archive")
    DWG = N_("a DWG drawing")
    DOCX = N_("a Word document")
    XLSX = N_("an Excel workbook")
    OLE = N_("a file of older Office programs")
    PROGRAM = N_("a program")
    ARCHIVE = N_("another archive")
    GIF = N_("a GIF picture")
    MARKUP = N_("a web page or markup")
    UNKNOWN = N_("an unknown kind of file")


# By how a file begins. What begins otherwise is none of these, whatever its name says.
_BEGINNINGS = (
    (b"%PDF-", Content.PDF),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"\xff\xd8\xff", Content.JPG),
    (b"PK\x03\x04", Content.ZIP),
    (b"AC10", Content.DWG),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content.OLE),
    (b"MZ", Content.PROGRAM),
    (b"\x7fELF", Content.PROGRAM),
    (b"Rar!", Content.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Content.ARCHIVE),
    (b"GIF8", Content.GIF),
    (b"<!DOCTYPE", Content.MARKUP),
    (b"<html", Content.MARKUP),
    (b"<svg", Content.MARKUP),
    (b"<?xml", Content.MARKUP),
)
HEAD_LENGTH = 16


@dataclass(eq=False)
class FileMissing(Refusal):
    """The form was sent without a file, or with an empty one."""

    message: ClassVar[str] = "No file was chosen, or the file is empty."
    advice: ClassVar[str] = "Choose a file that has content."


@dataclass(eq=False)
class FileTooLarge(Refusal):
    """The file is larger than the setting allows."""

    message: ClassVar[str] = "The file is larger than {largest_mib} MiB."
    advice: ClassVar[str] = "Divide it, or make its pictures smaller, and attach it again. Nothing was stored."

    largest_mib: int


@dataclass(eq=False)
class TooManyFiles(Refusal):
    """A project has as many attachments waiting as it may have."""

    message: ClassVar[str] = "A project takes {most} files that are not published yet."
    advice: ClassVar[str] = "Put several into one zip file, or take others away first."

    most: int = MOST_FILES


@dataclass(eq=False)
class KindNotAllowed(Refusal):
    """The name's ending is none that may be attached."""

    message: ClassVar[str] = "Files of this kind cannot be attached: {name}"
    advice: ClassVar[str] = "These can: {allowed}. Save it as one of them, for example as PDF."

    name: str
    allowed: str = ALLOWED


@dataclass(eq=False)
class LiesAboutItsType(Refusal):
    """The content is not what the name says."""

    message: ClassVar[str] = "{name} is not what its name says: its content is that of {found}."
    advice: ClassVar[str] = "Open it in the program that made it, save it under its true kind, and attach that."

    name: str
    found: Content


@dataclass(eq=False)
class FileDamaged(Refusal):
    """The content cannot be read as what it is."""

    message: ClassVar[str] = "{name} is damaged or incomplete and cannot be read."
    advice: ClassVar[str] = "Open it on your own computer. If it opens, save it anew and attach it again."

    name: str


@dataclass(eq=False)
class FileLocked(Refusal):
    """The content needs a password, which the public does not have."""

    message: ClassVar[str] = "{name} is protected by a password."
    advice: ClassVar[str] = "Everybody must be able to read what is published: attach it without a password."

    name: str


@dataclass(eq=False)
class MacrosInside(Refusal):
    """An Office file that holds a program, or fetches something from elsewhere when it is opened."""

    message: ClassVar[str] = "{name} holds a macro, an embedded program or a link that loads by itself: {part}"
    advice: ClassVar[str] = "Save it without macros and embedded objects, or as PDF."

    name: str
    part: str


@dataclass(eq=False)
class ArchiveTooLarge(Refusal):
    """What is packed would become too much when it is unpacked (a zip bomb, by intent or not)."""

    message: ClassVar[str] = "{name} would become too large when it is unpacked."
    advice: ClassVar[str] = "Attach the files one by one, or in several smaller zip files."

    name: str


@dataclass(eq=False)
class ArchiveUnsafe(Refusal):
    """Something in a zip file that could harm whoever unpacks it."""

    message: ClassVar[str] = "{name} holds something that may not be published: {part}"
    advice: ClassVar[str] = (
        "Take it out. Programs, links, other archives, files with a password and paths that lead elsewhere are refused."
    )

    name: str
    part: str


@dataclass(eq=False)
class PictureTooLarge(Refusal):
    """A picture with more pixels than can be shown."""

    message: ClassVar[str] = "The picture {name} has more than {millions} million pixels."
    advice: ClassVar[str] = "Make it smaller, or attach it as PDF."

    name: str
    millions: int


@dataclass(eq=False)
class AttachmentNotFound(NotFound):
    """No attachment has this identifier, or it is not to be known."""

    message: ClassVar[str] = "There is no such file."
    advice: ClassVar[str] = "Look at the attachments of the announcement again."


@dataclass(eq=False)
class AttachmentFrozen(Outdated):
    """The attachment was published; what is published stays."""

    message: ClassVar[str] = "This file was published and stays as it is."
    advice: ClassVar[str] = "Attach the right one to a correction; it will point at this announcement."


@dataclass(eq=False)
class NotYourAttachments(NotPermitted):
    """Another officer is in charge of the project."""

    message: ClassVar[str] = "Only the officer in charge attaches files to this project."
    advice: ClassVar[str] = "Ask the officer who is named on the project."


@dataclass(eq=False)
class ProjectTakesNoFiles(Outdated):
    """The project is being reviewed, or nothing will be published for it any more."""

    message: ClassVar[str] = "Nothing can be attached to this project now."
    advice: ClassVar[str] = "While it is reviewed nothing changes, and what has ended stays. Look at its timeline."


_NOT_IN_NAMES = str.maketrans(dict.fromkeys('"<>|*?:', "_"))


def clean_name(typed: str) -> str:
    """A file's name as it is kept and offered: the last part of a path, without characters that mislead."""
    last = typed.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter if unicodedata.category(letter)[0] not in "CZ" or letter == " " else " " for letter in last)
    shown = shown.translate(_NOT_IN_NAMES)
    shown = " ".join(unicodedata.normalize("NFC", shown).split()).strip(". ")
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending[:10]}" if dot else shown[:LONGEST_NAME]


def ending_of(name: str) -> str:
    """The ending that says what a file is. Refuses with `KindNotAllowed`."""
    stem, _, ending = name.rpartition(".")
    if not stem or ending.lower() not in MEDIA_TYPES:
        raise KindNotAllowed(name or "?")
    return ending.lower()


def kind_of_content(head: bytes) -> Content:
    """What a file is by how it begins."""
    return next((kind for begin, kind in _BEGINNINGS if head.startswith(begin)), Content.UNKNOWN)


_EXPECTED = {
    "pdf": Content.PDF,
    "docx": Content.ZIP,
    "xlsx": Content.ZIP,
    "png": Content.PNG,
    "jpg": Content.JPG,
    "dwg": Content.DWG,
    "zip": Content.ZIP,
}


def check_kind(name: str, head: bytes) -> str:
    """The file's kind, by name and content alike. Refuses with `KindNotAllowed`, `FileLocked`, `LiesAboutItsType`.

    An Office file is a zip file; what it holds is looked at when it is unpacked. One with a password is not: it is kept
    in the older container, as the files of older programs are.
    """
    ending = ending_of(name).replace("jpeg", "jpg")
    found = kind_of_content(head)
    if found is Content.OLE and ending in OFFICE:
        raise FileLocked(name)
    if found is not _EXPECTED[ending]:
        raise LiesAboutItsType(name, found)
    return ending

"""Looking into zip and Office files without trusting what they say of themselves. Pure but for reading the file.

What a zip file declares is checked first, then everything is really unpacked in pieces, never kept, against the same
limits: a bomb that lies about its size is found when it grows. Parts that share their bytes (overlapping bombs), lead
elsewhere, are programs, or are archives again are refused.
"""

import io
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.sax import SAXException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ContentHandler

from trading.publication.attachment_rules import (
    HEAD_LENGTH,
    MEBIBYTE,
    OFFICE,
    ArchiveTooLarge,
    ArchiveUnsafe,
    Content,
    FileDamaged,
    LiesAboutItsType,
    MacrosInside,
    kind_of_content,
)

MOST_PARTS = 2_000
MOST_UNPACKED = 500 * MEBIBYTE
MOST_RATIO = 200
_SMALL = 10 * MEBIBYTE  # below this no ratio harms anybody
_DEEPEST = 12
_PIECE = 256 * 1024
_HEADER = struct.Struct("<4s5H3I2H")
_CONTENT_TYPES = "[Content_Types].xml"
_PROGRAMS = re.compile(
    r"\.(exe|dll|com|scr|bat|cmd|ps1|vb[se]|jse?|ws[fh]|hta|lnk|msi|jar|apk|app|sh|py|do[ct]m|xl[st]m|xlam|pptm|iso"
    r"|img|reg|chm|cpl|x?html?|svg|mht)$",
    re.IGNORECASE,
)
_HARMFUL = frozenset({Content.ARCHIVE, Content.PROGRAM, Content.MARKUP})
_ACTIVE_PARTS = ("vbaproject", "activex", "embeddings/oleobject", "macrosheets", "customui")


def inspect_zip(file: IO[bytes], name: str) -> None:
    """Look through a zip file of documents. Refuses with what `attachment_rules` names for archives.

    Office files may lie in it and are looked into as well; other archives may not.
    """
    for part in _safe_parts(file, name):
        ending = part.filename.rpartition(".")[2].lower()
        with tempfile.SpooledTemporaryFile(max_size=8 * MEBIBYTE) as content:
            _unpack(file, part, name, content)
            content.seek(0)
            kind = kind_of_content(content.read(HEAD_LENGTH))
            if _PROGRAMS.search(part.filename) or kind in _HARMFUL or (kind is Content.ZIP) != (ending in OFFICE):
                raise ArchiveUnsafe(name, part.filename)
            if kind is Content.ZIP:
                inspect_office(content, f"{name} → {part.filename}", ending)


def inspect_office(file: IO[bytes], name: str, ending: str) -> None:
    """Look through a docx or xlsx file. Refuses with `LiesAboutItsType`, `MacrosInside`, and as a zip file is."""
    parts = _safe_parts(file, name)
    names = {part.filename for part in parts}
    if _CONTENT_TYPES not in names:
        raise LiesAboutItsType(name, Content.ZIP)
    if not any(part.startswith(OFFICE[ending]) for part in names):
        other = [kind for kind, folder in OFFICE.items() if any(part.startswith(folder) for part in names)]
        raise LiesAboutItsType(name, Content[other[0].upper()] if other else Content.ZIP)
    for part in parts:
        lower = part.filename.lower()
        if any(active in lower for active in _ACTIVE_PARTS):
            raise MacrosInside(name, part.filename)
        content = io.BytesIO() if lower.endswith(".rels") or part.filename == _CONTENT_TYPES else None
        if content is not None and part.file_size > MEBIBYTE:
            raise ArchiveTooLarge(name)
        _unpack(file, part, name, content)
        if content is not None:
            _Relations.read(content, part, name)


class _Relations(ContentHandler):
    """Reads the parts that tell what an Office file consists of and what it fetches."""

    def __init__(self, name: str, part: str) -> None:
        super().__init__()
        self.name, self.part = name, part

    @classmethod
    def read(cls, content: io.BytesIO, part: zipfile.ZipInfo, name: str) -> None:
        """Read one such part. Refuses with `MacrosInside`, `FileDamaged`."""
        parser = ExpatParser()
        parser.setContentHandler(cls(name, part.filename))
        parser.setProperty("http://xml.org/sax/properties/lexical-handler", _NoDoctype())
        try:
            parser.parse(io.BytesIO(content.getvalue()))
        except SAXException as error:
            raise FileDamaged(name) from error

    def startElement(self, name: str, attrs: object) -> None:  # noqa: N802 - the interface's own name
        """Refuse macros by their declared type, and what loads from elsewhere; plain hyperlinks are harmless."""
        values = dict(attrs.items())  # type: ignore[attr-defined]
        said = " ".join(str(value) for value in values.values()).lower()
        loads = values.get("TargetMode") == "External" and not str(values.get("Type", "")).endswith("/hyperlink")
        if loads or "macroenabled" in said or "vbaproject" in said or "oleobject" in said:
            raise MacrosInside(self.name, f"{self.part}: {values.get('Target', values.get('PartName', name))}"[:200])


class _NoDoctype:
    """Entities are declared in a DOCTYPE, which no Office file has: one is damaged or an attack."""

    def startDTD(self, *_: object) -> None:  # noqa: N802 - the interface's own name
        raise SAXException("a document type declaration")

    def _nothing(self, *_: object) -> None: ...

    endDTD = startEntity = endEntity = startCDATA = endCDATA = comment = _nothing  # noqa: N815


def _safe_parts(file: IO[bytes], name: str) -> list[zipfile.ZipInfo]:
    """The files in it, by what is declared of them: few, not too large, apart from one another, staying in place."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise FileDamaged(name) from error
    if len(parts) > MOST_PARTS or not parts:
        raise ArchiveTooLarge(name) if parts else FileDamaged(name)
    packed, unpacked = (
        sum(sizes) for sizes in zip(*((part.compress_size, part.file_size) for part in parts), strict=True)
    )
    if unpacked > MOST_UNPACKED or (unpacked > _SMALL and unpacked > MOST_RATIO * max(packed, 1)):
        raise ArchiveTooLarge(name)
    end = 0
    seen: set[str] = set()
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end:
            raise ArchiveTooLarge(name)
        end = part.header_offset + 30 + part.compress_size
        _check_path(part, name)
        if part.filename.casefold() in seen:
            raise ArchiveUnsafe(name, part.filename)
        seen.add(part.filename.casefold())
    return [part for part in parts if not part.is_dir()]


def _check_path(part: zipfile.ZipInfo, name: str) -> None:
    path = part.filename
    pieces = path.rstrip("/").split("/")
    leads_elsewhere = path.startswith("/") or "\\" in path or ":" in path or ".." in pieces or "" in pieces
    is_link = stat.S_ISLNK(part.external_attr >> 16)
    is_locked = bool(part.flag_bits & 0x1)
    if leads_elsewhere or is_link or is_locked or len(pieces) > _DEEPEST or not path.isprintable() or len(path) > 400:
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in path)
        raise ArchiveUnsafe(name, shown[:200])


def _unpack(file: IO[bytes], part: zipfile.ZipInfo, name: str, sink: IO[bytes] | None) -> None:
    """Really unpack a part, piece by piece. What grows beyond its declared size is refused, however its end is marked.

    Refuses with `FileDamaged` also where the part's own header says something else than the directory.
    """
    file.seek(part.header_offset)
    header = file.read(_HEADER.size)
    if len(header) != _HEADER.size:
        raise FileDamaged(name)
    mark, _, _, method, _, _, _, _, _, name_length, extra_length = _HEADER.unpack(header)
    own_name = file.read(name_length)
    file.seek(extra_length, io.SEEK_CUR)
    if (
        mark != b"PK\x03\x04"
        or method != part.compress_type
        or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    ):
        raise FileDamaged(name)
    if own_name != part.orig_filename.encode("utf-8") and own_name != part.orig_filename.encode("cp437", "replace"):
        raise ArchiveUnsafe(name, part.filename)
    size, check = 0, 0
    for piece in _inflated(file, part, name):
        size += len(piece)
        check = zlib.crc32(piece, check)
        if size > part.file_size:
            raise ArchiveTooLarge(name)
        if sink is not None:
            sink.write(piece)
    if size != part.file_size or check != part.CRC:
        raise FileDamaged(name)


def _inflated(file: IO[bytes], part: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The content of a part in pieces, from where the file stands."""
    left = part.compress_size
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = file.read(min(left, _PIECE))
        if not packed:
            raise FileDamaged(name)
        left -= len(packed)
        if unpacker is None:
            yield packed
            continue
        try:
            while packed:
                yield unpacker.decompress(packed, _PIECE)
                packed = unpacker.unconsumed_tail
        except zlib.error as error:
            raise FileDamaged(name) from error
    if unpacker is None:
        return
    while piece := unpacker.decompress(b"", _PIECE):  # what it still held back when the input ended
        yield piece
    if not unpacker.eof or unpacker.unused_data:
        raise FileDamaged(name)

"""Files as officers hand them in, and as attackers do, made here."""

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image

CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def zipped(parts: dict[str, bytes | str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these parts."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def office(
    folder: str = "word", more: dict[str, bytes | str] | None = None, *, types: str = "", rels: str = ""
) -> bytes:
    """A docx (`word`) or xlsx (`xl`) file as far as its parts go."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": CONTENT_TYPES.format(types),
        "_rels/.rels": RELATIONS.format(rels),
        f"{folder}/document.xml": "<document/>",
    }
    return zipped(parts | (more or {}))


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    """A picture."""
    written = BytesIO()
    Image.new("RGB", size, "white").save(written, kind)
    return written.getvalue()


def pdf(*, password: str = "") -> bytes:
    """A document of one page."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 280)
    if password:
        writer.encrypt(password)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def bomb_that_lies(real: int = 50_000_000, declared: int = 10) -> bytes:
    """A zip file with one part that says of itself that it is small, in the header and in the directory alike."""
    content = bytes(real)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    check = zlib.crc32(content[:declared])
    name = b"a.txt"
    sizes = struct.pack("<3I", check, len(packed), declared)
    local = struct.pack("<4s5H", b"PK\x03\x04", 20, 0, 8, 0, 0) + sizes + struct.pack("<2H", len(name), 0) + name
    entry = (
        struct.pack("<4s6H", b"PK\x01\x02", 20, 20, 0, 8, 0, 0)
        + sizes
        + struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, 0)
        + name
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(local) + len(packed), 0)
    return local + packed + entry + end


def overlapping() -> bytes:
    """A zip file whose two parts share their bytes."""
    whole = bytearray(zipped({"aa.txt": b"x" * 2000, "ab.txt": b"y" * 10}))
    second = whole.rindex(b"PK\x01\x02")
    whole[second + 42 : second + 46] = struct.pack("<I", 0)
    return bytes(whole)

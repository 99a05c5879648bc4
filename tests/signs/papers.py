"""Files as bidders hand them in, made for the tests: who wrote them, with what, when."""

import io
import zipfile

from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

CORE = (
    '<?xml version="1.0" encoding="UTF-8"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t">'
    "<dc:creator>{author}</dc:creator><cp:lastModifiedBy>{saved_by}</cp:lastModifiedBy>"
    '<dcterms:created xsi:type="dcterms:W3CDTF">{made_at}</dcterms:created></cp:coreProperties>'
)
TYPES = '<?xml version="1.0"?><Types xmlns="t"><Default Extension="xml" ContentType="application/xml"/></Types>'


def pdf(author: str, words: str = "投标方案", *, password: str = "") -> bytes:
    """A page with an author; the moment of making is now, and the identity its own."""
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.setAuthor(author)
    canvas.setTitle(words)
    canvas.drawString(72, 720, words)
    canvas.save()
    if not password:
        return written.getvalue()
    writer = PdfWriter(PdfReader(written))
    writer.encrypt(password)
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def docx(author: str, saved_by: str = "", made_at: str = "2026-11-01T02:03:04Z", *, bomb: bool = False) -> bytes:
    """A Word document as far as its properties go; `saved_by` makes the content differ."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("word/document.xml", f"<w>{saved_by}</w>" + ("0" * 60_000_000 if bomb else ""))
        archive.writestr("docProps/core.xml", CORE.format(author=author, saved_by=saved_by, made_at=made_at))
        archive.writestr("docProps/app.xml", "<P><Application>Microsoft Office Word</Application></P>")
    return written.getvalue()


def photo(artist: str) -> bytes:
    """A photograph that names who took it."""
    picture = Image.new("RGB", (16, 16), "white")
    said = picture.getexif()
    said[0x013B] = artist
    written = io.BytesIO()
    picture.save(written, "JPEG", exif=said)
    return written.getvalue()

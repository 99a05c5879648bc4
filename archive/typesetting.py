"""How the centre's documents look: fonts, styles, page furniture, and the mark of the demonstration.

Documents are made from plain data with the font embedded, so that they look the same everywhere and in ten years. The
same data and moment give the same bytes: making a document again changes nothing.
"""

import functools
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import trading_frontend
from reportlab.lib import colors, textsplit
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, paragraph

from trading.kernel.errors import Refusal
from trading.kernel.moments import SHANGHAI

REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
INK, QUIET, HAIRLINE = colors.HexColor("#14213d"), colors.HexColor("#5b6577"), colors.HexColor("#c3cad5")
WASH, VERMILION = colors.HexColor("#f6f7f9"), colors.HexColor("#b3261e")

MARGIN = 24 * mm
DEMONSTRATION = "演示数据 · Demonstration data"
DEMONSTRATION_SENTENCE = "演示数据：本文件由演示系统生成，所载项目、单位与金额均为虚构，不具有任何效力。"


@dataclass(eq=False)
class CharacterNotInFont(Refusal):
    """A document would show an empty box where a name has a rare character."""

    message = "The document font has no sign for {characters}, so the document cannot be made."
    advice = "Write the name with characters the font has, and keep the original spelling in the project's file."
    characters: str


@dataclass(frozen=True, slots=True)
class Furniture:
    """What every page of a document carries. `made_at` also becomes the file's date."""

    centre_name: str
    title: str
    number: str
    made_at: datetime
    is_demonstration: bool


def style(name: str, *, size: float = 10.5, font: str = REGULAR, **more: object) -> ParagraphStyle:
    """A paragraph style of the documents: Chinese line breaking, leading for easy reading."""
    settings: dict[str, object] = {"leading": size * 1.65, "textColor": INK, "wordWrap": "CJK", **more}
    return ParagraphStyle(name, fontName=font, fontSize=size, **settings)


BODY = style("body", size=11, leading=16.8, alignment=TA_JUSTIFY, firstLineIndent=22)
CELL = style("cell", leading=15.5)
CELL_BOLD = style("cell bold", font=BOLD, leading=15.5)
LABEL = style("label", textColor=QUIET, leading=15.5)
SMALL = style("small", size=8, textColor=QUIET, leading=12)
SMALL_CENTRED = style("small centred", size=8, textColor=QUIET, leading=12, alignment=TA_CENTER)
RIGHT = style("right", alignment=TA_RIGHT, leading=15.5)
HEADLINE = style("headline", size=24, font=BOLD, alignment=TA_CENTER, leading=32)


# No line begins with these. ReportLab knows the signs of Japanese; the full-width ones of Chinese are added.
_BEGIN_NO_LINE = "，；：？！》”’…"
for _module in (textsplit, paragraph):
    _module.ALL_CANNOT_START += _BEGIN_NO_LINE


def text(words: str, look: ParagraphStyle = CELL) -> Paragraph:
    """A paragraph of plain words (never markup). Refuses with `CharacterNotInFont`."""
    return Paragraph(escape(shown(words)), look)


def shown(words: str) -> str:
    """The words as they will be drawn, composed (NFC) and on one line. Refuses with `CharacterNotInFont`."""
    # An ideographic space is typography and stays; line ends and tabs do not belong into a name.
    words = re.sub(r"[\t-\r\x1c-\x20\x85\u2028\u2029]+", " ", unicodedata.normalize("NFC", words)).strip(" ")
    load_fonts()
    glyphs = pdfmetrics.getFont(REGULAR).face.charToGlyph
    bold_glyphs = pdfmetrics.getFont(BOLD).face.charToGlyph
    missing = [sign for sign in dict.fromkeys(words) if not (glyphs.get(ord(sign)) and bold_glyphs.get(ord(sign)))]
    if missing:
        raise CharacterNotInFont("、".join(f"{sign}（U+{ord(sign):04X}）" for sign in missing))
    return words


def moment(at: datetime, *, fraction: bool = False) -> str:
    """A moment as people in the centre's time zone write it."""
    local = at.astimezone(SHANGHAI)
    exact = f":{local:%S}.{local.microsecond // 1000:03d}" if fraction else ""
    return f"{local:%Y-%m-%d %H:%M}{exact}"


def day(at: datetime) -> str:
    """`2026年11月23日` in the centre's time zone."""
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


@functools.cache
def load_fonts() -> None:
    """Register the two weights of the document font."""
    folder = Path(trading_frontend.FOLDER) / "document-fonts"
    for name, file in ((REGULAR, "NotoSansSC_400Regular.ttf"), (BOLD, "NotoSansSC_700Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def make_pdf(furniture: Furniture, story: Callable[[], Sequence[Flowable]]) -> bytes:
    """Set the story on A4 pages. `story` gives fresh flowables: it is set twice, to know the number of pages."""
    load_fonts()
    for words in (furniture.centre_name, furniture.title, furniture.number):
        shown(words)
    pages = _set(furniture, story(), io.BytesIO(), pages=0)
    file = io.BytesIO()
    _set(furniture, story(), file, pages=pages)
    return file.getvalue()


def _set(furniture: Furniture, story: Sequence[Flowable], file: io.BytesIO, *, pages: int) -> int:
    width, height = A4
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        title=furniture.title,
        author=furniture.centre_name,
        subject=furniture.number,
        lang="zh-CN",
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(MARGIN, 21 * mm, width - 2 * MARGIN, height - 39 * mm, 0, 0, 0, 0)
    furnish = functools.partial(_furnish, furniture, pages)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=furnish)])
    document.build(list(story), canvasmaker=functools.partial(_canvas, furniture.made_at))
    return int(document.page)


def _canvas(made_at: datetime, *args: object, **named: object) -> Canvas:
    # Without a first font of ours the file would name Helvetica without embedding it.
    canvas = Canvas(*args, **{**named, "initialFontName": REGULAR})
    stamp = f"D:{made_at.astimezone(UTC):%Y%m%d%H%M%S}Z"
    canvas.setDateFormatter(lambda *_: stamp)
    return canvas


def _furnish(furniture: Furniture, pages: int, canvas: Canvas, document: BaseDocTemplate) -> None:
    width, height = A4
    canvas.saveState()
    if furniture.is_demonstration:
        _watermark(canvas, width, height)
    canvas.setStrokeColor(HAIRLINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 18 * mm, width - MARGIN, 18 * mm)
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR, 8)
    canvas.drawString(MARGIN, 13.5 * mm, f"{furniture.centre_name}　{furniture.number}")
    canvas.drawRightString(width - MARGIN, 13.5 * mm, f"第 {document.page} 页　共 {pages} 页")
    if furniture.is_demonstration:
        canvas.setFillColor(VERMILION)
        canvas.setFont(BOLD, 8)
        canvas.drawCentredString(width / 2, 8.5 * mm, DEMONSTRATION_SENTENCE)
    canvas.restoreState()


def _watermark(canvas: Canvas, width: float, height: float) -> None:
    canvas.saveState()
    canvas.setFillColor(VERMILION)
    canvas.setFillAlpha(0.07)
    canvas.setFont(BOLD, 30)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(32)
    for row in (-300, -100, 100, 300):
        canvas.drawCentredString(0, row, DEMONSTRATION)
    canvas.restoreState()

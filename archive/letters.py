"""The confirmation letter (成交确认书): plain facts in, a PDF out.

Source: 招标拍卖挂牌出让国有建设用地使用权规定 (国土资源部令第39号). Art. 20: the letter names seller and winner, the
parcel, time, place and price, and when and where the contract is signed; it binds both; the winner's deposit becomes
earnest money. Art. 21: the others' deposits go back within 5 working days without interest. Art. 22: the result is
published within 10 working days.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from archive import typesetting as look
from archive.capital_words import capital_words
from trading.kernel.money import Money

# Crockford's alphabet: no I, L, O, U, so that a code can be read out on the telephone.
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class ConfirmationLetter:
    """Everything the letter says. `selling_method` in Chinese words; area and price per mu only for land.

    `journal_*` name the last entry of the lot's bid record, `verification_url` is what the QR code holds.
    """

    number: str
    centre_name: str
    entry_code: str
    project_title: str
    lot_title: str
    owner_name: str
    winner_name: str
    winner_credit_code: str
    winner_plate: int
    selling_method: str
    parcel_number: str
    location: str
    area_mu: Decimal
    area_m2: Decimal
    land_use: str
    term_years: int
    starting_price: Money
    final_price: Money
    price_per_mu: Money
    deposit: Money
    concluded_at: datetime
    issued_at: datetime
    journal_stream: str
    journal_seq: int
    journal_hash: str
    verification_url: str
    verification_code: str
    is_demonstration: bool


def verification_code(kind: str, subject_id: UUID) -> str:
    """The code under which a document is checked in public: `7KQ4-2M9X-B0TD`.

    It follows from what the document is about, so that a document that has to be made again keeps its code.
    """
    number = int.from_bytes(hashlib.sha256(f"{kind}:{subject_id}".encode()).digest()[:8]) >> 4
    signs = [_CODE_ALPHABET[number >> 5 * place & 31] for place in reversed(range(12))]
    return "-".join("".join(signs[start : start + 4]) for start in (0, 4, 8))


def letter_pdf(letter: ConfirmationLetter) -> bytes:
    """Set the letter. Takes about a tenth of a second: call it in a thread. Refuses with `CharacterNotInFont`."""
    furniture = look.Furniture(
        letter.centre_name, "成交确认书", letter.number, letter.issued_at, letter.is_demonstration
    )
    return look.make_pdf(furniture, lambda: _story(letter))


def _story(letter: ConfirmationLetter) -> list[Flowable]:
    return [
        *_head(letter),
        look.text(_opening(letter), look.BODY),
        Spacer(0, 4 * mm),
        _facts(letter),
        Spacer(0, 3.5 * mm),
        *[look.text(paragraph, look.BODY) for paragraph in _consequences(letter)],
        Spacer(0, 3 * mm),
        KeepTogether([_signatures(letter), Spacer(0, 3 * mm), _verification(letter)]),
    ]


def _head(letter: ConfirmationLetter) -> list[Flowable]:
    centre = look.style("centre", size=15, font=look.BOLD, alignment=1, textColor=look.VERMILION, leading=22)
    number = look.style("number", size=9.5, alignment=2, textColor=look.QUIET, leading=14)
    return [
        look.text(letter.centre_name, centre),
        Spacer(0, 1.5 * mm),
        _DoubleRule(),
        Spacer(0, 4 * mm),
        look.text("成 交 确 认 书", look.HEADLINE),
        Spacer(0, 1 * mm),
        look.text(f"编号：{letter.number}", number),
        Spacer(0, 2 * mm),
    ]


def _opening(letter: ConfirmationLetter) -> str:
    return (
        f"{look.day(letter.concluded_at)}，{letter.owner_name}（出让人）委托{letter.centre_name}以"
        f"{letter.selling_method}方式公开出让{letter.lot_title}。经公开竞价，{letter.winner_name}（竞得人，竞买号牌 "
        f"{letter.winner_plate} 号）在该中心以最高有效报价竞得。现将成交事项确认如下："
    )


def _facts(letter: ConfirmationLetter) -> Table:
    strong = look.style("price", size=14, font=look.BOLD, leading=20)
    area = f"{letter.area_mu.normalize():,f} 亩（{letter.area_m2.normalize():,f} m²）"
    plate = f"{letter.winner_plate} 号"
    wide: list[tuple[str, Paragraph]] = [
        ("项目名称", look.text(letter.project_title)),
        ("进场编码", look.text(letter.entry_code)),
        ("宗地编号", look.text(letter.parcel_number)),
        ("宗地位置", look.text(letter.location)),
        ("竞得人", look.text(letter.winner_name, look.CELL_BOLD)),
        ("成交价", look.text(f"人民币 {letter.final_price.yuan} 元", strong)),
        ("大写", look.text(f"人民币{capital_words(letter.final_price)}", look.CELL_BOLD)),
    ]
    pairs = [
        ("面积", area, "用途年限", f"{letter.land_use}，{letter.term_years} 年"),
        ("信用代码", letter.winner_credit_code, "竞买号牌", plate),
        ("成交时间", look.moment(letter.concluded_at, fraction=True), "出让方式", letter.selling_method),
        ("起始价", f"{letter.starting_price.yuan} 元", "每亩单价", f"{letter.price_per_mu.yuan} 元"),
    ]
    rows: list[list[Paragraph | None]] = [[look.text(label, look.LABEL), value, None, None] for label, value in wide]
    for label, value, other_label, other in pairs:
        rows.append(
            [look.text(label, look.LABEL), look.text(value), look.text(other_label, look.LABEL), look.text(other)]
        )
    # In reading order: the parcel, the winner, the price.
    rows = [rows[n] for n in (0, 1, 2, 3, 7, 4, 8, 9, 10, 5, 6)]
    table = Table(rows, colWidths=[22 * mm, 62 * mm, 22 * mm, 56 * mm])
    table.setStyle(
        [
            *[("SPAN", (1, n), (3, n)) for n, row in enumerate(rows) if row[2] is None],
            ("FONT", (0, 0), (-1, -1), look.REGULAR),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, look.HAIRLINE),
            ("LINEABOVE", (0, 0), (-1, 0), 0.9, look.INK),
            ("LINEBELOW", (0, -1), (-1, -1), 0.9, look.INK),
            ("BACKGROUND", (0, -2), (-1, -1), look.WASH),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.0),
        ]
    )
    return table


def _consequences(letter: ConfirmationLetter) -> list[str]:
    return [
        f"一、竞得人已缴纳的竞买保证金人民币 {letter.deposit.yuan} 元（大写：{capital_words(letter.deposit)}）"
        "自本确认书生效之日起转作受让宗地的定金，抵作成交价款的一部分。",
        "二、竞得人应当按照出让公告约定的时间、地点与出让人签订国有建设用地使用权出让合同。"
        "本确认书对出让人和竞得人具有法律效力；出让人改变竞得结果，或者竞得人放弃竞得宗地的，应当依法承担责任。",
        "三、本次出让结果将在十个工作日内在交易平台公布。其余竞买人的保证金在五个工作日内原路退回，不计利息。",
    ]


def _signatures(letter: ConfirmationLetter) -> Table:
    line, gap = look.style("signature", leading=17), "\N{NO-BREAK SPACE}" * 5
    rows = [
        [look.text("出让人（盖章）：", line), look.text("竞得人（盖章）：", line), _Mark(letter.is_demonstration)],
        [look.text("代表签字：", line), look.text("代表签字：", line), ""],
        [
            look.text(f"出具日期：{look.day(letter.issued_at)}", line),
            look.text(f"签收日期：{gap}年{gap}月{gap}日", line),
            "",
        ],
    ]
    table = Table(rows, colWidths=[64 * mm, 62 * mm, 36 * mm], rowHeights=[10 * mm, 9 * mm, 9 * mm])
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), look.REGULAR),
            ("SPAN", (2, 0), (2, 2)),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("ALIGN", (2, 0), (2, 2), "RIGHT"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return table


def _verification(letter: ConfirmationLetter) -> Table:
    words = [
        look.text(f"核验码：{letter.verification_code}", look.CELL_BOLD),
        look.text(
            "扫描二维码，或在下列网页输入核验码，可查看成交事实并比对本文件的 SHA-256 摘要：",
            look.SMALL,
        ),
        look.text(letter.verification_url, look.SMALL),
        look.text(
            f"竞价记录：{letter.journal_stream}，共 {letter.journal_seq} 条，末条摘要 {letter.journal_hash}", look.SMALL
        ),
    ]
    table = Table([[qr_code(letter.verification_url, 22 * mm), words]], colWidths=[28 * mm, 134 * mm])
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), look.REGULAR),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("BOX", (0, 0), (-1, -1), 0.4, look.HAIRLINE),
            ("LEFTPADDING", (0, 0), (0, 0), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return table


def qr_code(words: str, size: float) -> Drawing:
    """A QR code of medium error correction, `size` points wide."""
    widget = QrCodeWidget(words, barLevel="M", barBorder=0)
    left, bottom, right, top = widget.getBounds()
    drawing = Drawing(size, size, transform=[size / (right - left), 0, 0, size / (top - bottom), 0, 0])
    # Without it the drawing would name a font of its own that is not embedded.
    drawing.initialFontName = look.REGULAR
    drawing.add(widget)
    return drawing


class _DoubleRule(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The red double rule under the centre's name, as official papers have it."""

    def wrap(self, available_width: float, _: float) -> tuple[float, float]:
        self.width, self.height = available_width, 3.0
        return self.width, self.height

    def draw(self) -> None:
        self.canv.setStrokeColor(look.VERMILION)
        for y, thickness in ((2.6, 1.6), (0, 0.5)):
            self.canv.setLineWidth(thickness)
            self.canv.line(0, y, self.width, y)


class _Mark(Flowable):  # type: ignore[misc]  # likewise
    """A red mark where a seal would be. It says what it is: no seal is imitated, as that would be a forgery."""

    def __init__(self, is_demonstration: bool) -> None:
        super().__init__()
        self.is_demonstration = is_demonstration
        self.width = self.height = 28 * mm

    def draw(self) -> None:
        middle = self.width / 2
        self.canv.setStrokeColor(look.VERMILION)
        self.canv.setFillColor(look.VERMILION)
        for radius, thickness in ((middle - 1, 1.8), (middle - 5, 0.5)):
            self.canv.setLineWidth(thickness)
            self.canv.circle(middle, middle, radius)
        lines = (
            (12, 8.5, "演示标记" if self.is_demonstration else "电子文件"),
            (-2, 10.5, "非实体印章"),
            (-15, 7, "凭二维码核验"),
        )
        for up, size, words in lines:
            self.canv.setFont(look.BOLD, size)
            self.canv.drawCentredString(middle, middle + up, words)

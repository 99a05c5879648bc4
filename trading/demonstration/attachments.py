"""Attachments of the demonstration: a plan of the parcel, a notice to bidders and a workbook, made here."""

from datetime import datetime
from io import BytesIO

from PIL import Image, ImageDraw

from archive.listing import Column, Listing, listing_pdf
from trading.publication import attachments
from trading.publication.attachments import LookedAt

_INK, _PAPER, _WATER = "#14213d", "#f6f7f9", "#c7d0e2"
LARGEST_MIB = 5


async def make_attachments(parcel: str, now: datetime, centre_name: str) -> list[LookedAt]:
    """The files of a demonstration lot, looked at as those of an officer are."""
    files = ((f"{parcel}宗地图.png", _plan(parcel)), (f"{parcel}竞买须知.pdf", _notice(parcel, now, centre_name)))
    return [await attachments.look_at(BytesIO(content), name, largest_mib=LARGEST_MIB) for name, content in files]


def _plan(parcel: str) -> bytes:
    """A drawing as such plans look: the parcel, two roads, a river, the north."""
    picture = Image.new("RGB", (900, 1200), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.line([(0, 1000), (300, 930), (620, 1010), (900, 950)], fill=_WATER, width=90, joint="curve")
    for road in ([(0, 160), (900, 120)], [(700, 0), (760, 1200)]):
        pen.line(road, fill="#d6dce6", width=46)
    pen.polygon([(150, 270), (610, 250), (640, 760), (190, 800)], outline="#b3261e", fill="#fbeeed", width=6)
    pen.line([(820, 160), (820, 60)], fill=_INK, width=5)
    pen.polygon([(820, 40), (806, 72), (834, 72)], fill=_INK)
    pen.text((330, 500), "".join(letter for letter in parcel if letter.isascii()), fill=_INK, font_size=44)
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def _notice(parcel: str, now: datetime, centre_name: str) -> bytes:
    rows = (
        ("一", "申请人应在报名截止前报名，并从本单位账户缴纳保证金至所分配的账号。"),
        ("二", "保证金到账后取得竞买资格和号牌；未竞得人的保证金按期退还，不计利息。"),
        ("三", "报价一经提交不得撤回；以平台收到的时间为准。"),
        ("四", "竞得人应签署成交确认书，并在规定期限内签订合同。"),
    )
    return listing_pdf(
        Listing(
            centre_name,
            "竞买须知",
            f"{parcel}（演示数据，不具法律效力）",
            parcel,
            (Column("条", 1), Column("内容", 12)),
            rows,
            now,
            is_demonstration=True,
        )
    )

"""What the rooms contribute to a project's dossier: the bookings' streams and a table of rooms and recordings.

The recordings themselves stay where they are; the dossier names them by their SHA-256, so that anybody can check one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive.bundle import LooseRecord
from archive.listing import Column, Listing, listing_pdf
from archive.typesetting import CharacterNotInFont, moment
from archive.typesetting import shown as drawn
from trading.projects import service as projects
from trading.projects.models import Project
from trading.venues.lookups import bookings_of_project, get_venue
from trading.venues.models import Booking, Recording
from trading.venues.recordings import recordings_of
from trading.venues.rules import Purpose
from trading.venues.service import stream_of
from trading.venues.words import size_words

# The table is an official paper and speaks Chinese whatever language a reader has chosen.
_PURPOSES = {
    Purpose.OPENING: "开标",
    Purpose.AUCTION: "拍卖会",
    Purpose.EVALUATION: "评标",
    Purpose.JOINT_MEETING: "联审会议",
    Purpose.OTHER: "其他",
    Purpose.CLOSURE: "停用",
}
FILE_NAME = "05-场地与录音录像.pdf"


@dataclass(frozen=True, slots=True)
class _Line:
    booking: Booking
    venue_title: str
    recordings: Sequence[Recording]


async def streams_of_project(session: AsyncSession, project_id: UUID) -> list[str]:
    """The journal's streams of a project's bookings."""
    return [stream_of(booking.id) for booking in await bookings_of_project(session, project_id)]


async def record_of_project(session: AsyncSession, project_id: UUID) -> tuple[LooseRecord, ...]:
    """A table of a project's rooms and recordings; nothing where no room was booked."""
    lines = []
    for booking in await bookings_of_project(session, project_id):
        venue = await get_venue(session, booking.venue_id)
        found = await recordings_of(session, booking.id)
        lines.append(_Line(booking, drawable(f"{venue.number} {venue.name}"), found))
    if not lines:
        return ()
    project = await projects.get_project(session, project_id)
    return (LooseRecord(FILE_NAME, await asyncio.to_thread(listing_pdf, _listing(project, lines))),)


def _listing(project: Project, lines: Sequence[_Line]) -> Listing:
    columns = (
        Column("场地", 30),
        Column("用途", 18),
        Column("使用时间", 42),
        Column("场地费（元）", 22, is_money=True),
        Column("机位、录制时间", 46),
        Column("大小", 16),
        Column("SHA-256", 52),
    )
    rows = [row for line in lines for row in _rows(line)]
    newest = max(
        [line.booking.changed_at for line in lines] + [each.added_at for line in lines for each in line.recordings]
    )
    return Listing(
        centre_name=project.owner_name,
        title="场地与录音录像",
        subject=project.title,
        number=str(project.entry_code),
        columns=columns,
        rows=rows,
        made_at=newest,
        is_demonstration=project.is_demonstration,
    )


def _rows(line: _Line) -> list[tuple[str, ...]]:
    booking = line.booking
    purpose = _PURPOSES[Purpose(booking.purpose)] + ("（已取消）" if booking.cancelled_at else "")
    used = f"{moment(booking.starts_at)} 至 {moment(booking.ends_at)}"
    own = (line.venue_title, purpose, used, f"{booking.fee_fen // 100:,}.{booking.fee_fen % 100:02d}")
    recorded = [
        (
            drawable(
                f"{each.camera}，{moment(each.starts_at)} 至 {moment(each.ends_at)}"
                + (f"，存放于 {each.kept_at}" if each.kept_at else "")
            ),
            size_words(each.size_bytes),
            each.sha256,
        )
        for each in line.recordings
    ]
    return [(*own, *told) for told in recorded or [("—", "—", "—")]]


def drawable(words: str) -> str:
    """The words with 〓 for every sign that the paper's font does not have: a camera's name must not stop a dossier."""
    return "".join(sign if _has(sign) else "〓" for sign in words)


def _has(sign: str) -> bool:
    try:
        drawn(sign)
    except CharacterNotInFont:
        return False
    return True

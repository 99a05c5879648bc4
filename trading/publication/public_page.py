"""The public page of one announcement: its frozen text, what it follows, what followed it, and how to check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.i18n import gettext as _
from trading.projects import service as projects
from trading.publication import texts
from trading.publication.default_texts import TEXTS
from trading.publication.kind_types import AnnouncementKind, family_of
from trading.publication.kinds import KINDS
from trading.publication.models import Announcement
from trading.publication.service import announcements_of, facts_of
from trading.publication.showing import kind_words
from trading.publication.text_language import read_fact_moment


@dataclass(frozen=True, slots=True)
class Step:
    """One announcement of the project on its timeline; the one that is looked at is `now`."""

    title: str
    state: str
    at: object
    address: str
    detail: str


async def announcement_page(session: AsyncSession, announcement: Announcement, public_url: str) -> dict[str, Any]:
    """Everything that the page shows."""
    facts = facts_of(announcement)
    siblings = await announcements_of(session, announcement.project_id)
    earlier = next((one for one in siblings if one.id == announcement.corrects_id), None)
    until = facts.get("public_until")
    kind = AnnouncementKind(announcement.kind)
    project = await projects.get_project(session, announcement.project_id)
    address = f"{public_url}/announcements/{announcement.id}"
    return {
        "announcement": announcement,
        "text": Markup(text_of(announcement)),  # noqa: S704 - written by safe_text, from escaped words only
        "kind_of_announcement": kind_words(kind),
        "source": KINDS[kind].source(family_of(project.kind)),
        "later": followers(siblings, announcement.id),
        "earlier": earlier,
        "kind_words": kind_words,
        "steps": [_step(one, announcement.id) for one in siblings],
        "first_round": facts.get("second_round_of"),
        "public_until": None if until is None else read_fact_moment(until),
        "address": address,
        "qr": Markup(qr_svg(address)),  # noqa: S704 - drawn here
    }


def text_of(announcement: Announcement) -> str:
    """What was published. The oldest announcements have no text of their own: it is made from their frozen facts."""
    if announcement.text is not None:
        return announcement.text
    kind = AnnouncementKind(announcement.kind)
    facts = facts_of(announcement) | texts.own_facts(announcement)
    return texts.written(texts.Version(kind, 0, TEXTS[kind]), facts)[0]


def followers(siblings: Sequence[Announcement], announcement_id: UUID) -> list[Announcement]:
    """Everything that follows an announcement, directly or through others, in the order of publication."""
    followed = {announcement_id}
    found = []
    for one in siblings:
        if one.corrects_id in followed:
            followed.add(one.id)
            found.append(one)
    return found


def qr_svg(words: str) -> str:
    """A QR code as a drawing in the page's own colours."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(words)
    code.make()
    size = code.getModuleCount()
    dark = ((row, column) for row in range(size) for column in range(size) if code.isDark(row, column))
    path = "".join(f"M{column + 4} {row + 4}h1v1h-1z" for row, column in dark)
    label = _("QR code of this page's address")
    return (
        f'<svg class="official__qr" viewBox="0 0 {size + 8} {size + 8}" role="img" aria-label="{Markup.escape(label)}">'
        f'<rect width="{size + 8}" height="{size + 8}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )


def _step(one: Announcement, shown: UUID) -> Step:
    is_here = one.id == shown
    return Step(
        title=kind_words(one.kind),
        state="now" if is_here else "done",
        at=one.published_at,
        address="" if is_here else f"/announcements/{one.id}",
        detail=one.number,
    )

"""What an announcement is found by: one narrow row beside each, written in the same transaction and never changed.

Apart from the announcement itself, because a search walks over thousands of these rows and may not carry the frozen
facts along.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.projects.models import Lot, Project
from trading.publication.models import Announcement
from trading.publication.search import indexed_words

TOWNSHIP = "^(?:[^省市州县区]{1,8}[省市州县区]{1,2})*([^省市州县区]{1,6}?(?:街道|镇|乡))"
"""A township at the beginning of a place's name, after the names of province, city and county."""

_SEARCHED = (
    "entry_code",
    "deal_code",
    "owner_name",
    "buyer_name",
    "agency_name",
    "parcel_number",
    "location",
    "winner_name",
    "conditions",
    "description",
)
_PRICES = ("starting_price_fen", "budget_fen", "baseline_fen")
_PLACES = ("region", "location", "lot_title", "project_title")


class ListedAnnouncement(Base):
    """One announcement as it is searched for. `words` are its pairs of characters (`trading.publication.search`).

    `price_fen` is the starting price or the budget; `region` the township, empty where none is named.
    """

    __tablename__ = "listed_announcements"
    __table_args__ = (
        Index("ix_listed_announcements_words", "words", postgresql_using="gin"),
        Index(
            "ix_listed_announcements_newest",
            "published_at",
            "announcement_id",
            postgresql_include=["kind", "project_kind", "region", "price_fen", "lot_id", "project_id"],
        ),
        Index(
            "ix_listed_announcements_price",
            "price_fen",
            "announcement_id",
            postgresql_include=["published_at", "kind", "project_kind", "region", "lot_id", "project_id"],
            postgresql_where=text("price_fen IS NOT NULL"),
        ),
        append_only(),
    )

    announcement_id: Mapped[UUID] = mapped_column(ForeignKey("announcements.id"), primary_key=True)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(Text)
    project_kind: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text, index=True)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), index=True)
    words: Mapped[str] = mapped_column(TSVECTOR, deferred=True)


def list_announcement(
    session: AsyncSession, announcement: Announcement, project: Project, lot: Lot | None, facts: Mapping[str, Any]
) -> None:
    """Make an announcement that is being published findable by what it says."""
    price = next((facts[name] for name in _PRICES if isinstance(facts.get(name), int)), None)
    if price is None and lot is not None:
        price = lot.starting_price_fen or lot.budget_fen
    found_by = [str(facts[name]) for name in _SEARCHED if facts.get(name)]
    words = indexed_words(" ".join([announcement.title, announcement.number, *found_by]))
    session.add(
        ListedAnnouncement(
            announcement_id=announcement.id,
            published_at=announcement.published_at,
            kind=announcement.kind,
            project_kind=project.kind,
            region=region_of(facts),
            price_fen=price,
            project_id=project.id,
            lot_id=announcement.lot_id,
            words=func.to_tsvector("simple", words),
        )
    )


def region_of(facts: Mapping[str, Any]) -> str:
    """The township that an announcement's facts name first; empty when they name none."""
    for name in _PLACES:
        found = re.match(TOWNSHIP, str(facts.get(name) or "").strip())
        if found:
            return found[1]
    return ""

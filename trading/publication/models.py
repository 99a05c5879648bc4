"""Tables of announcements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Announcement(Base):
    """An announcement, written once. `facts` is canonical JSON text and `facts_hash` its SHA-256 in hex.

    `words` are the pairs of characters under which it is found (see `trading.publication.search`).
    """

    __tablename__ = "announcements"
    __table_args__ = (
        Index("ix_announcements_words", "words", postgresql_using="gin"),
        Index("ix_announcements_published", "published_at", "id"),
        UniqueConstraint("kind", "number"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    facts_hash: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("announcements.id"))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[str] = mapped_column(Text)
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)


class AnnouncementSequence(Base):
    """The last number of a kind of announcement in a year. The row is the lock of whoever takes the next."""

    __tablename__ = "announcement_sequences"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)

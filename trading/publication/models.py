"""Tables of announcements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Announcement(Base):
    """An announcement, written once. `facts` is canonical JSON text and `facts_hash` its SHA-256 in hex.

    `text` is what was published, made from version `text_version` of the template of its kind (0 is the one that is
    shipped), and `text_hash` its SHA-256; the oldest announcements have none and are made from their facts. It was
    released as `release_id`, by two people, unless the platform made it. What it is found by is in
    `trading.publication.listing`.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        Index("ix_announcements_published", "published_at", "id"),
        UniqueConstraint("kind", "number"),
        Index(
            "ix_announcements_release",
            "release_id",
            "lot_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("release_id IS NOT NULL"),
        ),
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
    text: Mapped[str | None] = mapped_column(Text)
    text_hash: Mapped[str | None] = mapped_column(Text)
    text_version: Mapped[int | None] = mapped_column(Integer)
    release_id: Mapped[UUID | None]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("announcements.id"), index=True)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[str] = mapped_column(Text)
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)


class AnnouncementSequence(Base):
    """The last number of a kind of announcement in a year. The row is the lock of whoever takes the next."""

    __tablename__ = "announcement_sequences"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class AnnouncementText(Base):
    """A version of the template of a kind, as an administrator proposed it. A change is a new version."""

    __tablename__ = "announcement_texts"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        CheckConstraint("version > 0", name="own_version"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AnnouncementTextDecision(Base):
    """What another administrator decided about a version: used from then on, or never."""

    __tablename__ = "announcement_text_decisions"
    __table_args__ = (CheckConstraint("decided_by <> proposed_by", name="two_people"), append_only())

    text_id: Mapped[UUID] = mapped_column(ForeignKey("announcement_texts.id"), primary_key=True)
    is_approved: Mapped[bool] = mapped_column(Boolean)
    reasons: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AnnouncementRelease(Base):
    """An announcement on its way to the public: prepared by one officer, released by another, published at a moment.

    `typed` is the form as it was typed; `facts` is canonical JSON of what it will say, a list of [lot, facts], as the
    project stood when it was prepared. `publish_at` None: not released yet. `reasons` say why it came back. What the
    platform makes itself has no second person (`is_automatic`).
    """

    __tablename__ = "announcement_releases"
    __table_args__ = (
        CheckConstraint("released_by <> prepared_by", name="two_people"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published_at"),
        CheckConstraint("is_automatic OR publish_at IS NULL OR released_by IS NOT NULL", name="released"),
        Index("ix_announcement_releases_due", "state", "publish_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    kind: Mapped[str] = mapped_column(Text)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("announcements.id"))
    typed: Mapped[dict[str, str]] = mapped_column(JSONB)
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    is_automatic: Mapped[bool] = mapped_column(Boolean, default=False)
    prepared_by: Mapped[str] = mapped_column(Text)
    prepared_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    released_by: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    publish_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reasons: Mapped[str] = mapped_column(Text, default="")
    returned_by: Mapped[str | None] = mapped_column(Text)

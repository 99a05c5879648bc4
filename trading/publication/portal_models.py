"""Tables of the portal: attachments, subscriptions, and the moments that the calendar told of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Attachment(Base):
    """A file that an officer handed in for a project. Its content lies in the file store under its SHA-256.

    `preview_sha256` is a picture made from it, if there is one, of `preview_width` by `preview_height` pixels.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="not_empty"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    preview_sha256: Mapped[str | None] = mapped_column(Text)
    preview_width: Mapped[int | None] = mapped_column(Integer)
    preview_height: Mapped[int | None] = mapped_column(Integer)
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class WithdrawnAttachment(Base):
    """An attachment that was taken back before it was published."""

    __tablename__ = "withdrawn_attachments"
    __table_args__ = (append_only(),)

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"), primary_key=True)
    withdrawn_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PublishedAttachment(Base):
    """An attachment that was published with an announcement, whose frozen facts name its SHA-256.

    The announcements of a project's several lots carry the same files.
    """

    __tablename__ = "published_attachments"
    __table_args__ = (append_only(),)

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"), primary_key=True)
    announcement_id: Mapped[UUID] = mapped_column(ForeignKey("announcements.id"), primary_key=True, index=True)


class Subscription(Base):
    """An address that is to be told of new announcements. The row is deleted when the subscription ends.

    `search` is the part of the list's address after the question mark. `told_until` is up to when announcements were
    looked at for it; an address that was never confirmed is deleted after two days.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (Index("uq_subscriptions_wish", "address", "search", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    address: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    is_daily: Mapped[bool] = mapped_column(Boolean)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    told_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class SubscriptionRequest(Base):
    """That somebody asked for a subscription, for a day: who asks too often is not answered by mail.

    `source` is a keyed hash of the mail address or of the network address; neither can be read from it.
    """

    __tablename__ = "subscription_requests"
    __table_args__ = (Index("ix_subscription_requests_source", "source", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CalendarMoment(Base):
    """What the calendar last told of a lot's moment: `sequence` grows by one whenever the moment has moved."""

    __tablename__ = "calendar_moments"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    is_cancelled: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(Integer)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

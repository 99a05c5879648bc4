"""Tables of requests to rate, ratings, what was counted of them, and the centre's windows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id

_SERVICES = "('entry_review', 'sale', 'deposit_refund')"


class RatingRequest(Base):
    """A unit and an officer are asked to rate each other after one thing that the centre served.

    `subject` is the lot, the review case or the refund; `ended_at` its moment. `opened_at`: since then both sides are
    closed, and what they gave may be counted.
    """

    __tablename__ = "rating_requests"
    __table_args__ = (
        UniqueConstraint("service", "subject", "unit_id"),
        CheckConstraint(f"service IN {_SERVICES}", name="service_known"),
        CheckConstraint("closes_at > asked_at", name="closes_after_asking"),
        Index("ix_rating_requests_closing", "closes_at", postgresql_where=text("opened_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    service: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID] = mapped_column()
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    rules: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closes_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RatingBatch(Base):
    """Enough ratings that are counted together from `counted_at` on; what they do not have in common is NULL."""

    __tablename__ = "rating_batches"
    __table_args__ = (
        CheckConstraint("side IN ('unit', 'officer')", name="side_known"),
        CheckConstraint("size > 1", name="never_one"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    side: Mapped[str] = mapped_column(Text)
    service: Mapped[str | None] = mapped_column(Text)
    quarter: Mapped[str | None] = mapped_column(Text, index=True)
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    window_id: Mapped[UUID | None] = mapped_column(ForeignKey("service_windows.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    size: Mapped[int] = mapped_column(Integer)
    counted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Rating(Base):
    """What one side said, sealed: `seal` is in the journal. No page reads a row of this table by itself."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("request_id", "side"),
        CheckConstraint("side IN ('unit', 'officer')", name="side_known"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("rating_requests.id"))
    side: Mapped[str] = mapped_column(Text)
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)
    words: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    seal: Mapped[str] = mapped_column(Text)
    given_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CountedRating(Base):
    """A rating belongs to one batch."""

    __tablename__ = "counted_ratings"
    __table_args__ = (append_only(),)

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("rating_batches.id"), index=True)


class ServiceWindow(Base):
    """A window of the centre while one officer sits at it. Another officer is another row."""

    __tablename__ = "service_windows"
    __table_args__ = (
        Index("ix_service_windows_number", "number", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_service_windows_officer", "officer_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("closed_at >= opened_at", name="closed_after_opening"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

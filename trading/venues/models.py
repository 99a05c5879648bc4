"""Tables of the centre's rooms, their bookings and recordings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Venue(Base):
    """A room of the centre. Minutes are counted from midnight in Shanghai. Retired, never deleted.

    `calendar_token` is part of the secret address of the room's calendar with details.
    """

    __tablename__ = "venues"
    __table_args__ = (
        CheckConstraint("capacity > 0 AND screens >= 0 AND remote_seats >= 0", name="counts"),
        CheckConstraint("opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440", name="hours"),
        CheckConstraint("set_up_minutes >= 0 AND clearing_minutes >= 0", name="buffers"),
        CheckConstraint("fee_fen >= 0 AND fee_unit IN ('half_day', 'hour')", name="fee"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int] = mapped_column(Integer)
    has_audio_recording: Mapped[bool] = mapped_column(Boolean)
    has_video_recording: Mapped[bool] = mapped_column(Boolean)
    screens: Mapped[int] = mapped_column(Integer)
    remote_seats: Mapped[int] = mapped_column(Integer)
    has_sign_in_terminal: Mapped[bool] = mapped_column(Boolean)
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    fee_unit: Mapped[str] = mapped_column(Text)
    opens_minute: Mapped[int] = mapped_column(Integer)
    closes_minute: Mapped[int] = mapped_column(Integer)
    set_up_minutes: Mapped[int] = mapped_column(Integer)
    clearing_minutes: Mapped[int] = mapped_column(Integer)
    calendar_token: Mapped[str] = mapped_column(Text, unique=True)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Booking(Base):
    """A room is kept for something. `occupied` is its time with set-up and clearing; no two of a room overlap.

    `sequence` counts the changes, for calendars. A closure is a booking for nothing, without an officer.
    """

    __tablename__ = "venue_bookings"
    __table_args__ = (
        ExcludeConstraint(
            ("venue_id", "="),
            ("occupied", "&&"),
            where=text("cancelled_at IS NULL"),
            using="gist",
            name="ex_venue_bookings_one_at_a_time",
        ),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint("occupied @> tstzrange(starts_at, ends_at)", name="occupied_while_booked"),
        CheckConstraint(
            "purpose IN ('opening', 'auction', 'evaluation', 'joint_meeting', 'other', 'closure')",
            name="purpose_known",
        ),
        CheckConstraint("(purpose = 'closure') = (officer_id IS NULL)", name="somebody_in_charge"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_because IS NULL)", name="cancelled_with_reason"),
        CheckConstraint("people >= 0 AND fee_fen >= 0", name="counts"),
        Index("ix_venue_bookings_starts_at", "starts_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    venue_id: Mapped[UUID] = mapped_column(ForeignKey("venues.id"))
    purpose: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    occupied: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    people: Mapped[int] = mapped_column(Integer)
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_public_benefit: Mapped[bool] = mapped_column(Boolean, default=False)
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    booked_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancelled_because: Mapped[str | None] = mapped_column(Text)


class BookingPerson(Base):
    """Somebody who takes part in a booking beside its officer: the auctioneer, a member of the committee."""

    __tablename__ = "venue_booking_people"
    __table_args__ = (
        CheckConstraint("part IN ('auctioneer', 'committee')", name="part_known"),
        append_only(),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("venue_bookings.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    part: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))


class Recording(Base):
    """A recording of a booking, named by its SHA-256 (lowercase hex). `kept_at`: where it lies outside the platform."""

    __tablename__ = "venue_recordings"
    __table_args__ = (
        UniqueConstraint("booking_id", "sha256"),
        CheckConstraint("size_bytes > 0", name="not_empty"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("venue_bookings.id"))
    camera: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    file_name: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[str | None] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RecordingUpload(Base):
    """A recording on its way in pieces. `offset_bytes` are on the disk; `token` is the secret part of its address."""

    __tablename__ = "venue_recording_uploads"
    __table_args__ = (
        CheckConstraint("offset_bytes >= 0 AND offset_bytes <= size_bytes AND size_bytes > 0", name="offset_within"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[str] = mapped_column(Text, unique=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("venue_bookings.id"), index=True)
    camera: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    file_name: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    declared_sha256: Mapped[str | None] = mapped_column(Text)
    offset_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    begun_by: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    recording_id: Mapped[UUID | None] = mapped_column(ForeignKey("venue_recordings.id"))

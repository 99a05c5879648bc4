"""The centre's rooms, their bookings and recordings. That no room is booked twice is a constraint of the database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add the five tables. btree_gist lets an exclusion constraint compare a room's number and a range of time."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _add_venues()
    _add_bookings()
    _add_recordings()


def _add_venues() -> None:
    op.create_table(
        "venues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("has_audio_recording", sa.Boolean(), nullable=False),
        sa.Column("has_video_recording", sa.Boolean(), nullable=False),
        sa.Column("screens", sa.Integer(), nullable=False),
        sa.Column("remote_seats", sa.Integer(), nullable=False),
        sa.Column("has_sign_in_terminal", sa.Boolean(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_unit", sa.Text(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("set_up_minutes", sa.Integer(), nullable=False),
        sa.Column("clearing_minutes", sa.Integer(), nullable=False),
        sa.Column("calendar_token", sa.Text(), nullable=False),
        _moment("added_at"),
        _moment("retired_at", nullable=True),
        sa.CheckConstraint("capacity > 0 AND screens >= 0 AND remote_seats >= 0", name=op.f("ck_venues_counts")),
        sa.CheckConstraint(
            "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440", name=op.f("ck_venues_hours")
        ),
        sa.CheckConstraint("set_up_minutes >= 0 AND clearing_minutes >= 0", name=op.f("ck_venues_buffers")),
        sa.CheckConstraint("fee_fen >= 0 AND fee_unit IN ('half_day', 'hour')", name=op.f("ck_venues_fee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venues")),
        sa.UniqueConstraint("number", name=op.f("uq_venues_number")),
        sa.UniqueConstraint("calendar_token", name=op.f("uq_venues_calendar_token")),
    )


def _add_bookings() -> None:
    op.create_table(
        "venue_bookings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        _moment("starts_at"),
        _moment("ends_at"),
        sa.Column("occupied", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("needs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_public_benefit", sa.Boolean(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        _moment("changed_at"),
        _moment("cancelled_at", nullable=True),
        sa.Column("cancelled_because", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("venue_id"), "="),
            (sa.column("occupied"), "&&"),
            where=sa.text("cancelled_at IS NULL"),
            using="gist",
            name="ex_venue_bookings_one_at_a_time",
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_venue_bookings_ends_after_start")),
        sa.CheckConstraint(
            "occupied @> tstzrange(starts_at, ends_at)", name=op.f("ck_venue_bookings_occupied_while_booked")
        ),
        sa.CheckConstraint(
            "purpose IN ('opening', 'auction', 'evaluation', 'joint_meeting', 'other', 'closure')",
            name=op.f("ck_venue_bookings_purpose_known"),
        ),
        sa.CheckConstraint(
            "(purpose = 'closure') = (officer_id IS NULL)", name=op.f("ck_venue_bookings_somebody_in_charge")
        ),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancelled_because IS NULL)", name=op.f("ck_venue_bookings_cancelled_with_reason")
        ),
        sa.CheckConstraint("people >= 0 AND fee_fen >= 0", name=op.f("ck_venue_bookings_counts")),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name=op.f("fk_venue_bookings_venue_id_venues")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_venue_bookings_project_id_projects")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_venue_bookings_lot_id_lots")),
        sa.ForeignKeyConstraint(["officer_id"], ["accounts.id"], name=op.f("fk_venue_bookings_officer_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_bookings")),
    )
    for column in ("project_id", "lot_id", "starts_at"):
        op.create_index(op.f(f"ix_venue_bookings_{column}"), "venue_bookings", [column])
    op.create_table(
        "venue_booking_people",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("part IN ('auctioneer', 'committee')", name=op.f("ck_venue_booking_people_part_known")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["venue_bookings.id"], name=op.f("fk_venue_booking_people_booking_id_venue_bookings")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_venue_booking_people_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("booking_id", "key", name=op.f("pk_venue_booking_people")),
    )


def _recording_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
    ]


def _add_recordings() -> None:
    op.create_table(
        "venue_recordings",
        *_recording_columns(),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.Text(), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        _moment("added_at"),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_venue_recordings_not_empty")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_venue_recordings_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["venue_bookings.id"], name=op.f("fk_venue_recordings_booking_id_venue_bookings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_recordings")),
        sa.UniqueConstraint("booking_id", "sha256", name=op.f("uq_venue_recordings_booking_id_sha256")),
    )
    op.create_table(
        "venue_recording_uploads",
        *_recording_columns(),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("declared_sha256", sa.Text(), nullable=True),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        _moment("expires_at"),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "offset_bytes >= 0 AND offset_bytes <= size_bytes AND size_bytes > 0",
            name=op.f("ck_venue_recording_uploads_offset_within"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["venue_bookings.id"], name=op.f("fk_venue_recording_uploads_booking_id_venue_bookings")
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["venue_recordings.id"],
            name=op.f("fk_venue_recording_uploads_recording_id_venue_recordings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_recording_uploads")),
        sa.UniqueConstraint("token", name=op.f("uq_venue_recording_uploads_token")),
    )
    for column in ("booking_id", "expires_at"):
        op.create_index(op.f(f"ix_venue_recording_uploads_{column}"), "venue_recording_uploads", [column])

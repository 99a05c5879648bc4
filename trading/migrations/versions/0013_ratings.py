"""Service ratings."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _windows()
    _requests()
    _ratings()


def downgrade() -> None:
    """Take them away again."""
    for table in ("counted_ratings", "ratings", "rating_batches", "rating_requests", "service_windows"):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _windows() -> None:
    op.create_table(
        "service_windows",
        _id(),
        _text("number"),
        _text("name"),
        _id("officer_id"),
        _moment("opened_at"),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint("closed_at >= opened_at", name=op.f("ck_service_windows_closed_after_opening")),
        _to("service_windows", "officer_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_windows")),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index("ix_service_windows_number", "service_windows", ["number"], unique=True, postgresql_where=is_open)
    op.create_index(
        "ix_service_windows_officer", "service_windows", ["officer_id"], unique=True, postgresql_where=is_open
    )


def _requests() -> None:
    name = "rating_requests"
    op.create_table(
        name,
        _id(),
        _text("service"),
        _id("subject"),
        _id("project_id"),
        _id("unit_id"),
        _id("officer_id"),
        _text("rules"),
        _moment("ended_at"),
        _moment("asked_at"),
        _moment("closes_at"),
        _moment("reminded_at", nullable=True),
        _moment("opened_at", nullable=True),
        sa.CheckConstraint(
            "service IN ('entry_review', 'sale', 'deposit_refund')", name=op.f("ck_rating_requests_service_known")
        ),
        sa.CheckConstraint("closes_at > asked_at", name=op.f("ck_rating_requests_closes_after_asking")),
        _to(name, "project_id", "projects"),
        _to(name, "unit_id", "units"),
        _to(name, "officer_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_requests")),
        sa.UniqueConstraint("service", "subject", "unit_id", name=op.f("uq_rating_requests_service_subject_unit_id")),
    )
    for column in ("unit_id", "officer_id"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])
    op.create_index("ix_rating_requests_closing", name, ["closes_at"], postgresql_where=sa.text("opened_at IS NULL"))


def _ratings() -> None:
    op.create_table(
        "rating_batches",
        _id(),
        _text("side"),
        _text("service", nullable=True),
        _text("quarter", nullable=True),
        _id("officer_id", nullable=True),
        _id("window_id", nullable=True),
        _id("unit_id", nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        _moment("counted_at"),
        sa.CheckConstraint("side IN ('unit', 'officer')", name=op.f("ck_rating_batches_side_known")),
        sa.CheckConstraint("size > 1", name=op.f("ck_rating_batches_never_one")),
        _to("rating_batches", "officer_id", "accounts"),
        _to("rating_batches", "window_id", "service_windows"),
        _to("rating_batches", "unit_id", "units"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_batches")),
    )
    for column in ("quarter", "officer_id", "unit_id"):
        op.create_index(op.f(f"ix_rating_batches_{column}"), "rating_batches", [column])
    op.create_table(
        "ratings",
        _id(),
        _id("request_id"),
        _text("side"),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("words"),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        _text("seal"),
        _id("given_by"),
        _moment("given_at"),
        sa.CheckConstraint("side IN ('unit', 'officer')", name=op.f("ck_ratings_side_known")),
        _to("ratings", "request_id", "rating_requests"),
        _to("ratings", "given_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("request_id", "side", name=op.f("uq_ratings_request_id_side")),
    )
    op.create_table(
        "counted_ratings",
        _id("rating_id"),
        _id("batch_id"),
        _to("counted_ratings", "rating_id", "ratings"),
        _to("counted_ratings", "batch_id", "rating_batches"),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_counted_ratings")),
    )
    op.create_index(op.f("ix_counted_ratings_batch_id"), "counted_ratings", ["batch_id"])

"""Notices about holidays, time limits, notices to people, alerts, and orders of supervisors."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _calendar()
    _notices()
    _time_limits()
    _alerts()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _calendar() -> None:
    op.create_table(
        "calendar_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        _text("source"),
        sa.Column("is_whole_year", sa.Boolean(), nullable=False),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("state"),
        _text("proposed_by"),
        _moment("proposed_at"),
        _text("decided_by", nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'declined')", name=op.f("ck_calendar_notices_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_calendar_notices_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR decided_by <> proposed_by", name=op.f("ck_calendar_notices_two_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_notices")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("key"),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        _text("role", nullable=True),
        _text("weight"),
        _text("message"),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("address"),
        _moment("created_at"),
        sa.CheckConstraint("num_nonnulls(account_id, role) = 1", name=op.f("ck_notices_one_addressee")),
        sa.CheckConstraint("weight IN ('info', 'yellow', 'red')", name=op.f("ck_notices_weight_known")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notices_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index("ix_notices_account", "notices", ["account_id", "created_at"])
    op.create_index("ix_notices_role", "notices", ["role", "created_at"])
    op.create_table(
        "notice_reads",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        _moment("read_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notice_reads_account_id_accounts")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_reads_notice_id_notices")),
        sa.PrimaryKeyConstraint("notice_id", "account_id", name=op.f("pk_notice_reads")),
    )


def _time_limits() -> None:
    op.create_table(
        "time_limits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        _text("code"),
        _text("subject"),
        _text("who"),
        _text("state"),
        _text("started_by"),
        _moment("started_at"),
        _moment("due_at", nullable=True),
        _moment("yellow_at", nullable=True),
        _text("ended_by", nullable=True),
        _moment("ended_at", nullable=True),
        sa.Column("unknown_year", sa.Integer(), nullable=True),
        _text("moved_by", nullable=True),
        _text("calendar_version"),
        _moment("warned_at", nullable=True),
        _moment("told_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'met', 'missed', 'stopped', 'void', 'uncounted')",
            name=op.f("ck_time_limits_state_known"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_time_limits_project_id_projects")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_time_limits_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_limits")),
        sa.UniqueConstraint("code", "started_by", "subject", name=op.f("uq_time_limits_code_started_by_subject")),
    )
    op.create_index(op.f("ix_time_limits_project_id"), "time_limits", ["project_id"])
    op.create_index("ix_time_limits_state", "time_limits", ["state", "due_at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("key"),
        _text("kind"),
        _text("severity"),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("state"),
        _moment("raised_at"),
        _text("verdict", nullable=True),
        _text("reasons", nullable=True),
        _text("decided_by", nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint("severity IN ('yellow', 'red')", name=op.f("ck_alerts_severity_known")),
        sa.CheckConstraint("state IN ('open', 'decided')", name=op.f("ck_alerts_state_known")),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by IS NULL) AND num_nulls(verdict, reasons, decided_by, decided_at) IN (0, 4)",
            name=op.f("ck_alerts_decided_whole"),
        ),
        sa.CheckConstraint("verdict IN ('founded', 'unfounded', 'passed_on')", name=op.f("ck_alerts_verdict_known")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alerts_project_id_projects")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_alerts_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("key", name=op.f("uq_alerts_key")),
    )
    op.create_index(op.f("ix_alerts_project_id"), "alerts", ["project_id"])
    op.create_index("ix_alerts_state", "alerts", ["state", "raised_at"])
    op.create_table(
        "supervision_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("kind"),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        _text("reasons"),
        _text("legal_basis"),
        _moment("resumes_at", nullable=True),
        _text("ordered_by"),
        _moment("ordered_at"),
        sa.CheckConstraint(
            "kind IN ('freeze', 'resumption', 'termination')", name=op.f("ck_supervision_orders_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_supervision_orders_project_id_projects")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_supervision_orders_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_orders")),
    )
    op.create_index(op.f("ix_supervision_orders_project_id"), "supervision_orders", ["project_id"])

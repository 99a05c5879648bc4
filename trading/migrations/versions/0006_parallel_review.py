"""Parallel review: departments and what they review, cases of entries with one part each, requests, meetings, notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; an entry can be decided by the platform, when the last limit ends."""
    _departments()
    _cases()
    _requests()
    op.alter_column("project_reviews", "reviewer_id", nullable=True)


def _departments() -> None:
    """What departments there are, who belongs to them, what they review."""
    op.create_table(
        "departments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name", name=op.f("uq_departments_name")),
    )
    op.create_table(
        "department_members",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_department_members_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_department_members_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_department_members")),
    )
    op.create_index(op.f("ix_department_members_department_id"), "department_members", ["department_id"], unique=False)
    op.create_table(
        "review_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("promised_days BETWEEN 1 AND 60", name=op.f("ck_review_assignments_days_within")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_review_assignments_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_assignments")),
    )
    op.create_index(op.f("ix_review_assignments_department_id"), "review_assignments", ["department_id"], unique=False)


def _cases() -> None:
    """Cases and their parts."""
    op.create_table(
        "review_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("is_green_channel", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asks_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("baseline", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'stopped') = (stopped_at IS NOT NULL)", name=op.f("ck_review_cases_stopped_has_its_moment")
        ),
        sa.CheckConstraint(
            "(state IN ('agreed', 'returned')) = (closed_at IS NOT NULL)",
            name=op.f("ck_review_cases_closed_has_its_moment"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'stopped', 'agreed', 'returned')", name=op.f("ck_review_cases_state_known")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_review_cases_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_cases")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_review_cases_project_id_number")),
    )
    op.create_index(
        "ix_review_cases_running",
        "review_cases",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'stopped')"),
    )
    op.create_table(
        "review_parts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("department_name", sa.Text(), nullable=False),
        sa.Column("limit_days", sa.Integer(), nullable=False),
        sa.Column("extended_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days_left", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_review_parts_decision_has_its_moment")
        ),
        sa.CheckConstraint("state <> 'objected' OR opinion <> ''", name=op.f("ck_review_parts_objection_has_reasons")),
        sa.CheckConstraint(
            "state <> 'silent' OR coalesce(warned_at < decided_at, false)",
            name=op.f("ck_review_parts_warned_before_silence"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'agreed', 'objected', 'silent', 'absent')", name=op.f("ck_review_parts_state_known")
        ),
        sa.CheckConstraint(
            "state NOT IN ('silent', 'absent') OR department_id IS NOT NULL",
            name=op.f("ck_review_parts_centre_never_by_law"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], name=op.f("fk_review_parts_case_id_review_cases")),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name=op.f("fk_review_parts_decided_by_accounts")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_review_parts_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_parts")),
        sa.UniqueConstraint(
            "case_id",
            "department_id",
            name=op.f("uq_review_parts_case_id_department_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_review_parts_department_id"), "review_parts", ["department_id"], unique=False)
    op.create_index(op.f("ix_review_parts_due_at"), "review_parts", ["due_at"], unique=False)


def _requests() -> None:
    """What is missing, meetings, and what departments were told."""
    op.create_table(
        "review_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], name=op.f("fk_review_items_case_id_review_cases")),
        sa.ForeignKeyConstraint(["part_id"], ["review_parts.id"], name=op.f("fk_review_items_part_id_review_parts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_items")),
    )
    op.create_index(op.f("ix_review_items_case_id"), "review_items", ["case_id"], unique=False)
    op.create_index(op.f("ix_review_items_part_id"), "review_items", ["part_id"], unique=False)
    op.create_table(
        "review_meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('joint_meeting', 'site_visit')", name=op.f("ck_review_meetings_kind_known")),
        sa.CheckConstraint(
            "recorded_at IS NULL OR (recorded_at >= at AND minutes <> '')",
            name=op.f("ck_review_meetings_recorded_after_it_began"),
        ),
        sa.CheckConstraint(
            "recorded_at IS NULL OR cancelled_at IS NULL", name=op.f("ck_review_meetings_recorded_or_cancelled")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], name=op.f("fk_review_meetings_case_id_review_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_meetings")),
    )
    op.create_index(op.f("ix_review_meetings_case_id"), "review_meetings", ["case_id"], unique=False)
    op.create_table(
        "review_invitations",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["review_meetings.id"], name=op.f("fk_review_invitations_meeting_id_review_meetings")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["review_parts.id"], name=op.f("fk_review_invitations_part_id_review_parts")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "part_id", name=op.f("pk_review_invitations")),
    )
    op.create_index(op.f("ix_review_invitations_part_id"), "review_invitations", ["part_id"], unique=False)
    op.create_table(
        "review_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["review_parts.id"], name=op.f("fk_review_notices_part_id_review_parts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_notices")),
    )
    op.create_index(op.f("ix_review_notices_part_id"), "review_notices", ["part_id"], unique=False)

"""Queries, objections and complaints, what was handed in and replied, and the suspensions that follow from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _matters()
    _matter_papers()
    _matter_files()
    _matter_replies()
    _project_suspensions()


def _matters() -> None:
    op.create_table(
        "matters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("prior_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completion", sa.Text(), nullable=True),
        sa.Column("completion_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("law", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name=op.f("ck_matters_decided_with_outcome")),
        sa.CheckConstraint(
            "about IN ('documents', 'opening', 'process', 'result')", name=op.f("ck_matters_about_known")
        ),
        sa.CheckConstraint(
            "effect IN ('goes_on', 'amended', 'chosen_anew', 'begun_anew')", name=op.f("ck_matters_effect_known")
        ),
        sa.CheckConstraint("outcome IN ('upheld', 'partly', 'rejected')", name=op.f("ck_matters_outcome_known")),
        sa.CheckConstraint("paper IN ('query', 'objection', 'complaint')", name=op.f("ck_matters_paper_known")),
        sa.CheckConstraint("prior_id IS NULL OR paper = 'complaint'", name=op.f("ck_matters_prior_of_complaint")),
        sa.CheckConstraint(
            "state IN ('received', 'incomplete', 'accepted', 'decided', 'not_accepted', 'withdrawn')",
            name=op.f("ck_matters_state_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_matters_account_id_accounts")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_matters_lot_id_lots")),
        sa.ForeignKeyConstraint(["prior_id"], ["matters.id"], name=op.f("fk_matters_prior_id_matters")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_matters_project_id_projects")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_matters_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matters")),
        sa.UniqueConstraint("number", name=op.f("uq_matters_number")),
    )
    op.create_index(op.f("ix_matters_project_id"), "matters", ["project_id"], unique=False)
    op.create_index("ix_matters_state", "matters", ["state", "paper"], unique=False)
    op.create_index(
        "uq_matters_once",
        "matters",
        ["unit_id", "project_id", "paper", "about", "lot_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state <> 'not_accepted'"),
    )


def _matter_papers() -> None:
    op.create_table(
        "matter_papers",
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("documents_on", sa.Date(), nullable=True),
        sa.Column("known_on", sa.Date(), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"], name=op.f("fk_matter_papers_matter_id_matters")),
        sa.PrimaryKeyConstraint("matter_id", "version", name=op.f("pk_matter_papers")),
        info={"append_only": True},
    )


def _matter_files() -> None:
    op.create_table(
        "matter_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_matter_files_not_empty")),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"], name=op.f("fk_matter_files_matter_id_matters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_files")),
        sa.UniqueConstraint("matter_id", "sha256", "name", name=op.f("uq_matter_files_matter_id_sha256_name")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_matter_files_matter_id"), "matter_files", ["matter_id"], unique=False)


def _matter_replies() -> None:
    op.create_table(
        "matter_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nulls(words, replied_by, replied_at) IN (0, 3)", name=op.f("ck_matter_replies_replied_whole")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"], name=op.f("fk_matter_replies_matter_id_matters")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_matter_replies_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_replies")),
        sa.UniqueConstraint(
            "matter_id", "unit_id", name=op.f("uq_matter_replies_matter_id_unit_id"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_matter_replies_matter_id"), "matter_replies", ["matter_id"], unique=False)
    op.create_index(op.f("ix_matter_replies_unit_id"), "matter_replies", ["unit_id"], unique=False)


def _project_suspensions() -> None:
    op.create_table(
        "project_suspensions",
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(lifted_at, lifted_by, lifted_because) IN (0, 3)",
            name=op.f("ck_project_suspensions_lifted_whole"),
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"], name=op.f("fk_project_suspensions_matter_id_matters")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_suspensions_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_project_suspensions")),
    )
    op.create_index(
        "ix_project_suspensions_open",
        "project_suspensions",
        ["project_id"],
        unique=False,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )

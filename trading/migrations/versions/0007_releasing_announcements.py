"""Announcements that two people release, at a set moment, with their text frozen; templates in versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("announcements", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("announcements", sa.Column("text_hash", sa.Text(), nullable=True))
    op.add_column("announcements", sa.Column("text_version", sa.Integer(), nullable=True))
    op.add_column("announcements", sa.Column("release_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_announcements_corrects_id"), "announcements", ["corrects_id"], unique=False)
    op.create_index(
        "ix_announcements_release",
        "announcements",
        ["release_id", "lot_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("release_id IS NOT NULL"),
    )
    op.create_table(
        "announcement_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_announcement_texts_own_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_texts")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_announcement_texts_kind_version")),
    )
    op.create_table(
        "announcement_text_decisions",
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_announcement_text_decisions_two_people")),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["announcement_texts.id"],
            name=op.f("fk_announcement_text_decisions_text_id_announcement_texts"),
        ),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_announcement_text_decisions")),
    )
    _create_releases()


def _create_releases() -> None:
    op.create_table(
        "announcement_releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("typed", postgresql.JSONB(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.CheckConstraint("released_by <> prepared_by", name=op.f("ck_announcement_releases_two_people")),
        sa.CheckConstraint(
            "state <> 'published' OR published_at IS NOT NULL", name=op.f("ck_announcement_releases_published_at")
        ),
        sa.CheckConstraint(
            "is_automatic OR publish_at IS NULL OR released_by IS NOT NULL",
            name=op.f("ck_announcement_releases_released"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["announcements.id"], name=op.f("fk_announcement_releases_corrects_id_announcements")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_announcement_releases_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_announcement_releases_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_releases")),
    )
    op.create_index("ix_announcement_releases_due", "announcement_releases", ["state", "publish_at"], unique=False)
    op.create_index(op.f("ix_announcement_releases_project_id"), "announcement_releases", ["project_id"], unique=False)

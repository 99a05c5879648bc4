"""What announcements are found by, attachments, subscriptions, the calendar's moments, and outgoing mail."""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FILL = """
    INSERT INTO listed_announcements
        (announcement_id, published_at, kind, project_kind, region, price_fen, project_id, lot_id, words)
    SELECT a.id, a.published_at, a.kind, p.kind, '',
        COALESCE(
            CAST(CAST(a.facts AS jsonb)->>'starting_price_fen' AS bigint),
            CAST(CAST(a.facts AS jsonb)->>'budget_fen' AS bigint),
            CAST(CAST(a.facts AS jsonb)->>'baseline_fen' AS bigint),
            l.starting_price_fen
        ),
        a.project_id, a.lot_id, a.words
    FROM announcements a JOIN projects p ON p.id = a.project_id LEFT JOIN lots l ON l.id = a.lot_id
"""
PLACES = ("region", "location", "lot_title", "project_title")
TOWNSHIP = re.compile("^(?:[^省市州县区]{1,8}[省市州县区]{1,2})*([^省市州县区]{1,6}?(?:街道|镇|乡))")


def upgrade() -> None:
    """Make the tables; what was published before is listed by its frozen facts, and its words move over."""
    _listing()
    connection = op.get_bind()
    connection.execute(sa.text(FILL))
    _fill_regions(connection)
    op.drop_index("ix_announcements_words", table_name="announcements")
    op.drop_column("announcements", "words")
    _attachments()
    _subscriptions()
    _mail_and_calendar()


def _fill_regions(connection: sa.Connection) -> None:
    facts = sa.text("SELECT id, CAST(facts AS jsonb) AS facts FROM announcements")
    found = []
    for row in connection.execute(facts):
        places = (str(row.facts.get(name) or "").strip() for name in PLACES)
        township = next((match[1] for place in places if (match := TOWNSHIP.match(place))), "")
        if township:
            found.append({"id": row.id, "region": township})
    if found:
        connection.execute(
            sa.text("UPDATE listed_announcements SET region = :region WHERE announcement_id = :id"), found
        )


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _listing() -> None:
    table = "listed_announcements"
    op.create_table(
        table,
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        _moment("published_at"),
        _text("kind"),
        _text("project_kind"),
        _text("region"),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_listed_announcements_announcement_id_announcements"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_listed_announcements_project_id_projects")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_listed_announcements_lot_id_lots")),
        sa.PrimaryKeyConstraint("announcement_id", name=op.f("pk_listed_announcements")),
    )
    op.create_index("ix_listed_announcements_words", table, ["words"], postgresql_using="gin")
    op.create_index(
        "ix_listed_announcements_newest",
        table,
        ["published_at", "announcement_id"],
        postgresql_include=["kind", "project_kind", "region", "price_fen", "lot_id", "project_id"],
    )
    op.create_index(
        "ix_listed_announcements_price",
        table,
        ["price_fen", "announcement_id"],
        postgresql_include=["published_at", "kind", "project_kind", "region", "lot_id", "project_id"],
        postgresql_where=sa.text("price_fen IS NOT NULL"),
    )
    for column in ("region", "project_id", "lot_id"):
        op.create_index(op.f(f"ix_listed_announcements_{column}"), table, [column])


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        _text("name"),
        _text("media_type"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        _text("sha256"),
        _text("preview_sha256", nullable=True),
        sa.Column("preview_width", sa.Integer(), nullable=True),
        sa.Column("preview_height", sa.Integer(), nullable=True),
        _text("added_by"),
        _moment("added_at"),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_attachments_not_empty")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_attachments_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_project_id"), "attachments", ["project_id"])
    op.create_table(
        "withdrawn_attachments",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        _text("withdrawn_by"),
        _moment("withdrawn_at"),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_withdrawn_attachments_attachment_id_attachments")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_withdrawn_attachments")),
    )
    op.create_table(
        "published_attachments",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_published_attachments_attachment_id_attachments")
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_published_attachments_announcement_id_announcements"),
        ),
        sa.PrimaryKeyConstraint("attachment_id", "announcement_id", name=op.f("pk_published_attachments")),
    )
    op.create_index(op.f("ix_published_attachments_announcement_id"), "published_attachments", ["announcement_id"])


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("address"),
        _text("search"),
        _text("language"),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        _moment("asked_at"),
        _moment("confirmed_at", nullable=True),
        _moment("told_until"),
        _moment("due_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index("uq_subscriptions_wish", "subscriptions", ["address", "search"], unique=True)
    op.create_index(op.f("ix_subscriptions_due_at"), "subscriptions", ["due_at"])
    op.create_table(
        "subscription_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("source"),
        _moment("asked_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_requests")),
    )
    op.create_index("ix_subscription_requests_source", "subscription_requests", ["source", "asked_at"])


def _mail_and_calendar() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("purpose"),
        _text("message_id"),
        _text("address", nullable=True),
        sa.Column("content", postgresql.JSONB(none_as_null=True), nullable=True),
        _moment("written_at"),
        _moment("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("trouble"),
        _text("outcome", nullable=True),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR num_nonnulls(address, content) = 0", name=op.f("ck_outgoing_mail_nothing_kept")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("purpose", name=op.f("uq_outgoing_mail_purpose")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
    )
    op.create_index(
        "ix_outgoing_mail_waiting", "outgoing_mail", ["due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "calendar_moments",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        _text("what"),
        _moment("at"),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        _moment("told_at"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_calendar_moments_lot_id_lots")),
        sa.PrimaryKeyConstraint("lot_id", "what", name=op.f("pk_calendar_moments")),
    )

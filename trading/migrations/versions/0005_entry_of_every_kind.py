"""Projects of every kind: green channel, copies of drafts, what a kind asks of its lots, and the deadlines of purchases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OF_SALE = "starting_price_fen, increment_fen, deposit_fen, registration_opens_at, registration_closes_at, starts_at"
_OF_PARCEL = "parcel_number, location, area_m2, area_mu, land_use, term_years"
_MOMENTS = ("documents_open_at", "documents_close_at", "bids_close_at", "opening_at")


def upgrade() -> None:
    """Add the columns; a lot that is not sold has no terms of sale, one that is no parcel has facts of its kind."""
    op.add_column("projects", sa.Column("is_green_channel", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("projects", sa.Column("green_channel_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("project_drafts", sa.Column("copied_from", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_project_drafts_copied_from_projects"), "project_drafts", "projects", ["copied_from"], ["id"]
    )
    op.add_column("lots", sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("lots", sa.Column("budget_fen", sa.BigInteger(), nullable=True))
    for name in _MOMENTS:
        op.add_column("lots", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_lots_bids_close_at"), "lots", ["bids_close_at"])
    op.create_index(op.f("ix_lots_opening_at"), "lots", ["opening_at"])
    op.drop_constraint(op.f("ck_lots_terms_of_sale"), "lots", type_="check")
    checks = {
        "terms_of_sale": f"is_recorded OR selling_method IS NULL OR num_nulls({_OF_SALE}) = 0",
        "parcel_or_facts": (f"is_recorded OR selling_method IS NULL OR facts <> '{{}}' OR num_nulls({_OF_PARCEL}) = 0"),
        "terms_of_purchase": ("is_recorded OR selling_method IS NOT NULL OR num_nulls(bids_close_at, opening_at) = 0"),
        "positive_budget": "budget_fen > 0",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_lots_{name}"), "lots", condition)

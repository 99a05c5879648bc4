"""Since when a lot's sale is suspended, so that its deadlines stand still; and results that are declared void."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("lots", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "sale_voidings",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_sale_voidings_two_people")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_sale_voidings_lot_id_lots")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_sale_voidings")),
    )

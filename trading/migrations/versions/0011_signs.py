"""Signs of collusion: from where accounts were used, what was searched, and whose papers were compared."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "device_traces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "occasion IN ('sign_in', 'sign_up', 'registration', 'sale')",
            name=op.f("ck_device_traces_occasion_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_device_traces_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_traces")),
        sa.UniqueConstraint(
            "account_id",
            "occasion",
            "lot_id",
            "device",
            "address",
            name=op.f("uq_device_traces_account_id_occasion_lot_id_device_address"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_device_traces_last_at"), "device_traces", ["last_at"])
    op.create_table(
        "sign_searches",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "stage", name=op.f("pk_sign_searches")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("sign_searches")
    op.drop_table("device_traces")

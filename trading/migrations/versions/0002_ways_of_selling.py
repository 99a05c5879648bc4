"""Ways of selling: listing, price cap, draw by lot, tender, online auction; sessions, joint bidders, disqualification."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NO_WAY = (
    '{"listing":null,"cap":null,"tender":null,"online":null,'
    '"freeze":{"directly_within":"PT3600S","notice":"P1D","last_part":"PT3600S"},"increment_bounds":null,'
    '"settle_delay":"PT0.3S","longest_absence":"PT10S","absence_freezes":false,"disqualified_bids_stand":true}'
)
"""What sales that were prepared before had: nothing but price, increment and countdown."""

_STATES = {
    "registrations": (
        ("state_known", "state IN ('awaiting_deposit', 'qualified', 'refused', 'disqualified')"),
        ("plate_when_qualified", "(state IN ('qualified', 'disqualified')) = (plate IS NOT NULL)"),
    ),
    "deposits": (("state_known", "state IN ('awaiting', 'held', 'returning', 'returned', 'price', 'forfeited')"),),
}


def upgrade() -> None:
    """Add tables and columns; widen the states of registrations and deposits."""
    _columns()
    _sealed_tables()
    _forfeitures()
    op.create_table(
        "budgets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_budgets_unit_id_units")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_budgets_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index(op.f("ix_budgets_unit_id"), "budgets", ["unit_id"])
    op.create_table(
        "joint_bidders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("share_percent", sa.Numeric(5, 2), nullable=False),
        sa.CheckConstraint("share_percent > 0 AND share_percent < 100", name=op.f("ck_joint_bidders_share_within")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_joint_bidders_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_bidders")),
        sa.UniqueConstraint(
            "registration_id", "credit_code", name=op.f("uq_joint_bidders_registration_id_credit_code")
        ),
    )
    op.create_index(op.f("ix_joint_bidders_registration_id"), "joint_bidders", ["registration_id"])
    for table, checks in _STATES.items():
        for name, condition in checks:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _forfeitures() -> None:
    op.create_table(
        "forfeitures",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_forfeitures_amount_positive")),
        sa.CheckConstraint("state IN ('proposed', 'confirmed', 'declined')", name=op.f("ck_forfeitures_state_known")),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_forfeitures_decided_by_somebody"),
        ),
        sa.CheckConstraint("state <> 'confirmed' OR decided_by <> proposed_by", name=op.f("ck_forfeitures_two_people")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["deposits.registration_id"],
            name=op.f("fk_forfeitures_registration_id_deposits"),
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_forfeitures")),
    )


def _columns() -> None:
    op.create_table(
        "auction_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("one_after_another", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_auction_sessions_created_by_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_sessions")),
    )
    op.add_column("auctions", sa.Column("way", sa.Text(), nullable=False, server_default=_NO_WAY))
    op.alter_column("auctions", "way", server_default=None)
    op.add_column("auctions", sa.Column("phase", sa.Text(), nullable=True))
    op.add_column("auctions", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.add_column("auctions", sa.Column("session_position", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_auctions_session_id_auction_sessions"), "auctions", "auction_sessions", ["session_id"], ["id"]
    )
    op.create_index(op.f("ix_auctions_session_id"), "auctions", ["session_id"])
    op.create_unique_constraint(
        op.f("uq_auctions_session_id_session_position"), "auctions", ["session_id", "session_position"]
    )
    op.add_column("bids", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bids", sa.Column("leads", sa.Boolean(), nullable=True))
    op.add_column("lots", sa.Column("listing_ends_at", sa.DateTime(timezone=True), nullable=True))
    for amount in ("cap_fen", "cap_ceiling_fen", "increment_lowest_fen", "increment_highest_fen", "valuation_fen"):
        op.add_column("lots", sa.Column(amount, sa.BigInteger(), nullable=True))
    op.add_column("lots", sa.Column("cap_rule", sa.Text(), nullable=True))
    op.add_column("lots", sa.Column("second_round_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_lots_second_round_of_lots"), "lots", "lots", ["second_round_of"], ["id"])
    op.create_unique_constraint(op.f("uq_lots_second_round_of"), "lots", ["second_round_of"])
    op.add_column("project_drafts", sa.Column("second_round_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_project_drafts_second_round_of_lots"), "project_drafts", "lots", ["second_round_of"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_project_drafts_second_round_of"), "project_drafts", ["second_round_of"])
    for mark in ("claims_priority", "has_priority"):
        op.add_column("registrations", sa.Column(mark, sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column("registrations", mark, server_default=None)
    op.add_column("registrations", sa.Column("disqualified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("registrations", sa.Column("disqualified_because", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_registrations_disqualified_with_reason"),
        "registrations",
        "(state = 'disqualified') = (num_nulls(disqualified_at, disqualified_because) = 0)",
    )


def _sealed_tables() -> None:
    for table in ("sealed_quotes", "proxy_maxima"):
        op.create_table(
            table,
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("lot_id", sa.Uuid(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("plate", sa.Integer(), nullable=False),
            sa.Column("price_fen", sa.BigInteger(), nullable=False),
            sa.Column("salt", sa.LargeBinary(), nullable=False),
            sa.Column("commitment", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(["lot_id"], ["auctions.lot_id"], name=op.f(f"fk_{table}_lot_id_auctions")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("lot_id", "seq", name=op.f(f"uq_{table}_lot_id_seq")),
        )
    op.create_table(
        "draw_secrets",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["auctions.lot_id"], name=op.f("fk_draw_secrets_lot_id_auctions")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_draw_secrets")),
    )

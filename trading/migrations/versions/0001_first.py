"""The first shape of the database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Double entry as the database itself holds it: whatever the program does, a transfer balances when it is committed.
CHECKS_OF_THE_LEDGER = (
    """
    CREATE OR REPLACE FUNCTION ledger_available(wanted text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
        SELECT coalesce(sum(p.amount_fen), 0)::bigint
        FROM ledger_postings p
        JOIN ledger_transfers t ON t.key = p.transfer_key
        LEFT JOIN ledger_transfers r ON r.resolves = t.key
        WHERE p.account = wanted
          AND (t.phase = 'single' OR r.phase = 'posted' OR (r.key IS NULL AND (p.amount_fen < 0) = (wanted = 'bank')))
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION check_ledger_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.resolves IS NULL
           AND NOT EXISTS (SELECT 1 FROM ledger_postings WHERE transfer_key = NEW.key) THEN
            RAISE EXCEPTION 'ledger transfer % moves nothing', NEW.key USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.resolves IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM ledger_transfers WHERE key = NEW.resolves AND phase = 'pending') THEN
            RAISE EXCEPTION 'ledger transfer % resolves %, which is not pending', NEW.key, NEW.resolves
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION check_ledger_posting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT sum(amount_fen) FROM ledger_postings WHERE transfer_key = NEW.transfer_key) <> 0
           OR EXISTS (SELECT 1 FROM ledger_transfers WHERE key = NEW.transfer_key AND resolves IS NOT NULL) THEN
            RAISE EXCEPTION 'ledger transfer % does not balance', NEW.transfer_key USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.account <> 'bank' THEN
            PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account, 7242));
            IF ledger_available(NEW.account) > 0 THEN
                RAISE EXCEPTION 'ledger account % would pay out what it does not hold', NEW.account
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_transfer()
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_posting_balances AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_posting()
    """,
)


def upgrade() -> None:
    op.create_table(
        "announcement_sequences",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_announcement_sequences")),
    )
    op.create_table(
        "auction_presence",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_auction_presence_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_presence")),
    )
    op.create_table(
        "bank_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_bank_events")),
    )
    op.create_table(
        "bank_reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("bank_fen", sa.BigInteger(), nullable=False),
        sa.Column("ledger_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_reconciliations")),
    )
    op.create_index(op.f("ix_bank_reconciliations_at"), "bank_reconciliations", ["at"], unique=False)
    op.create_table(
        "code_sequences",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day", name=op.f("pk_code_sequences")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("verification_code", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_documents_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "project_id", "lot_id", "kind", "sha256", name="uq_documents_content", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_documents_lot_id"), "documents", ["lot_id"], unique=False)
    op.create_index("ix_documents_project", "documents", ["project_id", "filed_at"], unique=False)
    op.create_index(op.f("ix_documents_verification_code"), "documents", ["verification_code"], unique=False)
    op.create_table(
        "journal_entries",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_journal_entries")),
    )
    op.create_index(op.f("ix_journal_entries_at"), "journal_entries", ["at"], unique=False)
    op.create_table(
        "journal_heads",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_journal_heads")),
    )
    op.create_table(
        "ledger_transfers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("resolves", sa.Text(), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(phase IN ('posted', 'voided')) = (resolves IS NOT NULL)",
            name=op.f("ck_ledger_transfers_resolution_names_transfer"),
        ),
        sa.CheckConstraint(
            "phase IN ('single', 'pending', 'posted', 'voided')", name=op.f("ck_ledger_transfers_phase_known")
        ),
        sa.ForeignKeyConstraint(
            ["resolves"], ["ledger_transfers.key"], name=op.f("fk_ledger_transfers_resolves_ledger_transfers")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint("resolves", name=op.f("uq_ledger_transfers_resolves")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("bank_account_name", sa.Text(), nullable=False),
        sa.Column("bank_account_number", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_units_credit_code")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_accounts_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_accounts_sign_in_name")),
    )
    op.create_index(op.f("ix_accounts_unit_id"), "accounts", ["unit_id"], unique=False)
    op.create_table(
        "bank_event_deliveries",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("signed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["bank_events.event_id"], name=op.f("fk_bank_event_deliveries_event_id_bank_events")
        ),
        sa.PrimaryKeyConstraint("event_id", "signed_at_ms", name=op.f("pk_bank_event_deliveries")),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("transfer_key", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_ledger_postings_moves_something")),
        sa.ForeignKeyConstraint(
            ["transfer_key"], ["ledger_transfers.key"], name=op.f("fk_ledger_postings_transfer_key_ledger_transfers")
        ),
        sa.PrimaryKeyConstraint("transfer_key", "account", name=op.f("pk_ledger_postings")),
    )
    op.create_index(op.f("ix_ledger_postings_account"), "ledger_postings", ["account"], unique=False)
    op.create_table(
        "dossier_downloads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_dossier_downloads_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_downloads")),
    )
    op.create_index(op.f("ix_dossier_downloads_account_id"), "dossier_downloads", ["account_id"], unique=False)
    op.create_index(op.f("ix_dossier_downloads_project_id"), "dossier_downloads", ["project_id"], unique=False)
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("rule_profile", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["officer_id"], ["accounts.id"], name=op.f("fk_projects_officer_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("entry_code", name=op.f("uq_projects_entry_code")),
    )
    op.create_index(op.f("ix_projects_officer_id"), "projects", ["officer_id"], unique=False)
    op.create_index(op.f("ix_projects_state"), "projects", ["state"], unique=False)
    op.create_table(
        "sign_in_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sign_in_sessions_account_id_accounts")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_sessions")),
    )
    op.create_index(op.f("ix_sign_in_sessions_account_id"), "sign_in_sessions", ["account_id"], unique=False)
    op.create_table(
        "lots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("parcel_number", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("area_mu", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("land_use", sa.Text(), nullable=True),
        sa.Column("term_years", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("starting_price_fen", sa.BigInteger(), nullable=True),
        sa.Column("increment_fen", sa.BigInteger(), nullable=True),
        sa.Column("has_reserve", sa.Boolean(), nullable=False),
        sa.Column("deposit_fen", sa.BigInteger(), nullable=True),
        sa.Column("registration_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("selling_method", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_s", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("deal_code", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("selling_method <> 'timed_bidding' OR window_s > 0", name=op.f("ck_lots_timed_window")),
        sa.CheckConstraint(
            "is_recorded OR num_nulls(parcel_number, location, area_m2, area_mu, land_use, term_years, starting_price_fen, increment_fen, deposit_fen, registration_opens_at, registration_closes_at, selling_method, starts_at) = 0",
            name=op.f("ck_lots_terms_of_sale"),
        ),
        sa.CheckConstraint(
            "starting_price_fen > 0 AND increment_fen > 0 AND deposit_fen > 0", name=op.f("ck_lots_positive_amounts")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_lots_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("deal_code", name=op.f("uq_lots_deal_code")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_lots_project_id_number")),
    )
    op.create_index(op.f("ix_lots_starts_at"), "lots", ["starts_at"], unique=False)
    op.create_index(op.f("ix_lots_state"), "lots", ["state"], unique=False)
    op.create_table(
        "project_drafts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_project_drafts_project_id_projects")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_drafts")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_project_drafts_lot_id")),
    )
    op.create_table(
        "project_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_project_reviews_project_id_projects")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["accounts.id"], name=op.f("fk_project_reviews_reviewer_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_reviews")),
    )
    op.create_index(op.f("ix_project_reviews_project_id"), "project_reviews", ["project_id"], unique=False)
    op.create_table(
        "announcements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("facts_hash", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["announcements.id"], name=op.f("fk_announcements_corrects_id_announcements")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_announcements_lot_id_lots")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_announcements_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_announcements_kind_number")),
    )
    op.create_index(op.f("ix_announcements_lot_id"), "announcements", ["lot_id"], unique=False)
    op.create_index(op.f("ix_announcements_project_id"), "announcements", ["project_id"], unique=False)
    op.create_index("ix_announcements_published", "announcements", ["published_at", "id"], unique=False)
    op.create_index("ix_announcements_words", "announcements", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "auctions",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("starting_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("increment_fen", sa.BigInteger(), nullable=False),
        sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minimum_bidders", sa.Integer(), nullable=False),
        sa.Column("window_s", sa.Integer(), nullable=True),
        sa.Column("whole_multiple", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("plate", sa.Integer(), nullable=True),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_auctions_lot_id_lots")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_auctions_project_id_projects")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_auctions")),
    )
    op.create_index("ix_auctions_due", "auctions", ["stage", "starts_at", "closes_at"], unique=False)
    op.create_table(
        "deals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("baseline_fen", sa.BigInteger(), nullable=True),
        sa.Column("final_fen", sa.BigInteger(), nullable=False),
        sa.Column("winner_name", sa.Text(), nullable=False),
        sa.Column("winner_credit_code", sa.Text(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_mu", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.CheckConstraint("final_fen > 0", name=op.f("ck_deals_final_positive")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_deals_lot_id_lots")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_deals_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_deals_lot_id")),
    )
    op.create_index(op.f("ix_deals_concluded_at"), "deals", ["concluded_at"], unique=False)
    op.create_index(op.f("ix_deals_project_id"), "deals", ["project_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plate", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("qualified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'qualified') = (plate IS NOT NULL)", name=op.f("ck_registrations_plate_when_qualified")
        ),
        sa.CheckConstraint(
            "state IN ('awaiting_deposit', 'qualified', 'refused')", name=op.f("ck_registrations_state_known")
        ),
        sa.CheckConstraint(
            "(plate IS NULL) = (qualified_at IS NULL)", name=op.f("ck_registrations_plate_has_its_moment")
        ),
        sa.CheckConstraint("plate > 0", name=op.f("ck_registrations_plate_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_registrations_account_id_accounts")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_registrations_lot_id_lots")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_registrations_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("lot_id", "plate", name=op.f("uq_registrations_lot_id_plate")),
        sa.UniqueConstraint("lot_id", "unit_id", name=op.f("uq_registrations_lot_id_unit_id")),
    )
    op.create_index(op.f("ix_registrations_unit_id"), "registrations", ["unit_id"], unique=False)
    op.create_table(
        "reserve_prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["project_drafts.lot_id"], name=op.f("fk_reserve_prices_lot_id_project_drafts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserve_prices")),
    )
    op.create_index(op.f("ix_reserve_prices_lot_id"), "reserve_prices", ["lot_id"], unique=False)
    op.create_table(
        "bank_receipts",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("payer_account_number", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_bank_receipts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_bank_receipts_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_bank_receipts")),
        sa.UniqueConstraint("sequence", name=op.f("uq_bank_receipts_sequence")),
    )
    op.create_index(op.f("ix_bank_receipts_account_number"), "bank_receipts", ["account_number"], unique=False)
    op.create_index(op.f("ix_bank_receipts_registration_id"), "bank_receipts", ["registration_id"], unique=False)
    op.create_index(op.f("ix_bank_receipts_seen_at"), "bank_receipts", ["seen_at"], unique=False)
    op.create_index(
        "uq_bank_receipts_accepted",
        "bank_receipts",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("outcome = 'accepted'"),
    )
    op.create_table(
        "bids",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("plate", sa.Integer(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("price_given", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("refusal_code", sa.Text(), nullable=True),
        sa.Column("refusal_facts", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_close_ms", sa.BigInteger(), nullable=True),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_bids_account_id_accounts")),
        sa.ForeignKeyConstraint(["lot_id"], ["auctions.lot_id"], name=op.f("fk_bids_lot_id_auctions")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_bids_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bids")),
        sa.UniqueConstraint("lot_id", "account_id", "key", name=op.f("uq_bids_lot_id_account_id_key")),
        sa.UniqueConstraint("lot_id", "seq", name=op.f("uq_bids_lot_id_seq")),
    )
    op.create_table(
        "deposits",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("receipt_reference", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'awaiting') = (receipt_reference IS NULL)", name=op.f("ck_deposits_receipt_when_held")
        ),
        sa.CheckConstraint(
            "state IN ('awaiting', 'held', 'returning', 'returned', 'price')", name=op.f("ck_deposits_state_known")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_deposits_amount_positive")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_deposits_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["receipt_reference"], ["bank_receipts.reference"], name=op.f("fk_deposits_receipt_reference_bank_receipts")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_deposits_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_deposits")),
        sa.UniqueConstraint("account_number", name=op.f("uq_deposits_account_number")),
        sa.UniqueConstraint("receipt_reference", name=op.f("uq_deposits_receipt_reference")),
    )
    op.create_index(op.f("ix_deposits_lot_id"), "deposits", ["lot_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_reference", sa.Text(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("from_account_number", sa.Text(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("payee_account_number", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bank_reference", sa.Text(), nullable=True),
        sa.Column("bank_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'approved') OR num_nulls(approved_by, released_by) = 0",
            name=op.f("ck_refunds_left_by_two"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'released', 'sent', 'done', 'failed', 'unknown')",
            name=op.f("ck_refunds_state_known"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint("approved_by <> released_by", name=op.f("ck_refunds_two_people")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_refunds_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["receipt_reference"], ["bank_receipts.reference"], name=op.f("fk_refunds_receipt_reference_bank_receipts")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_refunds_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index(op.f("ix_refunds_finished_at"), "refunds", ["finished_at"], unique=False)
    op.create_index(op.f("ix_refunds_lot_id"), "refunds", ["lot_id"], unique=False)
    op.create_index(op.f("ix_refunds_receipt_reference"), "refunds", ["receipt_reference"], unique=False)
    op.create_index(op.f("ix_refunds_registration_id"), "refunds", ["registration_id"], unique=False)
    op.create_index(op.f("ix_refunds_state"), "refunds", ["state"], unique=False)
    op.create_index(
        "uq_refunds_live", "refunds", ["receipt_reference"], unique=True, postgresql_where=sa.text("state <> 'failed'")
    )
    op.create_table(
        "bank_payouts",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("payee_account_number", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_bank_payouts_refund_id_refunds")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_bank_payouts")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_bank_payouts_refund_id")),
        sa.UniqueConstraint("sequence", name=op.f("uq_bank_payouts_sequence")),
    )
    for check in CHECKS_OF_THE_LEDGER:
        op.execute(sa.text(check.replace(":", r"\:")))

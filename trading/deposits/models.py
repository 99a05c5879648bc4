"""Tables of deposits: what is expected, what the bank says, what goes back, and the double-entry ledger.

What came in, what went out, and the ledger are append-only. The database itself checks, when a transaction ends, that
every transfer's postings sum to zero and that no account that owes money pays out what it does not hold.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Deposit(Base):
    """What one registration has to pay, and where its money is.

    `account_number` is empty until the bank has opened it. `receipt_reference` is the receipt that was accepted.
    """

    __tablename__ = "deposits"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "state IN ('awaiting', 'held', 'returning', 'returned', 'price', 'forfeited')", name="state_known"
        ),
        CheckConstraint("(state = 'awaiting') = (receipt_reference IS NULL)", name="receipt_when_held"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    payer_name: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str | None] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text)
    receipt_reference: Mapped[str | None] = mapped_column(ForeignKey("bank_receipts.reference"), unique=True)


class BankEventRow(Base):
    """One event the bank has told of. Kept for ever: an event id is used once."""

    __tablename__ = "bank_events"
    __table_args__ = (append_only(),)

    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_number: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    body_sha256: Mapped[str] = mapped_column(Text)


class BankEventDelivery(Base):
    """One signed delivery of an event. The bank signs each anew, so the same pair again is a copy."""

    __tablename__ = "bank_event_deliveries"
    __table_args__ = (append_only(),)

    event_id: Mapped[str] = mapped_column(ForeignKey("bank_events.event_id"), primary_key=True)
    signed_at_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class BankReceipt(Base):
    """Money that came in, as the statement says it, and what the rules made of it."""

    __tablename__ = "bank_receipts"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index(
            "uq_bank_receipts_accepted",
            "registration_id",
            unique=True,
            postgresql_where=text("outcome = 'accepted'"),
        ),
        append_only(),
    )

    reference: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    account_number: Mapped[str] = mapped_column(Text, index=True)
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    payer_name: Mapped[str] = mapped_column(Text)
    payer_account_number: Mapped[str] = mapped_column(Text)
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    outcome: Mapped[str] = mapped_column(Text)
    difference_fen: Mapped[int] = mapped_column(BigInteger)


class BankPayout(Base):
    """Money that left a deposit account, as the statement says it. Without a refund of ours it is an exception."""

    __tablename__ = "bank_payouts"
    __table_args__ = (append_only(),)

    reference: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    account_number: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    payee_name: Mapped[str] = mapped_column(Text)
    payee_account_number: Mapped[str] = mapped_column(Text)
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"), unique=True)


class RefundRow(Base):
    """A receipt on its way back. At most one that has not failed per receipt: the database refuses a second."""

    __tablename__ = "refunds"
    __table_args__ = (
        Index("uq_refunds_live", "receipt_reference", unique=True, postgresql_where=text("state <> 'failed'")),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "state IN ('requested', 'approved', 'released', 'sent', 'done', 'failed', 'unknown')", name="state_known"
        ),
        CheckConstraint("approved_by <> released_by", name="two_people"),
        CheckConstraint(
            "state IN ('requested', 'approved') OR num_nulls(approved_by, released_by) = 0", name="left_by_two"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    receipt_reference: Mapped[str] = mapped_column(ForeignKey("bank_receipts.reference"), index=True)
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), index=True)
    from_account_number: Mapped[str] = mapped_column(Text)
    payee_name: Mapped[str] = mapped_column(Text)
    payee_account_number: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, index=True)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    bank_reference: Mapped[str | None] = mapped_column(Text)
    bank_reason: Mapped[str | None] = mapped_column(Text)


class ForfeitureRow(Base):
    """A proposal to forfeit a disqualified bidder's deposit, and what another person decided on it."""

    __tablename__ = "forfeitures"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("state IN ('proposed', 'confirmed', 'declined')", name="state_known"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'confirmed' OR decided_by <> proposed_by", name="two_people"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("deposits.registration_id"), primary_key=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    payee_name: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LedgerTransfer(Base):
    """One transfer, or the resolution of a pending one. `key` names what it is about and is used once."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        CheckConstraint("phase IN ('single', 'pending', 'posted', 'voided')", name="phase_known"),
        CheckConstraint("(phase IN ('posted', 'voided')) = (resolves IS NOT NULL)", name="resolution_names_transfer"),
        append_only(),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    phase: Mapped[str] = mapped_column(Text)
    resolves: Mapped[str | None] = mapped_column(ForeignKey("ledger_transfers.key"), unique=True)
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LedgerPosting(Base):
    """One side of a transfer, signed, in fen."""

    __tablename__ = "ledger_postings"
    __table_args__ = (CheckConstraint("amount_fen <> 0", name="moves_something"), append_only())

    transfer_key: Mapped[str] = mapped_column(ForeignKey("ledger_transfers.key"), primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)


class Reconciliation(Base):
    """What the bank and the ledger said they hold, when all of the statement had been read."""

    __tablename__ = "bank_reconciliations"
    __table_args__ = (append_only(),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    cursor: Mapped[int] = mapped_column(BigInteger)
    bank_fen: Mapped[int] = mapped_column(BigInteger)
    ledger_fen: Mapped[int] = mapped_column(BigInteger)

"""Tables of projects, their lots, and the deals that come out of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Project(Base):
    """What enters the centre and lives through its whole life under one entry code.

    `officer_id` is the officer in charge; a deal that was only recorded (`rule_profile` = historic-record) has none.
    `is_green_channel`: a key project whose reviewers answer sooner (绿色通道), for `green_channel_reason`.
    """

    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_code: Mapped[str | None] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    owner_name: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    rule_profile: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, index=True)
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)
    is_green_channel: Mapped[bool] = mapped_column(Boolean, default=False)
    green_channel_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    entered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    concluded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ProjectDraft(Base):
    """What an officer has typed so far, by field name. The reserve price is never among it.

    `lot_id` is the identifier that the lot will get, so that a reserve can be sealed before the project is entered.
    `second_round_of` is the lot of which this is the second round; `copied_from` is the project that it was made from.
    """

    __tablename__ = "project_drafts"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    second_round_of: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), unique=True)
    copied_from: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    form: Mapped[dict[str, str]] = mapped_column(JSONB)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ProjectReview(Base):
    """One decision on an entry: agreed, or returned with reasons. It has no reviewer where the last limit decided."""

    __tablename__ = "project_reviews"
    __table_args__ = (append_only(),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    agreed: Mapped[bool] = mapped_column(Boolean)
    reasons: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_OF_SALE = (
    "starting_price_fen",
    "increment_fen",
    "deposit_fen",
    "registration_opens_at",
    "registration_closes_at",
    "starts_at",
)
_OF_PARCEL = ("parcel_number", "location", "area_m2", "area_mu", "land_use", "term_years")


class Lot(Base):
    """What is sold or bought in one piece: a parcel, a mining right or a property with its terms of sale, or a lot of a
    purchase with its deadlines.

    `selling_method` says whether it is sold here: then the columns of a sale are there, else those of a purchase
    (`bids_close_at`, `opening_at`). `facts` are what only its kind of project asks, typed: amounts in fen (`…_fen`),
    moments as UTC text (`…_at`), numbers as text, choices by their value. A lot that was only recorded after its deal
    (`is_recorded`) has none of the terms; it never reaches code that registers or bids. Whoever handles lots of every
    kind asks `is_sold_here` before it touches a column of sales, which are typed here as what they are for those lots.
    """

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint(
            "is_recorded OR selling_method IS NULL OR num_nulls(" + ", ".join(_OF_SALE) + ") = 0",
            name="terms_of_sale",
        ),
        CheckConstraint(
            "is_recorded OR selling_method IS NULL OR facts <> '{}' OR num_nulls(" + ", ".join(_OF_PARCEL) + ") = 0",
            name="parcel_or_facts",
        ),
        CheckConstraint(
            "is_recorded OR selling_method IS NOT NULL OR num_nulls(bids_close_at, opening_at) = 0",
            name="terms_of_purchase",
        ),
        CheckConstraint("selling_method <> 'timed_bidding' OR window_s > 0", name="timed_window"),
        CheckConstraint("starting_price_fen > 0 AND increment_fen > 0 AND deposit_fen > 0", name="positive_amounts"),
        CheckConstraint("budget_fen > 0", name="positive_budget"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    is_recorded: Mapped[bool] = mapped_column(Boolean, default=False)
    parcel_number: Mapped[str] = mapped_column(Text, nullable=True)
    location: Mapped[str] = mapped_column(Text, nullable=True)
    area_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2), nullable=True)
    area_mu: Mapped[Decimal] = mapped_column(Numeric(14, 4), nullable=True)
    land_use: Mapped[str] = mapped_column(Text, nullable=True)
    term_years: Mapped[int] = mapped_column(Integer, nullable=True)
    conditions: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    budget_fen: Mapped[int | None] = mapped_column(BigInteger)
    documents_open_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    documents_close_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    bids_close_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    opening_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    starting_price_fen: Mapped[int] = mapped_column(BigInteger, nullable=True)
    increment_fen: Mapped[int] = mapped_column(BigInteger, nullable=True)
    has_reserve: Mapped[bool] = mapped_column(Boolean, default=False)
    deposit_fen: Mapped[int] = mapped_column(BigInteger, nullable=True)
    registration_opens_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=True)
    registration_closes_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=True)
    selling_method: Mapped[str] = mapped_column(Text, nullable=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=True, index=True)
    window_s: Mapped[int | None] = mapped_column(Integer)
    listing_ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    cap_ceiling_fen: Mapped[int | None] = mapped_column(BigInteger)
    cap_rule: Mapped[str | None] = mapped_column(Text)
    increment_lowest_fen: Mapped[int | None] = mapped_column(BigInteger)
    increment_highest_fen: Mapped[int | None] = mapped_column(BigInteger)
    valuation_fen: Mapped[int | None] = mapped_column(BigInteger)
    second_round_of: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), unique=True)
    state: Mapped[str] = mapped_column(Text, index=True)
    deal_code: Mapped[str | None] = mapped_column(Text, unique=True)
    suspended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def is_sold_here(self) -> bool:
        """Whether it goes through a sale on this platform: bidders register, pay a deposit and bid."""
        return self.selling_method is not None and not self.is_recorded


class ReservePrice(Base):
    """A sealed reserve price. The newest row of a lot counts; each one's commitment is in the journal."""

    __tablename__ = "reserve_prices"
    __table_args__ = (append_only(),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("project_drafts.lot_id"), index=True)
    price_fen: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SaleVoiding(Base):
    """A proposal to declare the result of a lot's sale void, and the other person who confirmed it."""

    __tablename__ = "sale_voidings"
    __table_args__ = (CheckConstraint("confirmed_by <> proposed_by", name="two_people"),)

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    reasons: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Deal(Base):
    """One concluded lot: the row that reports count. `baseline_fen` is the starting price or the budget."""

    __tablename__ = "deals"
    __table_args__ = (
        CheckConstraint("final_fen > 0", name="final_positive"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), unique=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    category: Mapped[str] = mapped_column(Text)
    baseline_fen: Mapped[int | None] = mapped_column(BigInteger)
    final_fen: Mapped[int] = mapped_column(BigInteger)
    winner_name: Mapped[str] = mapped_column(Text)
    winner_credit_code: Mapped[str | None] = mapped_column(Text)
    concluded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    area_mu: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)


class CodeSequence(Base):
    """The last number given out under a name on a day. The row is the lock of whoever takes the next."""

    __tablename__ = "code_sequences"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)

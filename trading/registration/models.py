"""The table of registrations."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Integer, Numeric, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Registration(Base):
    """A unit asks to take part in a lot. The plate is there exactly when it is qualified.

    `claims_priority`: the unit says that it holds a priority right; `has_priority`: an officer confirmed it.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("lot_id", "unit_id"),
        UniqueConstraint("lot_id", "plate"),
        CheckConstraint("state IN ('awaiting_deposit', 'qualified', 'refused', 'disqualified')", name="state_known"),
        CheckConstraint("(state IN ('qualified', 'disqualified')) = (plate IS NOT NULL)", name="plate_when_qualified"),
        CheckConstraint("(plate IS NULL) = (qualified_at IS NULL)", name="plate_has_its_moment"),
        CheckConstraint("plate > 0", name="plate_positive"),
        CheckConstraint(
            "(state = 'disqualified') = (num_nulls(disqualified_at, disqualified_because) = 0)",
            name="disqualified_with_reason",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    state: Mapped[str] = mapped_column(Text)
    plate: Mapped[int | None] = mapped_column(Integer)
    contact_name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    qualified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    refused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    claims_priority: Mapped[bool] = mapped_column(Boolean, default=False)
    has_priority: Mapped[bool] = mapped_column(Boolean, default=False)
    disqualified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disqualified_because: Mapped[str | None] = mapped_column(Text)


class JointBidder(Base):
    """A unit that bids jointly (联合竞买) under another one's plate, with its share in percent."""

    __tablename__ = "joint_bidders"
    __table_args__ = (
        UniqueConstraint("registration_id", "credit_code"),
        CheckConstraint("share_percent > 0 AND share_percent < 100", name="share_within"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str] = mapped_column(Text)
    share_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))

"""The table of registrations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base
from trading.kernel.ids import new_id


class Registration(Base):
    """A unit asks to take part in a lot. The plate is there exactly when it is qualified."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("lot_id", "unit_id"),
        UniqueConstraint("lot_id", "plate"),
        CheckConstraint("state IN ('awaiting_deposit', 'qualified', 'refused')", name="state_known"),
        CheckConstraint("(state = 'qualified') = (plate IS NOT NULL)", name="plate_when_qualified"),
        CheckConstraint("(plate IS NULL) = (qualified_at IS NULL)", name="plate_has_its_moment"),
        CheckConstraint("plate > 0", name="plate_positive"),
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

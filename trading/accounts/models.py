"""Tables of accounts, the units they act for, who is signed in, and from where."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trading.kernel.database import Base
from trading.kernel.ids import new_id


class Unit(Base):
    """A unit (单位) with a unified social credit code: a bidder, an owner, a buyer or an agency."""

    __tablename__ = "units"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str] = mapped_column(Text, unique=True)
    bank_account_name: Mapped[str] = mapped_column(Text)
    bank_account_number: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)


class Account(Base):
    """One person's sign-in."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sign_in_name: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_attempts: Mapped[int] = mapped_column(Integer, default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    unit: Mapped[Unit | None] = relationship(lazy="raise")


class SignInSession(Base):
    """Somebody is signed in. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "sign_in_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Trace(Base):
    """An account was used from a device and a network address; see `trading.accounts.traces`. Deleted after a while.

    `device` is the SHA-256 of the name in the device's cookie, `address` empty where it was not known. `lot_id` names a
    lot; it is no foreign key, because lots belong to a room above.
    """

    __tablename__ = "device_traces"
    __table_args__ = (
        UniqueConstraint("account_id", "occasion", "lot_id", "device", "address", postgresql_nulls_not_distinct=True),
        CheckConstraint("occasion IN ('sign_in', 'sign_up', 'registration', 'sale')", name="occasion_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    occasion: Mapped[str] = mapped_column(Text)
    lot_id: Mapped[UUID | None]
    device: Mapped[bytes] = mapped_column(LargeBinary)
    address: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    times: Mapped[int] = mapped_column(Integer)

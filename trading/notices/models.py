"""Tables of notices and of who has read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Notice(Base):
    """Something that one account, or everybody with a role, is to know. `key` is used once, so no notice comes twice.

    `message` is a gettext message id, whose places `facts` fill; `address` is where to go. `weight` orders and colours.
    """

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("num_nonnulls(account_id, role) = 1", name="one_addressee"),
        CheckConstraint("weight IN ('info', 'yellow', 'red')", name="weight_known"),
        Index("ix_notices_account", "account_id", "created_at"),
        Index("ix_notices_role", "role", "created_at"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[str | None] = mapped_column(Text)
    weight: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    address: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NoticeRead(Base):
    """One account has read one notice."""

    __tablename__ = "notice_reads"
    __table_args__ = (append_only(),)

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

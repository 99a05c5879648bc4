"""The table of mail that is to be sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base
from trading.kernel.ids import new_id


class OutgoingMail(Base):
    """One message. `message_id` stays the same however often it is sent, so a mailbox can tell a repetition.

    `purpose` is the sender's name for it: a second message for the same purpose is not written. Address and text are
    kept until it is sent or given up, and no longer.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_waiting", "due_at", postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("ended_at IS NULL OR num_nonnulls(address, content) = 0", name="nothing_kept"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(Text, unique=True)
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    address: Mapped[str | None] = mapped_column(Text)
    content: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    trouble: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

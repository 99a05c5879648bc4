"""The table of time limits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base
from trading.kernel.ids import new_id


class TimeLimit(Base):
    """One limit that has started, as it was reconciled last. The facts are the journal's; this row was computed.

    `started_by`, `ended_by`, `moved_by` name entries as `stream#seq`. `unknown_year` is the year without holidays into
    which an uncounted limit reaches. `warned_at` and `told_at` say when the first yellow and the first red of this due
    moment were pushed.
    """

    __tablename__ = "time_limits"
    __table_args__ = (
        CheckConstraint(
            "state IN ('running', 'met', 'missed', 'stopped', 'void', 'uncounted')",
            name="state_known",
        ),
        UniqueConstraint("code", "started_by", "subject"),
        Index("ix_time_limits_state", "state", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    code: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    yellow_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    unknown_year: Mapped[int | None] = mapped_column(Integer)
    moved_by: Mapped[str | None] = mapped_column(Text)
    calendar_version: Mapped[str] = mapped_column(Text)
    warned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

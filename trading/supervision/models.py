"""Tables of supervision: alerts with their evidence, and what a supervisor has ordered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Alert(Base):
    """A sign that a person has to judge. `key` names the sign and is used once, so that a search may find it again.

    `evidence` is a list of {"said": message id, "facts": {…}, "stream": journal stream or ""}.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("severity IN ('yellow', 'red')", name="severity_known"),
        CheckConstraint("state IN ('open', 'decided')", name="state_known"),
        CheckConstraint(
            "(state = 'open') = (decided_by IS NULL) AND num_nulls(verdict, reasons, decided_by, decided_at) IN (0, 4)",
            name="decided_whole",
        ),
        CheckConstraint("verdict IN ('founded', 'unfounded', 'passed_on')", name="verdict_known"),
        Index("ix_alerts_state", "state", "raised_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    verdict: Mapped[str | None] = mapped_column(Text)
    reasons: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SupervisionOrder(Base):
    """An order of a supervisor: a freeze, its lifting, or the termination of a project. Written once."""

    __tablename__ = "supervision_orders"
    __table_args__ = (
        CheckConstraint("kind IN ('freeze', 'resumption', 'termination')", name="kind_known"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    reasons: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    resumes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ordered_by: Mapped[str] = mapped_column(Text)
    ordered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

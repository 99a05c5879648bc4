"""Tables of queries, objections and complaints, and of the suspensions that follow from them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Matter(Base):
    """A query (质疑), an objection (异议) or a complaint (投诉) of a unit about a project.

    `prior_id` is the query or objection that went before a complaint. A unit raises the same matter once; one that was
    not accepted may be raised again.
    """

    __tablename__ = "matters"
    __table_args__ = (
        CheckConstraint("paper IN ('query', 'objection', 'complaint')", name="paper_known"),
        CheckConstraint("about IN ('documents', 'opening', 'process', 'result')", name="about_known"),
        CheckConstraint(
            "state IN ('received', 'incomplete', 'accepted', 'decided', 'not_accepted', 'withdrawn')",
            name="state_known",
        ),
        CheckConstraint("outcome IN ('upheld', 'partly', 'rejected')", name="outcome_known"),
        CheckConstraint("effect IN ('goes_on', 'amended', 'chosen_anew', 'begun_anew')", name="effect_known"),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided_with_outcome"),
        CheckConstraint("prior_id IS NULL OR paper = 'complaint'", name="prior_of_complaint"),
        Index(
            "uq_matters_once",
            "unit_id",
            "project_id",
            "paper",
            "about",
            "lot_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state <> 'not_accepted'"),
        ),
        Index("ix_matters_state", "state", "paper"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(Text, unique=True)
    paper: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    prior_id: Mapped[UUID | None] = mapped_column(ForeignKey("matters.id"))
    state: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    completion: Mapped[str | None] = mapped_column(Text)
    completion_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(Text)
    reasons: Mapped[str | None] = mapped_column(Text)
    law: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MatterPaper(Base):
    """What was handed in: the first paper and, after a completion was asked for, the completed one."""

    __tablename__ = "matter_papers"
    __table_args__ = (append_only(),)

    matter_id: Mapped[UUID] = mapped_column(ForeignKey("matters.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(Text)
    documents_on: Mapped[date | None] = mapped_column(Date)
    known_on: Mapped[date | None] = mapped_column(Date)
    handed_in_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MatterFile(Base):
    """A file that belongs to a matter: evidence, the signed paper, an authorisation. Its content lies in the store."""

    __tablename__ = "matter_files"
    __table_args__ = (
        UniqueConstraint("matter_id", "sha256", "name"),
        CheckConstraint("size_bytes > 0", name="not_empty"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    matter_id: Mapped[UUID] = mapped_column(ForeignKey("matters.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MatterReply(Base):
    """Somebody concerned who is heard on a complaint; `unit_id` None is whoever runs the project."""

    __tablename__ = "matter_replies"
    __table_args__ = (
        UniqueConstraint("matter_id", "unit_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("num_nulls(words, replied_by, replied_at) IN (0, 3)", name="replied_whole"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    matter_id: Mapped[UUID] = mapped_column(ForeignKey("matters.id"), index=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    words: Mapped[str | None] = mapped_column(Text)
    replied_by: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ProjectSuspension(Base):
    """A project stands still for the sake of a matter, until it is lifted or `ends_at` has come.

    A project is suspended while one of its rows is open; the journal tells of the first that opens and of the last that
    is lifted. `frozen` are the lots whose running sales were frozen by it.
    """

    __tablename__ = "project_suspensions"
    __table_args__ = (
        CheckConstraint("num_nulls(lifted_at, lifted_by, lifted_because) IN (0, 3)", name="lifted_whole"),
        Index("ix_project_suspensions_open", "project_id", postgresql_where=text("lifted_at IS NULL")),
    )

    matter_id: Mapped[UUID] = mapped_column(ForeignKey("matters.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    reasons: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    suspended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    suspended_by: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    frozen: Mapped[list[str]] = mapped_column(JSONB)
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[str | None] = mapped_column(Text)
    lifted_because: Mapped[str | None] = mapped_column(Text)

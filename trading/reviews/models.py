"""Tables of departments, what they review, and the cases of entries under review."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Department(Base):
    """A department that reviews entries. It is retired, never deleted."""

    __tablename__ = "departments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DepartmentMember(Base):
    """A reviewer's account belongs to one department."""

    __tablename__ = "department_members"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)


class ReviewAssignment(Base):
    """From `set_at` on a department reviews projects of a kind within so many working days; NULL: no longer.

    The newest row of a kind and a department counts.
    """

    __tablename__ = "review_assignments"
    __table_args__ = (CheckConstraint("promised_days BETWEEN 1 AND 60", name="days_within"), append_only())

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    promised_days: Mapped[int | None] = mapped_column(Integer)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    set_by: Mapped[str] = mapped_column(Text)


class ReviewCase(Base):
    """One review of an entry, from its handing in to the decision. A returned entry that comes again is a new case.

    `asks_until`: until then the papers are looked through. `round` counts the notices that went out, from 1 on for the
    first look. `baseline` are the values about which nothing more can be asked as long as they are unchanged.
    """

    __tablename__ = "review_cases"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index(
            "ix_review_cases_running", "project_id", unique=True, postgresql_where=text("state IN ('open', 'stopped')")
        ),
        CheckConstraint("state IN ('open', 'stopped', 'agreed', 'returned')", name="state_known"),
        CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name="stopped_has_its_moment"),
        CheckConstraint("(state IN ('agreed', 'returned')) = (closed_at IS NOT NULL)", name="closed_has_its_moment"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    rules: Mapped[str] = mapped_column(Text)
    is_green_channel: Mapped[bool] = mapped_column(Boolean)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asks_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    round: Mapped[int] = mapped_column(Integer, default=1)
    baseline: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_by: Mapped[str | None] = mapped_column(Text)


class ReviewPart(Base):
    """What one department, or the centre itself (`department_id` NULL), has to decide in a case.

    The clock runs from `began_at` to `due_at`; while the case is stopped `days_left` is what remains of it. A decision
    by law has no account; its moment is that of the limit or of the meeting.
    """

    __tablename__ = "review_parts"
    __table_args__ = (
        UniqueConstraint("case_id", "department_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("state IN ('waiting', 'agreed', 'objected', 'silent', 'absent')", name="state_known"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decision_has_its_moment"),
        CheckConstraint("state NOT IN ('silent', 'absent') OR department_id IS NOT NULL", name="centre_never_by_law"),
        CheckConstraint("state <> 'objected' OR opinion <> ''", name="objection_has_reasons"),
        CheckConstraint("state <> 'silent' OR coalesce(warned_at < decided_at, false)", name="warned_before_silence"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_cases.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    department_name: Mapped[str] = mapped_column(Text)
    limit_days: Mapped[int] = mapped_column(Integer)
    extended_days: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    days_left: Mapped[int | None] = mapped_column(Integer)
    looked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    warned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opinion: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReviewItem(Base):
    """One thing that is missing: a department's words about a field or a paper, and the officer's answer."""

    __tablename__ = "review_items"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_cases.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("review_parts.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    target: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReviewMeeting(Base):
    """A joint meeting or a site visit to which parts of a case are invited."""

    __tablename__ = "review_meetings"
    __table_args__ = (
        CheckConstraint("kind IN ('joint_meeting', 'site_visit')", name="kind_known"),
        CheckConstraint("recorded_at IS NULL OR (recorded_at >= at AND minutes <> '')", name="recorded_after_it_began"),
        CheckConstraint("recorded_at IS NULL OR cancelled_at IS NULL", name="recorded_or_cancelled"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_cases.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    place: Mapped[str] = mapped_column(Text)
    called_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    minutes: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReviewInvitation(Base):
    """A part that is invited to a meeting, and whether somebody came."""

    __tablename__ = "review_invitations"

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("review_meetings.id"), primary_key=True)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("review_parts.id"), primary_key=True, index=True)
    attended: Mapped[bool | None] = mapped_column(Boolean)


class ReviewNotice(Base):
    """Something a department was told, once. `facts` are the moments and words that belong to it."""

    __tablename__ = "review_notices"
    __table_args__ = (append_only(),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("review_parts.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)

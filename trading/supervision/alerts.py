"""Alerts: signs that a person has to judge. Whoever finds one raises it, once for its key; a supervisor decides.

The platform never judges by itself: an alert shows its evidence, and the decision carries reasons. Services never
commit.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotFound, Outdated, Refusal
from trading.kernel.ids import new_id
from trading.notices import service as notices
from trading.notices.service import NewNotice
from trading.projects.models import Lot, Project
from trading.projects.problems import N_
from trading.projects.typed_values import Wrong, read_lines
from trading.supervision.exhibits import Drawing, Table
from trading.supervision.models import Alert

SHORTEST_REASONS, LONGEST_REASONS = 5, 1000
RAISED = N_("An alert waits for a decision: {kind_words} – {project}")

KINDS = {
    "same_payer": N_("One payer for rival bidders"),
    "same_device": N_("One device of rival bidders"),
    "same_address": N_("One network address of rival bidders"),
    "same_author": N_("One author of rival bidders' documents"),
    "regular_steps": N_("Regular price steps"),
    "lose_together": N_("Bidders that always lose together"),
    "win_in_turn": N_("Winners that take turns"),
    "paid_by_other": N_("A deposit paid by another"),
    "other": N_("Another sign"),
}
"""What an alert is called, by kind."""


class Severity(StrEnum):
    """How urgent an alert is."""

    YELLOW = "yellow"
    RED = "red"


class Verdict(StrEnum):
    """What a person made of an alert."""

    FOUNDED = "founded"
    UNFOUNDED = "unfounded"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece: a message id whose places `facts` fill, and the journal's stream where it can be checked.

    `table` and `drawing` show the facts beside the words. An `article` is what the law says, not what was found.
    """

    said: str
    facts: dict[str, Any] = field(default_factory=dict)
    stream: str = ""
    table: Table | None = None
    drawing: Drawing | None = None
    is_article: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        stored: dict[str, Any] = {"said": self.said, "facts": self.facts, "stream": self.stream}
        if self.table is not None:
            stored["table"] = self.table.as_json()
        if self.drawing is not None:
            stored["drawing"] = self.drawing.as_json()
        return stored | ({"article": True} if self.is_article else {})


@dataclass(frozen=True, slots=True)
class Sign:
    """Something to raise. `key` names it: the same sign found again raises nothing."""

    key: str
    kind: str
    severity: Severity
    project_id: UUID
    evidence: tuple[Evidence, ...]
    lot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert with what it is about."""

    alert: Alert
    project: Project
    lot: Lot | None


@dataclass(eq=False)
class AlertDecided(Outdated):
    """Somebody has decided on the alert before."""

    message: ClassVar[str] = "This alert was decided meanwhile."
    advice: ClassVar[str] = "Load the page again and read the decision. Nothing was changed by this attempt."


@dataclass(eq=False)
class VerdictMissing(Refusal):
    """A decision says what it is."""

    message: ClassVar[str] = "Say whether the alert is founded, unfounded, or passed on."
    advice: ClassVar[str] = "Choose one; what you typed is kept."


@dataclass(eq=False)
class DecisionNeedsReasons(Refusal):
    """A decision carries reasons of a sensible length, in characters that can be shown."""

    message: ClassVar[str] = "A decision needs reasons of {shortest} to {longest} characters."
    advice: ClassVar[str] = "Write down what was looked at and what follows; what you typed is kept."
    shortest: int = SHORTEST_REASONS
    longest: int = LONGEST_REASONS


async def raise_alert(session: AsyncSession, sign: Sign, *, actor: Actor, now: datetime) -> UUID | None:
    """Raise an alert and tell the supervisors; None when the same sign was raised before."""
    evidence = [each.as_json() for each in sign.evidence]
    row = {
        "id": new_id(),
        "key": sign.key,
        "kind": sign.kind,
        "severity": sign.severity.value,
        "project_id": sign.project_id,
        "lot_id": sign.lot_id,
        "evidence": evidence,
        "state": "open",
        "raised_at": now,
    }
    inserted = postgresql.insert(Alert).values(**row).on_conflict_do_nothing(index_elements=["key"])
    alert_id: UUID | None = (await session.execute(inserted.returning(Alert.id))).scalar()
    if alert_id is None:
        return None
    project = await session.get_one(Project, sign.project_id)
    body = {"alert": str(alert_id), "kind": sign.kind, "severity": sign.severity.value}
    body["evidence_sha256"] = evidence_sha256(evidence)
    await journal_store.append(
        session, stream=stream_of(alert_id), kind="alert_raised", actor=actor.reference, at=now, body=body
    )
    facts = {"kind_words": KINDS.get(sign.kind, KINDS["other"]), "project": project.title}
    address = f"/supervision/alerts/{alert_id}"
    new = NewNotice(f"alert:{alert_id}", Role.SUPERVISOR, sign.severity.value, RAISED, address, facts)
    await notices.send(session, new, now=now)
    return alert_id


def evidence_sha256(evidence: Sequence[dict[str, Any]]) -> str:
    """What the journal keeps of an alert's evidence: that it is this one.

    The evidence itself names bidders before a sale has ended, and addresses that must be deleted one day.
    """
    return hashlib.sha256(canonical_json(list(evidence))).hexdigest()


async def decide(
    session: AsyncSession, alert_id: UUID, *, verdict: str, reasons: str, actor: Actor, now: datetime
) -> None:
    """A person decides, with reasons. Refuses `NotFound`, `VerdictMissing`, `DecisionNeedsReasons`, `AlertDecided`."""
    if verdict not in set(Verdict):
        raise VerdictMissing
    said = read_lines(reasons, longest=LONGEST_REASONS)
    if isinstance(said, Wrong) or len(said) < SHORTEST_REASONS:
        raise DecisionNeedsReasons
    query = select(Alert).where(Alert.id == alert_id)
    alert = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if alert is None:
        raise NotFound
    if alert.state != "open":
        raise AlertDecided
    alert.state, alert.verdict, alert.reasons = "decided", verdict, said
    alert.decided_by, alert.decided_at = actor.reference, now
    await session.flush()
    body = {"alert": str(alert_id), "verdict": verdict, "reasons": said}
    await journal_store.append(
        session, stream=stream_of(alert_id), kind="alert_decided", actor=actor.reference, at=now, body=body
    )


async def alerts(session: AsyncSession, *, state: str = "open", limit: int = 200) -> Sequence[ShownAlert]:
    """Alerts in a state, red before yellow, the newest first."""
    query = (
        select(Alert, Project, Lot)
        .join(Project, Project.id == Alert.project_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .where(Alert.state == state)
        .order_by(Alert.severity, Alert.raised_at.desc(), Alert.id)
    )
    return [ShownAlert(alert, project, lot) for alert, project, lot in await session.execute(query.limit(limit))]


async def alert_of(session: AsyncSession, alert_id: UUID) -> ShownAlert:
    """One alert. Refuses `NotFound`."""
    alert = await session.get(Alert, alert_id)
    if alert is None:
        raise NotFound
    lot = None if alert.lot_id is None else await session.get_one(Lot, alert.lot_id)
    return ShownAlert(alert, await session.get_one(Project, alert.project_id), lot)


async def alerts_of_project(session: AsyncSession, project_id: UUID) -> Sequence[Alert]:
    """All alerts of a project, the newest first."""
    query = select(Alert).where(Alert.project_id == project_id).order_by(Alert.raised_at.desc(), Alert.id)
    return list(await session.scalars(query))


async def open_count(session: AsyncSession) -> int:
    """How many alerts wait for a decision."""
    return int(await session.scalar(select(func.count()).select_from(Alert).where(Alert.state == "open")) or 0)


def stream_of(alert_id: UUID) -> str:
    """Where the facts of an alert are written."""
    return f"alert:{alert_id}"

"""The facts of projects, read from the journal: which streams belong to a project, and what limits care for in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.journal_store import JournalEntry
from trading.limits.declared import LIMITS
from trading.limits.rules import ENDING_ALL, RESUMING, SUSPENDING, Fact, Subject
from trading.projects.models import Lot, Project
from trading.projects.profiles import PROFILES
from trading.registration.models import Registration

TOLD_APART = frozenset({"announcement_published", "document_filed"})
"""Kinds of entries that are told apart by the `kind` in their body."""

KINDS = (
    ENDING_ALL | SUSPENDING | RESUMING | {kind for limit in LIMITS for kind in limit.starts | limit.ends | limit.voids}
)
_WRITTEN = sorted({kind.partition(":")[0] for kind in KINDS})


@dataclass(frozen=True, slots=True)
class _Place:
    """What a stream is about."""

    project_id: UUID
    lot: UUID | None = None
    bidder: str | None = None


async def subjects_of(session: AsyncSession, projects: Sequence[Project]) -> dict[UUID, Subject]:
    """Several projects as limits see them; four statements for all of them."""
    places = await _places(session, [project.id for project in projects])
    found: dict[UUID, list[Fact]] = {project.id: [] for project in projects}
    wanted = select(JournalEntry).where(JournalEntry.stream.in_(places), JournalEntry.kind.in_(_WRITTEN))
    for row in await session.scalars(wanted):
        fact = _fact(row, places[row.stream])
        if fact.kind in KINDS:
            found[places[row.stream].project_id].append(fact)
    return {
        project.id: Subject(
            project.kind, PROFILES.get(project.rule_profile), tuple(sorted(found[project.id], key=_in_time))
        )
        for project in projects
    }


async def streams_of(session: AsyncSession, project_id: UUID) -> list[str]:
    """The names of all streams of the journal that tell of a project, whether anything was written in them or not."""
    return [*(await _places(session, [project_id])), f"limits:{project_id}"]


async def _places(session: AsyncSession, project_ids: Sequence[UUID]) -> Mapping[str, _Place]:
    places = {f"project:{project_id}": _Place(project_id) for project_id in project_ids}
    lots = select(Lot.id, Lot.project_id).where(Lot.project_id.in_(project_ids))
    by_lot = {lot_id: project_id for lot_id, project_id in await session.execute(lots)}  # noqa: C416 - rows, not pairs
    for lot_id, project_id in by_lot.items():
        places |= {f"{kind}:{lot_id}": _Place(project_id, lot_id) for kind in ("lot", "auction")}
    registered = select(Registration.id, Registration.lot_id).where(Registration.lot_id.in_(by_lot))
    for registration_id, lot_id in await session.execute(registered):
        stream = f"deposit:{registration_id}"
        places[stream] = _Place(by_lot[lot_id], lot_id, str(registration_id))
    return places


def _fact(row: JournalEntry, place: _Place) -> Fact:
    body = msgspec.json.decode(row.body)
    kind = f"{row.kind}:{body.get('kind')}" if row.kind in TOLD_APART else row.kind
    named = body.get("lot")
    lot = place.lot if named is None else UUID(named)
    return Fact(row.stream, row.seq, kind, row.at, lot, place.bidder, body.get("matter"))


def _in_time(fact: Fact) -> tuple[object, str, int]:
    return fact.at, fact.stream, fact.seq

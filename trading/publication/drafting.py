"""Making what an announcement says: which kinds a project may have now, and the facts of each from project and form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.moments import iso
from trading.projects import service as projects
from trading.projects.changing import dates_that_may_change
from trading.projects.models import Lot, Project
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import RuleProfile, SellingMethod
from trading.projects.purchase_profiles import Limit
from trading.projects.rules import LotState, ProjectState
from trading.publication.announced import sale_facts, tender_facts
from trading.publication.kind_types import AnnouncementKind, Family, family_of
from trading.publication.kinds import CHANGING, KINDS
from trading.publication.models import Announcement
from trading.publication.moving import Moved, Notice, moved_purchase, moved_sale
from trading.publication.release_rules import (
    AnnouncementHasProblems,
    CandidatesMissing,
    KindNotOffered,
    StillPublic,
)
from trading.publication.service import announcements_of, facts_of, get_announcement
from trading.publication.text_language import read_fact_moment

OPENING = frozenset(
    {
        AnnouncementKind.SALE,
        AnnouncementKind.TENDER,
        AnnouncementKind.PREQUALIFICATION,
        AnnouncementKind.SINGLE_SOURCE,
    }
)
"""Kinds with which a project becomes public."""
AFTERWARDS = frozenset(
    {
        AnnouncementKind.CORRECTION,
        AnnouncementKind.CONTRACT,
        AnnouncementKind.ACCEPTANCE,
        AnnouncementKind.RESULT,
        AnnouncementKind.CANDIDATES,
    }
)
"""Kinds that may follow when a project is concluded."""
CHOOSING = frozenset({AnnouncementKind.CANDIDATES, AnnouncementKind.RESULT, AnnouncementKind.CONTRACT})
"""Kinds that tell who was chosen."""
PER_LOT = frozenset({AnnouncementKind.RESULT, AnnouncementKind.WITHDRAWAL, AnnouncementKind.CONTRACT})
"""Kinds about one lot, which an officer chooses where a project has several."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an announcement says of a lot, or of the whole project; `moves` are the dates of lots that it moves."""

    lot_id: UUID | None
    facts: dict[str, Any]
    moves: Mapping[UUID, dict[str, datetime]] = field(default_factory=dict)


def is_offered(kind: AnnouncementKind, project: Project) -> bool:
    """Whether an officer may prepare this kind for a project as it stands."""
    if family_of(project.kind) not in KINDS[kind].by_hand:
        return False
    match ProjectState(project.state):
        case ProjectState.ENTERED:
            return kind in OPENING
        case ProjectState.PUBLISHED:
            return kind not in {AnnouncementKind.SALE, AnnouncementKind.PREQUALIFICATION}
        case ProjectState.CONCLUDED | ProjectState.FILED:
            return kind in AFTERWARDS
        case ProjectState.TERMINATED:
            return kind is AnnouncementKind.CORRECTION and project.published_at is not None
        case _:
            return False


async def check_order(session: AsyncSession, project: Project, kind: AnnouncementKind, now: datetime) -> None:
    """What has to have been public before, and that nobody is chosen while the project is suspended. Refuses
    `CandidatesMissing`, `StillPublic`, `ProjectStandsStill`.

    Sources: 招标投标法实施条例 art. 54 (candidates are public for 3 days before the winner is); 财政部令74号 art. 38.
    """
    if kind in CHOOSING:
        await projects.check_not_suspended(session, project.id)
    before = {
        AnnouncementKind.RESULT: AnnouncementKind.CANDIDATES,
        AnnouncementKind.TENDER: AnnouncementKind.SINGLE_SOURCE,
    }.get(kind)
    if before is None:
        return
    earlier = [found for found in await announcements_of(session, project.id) if found.kind == before]
    if not earlier:
        if kind is AnnouncementKind.RESULT and family_of(project.kind) is Family.WORKS:
            raise CandidatesMissing
        return
    until = facts_of(earlier[-1]).get("public_until")
    if until is not None and read_fact_moment(until) > now:
        raise StillPublic(earlier[-1].number, read_fact_moment(until))


async def said_by(
    session: AsyncSession,
    project: Project,
    kind: AnnouncementKind,
    typed: Mapping[str, Any],
    follows: UUID | None,
    lot_id: UUID | None,
    published_at: datetime,
) -> list[Said]:
    """What the announcement says, made from the project and from what was typed.

    Refuses `KindNotOffered` when it follows nothing that it could follow, `AnnouncementHasProblems`,
    `WorkingDaysUnknown`.
    """
    lots = await projects.lots_of(session, project.id)
    if kind is AnnouncementKind.SALE:
        return [Said(lot.id, await sale_facts(session, project, lot)) for lot in lots]
    if kind is AnnouncementKind.TENDER:
        return [Said(None, tender_facts(project, lots) | dict(typed))]
    if kind in CHANGING:
        return [await _change(session, project, lots, kind, typed, follows, published_at)]
    if kind in PER_LOT:
        lot = next((found for found in lots if found.id == lot_id or (lot_id is None and len(lots) == 1)), None)
        if lot is None:
            problem = Problem("lot", N_("Choose the lot that this announcement is about."))
            raise AnnouncementHasProblems(1, (problem,))
        return [Said(lot.id, dict(typed))]
    return [Said(None, dict(typed))]


async def _change(
    session: AsyncSession,
    project: Project,
    lots: Sequence[Lot],
    kind: AnnouncementKind,
    typed: Mapping[str, Any],
    follows: UUID | None,
    published_at: datetime,
) -> Said:
    if follows is None:
        raise KindNotOffered
    earlier = await get_announcement(session, follows)
    if earlier.project_id != project.id:
        raise KindNotOffered
    facts = dict(typed) | _pointing_at(kind, earlier)
    about = [lot for lot in lots if earlier.lot_id in (None, lot.id)]
    moves = {lot.id: _moved_of(lot, project, facts, published_at) for lot in about if lot.state == LotState.PUBLISHED}
    _refuse_useless_deadline(facts, moves)
    told = {(each.name, each.before, each.after): each for moved in moves.values() for each in moved}
    if told:
        facts["moved"] = [
            {"name": one.name, "before": iso(one.before), "after": iso(one.after)} for one in told.values()
        ]
        notice = notice_of(project, about[0]) if facts.get("affects_bids") else None
        facts["moved_by_rule"] = notice is not None and "new_deadline_at" not in facts
        facts["moved_source"] = "" if notice is None else notice.source
    dates = {lot_id: {each.name: each.after for each in moved} for lot_id, moved in moves.items()}
    return Said(earlier.lot_id, facts, dates)


def _pointing_at(kind: AnnouncementKind, earlier: Announcement) -> dict[str, str]:
    if kind is AnnouncementKind.CORRECTION:
        return {"corrected_number": earlier.number, "changed_title": earlier.title}
    return {"changed_number": earlier.number, "changed_title": earlier.title}


def notice_of(project: Project, lot: Lot) -> Notice | None:
    """How long before the deadline a change that affects bids is published at the latest, by the project's profile.

    Land and other sales: the announcement period of the profile, counted again until the start.
    """
    profile = projects.any_profile(project.rule_profile)
    if isinstance(profile, RuleProfile):
        if lot.selling_method is None:
            return None
        in_working_days = profile.announcement_working_days is not None
        rule = profile.announcement_working_days or profile.announcement_days
        return Notice(rule.value, in_working_days, rule.source) if rule.value else None
    period = profile.limits.get(Limit.CHANGE_BEFORE_BIDS)
    if period is None or not period.value.length:
        return None
    return Notice(period.value.length, period.value.in_working_days, period.source)


def _moved_of(lot: Lot, project: Project, facts: Mapping[str, Any], published_at: datetime) -> list[Moved]:
    notice = notice_of(project, lot) if facts.get("affects_bids") else None
    typed = facts.get("new_deadline_at")
    later = None if typed is None else read_fact_moment(typed)
    dates = dates_that_may_change(lot)
    profile = projects.any_profile(project.rule_profile)
    if isinstance(profile, RuleProfile):
        return moved_sale(dates, SellingMethod(lot.selling_method), profile, notice, published_at, later)
    return moved_purchase(dates, notice, published_at, later)


def _refuse_useless_deadline(facts: Mapping[str, Any], moves: Mapping[UUID, Sequence[Moved]]) -> None:
    """A later deadline that was typed has to be one."""
    if "new_deadline_at" in facts and not any(moves.values()):
        words = N_("This is not later than the deadline that stands, or the contest has begun.")
        raise AnnouncementHasProblems(1, (Problem("new_deadline_at", words),))

"""What the officers' pages show: my projects with what is missing, the form's choices, a project as a whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel.formats import moment
from trading.kernel.i18n import gettext as _
from trading.projects import entry, service
from trading.projects.land_entry import judge_entry
from trading.projects.models import Lot, Project, ProjectDraft
from trading.projects.presenting import (
    LAND_USES,
    SELLING_METHODS,
    errors_by_field,
    field_labels,
    profile_words,
    shown_terms,
    typed_in_words,
)
from trading.projects.profiles import DEMONSTRATION, NATIONAL_AUCTION, PROFILES, RuleProfile, SellingMethod
from trading.projects.rules import LotState, ProjectState
from trading.projects.timeline import Told, timeline

STAGES = (ProjectState.DRAFT, ProjectState.SUBMITTED, ProjectState.ENTERED, ProjectState.PUBLISHED)
"""The stages before a project is concluded, as the bar of a list shows them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One project in an officer's list. `missing` counts what a draft lacks; `stage` is the number of stages behind."""

    project: Project
    stage: int
    missing: int
    next_step: str
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One entry that waits for a reviewer."""

    project: Project
    officer_name: str
    is_own: bool


async def my_projects(session: AsyncSession, actor: Actor, *, demonstration: bool, now: datetime) -> list[Row]:
    """The projects an officer is in charge of, what waits for the officer first."""
    assert actor.account_id is not None
    projects = await service.projects_of(session, actor.account_id)
    drafts = await service.drafts_of(session, projects)
    lots = await service.lots_by_project(session, projects)
    rows = []
    for project in projects:
        missing = 0
        if project.state == ProjectState.DRAFT:
            draft = drafts[project.id]
            missing = len(await entry.problems_of_draft(session, draft, demonstration=demonstration, now=now))
        rows.append(_row(project, lots.get(project.id, []), missing, now))
    return rows


async def to_review(session: AsyncSession, actor: Actor) -> list[ReviewRow]:
    """The entries that wait for a reviewer; an officer's own are among them, marked."""
    return [
        ReviewRow(project, await _officer_name(session, project), project.officer_id == actor.account_id)
        for project in await service.projects_to_review(session)
    ]


def fresh_form(*, demonstration: bool) -> dict[str, str]:
    """What stands in an empty form: the usual choices."""
    profile = DEMONSTRATION if demonstration else NATIONAL_AUCTION
    return {"rule_profile": profile.name, "selling_method": "auction", "has_reserve": "no"}


def form_context(*, demonstration: bool) -> dict[str, Any]:
    """The choices of the form in words, and empty problems."""
    offered = entry.offered_profiles(demonstration=demonstration)
    return {
        "is_new": False,
        "labels": field_labels(),
        "errors": {},
        "missing": {},
        "project": None,
        "reasons": "",
        "reserve_is_sealed": False,
        "profiles": [(name, profile_words(profile)) for name, profile in offered.items()],
        "profile_rules": [_rules_in_words(profile) for profile in offered.values()],
        "land_uses": [("", _("Choose"))] + [(use.value, _(words)) for use, words in LAND_USES.items()],
        "methods": [(method.value, _(words), _(hint)) for method, (words, hint) in SELLING_METHODS.items()],
    }


async def drafting(session: AsyncSession, project: Project, draft: ProjectDraft) -> dict[str, Any]:
    """What the form's page knows of a draft that exists already."""
    reviews = await service.reviews_of(session, project.id)
    return {
        "project": project,
        "reasons": reviews[0].reasons if reviews and not reviews[0].agreed else "",
        "reserve_is_sealed": await service.has_sealed_reserve(session, draft.lot_id),
    }


async def overview(
    session: AsyncSession, project_id: UUID, actor: Actor, *, demonstration: bool, now: datetime
) -> dict[str, Any]:
    """A project as a whole, to read: its spine, its terms, and what this officer can do now."""
    project = await service.get_project(session, project_id)
    lots = await service.lots_of(session, project_id)
    found = [await service.deal_of(session, lot.id) for lot in lots]
    deals = {deal.lot_id: deal for deal in found if deal is not None}
    reviews = await service.reviews_of(session, project_id)
    reasons = reviews[0].reasons if reviews and project.state == ProjectState.DRAFT else ""
    terms, problems, draft_words = [], {}, {}
    if lots:
        terms = [shown_terms(entry.terms_of(lot)) for lot in lots if not lot.is_recorded]
    elif project.officer_id is not None:
        draft = await service.draft_of(session, project_id)
        sealed = await service.has_sealed_reserve(session, draft.lot_id)
        offered = entry.offered_profiles(demonstration=demonstration)
        judged = judge_entry(draft.form, offered, now, reserve_is_sealed=sealed)
        problems, draft_words = errors_by_field(judged.problems), typed_in_words(draft.form)
        if judged.entry is not None:
            terms = [shown_terms(entry.terms_of(entry.lot_of(draft.lot_id, project, judged.entry)))]
    return {
        "project": project,
        "lots": lots,
        "deals": deals,
        "terms": terms,
        "problems": problems,
        "draft_words": draft_words,
        "steps": timeline(project, lots, deals, Told({}, {}, reasons), now),
        "officer_name": await _officer_name(session, project),
        "is_own": project.officer_id == actor.account_id,
        "profile_title": profile_words(PROFILES[project.rule_profile]) if project.rule_profile in PROFILES else "",
        "labels": field_labels(),
    }


def _row(project: Project, lots: list[Lot], missing: int, now: datetime) -> Row:
    state = ProjectState(project.state)
    stage = STAGES.index(state) if state in STAGES else len(STAGES)
    match state:
        case ProjectState.DRAFT:
            return Row(project, stage, missing, _("Hand in for review") if not missing else "", None)
        case ProjectState.SUBMITTED:
            return Row(project, stage, 0, _("Another officer reviews it"), None)
        case ProjectState.ENTERED:
            latest = min((lot.registration_closes_at for lot in lots), default=None)
            late = latest is not None and latest <= now
            words = (
                _("The dates have passed: take the entry back and correct them")
                if late
                else _("Publish the announcement")
            )
            return Row(project, stage, 0, words, latest)
        case ProjectState.PUBLISHED:
            words, deadline = _next_of_lots(lots, now)
            return Row(project, stage, 0, words, deadline)
        case ProjectState.CONCLUDED:
            return Row(project, stage, 0, _("The dossier is being completed"), None)
        case _:
            return Row(project, stage, 0, "", None)


def _next_of_lots(lots: list[Lot], now: datetime) -> tuple[str, datetime | None]:
    if any(lot.state == LotState.CONTEST for lot in lots):
        return _("The sale is running"), None
    waiting = [lot for lot in lots if lot.state == LotState.PUBLISHED]
    moments = [(lot.registration_opens_at, _("Registration opens {at}")) for lot in waiting] + [
        (lot.registration_closes_at, _("Registration closes {at}")) for lot in waiting
    ]
    moments += [(lot.starts_at, _("The sale starts {at}")) for lot in waiting]
    coming = sorted((at, words) for at, words in moments if at > now)
    if not coming:
        return _("The sale should begin"), None
    at, words = coming[0]
    return words.format(at=moment(at)), at


def _rules_in_words(profile: RuleProfile) -> dict[str, Any]:
    """What a profile asks of the dates and the deposit, for the help beside the form."""
    return {
        "title": profile_words(profile),
        "announcement_days": profile.announcement_days.value,
        "closing_days": profile.registration_closes_working_days_before.value,
        "deposit_share": f"{profile.deposit_share_percent.value} %",
        "window_s": profile.timed_window_s.value if SellingMethod.TIMED_BIDDING in profile.selling_methods else 0,
    }


async def _officer_name(session: AsyncSession, project: Project) -> str:
    if project.officer_id is None:
        return "—"
    return (await accounts.get_account(session, project.officer_id)).display_name

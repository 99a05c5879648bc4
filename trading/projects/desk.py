"""What the officers' pages show: my projects with what is missing, the form's choices, a project as a whole."""

from collections.abc import Sequence
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
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.lookups import SelectionBasis
from trading.projects.models import Lot, Project
from trading.projects.presenting import (
    PROJECT_KINDS,
    errors_by_field,
    field_labels,
    profile_title,
    shown_terms,
    typed_in_words,
)
from trading.projects.profiles import HISTORIC
from trading.projects.purchase_profiles import any_profile
from trading.projects.rooms_steps import steps_of_rooms
from trading.projects.rules import SELECTIONS, LotState, ProjectKind, ProjectState
from trading.projects.second_round import second_round_standing
from trading.projects.terms import announced_terms, lots_of_entry
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
        own = lots.get(project.id, [])
        reserve = await _next_of_reserves(session, own, now) if project.state == ProjectState.PUBLISHED else None
        rows.append(_row(project, own, missing, now) if reserve is None else _reserve_row(project, *reserve))
    return rows


def _reserve_row(project: Project, words: str, deadline: datetime | None) -> Row:
    """The row of a project whose reserve price comes before everything else."""
    return Row(project, STAGES.index(ProjectState.PUBLISHED), 0, words, deadline)


async def _next_of_reserves(
    session: AsyncSession, lots: list[Lot], now: datetime
) -> tuple[str, datetime | None] | None:
    """What the officer has to do about reserve prices now: one that is missing first, then one to be sealed."""
    found = [await service.reserve_standing(session, lot, now) for lot in lots]
    standings = [standing for standing in found if standing is not None and standing.sealed_at is None]
    if any(standing.is_missing for standing in standings):
        return _("A reserve price is missing: decide on the project's page"), None
    open_until = [one.window.locks_at for one in standings if not one.is_ahead and not one.is_locked]
    return (_("Seal the reserve price"), min(open_until)) if open_until else None


async def to_review(session: AsyncSession, actor: Actor) -> list[ReviewRow]:
    """The entries that wait for a reviewer; an officer's own are among them, marked."""
    return [
        ReviewRow(project, await _officer_name(session, project), project.officer_id == actor.account_id)
        for project in await service.projects_to_review(session)
    ]


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
    kind = ProjectKind(project.kind)
    terms: list[dict[str, Any]] = []
    problems, draft_words, basis = {}, {}, await service.selection_basis_of(session, project_id)
    if lots:
        terms = _shown_lots([lot for lot in lots if not lot.is_recorded], project)
    elif project.officer_id is not None:
        draft = await service.draft_of(session, project_id)
        judged = await entry.judge_draft(session, draft, demonstration=demonstration, now=now)
        problems, draft_words = errors_by_field(judged.problems), typed_in_words(draft.form, kind)
        if kind in SELECTIONS:
            basis = SelectionBasis(draft.form.get("legal_basis", ""), draft.form.get("decided_by"))
        if judged.entry is not None:
            terms = _shown_lots(lots_of_entry(draft.lot_id, project, judged.entry), project)
    told = Told({}, {}, reasons, await steps_of_rooms(session, project, lots, now, public=False))
    return {
        "project": project,
        "lots": lots,
        "deals": deals,
        "terms": terms,
        "reserves": [await service.reserve_standing(session, lot, now) for lot in lots],
        "second_rounds": [await second_round_standing(session, lot) for lot in lots],
        "problems": problems,
        "draft_words": draft_words,
        "steps": timeline(project, lots, deals, told, now),
        "kind_of_project": _(PROJECT_KINDS[kind]),
        "owner_word": _(KIND_FORMS[kind].owner),
        "basis": basis,
        "officer_name": await _officer_name(session, project),
        "is_own": project.officer_id == actor.account_id,
        "profile_title": "" if project.rule_profile == HISTORIC else profile_title(project.rule_profile),
        "labels": field_labels(kind),
    }


def _shown_lots(lots: Sequence[Lot], project: Project) -> list[dict[str, Any]]:
    """The terms of all lots as the page shows them."""
    profile, kind = any_profile(project.rule_profile), ProjectKind(project.kind)
    return [shown_terms(announced_terms(lot, profile), kind) for lot in lots]


def _row(project: Project, lots: list[Lot], missing: int, now: datetime) -> Row:
    state = ProjectState(project.state)
    stage = STAGES.index(state) if state in STAGES else len(STAGES)
    match state:
        case ProjectState.DRAFT:
            return Row(project, stage, missing, _("Hand in for review") if not missing else "", None)
        case ProjectState.SUBMITTED:
            return Row(project, stage, 0, _("Another officer reviews it"), None)
        case ProjectState.ENTERED:
            ends = (lot.registration_closes_at or lot.bids_close_at for lot in lots)
            latest = min((at for at in ends if at is not None), default=None)
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
    if lots and not lots[0].is_sold_here:
        return _next_of_purchase(lots[0], now)
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


def _next_of_purchase(lot: Lot, now: datetime) -> tuple[str, datetime | None]:
    moments = [
        (lot.documents_close_at, _("Documents are given out until {at}")),
        (lot.bids_close_at, _("Bids are due {at}")),
        (lot.opening_at, _("Opening and choice {at}")),
    ]
    coming = sorted((at, words) for at, words in moments if at is not None and at > now)
    if not coming:
        return _("Opening and choice"), None
    at, words = coming[0]
    return words.format(at=moment(at)), at


async def _officer_name(session: AsyncSession, project: Project) -> str:
    if project.officer_id is None:
        return "—"
    return (await accounts.get_account(session, project.officer_id)).display_name

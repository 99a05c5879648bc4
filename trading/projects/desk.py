"""What the officers' pages show: my projects with what is missing, the form's choices, a project as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel.formats import moment, period, yuan
from trading.kernel.i18n import gettext as _
from trading.projects import entry, service
from trading.projects.models import Lot, Project, ProjectDraft
from trading.projects.presenting import (
    CAP_RULES,
    LAND_USES,
    SELLING_METHODS,
    errors_by_field,
    field_labels,
    profile_words,
    shown_terms,
    typed_in_words,
)
from trading.projects.profiles import (
    DEMONSTRATION,
    NATIONAL_AUCTION,
    PROFILES,
    RuleProfile,
    SellingMethod,
    rule_profile,
)
from trading.projects.rules import LotState, ProjectState
from trading.projects.second_round import second_round_standing
from trading.projects.selling_entry import proposed
from trading.projects.terms import announced_terms, lot_of
from trading.projects.timeline import Told, timeline
from trading.projects.typed_values import Wrong, read_amount

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
        "proposals": {},
        "profiles": [(name, profile_words(profile)) for name, profile in offered.items()],
        "profile_rules": [_rules_in_words(profile) for profile in offered.values()],
        "land_uses": [("", _("Choose"))] + [(use.value, _(words)) for use, words in LAND_USES.items()],
        "cap_rules": [("", _("No price cap"))] + [(rule.value, _(words)) for rule, words in CAP_RULES.items()],
        "methods": [(method.value, _(words), _(hint)) for method, (words, hint) in SELLING_METHODS.items()],
    }


async def drafting(session: AsyncSession, project: Project, draft: ProjectDraft) -> dict[str, Any]:
    """What the form's page knows of a draft that exists already."""
    reviews = await service.reviews_of(session, project.id)
    return {
        "project": project,
        "reasons": reviews[0].reasons if reviews and not reviews[0].agreed else "",
        "reserve_is_sealed": await service.has_sealed_reserve(session, draft.lot_id),
        "proposals": _proposals(draft.form),
    }


def _proposals(form: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a price cap mean when they are left empty, once profile and starting price are there."""
    profile, starting = PROFILES.get(form.get("rule_profile", "")), read_amount(form.get("starting_price", ""))
    if profile is None or profile.cap is None or isinstance(starting, Wrong):
        return {}
    shares = {"cap": profile.cap.cap_percent.value, "cap_ceiling": profile.cap.ceiling_percent.value}
    return {
        name: _("Left empty, it is {amount} yuan ({percent} % above the starting price).").format(
            amount=yuan(proposed(starting, percent)), percent=percent
        )
        for name, percent in shares.items()
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
        terms = [_shown_lot(lot, project.rule_profile) for lot in lots if not lot.is_recorded]
    elif project.officer_id is not None:
        draft = await service.draft_of(session, project_id)
        judged = await entry.judge_draft(session, draft, demonstration=demonstration, now=now)
        problems, draft_words = errors_by_field(judged.problems), typed_in_words(draft.form)
        if judged.entry is not None:
            terms = [_shown_lot(lot_of(draft.lot_id, project, judged.entry), judged.entry.rule_profile)]
    return {
        "project": project,
        "lots": lots,
        "deals": deals,
        "terms": terms,
        "reserves": [await service.reserve_standing(session, lot, now) for lot in lots],
        "second_rounds": [await second_round_standing(session, lot) for lot in lots],
        "problems": problems,
        "draft_words": draft_words,
        "steps": timeline(project, lots, deals, Told({}, {}, reasons), now),
        "officer_name": await _officer_name(session, project),
        "is_own": project.officer_id == actor.account_id,
        "profile_title": profile_words(PROFILES[project.rule_profile]) if project.rule_profile in PROFILES else "",
        "labels": field_labels(),
    }


def _shown_lot(lot: Lot, profile_name: str) -> dict[str, Any]:
    return shown_terms(announced_terms(lot, rule_profile(profile_name)))


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
    listing, cap, online = profile.listing, profile.cap, profile.online
    return {
        "title": profile_words(profile),
        "announcement_days": profile.announcement_days.value,
        "closing_days": profile.registration_closes_working_days_before.value,
        "deposit_share": f"{profile.deposit_share_percent.value} %",
        "window_s": profile.timed_window_s.value if SellingMethod.TIMED_BIDDING in profile.selling_methods else 0,
        "listing_days": 0 if listing is None else listing.working_days.value,
        "stops_before": _period(0 if listing is None else listing.quoting_stops_s_before.value),
        "cap_percent": "" if cap is None else f"{cap.cap_percent.value} %",
        "ceiling_percent": "" if cap is None else f"{cap.ceiling_percent.value} %",
        "valuation_percent": "" if online is None else f"{online.lowest_start_percent_of_valuation.value} %",
        "reserve_opens_before": _period(profile.reserve.opens_s_before.value),
        "reserve_locks_before": _period(profile.reserve.locks_s_before.value),
    }


def _period(seconds: int | None) -> str:
    return period(timedelta(seconds=seconds)) if seconds else ""


async def _officer_name(session: AsyncSession, project: Project) -> str:
    if project.officer_id is None:
        return "—"
    return (await accounts.get_account(session, project.officer_id)).display_name

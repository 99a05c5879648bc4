"""The spine of a project as people see it: from entry to the filed dossier, what happened, what comes next, by when.

Pure but for the language: the words are those of the running request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from trading.kernel.formats import moment, yuan
from trading.kernel.i18n import gettext as _
from trading.kernel.moments import SHANGHAI
from trading.projects.deadlines import time_for_deadlines
from trading.projects.models import Deal, Lot, Project
from trading.projects.presenting import LOT_ENDINGS, method_words
from trading.projects.profiles import HISTORIC, RuleProfile, SellingMethod, rule_profile
from trading.projects.rules import LotState, ProjectState
from trading.projects.working_days import WorkingDaysUnknown, working_days_after


class Standing(StrEnum):
    """Where a step of the timeline stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `at` is when it was done or is due; `words` stand for a moment where there is none."""

    title: str
    state: Standing
    at: datetime | None = None
    words: str = ""
    detail: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What else the timeline knows: the announcements by lot, as (address, when), and what a reviewer wrote last."""

    sales: Mapping[UUID, tuple[str, datetime]]
    results: Mapping[UUID, tuple[str, datetime]]
    reasons: str = ""


def timeline(
    project: Project, lots: Sequence[Lot], deals: Mapping[UUID, Deal], told: Told, now: datetime
) -> list[Step]:
    """The whole spine of a project. Of several lots each has its own steps, named by its title."""
    if project.rule_profile == HISTORIC:
        return _recorded(project, lots, deals)
    steps = _entry_steps(project, told)
    if not lots:
        words = [_("Registration and deposit"), _("Sale"), _("Result")]
        steps += [Step(title, Standing.NEXT) for title in words]
    for lot in lots:
        steps += _lot_steps(project, lot, deals.get(lot.id), told, now, named=len(lots) > 1)
    return [*steps, _filing(project)]


def _entry_steps(project: Project, told: Told) -> list[Step]:
    state = ProjectState(project.state)
    entry = Step(_("Entry"), Standing.DONE, project.submitted_at)
    if state is ProjectState.DRAFT:
        returned = _("Returned with reasons") if told.reasons else ""
        entry = Step(_("Entry"), Standing.NOW, words=returned or _("being drafted"), detail=told.reasons)
    review = Step(_("Review"), Standing.NEXT)
    if state is ProjectState.SUBMITTED:
        review = Step(_("Review"), Standing.NOW, words=_("waits for another officer"))
    elif project.entered_at is not None:
        detail = _("Entry code {code}").format(code=project.entry_code)
        review = Step(_("Review"), Standing.DONE, project.entered_at, detail=detail)
    announcement = Step(_("Announcement"), Standing.NEXT)
    if state is ProjectState.ENTERED:
        announcement = Step(_("Announcement"), Standing.NOW, words=_("ready to be published"))
    elif project.published_at is not None:
        address = next(iter(told.sales.values()))[0] if told.sales else ""
        announcement = Step(_("Announcement"), Standing.DONE, project.published_at, address=address)
    return [entry, review, announcement]


def _lot_steps(project: Project, lot: Lot, deal: Deal | None, told: Told, now: datetime, *, named: bool) -> list[Step]:
    profile = rule_profile(project.rule_profile)
    after = f" · {lot.title}" if named else ""
    state = LotState(lot.state)
    steps = [_registration(lot, state, after, now), _sale(lot, state, after, now)]
    if not state.is_final or lot.ended_at is None:
        return [*steps, Step(_("Result") + after, Standing.NEXT, words=_by_when(profile))]
    return [*steps, *_result(lot, state, deal, profile, told, after, now)]


def _registration(lot: Lot, state: LotState, after: str, now: datetime) -> Step:
    title = _("Registration and deposit") + after
    detail = _("from {opens} to {closes}").format(
        opens=moment(lot.registration_opens_at), closes=moment(lot.registration_closes_at)
    )
    if state is LotState.ENTERED or now < lot.registration_opens_at:
        return Step(title, Standing.NEXT, detail=detail)
    meanwhile = state is LotState.CONTEST and SellingMethod(lot.selling_method).takes_bidders_while_it_runs
    running = (state is LotState.PUBLISHED or meanwhile) and time_for_deadlines(lot, now) < lot.registration_closes_at
    return Step(title, Standing.NOW if running else Standing.DONE, detail=detail)


def _sale(lot: Lot, state: LotState, after: str, now: datetime) -> Step:
    title = method_words(lot.selling_method) + after
    if state.is_final:
        return Step(title, Standing.DONE, lot.starts_at, address=f"/lots/{lot.id}/watch")
    if state is LotState.CONTEST:
        return Step(title, Standing.NOW, words=_("running now"), address=f"/lots/{lot.id}/watch")
    if state is LotState.PUBLISHED and lot.starts_at <= now:
        return Step(title, Standing.NOW, lot.starts_at, address=f"/lots/{lot.id}/watch")
    return Step(title, Standing.NEXT, lot.starts_at)


def _result(
    lot: Lot, state: LotState, deal: Deal | None, profile: RuleProfile, told: Told, after: str, now: datetime
) -> list[Step]:
    assert lot.ended_at is not None
    ending = _(LOT_ENDINGS[state]) + after
    if deal is not None:
        detail = _("{winner}, {price} yuan").format(winner=deal.winner_name, price=yuan(deal.final_fen))
        ended = Step(ending, Standing.DONE, lot.ended_at, detail=detail)
    else:
        ended = Step(ending, Standing.DONE, lot.ended_at)
    published = told.results.get(lot.id)
    title = _("Result published") + after
    if published is not None:
        return [ended, Step(title, Standing.DONE, published[1], address=published[0])]
    deadline = result_deadline(lot, profile)
    if deadline is None:
        return [ended, Step(title, Standing.NOW, words=_by_when(profile))]
    missed = now.astimezone(SHANGHAI).date() > deadline
    words = _("by {day} at the latest").format(day=deadline.isoformat())
    return [ended, Step(title, Standing.MISSED if missed else Standing.NOW, words=words)]


def result_deadline(lot: Lot, profile: RuleProfile) -> date | None:
    """The last day for publishing a result; None before the end, or in a year whose holidays are not known yet."""
    if lot.ended_at is None:
        return None
    try:
        return working_days_after(
            lot.ended_at.astimezone(SHANGHAI).date(), profile.result_publication_working_days.value
        )
    except WorkingDaysUnknown:
        return None


def _by_when(profile: RuleProfile) -> str:
    return _("published within {days} working days").format(days=profile.result_publication_working_days.value)


def _filing(project: Project) -> Step:
    title = _("Dossier filed")
    match ProjectState(project.state):
        case ProjectState.FILED:
            return Step(title, Standing.DONE, project.filed_at)
        case ProjectState.CONCLUDED:
            return Step(title, Standing.NOW)
        case _:
            return Step(title, Standing.NEXT)


def _recorded(project: Project, lots: Sequence[Lot], deals: Mapping[UUID, Deal]) -> list[Step]:
    """A deal that was only recorded: how it ended, and when the platform learned of it."""
    steps = []
    for lot in lots:
        deal = deals.get(lot.id)
        detail = ""
        if deal is not None:
            detail = _("{winner}, {price} yuan").format(winner=deal.winner_name, price=yuan(deal.final_fen))
        steps.append(Step(_("Deal concluded"), Standing.DONE, project.concluded_at, detail=detail))
    return [*steps, Step(_("Recorded on this platform"), Standing.DONE, project.created_at)]

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
from trading.kernel.moments import local_day
from trading.projects.deadlines import time_for_deadlines
from trading.projects.models import Deal, Lot, Project
from trading.projects.presenting import LOT_ENDINGS, method_words
from trading.projects.profiles import HISTORIC, RuleProfile, SellingMethod, rule_profile
from trading.projects.rules import LotState, ProjectKind, ProjectState
from trading.projects.working_days import WorkingDaysUnknown, working_days_after


class Part(StrEnum):
    """The parts of the spine, in their order: where a step belongs that another room adds."""

    ENTRY = "entry"
    REVIEW = "review"
    ANNOUNCEMENT = "announcement"
    BIDDERS = "bidders"
    CONTEST = "contest"
    RESULT = "result"
    CONTRACT = "contract"
    FILING = "filing"


class Standing(StrEnum):
    """Where a step of the timeline stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `at` is when it was done or is due; `words` stand for a missing moment; `by` is who acts."""

    title: str
    state: Standing
    at: datetime | None = None
    words: str = ""
    detail: str = ""
    address: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What else the timeline knows: the announcements by lot, as (address, when), what a reviewer wrote last, and the
    steps that other rooms add, each at the end of its part (`trading.projects.rooms_steps`).
    """

    sales: Mapping[UUID, tuple[str, datetime]]
    results: Mapping[UUID, tuple[str, datetime]]
    reasons: str = ""
    more: Sequence[tuple[Part, Step]] = ()


def timeline(
    project: Project, lots: Sequence[Lot], deals: Mapping[UUID, Deal], told: Told, now: datetime
) -> list[Step]:
    """The whole spine of a project. Of several lots for sale each has its own steps, named by its title; those of a
    purchase have their dates in common.
    """
    if project.rule_profile == HISTORIC:
        return _recorded(project, lots, deals)
    steps = _entry_steps(project, told)
    kind = ProjectKind(project.kind)
    if not lots:
        steps += _steps_to_come(kind)
    elif not kind.is_sale:
        steps += purchase_steps(lots, now)
    for lot in lots:
        named = len(lots) > 1
        if kind.is_sale:
            steps += _lot_steps(project, lot, deals.get(lot.id), told, now, named=named)
        else:
            steps += _end_of_purchase(lot, deals.get(lot.id), told, named=named)
    return _merged([*steps, (Part.FILING, _filing(project))], told.more)


def _merged(steps: list[tuple[Part, Step]], more: Sequence[tuple[Part, Step]]) -> list[Step]:
    """All steps, those of other rooms after the last one of their part, or of the parts before it."""
    order = list(Part)
    for part, step in more:
        before = [place for place, (each, _step) in enumerate(steps) if order.index(each) <= order.index(part)]
        steps.insert(before[-1] + 1 if before else 0, (part, step))
    return [step for _part, step in steps]


def _steps_to_come(kind: ProjectKind) -> list[tuple[Part, Step]]:
    """What follows the review, as long as there are no lots with their dates."""
    titles = [(Part.BIDDERS, _("Registration and deposit")), (Part.CONTEST, _("Sale")), (Part.RESULT, _("Result"))]
    if not kind.is_sale:
        titles = [
            (Part.BIDDERS, _("Bids are due")),
            (Part.CONTEST, _("Opening and choice")),
            (Part.RESULT, _("Result")),
        ]
    return [(part, Step(title, Standing.NEXT)) for part, title in titles]


def purchase_steps(lots: Sequence[Lot], now: datetime) -> list[tuple[Part, Step]]:
    """Documents, applications, bids and opening of a purchase, by the dates that its lots have in common."""
    lot, bidders, both = lots[0], _("suppliers"), _("buyer and centre")
    steps = []
    if lot.documents_open_at is not None and lot.documents_close_at is not None:
        detail = _("from {opens} to {closes}").format(
            opens=moment(lot.documents_open_at), closes=moment(lot.documents_close_at)
        )
        state = _standing(lot, lot.documents_open_at, lot.documents_close_at, now)
        steps.append((Part.BIDDERS, Step(_("Documents given out"), state, detail=detail, by=both)))
    applied = (lot.facts or {}).get("applications_close_at")
    if applied is not None:
        due = datetime.fromisoformat(str(applied))
        steps.append((Part.BIDDERS, Step(_("Applications are due"), _standing(lot, None, due, now), due, by=bidders)))
    closes, opening = lot.bids_close_at, lot.opening_at
    steps.append((Part.BIDDERS, Step(_("Bids are due"), _standing(lot, None, closes, now), closes, by=bidders)))
    is_over = all(LotState(each.state).is_final for each in lots)
    opened = Standing.DONE if is_over else _standing(lot, closes, None, now)
    steps.append((Part.CONTEST, Step(_("Opening and choice"), opened, opening, by=both)))
    return steps


def _standing(lot: Lot, begins_at: datetime | None, ends_at: datetime | None, now: datetime) -> Standing:
    """Where something stands that runs from one moment to another, once the lot is published."""
    if lot.state == LotState.ENTERED or (begins_at is not None and now < begins_at):
        return Standing.NEXT
    return Standing.DONE if ends_at is not None and now >= ends_at else Standing.NOW


def _end_of_purchase(lot: Lot, deal: Deal | None, told: Told, *, named: bool) -> list[tuple[Part, Step]]:
    after = f" · {lot.title}" if named else ""
    if not LotState(lot.state).is_final or lot.ended_at is None:
        return [(Part.RESULT, Step(_("Result") + after, Standing.NEXT, by=_("officer in charge")))]
    published = told.results.get(lot.id)
    detail = ""
    if deal is not None:
        detail = _("{winner}, {price} yuan").format(winner=deal.winner_name, price=yuan(deal.final_fen))
    address = "" if published is None else published[0]
    return [(Part.RESULT, Step(_("Result") + after, Standing.DONE, lot.ended_at, detail=detail, address=address))]


def _entry_steps(project: Project, told: Told) -> list[tuple[Part, Step]]:
    state, officer, reviewers = ProjectState(project.state), _("officer in charge"), _("another officer")
    entry = Step(_("Entry"), Standing.DONE, project.submitted_at, by=officer)
    if state is ProjectState.DRAFT:
        returned = _("Returned with reasons") if told.reasons else ""
        words = returned or _("being drafted")
        entry = Step(_("Entry"), Standing.NOW, words=words, detail=told.reasons, by=officer)
    review = Step(_("Review"), Standing.NEXT, by=reviewers)
    if state is ProjectState.SUBMITTED:
        review = Step(_("Review"), Standing.NOW, words=_("waits for another officer"), by=reviewers)
    elif project.entered_at is not None:
        detail = _("Entry code {code}").format(code=project.entry_code)
        review = Step(_("Review"), Standing.DONE, project.entered_at, detail=detail)
    announcement = Step(_("Announcement"), Standing.NEXT, by=officer)
    if state is ProjectState.ENTERED:
        announcement = Step(_("Announcement"), Standing.NOW, words=_("ready to be published"), by=officer)
    elif project.published_at is not None:
        address = next(iter(told.sales.values()))[0] if told.sales else ""
        announcement = Step(_("Announcement"), Standing.DONE, project.published_at, address=address)
    return [(Part.ENTRY, entry), (Part.REVIEW, review), (Part.ANNOUNCEMENT, announcement)]


def _lot_steps(
    project: Project, lot: Lot, deal: Deal | None, told: Told, now: datetime, *, named: bool
) -> list[tuple[Part, Step]]:
    profile = rule_profile(project.rule_profile)
    after = f" · {lot.title}" if named else ""
    state = LotState(lot.state)
    steps = [(Part.BIDDERS, _registration(lot, state, after, now)), (Part.CONTEST, _sale(lot, state, after, now))]
    if not state.is_final or lot.ended_at is None:
        result = Step(_("Result") + after, Standing.NEXT, words=_by_when(profile), by=_("officer in charge"))
        return [*steps, (Part.RESULT, result)]
    return [*steps, *((Part.RESULT, step) for step in _result(lot, state, deal, profile, told, after, now))]


def _registration(lot: Lot, state: LotState, after: str, now: datetime) -> Step:
    title = _("Registration and deposit") + after
    detail = _("from {opens} to {closes}").format(
        opens=moment(lot.registration_opens_at), closes=moment(lot.registration_closes_at)
    )
    if state is LotState.ENTERED or now < lot.registration_opens_at:
        return Step(title, Standing.NEXT, detail=detail, by=_("bidders"))
    meanwhile = state is LotState.CONTEST and SellingMethod(lot.selling_method).takes_bidders_while_it_runs
    running = (state is LotState.PUBLISHED or meanwhile) and time_for_deadlines(lot, now) < lot.registration_closes_at
    return Step(title, Standing.NOW if running else Standing.DONE, detail=detail, by=_("bidders"))


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
    missed = local_day(now) > deadline
    words = _("by {day} at the latest").format(day=deadline.isoformat())
    return [ended, Step(title, Standing.MISSED if missed else Standing.NOW, words=words)]


def result_deadline(lot: Lot, profile: RuleProfile) -> date | None:
    """The last day for publishing a result; None before the end, or in a year whose holidays are not known yet."""
    if lot.ended_at is None:
        return None
    try:
        return working_days_after(local_day(lot.ended_at), profile.result_publication_working_days.value)
    except WorkingDaysUnknown:
        return None


def _by_when(profile: RuleProfile) -> str:
    return _("published within {days} working days").format(days=profile.result_publication_working_days.value)


def _filing(project: Project) -> Step:
    title = _("Dossier filed")
    if project.filed_at is not None:
        return Step(title, Standing.DONE, project.filed_at)
    match ProjectState(project.state):
        case ProjectState.CONCLUDED | ProjectState.TERMINATED:
            return Step(title, Standing.NOW, by=_("archivist"))
        case _:
            return Step(title, Standing.NEXT, by=_("archivist"))


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

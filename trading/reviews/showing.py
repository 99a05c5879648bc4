"""What pages show of reviews: where each department stands, how it agreed, how much of its limit is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.kernel.formats import moment
from trading.kernel.i18n import gettext as _
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.presenting import PROJECT_KINDS
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.projects.timeline import Part as Spine
from trading.projects.timeline import Standing, Step
from trading.reviews import clocks, entry_words
from trading.reviews.lookups import cases_of, items_of, meetings_of, newest_case, parts_of
from trading.reviews.models import ReviewCase, ReviewItem, ReviewPart
from trading.reviews.notice_words import NOTICE_WORDS
from trading.reviews.profiles import review_rules
from trading.reviews.rules import CaseState, NoticeKind, PartState
from trading.reviews.targets import labels_of

PART_WORDS: Mapping[PartState, tuple[str, str]] = {
    PartState.WAITING: (N_("reviewing"), "neutral"),
    PartState.AGREED: (N_("agreed"), "success"),
    PartState.OBJECTED: (N_("objected"), "warning"),
    PartState.SILENT: (N_("agreed by silence"), "info"),
    PartState.ABSENT: (N_("agreed by absence"), "info"),
}
MEETING_WORDS: Mapping[str, str] = {
    "joint_meeting": N_("Joint meeting of departments"),
    "site_visit": N_("Visit to the site"),
}
CASE_WORDS: Mapping[CaseState, tuple[str, str]] = {
    CaseState.OPEN: (N_("under review"), "info"),
    CaseState.STOPPED: (N_("with the officer for completion"), "warning"),
    CaseState.AGREED: (N_("all agreed"), "success"),
    CaseState.RETURNED: (N_("returned with objections"), "warning"),
}


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part as pages show it. `percent_left` is what is left of its limit; `runs` while its clock does."""

    part: ReviewPart
    words: str
    badge: str
    runs: bool
    is_yellow: bool
    is_overdue: bool
    percent_left: int
    decided_by: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One thing that is missing, as pages show it."""

    item: ReviewItem
    department: str
    label: str
    is_paper: bool


async def review_context(
    session: AsyncSession, project: Project, case: ReviewCase | None, now: datetime
) -> dict[str, Any]:
    """Everything about a project's review: the entry's data, the newest case with its parts, items and meetings."""
    draft = await projects.draft_of(session, project.id)
    kind = ProjectKind(project.kind)
    officer = None if project.officer_id is None else await accounts.get_account(session, project.officer_id)
    context: dict[str, Any] = {
        "project": project,
        "case": case,
        "kind_words": _(PROJECT_KINDS[kind]),
        "entry": entry_words.typed(kind, draft.form),
        "officer_name": "—" if officer is None else officer.display_name,
        "rows": [],
        "items": [],
        "meetings": [],
        "meeting_words": {name: _(words) for name, words in MEETING_WORDS.items()},
        "case_words": {},
    }
    if case is None:
        return context
    parts = (await parts_of(session, [case]))[case.id]
    names = {part.id: part.department_name for part in parts}
    targets = await labels_of(session, project)
    context["rows"] = [await part_row(session, part, case, now) for part in parts]
    context["items"] = [
        ItemRow(item, names[item.part_id], targets.get(item.target, item.target), item.target.startswith("paper:"))
        for item in await items_of(session, case.id)
    ]
    context["targets"] = targets
    context["meetings"] = await meetings_of(session, case.id)
    words, badge = CASE_WORDS[CaseState(case.state)]
    context["case_words"] = {"words": _(words), "badge": badge}
    context["extension_days"] = review_rules(case.rules).extension_days.value
    return context


async def part_row(session: AsyncSession, part: ReviewPart, case: ReviewCase, now: datetime) -> PartRow:
    """A part as pages show it at this moment."""
    rules = review_rules(case.rules)
    state = PartState(part.state)
    words, badge = PART_WORDS[state]
    runs = state is PartState.WAITING and case.state == CaseState.OPEN
    whole, left = part.due_at - part.began_at, max(part.due_at - now, timedelta(0))
    decided_by = ""
    if part.decided_by is not None:
        decided_by = (await accounts.get_account(session, part.decided_by)).display_name
    return PartRow(
        part=part,
        words=_(words) if runs or state is not PartState.WAITING else _("stands still"),
        badge=badge,
        runs=runs,
        is_yellow=runs and clocks.is_yellow(part.due_at, now, rules),
        is_overdue=runs and part.department_id is None and now >= part.due_at,
        percent_left=min(100, int(100 * left / whole)) if runs and whole else 0,
        decided_by=decided_by,
    )


def notice_text(kind: str, facts: Mapping[str, Any], title: str) -> str:
    """What a department was told, in the language of the request."""
    _weight, message = NOTICE_WORDS[NoticeKind(kind)]
    shown = {name: _shown(name, value) for name, value in facts.items()}
    return _(message).format(**(shown | {"title": title}))


async def timeline_steps(
    session: AsyncSession, project: Project, lots: Sequence[Lot], now: datetime, public: bool
) -> list[tuple[Spine, Step]]:
    """What the review adds to a project's timeline: each department, how it decided, and when."""
    case = await newest_case(session, project.id)
    if case is None or (public and case.state != CaseState.AGREED):
        return []
    if case.state == CaseState.AGREED and project.entered_at is None:  # the entry was taken back since
        return []
    parts = (await parts_of(session, [case]))[case.id]
    if len(parts) == 1 and public:
        return []
    address = f"/projects/{project.id}/review" if public else f"/officer/projects/{project.id}/review"
    steps = []
    for part in parts:
        state = PartState(part.state)
        if state is PartState.WAITING and case.state == CaseState.STOPPED:
            step = Step(part.department_name, Standing.NEXT, words=_("stands still"), address=address)
        elif state is PartState.WAITING:
            step = Step(part.department_name, Standing.NOW, part.due_at, detail=_("reviewing"), address=address)
        else:
            standing = Standing.MISSED if state is PartState.OBJECTED else Standing.DONE
            step = Step(
                part.department_name, standing, part.decided_at, detail=_(PART_WORDS[state][0]), address=address
            )
        steps.append((Spine.REVIEW, step))
    return steps


async def public_rows(session: AsyncSession, project: Project) -> tuple[ReviewCase | None, list[PartRow]]:
    """How departments agreed to a project that is public: names, ways and moments, no opinions and no people."""
    agreed = [case for case in await cases_of(session, project.id) if case.state == CaseState.AGREED]
    if not agreed:
        return None, []
    parts = (await parts_of(session, agreed[:1]))[agreed[0].id]
    rows = []
    for part in parts:
        words, badge = PART_WORDS[PartState(part.state)]
        rows.append(PartRow(part, _(words), badge, False, False, False, 0, ""))
    return agreed[0], rows


def _shown(name: str, value: Any) -> Any:
    return moment(datetime.fromisoformat(value)) if name.endswith("at") and isinstance(value, str) else value

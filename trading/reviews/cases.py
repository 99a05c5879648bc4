"""Use cases of a case as a whole: opened when an entry is handed in, stopped by the one notice, gone on with, closed.

Services never commit. Locks: project, case, parts, in this order. A case is closed by whoever decides last, or by the
platform when the last limit ends.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.i18n import gettext as _
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import EntryHasProblems, ProjectKind
from trading.projects.service import PlatformCodes
from trading.reviews import clocks, entry_words
from trading.reviews.checklists import is_paper
from trading.reviews.holding import Held, hold
from trading.reviews.lookups import newest_case, reviewers_of, reviewing
from trading.reviews.models import ReviewCase, ReviewItem, ReviewPart
from trading.reviews.profiles import NATIONAL, ReviewRules
from trading.reviews.refusals import PapersUnanswered
from trading.reviews.rules import (
    CaseState,
    NoticeKind,
    PartState,
    Said,
    has_changed,
    objections_together,
    verdict,
)
from trading.reviews.targets import in_chinese, labels_of, values_of

CENTRE = "公共资源交易中心"
LONGEST_REASONS = 4000


@dataclass(frozen=True, slots=True)
class Platform:
    """What agreeing to an entry needs of this installation."""

    codes: PlatformCodes
    demonstration: bool


async def hand_in(
    session: AsyncSession, project_id: UUID, *, actor: Actor, demonstration: bool, now: datetime
) -> Project:
    """Hand a draft in, and open its case in the same transaction; a case that stands still for completion goes on.

    Refuses as `entry.submit` does, with `PapersUnanswered`, and with `WorkingDaysUnknown`.
    """
    project = await entry.submit(session, project_id, actor=actor, demonstration=demonstration, now=now)
    case = await newest_case(session, project_id)
    if case is not None and case.state == CaseState.STOPPED:
        await _go_on(await hold(session, case.id), actor, now)
    else:
        await _open(session, project, case, actor, now)
    return project


async def settle(held: Held, platform: Platform, *, actor: Actor, now: datetime) -> None:
    """After a step: send the notice when all have looked, close the case when all have decided.

    An entry that can no longer be agreed to as it stands (its dates have passed meanwhile) goes back with those
    problems.
    """
    if held.case.state != CaseState.OPEN:
        return
    pending = await held.pending_items()
    if pending and all(part.looked_at is not None for part in held.waiting):
        await send_notice(held, pending, actor=actor, now=now, at=now)
        return
    match verdict(PartState(part.state) for part in held.parts):
        case CaseState.AGREED:
            await _agree(held, platform, actor, now)
        case CaseState.RETURNED:
            said = [Said(part.department_name, PartState(part.state), part.opinion) for part in held.parts]
            reasons = objections_together(said, longest=LONGEST_REASONS)
            await _close(held, CaseState.RETURNED, actor, now, {"reasons": reasons})
            await entry.return_entry(held.session, held.project.id, reasons, actor=actor, now=now)


async def send_notice(held: Held, items: list[ReviewItem], *, actor: Actor, now: datetime, at: datetime) -> None:
    """Everything that is missing goes to the officer as one notice; all clocks stand still since `at`.

    The entry goes back to be completed; the values as they are now are what a second request is compared with.
    """
    held.case.state, held.case.stopped_at = CaseState.STOPPED, at
    held.case.baseline = await values_of(held.session, held.project)
    for part in held.parts:
        part.days_left = clocks.days_left(part.began_at, part.due_at, at, held.rules)
        await held.tell(part, NoticeKind.CLOCK_STOPPED, now, items=len(items))
    for item in items:
        item.sent_at = now
    body = {"items": [{"target": item.target, "words": item.words} for item in items], "stopped_at": iso(at)}
    await held.session.flush()
    await held.record("completion_requested", actor, now, body)
    reasons = await _notice_words(held, items)
    await entry.return_entry(held.session, held.project.id, reasons, actor=actor, now=now)


async def problems_now(held: Held, *, demonstration: bool, now: datetime) -> EntryHasProblems | None:
    """What speaks against agreeing to the entry as it stands at this moment."""
    draft = await projects.draft_of(held.session, held.project.id)
    found = await entry.problems_of_draft(held.session, draft, demonstration=demonstration, now=now)
    return EntryHasProblems(len(found), found) if found else None


def begin_clock(part: ReviewPart, days: int, rules: ReviewRules, now: datetime) -> None:
    """A part's clock begins, or goes on, with so many working days; the day of `now` is not counted."""
    part.began_at, part.due_at = now, clocks.due_moment(now, days, rules)
    part.days_left = part.looked_at = part.warned_at = None


async def warn(held: Held, part: ReviewPart, now: datetime) -> bool:
    """Warn a department once its last working day is the next one; a limit that would end unwarned ends a day later.

    Without anybody to read it there is no warning, and so no silence that could be consent.
    """
    is_due = now >= clocks.warns_from(part.due_at)
    if part.department_id is None or part.warned_at is not None or not is_due:
        return False
    if not await reviewers_of(held.session, part.department_id):
        return False
    part.warned_at = now
    kind = NoticeKind.LIMIT_ENDS
    if not clocks.was_warned_in_time(now, part.due_at):
        kind, part.due_at = NoticeKind.LIMIT_MOVED, clocks.next_due_after_warning(now, held.rules)
    await held.tell(part, kind, now, due_at=part.due_at)
    return True


async def _open(
    session: AsyncSession, project: Project, before: ReviewCase | None, actor: Actor, now: datetime
) -> None:
    rules = NATIONAL
    found = await reviewing(session, ProjectKind(project.kind))
    green = project.is_green_channel
    limits = [(each.id, each.name, clocks.own_limit(days, rules, is_green=green)) for each, days in found]
    parts = [*limits, (None, CENTRE, clocks.own_limit(rules.centre_days.value, rules, is_green=green))]
    case = ReviewCase(
        id=new_id(),
        project_id=project.id,
        number=1 if before is None else before.number + 1,
        state=CaseState.OPEN,
        rules=rules.name,
        is_green_channel=green,
        opened_at=now,
        asks_until=clocks.asking_ends(now, [days for _id, _name, days in parts], rules),
        baseline=None if before is None else before.baseline,
    )
    session.add(case)
    await session.flush()
    held = Held(session, project, case, [])
    for department_id, name, days in parts:
        part = ReviewPart(
            id=new_id(),
            case_id=case.id,
            department_id=department_id,
            department_name=name,
            limit_days=days,
            state=PartState.WAITING,
        )
        begin_clock(part, days, rules, now)
        session.add(part)
        held.parts.append(part)
    await session.flush()
    for part in held.parts:
        await held.tell(part, NoticeKind.CASE_OPENED, now, due_at=part.due_at)
        await warn(held, part, now)
    await held.record("review_opened", actor, now, _facts_of(held) | {"green_channel": green})


async def _go_on(held: Held, actor: Actor, now: datetime) -> None:
    case, rules = held.case, held.rules
    await _check_answered(held)
    changed = has_changed(case.baseline, await values_of(held.session, held.project))
    reopened = [part.department_name for part in held.parts if changed and part.state != PartState.WAITING]
    for part in held.parts:
        if changed and part.state != PartState.WAITING:
            part.state, part.decided_at, part.decided_by, part.opinion = PartState.WAITING, None, None, ""
        if part.state == PartState.WAITING:
            assert part.days_left is not None, "the notice kept what was left"
            begin_clock(
                part, clocks.days_after_stop(part.days_left, part.limit_days + part.extended_days, rules), rules, now
            )
    await held.session.flush()
    case.state, case.stopped_at, case.round = CaseState.OPEN, None, case.round + 1
    case.asks_until = clocks.asking_ends(
        now, [clocks.days_left(part.began_at, part.due_at, now, rules) for part in held.waiting], rules
    )
    for part in held.waiting:
        await held.tell(part, NoticeKind.CLOCK_GOES_ON, now, due_at=part.due_at)
        await warn(held, part, now)
    await held.session.flush()
    await held.record("review_goes_on", actor, now, _facts_of(held) | {"decides_anew": reopened})


async def _check_answered(held: Held) -> None:
    query = select(ReviewItem).where(ReviewItem.case_id == held.case.id, ReviewItem.round == held.case.round)
    open_papers = [item for item in await held.session.scalars(query) if is_paper(item.target) and not item.answer]
    if open_papers:
        raise PapersUnanswered(len(open_papers))


async def _agree(held: Held, platform: Platform, actor: Actor, now: datetime) -> None:
    problems = await problems_now(held, demonstration=platform.demonstration, now=now)
    if problems is None:
        await _close(held, CaseState.AGREED, actor, now, {})
        await entry.agree_to_entry(
            held.session,
            held.project.id,
            platform.codes,
            actor=actor,
            demonstration=platform.demonstration,
            now=now,
        )
        return
    with in_chinese():
        said = [f"{label}：{words}" for label, words in entry_words.problems(held.project, problems.problems).items()]
        heading = _("All departments agreed, but the entry can no longer be entered as it stands:")
    reasons = "\n".join([heading, *said])[:LONGEST_REASONS]
    await _close(held, CaseState.RETURNED, actor, now, {"reasons": reasons})
    await entry.return_entry(held.session, held.project.id, reasons, actor=actor, now=now)


async def _close(held: Held, state: CaseState, actor: Actor, now: datetime, body: dict[str, Any]) -> None:
    held.case.state, held.case.closed_at, held.case.closed_by = state, now, actor.reference
    held.case.baseline = await values_of(held.session, held.project)
    await held.session.flush()
    decided = {part.department_name: part.state for part in held.parts}
    await held.record("review_closed", actor, now, {"outcome": state.value, "parts": decided} | body)


async def _notice_words(held: Held, items: list[ReviewItem]) -> str:
    names = {part.id: part.department_name for part in held.parts}
    with in_chinese():
        labels = await labels_of(held.session, held.project)
        heading = _("Everything that is missing, told once and completely ({count} items):").format(count=len(items))
    lines = [
        f"{number}.【{names[item.part_id]}】{labels.get(item.target, item.target)}：{item.words}"
        for number, item in enumerate(items, start=1)
    ]
    text = "\n".join([heading, *lines])
    return text if len(text) <= LONGEST_REASONS else text[: LONGEST_REASONS - 1] + "…"


def _facts_of(held: Held) -> dict[str, Any]:
    parts = [{"department": part.department_name, "due_at": iso(part.due_at)} for part in held.waiting]
    return {"parts": parts, "asks_until": iso(held.case.asks_until)}

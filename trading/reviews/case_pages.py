"""The officers' page of a review: where each department stands, the centre's decision, meetings, what is missing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted, Outdated, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, form_of, language_of, only
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.rules import ProjectNotFound, ProjectState, ReasonsMissing
from trading.projects.typed_values import Wrong, read_moment
from trading.reviews import deciding, meetings, requesting
from trading.reviews.desk_pages import platform_of, review_page
from trading.reviews.lookups import newest_case, parts_of
from trading.reviews.models import ReviewCase, ReviewMeeting, ReviewPart
from trading.reviews.refusals import MeetingFactsMissing, ReasonsNeeded, ReviewNotFound
from trading.reviews.rules import CaseState, MeetingKind, PartState
from trading.settings import Settings

Page = Request[Any, Any, Any]


@get("/officer/projects/{project_id:uuid}/review", opt=only(Role.OFFICER, Role.SUPERVISOR))
async def one_review(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """Where each department stands, with the centre's own decision for another officer."""
    return await _case_page(request, session, project_id, actor, now)


@post("/officer/projects/{project_id:uuid}/review", opt=only(Role.OFFICER))
async def review_project(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """The centre's own reviewer agrees to an entry, or objects with reasons."""
    use_language(language_of(request))
    form = await form_of(request)
    platform = platform_of(settings)
    agrees, said = form.get("decision") == "agree", form.get("reasons", "")
    try:
        async with database.work() as work:
            centre = await _centre_part(work, project_id)
            if centre is None:  # handed in before there were cases
                if agrees:
                    codes, demonstration = platform.codes, platform.demonstration
                    await entry.agree_to_entry(
                        work, project_id, codes, actor=actor, demonstration=demonstration, now=now
                    )
                else:
                    await entry.return_entry(work, project_id, said, actor=actor, now=now)
            elif agrees:
                await deciding.agree(work, centre.id, said, platform, actor=actor, now=now)
            else:
                await deciding.object_to(work, centre.id, said, platform, actor=actor, now=now)
    except (Outdated, NotPermitted, ProjectNotFound):
        raise
    except Refusal as refusal:
        told = ReasonsMissing() if isinstance(refusal, ReasonsNeeded) else refusal
        errors = {"reasons": " ".join(refusal_words(told))}
        async with database.reading() as session:
            return await _case_page(request, session, project_id, actor, now, errors=errors, form=form)
    return back_to(f"/officer/projects/{project_id}/review")


@post("/officer/projects/{project_id:uuid}/review/answers", opt=only(Role.OFFICER))
async def answer_items(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """The officer in charge says for each item what is handed in."""
    form = await form_of(request)
    answers = {UUID(name[7:]): said for name, said in form.items() if name.startswith("answer-") and _is_id(name[7:])}

    async def does(work: AsyncSession) -> object:
        case = await newest_case(work, project_id)
        if case is None:
            raise ReviewNotFound
        return await requesting.answer_items(work, case.id, answers, actor=actor, now=now)

    return await _acted(request, database, project_id, actor, now, does, form=form, place="answers")


@post("/officer/projects/{project_id:uuid}/review/meetings", opt=only(Role.OFFICER))
async def call_meeting(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Call departments together."""
    form = await form_of(request)
    chosen = (await request.form()).getall("invited", [])
    invited = frozenset(UUID(each) for each in chosen if isinstance(each, str) and _is_id(each))

    async def does(work: AsyncSession) -> object:
        case, at = await newest_case(work, project_id), read_moment(form.get("at", ""))
        if case is None:
            raise ReviewNotFound
        if isinstance(at, Wrong):
            raise MeetingFactsMissing
        kind = MeetingKind.SITE_VISIT if form.get("kind") == "site_visit" else MeetingKind.JOINT_MEETING
        call = meetings.Call(kind, at, form.get("place", ""), invited)
        return await meetings.call_meeting(work, case.id, call, actor=actor, now=now)

    kept = form | {"invited": " ".join(str(each) for each in invited)}
    return await _acted(request, database, project_id, actor, now, does, form=kept, place="at")


@post("/officer/meetings/{meeting_id:uuid}/attendance", opt=only(Role.OFFICER))
async def record_attendance(
    request: Page,
    meeting_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Record who came and the minutes; who stayed away has agreed."""
    form = await form_of(request)
    chosen = (await request.form()).getall("came", [])
    came = {UUID(each) for each in chosen if isinstance(each, str) and _is_id(each)}
    async with database.reading() as session:
        project_id = await _project_of(session, meeting_id)

    async def does(work: AsyncSession) -> object:
        platform, minutes = platform_of(settings), form.get("minutes", "")
        return await meetings.record_attendance(work, meeting_id, came, minutes, platform, actor=actor, now=now)

    kept = form | {"came": " ".join(str(each) for each in came)}
    return await _acted(request, database, project_id, actor, now, does, form=kept, place="minutes")


@post("/officer/meetings/{meeting_id:uuid}/cancellation", opt=only(Role.OFFICER))
async def cancel_meeting(
    request: Page,
    meeting_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Cancel a meeting, with reasons."""
    form = await form_of(request)
    async with database.reading() as session:
        project_id = await _project_of(session, meeting_id)

    async def does(work: AsyncSession) -> object:
        return await meetings.cancel_meeting(work, meeting_id, form.get("cancel_reasons", ""), actor=actor, now=now)

    return await _acted(request, database, project_id, actor, now, does, form=form, place="cancel_reasons")


async def _acted(
    request: Page,
    database: Database,
    project_id: UUID,
    actor: Actor,
    now: datetime,
    does: Any,
    *,
    form: dict[str, str],
    place: str,
) -> Template | Redirect:
    """Do it and go back to the case; a refusal about what was typed is shown in its place, and nothing is lost."""
    use_language(language_of(request))
    try:
        async with database.work() as work:
            await does(work)
    except (Outdated, NotPermitted, ReviewNotFound):
        raise
    except Refusal as refusal:
        errors = {place: " ".join(refusal_words(refusal))}
        async with database.reading() as session:
            return await _case_page(request, session, project_id, actor, now, errors=errors, form=form)
    return back_to(f"/officer/projects/{project_id}/review")


async def _case_page(
    request: Page,
    session: AsyncSession,
    project_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Template:
    project = await projects.get_project(session, project_id)
    if project.officer_id is None:
        raise ProjectNotFound
    case = await newest_case(session, project_id)
    is_own = project.officer_id == actor.account_id
    other = actor.has(Role.OFFICER) and not is_own
    part = await _centre_part(session, project_id) if other else None
    runs = case is not None and case.state == CaseState.OPEN
    return await review_page(
        request,
        session,
        project,
        case,
        now,
        part=part if part is not None and part.state == PartState.WAITING else None,
        errors=errors,
        form=form,
        is_own=is_own,
        may_call=other and runs,
        may_record=other,
        may_decide_alone=other and case is None and project.state == ProjectState.SUBMITTED,
    )


async def _centre_part(session: AsyncSession, project_id: UUID) -> ReviewPart | None:
    """The centre's own part in the running case of a project."""
    case = await newest_case(session, project_id)
    if case is None or CaseState(case.state).is_closed:
        return None
    parts = (await parts_of(session, [case]))[case.id]
    return next(part for part in parts if part.department_id is None)


async def _project_of(session: AsyncSession, meeting_id: UUID) -> UUID:
    meeting = await session.get(ReviewMeeting, meeting_id)
    if meeting is None:
        raise ReviewNotFound
    return (await session.get_one(ReviewCase, meeting.case_id)).project_id


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


handlers = [one_review, review_project, answer_items, call_meeting, record_attendance, cancel_meeting]

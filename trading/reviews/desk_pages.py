"""The pages of a department's reviewer: what waits by time left, one entry with its data beside the decision."""

from collections.abc import Awaitable, Callable
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
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.service import PlatformCodes
from trading.reviews import deciding, requesting
from trading.reviews.cases import Platform
from trading.reviews.holding import check_acts_for
from trading.reviews.lookups import decided_parts_of, department_of, get_part, notices_of, open_parts_of
from trading.reviews.models import ReviewCase, ReviewItem, ReviewPart
from trading.reviews.refusals import (
    ApproverMissing,
    ExtensionUnlawful,
    ItemPointsNowhere,
    ItemWordsMissing,
    ReviewNotFound,
)
from trading.reviews.showing import notice_text, part_row, review_context
from trading.settings import Settings

Page = Request[Any, Any, Any]
REVIEWERS = only(Role.REVIEWER, Role.OFFICER)
_NOT_AN_OFFICER = {"is_own": False, "may_call": False, "may_record": False, "may_decide_alone": False}


def platform_of(settings: Settings) -> Platform:
    """What agreeing to an entry needs of this installation."""
    codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
    return Platform(codes, demonstration=settings.demonstration)


@get("/reviewer", opt=only(Role.REVIEWER))
async def reviewer_desk(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What waits for the reviewer's department, the least time left first; what it was told, and decided last."""
    use_language(language_of(request))
    department = await department_of(session, actor)
    if department is None:
        return page(request, "reviews/desk.html", department=None)
    waiting = [
        (await part_row(session, part, case, now), case, project)
        for part, case, project in await open_parts_of(session, department.id)
    ]
    decided = [
        (await part_row(session, part, case, now), project)
        for part, case, project in await decided_parts_of(session, department.id)
    ]
    told = [
        (notice, part, notice_text(notice.kind, notice.facts, project.title))
        for notice, part, project in await notices_of(session, department.id)
    ]
    return page(request, "reviews/desk.html", department=department, waiting=waiting, decided=decided, told=told)


@get("/reviewer/parts/{part_id:uuid}", opt=REVIEWERS)
async def one_part(
    request: Page,
    part_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """One entry with its data beside the decision."""
    return await part_page(request, session, part_id, actor, now)


@post("/reviewer/parts/{part_id:uuid}/decision", opt=REVIEWERS)
async def decide(
    request: Page,
    part_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Agree, or object with reasons."""
    form = await form_of(request)
    use_case = deciding.agree if form.get("decision") == "agree" else deciding.object_to

    async def does(work: AsyncSession) -> ReviewPart:
        return await use_case(work, part_id, form.get("opinion", ""), platform_of(settings), actor=actor, now=now)

    return await _acted(request, database, part_id, actor, now, does, form=form, field="opinion")


@post("/reviewer/parts/{part_id:uuid}/extension", opt=only(Role.REVIEWER))
async def extend_limit(
    request: Page,
    part_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Extend the department's limit, once."""
    form = await form_of(request)

    async def does(work: AsyncSession) -> ReviewPart:
        days, reasons, head = (form.get(name, "") for name in ("days", "extension_reasons", "approver"))
        return await deciding.extend(work, part_id, days, reasons, head, actor=actor, now=now)

    return await _acted(request, database, part_id, actor, now, does, form=form, field="extension_reasons")


@post("/reviewer/parts/{part_id:uuid}/items", opt=REVIEWERS)
async def ask_for_completion(
    request: Page,
    part_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Put something that is missing on the list."""
    form = await form_of(request)

    async def does(work: AsyncSession) -> ReviewItem:
        target, words = form.get("target", ""), form.get("words", "")
        return await requesting.add_item(work, part_id, target, words, actor=actor, now=now)

    return await _acted(request, database, part_id, actor, now, does, form=form, field="target")


@post("/reviewer/parts/{part_id:uuid}/looked", opt=REVIEWERS)
async def finish_looking(
    request: Page,
    part_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """The papers are looked through: nothing more is missing."""

    async def does(work: AsyncSession) -> ReviewPart:
        return await requesting.finish_looking(work, part_id, platform_of(settings), actor=actor, now=now)

    return await _acted(request, database, part_id, actor, now, does, form={}, field="")


@post("/reviewer/items/{item_id:uuid}/removal", opt=REVIEWERS)
async def take_item_back(
    item_id: FromPath[UUID],
    database: NamedDependency[Database],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take something off the list before the notice goes out."""
    async with database.work() as work:
        part = await requesting.take_item_back(work, item_id, actor=actor, now=now)
    return back_to(await _page_of(session, part.id, actor))


async def part_page(
    request: Page,
    session: AsyncSession,
    part_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Template:
    """The page on which a part is decided. Refuses as `check_acts_for` does; the officer in charge reads elsewhere."""
    part, case = await get_part(session, part_id)
    project = await projects.get_project(session, case.project_id)
    await check_acts_for(session, part, project, actor)
    return await review_page(request, session, project, case, now, part=part, errors=errors, form=form)


async def review_page(
    request: Page,
    session: AsyncSession,
    project: Project,
    case: ReviewCase | None,
    now: datetime,
    *,
    part: ReviewPart | None = None,
    **shown: Any,
) -> Template:
    """Everything about a project's review; with a part, also what its reviewer can do."""
    use_language(language_of(request))
    errors, form = shown.pop("errors", None) or {}, shown.pop("form", None) or {}
    context = await review_context(session, project, case, now)
    row = None if part is None else next(row for row in context["rows"] if row.part.id == part.id)
    may_ask = row is not None and case is not None and row.runs and row.part.looked_at is None and now < case.asks_until
    own = [] if row is None else [one for one in context["items"] if one.item.part_id == row.part.id]
    return page(
        request,
        "reviews/review.html",
        status_code=422 if errors else 200,
        row=row,
        own_items=[one for one in own if one.item.sent_at is None],
        may_ask=may_ask,
        errors=errors,
        values=form,
        **(_NOT_AN_OFFICER | context | shown),
    )


async def _acted(
    request: Page,
    database: Database,
    part_id: UUID,
    actor: Actor,
    now: datetime,
    does: Callable[[AsyncSession], Awaitable[object]],
    *,
    form: dict[str, str],
    field: str,
) -> Template | Redirect:
    """Do it and go back to the page; a refusal about what was typed is shown beside its field, and nothing is lost."""
    use_language(language_of(request))
    try:
        async with database.work() as work:
            await does(work)
    except (Outdated, NotPermitted, ReviewNotFound):
        raise
    except Refusal as refusal:
        places = {
            ExtensionUnlawful: "days",
            ApproverMissing: "approver",
            ItemPointsNowhere: "target",
            ItemWordsMissing: "words",
        }
        words = " ".join(refusal_words(refusal))
        async with database.reading() as session:
            errors = {places.get(type(refusal), field): words}
            return await part_page(request, session, part_id, actor, now, errors=errors, form=form)
    async with database.reading() as session:
        return back_to(await _page_of(session, part_id, actor))


async def _page_of(session: AsyncSession, part_id: UUID, actor: Actor) -> str:
    """Where somebody goes on after a step: the centre's officer to the case, a department's reviewer to its part."""
    part, case = await get_part(session, part_id)
    if part.department_id is None:
        return f"/officer/projects/{case.project_id}/review"
    return f"/reviewer/parts/{part_id}"


handlers = [reviewer_desk, one_part, decide, extend_limit, ask_for_completion, finish_looking, take_item_back]

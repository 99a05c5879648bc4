"""Pages of the officers: my projects, entering one, and reviewing those of others.

Publishing an entered project has its page in `trading.publication.routes`.
"""

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
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.ids import new_id
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.projects import copying, desk, entering, entry, form_pages, second_round, service
from trading.projects.kinds.judging import Judged
from trading.projects.kinds.selections import SELECTION_WARNING
from trading.projects.presenting import errors_by_field
from trading.projects.rules import ProjectKind, ProjectState
from trading.projects.second_round_rules import SecondRoundUnreadable
from trading.projects.service import draft_of, get_lot, get_project
from trading.projects.typed_values import Wrong, read_amount
from trading.settings import Settings

Page = Request[Any, Any, Any]


@get("/officer/projects", opt=only(Role.OFFICER))
async def my_projects(
    request: Page,
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What an officer is in charge of, with what is missing and what comes next."""
    use_language(language_of(request))
    rows = await desk.my_projects(session, actor, demonstration=settings.demonstration, now=now)
    waiting = await desk.to_review(session, actor)
    count = sum(not row.is_own for row in waiting)
    return page(request, "projects/list.html", rows=rows, waiting=count, kind_words=entering.kind_words())


@get("/officer/reviews", opt=only(Role.OFFICER))
async def reviews(request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
    """The entries that wait for a reviewer."""
    return page(request, "projects/reviews.html", rows=await desk.to_review(session, actor))


@get("/officer/projects/new/{kind:str}", opt=only(Role.OFFICER))
async def new_project(request: Page, kind: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    """An empty form of a kind. Its project gets its identifier here, so that sending it twice makes one project."""
    known = entry.kind_named(kind)
    values = form_pages.fresh_form(known, demonstration=settings.demonstration)
    return _form_page(request, settings, new_id(), known, values=values, is_new=True)


@get("/officer/projects/{project_id:uuid}", opt=only(Role.OFFICER))
async def one_project(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """A project as officers see it: the form while it is the officer's own draft, else the whole of it to read."""
    use_language(language_of(request))
    project = await get_project(session, project_id)
    if project.state == ProjectState.DRAFT and project.officer_id == actor.account_id:
        draft = await draft_of(session, project_id)
        problems = await entry.problems_of_draft(session, draft, demonstration=settings.demonstration, now=now)
        shown = await form_pages.drafting(session, project, draft)
        missing, kind = errors_by_field(problems), ProjectKind(project.kind)
        return _form_page(request, settings, project_id, kind, values=draft.form, missing=missing, **shown)
    return await _overview_page(request, session, project_id, settings, actor, now)


@post("/officer/projects/{project_id:uuid}", opt=only(Role.OFFICER))
async def keep_project(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Keep what was typed; with `then=submit` also hand it in. What is wrong is told beside its field, all at once."""
    use_language(language_of(request))
    form = form_pages.with_lots_changed(await form_of(request))
    demonstration = settings.demonstration
    async with database.work() as work:
        judged = await entry.save_draft(work, project_id, form, actor=actor, demonstration=demonstration, now=now)
    if form.get("then") != "submit" and not _would_lose(judged):
        return back_to(f"/officer/projects/{project_id}{form_pages.anchor_of(form)}")
    if judged.problems:
        async with database.reading() as session:
            project = await get_project(session, project_id)
            shown = await form_pages.drafting(session, project, await draft_of(session, project_id))
        errors, kind = errors_by_field(judged.problems), ProjectKind(project.kind)
        return _form_page(request, settings, project_id, kind, values=form, errors=errors, **shown)
    async with database.work() as work:
        await request.app.state.hand_in(work, project_id, actor=actor, demonstration=demonstration, now=now)
    return back_to(f"/officer/projects/{project_id}")


@post("/officer/projects/{project_id:uuid}/take-back", opt=only(Role.OFFICER))
async def take_entry_back(
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take an unpublished entry back for correction."""
    async with database.work() as work:
        await entry.take_back(work, project_id, actor=actor, now=now)
    return back_to(f"/officer/projects/{project_id}")


@post("/officer/lots/{lot_id:uuid}/reserve", opt=only(Role.OFFICER))
async def seal_reserve(
    request: Page,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Seal the reserve price of an entered lot in its window, or replace the one sealed before."""
    typed = (await form_of(request)).get("reserve_price", "")
    async with database.work() as work:
        lot = await get_lot(work, lot_id)
        await service.seal_reserve(work, lot_id, typed, actor=actor, now=now)
    return back_to(f"/officer/projects/{lot.project_id}#reserve-{lot.number}")


@post("/officer/lots/{lot_id:uuid}/reserve/waiver", opt=only(Role.OFFICER))
async def waive_reserve(
    request: Page,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Decide that a lot whose announced reserve was never sealed is sold without one."""
    reasons = (await form_of(request)).get("waiver_reasons", "")
    async with database.work() as work:
        lot = await get_lot(work, lot_id)
        await service.waive_reserve(work, lot_id, reasons, actor=actor, now=now)
    return back_to(f"/officer/projects/{lot.project_id}#reserve-{lot.number}")


@post("/officer/lots/{lot_id:uuid}/second-round", opt=only(Role.OFFICER))
async def begin_second_round(
    request: Page,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin the second round of a lot that nobody bid for; its draft is the next page."""
    starting = read_amount((await form_of(request)).get("starting_price", ""))
    if isinstance(starting, Wrong):
        raise SecondRoundUnreadable
    async with database.work() as work:
        begun = await second_round.begin_second_round(
            work, lot_id, starting, actor=actor, demonstration=settings.demonstration, now=now
        )
    return back_to(f"/officer/projects/{begun}")


def _would_lose(judged: Judged) -> bool:
    """Whether something typed is not kept in the draft: a reserve price that could not be sealed."""
    return any(problem.field == "reserve_price" for problem in judged.problems)


def _form_page(request: Page, settings: Settings, project_id: UUID, kind: ProjectKind, **shown: Any) -> Template:
    use_language(language_of(request))
    context = form_pages.form_context(kind, shown["values"], demonstration=settings.demonstration) | shown
    status = 422 if context["errors"] else 200
    return page(request, "projects/form.html", status_code=status, project_id=project_id, **context)


async def _overview_page(
    request: Page,
    session: AsyncSession,
    project_id: UUID,
    settings: Settings,
    actor: Actor,
    now: datetime,
) -> Template:
    shown = await desk.overview(session, project_id, actor, demonstration=settings.demonstration, now=now)
    shown["may_copy"] = await copying.may_copy(session, shown["project"], actor)
    shown["selection_warning"] = _(SELECTION_WARNING)
    return page(request, "projects/overview.html", **shown)


handlers = [
    my_projects,
    reviews,
    *entering.handlers,
    new_project,
    one_project,
    keep_project,
    take_entry_back,
    seal_reserve,
    waive_reserve,
    begin_second_round,
]

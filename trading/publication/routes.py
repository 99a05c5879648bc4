"""Public pages of announcements, projects and lots, and the officer's page from which a sale is published."""

from datetime import date, datetime
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
from trading.kernel.web import PUBLIC, back_to, form_of, language_of, only, page
from trading.projects import service as projects
from trading.projects.presenting import errors_by_field, field_labels, shown_terms
from trading.projects.rules import EntryHasProblems, LotNotFound, ProjectNotFound, ProjectState
from trading.publication import service, showing
from trading.publication.rules import AnnouncementKind
from trading.publication.service import Search

Page = Request[Any, Any, Any]


@get("/announcements", opt=PUBLIC)
async def announcements(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """The list of announcements with its search; the filters are in the address."""
    use_language(language_of(request))
    search, errors = _search_of(request.query_params)
    found = await service.find(session, search)
    shown = showing.search_page(search, found)
    shown["values"] |= {name: request.query_params.get(name, "") for name in errors}
    return page(request, "publication/announcements.html", errors=errors, **shown)


@get("/announcements/{announcement_id:uuid}", opt=PUBLIC)
async def one_announcement(
    request: Page, announcement_id: FromPath[UUID], session: NamedDependency[AsyncSession]
) -> Template:
    """One announcement, rendered from its frozen facts."""
    use_language(language_of(request))
    announcement = await service.get_announcement(session, announcement_id)
    return page(
        request,
        "publication/announcement.html",
        announcement=announcement,
        facts=showing.shown_facts(announcement),
        kind_of_announcement=showing.kind_words(announcement.kind),
        corrections=await service.corrections_of(session, announcement_id),
    )


@get("/projects/{project_id:uuid}", opt=PUBLIC)
async def public_project(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """A project on one timeline, from its entry to its dossier."""
    use_language(language_of(request))
    project = await projects.get_public_project(session, project_id)
    return page(request, "publication/project.html", **await showing.project_page(session, project, now))


@get("/lots/{lot_id:uuid}", opt=PUBLIC)
async def public_lot(
    request: Page,
    lot_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """A lot: money, dates, and what one can do with it now."""
    use_language(language_of(request))
    lot = await projects.get_lot(session, lot_id)
    try:
        project = await projects.get_public_project(session, lot.project_id)
    except ProjectNotFound:
        raise LotNotFound from None
    actor: Actor | None = request.scope["state"].get("actor")
    shown = await showing.lot_page(session, project, lot, actor, now)
    return page(request, "publication/lot.html", **shown)


@get("/officer/projects/{project_id:uuid}/announcement", opt=only(Role.OFFICER))
async def preview(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Template | Redirect:
    """The sale announcement as the public will see it, before it is published."""
    project = await projects.get_project(session, project_id)
    if project.state != ProjectState.ENTERED:
        return back_to(f"/officer/projects/{project_id}")
    return await _preview_page(request, session, project_id, actor, {})


@post("/officer/projects/{project_id:uuid}/announcement", opt=only(Role.OFFICER))
async def publish_announcement(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Publish the sale. When its periods have become too short meanwhile, nothing is published and all is told."""
    await form_of(request)
    try:
        async with database.work() as work:
            published = await service.publish_sale(work, project_id, actor=actor, now=now)
    except EntryHasProblems as refusal:
        use_language(language_of(request))
        async with database.reading() as session:
            return await _preview_page(request, session, project_id, actor, errors_by_field(refusal.problems))
    return back_to(f"/announcements/{published[0].id}")


async def _preview_page(
    request: Page, session: AsyncSession, project_id: UUID, actor: Actor, problems: dict[str, str]
) -> Template:
    use_language(language_of(request))
    project = await projects.get_project(session, project_id)
    lots = await projects.lots_of(session, project_id)
    return page(
        request,
        "publication/preview.html",
        status_code=422 if problems else 200,
        project=project,
        drafts=[shown_terms(await service.sale_facts(session, project, lot)) for lot in lots],
        problems=problems,
        labels=field_labels(),
        is_own=project.officer_id == actor.account_id,
    )


def _search_of(typed: Any) -> tuple[Search, dict[str, str]]:
    """What was looked for, and what of it could not be understood; that part is left out of the search."""
    errors = {}
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        days[name] = _day(typed.get(name, ""))
        if typed.get(name) and days[name] is None:
            errors[name] = _("Choose a day, for example 2026-11-23.")
    kind = typed.get("kind", "")
    number = typed.get("page", "1")
    search = Search(
        typed=typed.get("q", "").strip()[:100],
        kind=AnnouncementKind(kind) if kind in set(AnnouncementKind) else None,
        first_day=days["from"],
        last_day=days["to"],
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 1,
    )
    return search, errors


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


handlers = [announcements, one_announcement, public_project, public_lot, preview, publish_announcement]

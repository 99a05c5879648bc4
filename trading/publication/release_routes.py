"""Pages of the officers: prepare an announcement, release it as another officer, call it back."""

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
from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import back_to, form_of, language_of, only, page, status_of
from trading.projects import service as projects
from trading.projects.presenting import errors_by_field, field_labels
from trading.projects.rules import EntryHasProblems, ProjectState
from trading.projects.typed_values import REQUIRED
from trading.publication import fact_words, release_pages, releases, releasing
from trading.publication.drafting import OPENING, is_offered
from trading.publication.kind_types import AnnouncementKind
from trading.publication.release_rules import (
    AnnouncementHasProblems,
    KindNotOffered,
    MomentNotAhead,
    ReturnReasonsMissing,
    fields_of,
)
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementIncomplete

Page = Request[Any, Any, Any]
OFFICERS = only(Role.OFFICER)


@get("/officer/announcements", opt=OFFICERS)
async def announcements_to_release(
    request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """What waits for me to release, what I prepared, and what is set for a moment."""
    use_language(language_of(request))
    return page(request, "publication/releases.html", **await release_pages.lists(session, actor))


@get("/officer/projects/{project_id:uuid}/announcement", opt=OFFICERS)
async def first_announcement(project_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Redirect:
    """To the announcement with which the project becomes public: the one on its way, else the form of the next."""
    project = await projects.get_project(session, project_id)
    if project.state != ProjectState.ENTERED:
        return back_to(f"/officer/projects/{project_id}")
    for release in await releases.on_their_way(session, project_id=project_id):
        return back_to(f"/officer/announcements/{release.id}")
    usual = next((kind for kind in (AnnouncementKind.SALE, AnnouncementKind.TENDER) if is_offered(kind, project)), None)
    return back_to(f"/officer/projects/{project_id}/announcements/new" + ("" if usual is None else f"?kind={usual}"))


@get("/officer/projects/{project_id:uuid}/announcements/new", opt=OFFICERS)
async def new_announcement(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """Choose a kind of announcement, then fill in what only it needs."""
    asked = request.query_params
    kind, follows = asked.get("kind", ""), _uuid(asked.get("follows", ""))
    project = await projects.get_project(session, project_id)
    use_language(language_of(request))
    if kind not in set(AnnouncementKind) or not is_offered(AnnouncementKind(kind), project):
        shown = await release_pages.choice(session, project)
        return page(request, "publication/choose_kind.html", is_own=project.officer_id == actor.account_id, **shown)
    release = _uuid(asked.get("release", ""))
    values = {} if release is None else dict((await releases.get_release(session, release)).typed)
    draft = Draft(AnnouncementKind(kind), values, follows)
    return await _form_page(request, session, project_id, draft, actor, now, release=release)


@post("/officer/projects/{project_id:uuid}/announcements", opt=OFFICERS)
async def prepare_announcement(
    request: Page,
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Look at what the announcement would say, or hand it over to be released by another officer."""
    typed = await form_of(request)
    kind = typed.pop("kind", "")
    if kind not in set(AnnouncementKind):
        raise KindNotOffered
    follows, lot, release = (_uuid(typed.pop(name, "")) for name in ("follows", "lot", "release"))
    wants_preview = typed.pop("action", "") == "preview"
    draft = Draft(AnnouncementKind(kind), typed, follows, lot)
    use_language(language_of(request))
    if wants_preview:
        async with database.reading() as session:
            return await _form_page(request, session, project_id, draft, actor, now, release=release, looks=True)
    try:
        async with database.work() as work:
            made = await releasing.prepare(work, project_id, draft, actor=actor, now=now, release_id=release)
    except (NotFound, NotPermitted, Outdated):
        raise
    except Refusal as refusal:
        async with database.reading() as session:
            return await _form_page(request, session, project_id, draft, actor, now, release=release, refusal=refusal)
    return back_to(f"/officer/announcements/{made.id}")


@get("/officer/announcements/{release_id:uuid}", opt=OFFICERS)
async def one_release(
    request: Page,
    release_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """A prepared announcement beside what the project says."""
    return await _release_page(request, session, release_id, actor, now)


@post("/officer/announcements/{release_id:uuid}/release", opt=OFFICERS)
async def release_announcement(
    request: Page,
    release_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Release it, at once or at a moment."""
    typed = await form_of(request)
    publish_at = typed.get("publish_at", "") if typed.get("when") == "later" else ""
    try:
        if typed.get("when") == "later" and not publish_at:
            raise MomentNotAhead
        async with database.work() as work:
            await releasing.release_at(
                work, release_id, typed_moment=publish_at, seen=typed.get("seen", ""), actor=actor, now=now
            )
    except (NotFound, NotPermitted):
        raise
    except Refusal as refusal:
        async with database.reading() as session:
            return await _release_page(request, session, release_id, actor, now, refusal=refusal, values=typed)
    return back_to(f"/officer/announcements/{release_id}")


@post("/officer/announcements/{release_id:uuid}/return", opt=OFFICERS)
async def return_announcement(
    request: Page,
    release_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Give it back to whoever prepared it, with reasons."""
    typed = await form_of(request)
    try:
        async with database.work() as work:
            await releasing.return_to_preparer(work, release_id, typed.get("reasons", ""), actor=actor, now=now)
    except ReturnReasonsMissing as refusal:
        async with database.reading() as session:
            return await _release_page(request, session, release_id, actor, now, refusal=refusal, values=typed)
    return back_to("/officer/announcements")


@post("/officer/announcements/{release_id:uuid}/call-back", opt=OFFICERS)
async def call_back_announcement(
    release_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take it back before it is published."""
    async with database.work() as work:
        await releasing.call_back(work, release_id, actor=actor, now=now)
    return back_to("/officer/announcements")


async def _form_page(
    request: Page,
    session: AsyncSession,
    project_id: UUID,
    draft: Draft,
    actor: Actor,
    now: datetime,
    *,
    release: UUID | None = None,
    looks: bool = False,
    refusal: Refusal | None = None,
) -> Template:
    use_language(language_of(request))
    project = await projects.get_project(session, project_id)
    shown = await release_pages.form(session, project, draft.kind, draft.follows)
    previews: list[release_pages.Preview] = []
    moved: list[dict[str, Any]] = []
    if refusal is None and (looks or not shown["fields"]):
        try:
            previews, moved = await release_pages.draft_previews(session, project, draft, now)
        except Refusal as found:
            refusal = found
    errors, elsewhere = _faults(refusal, draft.kind)
    return page(
        request,
        "publication/prepare.html",
        status_code=422 if refusal is not None else 200,
        values={**draft.typed, "lot": "" if draft.lot_id is None else str(draft.lot_id)},
        errors=errors,
        refusal=None if refusal is None or (errors and not elsewhere) else refusal_words(refusal),
        elsewhere=elsewhere,
        late=_late(refusal),
        opens=draft.kind in OPENING,
        is_own=project.officer_id == actor.account_id,
        previews=previews,
        moved=moved,
        release_id=release,
        **shown,
    )


def _faults(refusal: Refusal | None, kind: AnnouncementKind) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What is wrong by the field of the form; and the facts that the project lacks, by name with their label."""
    if isinstance(refusal, AnnouncementHasProblems):
        return errors_by_field(refusal.problems), []
    if not isinstance(refusal, AnnouncementIncomplete):
        return {}, []
    fields = {field.fact: field.name for field in fields_of(kind)}
    errors = {fields[name]: gettext(REQUIRED) for name in refusal.names if name in fields}
    return errors, [(name, fact_words.label(name)) for name in refusal.names if name not in fields]


def _late(refusal: Refusal | None) -> dict[str, str]:
    """The periods of the entry that have become too short, by the names of their fields."""
    if not isinstance(refusal, EntryHasProblems):
        return {}
    labels = field_labels()
    return {labels.get(name, name): words for name, words in errors_by_field(refusal.problems).items()}


async def _release_page(
    request: Page,
    session: AsyncSession,
    release_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
) -> Template:
    use_language(language_of(request))
    release = await releases.get_release(session, release_id)
    shown = await release_pages.release_page(session, release, actor, now)
    problem = shown.pop("problem")
    return page(
        request,
        "publication/release.html",
        status_code=200 if refusal is None else status_of(refusal),
        refusal=None if refusal is None else refusal_words(refusal),
        faults=_told(refusal, AnnouncementKind(release.kind)),
        late=_late(refusal),
        problem=None if problem is None else refusal_words(problem),
        values=values or {"when": "now"},
        **shown,
    )


def _told(refusal: Refusal | None, kind: AnnouncementKind) -> list[str]:
    """What is wrong with what was prepared, for whoever reads it and has no form: each fault by its label."""
    labels = {field.name: gettext(field.label) for field in fields_of(kind)}
    return [f"{labels.get(name, name)}{gettext(': ')}{words}" for name, words in _faults(refusal, kind)[0].items()]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


handlers = [
    announcements_to_release,
    first_announcement,
    new_announcement,
    prepare_announcement,
    one_release,
    release_announcement,
    return_announcement,
    call_back_announcement,
]

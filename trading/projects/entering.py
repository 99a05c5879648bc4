"""Pages by which projects begin: choosing a kind, copying an earlier project, importing several from a workbook."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, language_of, only, page
from trading.projects.copying import copy_project, projects_to_copy
from trading.projects.entry import kind_named
from trading.projects.importing import ImportReport, import_rows
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.presenting import PROJECT_KINDS
from trading.projects.rules import ProjectKind
from trading.projects.workbook_checks import MOST_BYTES, MOST_ROWS, NotAWorkbook
from trading.projects.workbooks import read_workbook, template_workbook
from trading.settings import Settings

Page = Request[Any, Any, Any]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROOM_FOR_FORM = 64 * 1024


def kind_words() -> dict[str, str]:
    """What each kind of project is called, in the language of the request."""
    return {kind.value: _(words) for kind, words in PROJECT_KINDS.items()}


@get("/officer/projects/new", opt=only(Role.OFFICER))
async def choose_kind(request: Page) -> Template:
    """The kinds of projects, each with a sentence on what it is for."""
    return page(request, "projects/new.html", kinds=list(KIND_FORMS.values()))


@get("/officer/projects/copy", opt=only(Role.OFFICER))
async def choose_copy(request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
    """The earlier projects that this officer may copy."""
    use_language(language_of(request))
    words, typed = request.query_params.get("q", "").strip()[:120], request.query_params.get("kind", "")
    kind = ProjectKind(typed) if typed in set(ProjectKind) else None
    return page(
        request,
        "projects/copy.html",
        rows=await projects_to_copy(session, actor, words=words.replace("\x00", ""), kind=kind),
        values={"q": words, "kind": typed},
        kind_words=kind_words(),
        kind_options=[("", _("All kinds")), *kind_words().items()],
    )


@post("/officer/projects/{project_id:uuid}/copy", opt=only(Role.OFFICER))
async def copy(
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin a draft like an earlier project; the draft is the next page."""
    async with database.work() as work:
        begun = await copy_project(work, project_id, actor=actor, demonstration=settings.demonstration, now=now)
    return back_to(f"/officer/projects/{begun}")


@get("/officer/projects/import/{kind:str}/download", opt=only(Role.OFFICER))
async def template(request: Page, kind: FromPath[str], settings: NamedDependency[Settings]) -> Response[bytes]:
    """The workbook of a kind, to be filled in."""
    use_language(language_of(request))
    known = kind_named(kind)
    content = template_workbook(known, demonstration=settings.demonstration)
    name = quote(f"{_(KIND_FORMS[known].name)}.xlsx", safe="")
    headers = {"content-disposition": f"attachment; filename=\"{known.value}.xlsx\"; filename*=UTF-8''{name}"}
    return Response(content, media_type=_XLSX, headers=headers)


@get("/officer/projects/import/{kind:str}", opt=only(Role.OFFICER))
async def import_page(request: Page, kind: FromPath[str]) -> Template:
    """Where a filled-in workbook is handed over."""
    return _import_page(request, kind_named(kind))


@post("/officer/projects/import/{kind:str}", opt=only(Role.OFFICER), request_max_body_size=MOST_BYTES + _ROOM_FOR_FORM)
async def import_workbook(
    request: Page,
    kind: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """Make drafts of the rows of a workbook, and tell what came of each."""
    use_language(language_of(request))
    known, demonstration = kind_named(kind), settings.demonstration
    try:
        content = await _uploaded(request)
        rows = await asyncio.to_thread(read_workbook, content, known, demonstration=demonstration)
    except Refusal as refusal:
        return _import_page(request, known, refusal=refusal)
    async with database.work() as work:
        report = await import_rows(work, known, rows, actor=actor, demonstration=demonstration, now=now)
    return _import_page(request, known, report=report)


async def _uploaded(request: Page) -> bytes:
    uploaded = (await request.form()).get("workbook")
    if not isinstance(uploaded, UploadFile):
        raise NotAWorkbook
    return await uploaded.read(MOST_BYTES + 1)


def _import_page(
    request: Page, kind: ProjectKind, *, report: ImportReport | None = None, refusal: Refusal | None = None
) -> Template:
    use_language(language_of(request))
    return page(
        request,
        "projects/import.html",
        status_code=200 if refusal is None else 422,
        kind=kind.value,
        kind_name=_(KIND_FORMS[kind].name),
        report=report,
        refusal=None if refusal is None else refusal_words(refusal),
        megabytes=MOST_BYTES // 2**20,
        most_rows=MOST_ROWS,
    )


handlers = [choose_kind, choose_copy, copy, template, import_page, import_workbook]

"""Pages of the archive: find a dossier, look into it, take it away; read a document; check one in public."""

import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from archive import files, service
from archive.sources import Search, Sources
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.typed import page_number
from trading.kernel.web import PUBLIC, SIGNED_IN, only, page
from trading.settings import Settings

AUDIENCE = only(Role.AUDITOR, Role.SUPERVISOR)


@get("/archive", opt=AUDIENCE)
async def list_dossiers(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Search with facets; the whole search stands in the address."""
    search = _search_from(request)
    found = await _sources(request).search(session, search)
    return page(request, "archive/list.html", search=search, found=found, address=_address(search))


@get("/archive/{project_id:uuid}", opt=AUDIENCE)
async def show_dossier(
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Template:
    """What a dossier holds, what it lacks, and whether its journal is whole. The look is recorded."""
    async with database.work() as session:
        view = await service.view_dossier(session, project_id, _sources(request))
        now = await database_clock(session)
        await record_look(session, "dossier", f"project:{project_id}", actor=actor, now=now)
    return page(request, "archive/dossier.html", view=view)


@get("/archive/{project_id:uuid}/download", opt=AUDIENCE)
async def download_dossier(
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Hand the bundle out. The download is recorded before the first byte leaves."""
    async with database.work() as session:
        now = await database_clock(session)
        bundle = await service.hand_out_dossier(
            session, project_id, _sources(request), centre_name=settings.centre_name, actor=actor, now=now
        )
    return _file(bundle.content, bundle.file_name, "application/zip", attached=True)


@get("/documents/{document_id:uuid}", opt=SIGNED_IN)
async def show_document(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """A filed document, for the centre's people and for those who had a part in the lot."""
    document = await service.get_document(session, document_id)
    await service.check_may_read(session, document, actor, _sources(request))
    content = await service.read_document(document)
    name = f"{document.title}{mimetypes.guess_extension(document.media_type) or ''}"
    return _file(content, name, document.media_type, attached=False)


@get("/verify", opt=PUBLIC)
async def ask_for_code(request: Request[Any, Any, Any]) -> Template | Redirect:
    """A form for the code that is printed on a document."""
    code = request.query_params.get("code", "").strip()
    if code:
        return Redirect(path=f"/verify/{quote(code, safe='')}", status_code=303)
    return page(request, "archive/verify.html", code="", documents=[], deal=None)


@get("/verify/{code:str}", opt=PUBLIC)
async def verify_document(
    request: Request[Any, Any, Any], code: FromPath[str], session: NamedDependency[AsyncSession]
) -> Template:
    """The facts behind a document and its SHA-256; a file is compared in the browser and never sent."""
    try:
        documents = await service.documents_behind(session, code)
    except service.CodeUnknown:
        return page(request, "archive/verify.html", status_code=404, code=code[:40], documents=[], deal=None)
    deal = await _sources(request).deal_facts(session, documents[0])
    return page(request, "archive/verify.html", code=documents[0].verification_code, documents=documents, deal=deal)


handlers = [list_dossiers, show_dossier, download_dossier, show_document, ask_for_code, verify_document]


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the file store of this installation."""
    files.use_folder(app.state.settings.data_folder / "files")
    yield


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """File the concluded projects whose dossiers have no gaps."""
    database: Database = app.state.database

    async def file_complete_dossiers() -> None:
        async with database.work() as session:
            now = await database_clock(session)
            await app.state.dossier_sources.file_complete(session, actor=Actor.system("archive"), now=now)

    return [("file_complete_dossiers", 30, file_complete_dossiers)]


def _sources(request: Request[Any, Any, Any]) -> Sources:
    sources: Sources = request.app.state.dossier_sources
    return sources


def _search_from(request: Request[Any, Any, Any]) -> Search:
    typed = request.query_params
    return Search(
        words=typed.get("words", "").strip()[:100],
        kind=typed.get("kind", "")[:40],
        state=typed.get("state", "")[:40],
        first_day=_day(typed.get("from", "")),
        last_day=_day(typed.get("to", "")),
        page=page_number(typed.get("page", "")),
    )


def _day(text: str) -> date | None:
    # A day that cannot be read is no filter: the page shows the field empty.
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _address(search: Search) -> Any:
    """Gives the address of this search with some of its parts changed."""

    def address(**changes: Any) -> str:
        changed = replace(search, **{"page": 1, **changes})
        parts = {
            "words": changed.words,
            "kind": changed.kind,
            "state": changed.state,
            "from": changed.first_day,
            "to": changed.last_day,
            "page": changed.page if changed.page != 1 else "",
        }
        return "/archive?" + urlencode({name: value for name, value in parts.items() if value})

    return address


def _file(content: bytes, name: str, media_type: str, *, attached: bool) -> Response[bytes]:
    disposition = f"{'attachment' if attached else 'inline'}; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"content-disposition": disposition, "cache-control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)

"""Attaching files to a project, looking at them, taking them back; and handing them out."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from archive.files import store
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import PUBLIC, back_to, language_of, only, page
from trading.publication import attachments
from trading.publication.attachment_rules import MEBIBYTE, AttachmentNotFound, FileMissing
from trading.settings import Settings

MOST_MIB = 200
"""What the address takes at all; the setting is at most this, and refuses with words what is between."""

HARMLESS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


@get("/officer/projects/{project_id:uuid}/attachments", opt=only(Role.OFFICER))
async def attachments_page(
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Template:
    """The files of a project: those that wait for an announcement, and those that were published."""
    return await _page(request, session, project_id, settings, actor, [])


@post(
    "/officer/projects/{project_id:uuid}/attachments",
    opt=only(Role.OFFICER),
    request_max_body_size=(MOST_MIB + 1) * MEBIBYTE,
)
async def attach_files(
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Attach the chosen files. Each is judged by itself: the good ones are kept, the faults of the others are told."""
    use_language(language_of(request))
    async with database.reading() as session:
        await attachments.check_may_attach(session, project_id, actor)
    form = await request.form()
    chosen = [file for file in form.getall("file", []) if isinstance(file, UploadFile)]
    problems: list[tuple[str, Refusal]] = [] if chosen else [("", FileMissing())]
    for file in chosen:
        try:
            looked_at = await attachments.look_at(file.file, file.filename, largest_mib=settings.largest_attachment_mib)
            async with database.work() as work:
                await attachments.attach(work, project_id, looked_at, actor=actor, now=now)
        except Refusal as refusal:
            problems.append((file.filename, refusal))
        finally:
            await file.close()
    if not problems:
        return back_to(f"/officer/projects/{project_id}/attachments")
    async with database.reading() as session:
        return await _page(request, session, project_id, settings, actor, problems, kept=len(chosen) - len(problems))


@post("/officer/attachments/{attachment_id:uuid}/withdraw", opt=only(Role.OFFICER))
async def withdraw(
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take a file back that is not published."""
    async with database.work() as session:
        project_id = await attachments.withdraw(session, attachment_id, actor=actor, now=now)
    return back_to(f"/officer/projects/{project_id}/attachments")


@get("/attachments/{attachment_id:uuid}", opt=PUBLIC)
async def download(
    request: Request[Any, Any, Any],
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Stream:
    """The file, to be saved and not to be opened in the page's name."""
    async with database.work() as session:
        actor = request.scope["state"].get("actor")
        attachment, is_public = await attachments.open_for(session, attachment_id, actor, now)
    headers = HARMLESS | {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "content-length": str(attachment.size_bytes),
        "cache-control": "public, max-age=86400, immutable" if is_public else "private, no-store",
        "etag": f'"{attachment.sha256}"',
    }
    return Stream(_content(attachment.sha256), media_type=attachment.media_type, headers=headers)


@get("/attachments/{attachment_id:uuid}/preview", opt=PUBLIC)
async def preview(
    request: Request[Any, Any, Any],
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """The picture that was made of the file."""
    async with database.work() as session:
        actor = request.scope["state"].get("actor")
        attachment, is_public = await attachments.open_for(session, attachment_id, actor, now)
    if attachment.preview_sha256 is None:
        raise AttachmentNotFound
    cached = "public, max-age=86400, immutable" if is_public else "private, no-store"
    content = await store().get(attachment.preview_sha256)
    return Response(content, media_type="image/webp", headers=HARMLESS | {"cache-control": cached})


async def _content(sha256: str) -> AsyncIterator[bytes]:
    async for piece in store().pieces(sha256):
        yield piece


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    project_id: UUID,
    settings: Settings,
    actor: Actor,
    problems: list[tuple[str, Refusal]],
    *,
    kept: int = 0,
) -> Template:
    use_language(language_of(request))
    project = await attachments.project_of(session, project_id)
    return page(
        request,
        "publication/attachments.html",
        status_code=422 if problems else 200,
        project=project,
        waiting=await attachments.waiting_of(session, project_id),
        published=await attachments.published_of(session, project_id),
        is_own=project.officer_id == actor.account_id and project.state in attachments.TAKES_FILES,
        largest_mib=settings.largest_attachment_mib,
        problems=[(name[:200], *refusal_words(refusal)) for name, refusal in problems],
        kept=kept,
    )


handlers = [attachments_page, attach_files, withdraw, download, preview]

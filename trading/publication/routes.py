"""Public pages of announcements, projects and lots, and what everybody can check an announcement with."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.i18n import use_language
from trading.kernel.web import PUBLIC, language_of, page
from trading.projects import service as projects
from trading.projects.rules import LotNotFound, ProjectNotFound
from trading.publication import attachments, public_page, release_routes, releasing, service, showing, text_routes
from trading.publication.rules import AnnouncementNotFound
from trading.settings import Settings
from trading.transparency import service as transparency

Page = Request[Any, Any, Any]

LOOK_EVERY_S = 2
MOST_AT_ONCE = 200


@get("/announcements/{announcement_id:uuid}", opt=PUBLIC)
async def one_announcement(
    request: Page,
    announcement_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """One announcement: its frozen text, and all others of its project."""
    use_language(language_of(request))
    announcement = await service.get_announcement(session, announcement_id)
    shown = await public_page.announcement_page(session, announcement, settings.public_url)
    files = await attachments.of_announcement(session, announcement_id)
    return page(request, "publication/announcement.html", files=files, **shown)


@get("/announcements/{announcement_id:uuid}/download", opt=PUBLIC)
async def frozen_text(announcement_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The text of an announcement, the very bytes of which the SHA-256 was published."""
    announcement = await service.get_announcement(session, announcement_id)
    if announcement.text is None:
        raise AnnouncementNotFound
    return _file(announcement.text.encode(), f"announcement-{announcement_id}.txt", "text/plain")


@get("/announcements/{announcement_id:uuid}/facts.json", opt=PUBLIC)
async def frozen_facts(announcement_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The frozen facts of an announcement, the very bytes of which the SHA-256 was published."""
    announcement = await service.get_announcement(session, announcement_id)
    return _file(announcement.facts.encode(), f"announcement-{announcement_id}.json", "application/json")


@get("/announcements/{announcement_id:uuid}/receipt.json", opt=PUBLIC)
async def receipt(announcement_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The proof that the journal holds the publication, which `trading verify-receipt` checks with no server."""
    announcement = await service.get_announcement(session, announcement_id)
    entries = await journal_store.read(session, f"project:{announcement.project_id}")
    told = (one for one in entries if one.body.get("announcement") == str(announcement_id))
    entry = next((one for one in told if one.kind == "announcement_published"), None)
    if entry is None:
        raise AnnouncementNotFound
    content = msgspec.json.format(msgspec.json.encode(await transparency.receipt_of(session, entry, whole=True)))
    return _file(content, f"receipt-{announcement_id}.json", "application/json")


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


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Publish what is due, each announcement in a transaction of its own."""
    database: Database = app.state.database

    async def publish_due() -> None:
        for _ in range(MOST_AT_ONCE):
            async with database.work() as work:
                if await releasing.publish_next(work, await database_clock(work)) is None:
                    return

    return [("announcements", LOOK_EVERY_S, publish_due)]


def _file(content: bytes, name: str, media_type: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


handlers = [
    one_announcement,
    frozen_text,
    frozen_facts,
    receipt,
    public_project,
    public_lot,
    *release_routes.handlers,
    *text_routes.handlers,
]

"""The board of today's sessions, and the screen to look things up by touching it. Both are for everybody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.hall import board
from trading.kernel.i18n import gettext
from trading.kernel.typed import page_number
from trading.kernel.web import PUBLIC, page
from trading.projects.problems import N_
from trading.projects.stages import Stage
from trading.publication import service as publication
from trading.publication.finding import Search, find
from trading.publication.public_page import announcement_page
from trading.publication.rules import AnnouncementKind
from trading.settings import Settings
from trading.venues.words import PURPOSES

BACK_TO_START_S = 60
LINES_A_SCREEN = 6

_LISTS: dict[str, tuple[str, Search]] = {
    "offers": (N_("What takes bidders now"), Search(stage=Stage.TAKING_BIDDERS)),
    "results": (N_("Results"), Search(kind=AnnouncementKind.RESULT)),
    "newest": (N_("Newest announcements"), Search()),
}
"""What can be looked up by touching: the words on its tile, and what is looked for."""


@get("/hall/today", opt=PUBLIC)
async def today(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """The board of the hall: a big screen that renews itself."""
    return page(request, "hall/board.html", **await _sessions(session, now))


@get("/hall/query", opt=PUBLIC)
async def start(request: Request[Any, Any, Any]) -> Template:
    """The first screen of the query mode: large tiles."""
    tiles = [(name, gettext(words)) for name, (words, _) in _LISTS.items()]
    return page(request, "hall/start.html", tiles=tiles)


@get("/hall/query/today", opt=PUBLIC)
async def query_today(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """Today's sessions, to be touched."""
    return page(request, "hall/query_today.html", back_to_start_s=BACK_TO_START_S, **await _sessions(session, now))


@get("/hall/query/{what:str}", opt=PUBLIC)
async def query_list(
    request: Request[Any, Any, Any],
    what: FromPath[str],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """A list of announcements, a screenful at a time. An unknown name is the newest ones."""
    words, search = _LISTS.get(what, _LISTS["newest"])
    number = page_number(request.query_params.get("page", ""))
    found = await find(
        session,
        Search(stage=search.stage, kind=search.kind, page=number),
        now,
        length=LINES_A_SCREEN,
    )
    return page(
        request,
        "hall/query_list.html",
        back_to_start_s=BACK_TO_START_S,
        title=gettext(words),
        found=found,
        pages=max(1, -(-found.reached // LINES_A_SCREEN)),
        address=f"/hall/query/{what if what in _LISTS else 'newest'}",
    )


@get("/hall/query/announcements/{announcement_id:uuid}", opt=PUBLIC)
async def query_announcement(
    request: Request[Any, Any, Any],
    announcement_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """One announcement to be read standing, and taken along by its code. Refuses with `AnnouncementNotFound`."""
    announcement = await publication.get_announcement(session, announcement_id)
    shown = await announcement_page(session, announcement, settings.public_url)
    return page(request, "hall/query_announcement.html", back_to_start_s=BACK_TO_START_S, **shown)


async def _sessions(session: AsyncSession, now: datetime) -> dict[str, Any]:
    return {"sessions": await board.sessions_of_today(session, now), "purposes": PURPOSES}


handlers = [today, start, query_today, query_list, query_announcement]

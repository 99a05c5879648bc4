"""The page of one's notices, and the count that every page shows."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import SIGNED_IN, back_to, language_of, page
from trading.notices import service
from trading.notices.models import Notice


@get("/notices", opt=SIGNED_IN)
async def my_notices(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """What this person is to know, the newest first."""
    use_language(language_of(request))
    shown = [(each, _words(each.notice)) for each in await service.notices_of(session, actor)]
    return page(request, "notices/notices.html", notices=shown)


@post("/notices/read", opt=SIGNED_IN)
async def read_all(database: NamedDependency[Database], actor: NamedDependency[Actor]) -> Redirect:
    """All of them are read."""
    async with database.work() as session:
        await service.mark_read(session, actor, now=await database_clock(session))
    return back_to("/notices")


@post("/notices/{notice_id:uuid}/read", opt=SIGNED_IN)
async def read_one(
    notice_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect:
    """One of them is read. Another's stays as it is."""
    async with database.work() as session:
        await service.mark_read(session, actor, now=await database_clock(session), notice_id=notice_id)
    return back_to("/notices")


async def count_unread(session: AsyncSession, scope: Scope) -> None:
    """Put the number of unread notices of whoever is signed in beside the request, for the head of the page."""
    actor = scope["state"].get("actor")
    if actor is not None and scope["type"] == ScopeType.HTTP and scope.get("method") == "GET":
        scope["state"]["unread_notices"] = await service.unread(session, actor, scope["state"]["now"])


handlers = [my_notices, read_all, read_one]


def _words(notice: Notice) -> str:
    """What a notice says in the language of the request; facts named `…_words` are message ids themselves."""
    facts = {name: gettext(value) if name.endswith("_words") else value for name, value in notice.facts.items()}
    return gettext(notice.message).format(**facts)

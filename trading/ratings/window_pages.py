"""The administrator's page of the centre's windows."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, form_of, language_of, only, page, status_of
from trading.ratings import windows
from trading.ratings.windows import WindowTaken

Page = Request[Any, Any, Any]
ADMIN = only(Role.ADMIN)
ADDRESS = "/admin/windows"


@get(ADDRESS, opt=ADMIN)
async def all_windows(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """All windows, and the form for a new one."""
    return await _page(request, session, {}, {})


@post(ADDRESS, opt=ADMIN)
async def open_window(
    request: Page, database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Open a window; what is wrong is told beside the fields."""
    use_language(language_of(request))
    form = await form_of(request)
    status = 422
    try:
        async with database.work() as session:
            problems = await windows.open_window(session, form, actor=actor, now=await database_clock(session))
        errors = {name: " ".join(refusal_words(problem)) for name, problem in problems.items()}
    except WindowTaken as refusal:
        errors, status = {"": " ".join(refusal_words(refusal))}, status_of(refusal)
    if not errors:
        return back_to(ADDRESS)
    async with database.reading() as session:
        return await _page(request, session, form, errors, status)


@post(ADDRESS + "/{window_id:uuid}/close", opt=ADMIN)
async def close_window(
    window_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect:
    """Close a window."""
    async with database.work() as session:
        await windows.close_window(session, window_id, actor=actor, now=await database_clock(session))
    return back_to(ADDRESS)


handlers = [all_windows, open_window, close_window]


async def _page(
    request: Page, session: AsyncSession, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> Template:
    shown: dict[str, Any] = {
        "windows": await windows.windows(session),
        "officers": [("", ""), *((str(each.id), each.display_name) for each in await windows.officers(session))],
        "values": values,
        "errors": errors,
    }
    return page(request, "ratings/windows.html", status_code=status, **shown)

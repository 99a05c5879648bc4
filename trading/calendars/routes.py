"""Pages of the calendar: the years that are known, the notices, and the form for a new one."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.calendars import service
from trading.calendars.rules import NoticeFault, NoticeWrong, as_lines, read_notice
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.i18n import gettext, use_language
from trading.kernel.moments import SHANGHAI
from trading.kernel.web import back_to, form_of, language_of, only, page, request_now

Page = Request[Any, Any, Any]
ADMIN = only(Role.ADMIN)
YEARS_SHOWN = 3


@get("/admin/calendar", opt=ADMIN)
async def calendar(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """Which years are known, which notice waits for whom."""
    use_language(language_of(request))
    known = await service.refresh(session)
    this_year = request_now(request).astimezone(SHANGHAI).year
    found = [
        (notice, await accounts.name_of(session, notice.proposed_by), await _name(session, notice.decided_by))
        for notice in await service.notices(session)
    ]
    years = [(year, known.knows(year), year in known.years) for year in range(this_year, this_year + YEARS_SHOWN)]
    return page(request, "calendars/calendar.html", years=years, notices=found)


@get("/admin/calendar/new", opt=ADMIN)
async def new_notice(request: Page) -> Template:
    """The empty form."""
    return page(request, "calendars/new.html", values={"whole": "yes"}, errors={})


@post("/admin/calendar", opt=ADMIN)
async def propose(
    request: Page, database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Propose what was typed; faults are shown beside the fields, nothing typed is lost."""
    form = await form_of(request)
    use_language(language_of(request))
    try:
        entry = read_notice(form)
    except NoticeWrong as refusal:
        errors = _by_field(refusal.faults)
        return page(request, "calendars/new.html", values=form, errors=errors, status_code=422)
    async with database.work() as session:
        notice_id = await service.propose_notice(session, entry, actor=actor, now=await database_clock(session))
    return back_to(f"/admin/calendar/{notice_id}")


@get("/admin/calendar/{notice_id:uuid}", opt=ADMIN)
async def notice(
    request: Page, notice_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """One notice, day by day, with what may be decided about it."""
    use_language(language_of(request))
    found = await service.get_notice(session, notice_id)
    shown: dict[str, Any] = {
        "notice": found,
        "days": service.named_days(found),
        "proposed_by": await accounts.name_of(session, found.proposed_by),
        "decided_by": await _name(session, found.decided_by),
        "is_own": found.proposed_by == actor.reference,
        "lines": as_lines(service.named_days(found)),
    }
    return page(request, "calendars/notice.html", **shown)


@post("/admin/calendar/{notice_id:uuid}/confirm", opt=ADMIN)
async def confirm(
    notice_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect:
    """The second administrator confirms."""
    async with database.work() as session:
        await service.confirm_notice(session, notice_id, actor=actor, now=await database_clock(session))
    return back_to("/admin/calendar")


@post("/admin/calendar/{notice_id:uuid}/decline", opt=ADMIN)
async def decline(
    notice_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect:
    """An administrator declines, or takes back the own proposal."""
    async with database.work() as session:
        await service.decline_notice(session, notice_id, actor=actor, now=await database_clock(session))
    return back_to("/admin/calendar")


handlers = [calendar, new_notice, propose, notice, confirm, decline]


async def _name(session: AsyncSession, reference: str | None) -> str:
    return "" if reference is None else await accounts.name_of(session, reference)


def _by_field(faults: tuple[NoticeFault, ...]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for fault in faults:
        words = gettext(fault.message).format(**fault.facts)
        errors[fault.field] = f"{errors[fault.field]} {words}" if fault.field in errors else words
    return errors

"""Pages on which several lots are put into one session, in an order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import selling_sessions, service
from auction.acting import whole
from auction.models import Auction, AuctionSession
from auction.refused_powers import LotHasItsOwnEnd, LotNotFreeForSession, SessionNeedsLots, SessionTitleMissing
from auction.sale import Stage
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import RequestMalformed, back_to, form_of, language_of, only, page, wants_page
from trading.projects import service as projects

Page = Request[Any, Any, Any]
_ARRANGE = only(Role.AUCTIONEER, Role.OFFICER)
_CORRECTABLE = (SessionTitleMissing, SessionNeedsLots, LotNotFreeForSession, LotHasItsOwnEnd)
ONE_AFTER_ANOTHER, SIDE_BY_SIDE = "one_after_another", "side_by_side"
_PLACE = "place-"


@get("/auctioneer/sessions/new", opt=_ARRANGE)
async def new_session(request: Page, database: NamedDependency[Database]) -> Template:
    """The form: a title, how the lots follow each other, and their places."""
    async with database.work() as work:
        await service.prepare_due(work, await database_clock(work))
    async with database.reading() as session:
        return await _form(request, session, None, {"order": ONE_AFTER_ANOTHER})


@post("/auctioneer/sessions", opt=_ARRANGE)
async def create_session(
    request: Page,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Arrange a session."""
    form = await form_of(request)
    lot_ids = _lots_in(form)
    try:
        async with database.work() as work:
            arranged = await selling_sessions.create_session(
                work,
                title=form.get("title", ""),
                lot_ids=lot_ids,
                one_after_another=form.get("order") != SIDE_BY_SIDE,
                actor=actor,
                now=now,
            )
            return _arranged(request, arranged.id)
    except _CORRECTABLE as refusal:
        return await _corrected(request, database, None, form, refusal)


@get("/auctioneer/sessions/{session_id:uuid}", opt=_ARRANGE)
async def session_page(request: Page, session_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Template:
    """One session: its lots in their order, and the form while none of them has been opened."""
    arranged = await selling_sessions.get_session(session, session_id)
    members = await selling_sessions.lots_of(session, session_id)
    values = {f"{_PLACE}{auction.lot_id}": str(auction.session_position) for auction in members}
    order = ONE_AFTER_ANOTHER if arranged.one_after_another else SIDE_BY_SIDE
    return await _form(request, session, arranged, values | {"title": arranged.title, "order": order})


@post("/auctioneer/sessions/{session_id:uuid}", opt=_ARRANGE)
async def rearrange_session(
    request: Page,
    session_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Change the title and the lots of a session before its first lot is opened."""
    form = await form_of(request)
    lot_ids = _lots_in(form)
    try:
        async with database.work() as work:
            await selling_sessions.rearrange_session(
                work, session_id, title=form.get("title", ""), lot_ids=lot_ids, actor=actor, now=now
            )
        return _arranged(request, session_id)
    except _CORRECTABLE as refusal:
        return await _corrected(request, database, session_id, form, refusal)


@post("/lots/{lot_id:uuid}/console/leave-session", opt=_ARRANGE)
async def leave_session(
    request: Page,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Take a lot that still waits out of its session."""
    async with database.work() as work:
        session_id = await selling_sessions.take_out(work, lot_id, actor=actor, now=now)
    return _arranged(request, session_id)


def _lots_in(form: dict[str, str]) -> list[UUID]:
    """The lots that were given a place, in the order of the places. Refuses `RequestMalformed`."""
    placed = [(whole(form, name), name) for name, place in form.items() if name.startswith(_PLACE) and place]
    return [_lot_id(name) for _, name in sorted(placed)]


def _lot_id(name: str) -> UUID:
    try:
        return UUID(name.removeprefix(_PLACE))
    except ValueError as error:
        raise RequestMalformed from error


def _arranged(request: Page, session_id: UUID) -> Redirect | Response[Any]:
    if wants_page(request):
        return back_to(f"/auctioneer/sessions/{session_id}")
    return Response({"session": str(session_id)}, status_code=200)


async def _corrected(
    request: Page, database: Database, session_id: UUID | None, form: dict[str, str], refusal: Refusal
) -> Response[Any]:
    """The form again with what was typed and what is wrong; a program gets the refusal."""
    if not wants_page(request):
        raise refusal
    async with database.reading() as session:
        arranged = None if session_id is None else await selling_sessions.get_session(session, session_id)
        return await _form(request, session, arranged, form, refusal)


async def _form(
    request: Page,
    session: AsyncSession,
    arranged: AuctionSession | None,
    values: dict[str, str],
    refusal: Refusal | None = None,
) -> Template:
    use_language(language_of(request))
    members = [] if arranged is None else await selling_sessions.lots_of(session, arranged.id)
    errors = {}
    if refusal is not None:
        errors["title" if isinstance(refusal, SessionTitleMissing) else ""] = " ".join(refusal_words(refusal))
    return page(
        request,
        "auction/session.html",
        status_code=200 if refusal is None else 422,
        session=arranged,
        members=await _shown(session, members),
        free=await _shown(session, await selling_sessions.free_lots(session)),
        begun=any(auction.stage != Stage.WAITING for auction in members),
        values=values,
        errors=errors,
    )


async def _shown(session: AsyncSession, auctions: list[Auction]) -> list[dict[str, Any]]:
    return [{"auction": auction, "lot": await projects.get_lot(session, auction.lot_id)} for auction in auctions]


handlers = [new_session, create_session, session_page, rearrange_session, leave_session]

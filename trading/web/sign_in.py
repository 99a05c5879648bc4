"""Signing in and out, the language of the pages, and the way to one's own desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.models import Account
from trading.accounts.rules import SESSION_LIFETIME, Actor, Role, SignInRefused
from trading.accounts.traces import Occasion, Seen, leave_trace, seen_from
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.web import LANGUAGE_COOKIE, PUBLIC, SIGNED_IN, back_to, form_of, page
from trading.settings import Settings
from trading.web.local_address import local_address

# Where each role's work lies: what needs me now, by when. An account with several roles starts at the first of these.
DESKS: dict[Role, str] = {
    Role.BIDDER: "/my/lots",
    Role.AUCTIONEER: "/auctioneer",
    Role.OFFICER: "/officer/projects",
    Role.FINANCE: "/finance",
    Role.SUPERVISOR: "/supervision",
    Role.AUDITOR: "/archive",
    Role.EXPERT: "/expert",
    Role.REVIEWER: "/reviewer",
    Role.ADMIN: "/admin/accounts",
}
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class DemonstrationRole:
    """One button of the demonstration's sign-in page."""

    role: Role
    accounts: list[Account]


def desk_of(actor: Actor) -> str:
    """The address of the page that this person's work begins with."""
    return next((address for role, address in DESKS.items() if role in actor.roles), "/")


@get("/desk", opt=SIGNED_IN)
async def desk(actor: NamedDependency[Actor]) -> Redirect:
    """To the page that the person's work begins with."""
    return back_to(desk_of(actor))


@get("/language/{code:str}", opt=PUBLIC)
async def choose_language(request: Request[Any, Any, Any], code: FromPath[str]) -> Redirect:
    """Speak this language from here on, and go back to where the reader was."""
    if code not in {"zh", "en"}:
        raise NotFound
    answer = back_to(local_address(request.query_params.get("next"), otherwise="/"))
    answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=code, max_age=YEAR_S, path="/", samesite="lax", httponly=True))
    return answer


@get("/sign-in", opt=PUBLIC)
async def sign_in_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
) -> Template | Redirect:
    """The sign-in form; in the demonstration also one button for each role."""
    next_address = local_address(request.query_params.get("next"), otherwise="")
    if request.scope["state"].get("actor") is not None:
        return back_to(next_address or "/desk")
    return await _sign_in_page(request, session, settings, {"next": next_address}, None)


@post("/sign-in", opt=PUBLIC)
async def sign_in(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Sign in by name and password. What is refused is counted and journalled, and the form shown again."""
    form = await form_of(request)
    seen = seen_from(request)
    token = None
    try:
        async with database.work() as work:
            name, password = form.get("sign_in_name", ""), form.get("password", "")
            account = await service.check_sign_in(work, name, password, now=now)
            if account is not None:
                token = await service.open_session(work, account, now=now)
                if account.unit_id is not None:
                    await leave_trace(work, seen, account.id, Occasion.SIGN_IN, now=now)
        if token is None:
            raise SignInRefused
    except Refusal as refusal:
        return await _sign_in_page(request, session, settings, form, refusal)
    return _signed_in(token, seen, local_address(form.get("next"), otherwise="/desk"), settings)


@post("/demonstration/sign-in/{sign_in_name:str}", opt=PUBLIC)
async def sign_in_for_demonstration(
    request: Request[Any, Any, Any],
    sign_in_name: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """Sign in as a demonstration account with one click; there is nothing at this address anywhere else."""
    if not settings.demonstration:
        raise NotFound
    form = await form_of(request)
    seen = seen_from(request)
    async with database.work() as work:
        account = await service.account_named(work, sign_in_name)
        if not account.is_demonstration:
            raise NotFound
        token = await service.open_session(work, account, now=now)
        if account.unit_id is not None:
            await leave_trace(work, seen, account.id, Occasion.SIGN_IN, now=now)
    return _signed_in(token, seen, local_address(form.get("next"), otherwise="/desk"), settings)


@post("/sign-out", opt=PUBLIC)
async def sign_out(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Redirect:
    """Sign out: the cookie's token is worth nothing from now on."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        async with database.work() as work:
            await service.close_session(work, token)
    answer = back_to("/")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def signed_in_cookie(token: str, settings: Settings) -> Cookie:
    """The cookie that holds the secret token of a sign-in."""
    return Cookie(
        SESSION_COOKIE,
        value=token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _signed_in(token: str, seen: Seen, address: str, settings: Settings) -> Redirect:
    answer = back_to(address)
    answer.set_cookie(signed_in_cookie(token, settings))
    answer.set_cookie(seen.cookie(secure=settings.secure_cookies))
    return answer


async def _sign_in_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    settings: Settings,
    form: dict[str, str],
    refusal: Refusal | None,
) -> Template:
    roles = demonstration_roles(await service.list_accounts(session)) if settings.demonstration else []
    return page(
        request,
        "web/sign_in.html",
        status_code=200 if refusal is None else 422,
        values={"sign_in_name": form.get("sign_in_name", "")},
        next_address=local_address(form.get("next"), otherwise=""),
        refusal=None if refusal is None else refusal_words(refusal),
        demonstration_roles=roles,
    )


def demonstration_roles(accounts: Sequence[Account]) -> list[DemonstrationRole]:
    """The demonstration's accounts that can sign in, under the role that each starts with, in the order of desks."""
    found: dict[Role, list[Account]] = {role: [] for role in DESKS}
    for account in accounts:
        if account.is_demonstration and account.disabled_at is None:
            first = next((role for role in DESKS if role in account.roles), None)
            if first is not None:
                found[first].append(account)
    return [DemonstrationRole(role, people) for role, people in found.items() if people]

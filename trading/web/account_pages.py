"""The administrator's pages: who has an account, what each may do, and every change of that."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service
from trading.accounts.rules import Actor, PasswordTooWeak, Role, SignInNameInvalid, SignInNameTaken
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.web import back_to, form_of, only, page
from trading.web.form_problems import problem_words
from trading.web.new_account_form import BidderNeedsUnit, RoleMissing, SignInNameNotTyped, read_new_account

ADMIN_ONLY = only(Role.ADMIN)

# Bidders sign up with their unit; everybody else's account is made by an administrator.
STAFF_ROLES = tuple(role for role in Role if role is not Role.BIDDER)
FACTS_SHOWN = 50


@get("/admin/accounts", opt=ADMIN_ONLY)
async def accounts(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """All accounts, by sign-in name."""
    return page(request, "web/accounts.html", accounts=await service.list_accounts(session))


@get("/admin/accounts/new", opt=ADMIN_ONLY)
async def new_account_form(request: Request[Any, Any, Any]) -> Template:
    """The form for a new account of the centre's staff."""
    return _new_account_page(request, {}, set(), {})


@post("/admin/accounts/new", opt=ADMIN_ONLY)
async def create_account(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Make an account with roles; journalled with who did it."""
    form, roles = await form_of(request), await _chosen_roles(request)
    read = read_new_account(form, roles)
    if isinstance(read, dict):
        return _new_account_page(request, form, roles, read)
    try:
        async with database.work() as work:
            account = await service.create_account(work, read, actor=actor, now=now)
    except (SignInNameTaken, SignInNameInvalid) as refusal:
        return _new_account_page(request, form, roles, {"sign_in_name": refusal})
    except PasswordTooWeak as refusal:
        return _new_account_page(request, form, roles, {"password": refusal})
    return back_to(f"/admin/accounts/{account.id}")


@get("/admin/accounts/{account_id:uuid}", opt=ADMIN_ONLY)
async def account(
    request: Request[Any, Any, Any], account_id: FromPath[UUID], session: NamedDependency[AsyncSession]
) -> Template:
    """One account: what it may do, and what was done with it."""
    return await _account_page(request, session, account_id, {})


@post("/admin/accounts/{account_id:uuid}/roles", opt=ADMIN_ONLY)
async def set_roles(
    request: Request[Any, Any, Any],
    account_id: FromPath[UUID],
    database: NamedDependency[Database],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Change what an account may do; journalled with before and after. Nobody changes their own."""
    roles = await _chosen_roles(request)
    if not roles:
        return await _account_page(request, session, account_id, {"roles": RoleMissing()})
    if Role.BIDDER in roles | set((await service.get_account(session, account_id)).roles):
        return await _account_page(request, session, account_id, {"roles": BidderNeedsUnit()})
    async with database.work() as work:
        await service.set_roles(work, account_id, roles, actor=actor, now=now)
    return back_to(f"/admin/accounts/{account_id}")


@post("/admin/accounts/{account_id:uuid}/disable", opt=ADMIN_ONLY)
async def disable(
    request: Request[Any, Any, Any],
    account_id: FromPath[UUID],
    database: NamedDependency[Database],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Shut an account, after its sign-in name was typed; whoever is signed in with it is signed out."""
    form = await form_of(request)
    found = await service.get_account(session, account_id)
    if form.get("confirmation", "").lower() != found.sign_in_name:
        problem = SignInNameNotTyped(found.sign_in_name)
        return await _account_page(request, session, account_id, {"confirmation": problem})
    async with database.work() as work:
        await service.disable_account(work, account_id, actor=actor, now=now)
    return back_to(f"/admin/accounts/{account_id}")


async def _chosen_roles(request: Request[Any, Any, Any]) -> set[Role]:
    chosen: Iterable[Any] = (await request.form()).getall("roles", [])
    known = {role.value for role in Role}
    return {Role(value) for value in chosen if value in known}


def _new_account_page(
    request: Request[Any, Any, Any], form: dict[str, str], roles: set[Role], problems: dict[str, Refusal]
) -> Template:
    return page(
        request,
        "web/new_account.html",
        status_code=422 if problems else 200,
        values={name: form.get(name, "") for name in ("sign_in_name", "display_name")},
        roles=roles,
        staff_roles=STAFF_ROLES,
        errors=problem_words(request, problems),
    )


async def _account_page(
    request: Request[Any, Any, Any], session: AsyncSession, account_id: UUID, problems: dict[str, Refusal]
) -> Template:
    account = await service.get_account(session, account_id)
    unit = None if account.unit_id is None else await service.get_unit(session, account.unit_id)
    entries = await journal_store.read(session, f"account:{account_id}")
    names = {f"account:{one.id}": one.display_name for one in await service.list_accounts(session)}
    return page(
        request,
        "web/account.html",
        status_code=422 if problems else 200,
        account=account,
        unit=unit,
        entries=list(reversed(entries))[:FACTS_SHOWN],
        entry_count=len(entries),
        names=names,
        staff_roles=STAFF_ROLES,
        errors=problem_words(request, problems),
    )

"""The administrator's pages: departments, who belongs to them, and what each reviews within which promised limit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, Outdated, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.projects.presenting import PROJECT_KINDS
from trading.projects.rules import ProjectKind
from trading.reviews import departments
from trading.reviews.lookups import assignments, members_of
from trading.reviews.lookups import departments as all_departments
from trading.reviews.models import Department
from trading.reviews.refusals import LimitUnreadable, ReviewNotFound

Page = Request[Any, Any, Any]
ADMIN_ONLY = only(Role.ADMIN)


@get("/admin/departments", opt=ADMIN_ONLY)
async def list_departments(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """All departments, what they review, and a form for a new one."""
    return await _list_page(request, session)


@post("/admin/departments", opt=ADMIN_ONLY)
async def add_department(
    request: Page,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Add a department."""
    form = await form_of(request)
    try:
        async with database.work() as work:
            made = await departments.add_department(work, form.get("name", ""), actor=actor, now=now)
    except Refusal as refusal:
        async with database.reading() as session:
            return await _list_page(request, session, refusal=refusal, values=form)
    return back_to(f"/admin/departments/{made.id}")


@get("/admin/departments/{department_id:uuid}", opt=ADMIN_ONLY)
async def one_department(
    request: Page, department_id: FromPath[UUID], session: NamedDependency[AsyncSession]
) -> Template:
    """One department: its limits, its reviewers, and every change of them."""
    return await _department_page(request, session, department_id)


@post("/admin/departments/{department_id:uuid}/limits", opt=ADMIN_ONLY)
async def set_limits(
    request: Page,
    department_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Say what a department reviews, and within how many working days. What cannot be read changes nothing."""
    use_language(language_of(request))
    form = await form_of(request)
    limits: dict[ProjectKind, int | None] = {}
    errors: dict[str, str] = {}
    for kind in ProjectKind:
        name = f"days_{kind.value}"
        try:
            limits[kind] = departments.read_limit(form.get(name, ""))
        except LimitUnreadable as refusal:
            errors[name] = " ".join(refusal_words(refusal))
    if errors:
        async with database.reading() as session:
            return await _department_page(request, session, department_id, errors=errors, values=form)
    async with database.work() as work:
        await departments.assign(work, department_id, limits, actor=actor, now=now)
    return back_to(f"/admin/departments/{department_id}")


@post("/admin/departments/{department_id:uuid}/service", opt=ADMIN_ONLY)
async def set_in_service(
    request: Page,
    department_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Retire a department, or take it back into service."""
    form = await form_of(request)
    in_service = form.get("in_service") == "yes"
    async with database.work() as work:
        await departments.set_in_service(work, department_id, in_service=in_service, actor=actor, now=now)
    return back_to(f"/admin/departments/{department_id}")


@post("/admin/departments/{department_id:uuid}/members", opt=ADMIN_ONLY)
async def set_member(
    request: Page,
    department_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """A reviewer joins this department, or leaves it."""
    use_language(language_of(request))
    form = await form_of(request)
    joins = form.get("joins") == "yes"
    try:
        async with database.work() as work:
            account = await accounts.account_named(work, form.get("sign_in_name", "").lower())
            target = department_id if joins else None
            await departments.set_member(work, account.id, target, actor=actor, now=now)
    except Outdated:
        raise
    except Refusal as refusal:
        missing = type(refusal) is NotFound
        words = _("Nobody signs in by this name.") if missing else " ".join(refusal_words(refusal))
        async with database.reading() as session:
            shown = {"sign_in_name": words}
            return await _department_page(request, session, department_id, errors=shown, values=form)
    return back_to(f"/admin/departments/{department_id}")


async def _list_page(
    request: Page,
    session: AsyncSession,
    *,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
) -> Template:
    use_language(language_of(request))
    current, members = await assignments(session), await members_of(session)
    rows = []
    for each in await all_departments(session):
        reviewed = [
            (_(PROJECT_KINDS[ProjectKind(kind)]), row.promised_days)
            for (kind, department_id), row in sorted(current.items(), key=lambda item: item[0][0])
            if department_id == each.id and row.promised_days is not None
        ]
        rows.append((each, reviewed, sum(1 for department_id in members.values() if department_id == each.id)))
    return page(
        request,
        "reviews/departments.html",
        status_code=200 if refusal is None else 422,
        rows=rows,
        errors={} if refusal is None else {"name": " ".join(refusal_words(refusal))},
        values=values or {},
    )


async def _department_page(
    request: Page,
    session: AsyncSession,
    department_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> Template:
    use_language(language_of(request))
    department = await session.get(Department, department_id)
    if department is None:
        raise ReviewNotFound
    current, members = await assignments(session), await members_of(session)
    by_id = {account.id: account for account in await accounts.list_accounts(session)}
    limits = {
        f"days_{kind}": str(row.promised_days)
        for (kind, of), row in current.items()
        if of == department_id and row.promised_days is not None
    }
    set_by = {
        kind: (row.set_at, await accounts.name_of(session, row.set_by))
        for (kind, of), row in current.items()
        if of == department_id
    }
    entries = await journal_store.read(session, f"department:{department_id}")
    return page(
        request,
        "reviews/department.html",
        status_code=422 if errors else 200,
        department=department,
        kinds=[(kind.value, _(PROJECT_KINDS[kind])) for kind in ProjectKind],
        set_by=set_by,
        members=[by_id[account_id] for account_id, of in members.items() if of == department_id],
        history=[(entry, await accounts.name_of(session, entry.actor)) for entry in reversed(entries)][:30],
        errors=errors or {},
        values=limits | (values or {}),
    )


handlers = [list_departments, add_department, one_department, set_limits, set_in_service, set_member]

"""The page of a unit's own budget: what it is, what binds it now, and the form that sets or lifts it."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import budgets
from auction.refused_limits import BudgetNotPositive
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.money import Money
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.projects import service as projects
from trading.projects.typed_values import Wrong, read_amount
from trading.registration.rules import NoUnit

Page = Request[Any, Any, Any]


@get("/my/budget", opt=only(Role.BIDDER))
async def budget_page(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """The unit's budget over all lots and what is bound of it."""
    return await _page(request, session, actor, now)


@post("/my/budget", opt=only(Role.BIDDER))
async def set_budget(
    request: Page, database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Set the budget to an amount in yuan; an empty field lifts it."""
    if actor.unit_id is None:
        raise NoUnit
    typed = (await form_of(request)).get("amount", "")
    amount = read_amount(typed) if typed else None
    use_language(language_of(request))
    problem = gettext(amount.message) if isinstance(amount, Wrong) else ""
    async with database.work() as work:
        now = await database_clock(work)
        try:
            if not isinstance(amount, Wrong):
                await budgets.set_budget(work, actor.unit_id, amount, actor=actor, now=now)
                return back_to("/my/budget")
        except BudgetNotPositive as refusal:
            problem = " ".join(refusal_words(refusal))
        return await _page(request, work, actor, now, typed=typed, problem=problem)


async def _page(
    request: Page, session: AsyncSession, actor: Actor, now: datetime, *, typed: str | None = None, problem: str = ""
) -> Template:
    if actor.unit_id is None:
        raise NoUnit
    budget = await budgets.budget_of(session, actor.unit_id)
    lots = await budgets.bound_lots(session, actor.unit_id, now)
    bound = Money(sum(lot.amount.fen for lot in lots))
    if typed is None:
        typed = "" if budget is None else budget.yuan
    return page(
        request,
        "auction/budget.html",
        status_code=422 if problem else 200,
        budget=budget,
        bound=bound,
        left=None if budget is None else max(budget - bound, Money(0)),
        rows=[{"lot": await projects.get_lot(session, lot.lot_id), "bound": lot} for lot in lots],
        values={"amount": typed},
        errors={"amount": problem} if problem else {},
    )


handlers = [budget_page, set_budget]

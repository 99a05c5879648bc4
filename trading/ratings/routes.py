"""Pages of rating: what waits for one, the form, what others said of one; the count in the navigation; the job."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.limits.service import due_words
from trading.ratings import service, statistics_pages, window_pages
from trading.ratings.batches import tally
from trading.ratings.counting import counted_batches
from trading.ratings.quarters import quarter_named
from trading.ratings.rules import (
    NATIONAL,
    QUESTIONS,
    SCALE,
    SERVICE_WORDS,
    ScoreMissing,
    Service,
    Side,
    check_may_rate,
    judge_answers,
)
from trading.ratings.statistics import gather

Page = Request[Any, Any, Any]
EVERY_S = 60
RATES = only(Role.BIDDER, Role.OFFICER)


@get("/ratings", opt=RATES)
async def my_ratings(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What waits for my rating, what is over, and what is counted of me. Refuses with `NobodyToRate`."""
    waiting, over = await service.asked_of(session, actor, now)
    conduct = None if actor.unit_id is None else tally(await counted_batches(session, unit_id=actor.unit_id))
    own = []
    if actor.has(Role.OFFICER) and actor.account_id is not None:
        material = await gather(session, now)
        rows = [(quarter_named(each), material.row_of_officer(each, actor.account_id)) for each in material.quarters]
        own = [(name, row) for name, row in reversed(rows) if not row.is_empty]
    shown: dict[str, Any] = {
        "waiting": waiting,
        "over": over,
        "conduct": conduct,
        "own": own,
        "rules": NATIONAL,
        "questions": QUESTIONS,
        "sides": Side,
        "service_words": SERVICE_WORDS,
        "due_words": due_words,
        "given": request.query_params.get("given") == "1",
    }
    return page(request, "ratings/mine.html", **shown)


@get("/ratings/{request_id:uuid}", opt=RATES)
async def rate(
    request: Page,
    request_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """The form of one side, while it can be given. Refuses as giving does."""
    asked = await service.get_asked(session, request_id, actor)
    check_may_rate(
        already=asked.given_at is not None,
        closes_at=asked.request.closes_at,
        opened=asked.request.opened_at is not None,
        now=now,
    )
    return _form(request, asked, {}, {})


@post("/ratings/{request_id:uuid}", opt=RATES)
async def give_rating(
    request: Page, request_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Give the rating of one's side; what is wrong is told beside the questions and nothing chosen is lost."""
    use_language(language_of(request))
    form = await form_of(request)
    async with database.reading() as session:
        asked = await service.get_asked(session, request_id, actor)
    answers, problems = judge_answers(asked.side, form)
    if problems:
        errors = {name: f"{_label(asked.side, name)} – {_words(refusal)}" for name, refusal in problems.items()}
        return _form(request, asked, form, errors)
    async with database.work() as session:
        await service.give(session, request_id, answers, actor=actor, now=await database_clock(session))
    return back_to("/ratings?given=1")


def _form(request: Page, asked: service.Asked, values: dict[str, str], errors: dict[str, str]) -> Template:
    use_language(language_of(request))
    shown: dict[str, Any] = {
        "asked": asked,
        "sides": Side,
        "questions": QUESTIONS[asked.side],
        "scale": [(str(score), gettext(words), "") for score, words in sorted(SCALE.items(), reverse=True)],
        "service_words": SERVICE_WORDS[Service(asked.request.service)],
        "until": due_words(asked.request.closes_at),
        "rules": NATIONAL,
        "values": values,
        "errors": errors,
    }
    return page(request, "ratings/form.html", status_code=422 if errors else 200, **shown)


def _label(side: Side, name: str) -> str:
    words = {question.code: question.words for question in QUESTIONS[side]}
    return gettext(words.get(name, "In your own words"))


def _words(refusal: Refusal) -> str:
    """What is wrong; that the rest is kept is said once, above them all."""
    message, advice = refusal_words(refusal)
    return message if isinstance(refusal, ScoreMissing) else f"{message} {advice}"


async def count_waiting(session: AsyncSession, scope: Scope) -> None:
    """Put the number of ratings that wait for whoever is signed in beside the request, for the navigation."""
    actor = scope["state"].get("actor")
    is_page = scope["type"] == ScopeType.HTTP and scope.get("method") == "GET"
    if is_page and actor is not None and actor.has(Role.BIDDER, Role.OFFICER):
        scope["state"]["ratings_waiting"] = await service.waiting_for(session, actor, scope["state"]["now"])


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Ask, remind, open and count. Each step is a transaction of its own and can be repeated."""
    database: Database = app.state.database

    async def rate_services() -> None:
        for step in (service.ask_all, service.remind, service.open_due, service.count_enough):
            async with database.work() as session:
                await step(session, await database_clock(session))

    return [("service_ratings", EVERY_S, rate_services)]


handlers = [my_ratings, rate, give_rating, *statistics_pages.handlers, *window_pages.handlers]

"""Subscribing: the ways to be told of new announcements, and the links that come by mail."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import PUBLIC, back_to, form_of, language_of, page, wants_page
from trading.mail.rules import AddressNotValid
from trading.publication import asking, subscribing
from trading.publication.calendar_pages import calendar_query
from trading.publication.portal_models import Subscription
from trading.publication.search_words import search_in_words
from trading.publication.subscribing import Wish
from trading.settings import Settings

TELL_EVERY_S = 20
FORGET_EVERY_S = 3600
_OFTEN = ("daily", "at_once")


@get("/subscriptions/new", opt=PUBLIC)
async def subscribe_page(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Template:
    """All ways to be told of what a search finds: mail, feeds, calendar."""
    return _page(request, settings, asking.address_of(asking.search_of(request.query_params)[0]), {}, {})


@post("/subscriptions", opt=PUBLIC)
async def subscribe(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Ask to be told by mail. The answer is the same for every address that can be written to."""
    use_language(language_of(request))
    form = await form_of(request)
    search = asking.address_of(asking.search_at(form.get("search", "")))
    if not settings.smtp_url:
        return _page(request, settings, search, form, {"address": _("This platform sends no mail.")})
    wish = Wish(form.get("address", ""), search, form.get("often") != "at_once", language_of(request))
    network = request.client.host if request.client is not None else ""
    try:
        async with database.work() as session:
            await subscribing.ask(session, wish, network, settings=settings, now=now)
    except AddressNotValid as refusal:
        return _page(request, settings, search, form, {"address": " ".join(refusal_words(refusal))})
    return back_to("/subscriptions/asked")


@get("/subscriptions/asked", opt=PUBLIC)
async def asked(request: Request[Any, Any, Any]) -> Template:
    """Look into your mailbox."""
    return page(request, "publication/subscription_told.html", what="asked", subscription=None, words="")


@get("/subscriptions/{subscription_id:uuid}/confirm/{given:str}", opt=PUBLIC)
async def confirm_page(
    request: Request[Any, Any, Any],
    subscription_id: FromPath[UUID],
    given: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """One button: programs that look into mails open links, but press nothing."""
    row = await subscribing.subscription_behind(session, subscription_id, "confirm", given, settings)
    often = request.query_params.get("often", "daily")
    return _told(request, "confirm", row, often=often if often in _OFTEN else "daily", link=request.url.path)


@post("/subscriptions/{subscription_id:uuid}/confirm/{given:str}", opt=PUBLIC)
async def confirm(
    request: Request[Any, Any, Any],
    subscription_id: FromPath[UUID],
    given: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """The mailbox's owner agrees."""
    form = await form_of(request)
    async with database.work() as session:
        row = await subscribing.subscription_behind(session, subscription_id, "confirm", given, settings)
        await subscribing.confirm(session, row, is_daily=form.get("often") != "at_once", now=now)
    return _told(request, "confirmed", row)


@get("/subscriptions/{subscription_id:uuid}/end/{given:str}", opt=PUBLIC)
async def end_page(
    request: Request[Any, Any, Any],
    subscription_id: FromPath[UUID],
    given: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """One button that ends the subscription."""
    row = await subscribing.subscription_behind(session, subscription_id, "end", given, settings)
    return _told(request, "end", row, link=request.url.path)


@post("/subscriptions/{subscription_id:uuid}/end/{given:str}", opt=PUBLIC)
async def end(
    request: Request[Any, Any, Any],
    subscription_id: FromPath[UUID],
    given: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Template | Response[str]:
    """End the subscription: from the page's button, or from the mail program's own (RFC 8058), which sends no cookie.

    The secret in the address stands in for the form's token.
    """
    async with database.work() as session:
        row = await subscribing.subscription_behind(session, subscription_id, "end", given, settings)
        await subscribing.end(session, row.id)
    if not wants_page(request):
        return Response("", status_code=200, media_type="text/plain")
    return _told(request, "ended", row)


def _page(
    request: Request[Any, Any, Any], settings: Settings, search: str, values: dict[str, str], errors: dict[str, str]
) -> Template:
    use_language(language_of(request))
    return page(
        request,
        "publication/subscribe.html",
        status_code=422 if errors else 200,
        asked=search,
        words=search_in_words(asking.search_at(search)),
        calendar=calendar_query(asking.search_at(search)),
        sends_mail=bool(settings.smtp_url),
        values={"often": "daily"} | values,
        errors=errors,
    )


def _told(request: Request[Any, Any, Any], what: str, row: Subscription, **more: Any) -> Template:
    use_language(language_of(request))
    words = search_in_words(asking.search_at(row.search))
    return page(request, "publication/subscription_told.html", what=what, subscription=row, words=words, **more)


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Tell who is to be told; forget who never confirmed."""
    database: Database = app.state.database
    settings: Settings = app.state.settings

    async def tell() -> None:
        async with database.work() as session:
            await subscribing.tell_due(session, settings=settings, now=await database_clock(session))

    async def forget() -> None:
        async with database.work() as session:
            await subscribing.forget_unconfirmed(session, await database_clock(session))

    return [("subscriptions", TELL_EVERY_S, tell), ("unconfirmed subscriptions", FORGET_EVERY_S, forget)]


handlers = [subscribe_page, subscribe, asked, confirm_page, confirm, end_page, end]

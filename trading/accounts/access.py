"""Who is asking: every request learns its actor and the database's time before anything else happens."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service
from trading.accounts.rules import Actor
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted, NotSignedIn

SESSION_COOKIE = "trading_session"


Prepare = Callable[[AsyncSession, Scope], Awaitable[None]]
"""What an upper room looks up for every request, in the same session."""


class Identify(ASGIMiddleware):
    """Puts `actor` (or None) and `now` into the connection's state; then lets upper rooms look up what they need."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, *prepare: Prepare) -> None:
        self._prepare = prepare

    def should_bypass_for_scope(self, scope: Scope) -> bool:
        """Files are the same for everybody."""
        return scope["path"].startswith("/static/")

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look up the cookie's session."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        database: Database = connection.app.state.database
        token = connection.cookies.get(SESSION_COOKIE)
        async with database.reading() as session:
            now = await database_clock(session)
            actor = None if not token else await service.actor_behind(session, token, now=now)
            scope["state"]["now"], scope["state"]["actor"] = now, actor
            for prepare in self._prepare:
                await prepare(session, scope)
        await next_app(scope, receive, send)


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The signed-in actor. Refuses `NotSignedIn`."""
    actor = cast(Actor | None, request.scope["state"].get("actor"))
    if actor is None:
        raise NotSignedIn
    return actor


def provide_now(request: Request[Any, Any, Any]) -> datetime:
    """The database's time at the beginning of the request."""
    return cast(datetime, request.scope["state"]["now"])


def refuse_foreign_origin(connection: ASGIConnection[Any, Any, Any, Any], public_url: str) -> None:
    """Refuse a websocket that a page of another site opened: browsers send cookies along with those.

    A client that is not a browser sends no Origin and is let through: it holds the cookie by its own right.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return
    own = {urlsplit(public_url).netloc, connection.headers.get("host", "")}
    if urlsplit(origin).netloc not in own:
        raise NotPermitted

"""What every page needs: access that is denied unless declared, rendering, and the one place where a refusal becomes
a page or a problem document (RFC 9457).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import quote

import jinja2
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect, Template
from sqlalchemy.exc import TimeoutError as PoolExhausted

from trading.kernel import formats, i18n
from trading.kernel.database import CommitUnknown, DatabaseAway, connection_was_lost
from trading.kernel.errors import NotFound, NotPermitted, NotSignedIn, Outdated, Refusal

log = structlog.get_logger()

LANGUAGE_COOKIE = "language"

# What a handler declares in `opt=`. A handler that declares nothing stops the application from starting.
PUBLIC: dict[str, Any] = {"access": "public"}
SIGNED_IN: dict[str, Any] = {"access": "signed-in"}


def only(*roles: str) -> dict[str, Any]:
    """Access for accounts that have at least one of these roles."""
    return {"access": frozenset(roles)}


class Who(Protocol):
    """What access needs to know of whoever is signed in."""

    @property
    def roles(self) -> frozenset[Any]: ...


def guard_access(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request pass only as its handler declares. Refuses `NotSignedIn`, `NotPermitted`."""
    access = handler.opt.get("access")
    if access == "public":
        return
    actor = cast(Who | None, connection.scope["state"].get("actor"))
    if actor is None:
        raise NotSignedIn
    if access == "signed-in":
        return
    if not isinstance(access, frozenset) or actor.roles.isdisjoint(access):
        raise NotPermitted


class AccessNotDeclared(Exception):
    """A route handler does not say who may use it."""


def refuse_undeclared_access(handlers: list[BaseRouteHandler]) -> None:
    """Raise `AccessNotDeclared` when a handler forgot `opt=`: deny by default begins at start-up."""
    for handler in handlers:
        # The framework's own OPTIONS handlers declare nothing, and guard_access refuses them like anything undeclared.
        if "access" not in handler.opt and not handler.fn.__qualname__.startswith("HTTPRoute.create_options_handler"):
            raise AccessNotDeclared(f"{sorted(handler.paths)} {handler.fn.__qualname__}")


@dataclass(frozen=True)
class Room:
    """A feature's folder: where its templates, static files and translations lie."""

    folder: Path

    @property
    def name(self) -> str:
        """The last part of the package, also the prefix of its static files."""
        return self.folder.name


def template_environment(rooms: list[Room], globals_: dict[str, Any]) -> jinja2.Environment:
    """The one Jinja environment: autoescape on, undefined names are bugs, gettext in the request's language."""
    i18n.load_catalogues([room.folder / "locale" for room in rooms])
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([room.folder / "templates" for room in rooms]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        yuan=formats.yuan,
        wan=formats.wan,
        moment=formats.moment,
        date=formats.day,
        rate=formats.rate,
        period=formats.period,
        law=formats.law,
    )
    environment.globals.update(globals_)
    environment.globals["language"] = i18n.current_language
    return environment


def language_of(request: ASGIConnection[Any, Any, Any, Any]) -> i18n.Language:
    """The language of the cookie; Chinese when none was chosen."""
    return i18n.language_from(request.cookies.get(LANGUAGE_COOKIE))


def page(request: Request[Any, Any, Any], template: str, *, status_code: int = 200, **context: Any) -> Template:
    """Render a page. Templates also see `request`, `actor` (or None), `path`, `now` (database time), and what upper
    rooms looked up for the head of every page: `unread_notices`, `urgent_limits`, `project_limits`, `ratings_waiting`.
    """
    i18n.use_language(language_of(request))
    state = request.scope.get("state", {})
    context.setdefault("actor", state.get("actor"))
    context.setdefault("now", state.get("now"))
    context.setdefault("path", request.url.path)
    context.setdefault("unread_notices", state.get("unread_notices", 0))
    context.setdefault("urgent_limits", state.get("urgent_limits", ()))
    context.setdefault("project_limits", state.get("project_limits", ()))
    context.setdefault("ratings_waiting", state.get("ratings_waiting", 0))
    return Template(template_name=template, context=context, status_code=status_code)


def back_to(path: str) -> Redirect:
    """After a successful POST: look at `path` (303, so that reloading does not post again)."""
    return Redirect(path=path, status_code=303)


def request_now(request: Request[Any, Any, Any]) -> datetime:
    """The database's time at the beginning of this request, aware, in UTC."""
    return cast(datetime, request.scope["state"]["now"])


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal: the only place that knows."""
    match refusal:
        case NotFound():
            return 404
        case NotSignedIn():
            return 401
        case NotPermitted():
            return 403
        case Outdated():
            return 409
        case CommitUnknown() | DatabaseAway():
            return 503
        case _:
            return 422


def answer_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """A refusal as a page for people and as Problem Details (RFC 9457) for programs."""
    i18n.use_language(language_of(request))
    status = status_of(refusal)
    message, advice = formats.refusal_words(refusal)
    if not wants_page(request):
        problem = {"type": f"about:blank#{refusal.code}", "title": message, "detail": advice, "status": status}
        return Response(problem | {"code": refusal.code}, status_code=status, media_type="application/problem+json")
    if isinstance(refusal, NotSignedIn) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return cast(Response[Any], Redirect(path=f"/sign-in?next={quote(target, safe='')}", status_code=303))
    return cast(
        Response[Any],
        page(request, "error.html", status_code=status, code=refusal.code, message=message, advice=advice),
    )


@dataclass(eq=False)
class RequestMalformed(Refusal):
    """The request was not of the form that this address takes."""

    message = "The request could not be understood."
    advice = "Go back, load the page again and try once more. Nothing was changed."


@dataclass(eq=False)
class TooMuchSent(Refusal):
    """The request is larger than this address takes."""

    message = "What was sent is larger than this page takes."
    advice = "Send less at once, or a smaller file. Nothing was stored."


@dataclass(eq=False)
class FormOutdated(NotPermitted):
    """The form's token does not belong to this browser (CSRF), or cookies are off."""

    message = "This form is no longer valid."
    advice = "Load the page again and send the form once more. Nothing was changed."


def answer_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses (unknown address, malformed request, CSRF), in the user's language."""
    refusal: Refusal = RequestMalformed()
    if error.status_code == 404:
        refusal = NotFound()
    elif error.status_code == 413:
        refusal = TooMuchSent()
    elif error.status_code == 401:
        refusal = NotSignedIn()
    elif error.status_code == 403:
        refusal = FormOutdated() if "CSRF" in str(error.detail) else NotPermitted()
    response = answer_refusal(request, refusal)
    if error.status_code in {400, 405, 413, 415, 429}:
        response.status_code = error.status_code
    return response


def answer_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Something went wrong that is our fault: logged whole, told briefly."""
    if isinstance(error, PoolExhausted) or connection_was_lost(error):
        log.error("database_away", path=request.url.path, exc_info=error)
        return answer_refusal(request, DatabaseAway())
    log.error("bug", path=request.url.path, exc_info=error)
    i18n.use_language(language_of(request))
    message = i18n.gettext("Something went wrong on our side.")
    advice = i18n.gettext(
        "What was confirmed before is safe. Try again; if it happens again, tell the centre the time."
    )
    if not wants_page(request):
        problem = {"type": "about:blank", "title": message, "detail": advice, "status": 500}
        return Response(problem, status_code=500, media_type="application/problem+json")
    return cast(Response[Any], page(request, "error.html", status_code=500, code="bug", message=message, advice=advice))


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether the answer is for a person with a browser."""
    return "text/html" in request.headers.get("accept", "")


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The text fields of a submitted form, stripped; the rules judge them. Uploads are not among them."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}

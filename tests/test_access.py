"""Access is denied unless declared, and every refusal is an answer that a person or a program can use."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar, Request, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from trading.accounts import service
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.web import AccessNotDeclared, refuse_undeclared_access
from trading.settings import Settings

HTML = {"accept": "text/html"}


@pytest.fixture
def app(settings: Settings, urls: Urls) -> Litestar:
    return create_app(settings, Database(urls.running))


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(app) as opened:
        yield opened


async def sign_in(database: Database, *roles: Role) -> dict[str, str]:
    """A cookie of a new account with these roles."""
    async with database.work() as session:
        now = await database_clock(session)
        new = NewAccount("somebody", "某人", "four words make one", frozenset(roles))
        account = await service.create_account(session, new, actor=Actor.system("test"), now=now)
        return {SESSION_COOKIE: await service.open_session(session, account, now=now)}


def test_an_application_with_a_handler_that_declares_no_access_does_not_start() -> None:
    @get("/forgotten")
    async def forgotten(request: Request[Any, Any, Any]) -> None: ...

    handlers = Router("/", route_handlers=[forgotten]).routes[0].route_handlers  # type: ignore[union-attr]
    with pytest.raises(AccessNotDeclared, match="forgotten"):
        refuse_undeclared_access(list(handlers))


async def test_a_page_that_needs_an_account_leads_to_signing_in_and_back(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/desk?x=1", headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fdesk%3Fx%3D1"


async def test_a_program_without_an_account_gets_problem_details(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/desk", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "not_signed_in"


async def test_every_page_for_one_role_refuses_all_the_others(
    app: Litestar, client: AsyncTestClient[Litestar], database: Database
) -> None:
    cookies = await sign_in(database, Role.EXPERT)
    guarded = [
        (str(route.path), access)
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(access := handler.opt.get("access"), frozenset)
        and Role.EXPERT not in access
        and isinstance(handler, HTTPRouteHandler)
        and "GET" in handler.http_methods
        and "{" not in str(route.path)
    ]
    assert len(guarded) >= 5
    for path, _ in guarded:
        answer = await client.get(path, headers=HTML, cookies=cookies, follow_redirects=False)
        assert answer.status_code == 403, path


async def test_an_unknown_address_is_a_page_in_the_language_of_the_reader(client: AsyncTestClient[Litestar]) -> None:
    chinese = await client.get("/nowhere", headers=HTML)
    english = await client.get("/nowhere", headers=HTML, cookies={"language": "en"})
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "There is nothing at this address." in english.text
    assert "There is nothing at this address." not in chinese.text


async def test_a_form_without_its_token_is_refused(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.post("/sign-in", data={"sign_in_name": "a", "password": "b"}, headers=HTML)
    assert answer.status_code == 403

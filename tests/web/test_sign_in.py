"""Signing in and out: by password, by one click in the demonstration, and never somewhere else."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.web.conftest import PASSWORD, Client, MakeAccount, browsing, token_of
from trading.accounts import service
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.settings import Settings

SignIn = Callable[[Account], Awaitable[None]]


async def test_the_right_password_leads_to_the_page_that_was_asked_for(
    client: Client, make_account: MakeAccount
) -> None:
    await make_account("li.min", Role.OFFICER)
    form = await token_of(client, "/sign-in?next=/reports") | {"sign_in_name": "Li.Min", "password": PASSWORD}
    answer = await client.post("/sign-in", data=form | {"next": "/reports"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/reports")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize(("name", "password"), [("li.min", "wrong words here"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    client: Client, make_account: MakeAccount, name: str, password: str
) -> None:
    await make_account("li.min", Role.OFFICER)
    form = await token_of(client, "/sign-in") | {"sign_in_name": name, "password": password}
    answer = await client.post("/sign-in", data=form)
    assert answer.status_code == 422
    assert "登录名或密码不正确。" in answer.text
    assert f'value="{name}"' in answer.text
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")
    assert password not in answer.text or not password


async def test_a_refused_sign_in_stays_in_the_journal(
    client: Client, make_account: MakeAccount, database: Database
) -> None:
    account = await make_account("li.min", Role.OFFICER)
    form = await token_of(client, "/sign-in") | {"sign_in_name": "li.min", "password": "wrong words here"}
    await client.post("/sign-in", data=form)
    async with database.reading() as session:
        kinds = [entry.kind for entry in await journal_store.read(session, f"account:{account.id}")]
    assert kinds == ["account_created", "sign_in_refused"]


async def test_after_signing_in_nobody_is_led_to_another_site(client: Client, make_account: MakeAccount) -> None:
    await make_account("li.min", Role.OFFICER)
    form = await token_of(client, "/sign-in?next=//evil.example") | {"sign_in_name": "li.min", "password": PASSWORD}
    answer = await client.post("/sign-in", data=form | {"next": "//evil.example"}, follow_redirects=False)
    assert answer.headers["location"] == "/desk"


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.BIDDER, "/my/lots"),
        (Role.OFFICER, "/officer/projects"),
        (Role.AUCTIONEER, "/auctioneer"),
        (Role.FINANCE, "/finance"),
        (Role.SUPERVISOR, "/supervision"),
        (Role.AUDITOR, "/archive"),
        (Role.EXPERT, "/expert"),
        (Role.ADMIN, "/admin/accounts"),
    ],
)
async def test_the_desk_of_each_role_is_the_page_of_its_work(
    client: Client, make_account: MakeAccount, sign_in: SignIn, role: Role, address: str
) -> None:
    await sign_in(await make_account("somebody", role))
    answer = await client.get("/desk", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, address)


async def test_signing_out_makes_the_token_worthless(
    client: Client, make_account: MakeAccount, sign_in: SignIn, database: Database
) -> None:
    await sign_in(await make_account("li.min", Role.EXPERT))
    token = client.cookies[SESSION_COOKIE]
    assert (await client.get("/expert")).status_code == 200
    answer = await client.post("/sign-out", data=await token_of(client, "/expert"), follow_redirects=False)
    assert answer.headers["location"] == "/"
    client.cookies.set(SESSION_COOKIE, token)
    assert (await client.get("/expert", follow_redirects=False)).status_code == 303


async def test_in_the_demonstration_one_click_signs_in(client: Client, make_account: MakeAccount) -> None:
    await make_account("visitor", Role.EXPERT, is_demonstration=True)
    page = await client.get("/sign-in")
    assert 'action="/demonstration/sign-in/visitor"' in page.text
    form = await token_of(client, "/sign-in")
    answer = await client.post("/demonstration/sign-in/visitor", data=form)
    assert answer.url.path == "/expert"


async def test_one_click_does_not_sign_in_a_real_account(client: Client, make_account: MakeAccount) -> None:
    await make_account("real", Role.ADMIN)
    page = await client.get("/sign-in")
    assert "/demonstration/sign-in/" not in page.text
    answer = await client.post("/demonstration/sign-in/real", data=await token_of(client, "/sign-in"))
    assert answer.status_code == 404


async def test_outside_the_demonstration_there_is_no_one_click_sign_in(
    settings: Settings, database: Database, make_account: MakeAccount
) -> None:
    await make_account("visitor", Role.ADMIN, is_demonstration=True)
    async with browsing(create_app(replace(settings, demonstration=False), database)) as client:
        page = await client.get("/sign-in")
        assert "/demonstration/" not in page.text
        answer = await client.post("/demonstration/sign-in/visitor", data=await token_of(client, "/sign-in"))
    assert answer.status_code == 404


async def test_a_shut_account_cannot_sign_in(client: Client, make_account: MakeAccount, database: Database) -> None:
    account = await make_account("li.min", Role.OFFICER, is_demonstration=True)
    admin = await make_account("boss", Role.ADMIN)
    async with database.work() as session:
        await service.disable_account(session, account.id, actor=service.actor_for(admin), now=account.created_at)
    token = await token_of(client, "/sign-in")
    by_password = await client.post("/sign-in", data=token | {"sign_in_name": "li.min", "password": PASSWORD})
    by_click = await client.post("/demonstration/sign-in/li.min", data=token)
    assert (by_password.status_code, by_click.status_code) == (422, 422)


@pytest.mark.parametrize(("code", "words"), [("en", "Sign in"), ("zh", "登录")])
async def test_the_language_is_remembered_and_the_reader_stays_where_he_was(
    client: Client, code: str, words: str
) -> None:
    answer = await client.get(f"/language/{code}?next=/sign-in")
    assert answer.url.path == "/sign-in"
    assert f"<h1>{words}</h1>" in answer.text


async def test_there_are_two_languages(client: Client) -> None:
    assert (await client.get("/language/fr")).status_code == 404

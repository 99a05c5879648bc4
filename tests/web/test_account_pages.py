"""The administrator's pages: make, change and shut accounts; every change is in the journal with who did it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.web.conftest import PASSWORD, Client, MakeAccount, token_of
from trading.accounts import service
from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.kernel import journal_store
from trading.kernel.database import Database

SignIn = Callable[[Account], Awaitable[None]]
NEW = {"display_name": "王强", "sign_in_name": "wang.qiang", "password": PASSWORD, "roles": ["officer", "auctioneer"]}


@pytest.fixture
async def admin(make_account: MakeAccount, sign_in: SignIn) -> Account:
    account = await make_account("boss", Role.ADMIN)
    await sign_in(account)
    return account


async def facts_of(database: Database, account_id: Any) -> list[Any]:
    async with database.reading() as session:
        return await journal_store.read(session, f"account:{account_id}")


async def test_a_new_account_has_its_roles_and_its_maker_in_the_journal(
    client: Client, admin: Account, database: Database
) -> None:
    form = await token_of(client, "/admin/accounts/new") | NEW
    answer = await client.post("/admin/accounts/new", data=form, follow_redirects=False)
    assert answer.status_code == 303
    async with database.reading() as session:
        account = await service.account_named(session, "wang.qiang")
    assert answer.headers["location"] == f"/admin/accounts/{account.id}"
    assert account.roles == ["auctioneer", "officer"]
    (entry,) = await facts_of(database, account.id)
    assert (entry.kind, entry.actor) == ("account_created", f"account:{admin.id}")
    page = await client.get(answer.headers["location"])
    assert "王强" in page.text
    assert entry.hash.hex() in page.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"sign_in_name": "x"}, "sign_in_name"),
        ({"sign_in_name": "boss"}, "sign_in_name"),
        ({"password": "short"}, "password"),
        ({"roles": []}, "roles"),
        ({"roles": ["bidder"]}, "roles"),
        ({"roles": ["emperor"]}, "roles"),
    ],
)
async def test_a_wrong_field_makes_no_account(
    client: Client, admin: Account, database: Database, changed: dict[str, Any], field: str
) -> None:
    form = await token_of(client, "/admin/accounts/new") | NEW | changed
    answer = await client.post("/admin/accounts/new", data=form)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    async with database.reading() as session:
        assert [account.id for account in await service.list_accounts(session)] == [admin.id]


async def test_a_change_of_roles_is_journalled_with_before_and_after(
    client: Client, admin: Account, make_account: MakeAccount, database: Database
) -> None:
    other = await make_account("wang.qiang", Role.OFFICER)
    form = await token_of(client, f"/admin/accounts/{other.id}") | {"roles": ["finance", "officer"]}
    answer = await client.post(f"/admin/accounts/{other.id}/roles", data=form, follow_redirects=False)
    assert answer.status_code == 303
    entry = (await facts_of(database, other.id))[-1]
    assert (entry.kind, entry.actor) == ("roles_changed", f"account:{admin.id}")
    assert entry.body == {"before": ["officer"], "after": ["finance", "officer"]}


@pytest.mark.parametrize("roles", [[], ["bidder"], ["emperor"]])
async def test_an_account_of_the_staff_keeps_its_roles_when_the_choice_makes_no_sense(
    client: Client, admin: Account, make_account: MakeAccount, database: Database, roles: list[str]
) -> None:
    other = await make_account("wang.qiang", Role.OFFICER)
    form = await token_of(client, f"/admin/accounts/{other.id}") | {"roles": roles}
    answer = await client.post(f"/admin/accounts/{other.id}/roles", data=form)
    assert answer.status_code == 422
    assert [entry.kind for entry in await facts_of(database, other.id)] == ["account_created"]


async def test_nobody_changes_their_own_roles_or_shuts_their_own_account(
    client: Client, admin: Account, database: Database
) -> None:
    page = await client.get(f"/admin/accounts/{admin.id}")
    assert f'action="/admin/accounts/{admin.id}/' not in page.text
    token = await token_of(client, f"/admin/accounts/{admin.id}")
    roles = await client.post(f"/admin/accounts/{admin.id}/roles", data=token | {"roles": ["admin", "finance"]})
    shut = await client.post(f"/admin/accounts/{admin.id}/disable", data=token | {"confirmation": "boss"})
    assert (roles.status_code, shut.status_code) == (403, 403)
    assert {entry.kind for entry in await facts_of(database, admin.id)} == {"account_created", "signed_in"}


async def test_an_account_is_shut_only_after_its_name_was_typed(
    client: Client, admin: Account, make_account: MakeAccount, database: Database
) -> None:
    other = await make_account("wang.qiang", Role.OFFICER)
    token = await token_of(client, f"/admin/accounts/{other.id}")
    mistyped = await client.post(f"/admin/accounts/{other.id}/disable", data=token | {"confirmation": "wang"})
    assert mistyped.status_code == 422
    assert [entry.kind for entry in await facts_of(database, other.id)] == ["account_created"]
    typed = await client.post(
        f"/admin/accounts/{other.id}/disable", data=token | {"confirmation": "wang.qiang"}, follow_redirects=False
    )
    assert typed.status_code == 303
    entry = (await facts_of(database, other.id))[-1]
    assert (entry.kind, entry.actor) == ("account_disabled", f"account:{admin.id}")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_nobody_but_an_administrator_sees_accounts(
    client: Client, make_account: MakeAccount, sign_in: SignIn, role: Role
) -> None:
    await sign_in(await make_account("somebody", role))
    assert (await client.get("/admin/accounts")).status_code == 403

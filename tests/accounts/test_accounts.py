"""Accounts: what is refused, who is behind a cookie, and that permissions are facts."""

from datetime import datetime, timedelta

import pytest

from trading.accounts import service
from trading.accounts.models import Account
from trading.accounts.rules import (
    SESSION_LIFETIME,
    Actor,
    CreditCodeInvalid,
    CreditCodeTaken,
    PasswordTooWeak,
    Role,
    SignInNameInvalid,
    SignInNameTaken,
    TooManyAttempts,
    credit_code_of,
)
from trading.accounts.service import NewAccount, NewUnit
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted

ADMIN = Actor.system("test")
GOOD_CODE = "12510522MB0000014N"


def new_account(name: str = "officer", password: str = "four words make one") -> NewAccount:
    return NewAccount(name, "经办人", password, frozenset({Role.OFFICER}))


def new_unit(credit_code: str = GOOD_CODE) -> NewUnit:
    return NewUnit(
        "合江演示建设有限公司", credit_code, "合江演示建设有限公司", "6222000000000001", "张三", "13800000000"
    )


@pytest.mark.parametrize("code", ["", "12510522MB00000140", "12510522MB0000014", "X" * 18, "12510522MB0000014I"])
def test_a_credit_code_that_fails_gb_32100_is_refused(code: str) -> None:
    with pytest.raises(CreditCodeInvalid):
        credit_code_of(code)


def test_a_credit_code_is_read_in_any_case_and_spacing() -> None:
    assert credit_code_of(" 12510522 mb0000014n ") == GOOD_CODE
    assert credit_code_of("１２510522MB0000014N") == GOOD_CODE


async def make(database: Database, new: NewAccount, now: datetime) -> Account:
    async with database.work() as session:
        return await service.create_account(session, new, actor=ADMIN, now=now)


async def test_a_password_is_kept_as_an_argon2_hash_only(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    assert account.password_hash.startswith("$argon2id$")
    assert "four words" not in account.password_hash


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (new_account(name="ab"), SignInNameInvalid),
        (new_account(name="名字名字"), SignInNameInvalid),
        (new_account(password="short"), PasswordTooWeak),
        (new_account(name="longenoughname", password="LongEnoughName"), PasswordTooWeak),
        (new_account(password="x" * 1000), PasswordTooWeak),
    ],
)
async def test_a_weak_password_or_malformed_name_is_refused(
    database: Database, now: datetime, new: NewAccount, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await make(database, new, now)


async def test_a_name_in_use_is_refused_whatever_its_case(database: Database, now: datetime) -> None:
    await make(database, new_account(), now)
    with pytest.raises(SignInNameTaken):
        await make(database, new_account(name="OFFICER"), now)


async def test_a_unit_signs_up_once(database: Database, now: datetime) -> None:
    async with database.work() as session:
        account = await service.sign_up_bidder(session, new_unit(), new_account("bidder"), now=now)
        assert account.unit_id is not None
    with pytest.raises(CreditCodeTaken):
        async with database.work() as session:
            await service.sign_up_bidder(session, new_unit(), new_account("bidder2"), now=now)
    async with database.reading() as session:
        assert [known.sign_in_name for known in await service.list_accounts(session)] == ["bidder"]


async def sign_in(database: Database, name: str, password: str, now: datetime) -> str | None:
    async with database.work() as session:
        account = await service.check_sign_in(session, name, password, now=now)
        return None if account is None else await service.open_session(session, account, now=now)


async def test_the_right_password_signs_in_and_the_cookie_names_the_actor(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    token = await sign_in(database, "Officer", "four words make one", now)
    assert token is not None
    async with database.reading() as session:
        actor = await service.actor_behind(session, token, now=now)
        assert actor is not None
        assert actor.account_id == account.id
        assert actor.has(Role.OFFICER)
        assert await service.actor_behind(session, token, now=now + SESSION_LIFETIME) is None
        assert await service.actor_behind(session, token + "x", now=now) is None


async def test_signing_out_ends_the_session_at_once(database: Database, now: datetime) -> None:
    await make(database, new_account(), now)
    token = await sign_in(database, "officer", "four words make one", now)
    assert token is not None
    async with database.work() as session:
        await service.close_session(session, token)
    async with database.reading() as session:
        assert await service.actor_behind(session, token, now=now) is None


async def test_wrong_passwords_are_counted_and_make_the_name_wait(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    for _ in range(service.ATTEMPTS_BEFORE_WAIT):
        assert await sign_in(database, "officer", "wrong", now) is None
    with pytest.raises(TooManyAttempts):
        await sign_in(database, "officer", "four words make one", now)
    later = now + service.WAIT_AFTER_ATTEMPTS + timedelta(seconds=1)
    assert await sign_in(database, "officer", "four words make one", later) is not None
    async with database.reading() as session:
        kinds = [entry.kind for entry in await journal_store.read(session, f"account:{account.id}")]
    assert kinds == ["account_created", *["sign_in_refused"] * service.ATTEMPTS_BEFORE_WAIT, "signed_in"]


async def test_a_changed_permission_is_a_fact_with_before_and_after(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    async with database.work() as session:
        await service.set_roles(session, account.id, {Role.FINANCE}, actor=ADMIN, now=now)
    async with database.reading() as session:
        last = (await journal_store.read(session, f"account:{account.id}"))[-1]
    assert (last.kind, last.body) == ("roles_changed", {"before": ["officer"], "after": ["finance"]})


async def test_nobody_changes_their_own_roles(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    with pytest.raises(NotPermitted):
        async with database.work() as session:
            await service.set_roles(session, account.id, {Role.ADMIN}, actor=service.actor_for(account), now=now)


async def test_a_disabled_account_is_signed_out_and_cannot_come_back(database: Database, now: datetime) -> None:
    account = await make(database, new_account(), now)
    token = await sign_in(database, "officer", "four words make one", now)
    assert token is not None
    async with database.work() as session:
        await service.disable_account(session, account.id, actor=ADMIN, now=now)
    async with database.reading() as session:
        assert await service.actor_behind(session, token, now=now) is None
    assert await sign_in(database, "officer", "four words make one", now) is None


async def test_a_token_is_worth_nothing_once_its_account_is_shut_its_time_over_or_it_is_not_known(
    database: Database, now: datetime
) -> None:
    """Also one that was given while the account was being shut, and stands beside it."""
    tokens = {}
    for name in ("staying", "leaving"):
        account = await make(database, new_account(name), now)
        tokens[name] = str(await sign_in(database, name, "four words make one", now))
    async with database.work() as session:
        (await session.get_one(Account, account.id)).disabled_at = now
    asked = [*tokens.values(), "unknown"]
    async with database.reading() as session:
        assert await service.valid_tokens(session, asked, now=now) == {tokens["staying"]}
        assert await service.actor_behind(session, tokens["leaving"], now=now) is None
        assert await service.valid_tokens(session, asked, now=now + SESSION_LIFETIME) == set()

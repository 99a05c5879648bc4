"""Use cases of accounts: sign up, sign in, sign out, grant, disable; and who is behind a cookie."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from trading.accounts.models import Account, SignInSession, Unit
from trading.accounts.rules import (
    SESSION_LIFETIME,
    Actor,
    CreditCodeTaken,
    Role,
    SignInNameTaken,
    SignInRefused,
    TooManyAttempts,
    check_password,
    check_sign_in_name,
    credit_code_of,
)
from trading.kernel import journal_store
from trading.kernel.errors import NotFound, NotPermitted

_hasher = PasswordHasher()
ATTEMPTS_BEFORE_WAIT = 8
WAIT_AFTER_ATTEMPTS = timedelta(minutes=15)

# Verified when the sign-in name is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class NewUnit:
    """What a unit tells about itself when it signs up."""

    name: str
    credit_code: str
    bank_account_name: str
    bank_account_number: str
    contact_name: str
    phone: str
    is_demonstration: bool = False


@dataclass(frozen=True)
class NewAccount:
    """What is needed to make an account. The password is plain text and is not kept."""

    sign_in_name: str
    display_name: str
    password: str
    roles: frozenset[Role]
    is_demonstration: bool = False


async def create_account(
    session: AsyncSession, new: NewAccount, *, unit: Unit | None = None, actor: Actor, now: datetime
) -> Account:
    """Make an account. Refuses a name that is taken or malformed and a weak password."""
    sign_in_name = check_sign_in_name(new.sign_in_name)
    check_password(new.password, sign_in_name)
    if await session.scalar(select(Account.id).where(Account.sign_in_name == sign_in_name)):
        raise SignInNameTaken(sign_in_name)
    account = Account(
        sign_in_name=sign_in_name,
        display_name=new.display_name,
        password_hash=await asyncio.to_thread(_hasher.hash, new.password),
        roles=sorted(new.roles),
        unit_id=None if unit is None else unit.id,
        is_demonstration=new.is_demonstration,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    body = {"sign_in_name": sign_in_name, "roles": sorted(new.roles), "unit_id": _text(account.unit_id)}
    await _record(session, account.id, "account_created", actor, now, body)
    return account


async def create_unit(session: AsyncSession, new: NewUnit, *, actor: Actor, now: datetime) -> Unit:
    """Make a unit known. Refuses a credit code that fails its check or is already known."""
    credit_code = credit_code_of(new.credit_code)
    if await session.scalar(select(Unit.id).where(Unit.credit_code == credit_code)):
        raise CreditCodeTaken(credit_code)
    unit = Unit(
        name=new.name,
        credit_code=credit_code,
        bank_account_name=new.bank_account_name,
        bank_account_number=new.bank_account_number,
        contact_name=new.contact_name,
        phone=new.phone,
        is_demonstration=new.is_demonstration,
    )
    session.add(unit)
    await session.flush()
    body = {"name": unit.name, "credit_code": credit_code}
    await journal_store.append(
        session, stream=f"unit:{unit.id}", kind="unit_created", actor=actor.reference, at=now, body=body
    )
    return unit


async def sign_up_bidder(session: AsyncSession, unit: NewUnit, account: NewAccount, *, now: datetime) -> Account:
    """A unit signs itself up as a bidder, with its first account."""
    actor = Actor.system("sign-up")
    made = await create_unit(session, unit, actor=actor, now=now)
    return await create_account(session, account, unit=made, actor=actor, now=now)


async def check_sign_in(session: AsyncSession, sign_in_name: str, password: str, *, now: datetime) -> Account | None:
    """The account, when the password is right; None when it is not (the attempt is counted: commit it).

    Refuses `TooManyAttempts` while the account waits.
    """
    query = select(Account).where(Account.sign_in_name == sign_in_name.strip().lower()).with_for_update()
    account = await session.scalar(query)
    if account is not None and account.blocked_until is not None and now < account.blocked_until:
        raise TooManyAttempts
    known = _NOBODY if account is None else account.password_hash
    if not await asyncio.to_thread(_matches, known, password) or account is None or account.disabled_at is not None:
        if account is not None:
            await _count_failure(session, account, now)
        return None
    account.failed_attempts = 0
    account.blocked_until = None
    return account


async def open_session(session: AsyncSession, account: Account, *, now: datetime) -> str:
    """Sign an account in; returns the secret token for the cookie."""
    if account.disabled_at is not None:
        raise SignInRefused
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=_digest(token), account_id=account.id, created_at=now, expires_at=now + SESSION_LIFETIME
        )
    )
    await _record(session, account.id, "signed_in", _actor_of(account), now, {})
    return token


async def close_session(session: AsyncSession, token: str) -> None:
    """Sign out: the token is worth nothing from now on."""
    await session.execute(delete(SignInSession).where(SignInSession.token_hash == _digest(token)))


async def actor_behind(session: AsyncSession, token: str, *, now: datetime) -> Actor | None:
    """Who is signed in with this token, or None."""
    query = (
        select(Account)
        .join(SignInSession, SignInSession.account_id == Account.id)
        .where(
            SignInSession.token_hash == _digest(token),
            SignInSession.expires_at > now,
            Account.disabled_at.is_(None),
        )
    )
    account = await session.scalar(query)
    return None if account is None else _actor_of(account)


async def name_of(session: AsyncSession, reference: str) -> str:
    """What the person, or the part of the platform, is called that a journal entry names as its actor."""
    kind, _, identifier = reference.partition(":")
    return (await get_account(session, UUID(identifier))).display_name if kind == "account" else identifier


async def valid_tokens(session: AsyncSession, tokens: Iterable[str], *, now: datetime) -> set[str]:
    """Those of the tokens with which somebody is signed in whose account is not shut."""
    by_digest = {_digest(token): token for token in tokens}
    query = (
        select(SignInSession.token_hash)
        .join(Account, SignInSession.account_id == Account.id)
        .where(SignInSession.token_hash.in_(by_digest), SignInSession.expires_at > now, Account.disabled_at.is_(None))
    )
    return {by_digest[digest] for digest in await session.scalars(query)}


async def set_roles(
    session: AsyncSession, account_id: UUID, roles: Iterable[Role], *, actor: Actor, now: datetime
) -> Account:
    """Change what an account may do. Nobody changes their own roles."""
    account = await _lock_account(session, account_id, actor)
    before, account.roles = account.roles, sorted(roles)
    await _record(session, account.id, "roles_changed", actor, now, {"before": before, "after": account.roles})
    return account


async def disable_account(session: AsyncSession, account_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Shut an account: it cannot sign in, and whoever is signed in with it is signed out."""
    account = await _lock_account(session, account_id, actor)
    account.disabled_at = now
    await session.execute(delete(SignInSession).where(SignInSession.account_id == account_id))
    await _record(session, account.id, "account_disabled", actor, now, {})


async def list_accounts(session: AsyncSession) -> list[Account]:
    """All accounts with their units, by name."""
    query = select(Account).options(joinedload(Account.unit)).order_by(Account.sign_in_name)
    return list((await session.execute(query)).scalars())


async def accounts_in_use(
    session: AsyncSession, *, role: Role | None = None, unit_id: UUID | None = None
) -> list[UUID]:
    """The accounts that are not shut and have a role, or belong to a unit."""
    query = select(Account.id).where(Account.disabled_at.is_(None)).order_by(Account.id)
    if role is not None:
        query = query.where(Account.roles.contains([role.value]))
    if unit_id is not None:
        query = query.where(Account.unit_id == unit_id)
    return list(await session.scalars(query))


async def account_named(session: AsyncSession, sign_in_name: str) -> Account:
    """The account that signs in by this name."""
    account = await session.scalar(select(Account).where(Account.sign_in_name == sign_in_name))
    if account is None:
        raise NotFound
    return account


async def get_account(session: AsyncSession, account_id: UUID) -> Account:
    """One account."""
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound
    return account


async def get_unit(session: AsyncSession, unit_id: UUID) -> Unit:
    """One unit."""
    unit = await session.get(Unit, unit_id)
    if unit is None:
        raise NotFound
    return unit


async def find_unit(session: AsyncSession, credit_code: str) -> Unit | None:
    """The unit with this credit code, if it is known."""
    return await session.scalar(select(Unit).where(Unit.credit_code == credit_code))


def actor_for(account: Account) -> Actor:
    """The actor that an account is (for work on behalf of an account, e.g. when demonstration data is laid)."""
    return _actor_of(account)


async def _lock_account(session: AsyncSession, account_id: UUID, actor: Actor) -> Account:
    if actor.account_id == account_id:
        raise NotPermitted
    account = await session.scalar(select(Account).where(Account.id == account_id).with_for_update())
    if account is None:
        raise NotFound
    return account


async def _count_failure(session: AsyncSession, account: Account, now: datetime) -> None:
    account.failed_attempts += 1
    if account.failed_attempts % ATTEMPTS_BEFORE_WAIT == 0:
        account.blocked_until = now + WAIT_AFTER_ATTEMPTS
    body = {"failed_attempts": account.failed_attempts}
    await _record(session, account.id, "sign_in_refused", Actor.system("sign-in"), now, body)


async def _record(
    session: AsyncSession, account_id: UUID, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    stream = f"account:{account_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=body)


def _actor_of(account: Account) -> Actor:
    return Actor(
        reference=f"account:{account.id}",
        name=account.display_name,
        account_id=account.id,
        roles=frozenset(Role(role) for role in account.roles),
        unit_id=account.unit_id,
        is_demonstration=account.is_demonstration,
    )


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

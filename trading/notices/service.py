"""Use cases of notices: send one, count and list one's own, mark them as read. Any room may send.

A notice to a role is for everybody who has the role, and each of them reads it for themselves. What was sent before an
account existed is no news to it. Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.kernel.ids import new_id
from trading.notices.models import Notice, NoticeRead

SHOWN = 100
UNREAD_FOR = timedelta(days=90)
"""What nobody has read for so long is no news any more: it leaves the count and stays in the list."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """What is to be known. `key` names the fact and the addressee: the same key is sent once.

    `to` is an account or a role; `message` a gettext message id with `{places}` that `facts` fill.
    """

    key: str
    to: UUID | Role
    weight: str
    message: str
    address: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice and whether its reader has read it."""

    notice: Notice
    is_read: bool


async def send(session: AsyncSession, new: NewNotice, *, now: datetime) -> bool:
    """Send a notice, once for its key. Whether this call did it."""
    account_id, role = (new.to, None) if isinstance(new.to, UUID) else (None, new.to.value)
    row = {
        "id": new_id(),
        "key": new.key,
        "account_id": account_id,
        "role": role,
        "weight": new.weight,
        "message": new.message,
        "facts": new.facts,
        "address": new.address,
        "created_at": now,
    }
    inserted = postgresql.insert(Notice).values(**row).on_conflict_do_nothing(index_elements=["key"])
    return (await session.execute(inserted.returning(Notice.id))).scalar() is not None


async def unread(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """How many notices this person has not read yet."""
    query = select(func.count()).select_from(Notice).where(_mine(actor), ~_is_read(actor), _is_news(actor, now))
    return int(await session.scalar(query) or 0)


async def notices_of(session: AsyncSession, actor: Actor, *, only_unread: bool = False) -> Sequence[ShownNotice]:
    """The notices of a person, the newest first."""
    query = select(Notice, _is_read(actor)).where(_mine(actor)).order_by(Notice.created_at.desc(), Notice.id.desc())
    if only_unread:
        query = query.where(~_is_read(actor))
    return [ShownNotice(notice, is_read) for notice, is_read in await session.execute(query.limit(SHOWN))]


async def mark_read(session: AsyncSession, actor: Actor, *, now: datetime, notice_id: UUID | None = None) -> int:
    """Mark one of one's own notices as read, or all of them. How many were not before; another's is not touched."""
    wanted = select(Notice.id).where(_mine(actor), ~_is_read(actor))
    if notice_id is not None:
        wanted = wanted.where(Notice.id == notice_id)
    rows = [
        {"notice_id": found, "account_id": actor.account_id, "read_at": now} for found in await session.scalars(wanted)
    ]
    if rows:
        await session.execute(postgresql.insert(NoticeRead).on_conflict_do_nothing(), rows)
    return len(rows)


async def settle(session: AsyncSession, key_begins: str, *, now: datetime) -> None:
    """What notices to accounts asked for is done, whoever did it: they are read, and wait for nobody any more."""
    begun = Notice.key.startswith(key_begins, autoescape=True) & Notice.account_id.is_not(None)
    rows = select(Notice.id, Notice.account_id, literal(now, NoticeRead.read_at.type)).where(begun)
    read = postgresql.insert(NoticeRead).from_select(["notice_id", "account_id", "read_at"], rows)
    await session.execute(read.on_conflict_do_nothing())


def _mine(actor: Actor) -> ColumnElement[bool]:
    return or_(Notice.account_id == actor.account_id, Notice.role.in_([role.value for role in actor.roles]))


def _is_read(actor: Actor) -> ColumnElement[bool]:
    return exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.account_id == actor.account_id)


def _is_news(actor: Actor, now: datetime) -> ColumnElement[bool]:
    since = select(Account.created_at).where(Account.id == actor.account_id).scalar_subquery()
    return and_(Notice.created_at >= since, Notice.created_at >= now - UNREAD_FOR)

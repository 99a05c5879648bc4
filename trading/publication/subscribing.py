"""Being told of new announcements by mail: asked for, confirmed from the mailbox, ended by one click.

Nobody learns from the page whether an address is subscribed already: the answer is the same, and what differs is in the
mail. Who asks too often gets the same answer and no mail. The links in mails carry keyed hashes of the subscription's
identifier; nothing of them is stored. An address is deleted with its subscription, an unconfirmed one after two days.
Services never commit.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import NotFound
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import language_from, use_language
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.mail import service as mail
from trading.mail.rules import Letter, read_address
from trading.publication import asking, finding
from trading.publication.finding import Hit
from trading.publication.portal_models import Subscription, SubscriptionRequest
from trading.settings import Settings

UNCONFIRMED_FOR = timedelta(days=2)
DAILY_AT = time(8)
LOOKED_EVERY = timedelta(minutes=1)
SETTLED = timedelta(minutes=1)
"""What was published so short a time ago is told next time: transactions that began before may still end after it."""
MOST_TOLD = 100
PER_ADDRESS_A_DAY = 3
PER_NETWORK_A_DAY = 30
MOST_OF_ADDRESS = 20
_AT_ONCE = 200

Use = Literal["confirm", "end"]


@dataclass(eq=False)
class SubscriptionNotFound(NotFound):
    """The link belongs to no subscription: it ended, was never confirmed in time, or the address is incomplete."""

    message: ClassVar[str] = "This subscription does not exist any more."
    advice: ClassVar[str] = "Nothing will be sent. If you want to be told again, subscribe anew."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: `search` is the part of the list's address after the question mark."""

    address: str
    search: str
    is_daily: bool
    language: str


def token(settings: Settings, use: Use, subscription_id: UUID) -> str:
    """The secret part of a link, which only whoever got the mail knows."""
    text = f"subscription:{use}:{subscription_id}".encode()
    return hmac.new(settings.secret.encode(), text, hashlib.sha256).hexdigest()[:40]


def link(settings: Settings, use: Use, subscription_id: UUID) -> str:
    """The whole address of a link in a mail."""
    return f"{settings.public_url}/subscriptions/{subscription_id}/{use}/{token(settings, use, subscription_id)}"


async def ask(session: AsyncSession, wish: Wish, network: str, *, settings: Settings, now: datetime) -> None:
    """Somebody asks to be told. What follows is in the mailbox only. Refuses with `AddressNotValid`.

    `network` is where the request came from; it is kept as a keyed hash for a day.
    """
    address = read_address(wish.address)
    search = asking.address_of(asking.search_at(wish.search))
    sources = {_source(settings, address.lower()): PER_ADDRESS_A_DAY, _source(settings, network): PER_NETWORK_A_DAY}
    for source, most in sources.items():
        if await _asked(session, source, now) >= most:
            return
        session.add(SubscriptionRequest(id=new_id(), source=source, asked_at=now))
    of_address = select(func.count()).select_from(Subscription).where(Subscription.address == address)
    if (await session.scalar(of_address) or 0) >= MOST_OF_ADDRESS:
        return
    row = {
        "id": new_id(),
        "address": address,
        "search": search,
        "language": wish.language,
        "is_daily": wish.is_daily,
        "asked_at": now,
        "told_until": now,
        "due_at": now,
    }
    insert = postgresql.insert(Subscription).values(row)
    again = {"asked_at": now, "language": wish.language}  # a confirmed one goes on as it is until it is confirmed again
    stored = insert.on_conflict_do_update(index_elements=["address", "search"], set_=again).returning(Subscription.id)
    subscription_id = await session.scalar(stored)
    assert subscription_id is not None
    subscription = await session.get_one(Subscription, subscription_id, populate_existing=True)
    letter = _invitation(subscription, wish.is_daily, settings)
    await mail.write_letter(
        session,
        address,
        letter,
        purpose=f"subscription:{subscription_id}:confirm:{int(now.timestamp())}",
        host=_host(settings),
        now=now,
    )


async def subscription_behind(
    session: AsyncSession, subscription_id: UUID, use: Use, given: str, settings: Settings
) -> Subscription:
    """The subscription of a link. Refuses with `SubscriptionNotFound`, for a wrong link as for one that ended."""
    row = await session.get(Subscription, subscription_id)
    if row is None or not hmac.compare_digest(given.encode(), token(settings, use, subscription_id).encode()):
        raise SubscriptionNotFound
    return row


async def confirm(session: AsyncSession, subscription: Subscription, *, is_daily: bool, now: datetime) -> None:
    """The mailbox's owner agrees. Told from now on; agreeing again may change how often."""
    if subscription.confirmed_at is None:
        subscription.confirmed_at = subscription.told_until = now
    subscription.is_daily = is_daily
    subscription.due_at = next_due(now, is_daily=is_daily)
    await session.flush()


async def end(session: AsyncSession, subscription_id: UUID) -> None:
    """Nobody is told any more: the row with its address goes, and mail that still waits too."""
    await mail.take_back(session, f"subscription:{subscription_id}:")
    await session.execute(delete(Subscription).where(Subscription.id == subscription_id))


def next_due(now: datetime, *, is_daily: bool) -> datetime:
    """When to look next: in a minute, or at the next eight o'clock of local time."""
    if not is_daily:
        return now + LOOKED_EVERY
    local = now.astimezone(SHANGHAI)
    today = datetime.combine(local.date(), DAILY_AT, SHANGHAI)
    return today if local < today else today + timedelta(days=1)


async def tell_due(session: AsyncSession, *, settings: Settings, now: datetime) -> int:
    """Write what is due into the outbox; returns how many letters that were.

    What is written and up to when it was looked are stored together, so that nothing is lost or written twice. Several
    nodes take different subscriptions.
    """
    due = select(Subscription).where(Subscription.confirmed_at.is_not(None), Subscription.due_at <= now)
    due = due.order_by(Subscription.due_at).limit(_AT_ONCE).with_for_update(skip_locked=True)
    written = 0
    until = now - SETTLED
    for subscription in list(await session.scalars(due)):
        subscription.due_at = next_due(now, is_daily=subscription.is_daily)
        if until <= subscription.told_until:
            continue
        search = asking.search_at(subscription.search)
        hits = await finding.newest(session, search, until, limit=MOST_TOLD + 1, since=subscription.told_until)
        if hits:
            purpose = f"subscription:{subscription.id}:until:{until.isoformat()}"
            letter = _news(subscription, hits, settings)
            host = _host(settings)
            await mail.write_letter(session, subscription.address, letter, purpose=purpose, host=host, now=now)
            written += 1
        subscription.told_until = until
    await session.flush()
    return written


async def forget_unconfirmed(session: AsyncSession, now: datetime) -> None:
    """Delete what was never confirmed, and by whom was asked a day ago."""
    never = Subscription.confirmed_at.is_(None) & (Subscription.asked_at < now - UNCONFIRMED_FOR)
    await session.execute(delete(Subscription).where(never))
    await session.execute(delete(SubscriptionRequest).where(SubscriptionRequest.asked_at < now - timedelta(days=1)))


async def _asked(session: AsyncSession, source: str, now: datetime) -> int:
    asked = select(func.count()).select_from(SubscriptionRequest)
    recent = SubscriptionRequest.asked_at > now - timedelta(days=1)
    return int(await session.scalar(asked.where(SubscriptionRequest.source == source, recent)) or 0)


def _source(settings: Settings, text: str) -> str:
    return hmac.new(settings.secret.encode(), f"asked:{text}".encode(), hashlib.sha256).hexdigest()


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


def _invitation(subscription: Subscription, is_daily: bool, settings: Settings) -> Letter:
    use_language(language_from(subscription.language))
    confirm_at = link(settings, "confirm", subscription.id) + ("?often=daily" if is_daily else "?often=at_once")
    lines = [
        _("Somebody, probably you, asked to be told of new announcements at this address."),
        "",
        _("To agree, open this page and press the button:"),
        confirm_at,
        "",
        _("If it was not you, do nothing: the address is deleted after two days, and nothing more is sent."),
        *_footer(subscription, settings),
    ]
    return Letter(_("Please confirm: announcements by mail"), "\n".join(lines), link(settings, "end", subscription.id))


def _news(subscription: Subscription, hits: list[Hit], settings: Settings) -> Letter:
    use_language(language_from(subscription.language))
    shown = hits[:MOST_TOLD]
    count = f"{len(shown)}+" if len(hits) > MOST_TOLD else str(len(shown))
    lines = []
    for hit in shown:
        published = hit.announcement.published_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        lines += [hit.announcement.title, f"{published} · {hit.announcement.number}"]
        lines += [f"{settings.public_url}/announcements/{hit.announcement.id}", ""]
    if len(hits) > MOST_TOLD:
        lines += [_("There are more:"), f"{settings.public_url}/announcements?{subscription.search}", ""]
    subject = _("{count} new announcements").format(count=count)
    text = "\n".join([*lines, *_footer(subscription, settings)])
    return Letter(f"{subject} · {shown[0].announcement.title}"[:150], text, link(settings, "end", subscription.id))


def _footer(subscription: Subscription, settings: Settings) -> list[str]:
    search = f"?{subscription.search}" if subscription.search else ""
    return [
        "",
        "--",
        settings.centre_name if subscription.language == "zh" else settings.centre_name_en,
        _("Search: {address}").format(address=f"{settings.public_url}/announcements{search}"),
        _("To end this, without signing in: {address}").format(address=link(settings, "end", subscription.id)),
    ]

"""Use cases of supervision: see what is live, read the latest facts, and check a stream of the journal.

A supervisor changes nothing. Looking into a stream is itself a fact: it is recorded with what was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.sale import ENDED, Stage
from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import NotFound
from trading.kernel.journal import BrokenChain, Entry, Head, find_break
from trading.kernel.journal_store import JournalEntry, entry_of
from trading.kernel.moments import local_day, midnight
from trading.projects.models import Lot
from trading.registration.models import Registration

LATEST_FACTS = 12
PAGE_LENGTH = 50


@dataclass(eq=False)
class StreamUnknown(NotFound):
    """Nothing was ever written in the stream."""

    message = "Nothing was ever written in the journal stream {stream}."
    advice = "Check the address. Streams are found in a dossier or among the latest facts."
    stream: str


@dataclass(frozen=True, slots=True)
class LiveSale:
    """A sale that is running or about to, with its lot and the number of qualified bidders."""

    auction: Auction
    lot: Lot
    qualified: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a supervisor sees first. `today` counts the facts of each kind since midnight in Shanghai."""

    live: Sequence[LiveSale]
    coming: Sequence[LiveSale]
    facts: Sequence[Entry]
    today: dict[str, int]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class StreamView:
    """A page of a stream, newest first, and the verdict over the whole of it."""

    head: Head
    broken: BrokenChain | None
    entries: Sequence[Entry]
    names: dict[str, str]
    page: int
    pages: int


async def overview(session: AsyncSession, now: datetime) -> Overview:
    """Sales that run or come, the latest facts, and today's counts."""
    sales = await _sales(session)
    begins = midnight(local_day(now))
    counted = select(JournalEntry.kind, func.count()).where(JournalEntry.at >= begins).group_by(JournalEntry.kind)
    newest = (JournalEntry.at.desc(), JournalEntry.stream, JournalEntry.seq.desc())
    rows = await session.scalars(select(JournalEntry).order_by(*newest).limit(LATEST_FACTS))
    facts = [entry_of(row) for row in rows]
    return Overview(
        live=[sale for sale in sales if sale.auction.stage != Stage.WAITING],
        coming=[sale for sale in sales if sale.auction.stage == Stage.WAITING],
        facts=facts,
        today={str(kind): int(count) for kind, count in await session.execute(counted)},
        names=await names_of(session, facts),
    )


async def look_into_stream(session: AsyncSession, stream: str, *, page: int, actor: Actor, now: datetime) -> StreamView:
    """Recompute a whole stream and show a page of it. The look is recorded. Refuses with `StreamUnknown`."""
    head = await journal_store.head(session, stream)
    if head.seq == 0:
        raise StreamUnknown(stream[:100])
    # What is written while we read lies behind the head that was read first.
    entries = [entry for entry in await journal_store.read(session, stream) if entry.seq <= head.seq]
    broken = find_break(entries, head)
    pages = max(1, -(-len(entries) // PAGE_LENGTH))
    page = min(max(1, page), pages)
    shown = entries[::-1][(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    await journal_store.append(
        session,
        stream=actor.reference,
        kind="journal_viewed",
        actor=actor.reference,
        at=now,
        body={"stream": stream, "seq": head.seq, "hash": head.hash.hex(), "whole": broken is None, "page": page},
    )
    return StreamView(head, broken, shown, await names_of(session, shown), page, pages)


async def _sales(session: AsyncSession) -> list[LiveSale]:
    qualified = (
        select(func.count())
        .where(Registration.lot_id == Auction.lot_id, Registration.state == "qualified")
        .scalar_subquery()
    )
    query = (
        select(Auction, Lot, qualified)
        .join(Lot, Lot.id == Auction.lot_id)
        .where(Auction.stage.not_in(ENDED))
        .order_by(Auction.starts_at, Auction.lot_id)
        .limit(100)
    )
    return [LiveSale(auction, lot, count) for auction, lot, count in await session.execute(query)]


async def names_of(session: AsyncSession, entries: Sequence[Entry]) -> dict[str, str]:
    """The names behind the actors of some entries, by reference."""
    identifiers = {found for entry in entries if (found := _account_id(entry.actor)) is not None}
    query = select(Account.id, Account.display_name).where(Account.id.in_(identifiers))
    return {f"account:{account_id}": name for account_id, name in await session.execute(query)}


def _account_id(reference: str) -> UUID | None:
    # A journal that somebody tampered with may hold any text here, and must still be shown.
    try:
        return UUID(reference.removeprefix("account:")) if reference.startswith("account:") else None
    except ValueError:
        return None

"""Several lots in one session: side by side, or one after another in the session's order.

One after another means: a lot is opened, by the auctioneer or by the clock, only when all lots before it have ended.
Lots whose end was announced as a moment (listing, tender) cannot wait for others. What was arranged is a fact of the
stream `session:<id>`. Whoever changes a session locks its row, then its lots by their identifiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from auction.models import Auction, AuctionSession
from auction.refused_powers import (
    LotHasItsOwnEnd,
    LotNotFreeForSession,
    SessionBegun,
    SessionNeedsLots,
    SessionNotFound,
    SessionOrder,
    SessionTitleMissing,
)
from auction.sale import ENDED, Stage
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod

FEWEST_LOTS = 2
LONGEST_TITLE = 80
_OWN_END = frozenset({SellingMethod.LISTING, SellingMethod.TENDER})


@dataclass(frozen=True, slots=True)
class Group:
    """The lots of one session in its order, or (without one) lots that are sold on their own."""

    session: AuctionSession | None
    auctions: list[Auction] = field(default_factory=list)


async def create_session(
    session: AsyncSession,
    *,
    title: str,
    lot_ids: Sequence[UUID],
    one_after_another: bool,
    actor: Actor,
    now: datetime,
) -> AuctionSession:
    """A session of prepared lots that still wait, in this order.

    Refusals: SessionTitleMissing, SessionNeedsLots, LotNotFreeForSession, LotHasItsOwnEnd.
    """
    title = _checked_title(title)
    auctions = await _lock(session, lot_ids)
    arranged = AuctionSession(
        title=title, one_after_another=one_after_another, created_at=now, created_by=actor.account_id
    )
    await _check_lots(session, lot_ids, auctions, arranged)
    session.add(arranged)
    await session.flush()
    await _place(session, arranged, lot_ids, auctions)
    await _record(session, arranged, "session_arranged", lot_ids, actor, now)
    return arranged


async def rearrange_session(
    session: AsyncSession, session_id: UUID, *, title: str, lot_ids: Sequence[UUID], actor: Actor, now: datetime
) -> AuctionSession:
    """Add and take out lots, or change their order, before the first of them is opened.

    Refusals: SessionNotFound, SessionTitleMissing, SessionBegun, SessionNeedsLots, LotNotFreeForSession,
    LotHasItsOwnEnd.
    """
    arranged = await get_session(session, session_id, for_change=True)
    members = await lots_of(session, session_id)
    auctions = await _lock(session, {*lot_ids, *(auction.lot_id for auction in members)})
    arranged.title = _checked_title(title)
    before = [auction for auction in auctions.values() if auction.session_id == session_id]
    if any(auction.stage != Stage.WAITING for auction in before):
        raise SessionBegun
    for auction in before:
        auction.session_id = auction.session_position = None
    await session.flush()
    await _check_lots(session, lot_ids, auctions, arranged)
    await _place(session, arranged, lot_ids, auctions)
    await _record(session, arranged, "session_rearranged", lot_ids, actor, now)
    return arranged


async def take_out(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> UUID:
    """Sell a lot that still waits on its own, also when its session has begun: one before it may be suspended for days.

    Returns the session it was in. Refusals: LotNotFreeForSession.
    """
    auction = (await _lock(session, [lot_id])).get(lot_id)
    if auction is None or auction.session_id is None or auction.stage != Stage.WAITING:
        raise LotNotFreeForSession(lot=await _title(session, lot_id))
    arranged = await get_session(session, auction.session_id)
    auction.session_id = auction.session_position = None
    await session.flush()
    await _record(session, arranged, "lot_taken_out", [lot_id], actor, now)
    return arranged.id


async def check_turn(session: AsyncSession, auction: Auction) -> None:
    """Refuse `SessionOrder` while a lot before this one has not ended. The caller holds the lock of the lot's row."""
    earlier = await waits_for(session, auction)
    if earlier is not None:
        raise SessionOrder(lot=earlier)


async def waits_for(session: AsyncSession, auction: Auction) -> str | None:
    """The title of the lot that must end before this one may begin; None when nothing is waited for."""
    if auction.session_id is None or auction.session_position is None:
        return None
    earlier = await session.scalar(_unfinished_before(auction.session_id, auction.session_position).limit(1))
    return None if earlier is None else await _title(session, earlier)


def its_turn() -> ColumnElement[bool]:
    """SQL over `auctions`: no lot before this one in its session has still to end."""
    earlier = aliased(Auction)
    return ~exists().where(
        earlier.session_id == Auction.session_id,
        earlier.session_position < Auction.session_position,
        earlier.stage.not_in(ENDED),
        AuctionSession.id == Auction.session_id,
        AuctionSession.one_after_another,
    )


async def get_session(session: AsyncSession, session_id: UUID, *, for_change: bool = False) -> AuctionSession:
    """One session; its row is locked for a change of its lots. Refuses `SessionNotFound`."""
    found = await session.get(AuctionSession, session_id, with_for_update=for_change)
    if found is None:
        raise SessionNotFound
    return found


async def lots_of(session: AsyncSession, session_id: UUID) -> list[Auction]:
    """The sales of a session in its order."""
    query = select(Auction).where(Auction.session_id == session_id).order_by(Auction.session_position)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def free_lots(session: AsyncSession) -> list[Auction]:
    """The prepared sales that wait and are in no session, the first to begin first."""
    free = select(Auction).where(Auction.stage == Stage.WAITING, Auction.session_id.is_(None))
    return list(await session.scalars(free.order_by(Auction.starts_at, Auction.lot_id)))


async def grouped(session: AsyncSession, auctions: Sequence[Auction]) -> list[Group]:
    """These sales by their sessions, each where its first lot stood; the lots of a session in its order."""
    ids = {auction.session_id for auction in auctions if auction.session_id is not None}
    query = select(AuctionSession).where(AuctionSession.id.in_(ids))
    known = {arranged.id: arranged for arranged in await session.scalars(query)} if ids else {}
    groups: dict[UUID | None, Group] = {}
    for auction in auctions:
        group = groups.setdefault(
            auction.session_id or auction.lot_id, Group(known.get(auction.session_id) if auction.session_id else None)
        )
        group.auctions.append(auction)
    for group in groups.values():
        group.auctions.sort(key=lambda auction: auction.session_position or 0)
    return list(groups.values())


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise SessionTitleMissing(longest=LONGEST_TITLE)
    return title


async def _lock(session: AsyncSession, lot_ids: Sequence[UUID] | set[UUID]) -> dict[UUID, Auction]:
    query = select(Auction).where(Auction.lot_id.in_(set(lot_ids))).order_by(Auction.lot_id).with_for_update()
    locked = await session.scalars(query.execution_options(populate_existing=True))
    return {auction.lot_id: auction for auction in locked}


async def _check_lots(
    session: AsyncSession, lot_ids: Sequence[UUID], auctions: dict[UUID, Auction], arranged: AuctionSession
) -> None:
    if len(lot_ids) < FEWEST_LOTS or len(set(lot_ids)) != len(lot_ids):
        raise SessionNeedsLots(fewest=FEWEST_LOTS)
    for lot_id in lot_ids:
        auction = auctions.get(lot_id)
        if auction is None or auction.stage != Stage.WAITING or auction.session_id is not None:
            raise LotNotFreeForSession(lot=await _title(session, lot_id))
        if arranged.one_after_another and auction.method in _OWN_END:
            raise LotHasItsOwnEnd(lot=await _title(session, lot_id))


async def _place(
    session: AsyncSession, arranged: AuctionSession, lot_ids: Sequence[UUID], auctions: dict[UUID, Auction]
) -> None:
    for position, lot_id in enumerate(lot_ids, 1):
        auctions[lot_id].session_id, auctions[lot_id].session_position = arranged.id, position
    await session.flush()


def _unfinished_before(session_id: UUID, position: int) -> Select[UUID]:
    return (
        select(Auction.lot_id)
        .join(AuctionSession, AuctionSession.id == Auction.session_id)
        .where(
            Auction.session_id == session_id,
            Auction.session_position < position,
            Auction.stage.not_in(ENDED),
            AuctionSession.one_after_another,
        )
        .order_by(Auction.session_position)
    )


async def _title(session: AsyncSession, lot_id: UUID) -> str:
    return (await projects.get_lot(session, lot_id)).title


async def _record(
    session: AsyncSession,
    arranged: AuctionSession,
    kind: str,
    lot_ids: Sequence[UUID],
    actor: Actor,
    now: datetime,
) -> None:
    body: dict[str, Any] = {
        "title": arranged.title,
        "one_after_another": arranged.one_after_another,
        "lots": [str(lot_id) for lot_id in lot_ids],
    }
    await journal_store.append(
        session, stream=f"session:{arranged.id}", kind=kind, actor=actor.reference, at=now, body=body
    )

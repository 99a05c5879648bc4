"""What may be seen of a live sale. Nothing here changes anything."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import rules
from auction.messages import STREAM, BidLine, Snapshot
from auction.models import Auction, BidRow
from auction.refusals import SaleNotFound
from auction.sale import ENDED, Stage
from auction.way import SETTLE_DELAY
from trading.kernel import journal_store
from trading.kernel.journal import Entry
from trading.projects.profiles import SellingMethod

BIDS_IN_SNAPSHOT = 200


async def due_moments(session: AsyncSession, until: datetime) -> list[tuple[UUID, datetime]]:
    """Lots that open, or whose stage ends, by themselves until then, and when."""
    opening = select(Auction.lot_id, Auction.starts_at).where(
        Auction.stage == Stage.WAITING,
        Auction.method != SellingMethod.AUCTION,
        Auction.starts_at <= until,
    )
    closing = select(Auction.lot_id, Auction.closes_at).where(
        Auction.stage.not_in(ENDED), Auction.closes_at + SETTLE_DELAY <= until
    )
    moments = [(lot_id, moment) for lot_id, moment in await session.execute(opening)]
    moments += [
        (lot_id, moment + SETTLE_DELAY) for lot_id, moment in await session.execute(closing) if moment is not None
    ]
    return moments


async def auction_of(session: AsyncSession, lot_id: UUID) -> Auction:
    """The lot's sale as it stands. Refuses `SaleNotFound`."""
    auction = await session.get(Auction, lot_id, populate_existing=True)
    if auction is None:
        raise SaleNotFound
    return auction


async def heads_of(session: AsyncSession, lot_ids: list[UUID]) -> dict[UUID, int]:
    """The number of the last event of each lot."""
    rows = await session.execute(select(Auction.lot_id, Auction.seq).where(Auction.lot_id.in_(lot_ids)))
    return {lot_id: seq for lot_id, seq in rows}  # noqa: C416 - rows are not pairs to the type checker


async def sessions(session: AsyncSession) -> list[Auction]:
    """All sales, those that are open or come next first."""
    running = Auction.ended_at.is_(None)
    order = (running.desc(), Auction.ended_at.desc(), Auction.starts_at)
    return list(await session.scalars(select(Auction).order_by(*order).limit(100)))


async def bids_of(session: AsyncSession, lot_id: UUID) -> list[BidRow]:
    """Every bid of the lot, refused ones too, in the order of decision: the bid record."""
    return list(await session.scalars(select(BidRow).where(BidRow.lot_id == lot_id).order_by(BidRow.seq)))


async def own_bids(session: AsyncSession, lot_id: UUID, account_id: UUID) -> list[BidRow]:
    """The bids of one account for the lot, newest first."""
    query = select(BidRow).where(BidRow.lot_id == lot_id, BidRow.account_id == account_id)
    return list(await session.scalars(query.order_by(BidRow.seq.desc()).limit(BIDS_IN_SNAPSHOT)))


async def entries_after(session: AsyncSession, lot_id: UUID, seq: int, limit: int | None = None) -> list[Entry]:
    """The lot's journal entries after `seq`: its events."""
    return await journal_store.read(session, f"{STREAM}{lot_id}", after_seq=seq, limit=limit)


async def snapshot(session: AsyncSession, lot_id: UUID, now: datetime) -> Snapshot:
    """All that everybody may see of the sale at this moment. Refuses `SaleNotFound`."""
    auction = await auction_of(session, lot_id)
    last = await entries_after(session, lot_id, auction.seq - 1, limit=1)
    return Snapshot(
        seq=auction.seq,
        hash=last[0].hash.hex() if last else None,
        server_time=now,
        stage=auction.stage,
        method=auction.method,
        starting_price_fen=auction.starting_price_fen,
        increment_fen=auction.increment_fen,
        lowest_fen=rules.lowest_valid_price(auction.terms, auction.state).fen,
        price_fen=auction.price_fen,
        plate=auction.plate,
        calls=auction.calls,
        bid_count=auction.bids,
        starts_at=auction.starts_at,
        closes_at=auction.closes_at,
        ended_at=auction.ended_at,
        bids=await _latest_bids(session, lot_id, auction.seq),
    )


async def _latest_bids(session: AsyncSession, lot_id: UUID, until_seq: int) -> list[BidLine]:
    query = (
        select(BidRow.seq, BidRow.decided_at, BidRow.plate, BidRow.price_fen)
        .where(BidRow.lot_id == lot_id, BidRow.accepted, BidRow.seq <= until_seq)
        .order_by(BidRow.seq.desc())
        .limit(BIDS_IN_SNAPSHOT)
    )
    rows = (await session.execute(query)).all()
    return [
        BidLine(seq=seq, at=at, plate=plate, price_fen=price_fen)
        for seq, at, plate, price_fen in reversed(rows)
        if plate is not None and price_fen is not None
    ]


async def uncompleted(session: AsyncSession) -> list[UUID]:
    """Lots whose sale has ended and where something that follows is still to be done."""
    due = select(Auction.lot_id).where(Auction.stage.in_(ENDED), Auction.completed_at.is_(None))
    return list(await session.scalars(due.order_by(Auction.ended_at)))

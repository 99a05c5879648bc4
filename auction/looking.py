"""What may be seen of a live sale. Nothing here changes anything."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from auction import rules
from auction.messages import STREAM, LotTerms, SaleState, public_event
from auction.models import Auction, BidRow
from auction.refusals import SaleNotFound
from auction.sale import ENDED, Stage
from auction.selling_sessions import its_turn
from auction.standing_still import stands_still
from auction.way import SETTLE_DELAY
from auction.ways import online
from trading.kernel import journal_store
from trading.kernel.journal import Entry
from trading.projects.profiles import SellingMethod

BIDS_AT_FIRST = 200  # the latest accepted bids that somebody is told who has just come
OWN_BIDS = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to know of a lot: what happened after `after` (None: from the beginning).

    Of accepted bids the latest `bids` are told; every other event is.
    """

    lot_id: UUID
    after: int | None
    bids: int


async def due_moments(session: AsyncSession, until: datetime) -> list[tuple[UUID, datetime]]:
    """Lots that open, or whose stage ends, by themselves until then, and when."""
    opening = select(Auction.lot_id, Auction.starts_at).where(
        Auction.stage == Stage.WAITING,
        Auction.method != SellingMethod.AUCTION,
        Auction.starts_at <= until,
        its_turn(),
        ~stands_still(),
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
    return list(await session.scalars(query.order_by(BidRow.seq.desc()).limit(OWN_BIDS)))


async def entries_after(session: AsyncSession, lot_id: UUID, seq: int, limit: int | None = None) -> list[Entry]:
    """The lot's journal entries after `seq`: its events."""
    return await journal_store.read(session, f"{STREAM}{lot_id}", after_seq=seq, limit=limit)


def terms(auction: Auction) -> LotTerms:
    """What was announced for the sale, as it is told to everybody who connects."""
    return LotTerms(
        method=auction.method,
        starting_price_fen=auction.starting_price_fen,
        increment_fen=auction.increment_fen,
        starts_at=auction.starts_at,
        window_s=auction.window_s,
        minimum_bidders=auction.minimum_bidders,
        whole_multiple=auction.whole_multiple,
        way=msgspec.Raw(auction.way.encode()),
    )


async def state(
    session: AsyncSession, lot_id: UUID, after: int | None, now: datetime, *, bids: int = BIDS_AT_FIRST
) -> SaleState:
    """What everybody may see of the sale at this moment, and what happened after `after`. Refuses `SaleNotFound`."""
    found = await states(session, [Wanted(lot_id, after, bids)], now)
    if found[0] is None:
        raise SaleNotFound
    return found[0]


async def states(session: AsyncSession, wanted: Sequence[Wanted], now: datetime) -> list[SaleState | None]:
    """The state of each lot that is wanted, None where there is no such sale; two statements for all of them.

    State and events are of one moment: entries are never changed, and those up to the row's number are there since the
    row says so. A number that lies ahead of the sale is of no sale that we know: it is told from the beginning.
    """
    rows = select(Auction).where(Auction.lot_id.in_({one.lot_id for one in wanted}))
    found = await session.scalars(rows.execution_options(populate_existing=True))
    auctions = {auction.lot_id: auction for auction in found}
    known = [
        (place, auction, None if one.after is None or one.after > auction.seq else max(0, one.after), one.bids)
        for place, one in enumerate(wanted)
        if (auction := auctions.get(one.lot_id)) is not None
    ]
    parameters = {
        "places": [place for place, _, _, _ in known],
        "streams": [f"{STREAM}{auction.lot_id}" for _, auction, _, _ in known],
        "after": [after or 0 for _, _, after, _ in known],
        "until": [auction.seq for _, auction, _, _ in known],
        "bids": [bids for _, _, _, bids in known],
    }
    entries: dict[int, list[Entry]] = defaultdict(list)
    result: Any = await session.execute(_EVENTS, parameters)
    for row in result:
        entries[row.place].append(journal_store.entry_of(row))
    made: list[SaleState | None] = [None] * len(wanted)
    for place, auction, after, _ in known:
        made[place] = _state(auction, after, entries[place], now)
    return made


# Of refused bids nothing is told but, by the hash of the last entry, that the stream went on.
_EVENTS = text("""
    SELECT wanted.place, entry.*
    FROM unnest(CAST(:places AS int[]), CAST(:streams AS text[]), CAST(:after AS bigint[]), CAST(:until AS bigint[]),
                CAST(:bids AS int[])) AS wanted (place, stream, after, until, bids)
    CROSS JOIN LATERAL (
        (SELECT * FROM journal_entries
         WHERE stream = wanted.stream AND seq > wanted.after AND seq <= wanted.until
           AND kind NOT IN ('bid_accepted', 'bid_refused'))
        UNION ALL
        (SELECT * FROM journal_entries
         WHERE stream = wanted.stream AND seq > wanted.after AND seq <= wanted.until AND kind = 'bid_accepted'
         ORDER BY seq DESC LIMIT wanted.bids)
        UNION ALL
        (SELECT * FROM journal_entries
         WHERE stream = wanted.stream AND seq = wanted.until AND (kind = 'bid_refused' OR seq <= wanted.after))
    ) AS entry
    ORDER BY wanted.place, entry.seq
""")


def _state(auction: Auction, after: int | None, entries: list[Entry], now: datetime) -> SaleState:
    events = [public_event(entry) for entry in entries if entry.seq > (after or 0) and entry.kind != "bid_refused"]
    terms, state = auction.terms, auction.state
    for_priority = online.lowest_for_priority(terms, state)
    return SaleState(
        after=after,
        seq=auction.seq,
        hash=entries[-1].hash.hex() if entries else None,
        at=auction.decided_at,
        server_time=now,
        stage=auction.stage,
        price_fen=auction.price_fen,
        plate=auction.plate,
        calls=auction.calls,
        bid_count=auction.bids,
        increment_fen=rules.increment_of(terms, state).fen,
        lowest_fen=rules.lowest_valid_price(terms, state).fen,
        closes_at=auction.closes_at,
        ended_at=auction.ended_at,
        events=events,
        left_out=auction.seq - (after or 0) - len(events),
        lowest_for_priority_fen=None if for_priority is None else for_priority.fen,
    )


async def uncompleted(session: AsyncSession) -> list[UUID]:
    """Lots whose sale has ended and where something that follows is still to be done."""
    due = select(Auction.lot_id).where(Auction.stage.in_(ENDED), Auction.completed_at.is_(None))
    return list(await session.scalars(due.order_by(Auction.ended_at)))

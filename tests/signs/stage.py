"""A sale with rivals who share something, for the tests of searching."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import service as auctions
from auction.settling import settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.accounts.traces import Occasion, Seen, leave_trace
from trading.deposits.models import BankReceipt
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.projects.models import Lot
from trading.signs import service
from trading.signs.rules import Network
from trading.supervision.models import Alert

WINDOW_S = 240
PLAIN = "198.51.100.{}"


async def published(database: Database, now: datetime, **terms: Any) -> Sale:
    """A lot whose registration has closed and whose sale may be opened; each bidder paid from its own account."""
    async with database.work() as session:
        sale = await publish_lot(session, now=now, **terms)
        for place in range(len(sale.bidders)):
            await paid(session, sale, place, f"6222 000{place}", now=now)
    return sale


async def paid(
    session: AsyncSession,
    sale: Sale,
    place: int,
    account: str,
    *,
    payer: str = "",
    now: datetime,
    accepted: bool = True,
) -> None:
    """Money came in for a bidder's deposit, in its own name unless another is said."""
    name = payer or f"演示竞买人{sale.bidders[place].plate}号有限公司"
    taken = await session.scalar(select(func.count()).select_from(BankReceipt))
    receipt = BankReceipt(
        reference=str(new_id()),
        sequence=(taken or 0) + 1,
        account_number=str(new_id()),
        registration_id=sale.bidders[place].registration.id,
        amount_fen=START // 5,
        payer_name=name,
        payer_account_number=account,
        booked_at=now - timedelta(hours=1) + timedelta(minutes=place),
        seen_at=now,
        outcome="accepted" if accepted else "other_payer",
        difference_fen=0,
    )
    session.add(receipt)
    await session.flush()


async def seen(
    session: AsyncSession,
    sale: Sale,
    place: int,
    device: str,
    address: str,
    now: datetime,
    occasion: Occasion = Occasion.SIGN_IN,
) -> None:
    """A bidder's account was used from there."""
    lot_id = sale.lot_id if occasion in (Occasion.REGISTRATION, Occasion.SALE) else None
    account_id = sale.bidders[place].account.id
    await leave_trace(session, Seen(device, address), account_id, occasion, lot_id=lot_id, now=now)


@dataclass(frozen=True)
class Turn:
    """One bidder raises by so many increments."""

    place: int
    increments: int


async def sold(database: Database, sale: Sale, turns: list[Turn], now: datetime) -> datetime:
    """The sale by timed bidding, from the first turn to its end. When it ended."""
    async with database.work() as session:
        await auctions.prepare(session, sale.lot_id, now)
        await auctions.open_lot(session, sale.lot_id, actor=sale.auctioneer, now=now)
    increments = 0
    for number, turn in enumerate(turns, start=1):
        increments += turn.increments
        at = now + timedelta(seconds=number)
        async with database.work() as session:
            price = START + increments * INCREMENT
            [decision] = await settle(session, [sale.bidders[turn.place].bids(price, at)])
            assert not isinstance(decision, Refusal)
            assert decision.refusal is None, decision
    ended_at = now + timedelta(seconds=len(turns) + WINDOW_S + 1)
    async with database.work() as session:
        await auctions.advance_due(session, ended_at, lot_id=sale.lot_id)
        assert (await session.get_one(Lot, sale.lot_id)).state == "sold"
    return ended_at


async def search(database: Database, now: datetime, known: list[Network] | None = None) -> int:
    """Search what is due at this moment."""
    return await service.search_due(database, known or [], fixed_clock(now))


async def raised(database: Database, lot_id: UUID | None = None) -> list[Alert]:
    """The alerts that were raised, oldest first."""
    query = select(Alert).order_by(Alert.raised_at, Alert.key)
    if lot_id is not None:
        query = query.where(Alert.lot_id == lot_id)
    async with database.reading() as session:
        return list(await session.scalars(query))

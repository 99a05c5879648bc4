"""A sale that waits does not begin while its project is suspended (项目中止); one that runs is frozen by itself."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.refusals import SaleFrozen
from trading.projects.models import Lot


def stands_still() -> ColumnElement[bool]:
    """SQL over `auctions`: the lot's dates stand still."""
    return exists().where(Lot.id == Auction.lot_id, Lot.suspended_at.is_not(None))


async def check_may_begin(session: AsyncSession, lot_id: UUID) -> None:
    """Refuse `SaleFrozen` while the lot's dates stand still. The caller holds the lock of the sale's row."""
    if await session.scalar(select(Lot.id).where(Lot.id == lot_id, Lot.suspended_at.is_not(None))) is not None:
        raise SaleFrozen

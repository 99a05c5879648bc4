"""The sealed reserve of a lot: read only at the moment that ends its sale."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.money import Money
from trading.projects import service as projects


async def reserve_of(session: AsyncSession, lot_id: UUID) -> Money | None:
    """The reserve, None where the lot has none."""
    sealed = await projects.sealed_reserve_of(session, lot_id)
    return None if sealed is None else sealed.price

"""The one clock is the database server's. Everything else is told the time.

`clock_timestamp()` moves on inside a transaction; `now()` stands still at its start and would accept a bid that waited
for its lock past the closing.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Clock = Callable[[AsyncSession], Awaitable[datetime]]


async def database_clock(session: AsyncSession) -> datetime:
    """The database server's time at this very moment, aware, in UTC."""
    moment: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return moment.astimezone(UTC)


def fixed_clock(at: datetime) -> Clock:
    """A clock that always says `at`: for tests, and for demonstration data that lies in the past."""

    async def read(_: AsyncSession) -> datetime:
        return at

    return read

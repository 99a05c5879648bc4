"""A clock that a journey moves on: days pass in a moment, for the server, its jobs and every page alike.

The platform knows one clock, `clock_timestamp()` of its database. A journey's own database has a function of that name
that is found before PostgreSQL's and adds what lies between this machine's time and the journey's. What the browsers
show of their own clock is not touched.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.conftest import Urls
from trading.kernel.moments import SHANGHAI

_LAID = (
    "CREATE TABLE public.journey_clock (ahead interval NOT NULL)",
    "INSERT INTO public.journey_clock VALUES ('0')",
    """CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
       AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM public.journey_clock'""",
)


class MovedClock:
    """The clock of one journey's database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def moves_to(self, local: str) -> None:
        """From now on it is this moment in Beijing, `2026-03-02 09:00`, or some seconds later. It never goes back."""
        at = datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        move = """UPDATE public.journey_clock SET ahead = :at - pg_catalog.clock_timestamp()
                  WHERE :at >= public.clock_timestamp() OR ahead = '0'"""
        async with self._engine.begin() as connection:
            moved = await connection.execute(text(move), {"at": at})
        assert moved.rowcount == 1, f"it is later than {local} already"


@asynccontextmanager
async def moved_clock(urls: Urls, local: str) -> AsyncIterator[MovedClock]:
    """A moved clock in a test's database. Lay it before the first connection of a server: it says where they look."""
    engine = create_async_engine(urls.superuser)
    database = make_url(urls.superuser).database
    async with engine.begin() as connection:
        for statement in _LAID:
            await connection.execute(text(statement))
        await connection.execute(text(f"ALTER DATABASE {database} SET search_path = public, pg_catalog"))
    clock = MovedClock(engine)
    await clock.moves_to(local)
    yield clock
    await engine.dispose()

"""Queries, objections and complaints as the application composes them: pages, a job of the tick, timelines."""

from collections.abc import Awaitable, Callable

from litestar import Litestar

from trading.complaints import bidder_pages, desk_pages, matter_pages
from trading.complaints.handling import end_suspensions
from trading.complaints.showing import timeline_steps
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.projects.rooms_steps import add_source

LOOKS_EVERY_S = 30

handlers = [*bidder_pages.handlers, *matter_pages.handlers, *desk_pages.handlers]

add_source(timeline_steps)


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """What the tick looks at: suspensions that have lasted their longest."""
    database: Database = app.state.database

    async def look() -> None:
        async with database.reading() as session:
            now = await database_clock(session)
        await end_suspensions(database, now)

    return [("ended_suspensions", LOOKS_EVERY_S, look)]

"""The pages of venues, what they need while the server runs, and what is looked after by the clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from litestar import Litestar

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.venues import booking_pages, plan_pages, recording_pages, recordings, room_pages
from trading.venues.recording_files import RecordingStore

BOOKED_AT_ONCE = 4

handlers = [
    *plan_pages.handlers,
    *room_pages.handlers,
    *booking_pages.handlers,
    *recording_pages.handlers,
]


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open this installation's recordings, and the line in which bookings wait."""
    app.state.booking_desk = asyncio.Semaphore(BOOKED_AT_ONCE)
    app.state.recordings = RecordingStore(app.state.settings.recordings_folder)
    yield


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Drop the uploads that nobody continues."""
    database: Database = app.state.database

    async def drop_expired_uploads() -> None:
        async with database.work() as session:
            await recordings.drop_expired(session, app.state.recordings, await database_clock(session))

    return [("drop_expired_uploads", 600, drop_expired_uploads)]

"""One server's part in the live sales: its desk, its rooms, the one connection that listens, and the tick of a second.

Every second the database is asked for its time: the answer is the heartbeat of all rooms, so a screen that hears it
knows that server and database live. Lots that open or close within the next tick get a timer of their own. Timers and
wake-ups only say "look now"; what is due is decided by the lot's row.
"""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from auction import looking, service
from auction.completing import Issuer
from auction.desk import BidDesk
from auction.room import Rooms
from auction.storing import CHANNEL
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

log = structlog.get_logger()

TICK_S = 1.0
_AHEAD = timedelta(seconds=1.5)  # a little more than a tick, so that no moment falls between two ticks
_LISTENER_CHECK_S = 5.0
_PAUSE_S = 0.5


class LiveNode:
    """What a server needs to take part in live sales. One per process, started with the application."""

    def __init__(self, database: Database, issuer: Issuer) -> None:
        self._database = database
        self._issuer = issuer
        self.desk = BidDesk(database)
        self.rooms = Rooms(database)
        self._last_look = (0.0, datetime.max.replace(tzinfo=UTC))
        self._timers: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and tick while the context is open; settle what waits before leaving."""
        await self._look()
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tick())]
        try:
            yield
        finally:
            await self.desk.close()
            for task in (*tasks, *self._timers.values()):
                task.cancel()
            await asyncio.gather(*tasks, *self._timers.values(), return_exceptions=True)
            await self.rooms.close()

    def about_now(self) -> datetime:
        """The database's time as of the last tick plus what has passed since: for showing, never for deciding."""
        asked_at, database_time = self._last_look
        return database_time + timedelta(seconds=asyncio.get_running_loop().time() - asked_at)

    async def advance_due(self) -> None:
        """Prepare, open, close and complete whatever is due. Safe at any time, on any number of servers."""
        async with self._database.work() as session:
            await service.prepare_due(session, await database_clock(session))
        async with self._database.reading() as session:
            now = await database_clock(session)
            due = await looking.due_moments(session, now)
        for lot_id, _ in due:
            await self.advance(lot_id)
        await self.complete_due()

    async def advance(self, lot_id: UUID) -> None:
        """Open this lot, or end its stage, if the moment has come."""
        async with self._database.work() as session:
            await service.advance_due(session, await database_clock(session), lot_id=lot_id)

    async def complete_due(self) -> None:
        """Do what follows the end of a sale, lot by lot, wherever it is still to be done."""
        async with self._database.reading() as session:
            due = await looking.uncompleted(session)
        for lot_id in due:
            try:
                async with self._database.work() as session:
                    now = await database_clock(session)
                    await service.complete_concluded(session, now, issuer=self._issuer, lot_id=lot_id)
            except Exception:  # noqa: BLE001 - one lot must not hold up the others; it stays due
                log.error("lot_not_completed", lot_id=str(lot_id), traceback=traceback.format_exc())

    def complete_soon(self) -> None:
        """Complete what is due, without anybody waiting for it."""
        self._start("completion", self.complete_due())

    async def _tick(self) -> None:
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the tick lives as long as the server
                log.warning("tick_failed", reason=str(error)[:200])
            elapsed = asyncio.get_running_loop().time() - started
            await asyncio.sleep(max(0.05, TICK_S - elapsed))

    async def _look(self) -> None:
        async with self._database.work() as session:
            for lot_id in await service.note_presence(session, database_clock):
                log.warning("countdown_began_anew", lot_id=str(lot_id))
        async with self._database.reading() as session:
            now = await database_clock(session)
            asked_at = asyncio.get_running_loop().time()
            heads = await looking.heads_of(session, self.rooms.lots())
            due = await looking.due_moments(session, now + _AHEAD)
        self._last_look = (asked_at, now)
        self.rooms.wake_behind(heads)
        self.rooms.beat(now)
        for lot_id, moment in due:
            self._start(f"{lot_id} at {moment}", self._advance_after(lot_id, moment - now))

    async def _advance_after(self, lot_id: UUID, wait: timedelta) -> None:
        await asyncio.sleep(max(0.0, wait.total_seconds()))
        await self.advance(lot_id)
        await self.complete_due()

    def _start(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Run something on the side, unless the same is running already."""
        if name in self._timers:
            work.close()
            return
        task = self._timers[name] = asyncio.create_task(work, name=name)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        del self._timers[task.get_name()]
        if not task.cancelled() and (error := task.exception()):
            log.error("timer_failed", timer=task.get_name(), reason=str(error)[:200])

    async def _listen(self) -> None:
        """Keep one connection listening. Whenever it had to be made anew, every room looks for what it missed."""
        while True:
            try:
                connection = await self._database.raw_connection()
                try:
                    await connection.add_listener(CHANNEL, self._heard)
                    self.rooms.wake_all()
                    while not connection.is_closed():
                        await asyncio.sleep(_LISTENER_CHECK_S)
                        await connection.execute("SELECT 1", timeout=_LISTENER_CHECK_S)
                finally:
                    with contextlib.suppress(Exception):
                        await connection.close(timeout=1)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener_lost", reason=str(error)[:200])
            await asyncio.sleep(_PAUSE_S)

    def _heard(self, _: object, __: int, ___: str, payload: object) -> None:
        lot_id, _, _ = str(payload).partition(":")
        self.rooms.wake(UUID(lot_id))

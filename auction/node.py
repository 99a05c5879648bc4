"""One server's part in the live sales: its desk, its rooms, the one connection that listens, and the tick of a second.

Every second the database is asked for its time: the answer is the heartbeat of all rooms, so a screen that hears it
knows that server and database live, and it measures the server's own clock (`auction.node_clock`), by which bids are
stamped. While that clock cannot be trusted the server takes no bids and ends nothing. Lots that open or close within
the next tick get a timer of their own. Timers and wake-ups only say "look now"; what is due is decided by the lot's
row, and not before every bid is settled that reached this server in time.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from auction import looking, service
from auction.attendance import ATTENDANCE_CHANNEL
from auction.completing import Issuer
from auction.desk import LARGEST_BATCH, BidDesk
from auction.node_clock import NodeClock
from auction.room import Rooms
from auction.signed_in import SignedIn
from auction.storing import CHANNEL
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

log = structlog.get_logger()

TICK_S = 1.0
_AHEAD = timedelta(seconds=1.5)  # a little more than a tick, so that no moment falls between two ticks
_LISTENER_CHECK_S = 5.0
_PAUSE_S = 0.5
_LATER_S = 0.003  # a timer that looked a moment too early would look again only at the next tick
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")


class LiveNode:
    """What a server needs to take part in live sales. One per process, started with the application."""

    def __init__(
        self, database: Database, issuer: Issuer, *, messages_per_s: int = 20, largest_batch: int = LARGEST_BATCH
    ) -> None:
        self._database = database
        self._issuer = issuer
        self.messages_per_s = messages_per_s
        self.clock = NodeClock()
        self.desk = BidDesk(database, largest_batch)
        self.rooms = Rooms(database)
        self.signed_in = SignedIn()
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

    async def advance_due(self) -> None:
        """Prepare, open, close and complete whatever is due. Safe at any time, on any number of servers."""
        async with self._database.work() as session:
            await service.prepare_due(session, await database_clock(session))
            await service.follow_changes(session, await database_clock(session))
        async with self._database.reading() as session:
            now = await database_clock(session)
            due = await looking.due_moments(session, now)
        for lot_id, moment in due:
            await self._advance(lot_id, moment)
        await self.complete_due()

    async def _advance(self, lot_id: UUID, moment: datetime) -> None:
        """Open this lot, or end its stage, if the moment has come by the database's clock and by this server's."""
        await self.desk.settled_until(moment)
        async with self._database.work() as session:
            now = await database_clock(session)
            if self.clock.is_trusted(asked_s := time.monotonic()):
                await service.advance_due(session, min(now, self.clock.about(asked_s)), lot_id=lot_id)

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
        """Measure the clock, say that a server is here, wake and beat the rooms, and time what is due soon."""
        async with self._database.reading() as session:
            now = await self._measure(session)
            heads = await looking.heads_of(session, self.rooms.lots())
            due = await looking.due_moments(session, now + _AHEAD)
            await self.signed_in.check(session, now)
        async with self._database.work() as session:
            if self.clock.is_steady:
                for lot_id in await service.note_presence(session, database_clock, jumped=self.clock.jumped):
                    log.warning("sale_after_absence", lot_id=str(lot_id))
            for said in self.rooms.attendance():
                await session.execute(_NOTIFY, {"channel": ATTENDANCE_CHANNEL, "payload": said})
        if self.clock.is_steady:
            self.clock.trust_again()
        self.rooms.wake_behind(heads)
        self.rooms.beat(now)
        for lot_id, moment in due:
            self._start(f"{lot_id} at {moment}", self._advance_at(lot_id, moment, moment - now))

    async def _measure(self, session: AsyncSession) -> datetime:
        await database_clock(session)  # the transaction has begun: the next question is one round trip
        asked_s = time.monotonic()
        now = await database_clock(session)
        self.clock.measured(asked_s, now, time.monotonic())
        return now

    async def _advance_at(self, lot_id: UUID, moment: datetime, wait: timedelta) -> None:
        await asyncio.sleep(max(0.0, wait.total_seconds()) + _LATER_S)
        await self._advance(lot_id, moment)
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
                    await connection.add_listener(ATTENDANCE_CHANNEL, self._heard_attendance)
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

    def _heard_attendance(self, _: object, __: int, ___: str, payload: object) -> None:
        self.rooms.hear_attendance(str(payload))

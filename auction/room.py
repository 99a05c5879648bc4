"""Who is connected to which lot on this server, and how news reaches them.

The news of a lot is its journal stream. A commit anywhere wakes every server through one LISTEN connection; the wake-up
only says "look": what is sent is read from the journal after the last number the room has sent, so a lost wake-up or a
broken connection costs time and never an event. Each event is encoded once, whoever listens. Whoever reads too slowly
is dropped and may come back with the last number seen.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from auction import looking
from auction.messages import Heartbeat, LotEvent, encode, public_event
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

log = structlog.get_logger()

LONGEST_CATCH_UP = 200  # events; who misses more gets a snapshot instead
LONGEST_OUTBOX = 256  # frames that may wait for one slow connection
_PAUSE_S = 0.3  # before looking again while the database is away


@dataclass(eq=False)
class Connection:
    """One websocket, seen from its room: frames to send, the last number sent, and the plate it bids under.

    `sees_plates`: it is the auctioneer's, who is told which plates are here.
    """

    plate: int | None
    sees_plates: bool = False
    seq: int = 0
    outbox: "asyncio.Queue[bytes]" = field(default_factory=lambda: asyncio.Queue(LONGEST_OUTBOX))
    too_slow: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, frame: bytes) -> None:
        """Send in turn; a connection whose outbox is full is marked to be dropped."""
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow.set()


class LotRoom:
    """The connections of one lot on this server."""

    def __init__(self, lot_id: UUID, database: Database) -> None:
        self.lot_id = lot_id
        self.seq = 0
        self.visitors = 0  # connections that are in, or on their way in
        self.connections: set[Connection] = set()
        self._database = database
        self._turn = asyncio.Lock()  # held while numbers move on: nobody joins between two numbers
        self._woken = asyncio.Event()
        self._pumping = asyncio.create_task(self._pump())

    def wake(self) -> None:
        """Something may have happened: look."""
        self._woken.set()

    async def join(self, connection: Connection, after: int | None) -> None:
        """Hear everything after `after`, or a snapshot and everything after it. Refuses `SaleNotFound`."""
        async with self._turn:
            async with self._database.reading() as session:
                now = await database_clock(session)
                snapshot = await looking.snapshot(session, self.lot_id, now)
                missed = None
                if after is not None and 0 <= snapshot.seq - after <= LONGEST_CATCH_UP:
                    entries = await looking.entries_after(session, self.lot_id, after)
                    missed = [public_event(entry) for entry in entries]
            if missed is None:
                connection.offer(encode(snapshot))
                connection.seq = snapshot.seq
            else:
                self._send(connection, missed)
                connection.seq = max(after or 0, connection.seq)
            self.connections.add(connection)
            self.seq = max(self.seq, connection.seq)
        self.wake()

    def leave(self, connection: Connection) -> None:
        """Hear no more."""
        self.connections.discard(connection)

    async def close(self) -> None:
        """Stop looking."""
        self._pumping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pumping

    def beat(self, now: datetime) -> None:
        """Tell everybody that the server lives, what time it is, and who is here."""
        plates = sorted({connection.plate for connection in self.connections if connection.plate is not None})
        beat = Heartbeat(server_time=now, seq=self.seq, plates=len(plates), watchers=len(self.connections))
        frame, full = encode(beat), encode(msgspec.structs.replace(beat, present=plates))
        for connection in self.connections:
            connection.offer(full if connection.sees_plates else frame)

    async def _pump(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._catch_up()
            except Exception as error:  # noqa: BLE001 - the room lives as long as the server; it looks again
                log.warning("room_could_not_look", lot_id=str(self.lot_id), reason=str(error)[:200])
                await asyncio.sleep(_PAUSE_S)
                self._woken.set()

    async def _catch_up(self) -> None:
        async with self._turn:
            if not self.connections:
                return
            oldest = min(connection.seq for connection in self.connections)
            async with self._database.reading() as session:
                entries = await looking.entries_after(session, self.lot_id, oldest)
            events = [public_event(entry) for entry in entries]
            frames = {event.seq: encode(event) for event in events}
            for connection in self.connections:
                self._send(connection, events, frames)
            if events:
                self.seq = max(self.seq, events[-1].seq)

    def _send(self, connection: Connection, events: list[LotEvent], frames: dict[int, bytes] | None = None) -> None:
        for event in events:
            if event.seq > connection.seq:
                connection.offer(encode(event) if frames is None else frames[event.seq])
                connection.seq = event.seq


class Rooms:
    """All rooms of this server. A room exists while somebody is in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rooms: dict[UUID, LotRoom] = {}

    async def enter(self, lot_id: UUID, connection: Connection, after: int | None) -> LotRoom:
        """Join the lot's room. Refuses `SaleNotFound`."""
        room = self._rooms.get(lot_id)
        if room is None:
            room = self._rooms[lot_id] = LotRoom(lot_id, self._database)
        room.visitors += 1
        try:
            await room.join(connection, after)
        except BaseException:
            await self.leave(room, connection)
            raise
        return room

    async def leave(self, room: LotRoom, connection: Connection) -> None:
        """Leave; the last one closes the room."""
        room.leave(connection)
        room.visitors -= 1
        if room.visitors == 0:
            del self._rooms[room.lot_id]
            await room.close()

    def wake(self, lot_id: UUID) -> None:
        """Something happened to a lot."""
        room = self._rooms.get(lot_id)
        if room is not None:
            room.wake()

    def wake_all(self) -> None:
        """Something may have happened to any lot."""
        for room in self._rooms.values():
            room.wake()

    def wake_behind(self, heads: Mapping[UUID, int]) -> None:
        """Wake the rooms whose lot has moved on without their hearing of it."""
        for lot_id, seq in heads.items():
            room = self._rooms.get(lot_id)
            if room is not None and room.seq < seq:
                room.wake()

    def lots(self) -> list[UUID]:
        """The lots that somebody follows here."""
        return list(self._rooms)

    def beat(self, now: datetime) -> None:
        """A heartbeat in every room."""
        for room in self._rooms.values():
            room.beat(now)

    async def close(self) -> None:
        """Close all rooms."""
        for room in list(self._rooms.values()):
            await room.close()

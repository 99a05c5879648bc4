"""Who is connected to which lot on this server, and how news reaches them.

The news of a lot is its row and its journal stream. A commit anywhere wakes every server through one LISTEN connection;
the wake-up only says "look": what is told is read after the last number that a connection has been told, so a lost
wake-up or a broken connection costs time and never an event. A sale that moves quickly is told in rounds, at most
`STATES_PER_S` a second and fewer when a round takes long: each round reads once, encodes once and writes the same bytes
to everybody who was told the same before. Whoever does not take what was written is left out of rounds, gets the
newest state when it can, and is dropped after a while: one slow connection costs the others nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from auction import looking
from auction.attendance import Attendance, OtherServers
from auction.looking import BIDS_AT_FIRST, Wanted
from auction.messages import STATES_PER_S, Heartbeat, LotTerms, SaleState, encode
from auction.refusals import SaleNotFound
from auction.sale import Stage
from auction.state_reader import StateReader
from auction.wire import WireProtocol, text_frame
from trading.kernel.database import Database

log = structlog.get_logger()

BIDS_IN_ROUND = 20  # accepted bids that a round tells; those before them were overtaken at once
MOST_BIDS = 2_000  # accepted bids told at once to whoever wants all of them
LONGEST_OUTBOX = 256  # frames that may wait for one connection without a wire
MOST_WAITING = 64 * 1024  # bytes that may wait on a wire; from then on a connection is left out of rounds
MOST_OWN_WAITING = 4 * MOST_WAITING  # from then on it cannot be answered any more
STUCK_FOR_S = 10.0  # after so long with too much waiting a connection is dropped
_REST = 1  # a round is followed by at least so many times its own duration without one
_SLICE = 100  # connections that are written to before others may have the processor
_BEAT_PAUSE_S = 0.01  # between slices of a heartbeat, which is in no hurry: rounds go first
_PAUSE_S = 0.3  # before looking again while the database is away


@dataclass(eq=False)
class Connection:
    """One websocket, seen from its room: what is written to it, the last number told, and the plate it bids under.

    `wire`: the short cut of its server, where there is one; else frames wait in `outbox` for whoever sends them.
    `sees_plates`: it is the auctioneer's, who is told which plates are here. `all_bids`: no bid is left out.
    `full_since`: it was found to take nothing more, and is left out of rounds. `too_slow`: it is to be dropped.
    """

    plate: int | None
    wire: WireProtocol | None = None
    sees_plates: bool = False
    all_bids: bool = False
    seq: int = 0
    outbox: "asyncio.Queue[bytes]" = field(default_factory=lambda: asyncio.Queue(LONGEST_OUTBOX))
    too_slow: asyncio.Event = field(default_factory=asyncio.Event)
    full_since: float | None = None

    def offer(self, payload: bytes) -> None:
        """Send a message of its own at once; a connection that takes nothing any more is marked to be dropped."""
        if self.wire is None:
            try:
                self.outbox.put_nowait(payload)
            except asyncio.QueueFull:
                self.too_slow.set()
        elif self.wire.waiting_bytes > MOST_OWN_WAITING:
            self.too_slow.set()
        else:
            self.wire.write_soon(text_frame(payload))

    def write(self, encoded: "_Encoded") -> None:
        """Send what many are told, to a connection that keeps up."""
        if self.wire is None:
            self.outbox.put_nowait(encoded.payload)
        else:
            self.wire.write_now(encoded.frame)

    def keeps_up(self, now_s: float) -> bool:
        """Whether it takes what is written. Marks it to be dropped when it has not done so for `STUCK_FOR_S`."""
        if self.wire is None:
            waits = self.outbox.qsize() > LONGEST_OUTBOX // 2
        else:
            waits = self.wire.waiting_bytes > MOST_WAITING
        if not waits:
            self.full_since = None
        elif self.full_since is None:
            self.full_since = now_s
        elif now_s - self.full_since > STUCK_FOR_S:
            self.too_slow.set()
        return not waits


class _Encoded:
    """A message that many are told: encoded once, and framed once."""

    __slots__ = ("frame", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.frame = text_frame(payload)


class LotRoom:
    """The connections of one lot on this server."""

    def __init__(self, lot_id: UUID, reader: StateReader, others: OtherServers) -> None:
        self.lot_id = lot_id
        self.seq = 0  # what the last round told
        self.visitors = 0  # connections that are in, or on their way in
        self.connections: set[Connection] = set()
        self._reader = reader
        self._others = others
        self._encoded: tuple[SaleState | None, bytes] = (None, b"")
        self._woken = asyncio.Event()
        self._telling = asyncio.create_task(self._tell_rounds())
        self._beating: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something may have happened: look."""
        self._woken.set()

    async def join(self, connection: Connection, after: int | None) -> None:
        """Be told the state and what happened after `after`, and everything from then on. Refuses `SaleNotFound`."""
        bids = MOST_BIDS if connection.all_bids else BIDS_AT_FIRST
        state = await self._reader.read(Wanted(self.lot_id, after, bids))
        if state is None:
            raise SaleNotFound
        if self._encoded[0] is not state:  # all who come at the same time are told the same
            self._encoded = (state, encode(state))
        connection.seq = state.seq
        connection.offer(self._encoded[1])
        if not self.connections:
            self.seq = state.seq
        self.connections.add(connection)
        if connection.seq != self.seq:
            self.wake()

    def leave(self, connection: Connection) -> None:
        """Hear no more."""
        self.connections.discard(connection)

    async def close(self) -> None:
        """Stop looking."""
        tasks = [self._telling] if self._beating is None else [self._telling, self._beating]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def here(self) -> Attendance:
        """Whom this server has."""
        plates = sorted({connection.plate for connection in self.connections if connection.plate is not None})
        return Attendance(self.lot_id, len(self.connections), plates)

    def beat(self, now: datetime) -> None:
        """Tell everybody that the server lives, what time it is, and who is here."""
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat(now))

    async def _beat(self, now: datetime) -> None:
        everywhere = [self.here(), *self._others.of(self.lot_id)]
        plates = sorted({plate for here in everywhere for plate in here.plates})
        watchers = sum(here.watchers for here in everywhere)
        beat = Heartbeat(server_time=now, seq=self.seq, plates=len(plates), watchers=watchers)
        payload, full = (_Encoded(encode(message)) for message in (beat, msgspec.structs.replace(beat, present=plates)))
        async for connection in self._keeping_up(pause_s=_BEAT_PAUSE_S):
            connection.write(full if connection.sees_plates else payload)
            if connection.seq < self.seq:  # it was left out of a round
                self.wake()

    async def _tell_rounds(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self._woken.wait()
            self._woken.clear()
            began_s = clock()
            try:
                await self._tell_round()
            except Exception as error:  # noqa: BLE001 - the room lives as long as the server; it looks again
                log.warning("room_could_not_look", lot_id=str(self.lot_id), reason=str(error)[:200])
                self._woken.set()
                await asyncio.sleep(_PAUSE_S)
            else:
                took_s = clock() - began_s
                await asyncio.sleep(max(1 / STATES_PER_S - took_s, _REST * took_s))

    async def _tell_round(self) -> None:
        """Read once, and tell everybody who keeps up what happened since they were told last."""
        told: dict[bool, int] = {}  # the lowest number that was told last, of those who want all bids and of the others
        for connection in self.connections:
            if connection.full_since is None:
                told[connection.all_bids] = min(connection.seq, told.get(connection.all_bids, connection.seq))
        wanted = {
            every: Wanted(self.lot_id, after, MOST_BIDS if every else BIDS_IN_ROUND) for every, after in told.items()
        }
        found = await asyncio.gather(*[self._reader.read(one) for one in wanted.values()])
        news = {every: state for every, state in zip(wanted, found, strict=True) if state is not None}
        if not news:
            return
        self.seq = max(state.seq for state in news.values())
        made: dict[tuple[bool, int], _Encoded] = {}
        async for connection in self._keeping_up():
            state = news.get(connection.all_bids)
            if state is None or not (state.after or 0) <= connection.seq < state.seq:
                continue
            since = (connection.all_bids, connection.seq)
            if since not in made:
                made[since] = _Encoded(encode(told_since(state, connection.seq)))
            connection.write(made[since])
            connection.seq = state.seq

    async def _keeping_up(self, pause_s: float = 0) -> AsyncIterator[Connection]:
        """The connections that take what is written, with a pause for others between slices of them."""
        now_s = asyncio.get_running_loop().time()
        for place, connection in enumerate(list(self.connections), 1):
            if connection.keeps_up(now_s):
                yield connection
            if place % _SLICE == 0:
                await asyncio.sleep(pause_s)


def told_since(state: SaleState, after: int) -> SaleState:
    """The same state for somebody who has been told more of what led to it."""
    events = [event for event in state.events if event.seq > after]
    return msgspec.structs.replace(state, after=after, events=events, left_out=state.seq - after - len(events))


class Rooms:
    """All rooms of this server. A room exists while somebody is in it."""

    def __init__(self, database: Database) -> None:
        self._reader = StateReader(database)
        self._others = OtherServers()
        self._database = database
        self._rooms: dict[UUID, LotRoom] = {}
        self._terms: dict[UUID, LotTerms] = {}

    async def terms(self, lot_id: UUID) -> LotTerms:
        """What was announced for the sale; it never changes once it has begun, and is read once then.

        Refuses `SaleNotFound`.
        """
        terms = self._terms.get(lot_id)
        if terms is None:
            async with self._database.reading() as session:
                auction = await looking.auction_of(session, lot_id)
            terms = looking.terms(auction)
            if auction.stage != Stage.WAITING:
                self._terms[lot_id] = terms
        return terms

    async def enter(self, lot_id: UUID, connection: Connection, after: int | None) -> LotRoom:
        """Join the lot's room. Refuses `SaleNotFound`."""
        room = self._rooms.get(lot_id)
        if room is None:
            room = self._rooms[lot_id] = LotRoom(lot_id, self._reader, self._others)
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
            self._terms.pop(room.lot_id, None)
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

    def attendance(self) -> Iterator[str]:
        """What the other servers are to be told on `ATTENDANCE_CHANNEL`: who is here."""
        return self._others.payloads(room.here() for room in self._rooms.values())

    def hear_attendance(self, payload: str) -> None:
        """What a server said on `ATTENDANCE_CHANNEL`."""
        self._others.hear(payload)

    async def close(self) -> None:
        """Close all rooms."""
        for room in list(self._rooms.values()):
            await room.close()

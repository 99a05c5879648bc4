"""Thousands of watchers of one lot in one process: a websocket client that does only what watching needs.

    python -m tests.load.watching <port> <lot_id>

It obeys lines of JSON on standard input and answers each with one on standard output: `{"connect": 500}` lets as many
come, `{"begin": 50}` forgets what was measured and lets that many of them stop reading, `{"end": 1234}` waits until all
that read have been told entry 1234 and says what was measured and what was wrong.

All are told the same bytes, so each message is read once, whoever gets it; what belongs to a watcher is checked for
every one: that its states follow on one another without a gap, that the price rises, and that it is not told more often
than `STATES_PER_S`.

A delay ends when the bytes are handed over by the system, by this machine's clock, which is the database's too. So a
slow client makes the figures worse, never better. How slow it is itself is said as well: how many states a processor of
its own could take in a second (`client_limit`), and how late its loop came (`client_late_ms`).
"""

import asyncio
import json
import math
import os
import resource
import socket
import sys
import time
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from auction.messages import STATES_PER_S, SaleState, Subscribe, encode, read_server_message

MASK = bytes(4)  # RFC 6455 wants a mask; its value is the client's
COMING_AT_ONCE = 100
ENDS_WITHIN_S = 20.0
SEGMENT = 1400  # bytes, as on a network: within one machine a system keeps megabytes for whoever does not read
SMALL_BUFFER = 16 * 1024  # of every watcher: what its own system takes for it stays small
CLOCKS_APART_S = 0.05  # what a server's idea of the database's time may be off by
# A stalled watcher is left no more than this: a larger receive buffer that is full is squeezed by the system again and
# again, in the time of whoever sends. Here that is the server; elsewhere it is the watcher's own machine.
STALLED_BUFFER = 4096
LATENESS_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Told:
    """What a state says, as far as watchers look. `since_s`: when the first entry happened that is new in it.

    `says` is what everybody must be told of the sale after entry `seq`; `bids`: hashes of accepted bids by number.
    """

    after: int | None
    seq: int
    at_s: float
    since_s: float
    says: tuple[str | None, int | None, int | None]
    bids: dict[int, str]
    prices: list[int]
    fault: str | None


def read_state(payload: bytes) -> Told | None:
    """What the message says if it is a state, and what is wrong with it by itself."""
    state = read_server_message(payload)
    if not isinstance(state, SaleState):
        return None
    fault = None
    if state.seq - (state.after or 0) != len(state.events) + state.left_out:
        fault = "the entries are not all told or counted"
    accepted = [event for event in state.events if event.kind == "bid_accepted"]
    prices = [event.facts["price_fen"] for event in accepted]
    if prices != sorted(set(prices)) or (prices and prices[-1] != state.price_fen):
        fault = "the price does not rise to what is told"
    at_s = state.at.timestamp() if state.at else 0.0
    return Told(
        after=state.after,
        seq=state.seq,
        at_s=at_s,
        since_s=state.events[0].at.timestamp() if state.events else at_s,
        says=(state.hash, state.price_fen, state.plate),
        bids={event.seq: event.hash for event in accepted},
        prices=prices,
        fault=fault,
    )


class Measured:
    """What the watchers of this process saw."""

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.bids: dict[int, str] = {}  # hashes of the accepted bids that were told, by number
        self._read: dict[bytes, Told | None] = {}
        self._states: dict[int, tuple[str | None, int | None, int | None]] = {}
        self.begin()

    def begin(self) -> None:
        """Forget what was measured, and nothing of what was learned."""
        self.delays, self.behind, self.lateness = array("d"), array("d"), array("d")  # seconds

    def of(self, payload: bytes) -> Told | None:
        """The message, read once however many are told it."""
        try:
            return self._read[payload]
        except KeyError:
            if len(self._read) > 1000:
                self._read.clear()
            told = self._read[payload] = self._learn(payload)
            return told

    def _learn(self, payload: bytes) -> Told | None:
        """What the message says, compared with what others were told."""
        told = read_state(payload)
        if told is None:
            return None
        if self._states.setdefault(told.seq, told.says) != told.says:
            self.faults.add(f"after entry {told.seq} not everybody is told the same")
        for seq, digest in told.bids.items():
            if self.bids.setdefault(seq, digest) != digest:
                self.faults.add(f"entry {seq} is told with two hashes")
        return told


class Watcher(asyncio.Protocol):
    """One watcher's connection."""

    def __init__(self, measured: Measured, request: bytes) -> None:
        self.measured = measured
        self.seq: int | None = None
        self.price = 0
        self.states = 0
        self.stalled = False
        self.told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.closed_with: int | None = None
        self._request = request
        self._data = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        heard_s = time.time()
        if self._data:
            data = self._data + data
        if not self._upgraded:
            if b"\r\n\r\n" not in data:
                self._data = data
                return
            head, _, data = data.partition(b"\r\n\r\n")
            self._begin(head)
        start = 0
        while len(data) - start >= 2:
            size, at = data[start + 1], start + 2
            if size == 126:
                size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            elif size == 127:
                size, at = int.from_bytes(data[at : at + 8], "big"), at + 8
            if len(data) < at + size:
                break
            self._take(data[start] & 0x0F, data[at : at + size], heard_s)
            start = at + size
        self._data = data[start:]

    def _begin(self, head: bytes) -> None:
        assert b" 101 " in head.partition(b"\r\n")[0], head
        self._upgraded = True
        self.send(0x1, encode(Subscribe()))

    def send(self, opcode: int, payload: bytes) -> None:
        """A short frame to the server."""
        assert self.transport is not None
        assert len(payload) < 126
        self.transport.write(bytes((0x80 | opcode, 0x80 | len(payload))) + MASK + payload)

    def _take(self, opcode: int, payload: bytes, heard_s: float) -> None:
        if opcode == 0x9:
            self.send(0xA, payload)
        elif opcode == 0x8:
            self.closed_with = int.from_bytes(payload[:2], "big")
        elif (told := self.measured.of(payload)) is not None:
            self._take_state(told, heard_s)

    def _take_state(self, told: Told, heard_s: float) -> None:
        measured = self.measured
        if told.after != self.seq or told.fault:
            measured.faults.add(told.fault or f"told after {told.after}, having been told {self.seq}")
        if told.prices:
            if told.prices[0] <= self.price:
                measured.faults.add(f"{told.prices[0]} is told after {self.price}")
            self.price = told.prices[-1]
        if self.seq is not None:
            if heard_s < told.at_s - CLOCKS_APART_S:
                measured.faults.add(f"heard {told.at_s - heard_s:.3f} s before it happened: the clocks differ")
            self.states += 1
            measured.delays.append(heard_s - told.at_s)
            measured.behind.append(heard_s - told.since_s)
        elif not self.told.done():
            self.told.set_result(None)
        self.seq = told.seq

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if not self.told.done():
            self.told.set_exception(ConnectionError("closed before the first state"))


class Watchers:
    """All watchers of this process."""

    def __init__(self, port: int, lot_id: str) -> None:
        self._port = port
        self._request = (
            f"GET /lots/{lot_id}/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._measured = Measured()
        self._all: list[Watcher] = []
        self._busy_s = 0.0
        self._began_s = 0.0
        self._noting: asyncio.Task[None] | None = None

    async def obey(self, command: dict[str, int]) -> dict[str, Any]:
        """Do one thing and say what came of it."""
        match command:
            case {"connect": wanted}:
                return await self._connect(wanted)
            case {"begin": stalled}:
                return self._begin(stalled)
            case {"end": seq}:
                return await self._end(seq)
        raise AssertionError(command)

    async def _connect(self, wanted: int) -> dict[str, Any]:
        began_s = time.monotonic()
        while missing := wanted - len(self._all):
            coming = [self._come() for _ in range(min(COMING_AT_ONCE, missing))]
            self._all += await asyncio.gather(*coming)
        return {"connected": len(self._all), "took_s": round(time.monotonic() - began_s, 1)}

    async def _come(self) -> Watcher:
        loop = asyncio.get_running_loop()
        made = Watcher(self._measured, self._request)
        end = socket.socket()
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        await loop.sock_connect(end, ("127.0.0.1", self._port))
        await loop.create_connection(lambda: made, sock=end)
        await made.told
        return made

    def _begin(self, stalled: int) -> dict[str, Any]:
        for watcher in self._all[:: len(self._all) // stalled] if stalled else []:
            assert watcher.transport is not None
            watcher.stalled = True
            watcher.transport.pause_reading()
            end = watcher.transport.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER)
        for watcher in self._all:
            watcher.states = 0
        self._measured.begin()
        self._busy_s, self._began_s = _processor_s(), time.monotonic()
        self._noting = asyncio.create_task(self._note_lateness())
        return {"stalled": sum(watcher.stalled for watcher in self._all)}

    async def _note_lateness(self) -> None:
        """How late this process comes to what is due."""
        while True:
            due_s = time.monotonic() + LATENESS_EVERY_S
            await asyncio.sleep(LATENESS_EVERY_S)
            self._measured.lateness.append(time.monotonic() - due_s)

    async def _end(self, seq: int) -> dict[str, Any]:
        """Wait for the last state to come everywhere: the slowest belong to the figures."""
        measured = self._measured
        busy_s, bid_for_s = _processor_s() - self._busy_s, time.monotonic() - self._began_s
        reading = [watcher for watcher in self._all if not watcher.stalled]
        deadline = time.monotonic() + ENDS_WITHIN_S
        while any(watcher.seq != seq for watcher in reading) and time.monotonic() < deadline:  # noqa: ASYNC110 - thousands
            await asyncio.sleep(0.05)
        took_s = time.monotonic() - self._began_s
        if self._noting is not None:
            self._noting.cancel()
        states = [watcher.states for watcher in reading]
        result = {
            "reading": len(reading),
            "p50_ms": percentile_ms(measured.delays, 0.5),
            "p99_ms": percentile_ms(measured.delays, 0.99),
            "longest_ms": percentile_ms(measured.delays, 1.0),
            "behind_p99_ms": percentile_ms(measured.behind, 0.99),
            "states_per_s": round(sum(states) / len(states) / bid_for_s, 1),
            "fewest_states_per_s": round(min(states) / bid_for_s, 1),
            "client_busy": round(busy_s / bid_for_s, 2),
            "client_limit": round(len(measured.delays) / busy_s),
            "client_late_ms": percentile_ms(measured.lateness, 0.99),
        }
        if max(states) > took_s * STATES_PER_S + 2:
            measured.faults.add(f"{max(states)} states in {took_s:.1f} s are more than {STATES_PER_S} a second")
        lost = sum(watcher.transport is None for watcher in reading)
        behind = sum(watcher.seq != seq for watcher in reading)
        if lost or behind:
            measured.faults.add(f"{lost} watchers lost their connection, {behind} do not know entry {seq}")
        dropped = await self._awaken()
        return result | {"dropped": dropped, "faults": sorted(measured.faults), "bids": measured.bids}

    async def _awaken(self) -> int:
        """Let those who had stopped reading read on; returns how many of them the server had dropped.

        Then they go and come again: their systems would take minutes to believe that there is room again.
        """
        stalled = {watcher for watcher in self._all if watcher.stalled}
        for watcher in stalled:
            if watcher.transport is not None:
                watcher.transport.resume_reading()
        await asyncio.sleep(1.5 if stalled else 0)
        dropped = sum(watcher.transport is None or watcher.closed_with is not None for watcher in stalled)
        for watcher in stalled:
            if watcher.transport is not None:
                watcher.transport.abort()
        wanted = len(self._all)
        self._all = [watcher for watcher in self._all if watcher not in stalled]
        await self._connect(wanted)
        return dropped


def percentile_ms(seconds: Iterable[float], share: float) -> float:
    """Within how long this share of them was; 0 of none."""
    ordered = sorted(seconds)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 1) if ordered else 0.0


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    """Obey until standard input ends."""
    watchers = Watchers(int(sys.argv[1]), sys.argv[2])
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(json.dumps(await watchers.obey(json.loads(line))), flush=True)
    os._exit(0)  # thousands of connections need no goodbye


if __name__ == "__main__":
    uvloop.run(main())

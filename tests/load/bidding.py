"""Many bidders in one process: a websocket client that does only what bidding needs, and checks what it is told.

    python -m tests.load.bidding < plan.json

The plan says where to bid, with whose cookies, how many bids may be without an answer, or how many are sent a second
whatever comes back. The last line on standard output says what was measured and what was wrong; every answer (number of
the bid, entry, accepted or not, lot) is written to a file, so that somebody can compare it with the database.
"""

import asyncio
import gc
import sys
import time
from array import array
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from auction.messages import SaleState, Subscribe, encode, read_server_message
from tests.load.watching import Told, read_state

ANSWERED_WITHIN_S = 30.0
_NO_MASK = bytes(4)  # RFC 6455 wants a mask; its value is the client's, and zeros cost nothing to apply
_KEY_AT = {b'{"type":"ack': len(b'{"type":"acknowledged","key":"'), b'{"type":"ref': len(b'{"type":"refused","key":"')}
_KEY, _NUMBER = 36, 12


class Bidders(msgspec.Struct):
    """The bidders of one lot."""

    lot_id: str
    cookies: list[str]


class Plan(msgspec.Struct):
    """`window`: bids without an answer over all bidders. `per_s`: send that many a second instead. `run` is part of
    every key (8 hexadecimal digits); `answers` is the file for the answers.
    """

    port: int
    run: str
    seconds: float
    answers: str
    lots: list[Bidders]
    window: int = 0
    per_s: float = 0


class Outcome(msgspec.Struct):
    """What happened. Delays run from the moment at which a bid was due to be sent until its answer was read."""

    sent: int
    acknowledged: int
    refused: int
    unanswered: int
    decided_per_s: float
    p50_ms: float
    p99_ms: float
    processor_share: float
    faults: list[str]


class _Lot:
    """What all bidders of a lot share: the next price."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.price_fen = 0
        self.increment_fen = 0


class _Bidder(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: "Load", lot: _Lot, place: int, request: bytes) -> None:
        """`place` is the bidder's among those of the lot."""
        self._load, self.lot, self.place, self._request = load, lot, place, request
        self._rest = b""
        self._told = -1
        self.transport = cast(asyncio.Transport, None)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.is_over:
            self._load.faults.add(f"a connection was lost: {exc}")

    def data_received(self, data: bytes) -> None:
        if not self.ready.done() and self._told == -1 and not self._rest and data.startswith(b"HTTP/1.1 "):
            head, _, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101"), head
            self.transport.write(frame_of(encode(Subscribe())))
        data = self._rest + data if self._rest else data
        start, end = 0, len(data)
        while end - start >= 2:
            size, begin = data[start + 1], start + 2
            if size == 126:
                size, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
            elif size == 127:
                size, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
            if end < begin + size or end < begin:
                break
            self._take(data[begin : begin + size])
            start = begin + size
        self._rest = data[start:]

    def _take(self, payload: bytes) -> None:
        key_at = _KEY_AT.get(payload[:12])
        if key_at is not None:
            self._load.take_answer(self, self.lot, payload, key_at)
        elif payload.startswith(b'{"type":"state"'):
            self._take_state(payload)
        elif payload.startswith(b'{"type":"error"') or payload[:1] != b"{":
            self._load.faults.add(f"the server says {payload[:200]!r}")

    def _take_state(self, payload: bytes) -> None:
        if not self.ready.done():
            state = read_server_message(payload)
            assert isinstance(state, SaleState)
            self.lot.price_fen = max(self.lot.price_fen, state.lowest_fen)
            self.lot.increment_fen = state.increment_fen
            self.ready.set_result(None)
            self._told = state.seq
            return
        told = self._load.told(payload)
        if told is not None:
            if told.fault is not None:
                self._load.faults.add(told.fault)
            if told.after != self._told:
                self._load.faults.add("a state does not follow on the one before it")
            self._told = told.seq


class Load:
    """All bidders, and what they measure."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.faults: set[str] = set()
        self.is_over = False
        self._due_s = array("d")  # when each bid was due to be sent
        self._delays_s = array("d")
        self._answers = array("q")  # number of the bid, entry, accepted, lot
        self._bidders: list[_Bidder] = []
        self._states: dict[bytes, Told | None] = {}
        self._place = 0
        self._ends_s = 0.0
        self._accepted = 0
        self._key = f'{{"type":"bid","key":"{plan.run}-0000-4000-8000-'.encode()

    def told(self, payload: bytes) -> Told | None:
        """The state, read once however many bidders are told it."""
        if payload not in self._states:
            if len(self._states) > 1000:
                self._states.clear()
            self._states[payload] = read_state(payload)
        return self._states[payload]

    async def run(self) -> Outcome:
        """Connect, bid for as long as planned, wait for the last answers."""
        await self._connect()
        gc.collect()
        gc.disable()  # a look through all answers so far would hold the client up for 150 ms and count as the server's
        loop = asyncio.get_running_loop()
        began_s, began_processor_s = time.perf_counter(), time.process_time()
        self._ends_s = began_s + self._plan.seconds
        if self._plan.per_s:
            await self._send_by_the_clock(began_s)
        else:
            for _ in range(self._plan.window):
                self._place += 1
                self._bid(self._bidders[self._place % len(self._bidders)], began_s)
            await asyncio.sleep(self._plan.seconds)
        decided = len(self._delays_s)
        lasted_s = time.perf_counter() - began_s
        share = (time.process_time() - began_processor_s) / lasted_s
        deadline = loop.time() + ANSWERED_WITHIN_S
        while len(self._delays_s) < len(self._due_s) and loop.time() < deadline and not self.faults:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self.is_over = True
        gc.enable()
        self._check_dense()
        await asyncio.to_thread(self._write_answers)
        for bidder in self._bidders:
            bidder.transport.abort()
        return self._outcome(decided / lasted_s, share)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        for place, lot in enumerate(self._plan.lots):
            shared = _Lot(place)
            for place_in_lot, cookie in enumerate(lot.cookies):
                made = _Bidder(self, shared, place_in_lot, _handshake(lot.lot_id, cookie))
                await loop.create_connection(lambda made=made: made, "127.0.0.1", self._plan.port)  # type: ignore[misc]
                self._bidders.append(made)
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            await asyncio.gather(*[bidder.ready for bidder in self._bidders])
        # Neighbours in this order bid for different lots, and never twice in turn for the same plate.
        self._bidders.sort(key=lambda bidder: (bidder.place, bidder.lot.place))

    async def _send_by_the_clock(self, began_s: float) -> None:
        sent = 0
        while (now_s := time.perf_counter()) < self._ends_s:
            due = int((now_s - began_s) * self._plan.per_s)
            while sent < due:
                sent += 1
                self._place += 1
                self._bid(self._bidders[self._place % len(self._bidders)], began_s + sent / self._plan.per_s)
            await asyncio.sleep(0.001)

    def _bid(self, bidder: _Bidder, due_s: float) -> None:
        lot = bidder.lot
        price = lot.price_fen
        lot.price_fen = price + lot.increment_fen
        number = len(self._due_s)
        self._due_s.append(due_s)
        payload = b'%b%012x","price_fen":%d}' % (self._key, number, price)
        bidder.transport.write(b"\x81%c%b%b" % (0x80 | len(payload), _NO_MASK, payload))

    def take_answer(self, bidder: _Bidder, lot: _Lot, payload: bytes, key_at: int) -> None:
        """A bid was decided."""
        now_s = time.perf_counter()
        number = int(payload[key_at + _KEY - _NUMBER : key_at + _KEY], 16)
        self._delays_s.append(now_s - self._due_s[number])
        accepted = payload[9] == ord("a")
        seq_at = payload.find(b'"seq":', key_at) + 6
        seq = int(payload[seq_at : payload.find(b",", seq_at)])
        self._accepted += accepted
        self._answers.extend((number, seq, accepted, lot.place))
        if self._plan.window and now_s < self._ends_s:
            self._bid(bidder, now_s)

    def _check_dense(self) -> None:
        """Nobody else bids, so the entries that were answered follow on one another, and prices were all different."""
        by_lot: dict[int, list[int]] = {}
        for at in range(0, len(self._answers), 4):
            by_lot.setdefault(self._answers[at + 3], []).append(self._answers[at + 1])
        for seqs in by_lot.values():
            if len(set(seqs)) != max(seqs) - min(seqs) + 1 or len(set(seqs)) != len(seqs):
                self.faults.add("the numbers of the entries are not dense")

    def _write_answers(self) -> None:
        with Path(self._plan.answers).open("wb") as file:
            self._answers.tofile(file)

    def _outcome(self, decided_per_s: float, share: float) -> Outcome:
        delays = sorted(self._delays_s)
        return Outcome(
            sent=len(self._due_s),
            acknowledged=self._accepted,
            refused=len(delays) - self._accepted,
            unanswered=len(self._due_s) - len(delays),
            decided_per_s=decided_per_s,
            p50_ms=_percentile_ms(delays, 0.5),
            p99_ms=_percentile_ms(delays, 0.99),
            processor_share=share,
            faults=sorted(self.faults),
        )


def _percentile_ms(delays: list[float], share: float) -> float:
    return round(delays[min(len(delays) - 1, int(len(delays) * share))] * 1000, 2) if delays else 0.0


def frame_of(payload: bytes) -> bytes:
    """A client's frame of at most 125 bytes."""
    assert len(payload) < 126
    return b"\x81%c%b%b" % (0x80 | len(payload), _NO_MASK, payload)


def _handshake(lot_id: str, cookie: str) -> bytes:
    return (
        f"GET /lots/{lot_id}/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: {cookie}\r\n\r\n"
    ).encode()


def main() -> None:
    """Read the plan, bid, say what happened."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    outcome = uvloop.run(Load(plan).run())
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")


if __name__ == "__main__":
    main()

"""A server that decides nothing: it acknowledges every bid at once, which shows the load client's own limit.

python -m tests.load.ack_server <port>
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import uvloop

from auction.messages import Acknowledged, SaleState, encode
from auction.wire import text_frame

_KEY = UUID(int=0)
_MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
_KEY_AT = len(b'{"type":"bid","key":"')
_HEADER = 6  # of a client's frame of at most 125 bytes


def _canned() -> tuple[bytes, bytes]:
    """An acknowledgement before its key, and from behind the key up to its number."""
    made = Acknowledged(
        key=_KEY, seq=10**15, hash="0" * 64, at=_MOMENT, arrived_at=_MOMENT, price_fen=10**9, leads=True
    )
    before, _, after = encode(made).partition(str(_KEY).encode())
    return before, after


_BEFORE, _AFTER = _canned()
_STATE = SaleState(
    after=None,
    seq=0,
    hash=None,
    at=_MOMENT,
    server_time=_MOMENT,
    stage="open",
    price_fen=None,
    plate=None,
    calls=0,
    bid_count=0,
    increment_fen=1,
    lowest_fen=1,
    closes_at=None,
    ended_at=None,
    events=[],
    left_out=0,
)


class _Server(asyncio.Protocol):
    """One connection. Numbers are counted over all of them."""

    seq = 10**15

    def __init__(self) -> None:
        self._transport = cast(asyncio.Transport, None)
        self._state = "handshake"
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._state == "handshake":
            self._transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            self._state = "subscribe"
            return
        if self._state == "subscribe":
            self._transport.write(text_frame(encode(_STATE)))
            self._state = "bids"
            return
        data = self._rest + data
        answers = []
        while len(data) >= 2 and len(data) >= (size := (data[1] & 0x7F) + _HEADER):
            key = data[_HEADER + _KEY_AT : _HEADER + _KEY_AT + 36]
            _Server.seq += 1
            answers.append(text_frame(_BEFORE + key + _AFTER.replace(b"1000000000000000", b"%d" % _Server.seq)))
            data = data[size:]
        self._rest = data
        self._transport.write(b"".join(answers))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

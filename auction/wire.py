"""A websocket at its own speed: messages handed over at once, frames that are encoded once and written as they are.

uvicorn gives every message a dictionary, a queue and a task switch on its way in, and encodes every frame anew on its
way out. This protocol, handed to uvicorn as its `ws`, offers itself in the connection's ASGI scope so that a live
channel may take its messages by a callback and write bytes that are the same for everybody. It reads plain text frames
itself; every other frame goes to the websockets library whole, and a connection that does anything unusual (frames
beyond the limit, frames sent together with the handshake) is read by the library alone from then on. Where the protocol
is missing (a test client, another server) the channel speaks plain ASGI.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.speedups import apply_mask

EXTENSION = "trading.wire"

Taker = Callable[[bytes], None]

_WHOLE_TEXT = 0x81  # first byte of a text message in one frame
_MASKED, _SIZE = 0x80, 0x7F
_TWO_BYTES_MORE, _EIGHT_BYTES_MORE = 126, 127  # sizes that stand for a longer one behind them
_MASK_BYTES = 4
_GIVEN_UP_AFTER_S = 3.0


class WireProtocol(WebSocketsSansIOProtocol):
    """One websocket connection of uvicorn, with a short cut in each direction."""

    _taker: Taker | None = None
    _reads_itself = True
    _rest = b""  # the beginning of a frame whose end has not come yet
    _unwritten_bytes = 0
    _unwritten: list[bytes]  # frames that are written together, once everything that is due now has been done

    async def run_asgi(self) -> None:
        """Serve the connection, with this object within reach of the application."""
        self._unwritten = []
        extensions: dict[str, Any] = self.scope["extensions"] or {}
        extensions[EXTENSION] = self
        await super().run_asgi()

    def take_messages(self, taker: Taker) -> None:
        """From now on hand every message to `taker` as bytes, at once; first those that wait already."""
        self._taker = taker
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            if event["type"] == "websocket.receive":
                taker((event.get("text") or "").encode() or event.get("bytes") or b"")
            else:
                self.queue.put_nowait(event)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Bytes have come: hand over the messages in them."""
        if not self.handshake_initiated:
            super().data_received(data)
            self._reads_itself = not self.handshake_initiated or data.endswith(b"\r\n\r\n")
        elif self._reads_itself:
            self._rest = self._read_frames(self._rest + data if self._rest else data)
        else:
            super().data_received(data)

    def _read_frames(self, data: bytes) -> bytes:
        """Take the whole frames at the beginning; returns the rest."""
        start, end = 0, len(data)
        while end - start >= 2:
            first, second = data[start], data[start + 1]
            size, begin = second & _SIZE, start + 2
            if size == _TWO_BYTES_MORE:
                size, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
            if size == _EIGHT_BYTES_MORE or size > self.config.ws_max_size:
                self._reads_itself = False
                super().data_received(data[start:])
                return b""
            if second & _MASKED:
                begin += _MASK_BYTES
            if end < begin + size:
                break
            if first == _WHOLE_TEXT and second & _MASKED and self._taker is not None and not self.close_sent:
                self._taker(apply_mask(data[begin : begin + size], data[begin - _MASK_BYTES : begin]))
            else:
                super().data_received(data[start : begin + size])
            start = begin + size
        return data[start:]

    def send_receive_event_to_app(self) -> None:
        """The library has read a whole message."""
        if self._taker is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        self._taker(data)

    def write_soon(self, frame: bytes) -> None:
        """Write a frame made by `text_frame`, together with others that come at the same time.

        What is written on a connection that is closing is dropped.
        """
        if not self._unwritten:
            self.loop.call_soon(self.flush)
        self._unwritten.append(frame)
        self._unwritten_bytes += len(frame)

    def write_now(self, frame: bytes) -> None:
        """Likewise at once, after what waits."""
        self._unwritten.append(frame)
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        frames, self._unwritten, self._unwritten_bytes = self._unwritten, [], 0
        if frames and not self.close_sent and not self.transport.is_closing():
            self.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def drop(self, code: int) -> None:
        """Close although the other side takes nothing: after a moment, what still waits is given up."""
        if not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(code)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.close_timer = self.loop.call_later(_GIVEN_UP_AFTER_S, self.transport.abort)

    @property
    def waiting_bytes(self) -> int:
        """How much was written that the other side has not taken yet."""
        return self.transport.get_write_buffer_size() + self._unwritten_bytes


def text_frame(payload: bytes) -> bytes:
    """The websocket frame of a text message from the server (RFC 6455 section 5.2: final, unmasked)."""
    size = len(payload)
    if size < _TWO_BYTES_MORE:
        header = bytes((_WHOLE_TEXT, size))
    elif size < 65536:
        header = bytes((_WHOLE_TEXT, _TWO_BYTES_MORE)) + size.to_bytes(2, "big")
    else:
        header = bytes((_WHOLE_TEXT, _EIGHT_BYTES_MORE)) + size.to_bytes(8, "big")
    return header + payload


def wire_of(scope: Any) -> WireProtocol | None:
    """The short cut of this connection, if its server has one."""
    wire: WireProtocol | None = scope.get("extensions", {}).get(EXTENSION)
    return wire

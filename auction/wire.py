"""A websocket at its own speed: frames that are encoded once and written as they are, messages handed over at once.

uvicorn gives every message a dictionary, a queue and a task switch on its way in, and encodes every frame anew on its
way out. This protocol, handed to uvicorn as its `ws`, offers itself in the connection's ASGI scope so that a live
channel may take its messages by a callback and write bytes that are the same for everybody. Where it is missing (a
test client, another server) the channel speaks plain ASGI.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "trading.wire"

Taker = Callable[[bytes], None]


class WireProtocol(WebSocketsSansIOProtocol):
    """One websocket connection of uvicorn, with a short cut in each direction."""

    _taker: Taker | None = None

    async def run_asgi(self) -> None:
        """Serve the connection, with this object within reach of the application."""
        extensions: dict[str, Any] = self.scope["extensions"] or {}
        extensions[EXTENSION] = self
        await super().run_asgi()

    def take_messages(self, taker: Taker | None) -> None:
        """From now on hand every message to `taker` as bytes, at once. None: back to ASGI."""
        self._taker = taker

    def send_receive_event_to_app(self) -> None:
        """A whole message is there."""
        if self._taker is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        self._taker(data)

    def write_frame(self, frame: bytes) -> None:
        """Write a frame made by `text_frame`. What is written on a connection that is closing is dropped."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)

    @property
    def waiting_bytes(self) -> int:
        """How much was written that the other side has not taken yet."""
        return self.transport.get_write_buffer_size()


def text_frame(payload: bytes) -> bytes:
    """The websocket frame of a text message from the server (RFC 6455 section 5.2: final, unmasked)."""
    size = len(payload)
    if size < 126:
        header = bytes((0x81, size))
    elif size < 65536:
        header = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        header = b"\x81\x7f" + size.to_bytes(8, "big")
    return header + payload


def wire_of(scope: Any) -> WireProtocol | None:
    """The short cut of this connection, if its server has one."""
    wire: WireProtocol | None = scope.get("extensions", {}).get(EXTENSION)
    return wire

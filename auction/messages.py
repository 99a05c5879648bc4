"""The vocabulary of a lot's live channel, version 1: what clients say and what the server says. See docs/protocol.md.

Messages are JSON text frames with a member "type". The events of a lot are its journal stream `auction:<lot_id>`, so
their numbers are dense and every one carries the hash of its journal entry. A refused bid is an event too, but others
learn neither price nor plate from it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from auction.prices import parse_price_fen
from auction.refusals import PriceNotNumber, PriceNotPositive, PriceNotWholeFen, PriceTooLarge
from trading.kernel.errors import Refusal
from trading.kernel.journal import Entry
from trading.kernel.money import LARGEST_FEN, Money

VERSION = 1
LARGEST_MESSAGE = 16 * 1024  # bytes of one frame from a client; a longer one ends the connection
HEARTBEAT_S = 1
STREAM = "auction:"


# --- from the client ------------------------------------------------------------------------------------------------


class Subscribe(msgspec.Struct, tag="subscribe", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Start hearing the lot. `after` is the number of the last event the client has; None asks for a snapshot."""

    after: int | None = None
    version: int = VERSION


class PlaceBid(msgspec.Struct, tag="bid", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Bid. `key` is made once per bid and sent again unchanged when the answer is lost: it counts once.

    `price_fen` stays the JSON text it was: whether it is a price is for the rules to say, with a reason.
    """

    key: UUID
    price_fen: msgspec.Raw = msgspec.Raw(b"null")


class Ping(msgspec.Struct, tag="ping", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Measure the round trip. `sent` is the client's own clock in milliseconds and comes back unchanged."""

    sent: int


ClientMessage = Subscribe | PlaceBid | Ping

_decoder = msgspec.json.Decoder(ClientMessage)


class NotUnderstood(ValueError):
    """The frame is not a message of this vocabulary."""


def read_client_message(frame: str | bytes) -> ClientMessage:
    """The message in a frame. Raises NotUnderstood with one plain sentence."""
    try:
        data = frame.encode() if isinstance(frame, str) else frame
        if len(data) > LARGEST_MESSAGE:
            raise NotUnderstood(f"a message may have at most {LARGEST_MESSAGE} bytes")
        message: ClientMessage = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotUnderstood(str(error)) from error
    return message


def read_price(raw: msgspec.Raw) -> Money:
    """The price in a bid, read strictly. Refusals: see `parse_price_fen`."""
    try:
        value = msgspec.json.decode(raw)
    except (UnicodeError, RecursionError) as error:
        raise PriceNotNumber(given="…") from error
    except msgspec.ValidationError as error:
        # Values that cannot be held: an integer of thousands of digits, or a float beyond every float.
        text = bytes(raw).decode().strip()
        if not text.lstrip("-").isdecimal():
            raise PriceNotWholeFen(given=text[:40]) from error
        if text.startswith("-"):
            raise PriceNotPositive(given=-LARGEST_FEN) from error
        raise PriceTooLarge(digits=len(text), largest=Money(LARGEST_FEN)) from error
    return parse_price_fen(value)


# --- from the server ------------------------------------------------------------------------------------------------


class Welcome(msgspec.Struct, tag="welcome", tag_field="type", frozen=True):
    """First message of a connection. `plate` is the plate this connection may bid under, None for a watcher."""

    plate: int | None
    version: int = VERSION
    heartbeat_s: int = HEARTBEAT_S


class BidLine(msgspec.Struct, frozen=True):
    """One accepted bid in a snapshot."""

    seq: int
    at: datetime
    plate: int
    price_fen: int


class Snapshot(msgspec.Struct, tag="snapshot", tag_field="type", frozen=True):
    """The whole state after event `seq`. `bids` are the latest accepted ones, oldest first."""

    seq: int
    hash: str | None
    server_time: datetime
    stage: str
    method: str
    starting_price_fen: int
    increment_fen: int
    lowest_fen: int
    price_fen: int | None
    plate: int | None
    calls: int
    bid_count: int
    starts_at: datetime
    closes_at: datetime | None
    ended_at: datetime | None
    bids: list[BidLine]


class LotEvent(msgspec.Struct, tag="event", tag_field="type", omit_defaults=True, frozen=True):
    """One entry of the lot's journal as everybody may see it. Members that do not belong to the kind are left out."""

    seq: int
    at: datetime
    hash: str
    kind: str
    price_fen: int | None = None
    plate: int | None = None
    number: int | None = None
    closes_at: str | None = None
    qualified: int | None = None
    needed: int | None = None
    because: str | None = None
    reserve_fen: int | None = None


class Acknowledged(msgspec.Struct, tag="acknowledged", tag_field="type", frozen=True):
    """The bid is stored, journalled as entry `seq` with `hash`, and led at that moment.

    `before_close_ms` says how long before the countdown's end it was decided; None where no countdown runs.
    """

    key: UUID
    seq: int
    hash: str
    at: datetime
    price_fen: int
    before_close_ms: int | None = None


class Refused(msgspec.Struct, tag="refused", tag_field="type", frozen=True):
    """The bid was refused. `seq` and `hash` name its journal entry; None when it could not even be recorded."""

    key: UUID | None
    code: str
    message: str
    advice: str
    seq: int | None = None
    hash: str | None = None
    at: datetime | None = None
    before_close_ms: int | None = None


class Heartbeat(msgspec.Struct, tag="heartbeat", tag_field="type", omit_defaults=True, frozen=True):
    """Every second: the database's time, the number of the last event, and how many are connected to this server.

    `plates` and `watchers` are counts. Which plates are here (`present`) is told to the auctioneer alone: bidders are
    not to know who else has come.
    """

    server_time: datetime
    seq: int
    plates: int
    watchers: int
    present: list[int] | None = None


class Pong(msgspec.Struct, tag="pong", tag_field="type", frozen=True):
    """The answer to a ping."""

    sent: int
    server_time: datetime


class ChannelError(msgspec.Struct, tag="error", tag_field="type", frozen=True):
    """The frame was not understood, or the connection may not say this. Nothing was changed."""

    code: str
    message: str


ServerMessage = Welcome | Snapshot | LotEvent | Acknowledged | Refused | Heartbeat | Pong | ChannelError

_encoder = msgspec.json.Encoder()
_server_decoder = msgspec.json.Decoder(ServerMessage)


def encode(message: ServerMessage | ClientMessage) -> bytes:
    """The frame of a message."""
    return _encoder.encode(message)


def read_server_message(frame: str | bytes) -> ServerMessage:
    """The message in a frame from the server; members unknown to this version are ignored."""
    message: ServerMessage = _server_decoder.decode(frame)
    return message


# What others may see of an entry's body, by kind. Everything else (keys, accounts, refused prices) stays inside.
_PUBLIC: dict[str, tuple[str, ...]] = {
    "prepared": (),
    "opened": ("qualified", "closes_at"),
    "bid_accepted": ("plate", "price_fen", "closes_at"),
    "bid_refused": (),
    "called": ("number", "price_fen", "plate"),
    "sold": ("price_fen", "plate", "reserve_fen"),
    "withdrawn": ("because", "price_fen", "reserve_fen"),
    "called_off": ("qualified", "needed"),
    "resumed": ("closes_at",),
}


def public_event(entry: Entry) -> LotEvent:
    """What everybody may see of a journal entry of the lot: the same for every watcher, encoded once."""
    shown: dict[str, Any] = {name: entry.body[name] for name in _PUBLIC[entry.kind] if name in entry.body}
    return LotEvent(seq=entry.seq, at=entry.at, hash=entry.hash.hex(), kind=entry.kind, **shown)


def price_or_refusal(raw: msgspec.Raw) -> Money | Refusal:
    """The price of a bid, or why it is none: a malformed price is decided and recorded like any other bid."""
    try:
        return read_price(raw)
    except Refusal as refusal:
        return refusal

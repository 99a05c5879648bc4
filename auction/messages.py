"""The vocabulary of a lot's live channel, version 2: what clients say and what the server says. See docs/protocol.md.

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

VERSION = 2
STATES_PER_S = 20
LARGEST_MESSAGE = 16 * 1024  # bytes of one frame from a client; a longer one ends the connection
HEARTBEAT_S = 1
STREAM = "auction:"


# --- from the client ------------------------------------------------------------------------------------------------


class Subscribe(msgspec.Struct, tag="subscribe", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Start hearing the lot. `after` is the number of the last event the client has; None when it has none.

    `all_bids`: leave out nothing, however many bids there are.
    """

    after: int | None = None
    version: int = VERSION
    all_bids: bool = False


class PlaceBid(msgspec.Struct, tag="bid", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Bid. `key` is made once per bid and sent again unchanged when the answer is lost: it counts once.

    `price_fen` stays the JSON text it was: whether it is a price is for the rules to say, with a reason. `maximum`: it
    is the secret maximum of a proxy bid. `sealed`: it is a sealed quote; a stage that takes sealed quotes takes nothing
    else, and no other stage takes one.
    """

    key: UUID
    price_fen: msgspec.Raw = msgspec.Raw(b"null")
    maximum: bool = False
    sealed: bool = False


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


class LotTerms(msgspec.Struct, frozen=True):
    """What does not change while a sale runs. `way` is the JSON of what its way of selling adds (`auction.way.Way`)."""

    method: str
    starting_price_fen: int
    increment_fen: int
    starts_at: datetime
    window_s: int | None
    minimum_bidders: int
    whole_multiple: bool
    way: msgspec.Raw


class Welcome(msgspec.Struct, tag="welcome", tag_field="type", frozen=True):
    """First message of a connection. `plate` is the plate this connection may bid under, None for a watcher.

    `rehearsal`: the sale is played with robots, and nothing that is said counts.
    """

    plate: int | None
    terms: LotTerms
    version: int = VERSION
    heartbeat_s: int = HEARTBEAT_S
    rehearsal: bool = False


class LotEvent(msgspec.Struct, omit_defaults=True, frozen=True):
    """One entry of the lot's journal as everybody may see it. `facts` holds what belongs to its kind."""

    seq: int
    at: datetime
    hash: str
    kind: str
    facts: dict[str, Any] = {}


class SaleState(msgspec.Struct, tag="state", tag_field="type", frozen=True):
    """Where the sale stands after event `seq`, and the events since `after` (None: this is the first one told).

    A sale that moves quickly is told at most `STATES_PER_S` times a second: `left_out` says how many of the entries
    after `after` are not among `events`. Those are refused bids, and accepted ones that were overtaken at once; every
    other event is always there. `increment_fen` and `lowest_fen` (the lowest valid next price) are those that count
    now; `at` is the moment of event `seq`. `lowest_for_priority_fen`: the same for whoever holds a priority right and
    may match a price; None where the way of selling knows no such right.
    """

    after: int | None
    seq: int
    hash: str | None
    at: datetime | None
    server_time: datetime
    stage: str
    price_fen: int | None
    plate: int | None
    calls: int
    bid_count: int
    increment_fen: int
    lowest_fen: int
    closes_at: datetime | None
    ended_at: datetime | None
    events: list[LotEvent]
    left_out: int
    lowest_for_priority_fen: int | None = None


class Acknowledged(msgspec.Struct, tag="acknowledged", tag_field="type", frozen=True):
    """The bid is stored, journalled as entry `seq` with `hash`, and led at that moment.

    `arrived_at` is when its frame reached the server, `before_close_ms` how long before the end of the stage that was;
    None where no end is set. `leads` is false for a sealed quote, and for a bid that a proxy bid overtook at once.
    """

    key: UUID
    seq: int
    hash: str
    at: datetime
    arrived_at: datetime
    price_fen: int
    leads: bool
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


ServerMessage = Welcome | SaleState | Acknowledged | Refused | Heartbeat | Pong | ChannelError

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
PUBLIC_FACTS: dict[str, tuple[str, ...]] = {
    "prepared": (),
    "opened": ("qualified", "closes_at"),
    "bid_accepted": ("plate", "price_fen", "closes_at", "for_maximum"),
    "bid_refused": (),
    "maximum_set": ("commitment",),
    "called": ("number", "price_fen", "plate"),
    "increment_changed": ("increment_fen",),
    "hammer_fell": ("price_fen", "plate", "closes_at"),
    "quoting_ended": ("price_fen", "plate", "closes_at"),
    "declared": ("willing",),
    "timed_bidding_decided": ("entrants", "closes_at"),
    "timed_bidding_opened": ("starting_price_fen", "closes_at"),
    "cap_reached": ("price_fen", "plate", "cap_fen", "ceiling_fen", "closes_at"),
    "quote_sealed": ("commitment",),
    "quotes_opened": ("quotes", "average_fen", "price_fen", "plate"),
    "number_given": ("plate", "number"),
    "lots_drawn": ("secret", "seed", "order", "price_fen", "plate"),
    "suspended": ("because", "reason", "stage"),
    "resumption_announced": ("closes_at", "reason"),
    "resumed": ("absent_since", "closes_at"),
    "disqualified": ("plate", "bids_stand", "price_fen", "plate_leading"),
    "sold": ("price_fen", "plate", "reserve_fen", "reserve_salt", "reserve_commitment"),
    "withdrawn": ("because", "price_fen", "reserve_fen", "reason", "reserve_salt", "reserve_commitment"),
    "called_off": ("qualified", "needed"),
}


def public_event(entry: Entry) -> LotEvent:
    """What everybody may see of a journal entry of the lot: the same for every watcher, encoded once."""
    shown = {name: entry.body[name] for name in PUBLIC_FACTS[entry.kind] if entry.body.get(name) is not None}
    return LotEvent(seq=entry.seq, at=entry.at, hash=entry.hash.hex(), kind=entry.kind, facts=shown)


def price_or_refusal(raw: msgspec.Raw) -> Money | Refusal:
    """The price of a bid, or why it is none: a malformed price is decided and recorded like any other bid."""
    try:
        return read_price(raw)
    except Refusal as refusal:
        return refusal

"""The words the platform and its bank exchange. Pure; the signature around them is `bank_envelope`.

All requests go to one address and carry their kind in the body, so the signature covers what is asked for. Amounts
are whole fen. Times are ISO 8601 with a zone.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec

from trading.deposits.bank_envelope import BankMessageMalformed
from trading.kernel.money import LARGEST_FEN

LARGEST_BODY_BYTES = 256 * 1024
STATEMENT_PAGE_LINES = 200

Fen = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_FEN)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9:_-]{8,120}$")]
AccountNumber = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6,32}$")]
Words = Annotated[str, msgspec.Meta(max_length=200)]
_Kind = TypeVar("_Kind")


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag=True):
    """What all messages have in common: immutable, closed to unknown members, their kind in the body."""


class TransferStatus(StrEnum):
    """What the bank says of an order. What it does not say is nobody's to assume."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Direction(StrEnum):
    """Whether money came to the deposit account or left it."""

    IN = "in"
    OUT = "out"


class StatementLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One booking on one of the centre's deposit accounts, as the bank booked it.

    `sequence` grows without gaps per bank and is the cursor; `reference` is the bank's own unique name of the booking.
    The counterparty is the payer of what came in, the payee of what went out. `order_key` names the order behind
    money that left.
    """

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    reference: Words
    account_number: AccountNumber
    direction: Direction
    amount_fen: Fen
    counterparty_name: Words
    counterparty_account_number: AccountNumber
    booked_at: Moment
    order_key: str | None = None


# Requests of the platform.


class OpenSubAccount(Message, frozen=True, tag="open_sub_account"):
    """Open the deposit account number of one registration. The same key is always answered with the same number."""

    key: Key
    label: Words


class OrderTransfer(Message, frozen=True, tag="order_transfer"):
    """Pay money out of a deposit account. The same key never pays twice, however often it is sent."""

    key: Key
    from_account_number: AccountNumber
    to_account_number: AccountNumber
    to_name: Words
    amount_fen: Fen
    purpose: Words


class QueryTransfer(Message, frozen=True, tag="query_transfer"):
    """What became of the order with this key?"""

    key: Key


class QueryStatement(Message, frozen=True, tag="query_statement"):
    """The bookings after this cursor, oldest first, at most `STATEMENT_PAGE_LINES` of them."""

    after: Annotated[int, msgspec.Meta(ge=0)]


# Requests that only a simulated bank understands.


class OpenPayerAccount(Message, frozen=True, tag="open_payer_account"):
    """Open a demonstration payer's own account with play money. Opening it again changes nothing."""

    account_number: AccountNumber
    holder: Words
    opening_balance_fen: Fen


class Pay(Message, frozen=True, tag="pay"):
    """A demonstration payer pays from the own account."""

    key: Key
    from_account_number: AccountNumber
    to_account_number: AccountNumber
    amount_fen: Fen
    purpose: Words


class SetFault(Message, frozen=True, tag="set_fault"):
    """Make the next `count` occasions go wrong in the named way (see `trading.bank_simulator.faults`)."""

    name: Words
    count: Annotated[int, msgspec.Meta(ge=0, le=1000)]


# Answers.


class SubAccountOpened(Message, frozen=True, tag="sub_account_opened"):
    """The number under which the bank takes money for this registration."""

    key: Key
    account_number: AccountNumber


class TransferReport(Message, frozen=True, tag="transfer_report"):
    """Where an order stands. `reference` exists once it is done, `reason` once it has failed."""

    key: Key
    status: TransferStatus
    amount_fen: Fen
    reference: str | None = None
    reason: str | None = None


class TransferNotFound(Message, frozen=True, tag="transfer_not_found"):
    """The bank has never seen an order with this key."""

    key: Key


class Statement(Message, frozen=True, tag="statement"):
    """Bookings in order. `more` says that the page was full; `balance_fen` is what all deposit accounts hold now."""

    lines: list[StatementLine]
    more: bool
    balance_fen: int


class Accepted(Message, frozen=True, tag="accepted"):
    """Done as asked; there is nothing to report."""

    note: Words = ""


class RequestRefused(Message, frozen=True, tag="request_refused"):
    """The bank will not do this, and has not done it."""

    code: Words
    reason: Words


# The bank's callback.


class BankEvent(Message, frozen=True, tag="bank_event"):
    """Something happened on a deposit account. Only a reason to look at the statement, never believed by itself."""

    account_number: AccountNumber
    reference: Words
    occurred_at: Moment


Request = OpenSubAccount | OrderTransfer | QueryTransfer | QueryStatement | OpenPayerAccount | Pay | SetFault
Answer = SubAccountOpened | TransferReport | TransferNotFound | Statement | Accepted | RequestRefused

_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
_events: msgspec.json.Decoder[BankEvent] = msgspec.json.Decoder(BankEvent)


def encode(message: Message) -> bytes:
    """The body of a message."""
    return _encoder.encode(message)


def read_request(body: bytes) -> Request:
    """A request out of its body. Refuses with `BankMessageMalformed`."""
    return _read(_requests, body)


def read_answer(body: bytes) -> Answer:
    """An answer out of its body. Refuses with `BankMessageMalformed`."""
    return _read(_answers, body)


def read_event(body: bytes) -> BankEvent:
    """A callback out of its body. Refuses with `BankMessageMalformed`."""
    return _read(_events, body)


def _read(decoder: "msgspec.json.Decoder[_Kind]", body: bytes) -> _Kind:
    if len(body) > LARGEST_BODY_BYTES:
        raise BankMessageMalformed("body")
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise BankMessageMalformed("body") from error

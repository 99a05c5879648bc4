"""The signature around every message between the platform and its bank. Pure.

A message is a body of bytes and three headers. The signature is HMAC-SHA256, keyed with the shared secret, over

    timestamp + "." + event id + "." + raw body

with the timestamp in whole milliseconds since 1970 UTC. It is checked over the bytes that arrived, before they are
parsed. A message is fresh for five minutes either way. A sender that repeats a message signs it anew, with a new
timestamp and the same event id; so the same pair seen again is somebody else's copy.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from trading.kernel.errors import Refusal

FRESH_FOR_MS = 5 * 60 * 1000
SHORTEST_SECRET_BYTES = 32

EVENT_HEADER = "X-Bank-Event"
TIMESTAMP_HEADER = "X-Bank-Timestamp"
SIGNATURE_HEADER = "X-Bank-Signature"

# No "." can occur in an event id or a timestamp, so the three signed parts have only one reading.
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{8,80}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{12,13}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


@dataclass(eq=False)
class BankMessageMalformed(Refusal):
    """Headers or body are not in the agreed form."""

    message = "The message is not in the form agreed with the bank ({part})."
    advice = "Send it in the agreed form. Nothing was recorded as received."
    part: str


@dataclass(eq=False)
class BankSignatureForged(Refusal):
    """The signature does not belong to these bytes, this event and this moment."""

    message = "The signature does not belong to this message."
    advice = "Sign the exact bytes with the shared secret. Nothing was recorded as received."
    event_id: str


@dataclass(eq=False)
class BankMessageStale(Refusal):
    """The message was signed too long ago, or in the future."""

    message = "The message was signed too far from the present time."
    advice = "Sign it anew with the current time. Nothing was recorded as received."
    event_id: str
    signed_at_ms: int


@dataclass(eq=False)
class BankMessageReplayed(Refusal):
    """This very message, with this very signature, has been here before."""

    message = "This very message has been received before."
    advice = "A repeated message is signed anew. Nothing was counted twice."
    event_id: str
    signed_at_ms: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a body: who this event is, when it was signed, and the signature (lowercase hex)."""

    event_id: str
    timestamp_ms: int
    signature: str

    @classmethod
    def seal(cls, secret: bytes, event_id: str, timestamp_ms: int, body: bytes) -> Self:
        """Sign `body` for this moment."""
        return cls(event_id, timestamp_ms, _signature(secret, event_id, timestamp_ms, body))

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """Read the three headers. Refuses with `BankMessageMalformed`."""
        event_id = headers.get(EVENT_HEADER.lower()) or headers.get(EVENT_HEADER) or ""
        timestamp = headers.get(TIMESTAMP_HEADER.lower()) or headers.get(TIMESTAMP_HEADER) or ""
        signature = headers.get(SIGNATURE_HEADER.lower()) or headers.get(SIGNATURE_HEADER) or ""
        if not _EVENT_ID.fullmatch(event_id):
            raise BankMessageMalformed(EVENT_HEADER)
        if not _TIMESTAMP.fullmatch(timestamp):
            raise BankMessageMalformed(TIMESTAMP_HEADER)
        if not _SIGNATURE.fullmatch(signature):
            raise BankMessageMalformed(SIGNATURE_HEADER)
        return cls(event_id, int(timestamp), signature)

    def headers(self) -> dict[str, str]:
        """The three headers, ready to send."""
        return {
            EVENT_HEADER: self.event_id,
            TIMESTAMP_HEADER: str(self.timestamp_ms),
            SIGNATURE_HEADER: self.signature,
        }

    def verify(self, secret: bytes, body: bytes, *, now_ms: int) -> None:
        """Refuses what is forged (`BankSignatureForged`) or too old or too early (`BankMessageStale`).

        The signature is judged first: only a true message deserves to be told what is wrong with its time.
        """
        expected = _signature(secret, self.event_id, self.timestamp_ms, body)
        if not hmac.compare_digest(expected, self.signature):
            raise BankSignatureForged(self.event_id)
        if abs(now_ms - self.timestamp_ms) > FRESH_FOR_MS:
            raise BankMessageStale(self.event_id, self.timestamp_ms)


def _signature(secret: bytes, event_id: str, timestamp_ms: int, body: bytes) -> str:
    signed = f"{timestamp_ms}.{event_id}.".encode("ascii") + body
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


class SeenMessages:
    """The (event id, timestamp) pairs of the last minutes, for a receiver that need not remember across restarts."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], int] = {}

    def note(self, envelope: Envelope, *, now_ms: int) -> None:
        """Remember the envelope. Refuses one that was noted before with `BankMessageReplayed`."""
        pair = (envelope.event_id, envelope.timestamp_ms)
        if pair in self._seen:
            raise BankMessageReplayed(*pair)
        self._seen[pair] = now_ms
        while self._seen:
            oldest = next(iter(self._seen))
            if now_ms - self._seen[oldest] <= 2 * FRESH_FOR_MS:
                break
            del self._seen[oldest]


def read_secret(path: Path) -> bytes:
    """The shared secret in `path`, trimmed. Raises ValueError when it is too short to protect."""
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET_BYTES:
        raise ValueError(
            f"the bank's shared secret in {path} has {len(secret)} bytes; {SHORTEST_SECRET_BYTES} are needed"
        )
    return secret

"""What a recording must say of itself, and how it comes in pieces. Pure.

An upload: begun -> pieces, each at the offset at which the last one ended -> stored | dropped | expired.
Source of the protocol: tus 1.0.0 (core, creation, expiration, checksum, termination).
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.venues.rules import Span

UPLOAD_LIVES = timedelta(days=7)
"""An upload that nobody continues for so long is dropped."""

AROUND_BOOKING = timedelta(hours=12)
"""A recording may begin so long before its booking and end so long after it: evaluations run late."""

KEPT_FREE_BYTES = 1024**3
"""So much of the disk is never filled with recordings: the database may lie on the same."""


@dataclass(eq=False)
class RecordingNotFound(NotFound):
    """No such recording, or upload."""

    message: ClassVar[str] = "There is no such recording, or its upload was finished or dropped."
    advice: ClassVar[str] = "Look on the booking's page."


@dataclass(eq=False)
class RecordingNotYours(NotPermitted):
    """Recordings are for those in charge, for supervisors and for auditors."""

    message: ClassVar[str] = "Your account may not see this booking's recordings."
    advice: ClassVar[str] = "Ask the officer in charge, or a supervisor."


@dataclass(eq=False)
class RecordingElsewhere(NotFound):
    """The recording was only noted; its file does not lie on the platform."""

    message: ClassVar[str] = "This recording is kept outside the platform: {kept_at}."
    advice: ClassVar[str] = "Fetch it there and compare its SHA-256."
    kept_at: str


@dataclass(eq=False)
class RecordingKnown(Outdated):
    """The same file is among the booking's recordings."""

    message: ClassVar[str] = "This booking already has a recording with the same content."
    advice: ClassVar[str] = "Look at the list of recordings. Nothing was changed by this attempt."


@dataclass(eq=False)
class CameraMissing(Refusal):
    """A recording says which camera or microphone it is from."""

    message: ClassVar[str] = "Please say which camera or microphone this is from, with at most {longest} characters."
    advice: ClassVar[str] = "For example: camera 2, audience."
    longest: int = 60


@dataclass(eq=False)
class FileNameInvalid(Refusal):
    """A file name that can be shown and kept."""

    message: ClassVar[str] = "The file has no name, or one that cannot be kept."
    advice: ClassVar[str] = "Rename the file, then choose it again."


@dataclass(eq=False)
class RecordingOutsideBooking(Refusal):
    """A recording is of its booking."""

    message: ClassVar[str] = "The recording must end after it starts, and lie within {hours} hours of its booking."
    advice: ClassVar[str] = "Correct the times, or look for the booking it belongs to."
    hours: int = 12


@dataclass(eq=False)
class SizeRefused(Refusal):
    """Empty, unknown, or larger than this installation takes."""

    message: ClassVar[str] = "A recording has between 1 byte and {largest} GB."
    advice: ClassVar[str] = "Split it into several recordings, or ask the administrator for a higher limit."
    largest: int


@dataclass(eq=False)
class HashInvalid(Refusal):
    """A SHA-256 is 64 hexadecimal digits."""

    message: ClassVar[str] = "This is no SHA-256: it has 64 signs, 0 to 9 and a to f."
    advice: ClassVar[str] = "Copy it again."


@dataclass(eq=False)
class PlaceMissing(Refusal):
    """A recording outside the platform says where it lies."""

    message: ClassVar[str] = "Please say where the recording is kept, with at most {longest} characters."
    advice: ClassVar[str] = "For example: recorder 3 in the archive room."
    longest: int = 200


@dataclass(eq=False)
class DiskFull(Refusal):
    """The recording would fill the disk."""

    message: ClassVar[str] = "There is not enough space for this recording on the platform's disk."
    advice: ClassVar[str] = "Tell the administrator. What was uploaded before is safe, and can be continued later."


@dataclass(eq=False)
class WrongOffset(Outdated):
    """A piece begins where the last one ended."""

    message: ClassVar[str] = "The upload stands at byte {offset}; this piece begins elsewhere."
    advice: ClassVar[str] = "Ask for the offset again (HEAD) and go on from there. Nothing was changed."
    offset: int


@dataclass(eq=False)
class UploadBusy(Outdated):
    """Another piece of this very upload is on its way."""

    message: ClassVar[str] = "Another piece of this recording is being received."
    advice: ClassVar[str] = "Wait a moment, ask for the offset again (HEAD) and go on from there."


@dataclass(eq=False)
class UploadExpired(Outdated):
    """Nobody continued it for a week."""

    message: ClassVar[str] = "This upload was not continued until {expired_at} and was dropped."
    advice: ClassVar[str] = "Begin it again."
    expired_at: datetime


@dataclass(eq=False)
class PieceDamaged(Refusal):
    """The piece is not what its checksum says."""

    message: ClassVar[str] = "This piece does not have the checksum that was sent with it."
    advice: ClassVar[str] = "Send it again. Nothing of it was kept."


@dataclass(eq=False)
class PieceTooLong(Refusal):
    """The pieces would be more than the recording."""

    message: ClassVar[str] = "This piece is longer than what is left of the recording."
    advice: ClassVar[str] = "Begin the upload again with the right size. Nothing of this piece was kept."


@dataclass(eq=False)
class PieceUnreadable(Refusal):
    """The request is not one of this protocol."""

    message: ClassVar[str] = "A piece needs its offset, and a checksum only as SHA-256 in Base64."
    advice: ClassVar[str] = "See “Recordings” in the operations guide."


@dataclass(eq=False)
class RecordingDamaged(Refusal):
    """The whole is not the file that was announced. The upload is dropped: any piece may be wrong."""

    message: ClassVar[str] = "The recording arrived with another SHA-256 than was announced, and was dropped."
    advice: ClassVar[str] = "Upload it again."
    declared: str
    found: str


@dataclass(frozen=True, slots=True)
class NewRecording:
    """What a recording says of itself. `sha256` as declared, lowercase hex, or None."""

    camera: str
    span: Span
    file_name: str
    size_bytes: int
    sha256: str | None = None


def judge_recording(new: NewRecording, booking: Span, *, largest_bytes: int) -> dict[str, Refusal]:
    """Everything that is wrong with what a recording says of itself, by field."""
    found: dict[str, Refusal] = {}
    if not _is_line(new.camera, CameraMissing.longest):
        found["camera"] = CameraMissing()
    if not _is_line(new.file_name, 200) or "/" in new.file_name or "\\" in new.file_name:
        found["file_name"] = FileNameInvalid()
    is_near = booking.starts_at - AROUND_BOOKING <= new.span.starts_at and (
        new.span.ends_at <= booking.ends_at + AROUND_BOOKING
    )
    if new.span.starts_at >= new.span.ends_at or not is_near:
        found["recorded_until"] = RecordingOutsideBooking()
    if not 1 <= new.size_bytes <= largest_bytes:
        found["size_bytes"] = SizeRefused(largest_bytes // 1024**3)
    if new.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", new.sha256):
        found["sha256"] = HashInvalid()
    return found


def check_place(typed: str) -> str:
    """Where a recording is kept outside the platform. Refuses with `PlaceMissing`."""
    place = " ".join(typed.split())
    if not _is_line(place, PlaceMissing.longest):
        raise PlaceMissing
    return place


def check_piece(*, offset: int, stands_at: int, size_bytes: int, length: int | None) -> None:
    """Refuse a piece that begins elsewhere or is longer than what is left; `length` None: not known beforehand."""
    if offset != stands_at:
        raise WrongOffset(stands_at)
    if length is not None and length > size_bytes - offset:
        raise PieceTooLong


def read_checksum(header: str | None) -> bytes | None:
    """The SHA-256 of a piece from its `Upload-Checksum` header. Refuses with `PieceUnreadable`."""
    if header is None:
        return None
    name, _, encoded = header.strip().partition(" ")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise PieceUnreadable from None
    if name != "sha256" or len(digest) != 32:
        raise PieceUnreadable
    return digest


def read_number(header: str | None) -> int:
    """A count of bytes from a header. Refuses with `PieceUnreadable`."""
    if header is None or not re.fullmatch(r"[0-9]{1,15}", header):
        raise PieceUnreadable
    return int(header)


def _is_line(text: str, longest: int) -> bool:
    return 1 <= len(text) <= longest and text.isprintable() and bool(text.strip())

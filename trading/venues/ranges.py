"""Parts of a file over HTTP, so that a player can go to any place of a recording. Pure.

One span of bytes is served; several at once, which no player asks for, get the whole file, as the standard allows.
Source: RFC 9110 sections 8.8.3 (entity tags), 13.1.5 (If-Range), 14 (range requests).
"""

import mimetypes
import re
from dataclasses import dataclass

_ONE_SPAN = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.ASCII | re.IGNORECASE)
_MOST_DIGITS = 18


class Unsatisfiable(Exception):
    """The span begins behind the end of the file: answered with 416 and the file's size."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size_bytes(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1


def entity_tag(sha256: str) -> str:
    """The strong entity tag of a file: its hash, which changes with every byte."""
    return f'"{sha256}"'


def media_type_of(file_name: str) -> str:
    """Sound or picture by its name, so that a player takes it; anything else is bytes that no browser opens."""
    guessed = mimetypes.guess_type(file_name, strict=True)[0] or ""
    return guessed if guessed.startswith(("audio/", "video/")) else "application/octet-stream"


def part_wanted(wanted: str | None, if_range: str | None, *, tag: str, size_bytes: int) -> Part | None:
    """The part that a request asks for; None for the whole file. Raises `Unsatisfiable`.

    `wanted` and `if_range` are the fields Range and If-Range. What cannot be read, several spans, and a condition that
    does not hold (another or a weak tag, a date) all mean the whole file.
    """
    found = None if wanted is None else _ONE_SPAN.fullmatch(wanted.strip())
    if found is None or (if_range is not None and if_range.strip() != tag):
        return None
    first, last = found.groups()
    if (not first and not last) or max(len(first), len(last)) > _MOST_DIGITS:
        return None
    if not first:
        suffix = min(int(last), size_bytes)
        if suffix == 0:
            raise Unsatisfiable
        return Part(size_bytes - suffix, size_bytes - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise Unsatisfiable
    return Part(int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1)

"""Quarters as they stand in addresses and facts: `2026-Q3`. Pure."""

import re
from collections.abc import Sequence

from trading.reviews.figures import Quarter

_NAMED = re.compile(r"(2[0-9]{3})-Q([1-4])", re.ASCII)


def quarter_named(quarter: Quarter) -> str:
    """`2026-Q3`."""
    return f"{quarter.year}-Q{quarter.number}"


def read_quarter(name: str) -> Quarter | None:
    """The quarter of this name; None when there is none."""
    found = _NAMED.fullmatch(name)
    return None if found is None else Quarter(int(found[1]), int(found[2]))


def quarters_to(last: Quarter, count: int) -> Sequence[Quarter]:
    """So many quarters, `last` the last one."""
    found = [last]
    while len(found) < count:
        found.insert(0, found[0].previous)
    return found

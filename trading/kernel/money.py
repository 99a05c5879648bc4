"""Money: a whole number of fen (1/100 yuan). No float ever holds an amount.

万元 (wan) is 10,000 yuan, that is 1,000,000 fen.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Self

FEN_IN_YUAN = 100
FEN_IN_WAN = 1_000_000

# The largest amount a single price, deposit or payment may have: one trillion yuan. It keeps every sum far inside a
# 64-bit integer and inside the integers that a browser counts exactly (2**53).
LARGEST_FEN = 10**14

_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,15})(?:\.(?P<part>[0-9]{1,6}))?")


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in fen. Adding and subtracting stay exact; multiplying takes whole numbers only."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"money is a whole number of fen, not {self.fen!r}")

    @classmethod
    def from_yuan(cls, text: str) -> Self:
        """Read yuan with at most two decimals: `Money.from_yuan("12.30").fen == 1230`. Raises ValueError otherwise."""
        return cls(_scaled(text, FEN_IN_YUAN))

    @classmethod
    def from_wan(cls, text: str) -> Self:
        """Read 万元 with at most six decimals: `Money.from_wan("382.00").fen == 382_000_000`."""
        return cls(_scaled(text, FEN_IN_WAN))

    @property
    def yuan(self) -> str:
        """Yuan with separators and two decimals: `3,820,000.00`."""
        return _in_yuan(self.fen)

    @property
    def wan(self) -> str:
        """万元 with separators and two decimals, half up: `382.00`."""
        amount = (Decimal(self.fen) / FEN_IN_WAN).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return f"{amount:,}"

    def __add__(self, other: Self) -> Self:
        return type(self)(self.fen + other.fen)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.fen - other.fen)

    def __mul__(self, count: int) -> Self:
        return type(self)(self.fen * count)

    def __str__(self) -> str:
        return self.yuan


@lru_cache(maxsize=4096)  # everybody who bids too little is told the same price
def _in_yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), FEN_IN_YUAN)
    return f"{sign}{whole:,}.{part:02d}"


def _scaled(text: str, unit_fen: int) -> int:
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"not an amount: {text[:40]!r}")
    fen, rest = divmod(int(match["whole"] + (match["part"] or "").ljust(6, "0")) * unit_fen, 10**6)
    if rest:
        raise ValueError(f"an amount finer than one fen: {text!r}")
    return -fen if match["sign"] else fen

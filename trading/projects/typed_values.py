"""Reading what people type: amounts in yuan, quantities, whole numbers, moments, lines of text. Pure.

Each reader returns the value, or the message id of what is wrong. Full-width digits and punctuation, as a Chinese input
method leaves them, are read as what they mean; nothing else is guessed. No number passes through a float.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from trading.kernel.moments import SHANGHAI
from trading.kernel.money import FEN_IN_YUAN, LARGEST_FEN, Money
from trading.projects.problems import N_

REQUIRED = N_("Please fill this in.")
NOT_AN_AMOUNT = N_("Write the amount in yuan with digits only, for example 3820000 or 3,820,000.00.")
AMOUNT_IN_WAN = N_("Write the amount in yuan, not in 万元: 382 万元 is 3820000.")
AMOUNT_NEGATIVE = N_("An amount cannot be negative.")
AMOUNT_TOO_FINE = N_("An amount has at most two decimals: the smallest unit is one fen.")
AMOUNT_TOO_LARGE = N_("This amount is larger than any this platform accepts (one trillion yuan).")
NOT_A_NUMBER = N_("Write a number with digits only, for example 6093.36.")
NUMBER_TOO_FINE = N_("This number has too many decimals.")
NUMBER_TOO_LARGE = N_("This number is larger than any this platform accepts.")
NOT_POSITIVE = N_("This must be more than zero.")
NOT_WHOLE = N_("Write a whole number with digits only.")
NOT_A_MOMENT = N_("Choose a date and a time, for example 2026-12-21 09:30.")
CONTROL_CHARACTERS = N_("This contains characters that cannot be shown. Please type it again.")
TOO_LONG = N_("This is too long.")

LARGEST_QUANTITY = Decimal(10) ** 9

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－：　", "0123456789.,-: ")
_PLAIN = re.compile(r"\d{1,40}(?:\.\d{1,20})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,20})?", re.ASCII)
_MOMENT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was typed cannot be read; `message` is the message id that says why."""

    message: str


def read_amount(typed: str) -> Money | Wrong:
    """An amount of money above or equal to zero, typed in yuan with at most two decimals."""
    text = _plain(typed).removesuffix("元").lstrip("¥￥").strip()
    if not text:
        return Wrong(REQUIRED)
    if text.endswith(("万", "亿")):
        return Wrong(AMOUNT_IN_WAN)
    if text.startswith("-"):
        return Wrong(AMOUNT_NEGATIVE)
    digits = _ungrouped(text)
    if digits is None:
        return Wrong(NOT_AN_AMOUNT)
    whole, _, part = digits.partition(".")
    if len(part.rstrip("0")) > 2:
        return Wrong(AMOUNT_TOO_FINE)
    fen = int(whole) * FEN_IN_YUAN + int(part[:2].ljust(2, "0"))
    return Money(fen) if fen <= LARGEST_FEN else Wrong(AMOUNT_TOO_LARGE)


def read_quantity(typed: str, *, decimals: int) -> Decimal | Wrong:
    """A quantity above zero with at most `decimals` decimals: an area, for instance."""
    text = _plain(typed)
    if not text:
        return Wrong(REQUIRED)
    digits = _ungrouped(text)
    if digits is None:
        return Wrong(NOT_A_NUMBER)
    if len(digits.partition(".")[2].rstrip("0")) > decimals:
        return Wrong(NUMBER_TOO_FINE)
    quantity = Decimal(digits)
    if quantity == 0:
        return Wrong(NOT_POSITIVE)
    return quantity if quantity <= LARGEST_QUANTITY else Wrong(NUMBER_TOO_LARGE)


def read_whole_number(typed: str) -> int | Wrong:
    """A whole number above zero."""
    text = _plain(typed)
    if not text:
        return Wrong(REQUIRED)
    if not re.fullmatch(r"\d{1,40}", text, re.ASCII):
        return Wrong(NOT_WHOLE)
    number = int(text)
    if number == 0:
        return Wrong(NOT_POSITIVE)
    return number if number <= 10**9 else Wrong(NUMBER_TOO_LARGE)


def read_moment(typed: str) -> datetime | Wrong:
    """A moment typed as local time in China (`2026-12-21 09:30` or `2026-12-21T09:30`), returned in UTC."""
    text = _plain(typed)
    if not text:
        return Wrong(REQUIRED)
    match = _MOMENT.fullmatch(text)
    if match is None:
        return Wrong(NOT_A_MOMENT)
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    try:
        local = datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=SHANGHAI)
    except ValueError:
        return Wrong(NOT_A_MOMENT)
    return local.astimezone(UTC) if 2000 <= year <= 2199 else Wrong(NOT_A_MOMENT)


def read_line(typed: str, *, longest: int) -> str | Wrong:
    """One line of text, its blanks evened out."""
    if any(not (character.isprintable() or character.isspace()) for character in typed):
        return Wrong(CONTROL_CHARACTERS)
    text = " ".join(typed.split())
    if not text:
        return Wrong(REQUIRED)
    return text if len(text) <= longest else Wrong(TOO_LONG)


def read_lines(typed: str, *, longest: int) -> str | Wrong:
    """Several lines of text, or none: blank lines at both ends are dropped, line ends are evened out."""
    text = "\n".join(line.rstrip() for line in typed.replace("\r\n", "\n").split("\n")).strip()
    if any(not (character.isprintable() or character in "\n\t\u3000") for character in text):
        return Wrong(CONTROL_CHARACTERS)
    return text if len(text) <= longest else Wrong(TOO_LONG)


def _plain(typed: str) -> str:
    return typed.translate(_FULL_WIDTH).strip()


def _ungrouped(text: str) -> str | None:
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    return text if _PLAIN.fullmatch(text) else None

"""The two codes of a project: the entry code of the whole, and the unified deal code of each lot. Pure.

A project gets its entry code (进场编码) when the review agrees to its entry. It is for people at the counter and on the
telephone: `JC-510522-20261123-000001-K`, that is JC for 进场, the centre's region, the day of entry, the number of the
entry on that day, and a check character.

Each lot gets its unified deal code (统一交易标识码) at the same moment, because the announcement already carries it:
`CCC-<18-character unified social credit code of the platform>-YYYYMMDD-NNNNNN-K`, 40 characters with its dashes. The
check character of both is ISO 7064 MOD 37-2 over the characters before it without the dashes; it is a digit, a letter
or `*`, so a code that becomes a file's name has its `*` replaced by the caller.

Source: 公共资源交易平台系统数据规范 (form and check character). The classification codes CCC are unconfirmed; see
docs/laws.md.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from stdnum.iso7064 import mod_37_2

from trading.kernel.errors import Refusal

LAST_NUMBER = 999_999

_ENTRY = re.compile(r"JC-(?P<region>\d{6})-(?P<day>\d{8})-(?P<number>\d{6})-(?P<check>[0-9A-Z*])", re.ASCII)
_DEAL = re.compile(
    r"(?P<classification>[A-Z]\d{2})-(?P<platform>[0-9A-Z]{18})-(?P<day>\d{8})-(?P<number>\d{6})-(?P<check>[0-9A-Z*])",
    re.ASCII,
)


@dataclass(eq=False)
class CodeNotValid(Refusal):
    """The text is not a code of this form, names a day that does not exist, or its check character does not fit."""

    message: ClassVar[str] = "{text} is not a valid code."
    advice: ClassVar[str] = "Compare it with the announcement, character by character: one of them is mistyped."

    text: str


@dataclass(frozen=True, slots=True)
class EntryCode:
    """The parts of a project's entry code."""

    region: str
    day: date
    number: int

    def __str__(self) -> str:
        return _with_check(f"JC-{self.region}-{_digits(self.day)}-{_six_digits(self.number)}")


@dataclass(frozen=True, slots=True)
class DealCode:
    """The parts of a lot's unified deal code. `classification` is CCC, `platform` the platform's credit code."""

    classification: str
    platform: str
    day: date
    number: int

    def __str__(self) -> str:
        return _with_check(f"{self.classification}-{self.platform}-{_digits(self.day)}-{_six_digits(self.number)}")


def make_entry_code(*, region: str, day: date, number: int) -> str:
    """The entry code of the `number`-th project that entered on `day`, counted from 1."""
    code = str(EntryCode(region, day, number))
    parse_entry_code(code)
    return code


def make_deal_code(*, classification: str, platform: str, day: date, number: int) -> str:
    """The unified deal code of the `number`-th lot of `day`, counted from 1 over all classifications."""
    code = str(DealCode(classification, platform, day, number))
    parse_deal_code(code)
    return code


def parse_entry_code(text: str) -> EntryCode:
    """Take an entry code apart. Spaces around it and small letters are forgiven; refuses with `CodeNotValid`."""
    match = _matched(_ENTRY, text)
    return EntryCode(match["region"], _day(match["day"], text), int(match["number"]))


def parse_deal_code(text: str) -> DealCode:
    """Take a unified deal code apart. Spaces around it and small letters are forgiven; refuses with `CodeNotValid`."""
    match = _matched(_DEAL, text)
    return DealCode(match["classification"], match["platform"], _day(match["day"], text), int(match["number"]))


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text.strip().upper())
    if match is None or int(match["number"]) == 0 or _with_check(match.group().rsplit("-", 1)[0]) != match.group():
        raise CodeNotValid(text[:60])
    return match


def _day(digits: str, text: str) -> date:
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a day in a code has no time zone
    except ValueError as error:
        raise CodeNotValid(text[:60]) from error


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")


def _six_digits(number: int) -> str:
    if not 1 <= number <= LAST_NUMBER:
        raise ValueError(f"a code's number lies between 1 and {LAST_NUMBER}, not {number}")
    return f"{number:06d}"


def _with_check(body: str) -> str:
    check: str = mod_37_2.calc_check_digit(body.replace("-", ""))
    return f"{body}-{check}"

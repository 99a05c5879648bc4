"""How facts are written for people: money, moments, periods, areas and rates, in the language of the request."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from trading.kernel.errors import Refusal
from trading.kernel.i18n import current_language, gettext
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money


def yuan(amount: Money | int | None) -> str:
    """Full yuan with separators: `3,820,000.00`. An int is fen. None (no such amount) is a dash."""
    return "—" if amount is None else _money(amount).yuan


def wan(amount: Money | int | None) -> str:
    """万元 with two decimals: `382.00`. An int is fen. None is a dash."""
    return "—" if amount is None else _money(amount).wan


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """Local time of the centre, `2026-11-23 09:30`; None is a dash."""
    if at is None:
        return "—"
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(at: datetime | None) -> str:
    """The day in local time, `2026-11-23`; None is a dash."""
    return "—" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def rate(value: Decimal | None) -> str:
    """A rate that is already rounded, in percent: `19.2 %`; None is a dash."""
    return "—" if value is None else f"{value} %"


def period(length: timedelta) -> str:
    """A length of time in words: `4 分钟`, `2 days 3 hours`."""
    seconds = int(length.total_seconds())
    parts = [
        (seconds // 86400, gettext("{n} d")),
        (seconds // 3600 % 24, gettext("{n} h")),
        (seconds // 60 % 60, gettext("{n} min")),
        (seconds % 60, gettext("{n} s")),
    ]
    said = [words.format(n=count) for count, words in parts if count]
    return " ".join(said[:2]) if said else gettext("{n} s").format(n=0)


def law(source: str) -> str:
    """Where a rule is written, as a profile names it (`拍卖法 art. 37; own`), in the language of the request."""
    if current_language() != "zh":
        return source
    return "；".join(_in_chinese(part) for part in source.split("; "))


def _in_chinese(part: str) -> str:
    words = gettext(part)
    for ending, chinese in ((" by analogy", "（参照）"), (", taken as the default", "（作为默认）")):
        words = words.replace(ending, chinese)
    words = re.sub(r" ?\bart\. (\d+(?:, \d+)*)", lambda found: f"第{found[1].replace(', ', '、')}条", words)
    return words.replace(" (", "（").replace("(", "（").replace(") ", "）").replace(")", "）")


def refusal_words(refusal: Refusal) -> tuple[str, str]:
    """What a refusal says and advises, in the language of the request."""
    facts = {name: law(value) if name == "source" else _fact(value) for name, value in refusal.facts().items()}
    return gettext(refusal.message).format(**facts), gettext(refusal.advice).format(**facts)


def _fact(value: Any) -> str:
    if isinstance(value, Money):
        return gettext("{amount} yuan").format(amount=value.yuan)
    if isinstance(value, datetime):
        return moment(value, seconds=value.second != 0)
    if isinstance(value, timedelta):
        return period(value)
    if isinstance(value, Enum):
        return gettext(str(value.value))
    if isinstance(value, tuple):
        return gettext(", ").join(gettext(str(each)) for each in value)
    return str(value)


def _money(amount: Money | int) -> Money:
    return amount if isinstance(amount, Money) else Money(amount)

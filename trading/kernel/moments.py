"""Moments as values: how they are written in facts, and the centre's time zone. Pure; reading a clock is `clock`."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@lru_cache(maxsize=4096)  # the same moment is written several times: in a body, a hash
def iso(moment: datetime) -> str:
    """How a moment is written in facts: UTC with microseconds, `2026-11-23T01:30:00.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is ambiguous")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


def local_day(moment: datetime) -> date:
    """The day that a moment falls on at the centre."""
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The moment at which a day begins at the centre, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)

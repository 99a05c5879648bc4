"""Moments as values: how they are written in facts, and the centre's time zone. Pure; reading a clock is `clock`."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def iso(moment: datetime) -> str:
    """How a moment is written in facts: UTC with microseconds, `2026-11-23T01:30:00.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is ambiguous")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

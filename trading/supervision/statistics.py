"""Figures of supervision, by month: limits met and missed, sessions held, alerts and what became of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from trading.kernel.moments import local_day
from trading.limits.models import TimeLimit
from trading.limits.rules import LimitState
from trading.supervision.models import Alert

MONTHS = 12


@dataclass
class Month:
    """What happened in one month. A limit belongs to the month in which it was due."""

    first: date
    met: int = 0
    missed: int = 0
    sessions: int = 0
    alerts: int = 0
    founded: int = 0

    @property
    def name(self) -> str:
        """`2026-11`."""
        return self.first.strftime("%Y-%m")


@dataclass(frozen=True)
class Figures:
    """The last months, the oldest first, and limits met and missed by who had to act."""

    months: Sequence[Month]
    by_who: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened in all these months."""
        return not any(month.met + month.missed + month.sessions + month.alerts for month in self.months)


async def figures(session: AsyncSession, now: datetime) -> Figures:
    """The figures of the last twelve months, this one included."""
    months = {month.first: month for month in _months(local_day(now))}
    first = min(months)
    by_who: Counter[tuple[str, str]] = Counter()
    due = _month(TimeLimit.due_at.expression)
    limits = (
        select(due, TimeLimit.who, TimeLimit.state, func.count())
        .where(TimeLimit.state.in_((LimitState.MET, LimitState.MISSED)), due >= first)
        .group_by(due, TimeLimit.who, TimeLimit.state)
    )
    for day, who, state, count in await session.execute(limits):
        if day in months:
            months[day].met += count if state == LimitState.MET else 0
            months[day].missed += count if state == LimitState.MISSED else 0
            by_who[who, state] += count
    ended = _month(Auction.ended_at.expression)
    held = select(ended, func.count()).where(ended >= first).group_by(ended)
    for day, count in await session.execute(held):
        if day in months:
            months[day].sessions += count
    raised = _month(Alert.raised_at.expression)
    alerts = select(raised, Alert.verdict, func.count()).where(raised >= first).group_by(raised, Alert.verdict)
    for day, verdict, count in await session.execute(alerts):
        if day in months:
            months[day].alerts += count
            months[day].founded += count if verdict in ("founded", "passed_on") else 0
    whos = sorted({who for who, _ in by_who})
    return Figures(list(months.values()), {who: (by_who[who, "met"], by_who[who, "missed"]) for who in whos})


def _month(moment: ColumnElement[Any]) -> ColumnElement[date]:
    """The first day of the month in which a moment lies, in China."""
    return cast(func.date_trunc("month", func.timezone("Asia/Shanghai", moment)), Date)


def _months(today: date) -> list[Month]:
    numbers = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    return [Month(date(number // 12, number % 12 + 1, 1)) for number in numbers]

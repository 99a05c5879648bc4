"""The calendar of what is coming: moments by day for the page, and as iCalendar (RFC 5545) for people's own calendars.

An event's UID stays as long as its lot; its SEQUENCE grows whenever the moment has moved or fell away, so that a
calendar which holds the event already takes the new one over (RFC 5545 section 3.8.7.4). What was told last is kept in
`calendar_moments`: a reading compares with it, and the tick writes it down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Calendar, Event
from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import NotFound
from trading.kernel.moments import local_day, midnight
from trading.kernel.typed import one_line
from trading.projects.models import Lot, Project
from trading.projects.moments import Waited, WaitedMoment, lots_with_moments, moments_of
from trading.publication.portal_models import CalendarMoment

MAIN = frozenset({Waited.SALE_STARTS, Waited.OPENING})
"""What people come for; everything else is a deadline on the way there."""
FEED_BACK = timedelta(days=31)
FEED_AHEAD = timedelta(days=366)
_LASTS = timedelta(minutes=30)  # how long an opening or a sale occupies the page of a calendar; its end is never known


@dataclass(eq=False)
class NoSuchMonth(NotFound):
    """The address names no month, or one far away from the platform's life."""

    message: ClassVar[str] = "There is no calendar for this month."
    advice: ClassVar[str] = "Go back to the calendar of this month."


@dataclass(frozen=True, slots=True)
class Told:
    """One moment with the number under which calendars know its present state, and since when it has it."""

    moment: WaitedMoment
    sequence: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the month's page; those of the neighbouring months fill its first and last week."""

    day: date
    is_of_month: bool
    moments: list[WaitedMoment]


def month_of(typed: str, today: date) -> date:
    """The first day of the month in the address (`2026-11`), or of today's. Refuses `NoSuchMonth`."""
    if not typed:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise NoSuchMonth from None
    if len(typed) != 7 or abs(first.year - today.year) > 20:
        raise NoSuchMonth
    return first


def next_month(first: date, step: int = 1) -> date:
    """The first day of the next month, or with -1 of the one before."""
    return (first + timedelta(days=31 if step > 0 else -1)).replace(day=1)


def weeks_of(first: date, moments: Sequence[WaitedMoment]) -> list[list[Day]]:
    """The weeks of a month from Monday to Sunday. Of each day sales and openings come first, then deadlines."""
    by_day: dict[date, list[WaitedMoment]] = {}
    for moment in sorted(moments, key=lambda one: (one.what not in MAIN, one.at, one.lot.title, one.what)):
        by_day.setdefault(local_day(moment.at), []).append(moment)
    begin, end = first - timedelta(days=first.weekday()), next_month(first)
    weeks = []
    while begin < end:
        days = [begin + timedelta(days=number) for number in range(7)]
        weeks.append([Day(day, day.month == first.month, by_day.get(day, [])) for day in days])
        begin += timedelta(days=7)
    return weeks


async def moments_between(
    session: AsyncSession, first: date, last: date, *, kind: str = "", what: str = "", project_id: UUID | None = None
) -> list[WaitedMoment]:
    """The public moments from the beginning of one local day to the beginning of another, in order of time."""
    begin, end = midnight(first), midnight(last)
    query = lots_with_moments(begin, end)
    if kind:
        query = query.where(Project.kind == kind)
    if project_id is not None:
        query = query.where(Lot.project_id == project_id)
    found = [moment for lot, project in await session.execute(query) for moment in moments_of(lot, project)]
    asked = [moment for moment in found if begin <= moment.at < end and (not what or moment.what == what)]
    return sorted(asked, key=lambda moment: (moment.at, str(moment.lot.id), moment.what))


async def with_sequences(session: AsyncSession, moments: Sequence[WaitedMoment], now: datetime) -> list[Told]:
    """Each moment with its sequence. One that has just moved, and which the tick has not seen yet, is one further."""
    keys = [(moment.lot.id, str(moment.what)) for moment in moments]
    rows: dict[tuple[UUID, str], CalendarMoment] = {}
    for place in range(0, len(keys), 1000):
        columns = tuple_(CalendarMoment.lot_id, CalendarMoment.what)
        for row in await session.scalars(select(CalendarMoment).where(columns.in_(keys[place : place + 1000]))):
            rows[(row.lot_id, row.what)] = row
    return [_told(moment, rows.get((moment.lot.id, str(moment.what))), now) for moment in moments]


async def note_moved(session: AsyncSession, now: datetime) -> int:
    """Write down what the calendar tells of the coming year, and how often each moment has moved. Returns how many
    rows that were. Safe to repeat.
    """
    today = local_day(now)
    moments = await moments_between(session, today - FEED_BACK, today + FEED_AHEAD)
    changed = [
        {
            "lot_id": told.moment.lot.id,
            "what": str(told.moment.what),
            "at": told.moment.at,
            "is_cancelled": told.moment.is_cancelled,
            "sequence": told.sequence,
            "told_at": told.since,
        }
        for told in await with_sequences(session, moments, now)
        if told.since == now
    ]
    for place in range(0, len(changed), 1000):
        insert = postgresql.insert(CalendarMoment).values(changed[place : place + 1000])
        fresh = {name: insert.excluded[name] for name in ("at", "is_cancelled", "sequence", "told_at")}
        await session.execute(insert.on_conflict_do_update(index_elements=["lot_id", "what"], set_=fresh))
    return len(changed)


def icalendar(told: Iterable[Told], words: dict[Waited, str], *, name: str, public_url: str, cancelled: str) -> bytes:
    """Moments as one calendar. `words` name what happens, `cancelled` stands before what fell away."""
    whole = Calendar()
    whole.add("prodid", "-//public-resource-trading//calendar//ZH")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", one_line(name))
    whole.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    host = urlsplit(public_url).hostname or "localhost"
    for one in told:
        whole.add_component(_event(one, words, host, public_url, cancelled))
    written: bytes = whole.to_ical()
    return written


def _event(told: Told, words: dict[Waited, str], host: str, public_url: str, cancelled: str) -> Event:
    moment = told.moment
    event = Event()
    event.add("uid", f"{moment.lot.id}-{moment.what}@{host}")
    event.add("sequence", told.sequence)
    event.add("dtstamp", told.since.replace(microsecond=0))
    event.add("last-modified", told.since.replace(microsecond=0))
    event.add("dtstart", moment.at.replace(microsecond=0))
    if moment.what in MAIN:  # a deadline takes no time
        event.add("dtend", moment.at.replace(microsecond=0) + _LASTS)
    title = one_line(f"{words[moment.what]}：{moment.lot.title}")
    event.add("summary", f"{cancelled}{title}" if moment.is_cancelled else title)
    event.add("description", one_line(f"{moment.project.owner_name} {moment.lot.deal_code or ''}"))
    event.add("url", f"{public_url}/lots/{moment.lot.id}")
    event.add("status", "CANCELLED" if moment.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _told(moment: WaitedMoment, row: CalendarMoment | None, now: datetime) -> Told:
    if row is None:
        return Told(moment, 0, now)
    if row.at == moment.at and row.is_cancelled == moment.is_cancelled:
        return Told(moment, row.sequence, row.told_at)
    return Told(moment, row.sequence + 1, now)

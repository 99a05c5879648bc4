"""Use cases of the calendar: propose a notice, confirm or decline it by a second administrator, and keep every process
counting by the same calendar. Services never commit.
"""

from collections.abc import Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.calendars.models import CalendarNotice
from trading.calendars.rules import (
    ConfirmedNotice,
    NamedDay,
    NoticeEntry,
    NoticeMovedOn,
    SameAdministrator,
    calendar_of,
)
from trading.kernel import journal_store
from trading.kernel.errors import NotFound
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects.working_days import Calendar, current_calendar, use_calendar

STREAM = "calendar"


async def refresh(session: AsyncSession) -> Calendar:
    """Make the calendar of the database the current one of this process; one small query when nothing has changed."""
    counted = select(func.count(), func.max(CalendarNotice.decided_at)).where(CalendarNotice.state == "confirmed")
    count, newest = (await session.execute(counted)).one()
    version = f"{count} until {iso(newest)}" if count else ""
    if current_calendar().version != version:
        use_calendar(await _load(session, version))
    return current_calendar()


async def propose_notice(session: AsyncSession, entry: NoticeEntry, *, actor: Actor, now: datetime) -> UUID:
    """The first administrator enters what a notice says. It counts for nothing yet."""
    days = [{"day": each.day.isoformat(), "worked": each.is_worked, "name": each.name} for each in entry.days]
    notice = CalendarNotice(
        id=new_id(),
        year=entry.year,
        source=entry.source,
        is_whole_year=entry.is_whole_year,
        days=days,
        state="proposed",
        proposed_by=actor.reference,
        proposed_at=now,
    )
    session.add(notice)
    await session.flush()
    facts = {"year": entry.year, "source": entry.source, "whole_year": entry.is_whole_year, "days": days}
    await _record(session, notice, "calendar_proposed", actor, now, facts)
    return notice.id


async def confirm_notice(session: AsyncSession, notice_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The second administrator confirms: every period is counted by it from now on.

    Refuses `NotFound`, `NoticeMovedOn`, `SameAdministrator`.
    """
    notice = await _lock_proposed(session, notice_id)
    if notice.proposed_by == actor.reference:
        raise SameAdministrator
    await _decide(session, notice, "confirmed", actor, now)


async def decline_notice(session: AsyncSession, notice_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Not to be used; whoever proposed it may take it back so. Refuses `NotFound`, `NoticeMovedOn`."""
    await _decide(session, await _lock_proposed(session, notice_id), "declined", actor, now)


async def notices(session: AsyncSession) -> Sequence[CalendarNotice]:
    """All notices, the newest first."""
    return list(await session.scalars(select(CalendarNotice).order_by(CalendarNotice.proposed_at.desc())))


async def get_notice(session: AsyncSession, notice_id: UUID) -> CalendarNotice:
    """One notice. Refuses `NotFound`."""
    notice = await session.get(CalendarNotice, notice_id)
    if notice is None:
        raise NotFound
    return notice


async def waiting(session: AsyncSession) -> int:
    """How many notices wait for a second administrator."""
    query = select(func.count()).select_from(CalendarNotice).where(CalendarNotice.state == "proposed")
    return int(await session.scalar(query) or 0)


def named_days(notice: CalendarNotice) -> tuple[NamedDay, ...]:
    """The days of a notice as values."""
    return tuple(NamedDay(date.fromisoformat(each["day"]), each["worked"], each["name"]) for each in notice.days)


async def _load(session: AsyncSession, version: str) -> Calendar:
    query = select(CalendarNotice).where(CalendarNotice.state == "confirmed")
    rows = await session.scalars(query.order_by(CalendarNotice.decided_at, CalendarNotice.id))
    return calendar_of(
        version,
        [
            ConfirmedNotice(
                row.year,
                row.is_whole_year,
                MappingProxyType({each.day: each.is_worked for each in named_days(row)}),
            )
            for row in rows
        ],
    )


async def _decide(session: AsyncSession, notice: CalendarNotice, state: str, actor: Actor, now: datetime) -> None:
    notice.state, notice.decided_by, notice.decided_at = state, actor.reference, now
    await session.flush()
    await _record(session, notice, f"calendar_{state}", actor, now, {"year": notice.year, "source": notice.source})


async def _lock_proposed(session: AsyncSession, notice_id: UUID) -> CalendarNotice:
    query = select(CalendarNotice).where(CalendarNotice.id == notice_id)
    notice = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if notice is None:
        raise NotFound
    if notice.state != "proposed":
        raise NoticeMovedOn
    return notice


async def _record(
    session: AsyncSession, notice: CalendarNotice, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    facts = {"notice": str(notice.id)} | body
    await journal_store.append(session, stream=STREAM, kind=kind, actor=actor.reference, at=now, body=facts)

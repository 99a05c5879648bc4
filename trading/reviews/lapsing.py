"""What the clock does: sends the notice when the time for looking ends, warns, and closes what has lapsed by silence.

Every node may run this at any time, any number of times. A decision counts by its arrival, so a limit is closed a
minute after it ended, as of the moment it ended. One case is one transaction; a case that is refused leaves the others
alone.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.moments import iso
from trading.reviews import clocks
from trading.reviews.cases import Platform, send_notice, settle, warn
from trading.reviews.holding import Held, hold
from trading.reviews.models import ReviewCase, ReviewItem, ReviewPart
from trading.reviews.rules import CaseState, NoticeKind, PartState

log = structlog.get_logger()

SETTLE_AFTER = timedelta(minutes=1)
CLOCK = Actor.system("reviews")


async def run_clocks(database: Database, platform: Platform, *, clock: Clock = database_clock) -> int:
    """Do what is due in all open cases; returns in how many something was done."""
    async with database.reading() as session:
        due = await _due_cases(session, await clock(session))
    done = 0
    for case_id in due:
        try:
            async with database.work() as session:
                held = await hold(session, case_id)
                done += await tick(held, platform, now=await clock(session))
        except Refusal as refusal:
            log.error("review_not_closed", case=str(case_id), reason=str(refusal))
    return done


async def tick(held: Held, platform: Platform, *, now: datetime) -> bool:
    """Do what is due in one case at this moment; whether anything was."""
    if held.case.state != CaseState.OPEN:
        return False
    pending = await held.pending_items()
    if pending and now >= held.case.asks_until:
        await send_notice(held, pending, actor=CLOCK, now=now, at=held.case.asks_until)
        return True
    warned = [part for part in held.waiting if await warn(held, part, now)]
    await held.session.flush()
    for part in warned:
        body = {"department": part.department_name, "due_at": iso(part.due_at)}
        await held.record("review_warned", CLOCK, now, body)
    lapsed = [part for part in held.waiting if _has_lapsed(part, now)]
    for part in lapsed:
        part.state, part.decided_at = PartState.SILENT, part.due_at
        await held.tell(part, NoticeKind.AGREED_BY_SILENCE, now, due_at=part.due_at)
    await held.session.flush()
    for part in lapsed:
        body = {"department": part.department_name, "decided_at": iso(part.due_at)}
        await held.record("review_agreed_by_silence", CLOCK, now, body)
    if lapsed:
        await settle(held, platform, actor=CLOCK, now=now)
    return bool(warned or lapsed)


def _has_lapsed(part: ReviewPart, now: datetime) -> bool:
    ended = part.department_id is not None and part.due_at + SETTLE_AFTER <= now
    return ended and clocks.was_warned_in_time(part.warned_at, part.due_at)


async def _due_cases(session: AsyncSession, now: datetime) -> list[UUID]:
    """The cases in which something is due, the longest overdue first."""
    query = (
        select(ReviewCase.id, ReviewCase.asks_until, ReviewPart)
        .join(ReviewPart, ReviewPart.case_id == ReviewCase.id)
        .where(ReviewCase.state == CaseState.OPEN, ReviewPart.state == PartState.WAITING)
        .order_by(ReviewPart.due_at)
    )
    pending = set(await session.scalars(select(ReviewItem.case_id).where(ReviewItem.sent_at.is_(None))))
    found: dict[UUID, None] = {}
    for case_id, asks_until, part in await session.execute(query):
        warns = part.warned_at is None and now >= clocks.warns_from(part.due_at)
        of_department = part.department_id is not None and (warns or _has_lapsed(part, now))
        if of_department or (case_id in pending and now >= asks_until):
            found[case_id] = None
    return list(found)

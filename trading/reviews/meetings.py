"""Use cases of joint meetings and site visits: called by another officer of the centre, cancelled, attendance recorded.

Whoever was invited, did not come, and has not decided in writing until the attendance is recorded, has agreed at the
meeting's moment. Services never commit.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.ids import new_id
from trading.kernel.moments import iso, local_day
from trading.projects.rules import check_reviewer
from trading.projects.working_days import is_working_day
from trading.reviews import clocks
from trading.reviews.cases import Platform, settle
from trading.reviews.holding import Held, hold
from trading.reviews.lookups import reviewers_of
from trading.reviews.models import ReviewInvitation, ReviewMeeting, ReviewPart
from trading.reviews.refusals import (
    LimitEndsBeforeMeeting,
    MeetingFactsMissing,
    MeetingNotOnWorkingDay,
    MeetingStillAhead,
    MeetingTooSoon,
    MinutesMissing,
    NobodyToInvite,
    ReviewNotFound,
    ReviewNotOpen,
)
from trading.reviews.rules import CaseState, MeetingKind, NoticeKind, PartState, plain_text, read_opinion

LONGEST_PLACE = 100


@dataclass(frozen=True, slots=True)
class Call:
    """What a meeting is called for."""

    kind: MeetingKind
    at: datetime
    place: str
    invited: frozenset[UUID]


async def call_meeting(
    session: AsyncSession, case_id: UUID, call: Call, *, actor: Actor, now: datetime
) -> ReviewMeeting:
    """Call departments together. Refuses with `ReviewNotOpen`, `OwnEntry`, `MeetingFactsMissing`,
    `MeetingNotOnWorkingDay`, `MeetingTooSoon`, `LimitEndsBeforeMeeting`.
    """
    held = await _held(session, case_id, actor)
    if held.case.state != CaseState.OPEN:
        raise ReviewNotOpen
    invited = [part for part in held.waiting if part.id in call.invited and part.department_id is not None]
    place = plain_text(call.place)
    if not 1 <= len(place) <= LONGEST_PLACE or not invited:
        raise MeetingFactsMissing
    _check_moment(held, call.at, now)
    for part in invited:
        if part.due_at <= call.at:
            raise LimitEndsBeforeMeeting(part.department_name, part.due_at)
        if part.department_id is None or not await reviewers_of(session, part.department_id):
            raise NobodyToInvite(part.department_name)
    meeting = ReviewMeeting(id=new_id(), case_id=case_id, kind=call.kind, at=call.at, place=place, called_at=now)
    session.add(meeting)
    await session.flush()
    for part in invited:
        session.add(ReviewInvitation(meeting_id=meeting.id, part_id=part.id))
        await held.tell(part, NoticeKind.MEETING_CALLED, now, at=call.at, place=place, meeting=call.kind.value)
    await session.flush()
    body = {
        "kind": call.kind.value,
        "at": iso(call.at),
        "place": place,
        "invited": [part.department_name for part in invited],
    }
    await held.record("meeting_called", actor, now, body)
    return meeting


async def cancel_meeting(
    session: AsyncSession, meeting_id: UUID, reasons: str, *, actor: Actor, now: datetime
) -> ReviewMeeting:
    """Cancel a meeting whose attendance is not recorded yet. Refuses with `MeetingStillAhead`, `ReasonsNeeded`."""
    held, meeting, invited = await _held_meeting(session, meeting_id, actor)
    if meeting.recorded_at is not None or meeting.cancelled_at is not None:
        raise MeetingStillAhead
    said = read_opinion(reasons, is_needed=True)
    meeting.cancelled_at = now
    for part, _invitation in invited:
        await held.tell(part, NoticeKind.MEETING_CANCELLED, now, at=meeting.at, reasons=said)
    await session.flush()
    await held.record("meeting_cancelled", actor, now, {"at": iso(meeting.at), "reasons": said})
    return meeting


async def record_attendance(
    session: AsyncSession,
    meeting_id: UUID,
    came: Collection[UUID],
    minutes: str,
    platform: Platform,
    *,
    actor: Actor,
    now: datetime,
) -> ReviewMeeting:
    """Record who came, and the minutes; who stayed away has agreed. `came` are parts.

    While the case stands still nobody is counted as agreeing, nor is who has asked for completion in writing. Refuses
    with `MeetingStillAhead`, `MinutesMissing`.
    """
    held, meeting, invited = await _held_meeting(session, meeting_id, actor)
    if now < meeting.at or meeting.recorded_at is not None or meeting.cancelled_at is not None:
        raise MeetingStillAhead
    said = plain_text(minutes)
    if not 1 <= len(said) <= MinutesMissing.longest:
        raise MinutesMissing
    meeting.minutes, meeting.recorded_at = said, now
    asking = {item.part_id for item in await held.pending_items()}
    absent: list[ReviewPart] = []
    for part, invitation in invited:
        invitation.attended = part.id in came
        runs = held.case.state == CaseState.OPEN and part.state == PartState.WAITING and meeting.at < part.due_at
        runs = runs and part.id not in asking
        if not invitation.attended and runs and meeting.at >= part.began_at:
            absent.append(part)
    for part in absent:
        part.state, part.decided_at = PartState.ABSENT, meeting.at
        part.looked_at = part.looked_at or meeting.at
        await held.tell(part, NoticeKind.AGREED_BY_ABSENCE, now, at=meeting.at)
    await session.flush()
    attended = [part.department_name for part, invitation in invited if invitation.attended]
    body = {
        "at": iso(meeting.at),
        "attended": attended,
        "absent": [each.department_name for each in absent],
        "minutes": said,
    }
    await held.record("meeting_recorded", actor, now, body)
    await settle(held, platform, actor=actor, now=now)
    return meeting


def _check_moment(held: Held, at: datetime, now: datetime) -> None:
    day = local_day(at)
    if not is_working_day(day) or at >= clocks.closing(day, held.rules):
        raise MeetingNotOnWorkingDay(at)
    latest = clocks.last_call_for(at, held.rules)
    if now >= latest:
        raise MeetingTooSoon(at, latest)


async def _held(session: AsyncSession, case_id: UUID, actor: Actor) -> Held:
    held = await hold(session, case_id)
    if held.project.officer_id is not None:
        check_reviewer(officer_id=held.project.officer_id, reviewer_id=actor.account_id)
    return held


async def _held_meeting(
    session: AsyncSession, meeting_id: UUID, actor: Actor
) -> tuple[Held, ReviewMeeting, list[tuple[ReviewPart, ReviewInvitation]]]:
    known = await session.get(ReviewMeeting, meeting_id)
    if known is None:
        raise ReviewNotFound
    held = await _held(session, known.case_id, actor)
    query = select(ReviewMeeting).where(ReviewMeeting.id == meeting_id).with_for_update()
    meeting = (await session.scalars(query.execution_options(populate_existing=True))).one()
    by_id = {part.id: part for part in held.parts}
    rows = await session.scalars(select(ReviewInvitation).where(ReviewInvitation.meeting_id == meeting_id))
    return held, meeting, [(by_id[row.part_id], row) for row in rows]

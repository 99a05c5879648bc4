"""Absence is consent: joint meetings and site visits; and extensions, which are neither."""

from datetime import datetime
from uuid import UUID

import pytest

from tests.reviews.stage import ADMIN, MONDAY, PLATFORM, Stage, at
from trading.accounts.rules import Actor
from trading.projects.rules import OwnEntry, ProjectState
from trading.reviews import service as reviews
from trading.reviews.lookups import meetings_of
from trading.reviews.models import ReviewMeeting
from trading.reviews.refusals import (
    ApproverMissing,
    ExtendedBefore,
    ExtensionUnlawful,
    LimitEndsBeforeMeeting,
    LimitOver,
    MeetingFactsMissing,
    MeetingNotOnWorkingDay,
    MeetingStillAhead,
    MeetingTooSoon,
    MinutesMissing,
    NobodyToInvite,
    ReasonsNeeded,
    ReviewNotFound,
)
from trading.reviews.rules import CaseState, MeetingKind, PartState

LAND, MONEY, AIR = "自然资源和规划局", "财政局", "生态环境局"
WEDNESDAY = at("2026-11-04 10:00")


async def call(
    stage: Stage,
    project_id: UUID,
    *names: str,
    when: datetime = WEDNESDAY,
    now: datetime = MONDAY,
    place: str = "三楼会议室",
    actor: Actor | None = None,
) -> ReviewMeeting:
    case, parts = await stage.case(project_id), await stage.parts(project_id)
    invited = frozenset(parts[name].id for name in names)
    meeting = reviews.Call(MeetingKind.JOINT_MEETING, when, place, invited)
    async with stage.database.work() as session:
        return await reviews.call_meeting(session, case.id, meeting, actor=actor or stage.colleague, now=now)


async def record(
    stage: Stage, project_id: UUID, meeting: ReviewMeeting, *came: str, now: datetime, minutes: str = "会议纪要"
) -> None:
    parts = await stage.parts(project_id)
    attended = {parts[name].id for name in came}
    async with stage.database.work() as session:
        await reviews.record_attendance(
            session, meeting.id, attended, minutes, PLATFORM, actor=stage.colleague, now=now
        )


async def extend(stage: Stage, project_id: UUID, name: str, days: str, now: datetime, **said: str) -> None:
    part = (await stage.parts(project_id))[name]
    reasons, head = said.get("reasons", "需专家论证"), said.get("head", "王局长")
    async with stage.database.work() as session:
        await reviews.extend(session, part.id, days, reasons, head, actor=stage.who(name), now=now)


async def test_who_stays_away_has_agreed_at_the_moment_of_the_meeting(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    meeting = await call(stage, project_id, LAND, MONEY)
    await record(stage, project_id, meeting, LAND, now=at("2026-11-04 11:30"))
    parts = await stage.parts(project_id)
    assert (parts[MONEY].state, parts[MONEY].decided_at) == (PartState.ABSENT, WEDNESDAY)
    assert (parts[LAND].state, parts[AIR].state) == (PartState.WAITING, PartState.WAITING)
    async with stage.database.reading() as session:
        [(_meeting, invited)] = await meetings_of(session, (await stage.case(project_id)).id)
    assert {part.department_name: attended for part, attended in invited} == {LAND: True, MONEY: False}


async def test_absence_can_be_the_last_agreement(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for name in (LAND, AIR, "centre"):
        await stage.agree(project_id, name, MONDAY)
    meeting = await call(stage, project_id, MONEY)
    await record(stage, project_id, meeting, now=at("2026-11-04 11:30"))
    assert (await stage.project(project_id)).state == ProjectState.ENTERED


async def test_what_a_department_decided_in_writing_outweighs_its_absence(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    meeting = await call(stage, project_id, LAND, MONEY)
    await stage.object_to(project_id, MONEY, at("2026-11-04 10:30"), "不同意")
    await record(stage, project_id, meeting, LAND, now=at("2026-11-04 11:30"))
    assert (await stage.parts(project_id))[MONEY].state == PartState.OBJECTED


async def test_a_meeting_is_called_for_a_working_day_and_a_working_day_before(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    with pytest.raises(MeetingTooSoon):
        await call(stage, project_id, LAND, when=at("2026-11-03 10:00"), now=at("2026-11-02 17:00"))
    with pytest.raises(MeetingTooSoon):
        await call(stage, project_id, LAND, when=at("2026-11-03 10:00"), now=at("2026-11-03 11:00"))
    for moment in ("2026-11-07 10:00", "2026-11-04 17:00"):
        with pytest.raises(MeetingNotOnWorkingDay):
            await call(stage, project_id, LAND, when=at(moment))
    await call(stage, project_id, LAND, when=at("2026-11-03 10:00"), now=at("2026-11-02 16:59"))


async def test_a_meeting_has_a_place_and_somebody_who_can_come(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for given in ({"place": "  "}, {"place": "长" * 101}):
        with pytest.raises(MeetingFactsMissing):
            await call(stage, project_id, LAND, **given)  # type: ignore[arg-type]
    with pytest.raises(MeetingFactsMissing):
        await call(stage, project_id)
    with pytest.raises(MeetingFactsMissing):
        await call(stage, project_id, "centre")
    with pytest.raises(LimitEndsBeforeMeeting):
        await call(stage, project_id, LAND, AIR, when=at("2026-11-06 10:00"))
    async with stage.database.work() as session:
        account_id = stage.reviewers[LAND].account_id
        assert account_id is not None
        await reviews.set_member(session, account_id, None, actor=ADMIN, now=MONDAY)
    with pytest.raises(NobodyToInvite):
        await call(stage, project_id, LAND)


async def test_the_officer_in_charge_neither_calls_nor_records(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    with pytest.raises(OwnEntry):
        await call(stage, project_id, LAND, actor=stage.officer)


async def test_attendance_is_recorded_after_the_meeting_began_once_and_with_minutes(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    meeting = await call(stage, project_id, LAND)
    with pytest.raises(MeetingStillAhead):
        await record(stage, project_id, meeting, now=at("2026-11-04 09:59"))
    for minutes in (" ", "长" * 4001):
        with pytest.raises(MinutesMissing):
            await record(stage, project_id, meeting, now=at("2026-11-04 11:00"), minutes=minutes)
    await record(stage, project_id, meeting, LAND, now=at("2026-11-04 11:00"))
    with pytest.raises(MeetingStillAhead):
        await record(stage, project_id, meeting, now=at("2026-11-04 12:00"))


async def test_a_cancelled_meeting_makes_nobody_agree(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    meeting = await call(stage, project_id, LAND)
    async with stage.database.work() as session:
        with pytest.raises(ReasonsNeeded):
            await reviews.cancel_meeting(session, meeting.id, " ", actor=stage.colleague, now=MONDAY)
    async with stage.database.work() as session:
        await reviews.cancel_meeting(session, meeting.id, "改期", actor=stage.colleague, now=MONDAY)
    with pytest.raises(MeetingStillAhead):
        await record(stage, project_id, meeting, now=at("2026-11-04 11:00"))
    async with stage.database.work() as session:
        with pytest.raises(MeetingStillAhead):
            await reviews.cancel_meeting(session, meeting.id, "再次", actor=stage.colleague, now=MONDAY)
    assert (await stage.parts(project_id))[LAND].state == PartState.WAITING


async def test_while_the_clocks_stand_still_absence_means_nothing(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    meeting = await call(stage, project_id, LAND)
    await stage.ask(project_id, MONEY, "field:area_m2", "面积有误", at("2026-11-02 11:00"))
    await stage.days_pass("2026-11-03 17:01")
    await record(stage, project_id, meeting, now=at("2026-11-04 11:00"))
    assert (await stage.parts(project_id))[LAND].state == PartState.WAITING


async def test_who_has_asked_for_completion_in_writing_is_not_absent(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for name in (LAND, AIR, "centre"):
        await stage.agree(project_id, name, MONDAY)
    meeting = await call(stage, project_id, MONEY, when=at("2026-11-04 09:00"))
    await stage.ask(project_id, MONEY, "field:area_m2", "面积有误", at("2026-11-03 10:00"))
    await record(stage, project_id, meeting, now=at("2026-11-04 09:10"))
    assert (await stage.parts(project_id))[MONEY].state == PartState.WAITING
    await stage.days_pass("2026-11-04 09:20")
    assert (await stage.case(project_id)).state == CaseState.STOPPED


async def test_a_limit_is_extended_once_before_it_ends(stage: Stage) -> None:
    """行政许可法 art. 42."""
    project_id = await stage.hand_in(MONDAY)
    await extend(stage, project_id, AIR, "2", at("2026-11-05 16:59"))
    part = (await stage.parts(project_id))[AIR]
    assert (part.due_at, part.extended_days, part.warned_at) == (at("2026-11-09 17:00"), 2, None)
    with pytest.raises(ExtendedBefore):
        await extend(stage, project_id, AIR, "1", at("2026-11-06 09:00"))
    with pytest.raises(LimitOver):
        await extend(stage, project_id, LAND, "1", at("2026-11-09 17:00"))
    await stage.days_pass("2026-11-05 17:30")
    assert (await stage.parts(project_id))[AIR].state == PartState.WAITING


async def test_an_extension_has_lawful_days_reasons_and_a_name(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for days in ("0", "11", "-1", "1.5", "两", "", "9" * 40, "²"):
        with pytest.raises(ExtensionUnlawful):
            await extend(stage, project_id, AIR, days, MONDAY)
    with pytest.raises(ReasonsNeeded):
        await extend(stage, project_id, AIR, "1", MONDAY, reasons=" ")
    for head in ("", "长" * 41):
        with pytest.raises(ApproverMissing):
            await extend(stage, project_id, AIR, "1", MONDAY, head=head)
    with pytest.raises(ReviewNotFound):
        await extend(stage, project_id, "centre", "1", MONDAY)


async def test_an_extension_on_the_last_days_is_warned_of_again(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-04 09:00")
    await extend(stage, project_id, AIR, "1", at("2026-11-05 16:00"))
    part = (await stage.parts(project_id))[AIR]
    assert (part.due_at, part.warned_at) == (at("2026-11-06 17:00"), at("2026-11-05 16:00"))

"""Silence is consent, never without a warning the day before; and what all decisions together come to."""

import pytest

from tests.projects.people import CODES
from tests.reviews.stage import MONDAY, Stage, at, make_stage
from trading.kernel.database import Database
from trading.kernel.errors import NotPermitted
from trading.projects import service as projects
from trading.projects.rules import EntryHasProblems, OwnEntry, ProjectState
from trading.reviews import service as reviews
from trading.reviews.lookups import notices_of
from trading.reviews.refusals import LimitOver, NoDepartment, OpinionTooLong, PartDecided, ReasonsNeeded, ReviewNotFound
from trading.reviews.rules import NoticeKind, PartState

EARLY = {
    "registration_opens_at": "2026-11-03 09:00",
    "registration_closes_at": "2026-11-23 17:00",
    "starts_at": "2026-11-27 09:30",
}
LAND, MONEY, AIR = "自然资源和规划局", "财政局", "生态环境局"


async def kinds_told(stage: Stage, name: str) -> list[str]:
    async with stage.database.reading() as session:
        department = await reviews.department_of(session, stage.reviewers[name])
        assert department is not None
        return [notice.kind for notice, _part, _project in await notices_of(session, department.id)][::-1]


async def test_an_entry_is_entered_when_all_have_agreed(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for name in (LAND, MONEY, AIR):
        await stage.agree(project_id, name, at("2026-11-03 10:00"), "符合规划")
        assert (await stage.project(project_id)).state == ProjectState.SUBMITTED
    await stage.agree(project_id, "centre", at("2026-11-03 11:00"))
    project = await stage.project(project_id)
    assert project.state == ProjectState.ENTERED
    assert project.entry_code is not None
    assert (await stage.case(project_id)).closed_by == stage.colleague.reference


async def test_a_kind_without_departments_is_reviewed_by_the_centre_alone(database: Database) -> None:
    stage = await make_stage(database, with_departments=False)
    project_id = await stage.hand_in(MONDAY)
    assert set(await stage.parts(project_id)) == {"centre"}
    await stage.agree(project_id, "centre", MONDAY)
    assert (await stage.project(project_id)).state == ProjectState.ENTERED


async def test_silence_is_consent_at_the_moment_at_which_the_limit_ended(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-04 00:05")
    assert (await stage.parts(project_id))[AIR].warned_at == at("2026-11-04 00:05")
    await stage.days_pass("2026-11-05 16:59", "2026-11-05 17:00")
    assert (await stage.parts(project_id))[AIR].state == PartState.WAITING
    await stage.days_pass("2026-11-05 17:01")
    part = (await stage.parts(project_id))[AIR]
    assert (part.state, part.decided_at, part.decided_by) == (PartState.SILENT, at("2026-11-05 17:00"), None)
    assert await kinds_told(stage, AIR) == [
        NoticeKind.CASE_OPENED,
        NoticeKind.LIMIT_ENDS,
        NoticeKind.AGREED_BY_SILENCE,
    ]


async def test_the_last_silence_closes_the_case_in_the_name_of_the_platform(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.agree(project_id, "centre", MONDAY)
    await stage.days_pass("2026-11-04 09:00", "2026-11-06 09:00", "2026-11-09 17:05")
    project = await stage.project(project_id)
    assert project.state == ProjectState.ENTERED
    assert (await stage.case(project_id)).closed_by == "system:reviews"
    async with stage.database.reading() as session:
        told = [entry.kind for entry in await projects.history_of(session, project_id)]
        newest = (await projects.reviews_of(session, project_id))[0]
    assert told.count("review_agreed_by_silence") == 3
    assert told.index("review_closed") < told.index("project_entered")
    assert (newest.agreed, newest.reviewer_id) == (True, None)


async def test_nobody_agrees_by_silence_without_a_warning_the_day_before(stage: Stage) -> None:
    """The platform did not run from Monday to Friday, so nobody was warned."""
    project_id = await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-06 08:00")
    part = (await stage.parts(project_id))[AIR]
    assert (part.state, part.due_at) == (PartState.WAITING, at("2026-11-09 17:00"))
    assert NoticeKind.LIMIT_MOVED in await kinds_told(stage, AIR)
    await stage.days_pass("2026-11-09 17:02")
    assert (await stage.parts(project_id))[AIR].state == PartState.SILENT


async def test_a_department_without_a_reviewer_is_never_silent(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    async with stage.database.work() as session:
        account_id = stage.reviewers[AIR].account_id
        assert account_id is not None
        await reviews.set_member(session, account_id, None, actor=stage.colleague, now=MONDAY)
    await stage.days_pass("2026-11-04 09:00", "2026-11-05 17:05", "2026-11-10 17:05")
    part = (await stage.parts(project_id))[AIR]
    assert (part.state, part.warned_at) == (PartState.WAITING, None)


async def test_the_silence_of_the_centre_is_no_consent(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-04 09:00", "2026-11-06 09:00", "2026-11-30 17:05")
    parts = await stage.parts(project_id)
    assert {parts[name].state for name in (LAND, MONEY, AIR)} == {PartState.SILENT}
    assert parts["centre"].state == PartState.WAITING
    await stage.agree(project_id, "centre", at("2026-11-30 17:30"))
    assert (await stage.project(project_id)).state == ProjectState.ENTERED


async def test_the_clock_warns_and_closes_once(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    assert await stage.clock(at("2026-11-04 09:00")) == 1
    assert await stage.clock(at("2026-11-04 09:01")) == 0
    assert await stage.clock(at("2026-11-05 17:05")) == 1
    assert await stage.clock(at("2026-11-05 17:06")) == 0
    assert (await kinds_told(stage, AIR)).count(NoticeKind.LIMIT_ENDS) == 1
    assert project_id


async def test_a_decision_at_the_very_end_of_the_limit_is_late(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    with pytest.raises(LimitOver):
        await stage.agree(project_id, AIR, at("2026-11-05 17:00"))
    await stage.agree(project_id, LAND, at("2026-11-09 16:59"))


async def test_objections_go_back_together_when_everybody_has_decided(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.object_to(project_id, LAND, at("2026-11-03 09:00"), "容积率与规划不符")
    await stage.object_to(project_id, MONEY, at("2026-11-03 10:00"), "保证金账户有误")
    await stage.agree(project_id, "centre", at("2026-11-03 11:00"))
    assert (await stage.project(project_id)).state == ProjectState.SUBMITTED
    await stage.days_pass("2026-11-04 09:00", "2026-11-05 17:05")
    assert (await stage.project(project_id)).state == ProjectState.DRAFT
    async with stage.database.reading() as session:
        reasons = (await projects.reviews_of(session, project_id))[0].reasons
    assert reasons == "【自然资源和规划局】容积率与规划不符\n【财政局】保证金账户有误"
    assert (await stage.parts(project_id))[AIR].state == PartState.SILENT


async def test_a_returned_entry_that_comes_again_is_a_new_case(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.object_to(project_id, LAND, MONDAY, "补正")
    for name in (MONEY, AIR, "centre"):
        await stage.agree(project_id, name, MONDAY)
    await stage.hand_in(at("2026-11-04 09:00"), project_id, area_m2="6,093.40")
    case, parts = await stage.case(project_id), await stage.parts(project_id)
    assert case.number == 2
    assert {part.state for part in parts.values()} == {PartState.WAITING}


async def test_an_entry_whose_dates_have_passed_meanwhile_goes_back_with_that_reason(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY, None, **EARLY)
    await stage.agree(project_id, "centre", MONDAY)
    await stage.days_pass("2026-11-04 09:00", "2026-11-06 09:00", "2026-11-09 17:05")
    assert (await stage.project(project_id)).state == ProjectState.DRAFT
    async with stage.database.reading() as session:
        reasons = (await projects.reviews_of(session, project_id))[0].reasons
    assert "2026-11-29" in reasons


async def test_the_centre_does_not_agree_to_what_cannot_be_entered(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY, None, **EARLY)
    with pytest.raises(EntryHasProblems):
        await stage.agree(project_id, "centre", at("2026-11-10 09:00"))


async def test_a_department_decides_once(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.agree(project_id, LAND, MONDAY)
    with pytest.raises(PartDecided):
        await stage.object_to(project_id, LAND, MONDAY, "反悔")


async def test_an_objection_needs_reasons_and_opinions_have_an_end(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    with pytest.raises(ReasonsNeeded):
        await stage.object_to(project_id, LAND, MONDAY, " \n\x00 ")
    with pytest.raises(OpinionTooLong):
        await stage.agree(project_id, LAND, MONDAY, "好" * 601)


async def test_nobody_decides_for_another_department_or_on_an_own_entry(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    parts = await stage.parts(project_id)

    async def decides(name: str, actor: str) -> None:
        who = {"officer": stage.officer, "colleague": stage.colleague, **stage.reviewers}[actor]
        async with stage.database.work() as session:
            await reviews.agree(
                session, parts[name].id, "", reviews.Platform(CODES, demonstration=True), actor=who, now=MONDAY
            )

    with pytest.raises(ReviewNotFound):
        await decides(LAND, MONEY)
    with pytest.raises(NoDepartment):
        await decides(LAND, "colleague")
    with pytest.raises(NotPermitted):
        await decides("centre", LAND)
    with pytest.raises(OwnEntry):
        await decides("centre", "officer")

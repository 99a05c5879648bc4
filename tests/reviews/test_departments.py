"""Departments: added, retired, their reviewers, and what each reviews, dated and with who said so; green channel."""

import pytest

from tests.projects.people import make_account
from tests.reviews.stage import ADMIN, MONDAY, Stage, at
from trading.accounts.rules import Role
from trading.kernel.ids import new_id
from trading.kernel.journal_store import read
from trading.projects.rules import ProjectKind
from trading.reviews import service as reviews
from trading.reviews.lookups import assignments, reviewing
from trading.reviews.refusals import (
    DepartmentNameInvalid,
    DepartmentNameTaken,
    DepartmentRetired,
    LimitUnreadable,
    NotAReviewer,
    ReviewNotFound,
)

LAND, MONEY, AIR = "自然资源和规划局", "财政局", "生态环境局"


async def test_a_name_is_needed_and_taken_once(stage: Stage) -> None:
    for name in ("", "局", " \x00 ", "长" * 61):
        async with stage.database.work() as session:
            with pytest.raises(DepartmentNameInvalid):
                await reviews.add_department(session, name, actor=ADMIN, now=MONDAY)
    async with stage.database.work() as session:
        with pytest.raises(DepartmentNameTaken):
            await reviews.add_department(session, f"  {MONEY} ", actor=ADMIN, now=MONDAY)


async def test_a_retired_department_gets_nothing_new_and_finishes_what_it_has(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    async with stage.database.reading() as session:
        department = await reviews.department_of(session, stage.reviewers[MONEY])
    assert department is not None
    async with stage.database.work() as session:
        await reviews.set_in_service(session, department.id, in_service=False, actor=ADMIN, now=MONDAY)
    assert MONEY not in await stage.parts(await stage.hand_in(MONDAY))
    await stage.agree(project_id, MONEY, MONDAY)
    account = await make_account(stage.database, "somebody", MONDAY, Role.REVIEWER)
    async with stage.database.work() as session:
        with pytest.raises(DepartmentRetired):
            await reviews.set_member(session, account.id, department.id, actor=ADMIN, now=MONDAY)
    async with stage.database.work() as session:
        await reviews.set_in_service(session, department.id, in_service=True, actor=ADMIN, now=MONDAY)
    assert MONEY in await stage.parts(await stage.hand_in(MONDAY))


async def test_limits_are_dated_and_name_who_set_them_and_count_for_what_comes_later(stage: Stage) -> None:
    before = await stage.hand_in(MONDAY)
    async with stage.database.reading() as session:
        department = await reviews.department_of(session, stage.reviewers[AIR])
    assert department is not None
    later = at("2026-11-03 09:00")
    async with stage.database.work() as session:
        limits = {ProjectKind.LAND: None, ProjectKind.WORKS: 10}
        await reviews.assign(session, department.id, limits, actor=stage.colleague, now=later)
        await reviews.assign(session, department.id, limits, actor=stage.officer, now=later)
    async with stage.database.reading() as session:
        row = (await assignments(session))[ProjectKind.LAND.value, department.id]
        assert (row.promised_days, row.set_at, row.set_by) == (None, later, stage.colleague.reference)
        assert [each.name for each, _days in await reviewing(session, ProjectKind.WORKS)] == [AIR]
        told = await read(session, f"department:{department.id}")
    assert told[-1].body == {"before": {"land": 3, "works": None}, "after": {"land": None, "works": 10}}
    assert AIR in await stage.parts(before)
    assert AIR not in await stage.parts(await stage.hand_in(later))


@pytest.mark.parametrize("typed", ["0", "61", "-3", "2.5", "五", "9" * 30, "１２", "²"])
def test_a_limit_is_a_whole_number_of_working_days(typed: str) -> None:
    with pytest.raises(LimitUnreadable):
        reviews.read_limit(typed)


def test_an_empty_limit_means_that_it_does_not_review() -> None:
    assert (reviews.read_limit(""), reviews.read_limit("60")) == (None, 60)


async def test_only_a_reviewer_belongs_to_a_department_and_to_one(stage: Stage) -> None:
    async with stage.database.reading() as session:
        money = await reviews.department_of(session, stage.reviewers[MONEY])
    account_id, officer_id = stage.reviewers[LAND].account_id, stage.officer.account_id
    assert money is not None
    assert account_id is not None
    assert officer_id is not None
    async with stage.database.work() as session:
        with pytest.raises(NotAReviewer):
            await reviews.set_member(session, officer_id, money.id, actor=ADMIN, now=MONDAY)
    async with stage.database.work() as session:
        with pytest.raises(ReviewNotFound):
            await reviews.set_member(session, account_id, new_id(), actor=ADMIN, now=MONDAY)
    async with stage.database.work() as session:
        await reviews.set_member(session, account_id, money.id, actor=ADMIN, now=MONDAY)
    async with stage.database.reading() as session:
        found = await reviews.department_of(session, stage.reviewers[LAND])
    assert found is not None
    assert found.id == money.id


async def test_a_key_project_is_reviewed_in_half_the_time(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY, green_channel="yes", green_channel_reason="省级重点项目")
    parts = await stage.parts(project_id)
    assert {name: part.limit_days for name, part in parts.items()} == {LAND: 3, MONEY: 3, AIR: 2, "centre": 2}
    assert parts[AIR].due_at == at("2026-11-04 17:00")
    assert (await stage.case(project_id)).is_green_channel

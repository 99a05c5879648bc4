"""Everything missing at once: one notice, clocks that stand still, and a second request only about what was changed."""

from uuid import UUID

import pytest

from tests.reviews.stage import MONDAY, Stage, at
from trading.projects import service as projects
from trading.projects.rules import NotYourProject, ProjectState
from trading.reviews import service as reviews
from trading.reviews.checklists import field, paper
from trading.reviews.lookups import notices_of
from trading.reviews.refusals import (
    AskedAlready,
    AskingOver,
    CouldHaveBeenAsked,
    ItemPointsNowhere,
    ItemsPending,
    ItemWordsMissing,
    LookedAlready,
    PapersUnanswered,
    ReviewNotFound,
    ReviewNotOpen,
)
from trading.reviews.rules import CaseState, NoticeKind, PartState

LAND, MONEY, AIR = "自然资源和规划局", "财政局", "生态环境局"
EVERYBODY = (LAND, MONEY, AIR, "centre")
MAP, AREA, PRICE = paper("parcel_map"), field("area_m2"), field("starting_price")
TEN, ELEVEN = at("2026-11-02 10:00"), at("2026-11-02 11:00")


async def answer(stage: Stage, project_id: UUID, said: str) -> None:
    case = await stage.case(project_id)
    items = await stage.items(project_id)
    answers = {item.id: said for item in items if item.round == case.round}
    async with stage.database.work() as session:
        await reviews.answer_items(session, case.id, answers, actor=stage.officer, now=at("2026-11-04 09:00"))


async def asked(stage: Stage, *items: tuple[str, str]) -> UUID:
    """An entry for which these items (department, target) were asked, and everybody has looked: the notice is out."""
    project_id = await stage.hand_in(MONDAY)
    for name, target in items:
        await stage.ask(project_id, name, target, f"{name}要求补正", TEN)
    for name in EVERYBODY:
        await stage.looked(project_id, name, ELEVEN)
    return project_id


async def test_all_items_of_all_departments_go_out_as_one_notice_when_the_last_has_looked(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    await stage.ask(project_id, AIR, MAP, "缺少界址点坐标", TEN)
    for name in (LAND, MONEY, AIR):
        await stage.looked(project_id, name, ELEVEN)
        assert (await stage.case(project_id)).state == CaseState.OPEN
    await stage.looked(project_id, "centre", ELEVEN)
    assert (await stage.case(project_id)).state == CaseState.STOPPED
    assert (await stage.project(project_id)).state == ProjectState.DRAFT
    async with stage.database.reading() as session:
        found = await projects.reviews_of(session, project_id)
        kinds = [entry.kind for entry in await projects.history_of(session, project_id)]
    assert len(found) == 1
    assert "与宗地图不符" in found[0].reasons
    assert "缺少界址点坐标" in found[0].reasons
    assert kinds.count("completion_requested") == 1


async def test_the_notice_goes_out_at_the_latest_when_the_time_for_looking_ends(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    await stage.days_pass("2026-11-03 16:59")
    assert (await stage.case(project_id)).state == CaseState.OPEN
    await stage.days_pass("2026-11-03 18:30")
    case = await stage.case(project_id)
    assert (case.state, case.stopped_at) == (CaseState.STOPPED, at("2026-11-03 17:00"))


async def test_without_anything_missing_nothing_goes_out(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for name in EVERYBODY:
        await stage.looked(project_id, name, TEN)
    await stage.days_pass("2026-11-03 17:30")
    assert (await stage.case(project_id)).state == CaseState.OPEN


async def test_what_was_not_asked_in_time_counts_as_complete(stage: Stage) -> None:
    """行政许可法 art. 32 (4)."""
    project_id = await stage.hand_in(MONDAY)
    with pytest.raises(AskingOver):
        await stage.ask(project_id, LAND, AREA, "太晚了", at("2026-11-03 17:00"))


async def test_the_clocks_stand_still_until_the_entry_is_handed_in_again(stage: Stage) -> None:
    project_id = await asked(stage, (LAND, AREA))
    await stage.days_pass("2026-11-04 09:00", "2026-11-12 17:30")
    assert {part.state for part in (await stage.parts(project_id)).values()} == {PartState.WAITING}
    await stage.hand_in(at("2026-11-12 10:00"), project_id, area_m2="6,093.40")
    parts = await stage.parts(project_id)
    assert parts[LAND].due_at == at("2026-11-19 17:00")
    assert parts[AIR].due_at == at("2026-11-17 17:00")
    async with stage.database.reading() as session:
        department = await reviews.department_of(session, stage.reviewers[AIR])
        assert department is not None
        told = [notice.kind for notice, _part, _project in await notices_of(session, department.id)]
    assert told[:2] == [NoticeKind.CLOCK_GOES_ON, NoticeKind.CLOCK_STOPPED]


async def test_while_the_clocks_stand_still_nobody_decides(stage: Stage) -> None:
    project_id = await asked(stage, (LAND, AREA))
    with pytest.raises(ReviewNotOpen):
        await stage.agree(project_id, MONEY, at("2026-11-03 10:00"))


async def test_a_second_request_about_something_unchanged_is_refused(stage: Stage) -> None:
    """一次性告知: what could have been asked the first time cannot be asked the second time."""
    project_id = await asked(stage, (LAND, AREA))
    await stage.hand_in(at("2026-11-05 10:00"), project_id, area_m2="6,093.40")
    later = at("2026-11-05 11:00")
    for target in (PRICE, MAP):
        with pytest.raises(CouldHaveBeenAsked):
            await stage.ask(project_id, MONEY, target, "另需说明", later)
    await stage.ask(project_id, MONEY, AREA, "改动后的面积与亩数不符", later)


async def test_the_same_value_typed_in_another_way_is_no_change(stage: Stage) -> None:
    project_id = await asked(stage, (LAND, AREA))
    again = {"starting_price": "23610000.00", "area_m2": "6093.360", "starts_at": "2026-12-28T09:30"}
    await stage.hand_in(at("2026-11-05 10:00"), project_id, **again, conditions="成交价款于六十日内付清。\r\n")
    for target in (AREA, PRICE, field("starts_at"), field("conditions")):
        with pytest.raises(CouldHaveBeenAsked):
            await stage.ask(project_id, MONEY, target, "另需说明", at("2026-11-05 11:00"))


async def test_a_paper_that_was_newly_handed_in_may_be_asked_about(stage: Stage) -> None:
    project_id = await asked(stage, (LAND, MAP))
    await answer(stage, project_id, "宗地图，2026年11月3日，合自然资测字第12号")
    await stage.hand_in(at("2026-11-05 10:00"), project_id)
    await stage.ask(project_id, LAND, MAP, "新图缺少比例尺", at("2026-11-05 11:00"))


async def test_an_entry_is_not_handed_in_again_while_a_paper_is_unanswered(stage: Stage) -> None:
    project_id = await asked(stage, (LAND, MAP), (AIR, AREA))
    with pytest.raises(PapersUnanswered):
        await stage.hand_in(at("2026-11-05 10:00"), project_id, area_m2="6,093.40")
    await answer(stage, project_id, "已补交宗地图")
    await stage.hand_in(at("2026-11-05 10:00"), project_id, area_m2="6,093.40")
    assert (await stage.case(project_id)).state == CaseState.OPEN


async def test_who_agreed_before_the_notice_looks_again_when_something_was_changed(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.agree(project_id, MONEY, TEN, "同意")
    await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    for name in (LAND, AIR, "centre"):
        await stage.looked(project_id, name, ELEVEN)
    await stage.hand_in(at("2026-11-05 10:00"), project_id, area_m2="6,093.40")
    part = (await stage.parts(project_id))[MONEY]
    assert (part.state, part.opinion, part.due_at) == (PartState.WAITING, "", at("2026-11-12 17:00"))


async def test_an_agreement_stands_when_nothing_was_changed(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.agree(project_id, MONEY, TEN)
    await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    for name in (LAND, AIR, "centre"):
        await stage.looked(project_id, name, ELEVEN)
    await stage.hand_in(at("2026-11-05 10:00"), project_id)
    assert (await stage.parts(project_id))[MONEY].state == PartState.AGREED


async def test_a_new_case_after_a_return_is_no_way_around_it(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.object_to(project_id, LAND, TEN, "面积有误")
    for name in (MONEY, AIR, "centre"):
        await stage.agree(project_id, name, TEN)
    await stage.hand_in(at("2026-11-05 10:00"), project_id, area_m2="6,093.40")
    with pytest.raises(CouldHaveBeenAsked):
        await stage.ask(project_id, MONEY, PRICE, "另需说明", at("2026-11-05 11:00"))
    await stage.ask(project_id, MONEY, AREA, "面积仍有疑问", at("2026-11-05 11:00"))


async def test_an_item_can_be_taken_back_before_the_notice_and_not_after(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    item = await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    with pytest.raises(AskedAlready):
        await stage.ask(project_id, LAND, AREA, "再说一次", TEN)
    async with stage.database.work() as session:
        with pytest.raises(ReviewNotFound):
            await reviews.take_item_back(session, item.id, actor=stage.reviewers[MONEY], now=TEN)
    async with stage.database.work() as session:
        await reviews.take_item_back(session, item.id, actor=stage.reviewers[LAND], now=TEN)
    assert await stage.items(project_id) == []
    item = await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    for name in EVERYBODY:
        await stage.looked(project_id, name, ELEVEN)
    async with stage.database.work() as session:
        with pytest.raises(ReviewNotOpen):
            await reviews.take_item_back(session, item.id, actor=stage.reviewers[LAND], now=ELEVEN)


async def test_what_points_nowhere_or_says_nothing_is_refused(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for target in ("", "field:nothing", "paper:nothing", "area_m2"):
        with pytest.raises(ItemPointsNowhere):
            await stage.ask(project_id, LAND, target, "缺", TEN)
    with pytest.raises(ItemWordsMissing):
        await stage.ask(project_id, LAND, AREA, "  ", TEN)
    await stage.looked(project_id, LAND, TEN)
    with pytest.raises(LookedAlready):
        await stage.ask(project_id, LAND, AREA, "晚了", ELEVEN)


async def test_who_has_asked_does_not_decide_before_the_notice_is_out(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.ask(project_id, LAND, AREA, "与宗地图不符", TEN)
    with pytest.raises(ItemsPending):
        await stage.agree(project_id, LAND, ELEVEN)


async def test_only_the_officer_in_charge_answers_and_only_while_the_entry_is_back(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    case = await stage.case(project_id)
    async with stage.database.work() as session:
        with pytest.raises(ReviewNotOpen):
            await reviews.answer_items(session, case.id, {}, actor=stage.officer, now=TEN)
    async with stage.database.work() as session:
        with pytest.raises(NotYourProject):
            await reviews.answer_items(session, case.id, {}, actor=stage.colleague, now=TEN)

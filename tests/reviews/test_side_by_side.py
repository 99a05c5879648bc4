"""Several people and clocks at the same moment: one entry code, one decision, one notice."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.reviews.stage import MONDAY, PLATFORM, Stage, at
from trading.kernel.database import Database, commit
from trading.projects import service as projects
from trading.projects.rules import ProjectState
from trading.reviews import service as reviews
from trading.reviews.refusals import PartDecided
from trading.reviews.rules import PartState

LAND, MONEY, AIR = "自然资源和规划局", "财政局", "生态环境局"


async def test_two_last_departments_agree_at_the_same_moment_and_there_is_one_entry_code(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    await stage.agree(project_id, AIR, MONDAY)
    await stage.agree(project_id, "centre", MONDAY)
    parts = await stage.parts(project_id)

    async def agree(session: AsyncSession, name: str) -> None:
        await reviews.agree(session, parts[name].id, "", PLATFORM, actor=stage.who(name), now=MONDAY)

    async with stage.database.work() as first:
        await agree(first, LAND)
        async with stage.database.work() as second:
            backend_id = (await second.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            other = asyncio.create_task(agree(second, MONEY))
            await _waits_or_ends(stage.database, backend_id, other)
            await commit(first)  # the other has looked at the case before this, unless it had to wait
            await other
    assert (await stage.project(project_id)).state == ProjectState.ENTERED
    async with stage.database.reading() as session:
        kinds = [entry.kind for entry in await projects.history_of(session, project_id)]
        assert len(await projects.lots_of(session, project_id)) == 1
    assert (kinds.count("project_entered"), kinds.count("review_closed")) == (1, 1)


async def _waits_or_ends(database: Database, backend_id: int, task: "asyncio.Task[None]") -> None:
    """Until that connection waits for a lock, or the task has ended without."""
    waits = text("SELECT cardinality(pg_blocking_pids(:backend_id)) > 0")
    while not task.done():
        async with database.reading() as session:
            if (await session.execute(waits, {"backend_id": backend_id})).scalar_one():
                return
        await asyncio.sleep(0)


async def test_one_department_decides_twice_at_the_same_moment_and_only_one_counts(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    both = await asyncio.gather(
        stage.agree(project_id, LAND, MONDAY),
        stage.object_to(project_id, LAND, MONDAY, "不同意"),
        return_exceptions=True,
    )
    assert [type(found) for found in both if found is not None] == [PartDecided]


async def test_two_nodes_tick_at_the_same_moment_and_every_notice_comes_once(stage: Stage) -> None:
    project_id = await stage.hand_in(MONDAY)
    for moment in ("2026-11-04 09:00", "2026-11-05 17:05"):
        await asyncio.gather(*(stage.clock(at(moment)) for _node in range(3)))
    async with stage.database.reading() as session:
        kinds = [entry.kind for entry in await projects.history_of(session, project_id)]
    assert (kinds.count("review_warned"), kinds.count("review_agreed_by_silence")) == (1, 1)


async def test_a_decision_that_arrived_in_time_is_not_overtaken_by_the_clock(stage: Stage) -> None:
    """It waits behind the clock, which closes a limit only a minute after its end."""
    project_id = await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-04 09:00")
    await stage.clock(at("2026-11-05 17:00"))
    await stage.object_to(project_id, AIR, at("2026-11-05 16:59"), "不同意")
    await stage.clock(at("2026-11-05 17:05"))
    assert (await stage.parts(project_id))[AIR].state == PartState.OBJECTED


async def test_a_case_that_is_refused_leaves_the_others_alone(stage: Stage) -> None:
    """The first project cannot be entered any more; the second is entered all the same."""
    first, second = await stage.hand_in(MONDAY), await stage.hand_in(MONDAY)
    await stage.days_pass("2026-11-04 09:00", "2026-11-06 09:00")
    for project_id in (first, second):
        await stage.agree(project_id, "centre", at("2026-11-06 09:30"))
    async with stage.database.work() as session:
        project = await projects.get_project(session, first)
        project.state = ProjectState.TERMINATED
    await stage.clock(at("2026-11-09 17:05"))
    assert (await stage.project(second)).state == ProjectState.ENTERED

"""What the demonstration lays: one review near its end with a silent department, one back for completion."""

from datetime import datetime

import pytest

from tests.projects.people import CODES, make_account
from tests.reviews.stage import at
from trading.accounts.service import actor_for
from trading.demonstration.offering import Cast
from trading.demonstration.people import ADMIN, DEPARTMENT_REVIEWERS, OFFICER, REVIEWER
from trading.demonstration.reviews import DEPARTMENTS, lay_reviews
from trading.kernel.database import Database
from trading.projects.rules import ProjectKind
from trading.reviews import service as reviews
from trading.reviews.clocks import is_yellow
from trading.reviews.lookups import reviewing
from trading.reviews.profiles import NATIONAL
from trading.reviews.rules import CaseState, PartState


@pytest.mark.parametrize("now", [at("2026-11-23 10:00"), at("2026-11-28 20:00")], ids=["monday", "saturday"])
async def test_one_department_is_silent_and_one_has_less_than_a_working_day_left(
    database: Database, now: datetime
) -> None:
    people = (ADMIN, OFFICER, REVIEWER, *DEPARTMENT_REVIEWERS)
    actors = {
        person.sign_in_name: actor_for(await make_account(database, person.sign_in_name, now, *person.roles))
        for person in people
    }
    for _start in range(2):
        await lay_reviews(database, Cast(actors), reviews.Platform(CODES, demonstration=True), 60, now)
    async with database.reading() as session:
        cases = [case for case, _project in await reviews.running_cases(session)]
        parts = await reviews.parts_of(session, cases)
        assert len(await reviewing(session, ProjectKind.LAND)) == len(DEPARTMENTS)
    assert [case.state for case in cases] == [CaseState.OPEN, CaseState.STOPPED]
    states = [PartState(part.state) for part in parts[cases[0].id]]
    assert states.count(PartState.SILENT) == 1
    [waiting] = [part for part in parts[cases[0].id] if part.state == PartState.WAITING]
    assert is_yellow(waiting.due_at, now, NATIONAL)


async def test_a_year_without_known_holidays_has_no_reviews(database: Database) -> None:
    await lay_reviews(database, Cast({}), reviews.Platform(CODES, demonstration=True), 60, at("2031-05-05 10:00"))
    async with database.reading() as session:
        assert await reviews.departments(session) == []

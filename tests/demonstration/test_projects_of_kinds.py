"""The demonstration has projects of every kind at every stage, laid once."""

from collections import Counter
from datetime import datetime

from tests.projects.people import make_officer
from trading.demonstration.concluded_purchase import PROJECT_ID, lay_concluded_purchase
from trading.demonstration.offering import Cast
from trading.demonstration.projects_of_kinds import lay_projects_of_kinds, projects_of_kinds
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectKind, ProjectState
from trading.publication.service import announcements_of
from trading.settings import Settings


async def laid(database: Database, cast: Cast, settings: Settings, now: datetime) -> list[Project]:
    """What the officer has after the demonstration was loaded."""
    await lay_projects_of_kinds(database, cast, settings, now)
    officer = cast.actors["officer"].account_id
    assert officer is not None
    async with database.reading() as session:
        return await projects.projects_of(session, officer)


async def test_projects_of_every_kind_and_stage_are_laid_once(
    database: Database, settings: Settings, now: datetime
) -> None:
    cast = Cast({name: await make_officer(database, name, now) for name in ("officer", "reviewer")})
    first = await laid(database, cast, settings, now)
    assert {project.kind for project in first} == set(ProjectKind) - {ProjectKind.LAND}
    assert Counter(project.state for project in first) == {
        ProjectState.DRAFT: 2,
        ProjectState.SUBMITTED: 2,
        ProjectState.ENTERED: 2,
        ProjectState.PUBLISHED: 3,
    }
    again = await laid(database, cast, settings, now)
    assert [project.id for project in again] == [project.id for project in first]
    assert len(first) == len(projects_of_kinds(now))


async def test_a_purchase_that_is_over_is_laid_once_with_its_deals(
    database: Database, settings: Settings, now: datetime
) -> None:
    cast = Cast({name: await make_officer(database, name, now) for name in ("officer", "reviewer")})
    for _ in range(2):
        await lay_concluded_purchase(database, cast, settings, now)
    async with database.reading() as session:
        project = await projects.get_project(session, PROJECT_ID)
        deals = [await projects.deal_of(session, lot.id) for lot in await projects.lots_of(session, PROJECT_ID)]
        announced = await announcements_of(session, PROJECT_ID)
    assert project.state == ProjectState.CONCLUDED
    assert [deal.final_fen for deal in deals if deal is not None] == [39_650_000, 61_200_000]
    assert Counter(one.kind for one in announced) == {"tender": 1, "result": 2, "contract": 2}

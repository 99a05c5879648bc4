"""The demonstration has projects of every kind at every stage, laid once."""

from collections import Counter
from datetime import datetime

from tests.projects.people import make_officer
from trading.demonstration.offering import Cast
from trading.demonstration.projects_of_kinds import lay_projects_of_kinds, projects_of_kinds
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectKind, ProjectState
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

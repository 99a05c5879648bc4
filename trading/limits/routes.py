"""Pages of time limits: one's own, those of a project; and the job that reconciles them."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.web import only, page
from trading.limits import service
from trading.limits.presenting import shown, shown_rows
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectState

Page = Request[Any, Any, Any]
EVERY_S = 20
DESKS = frozenset({"/officer/projects", "/finance"})
"""The first pages of those who have limits to keep; the supervisor's shows them by itself."""
_PROJECT = re.compile(r"/officer/projects/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@get("/limits", opt=only(Role.OFFICER, Role.FINANCE, Role.SUPERVISOR))
async def my_limits(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What is mine to do within a time limit, the most urgent first."""
    rows = shown_rows(await service.open_limits(session, now, actor=actor))
    return page(request, "limits/mine.html", limits=rows)


@get("/projects/{project_id:uuid}/limits", opt=only(Role.OFFICER, Role.FINANCE, Role.AUCTIONEER, Role.SUPERVISOR))
async def limits_of_project(
    request: Page, project_id: FromPath[UUID], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """Every limit that has started for a project, with its article, as it stands at this moment."""
    project = await projects.get_project(session, project_id)
    lots = await projects.lots_of(session, project_id)
    found = shown(await service.standings(session, project, now), project, lots, now)
    return page(request, "limits/project.html", project=project, limits=found)


async def urgent_at_desk(session: AsyncSession, scope: Scope) -> None:
    """Put the limits that are soon due or overdue beside the request for the page that a person's work begins with."""
    actor = scope["state"].get("actor")
    if actor is None or scope["path"] not in DESKS or scope.get("method") != "GET":
        return
    rows = shown_rows(await service.open_limits(session, scope["state"]["now"], actor=actor))
    scope["state"]["urgent_limits"] = [each for each in rows if each.colour in (service.RED, service.YELLOW)]


async def running_of_project(session: AsyncSession, scope: Scope) -> None:
    """Put the limits that run for a project beside the request for the page on which its officers look at it.

    Once it has ended nothing has to be waited for, and only what somebody must still do is told.
    """
    place = _PROJECT.fullmatch(scope["path"])
    if place is None or scope["state"].get("actor") is None or scope.get("method") != "GET":
        return
    project = await session.get(Project, UUID(place[1]))
    if project is None or project.entered_at is None:
        return
    now, lots = scope["state"]["now"], await projects.lots_of(session, project.id)
    found = shown(await service.standings(session, project, now), project, lots, now)
    lives = project.state in {ProjectState.ENTERED, ProjectState.PUBLISHED}
    scope["state"]["project_limits"] = [
        each for each in found if each.ended_at is None and each.state != "void" and (lives or each.counts_down)
    ]


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Reconcile the rows with the facts, and push what is due."""
    database: Database = app.state.database

    async def reconcile() -> None:
        await service.reconcile(database)

    return [("time_limits", EVERY_S, reconcile)]


handlers = [my_limits, limits_of_project]

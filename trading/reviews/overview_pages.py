"""All running reviews for the centre's officers and the supervisor; and what the public may know of one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Role
from trading.kernel.i18n import use_language
from trading.kernel.web import PUBLIC, language_of, only, page
from trading.projects import service as projects
from trading.reviews.figures import Decision, quarters_until, rates
from trading.reviews.lookups import decided_between, lapsed_parts, parts_of, running_cases
from trading.reviews.models import ReviewPart
from trading.reviews.rules import PartState
from trading.reviews.showing import part_row, public_rows

Page = Request[Any, Any, Any]


@get("/reviews", opt=only(Role.OFFICER, Role.SUPERVISOR))
async def all_reviews(
    request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """What is left for each department in each running review; on-time rates by quarter; what was decided by law."""
    use_language(language_of(request))
    running = await running_cases(session)
    parts = await parts_of(session, [case for case, _project in running])
    cases = [
        (case, project, [await part_row(session, part, case, now) for part in parts[case.id]])
        for case, project in running
    ]
    quarters = quarters_until(now)
    decided = await decided_between(session, quarters[0].first, quarters[-1].next.first)
    counted = [_decision(part) for part in decided]
    return page(
        request,
        "reviews/overview.html",
        cases=cases,
        quarters=quarters,
        rates=rates(counted, quarters),
        lapsed=[
            (await part_row(session, part, case, now), project) for part, case, project in await lapsed_parts(session)
        ],
    )


@get("/projects/{project_id:uuid}/review", opt=PUBLIC)
async def public_review(request: Page, project_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Template:
    """Which departments agreed to a public project, in which way and when. Refuses with `ProjectNotFound`."""
    use_language(language_of(request))
    project = await projects.get_public_project(session, project_id)
    case, rows = await public_rows(session, project)
    return page(request, "reviews/public.html", project=project, case=case, rows=rows)


def _decision(part: ReviewPart) -> Decision:
    assert part.decided_at is not None, "only what was decided is counted"
    return Decision(part.department_name, PartState(part.state), part.decided_at)


handlers = [all_reviews, public_review]

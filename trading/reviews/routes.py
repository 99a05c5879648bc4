"""Parallel review as the application composes it: pages, the job of the tick, and its steps on a project's timeline."""

from collections.abc import Awaitable, Callable

from litestar import Litestar

from trading.kernel.database import Database
from trading.projects.rooms_steps import add_source
from trading.reviews import admin_pages, case_pages, desk_pages, overview_pages
from trading.reviews.desk_pages import platform_of
from trading.reviews.lapsing import run_clocks
from trading.reviews.showing import timeline_steps

LOOKS_EVERY_S = 20

handlers = [*desk_pages.handlers, *case_pages.handlers, *overview_pages.handlers, *admin_pages.handlers]

add_source(timeline_steps)


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """What the tick looks at: notices that are due, warnings, and limits that have ended."""
    database: Database = app.state.database
    platform = platform_of(app.state.settings)
    return [("review_clocks", LOOKS_EVERY_S, lambda: run_clocks(database, platform))]

"""Steps that other rooms add to a project's timeline: reviews, venues, contracts. Each room declares one source.

A source is asked whenever a timeline is shown, and says for each of its steps to which part of the spine it belongs.
Where `public` is true it tells only what everybody may know. Rooms add their source when the application is composed.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from trading.projects.models import Lot, Project
from trading.projects.timeline import Part, Step

Source = Callable[[AsyncSession, Project, Sequence[Lot], datetime, bool], Awaitable[list[tuple[Part, Step]]]]

_sources: list[Source] = []


def add_source(source: Source) -> None:
    """From now on this source adds its steps. Adding it twice adds it once."""
    if source not in _sources:
        _sources.append(source)


async def steps_of_rooms(
    session: AsyncSession, project: Project, lots: Sequence[Lot], now: datetime, *, public: bool
) -> list[tuple[Part, Step]]:
    """What all rooms add to the timeline of a project."""
    return [step for source in _sources for step in await source(session, project, lots, now, public)]

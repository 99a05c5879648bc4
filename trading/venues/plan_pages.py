"""The plan of the rooms: week, day, a project's bookings with proposals, and calendars to subscribe to."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.i18n import use_language
from trading.kernel.moments import local_day
from trading.kernel.web import PUBLIC, language_of, only, page, request_now
from trading.projects import service as projects
from trading.settings import Settings
from trading.venues import calendars, desk, recordings, words
from trading.venues.forms import typed_span
from trading.venues.lookups import bookings_between, bookings_of_project, get_venue, venue_of_calendar, venues
from trading.venues.models import Venue
from trading.venues.rules import VenueNotFound
from trading.venues.seeing import MANAGERS, STAFF, Sight
from trading.venues.showing import as_title, day_from, monday_of, plan, shown

Page = Request[Any, Any, Any]


@get("/venues", opt=only(*STAFF))
async def week(request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
    """Rooms by days of a week, as this account may see them."""
    use_language(language_of(request))
    now = request_now(request)
    monday = monday_of(day_from(request.query_params.get("week", ""), now))
    return page(
        request,
        "venues/week.html",
        rows=await plan(session, monday, 7, actor),
        monday=monday,
        days=[_day(monday + timedelta(days=number), now) for number in range(7)],
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        manages=actor.has(*MANAGERS),
        words=words,
    )


@get("/venues/days/{day:str}", opt=only(*STAFF))
async def one_day(
    request: Page, day: FromPath[str], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """One day, room by room. An address that names no day shows today."""
    use_language(language_of(request))
    now = request_now(request)
    wanted = day_from(day, now)
    return page(
        request,
        "venues/day.html",
        rows=await plan(session, wanted, 1, actor),
        day=_day(wanted, now),
        earlier=wanted - timedelta(days=1),
        later=wanted + timedelta(days=1),
        manages=actor.has(*MANAGERS),
        words=words,
    )


@get("/venues/projects/{project_id:uuid}", opt=only(*STAFF))
async def project_rooms(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """A project's rooms and recordings, and proposals for the lots that have none yet."""
    use_language(language_of(request))
    project = await projects.get_project(session, project_id)
    bookings = [await shown(session, one, actor) for one in await bookings_of_project(session, project_id)]
    manages = actor.has(*MANAGERS)
    return page(
        request,
        "venues/project.html",
        project=project,
        bookings=bookings,
        titles={venue.id: as_title(venue) for venue in await venues(session, with_retired=True)},
        recorded={one.id: len(await recordings.recordings_of(session, one.id)) for one in bookings},
        needs=await desk.needs_of_project(session, project, now) if manages else [],
        manages=manages,
        typed_span=typed_span,
        words=words,
    )


@get("/venues/rooms/{venue_id:uuid}/calendar.ics", opt=PUBLIC)
async def public_calendar(
    request: Page,
    venue_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """When a room is taken, and what for, without any detail."""
    use_language(language_of(request))
    return await _calendar(request, session, settings, await get_venue(session, venue_id), with_details=False)


@get("/venues/calendars/{token:str}", opt=PUBLIC)
async def secret_calendar(
    request: Page,
    token: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """A room's calendar with subject and officer, for who knows its address. Evaluations keep their secret here too."""
    use_language(language_of(request))
    if not token.endswith(".ics"):
        raise VenueNotFound
    venue = await venue_of_calendar(session, token.removesuffix(".ics"))
    return await _calendar(request, session, settings, venue, with_details=True)


async def _calendar(
    request: Page, session: AsyncSession, settings: Settings, venue: Venue, *, with_details: bool
) -> Response[bytes]:
    span = calendars.span_of_calendar(request_now(request))
    host = urlsplit(settings.public_url).hostname or "localhost"
    reader = Actor("calendar", "calendar", roles=frozenset(MANAGERS)) if with_details else None
    events = []
    for booking in await bookings_between(session, span, venue_id=venue.id, with_cancelled=True):
        told = await shown(session, booking, reader, None if with_details else Sight.PURPOSE)
        events.append(
            calendars.CalendarEvent(
                uid=f"booking-{booking.id}@{host}",
                summary=told.words if told.title is None else f"{told.words} {told.title}",
                description=told.officer_name or "",
                span=told.span,
                sequence=booking.sequence,
                changed_at=booking.changed_at,
                is_cancelled=told.is_cancelled,
                address=f"{settings.public_url}/venues/bookings/{booking.id}" if with_details else "",
            )
        )
    content = calendars.calendar(as_title(venue), f"{venue.place} {as_title(venue)}", events)
    headers = {"cache-control": "private, max-age=300" if with_details else "public, max-age=300"}
    return Response(content, media_type="text/calendar", headers=headers)


def _day(day: date, now: datetime) -> dict[str, Any]:
    """A day of the plan: the date, its weekday in words, whether it is today or over."""
    today = local_day(now)
    return {
        "date": day,
        "weekday": words.WEEKDAYS[day.weekday()],
        "is_today": day == today,
        "is_past": day < today,
        "is_weekend": day.weekday() >= 5,
    }


handlers = [week, one_day, project_rooms, public_calendar, secret_calendar]

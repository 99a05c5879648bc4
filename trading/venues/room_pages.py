"""Pages of the rooms themselves: list, one room, add, change, close for a while, retire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.money import Money
from trading.kernel.web import back_to, form_of, language_of, only, page, request_now
from trading.projects.form_reading import FormReading
from trading.projects.presenting import errors_by_field
from trading.settings import Settings
from trading.venues import rooms, service, words
from trading.venues.forms import read_long_span, read_room
from trading.venues.lookups import bookings_ahead, get_venue, venue_facts, venues
from trading.venues.models import Venue
from trading.venues.rules import Purpose, ReasonMissing, VenueNumberTaken, VenueTaken, clock
from trading.venues.seeing import MANAGERS, STAFF
from trading.venues.showing import shown

Page = Request[Any, Any, Any]

FRESH = {
    "screens": "0",
    "remote_seats": "0",
    "set_up_minutes": "30",
    "clearing_minutes": "30",
    "opens": "08:30",
    "closes": "18:00",
    "fee": "0",
    "fee_unit": "half_day",
}


@get("/venues/rooms", opt=only(*STAFF))
async def list_rooms(request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
    """The centre's rooms with what they hold and have; retired ones last."""
    use_language(language_of(request))
    found = sorted(await venues(session, with_retired=True), key=lambda venue: venue.retired_at is not None)
    rows = [(venue, venue_facts(venue)) for venue in found]
    return page(request, "venues/rooms.html", rows=rows, manages=actor.has(*MANAGERS), words=words)


@get("/venues/rooms/new", opt=only(*MANAGERS))
async def new_room(request: Page) -> Template:
    """An empty form."""
    return _form(request, FRESH, {}, None)


@post("/venues/rooms", opt=only(*MANAGERS))
async def add_room(
    request: Page,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Add a room, or tell everything that is wrong with the form."""
    form = await form_of(request)
    reading = FormReading(form, [])
    facts = read_room(form, reading)
    if facts is None:
        return _form(request, form, _errors(request, reading), None)
    try:
        async with database.work() as session:
            venue = await rooms.add_venue(session, facts, actor=actor, now=now)
    except VenueNumberTaken as refusal:
        return _form(request, form, {"number": _said(request, refusal)}, None)
    return back_to(f"/venues/rooms/{venue.id}")


@get("/venues/rooms/{venue_id:uuid}", opt=only(*STAFF))
async def one_room(
    request: Page,
    venue_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Template:
    """A room: its facts, what it is kept for, its calendars' addresses, closing and retiring."""
    return await _room(request, session, settings, venue_id, actor, {}, {})


@get("/venues/rooms/{venue_id:uuid}/edit", opt=only(*MANAGERS))
async def edit_room(request: Page, venue_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> Template:
    """The form of a room's facts."""
    venue = await get_venue(session, venue_id)
    return _form(request, _typed(venue), {}, venue)


@post("/venues/rooms/{venue_id:uuid}/edit", opt=only(*MANAGERS))
async def change_room(
    request: Page,
    venue_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Correct a room's facts."""
    form = await form_of(request)
    reading = FormReading(form, [])
    facts = read_room(form, reading)
    async with database.reading() as session:
        venue = await get_venue(session, venue_id)
    if facts is None:
        return _form(request, form, _errors(request, reading), venue)
    try:
        async with database.work() as session:
            await rooms.change_venue(session, venue_id, facts, actor=actor, now=now)
    except VenueNumberTaken as refusal:
        return _form(request, form, {"number": _said(request, refusal)}, venue)
    return back_to(f"/venues/rooms/{venue_id}")


@post("/venues/rooms/{venue_id:uuid}/closures", opt=only(*MANAGERS))
async def close_room(
    request: Page,
    venue_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Close a room for a while, with the reason."""
    form = await form_of(request)
    reading = FormReading(form, [])
    span = read_long_span(reading, "closed_from", "closed_until")
    errors = _errors(request, reading)
    if span is not None:
        try:
            async with database.work() as session:
                await service.close_venue(
                    session, venue_id, span, reason=form.get("closed_because", ""), actor=actor, now=now
                )
        except ReasonMissing as refusal:
            errors["closed_because"] = _said(request, refusal)
        except VenueTaken as refusal:
            errors["closed_from"] = _said(request, refusal)
        except Refusal as refusal:
            errors["closed_until" if refusal.code == "ends_before_it_starts" else "closed_from"] = _said(
                request, refusal
            )
        else:
            return back_to(f"/venues/rooms/{venue_id}")
    async with database.reading() as session:
        return await _room(request, session, settings, venue_id, actor, form, errors)


@post("/venues/rooms/{venue_id:uuid}/retire", opt=only(*MANAGERS))
async def retire_room(
    venue_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A room that is not booked any more."""
    async with database.work() as session:
        await rooms.retire_venue(session, venue_id, actor=actor, now=now)
    return back_to(f"/venues/rooms/{venue_id}")


@post("/venues/rooms/{venue_id:uuid}/calendar-address", opt=only(*MANAGERS))
async def renew_address(
    venue_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give the secret calendar a new address."""
    async with database.work() as session:
        await rooms.renew_calendar_address(session, venue_id, actor=actor, now=now)
    return back_to(f"/venues/rooms/{venue_id}#calendars")


async def _room(
    request: Page,
    session: AsyncSession,
    settings: Settings,
    venue_id: UUID,
    actor: Actor,
    values: dict[str, str],
    errors: dict[str, str],
) -> Template:
    use_language(language_of(request))
    venue = await get_venue(session, venue_id)
    ahead = await bookings_ahead(session, venue_id, request_now(request))
    return page(
        request,
        "venues/room.html",
        status_code=422 if errors else 200,
        venue=venue,
        facts_of_room=venue_facts(venue),
        ahead=[await shown(session, booking, actor) for booking in ahead[:50]],
        may_retire=all(booking.purpose == Purpose.CLOSURE for booking in ahead),
        manages=actor.has(*MANAGERS),
        base=settings.public_url,
        values=values,
        errors=errors,
        words=words,
    )


def _form(request: Page, values: dict[str, str], errors: dict[str, str], venue: Venue | None) -> Template:
    status = 422 if errors else 200
    return page(request, "venues/room_form.html", status_code=status, values=values, errors=errors, venue=venue)


def _typed(venue: Venue) -> dict[str, str]:
    """A room's facts as its form takes them."""
    facts = rooms.facts_of(venue)
    plain = ("number", "name", "place", "capacity", "screens", "remote_seats", "set_up_minutes", "clearing_minutes")
    checks = ("has_audio_recording", "has_video_recording", "has_sign_in_terminal")
    return {
        **{name: str(getattr(facts, name)) for name in plain},
        **{name: "yes" if getattr(facts, name) else "" for name in checks},
        "opens": clock(facts.opens_minute),
        "closes": clock(facts.closes_minute),
        "fee": Money(facts.fee_fen).yuan,
        "fee_unit": facts.fee_unit.value,
    }


def _errors(request: Page, reading: FormReading) -> dict[str, str]:
    use_language(language_of(request))
    return errors_by_field(reading.problems)


def _said(request: Page, refusal: Refusal) -> str:
    use_language(language_of(request))
    return " ".join(refusal_words(refusal))


handlers = [
    list_rooms,
    new_room,
    add_room,
    one_room,
    edit_room,
    change_room,
    close_room,
    retire_room,
    renew_address,
]

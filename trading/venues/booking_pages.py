"""Pages of bookings: book a room, with proposals and warnings; look at a booking; move it, cancel it."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, language_of, only, page, request_now
from trading.projects import service as projects
from trading.projects.form_reading import FormReading
from trading.projects.presenting import errors_by_field
from trading.settings import Settings
from trading.venues import desk, fees, recordings, service, showing, words
from trading.venues.conflicts import Conflict, ConflictsNotSeen
from trading.venues.forms import BOOKABLE, choice_of, read_booking, read_identifier, read_span, take_choice, typed_span
from trading.venues.lookups import get_booking, get_venue, parties_of, venue_facts, venues
from trading.venues.models import Booking
from trading.venues.rules import (
    Equipment,
    NewBooking,
    NotYourBooking,
    Purpose,
    Span,
    VenueFacts,
    VenueTaken,
    Wanted,
    judge,
)
from trading.venues.seeing import MANAGERS, STAFF, Sight, is_recorded_look, sight_of_page

Page = Request[Any, Any, Any]

_FIELD_OF = {
    "venue_taken": "venue",
    "conflict_refused": "",
    "conflicts_not_seen": "",
    "lot_of_another_project": "",
    "not_an_officer": "officer",
    "reason_missing": "reason",
    "booking_in_the_past": "from",
    "outside_opening_hours": "from",
    "ends_before_it_starts": "until",
    "too_far_ahead": "day",
    "too_many_people": "people",
    "equipment_missing": "needs",
}


@get("/venues/bookings/new", opt=only(*MANAGERS))
async def new_booking(request: Page, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
    """The form; the address may name project, lot, room, purpose, day and times."""
    use_language(language_of(request))
    named = ("project", "lot", "venue", "purpose", "day", "from", "until", "people", "title")
    typed = {name: request.query_params.get(name, "")[:200] for name in named}
    project_id, lot_id = read_identifier(typed["project"]), read_identifier(typed["lot"])
    values = {name: value for name, value in typed.items() if value} | {"officer": str(actor.account_id)}
    values.setdefault("purpose", Purpose.AUCTION.value)
    if project_id is not None:
        await projects.get_project(session, project_id)
    if lot_id is not None and (await projects.get_lot(session, lot_id)).project_id != project_id:
        values.pop("lot", None)
    purpose = Purpose(values["purpose"]) if values["purpose"] in set(BOOKABLE) else Purpose.OTHER
    usual = fees.DEFAULT.needs.value.get(purpose, frozenset())
    return await _form(request, session, values, {}, needs=usual if project_id else frozenset())


@post("/venues/bookings", opt=only(*MANAGERS))
async def make_booking(
    request: Page,
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Book the room chosen; or propose rooms; or tell what stands against it, with free rooms and times.

    Few are served at once: a rush for one room waits in line here, and not for connections to the database.
    """
    use_language(language_of(request))
    sent = await request.form()
    form = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    needs = frozenset(Equipment(need) for need in sent.getall("needs", []) if need in set(Equipment))
    seen = [value for value in sent.getall("seen", []) if isinstance(value, str)]
    take_choice(form)
    reading = FormReading(form, [])
    only_asks = form.get("then") == "propose"
    chosen = read_identifier(form.get("venue", ""))
    new = read_booking(reading, needs, chosen or (UUID(int=0) if only_asks else None))
    async with request.app.state.booking_desk:
        async with database.reading() as session:
            if new is None:
                return await _form(request, session, form, errors_by_field(reading.problems), needs=needs)
            if only_asks:
                found = await _proposals(session, new, now)
                return await _form(request, session, form, {}, needs=needs, proposals=found)
            venue = venue_facts(await get_venue(session, new.venue_id))
            wrong = judge(venue, Wanted(new.span, new.people, new.needs), now)
            if wrong:
                return await _refused(request, session, form, new, wrong, actor)
        try:
            async with database.work() as session:
                booking = await service.book(session, new, seen=seen, actor=actor, now=now)
        except Refusal as refusal:
            if refusal.code not in _FIELD_OF:
                raise
            async with database.reading() as session:
                return await _refused(request, session, form, new, {_FIELD_OF[refusal.code]: refusal}, actor)
    return back_to(f"/venues/bookings/{booking.id}")


@get("/venues/bookings/{booking_id:uuid}", opt=only(*STAFF))
async def one_booking(
    request: Page,
    booking_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Template:
    """A booking with its people, recordings and history. Who sees a secret one by office is recorded first."""
    async with database.work() as session:
        booking = await get_booking(session, booking_id)
        if is_recorded_look(await parties_of(session, booking), actor):
            now = await database_clock(session)
            stream = service.stream_of(booking_id)
            await journal_store.append(
                session, stream=stream, kind="confidential_booking_viewed", actor=actor.reference, at=now, body={}
            )
    async with database.reading() as session:
        return await booking_page(request, session, settings, booking_id, actor)


@get("/venues/bookings/{booking_id:uuid}/move", opt=only(*MANAGERS))
async def move_form(
    request: Page,
    booking_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """Another time, another room: the form, with what is free."""
    use_language(language_of(request))
    booking = await get_booking(session, booking_id)
    await service.check_may_change(session, booking, actor)
    values = typed_span(Span(booking.starts_at, booking.ends_at)) | {"venue": str(booking.venue_id)}
    return await _move_form(request, session, booking, values, {}, now)


@post("/venues/bookings/{booking_id:uuid}/move", opt=only(*MANAGERS))
async def move_booking(
    request: Page,
    booking_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Move a booking, with the reason; or tell what stands against it."""
    use_language(language_of(request))
    sent = await request.form()
    form = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    take_choice(form)
    reading = FormReading(form, [])
    span, venue_id = read_span(reading), read_identifier(form.get("venue", ""))
    errors = errors_by_field(reading.problems)
    conflicts: tuple[Any, ...] = ()
    if span is not None and venue_id is not None:
        try:
            async with database.work() as session:
                seen = [value for value in sent.getall("seen", []) if isinstance(value, str)]
                await service.move(
                    session, booking_id, venue_id, span, reason=form.get("reason", ""), seen=seen, actor=actor, now=now
                )
        except Refusal as refusal:
            if refusal.code not in _FIELD_OF:
                raise
            errors = {_FIELD_OF[refusal.code]: " ".join(refusal_words(refusal))}
            conflicts = refusal.conflicts if isinstance(refusal, ConflictsNotSeen) else ()
        else:
            return back_to(f"/venues/bookings/{booking_id}")
    async with database.reading() as session:
        booking = await get_booking(session, booking_id)
        await service.check_may_change(session, booking, actor)
        return await _move_form(request, session, booking, form, errors, now, conflicts=conflicts, span=span)


@post("/venues/bookings/{booking_id:uuid}/cancel", opt=only(*MANAGERS))
async def cancel_booking(
    request: Page,
    booking_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Give the room back, with the reason."""
    use_language(language_of(request))
    typed = str((await request.form()).get("cancel_reason", ""))
    try:
        async with database.work() as session:
            await service.cancel(session, booking_id, reason=typed, actor=actor, now=now)
    except Refusal as refusal:
        if refusal.code != "reason_missing":
            raise
        errors = {"cancel_reason": " ".join(refusal_words(refusal))}
        async with database.reading() as session:
            return await booking_page(
                request, session, settings, booking_id, actor, values={"cancel_reason": typed}, errors=errors
            )
    return back_to(f"/venues/bookings/{booking_id}")


async def booking_page(
    request: Page,
    session: AsyncSession,
    settings: Settings,
    booking_id: UUID,
    actor: Actor,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Template:
    """The page of a booking, as somebody may see it."""
    use_language(language_of(request))
    booking = await get_booking(session, booking_id)
    sight = sight_of_page(await parties_of(session, booking), actor)
    sees_all = sight >= Sight.EVERYTHING
    hears = sees_all and await recordings.may_hear(session, booking, actor)
    may_change = await _may_change(session, booking, actor)
    return page(
        request,
        "venues/booking.html",
        status_code=422 if errors else 200,
        booking=booking,
        shown=await showing.shown(session, booking, actor, sight),
        venue=venue_facts(await get_venue(session, booking.venue_id)),
        people=await showing.people(session, booking) if sees_all else [],
        project=await projects.get_project(session, booking.project_id) if booking.project_id else None,
        history=await showing.history(session, booking_id) if sees_all else [],
        recordings=await recordings.recordings_of(session, booking_id) if hears else [],
        unfinished=await recordings.unfinished_of(session, booking_id) if may_change else [],
        sees_all=sees_all,
        hears=hears,
        may_change=may_change,
        base=settings.public_url,
        largest_bytes=settings.largest_recording_bytes,
        values=values or {},
        errors=errors or {},
        words=words,
    )


async def _may_change(session: AsyncSession, booking: Booking, actor: Actor) -> bool:
    try:
        await service.check_may_change(session, booking, actor)
    except NotYourBooking:
        return False
    return actor.has(*MANAGERS)


async def _proposals(session: AsyncSession, new: NewBooking, now: datetime) -> desk.Proposals:
    wanted = Wanted(new.span, new.people, new.needs)
    return await desk.propose(session, wanted, new.purpose, project_id=new.project_id, now=now)


async def _refused(
    request: Page,
    session: AsyncSession,
    form: dict[str, str],
    new: NewBooking,
    wrong: dict[str, Refusal],
    actor: Actor,
) -> Template:
    """The form again, with what is wrong, by which booking, the conflicts, and what is free instead."""
    clash: showing.Shown | None = None
    conflicts: tuple[Conflict, ...] = ()
    for refusal in wrong.values():
        if isinstance(refusal, VenueTaken):
            clash = await showing.shown(session, await get_booking(session, refusal.booking_id), actor)
        if isinstance(refusal, ConflictsNotSeen):
            conflicts = refusal.conflicts
    errors = {field: " ".join(refusal_words(refusal)) for field, refusal in wrong.items()}
    proposals = None if conflicts else await _proposals(session, new, request_now(request))
    return await _form(
        request, session, form, errors, needs=new.needs, proposals=proposals, clash=clash, conflicts=conflicts
    )


async def _form(
    request: Page,
    session: AsyncSession,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    needs: frozenset[Equipment],
    **shown: Any,
) -> Template:
    project_id = read_identifier(values.get("project", ""))
    rooms = [venue_facts(venue) for venue in await venues(session)]
    lots = [] if project_id is None else await projects.lots_of(session, project_id)
    context: dict[str, Any] = {"proposals": None, "clash": None, "conflicts": (), **shown}
    return page(
        request,
        "venues/booking_form.html",
        status_code=422 if errors else 200,
        values=values,
        errors=errors,
        needs=needs,
        room_choices=_room_choices(rooms),
        equipment_choices=[(part.value, _(words.EQUIPMENT[part])) for part in Equipment],
        purposes=[(purpose.value, words.purpose_words(purpose)) for purpose in BOOKABLE],
        project=None if project_id is None else await projects.get_project(session, project_id),
        lot_choices=[(str(lot.id), lot.title) for lot in lots],
        lots=lots,
        choice_of=choice_of,
        words=words,
        **await showing.staff_choices(session),
        **context,
    )


async def _move_form(
    request: Page,
    session: AsyncSession,
    booking: Booking,
    values: dict[str, str],
    errors: dict[str, str],
    now: datetime,
    *,
    conflicts: tuple[Any, ...] = (),
    span: Span | None = None,
) -> Template:
    wanted = Wanted(
        span or Span(booking.starts_at, booking.ends_at),
        booking.people,
        frozenset(Equipment(need) for need in booking.needs),
    )
    if wanted.span.ends_at <= wanted.span.starts_at:
        wanted = replace(wanted, span=Span(booking.starts_at, booking.ends_at))
    purpose = Purpose(booking.purpose)
    proposals = await desk.propose(session, wanted, purpose, project_id=booking.project_id, now=now, but=booking.id)
    return page(
        request,
        "venues/move.html",
        status_code=422 if errors else 200,
        booking=booking,
        venue=venue_facts(await get_venue(session, booking.venue_id)),
        room_choices=_room_choices([venue_facts(venue) for venue in await venues(session)]),
        values=values,
        errors=errors,
        proposals=proposals,
        conflicts=conflicts,
        choice_of=choice_of,
        words=words,
    )


def _room_choices(rooms: list[VenueFacts]) -> list[tuple[str, str]]:
    """Rooms to choose from: number, name and seats."""
    return [(str(room.id), f"{room.title} · " + _("{capacity} seats").format(capacity=room.capacity)) for room in rooms]


handlers = [new_booking, make_booking, one_booking, move_form, move_booking, cancel_booking]

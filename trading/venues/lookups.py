"""Finding rooms and bookings. Nothing here changes anything."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.journal import Entry
from trading.kernel.journal_store import read
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.venues.models import Booking, BookingPerson, Venue
from trading.venues.rules import BookingNotFound, Equipment, FeeUnit, Purpose, Span, VenueFacts, VenueNotFound
from trading.venues.seeing import Parties, Sight, sight_in_lists


async def venues(session: AsyncSession, *, with_retired: bool = False) -> list[Venue]:
    """The rooms of the centre, by number."""
    query = select(Venue).order_by(Venue.number)
    return list(await session.scalars(query if with_retired else query.where(Venue.retired_at.is_(None))))


async def get_venue(session: AsyncSession, venue_id: UUID) -> Venue:
    """One room. Refuses with `VenueNotFound`."""
    venue = await session.get(Venue, venue_id)
    if venue is None:
        raise VenueNotFound
    return venue


async def venue_of_calendar(session: AsyncSession, token: str) -> Venue:
    """The room whose secret calendar has this address. Refuses with `VenueNotFound`."""
    venue = await session.scalar(select(Venue).where(Venue.calendar_token == token))
    if venue is None:
        raise VenueNotFound
    return venue


def venue_facts(venue: Venue) -> VenueFacts:
    """A room as the rules see it."""
    has = {
        Equipment.AUDIO: venue.has_audio_recording,
        Equipment.VIDEO: venue.has_video_recording,
        Equipment.SCREEN: venue.screens > 0,
        Equipment.REMOTE_SEAT: venue.remote_seats > 0,
        Equipment.SIGN_IN: venue.has_sign_in_terminal,
    }
    return VenueFacts(
        id=venue.id,
        number=venue.number,
        name=venue.name,
        capacity=venue.capacity,
        equipment=frozenset(part for part, is_there in has.items() if is_there),
        opens_minute=venue.opens_minute,
        closes_minute=venue.closes_minute,
        set_up=timedelta(minutes=venue.set_up_minutes),
        clearing=timedelta(minutes=venue.clearing_minutes),
        fee=Money(venue.fee_fen),
        fee_unit=FeeUnit(venue.fee_unit),
        is_retired=venue.retired_at is not None,
    )


async def get_booking(session: AsyncSession, booking_id: UUID) -> Booking:
    """One booking, cancelled or not. Refuses with `BookingNotFound`."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise BookingNotFound
    return booking


async def bookings_between(
    session: AsyncSession, span: Span, *, venue_id: UUID | None = None, with_cancelled: bool = False
) -> list[Booking]:
    """The bookings (closures too) whose time, set-up and clearing included, touches a span; by start."""
    query = select(Booking).where(Booking.occupied.op("&&")(func.tstzrange(span.starts_at, span.ends_at)))
    if not with_cancelled:
        query = query.where(Booking.cancelled_at.is_(None))
    if venue_id is not None:
        query = query.where(Booking.venue_id == venue_id)
    return list(await session.scalars(query.order_by(Booking.starts_at, Booking.id)))


async def bookings_of_project(session: AsyncSession, project_id: UUID) -> list[Booking]:
    """Every booking for a project, cancelled ones too, by start."""
    query = select(Booking).where(Booking.project_id == project_id)
    return list(await session.scalars(query.order_by(Booking.starts_at, Booking.id)))


async def public_bookings(session: AsyncSession, project_id: UUID) -> list[tuple[Booking, Venue]]:
    """What everybody may know of a project's bookings, with the rooms: openings and auctions, cancelled ones not."""
    shown = []
    for booking in await bookings_of_project(session, project_id):
        sight = sight_in_lists(await parties_of(session, booking), None)
        if booking.cancelled_at is None and sight >= Sight.SUBJECT:
            shown.append((booking, await get_venue(session, booking.venue_id)))
    return shown


async def bookings_ahead(session: AsyncSession, venue_id: UUID, now: datetime) -> list[Booking]:
    """What a room is kept for from now on, by start. Closures are among it."""
    query = select(Booking).where(
        Booking.venue_id == venue_id, Booking.cancelled_at.is_(None), func.upper(Booking.occupied) > now
    )
    return list(await session.scalars(query.order_by(Booking.starts_at, Booking.id)))


async def taken_times(session: AsyncSession, span: Span, *, but: UUID | None = None) -> dict[UUID, list[Span]]:
    """The times for which each room is kept within a span, but for one booking."""
    found: dict[UUID, list[Span]] = {}
    for booking in await bookings_between(session, span):
        kept = booking.occupied
        if booking.id != but and kept.lower is not None and kept.upper is not None:
            found.setdefault(booking.venue_id, []).append(Span(kept.lower, kept.upper))
    return found


async def people_of(session: AsyncSession, booking_id: UUID) -> list[BookingPerson]:
    """Who takes part in a booking beside its officer, the auctioneer first."""
    query = select(BookingPerson).where(BookingPerson.booking_id == booking_id)
    return list(await session.scalars(query.order_by(BookingPerson.part, BookingPerson.name)))


async def people_of_all(session: AsyncSession, bookings: Iterable[Booking]) -> dict[UUID, list[BookingPerson]]:
    """Who takes part in each of several bookings."""
    query = select(BookingPerson).where(BookingPerson.booking_id.in_([booking.id for booking in bookings]))
    found: dict[UUID, list[BookingPerson]] = {}
    for person in await session.scalars(query.order_by(BookingPerson.part, BookingPerson.name)):
        found.setdefault(person.booking_id, []).append(person)
    return found


async def parties_of(session: AsyncSession, booking: Booking) -> Parties:
    """What decides who sees a booking."""
    accounts = {person.account_id for person in await people_of(session, booking.id)} | {booking.officer_id}
    is_public = False
    if booking.project_id is not None:
        is_public = (await projects.get_project(session, booking.project_id)).published_at is not None
    known = frozenset(account for account in accounts if account is not None)
    return Parties(Purpose(booking.purpose), known, booking.booked_by, is_public)


async def history_of(session: AsyncSession, booking_id: UUID) -> list[Entry]:
    """Everything the journal holds of a booking, the newest first."""
    return list(reversed(await read(session, f"booking:{booking_id}")))

"""What happens in the centre today: sales with their rooms and live prices, openings, whatever else takes a room."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.sale import ENDED, Stage
from trading.kernel.moments import local_day, midnight
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.venues import lookups as venues
from trading.venues.models import Booking
from trading.venues.rules import Purpose, Span
from trading.venues.seeing import Sight, sight_in_lists


class Now(StrEnum):
    """Where a session of today stands."""

    COMING = "coming"
    RUNNING = "running"
    SUSPENDED = "suspended"
    SOLD = "sold"
    NOT_SOLD = "not_sold"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Session:
    """One line of the board. `title` is None where the public learns only what a room is for; `price` is the standing
    or final one, None before the first bid and where nobody may know it.
    """

    starts_at: datetime
    purpose: Purpose
    title: str | None
    room: str | None
    now: Now
    price: Money | None = None
    starting_price: Money | None = None
    lot_id: UUID | None = None
    is_demonstration: bool = False


async def sessions_of_today(session: AsyncSession, now: datetime) -> list[Session]:
    """Every session of the local day of `now`, and what still runs from before; running ones first, then by time."""
    day = local_day(now)
    first = midnight(day)
    span = Span(first, first + timedelta(days=1))
    rooms = {venue.id: f"{venue.number} {venue.name}" for venue in await venues.venues(session, with_retired=True)}
    bookings = [one for one in await venues.bookings_between(session, span) if one.purpose != Purpose.CLOSURE]
    told, used = [], set()
    for auction, lot in await _auctions(session, span):
        booking = _booking_of(auction, bookings)
        if booking is not None:
            used.add(booking.id)
        told.append(_of_auction(auction, lot, None if booking is None else rooms[booking.venue_id]))
    told += [
        await _of_booking(session, booking, rooms[booking.venue_id], now)
        for booking in bookings
        if booking.id not in used
    ]
    running = (Now.RUNNING, Now.SUSPENDED)
    ended = (Now.SOLD, Now.NOT_SOLD, Now.OVER)
    return sorted(told, key=lambda one: (one.now not in running, one.now in ended, one.starts_at, one.title or ""))


async def _auctions(session: AsyncSession, span: Span) -> list[tuple[Auction, Lot]]:
    begins_today = (Auction.starts_at >= span.starts_at) & (Auction.starts_at < span.ends_at)
    runs = Auction.stage.not_in([*ENDED, Stage.WAITING])
    ended_today = (Auction.ended_at >= span.starts_at) & (Auction.ended_at < span.ends_at)
    query = select(Auction, Lot).join(Lot, Lot.id == Auction.lot_id).where(or_(begins_today, runs, ended_today))
    return [(auction, lot) for auction, lot in await session.execute(query)]


def _booking_of(auction: Auction, bookings: list[Booking]) -> Booking | None:
    """The room of a sale: the booking for its lot, or for its whole project."""
    of_project = [one for one in bookings if one.project_id == auction.project_id and one.purpose == Purpose.AUCTION]
    return next((one for one in of_project if one.lot_id == auction.lot_id), None) or next(
        (one for one in of_project if one.lot_id is None), None
    )


def _of_auction(auction: Auction, lot: Lot, room: str | None) -> Session:
    if auction.stage == Stage.WAITING:
        stands = Now.COMING
    elif auction.stage in ENDED:
        stands = Now.SOLD if auction.stage == Stage.SOLD else Now.NOT_SOLD
    else:
        stands = Now.SUSPENDED if auction.stage == Stage.FROZEN else Now.RUNNING
    secret = auction.stage == Stage.SEALED or auction.price_fen is None or stands == Now.NOT_SOLD
    return Session(
        starts_at=auction.starts_at,
        purpose=Purpose.AUCTION,
        title=lot.title,
        room=room,
        now=stands,
        price=None if secret or auction.price_fen is None else Money(auction.price_fen),
        starting_price=Money(auction.starting_price_fen) if stands in (Now.COMING, Now.RUNNING) else None,
        lot_id=auction.lot_id,
        is_demonstration=auction.is_demonstration,
    )


async def _of_booking(session: AsyncSession, booking: Booking, room: str, now: datetime) -> Session:
    """What the public may know of a room that is taken: of an evaluation or a meeting only that there is one."""
    title = None
    if sight_in_lists(await venues.parties_of(session, booking), None) >= Sight.SUBJECT and booking.project_id:
        title = (await projects.get_project(session, booking.project_id)).title
    stands = Now.COMING if now < booking.starts_at else Now.RUNNING if now < booking.ends_at else Now.OVER
    return Session(booking.starts_at, Purpose(booking.purpose), title, room, stands)

"""Use cases of bookings: book a room, move or cancel a booking, close a room for a while. Services never commit.

Every fact of a booking is in the journal's stream `booking:<id>`. A booking locks its room's row first, so that many
who want one room at one time stand in line and are refused one by one; that no two bookings of a room overlap is held
by the database itself, whatever the program does.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects import service as projects
from trading.venues import fees
from trading.venues.attending import conflicts_for, people_wanted
from trading.venues.conflicts import Conflict, check_conflicts
from trading.venues.lookups import (
    bookings_between,
    bookings_of_project,
    get_booking,
    get_venue,
    parties_of,
    people_of,
    public_bookings,
    taken_times,
    venue_facts,
    venues,
)
from trading.venues.models import Booking, BookingPerson, Venue
from trading.venues.rules import (
    BookingNotFound,
    Equipment,
    LotOfAnotherProject,
    NewBooking,
    NotYourBooking,
    Part,
    Purpose,
    Span,
    VenueNotFound,
    VenueTaken,
    Wanted,
    check_changeable,
    check_reason,
    judge,
    judge_span,
    occupied,
)
from trading.venues.seeing import may_change

__all__ = [
    "book",
    "bookings_between",
    "bookings_of_project",
    "cancel",
    "check_may_change",
    "close_venue",
    "get_booking",
    "get_venue",
    "lock_booking",
    "move",
    "parties_of",
    "people_of",
    "public_bookings",
    "stream_of",
    "taken_times",
    "venue_facts",
    "venues",
]


def stream_of(booking_id: UUID) -> str:
    """The journal's stream of one booking and its recordings."""
    return f"booking:{booking_id}"


async def book(
    session: AsyncSession, new: NewBooking, *, seen: Collection[str] = (), actor: Actor, now: datetime
) -> Booking:
    """Keep a room for something. `seen` are the keys of the conflicts that were looked at.

    Locks the room. Refuses what `rules.judge` finds, `VenueTaken`, `LotOfAnotherProject`, `NotAnOfficer`,
    `ConflictRefused` and, for conflicts that are not among `seen`, `ConflictsNotSeen`.
    """
    venue = venue_facts(await _lock_venue(session, new.venue_id))
    profile = await _check_subject(session, new)
    people = await people_wanted(session, new)
    _raise_first(judge(venue, Wanted(new.span, new.people, new.needs), now))
    await _check_free(session, venue.id, venue.title, occupied(venue, new.span))
    rules = fees.venue_rules(profile)
    conflicts = await conflicts_for(session, new, actor=actor)
    check_conflicts(conflicts, seen, rules.refused_conflicts.value)
    fee = fees.fee_of(venue, new.span, rules, purpose=new.purpose, is_public_benefit=new.is_public_benefit)
    booking = Booking(
        id=new_id(),
        venue_id=venue.id,
        purpose=new.purpose,
        title=new.title,
        project_id=new.project_id,
        lot_id=new.lot_id,
        officer_id=new.officer_id,
        people=new.people,
        needs=sorted(new.needs),
        is_public_benefit=new.is_public_benefit,
        fee_fen=fee.fen,
        booked_by=actor.reference,
        changed_at=now,
        **_times(new.span, occupied(venue, new.span)),
    )
    session.add(booking)
    await session.flush()
    session.add_all([BookingPerson(booking_id=booking.id, **asdict(person)) for person in people])
    await session.flush()
    body = _told(booking, venue.title) | {
        "people_involved": [{"name": person.name, "part": person.part} for person in people],
        "conflicts_seen": _told_conflicts(conflicts),
    }
    await _record(session, booking, "room_booked", body, actor, now)
    return booking


async def move(
    session: AsyncSession,
    booking_id: UUID,
    venue_id: UUID,
    span: Span,
    *,
    reason: str,
    seen: Collection[str] = (),
    actor: Actor,
    now: datetime,
) -> Booking:
    """Move a booking to another time, another room, or both. Its fee is counted anew.

    Locks both rooms and the booking. Refuses like `book`, and `NotYourBooking`, `BookingCancelled`, `BookingBegun`,
    `ReasonMissing`.
    """
    because = check_reason(reason)
    before = await get_booking(session, booking_id)
    for locked in sorted({before.venue_id, venue_id}, key=str):  # one order for everybody: nobody waits in a circle
        await _lock_venue(session, locked)
    booking = await lock_booking(session, booking_id)
    await check_may_change(session, booking, actor)
    check_changeable(cancelled_at=booking.cancelled_at, starts_at=booking.starts_at, now=now)
    venue = venue_facts(await get_venue(session, venue_id))
    new = await _as_wanted(session, booking, venue_id, span)
    _raise_first(judge(venue, Wanted(span, new.people, new.needs), now))
    await _check_free(session, venue.id, venue.title, occupied(venue, span), but=booking.id)
    rules = fees.venue_rules(await _profile_of(session, booking.project_id))
    conflicts = await conflicts_for(session, new, actor=actor, but=booking.id)
    check_conflicts(conflicts, seen, rules.refused_conflicts.value)
    fee = fees.fee_of(venue, span, rules, purpose=new.purpose, is_public_benefit=booking.is_public_benefit)
    earlier = _told(booking, venue_facts(await get_venue(session, booking.venue_id)).title)
    booking.venue_id = venue_id
    booking.fee_fen = fee.fen
    booking.sequence += 1
    booking.changed_at = now
    for name, value in _times(span, occupied(venue, span)).items():
        setattr(booking, name, value)
    await session.flush()
    body = _told(booking, venue.title) | {"before": earlier, "reason": because}
    await _record(session, booking, "booking_moved", body | {"conflicts_seen": _told_conflicts(conflicts)}, actor, now)
    return booking


async def cancel(session: AsyncSession, booking_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Booking:
    """Give a room back. A closure that has begun can be ended too: the room is open again.

    Refuses `NotYourBooking`, `BookingCancelled`, `BookingBegun`, `ReasonMissing`.
    """
    because = check_reason(reason)
    booking = await lock_booking(session, booking_id)
    await check_may_change(session, booking, actor)
    is_closure = booking.purpose == Purpose.CLOSURE
    ends_or_starts = booking.ends_at if is_closure else booking.starts_at
    check_changeable(cancelled_at=booking.cancelled_at, starts_at=ends_or_starts, now=now)
    booking.cancelled_at = now
    booking.cancelled_because = because
    booking.sequence += 1
    booking.changed_at = now
    await session.flush()
    await _record(session, booking, "booking_cancelled", {"reason": because, "fee_fen": booking.fee_fen}, actor, now)
    return booking


async def close_venue(
    session: AsyncSession, venue_id: UUID, span: Span, *, reason: str, actor: Actor, now: datetime
) -> Booking:
    """Close a room for a while. Refuses while it is booked in that time (`VenueTaken`), and a time that has passed."""
    because = check_reason(reason)
    venue = venue_facts(await _lock_venue(session, venue_id))
    _raise_first(judge_span(span, now))
    await _check_free(session, venue.id, venue.title, span)
    closure = Booking(
        id=new_id(),
        venue_id=venue.id,
        purpose=Purpose.CLOSURE,
        title=because,
        people=0,
        needs=[],
        fee_fen=0,
        booked_by=actor.reference,
        changed_at=now,
        **_times(span, span),
    )
    session.add(closure)
    await session.flush()
    await _record(session, closure, "room_closed", _told(closure, venue.title), actor, now)
    return closure


async def check_may_change(session: AsyncSession, booking: Booking, actor: Actor) -> None:
    """Refuses with `NotYourBooking`. Closures are everybody's who manages rooms."""
    if booking.purpose == Purpose.CLOSURE and actor.has(Role.OFFICER, Role.ADMIN):
        return
    project = None if booking.project_id is None else await projects.get_project(session, booking.project_id)
    in_charge = None if project is None else project.officer_id
    parties = await parties_of(session, booking)
    if not may_change(parties, actor, officer_id=booking.officer_id, project_officer_id=in_charge):
        raise NotYourBooking


async def _check_subject(session: AsyncSession, new: NewBooking) -> str | None:
    """The rule profile of the project, if there is one. Refuses a lot that is not the project's."""
    if new.lot_id is not None and (await projects.get_lot(session, new.lot_id)).project_id != new.project_id:
        raise LotOfAnotherProject
    return await _profile_of(session, new.project_id)


async def _profile_of(session: AsyncSession, project_id: UUID | None) -> str | None:
    return None if project_id is None else (await projects.get_project(session, project_id)).rule_profile


async def _as_wanted(session: AsyncSession, booking: Booking, venue_id: UUID, span: Span) -> NewBooking:
    """A booking as it would be asked for today, elsewhere or at another time."""
    people = await people_of(session, booking.id)
    if booking.officer_id is None:
        raise BookingNotFound  # a closure is ended and made anew
    return NewBooking(
        venue_id=venue_id,
        purpose=Purpose(booking.purpose),
        title=booking.title,
        span=span,
        people=booking.people,
        officer_id=booking.officer_id,
        project_id=booking.project_id,
        lot_id=booking.lot_id,
        needs=frozenset(Equipment(need) for need in booking.needs),
        auctioneer_id=next((person.account_id for person in people if person.part == Part.AUCTIONEER), None),
        committee=tuple(person.name for person in people if person.part == Part.COMMITTEE),
        is_public_benefit=booking.is_public_benefit,
    )


async def _check_free(
    session: AsyncSession, venue_id: UUID, title: str, span: Span, *, but: UUID | None = None
) -> None:
    kept = func.tstzrange(span.starts_at, span.ends_at)
    query = select(Booking).where(
        Booking.venue_id == venue_id, Booking.cancelled_at.is_(None), Booking.occupied.op("&&")(kept)
    )
    for other in await session.scalars(query.order_by(Booking.starts_at)):
        if other.id != but:
            lower, upper = other.occupied.lower, other.occupied.upper
            assert lower is not None
            assert upper is not None
            raise VenueTaken(title, lower, upper, other.id)


async def _lock_venue(session: AsyncSession, venue_id: UUID) -> Venue:
    query = select(Venue).where(Venue.id == venue_id).with_for_update().execution_options(populate_existing=True)
    venue = await session.scalar(query)
    if venue is None:
        raise VenueNotFound
    return venue


async def lock_booking(session: AsyncSession, booking_id: UUID) -> Booking:
    """One booking, read afresh and locked until the end of the transaction. Refuses with `BookingNotFound`."""
    query = select(Booking).where(Booking.id == booking_id).with_for_update()
    booking = await session.scalar(query.execution_options(populate_existing=True))
    if booking is None:
        raise BookingNotFound
    return booking


def _raise_first(found: dict[str, Any]) -> None:
    for refusal in found.values():
        raise refusal


def _times(span: Span, kept: Span) -> dict[str, Any]:
    return {
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "occupied": Range(kept.starts_at, kept.ends_at),
    }


def _told(booking: Booking, venue_title: str) -> dict[str, Any]:
    """What the journal tells of a booking as it stands."""
    kept = booking.occupied
    return {
        "venue": str(booking.venue_id),
        "venue_title": venue_title,
        "purpose": str(booking.purpose),
        "title": booking.title,
        "project": _text(booking.project_id),
        "lot": _text(booking.lot_id),
        "starts_at": iso(booking.starts_at),
        "ends_at": iso(booking.ends_at),
        "kept_from": iso(kept.lower) if kept.lower else None,
        "kept_until": iso(kept.upper) if kept.upper else None,
        "officer": _text(booking.officer_id),
        "people": booking.people,
        "needs": list(booking.needs),
        "fee_fen": booking.fee_fen,
        "is_public_benefit": bool(booking.is_public_benefit),
    }


def _told_conflicts(conflicts: Sequence[Conflict]) -> list[dict[str, str]]:
    return [
        {
            "name": conflict.name,
            "part": conflict.part.value,
            "starts_at": iso(conflict.starts_at),
            "ends_at": iso(conflict.ends_at),
        }
        for conflict in conflicts
    ]


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


async def _record(
    session: AsyncSession, booking: Booking, kind: str, body: dict[str, Any], actor: Actor, now: datetime
) -> None:
    await journal_store.append(
        session, stream=stream_of(booking.id), kind=kind, actor=actor.reference, at=now, body=body
    )

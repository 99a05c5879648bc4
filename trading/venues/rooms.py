"""Use cases of rooms: add one, change its facts, retire it, give its secret calendar a new address.

Every fact is in the journal's stream `venue:<id>`; the secret address is not.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.venues.lookups import bookings_ahead
from trading.venues.models import Venue
from trading.venues.rules import (
    FeeUnit,
    Purpose,
    VenueNotFound,
    VenueNumberTaken,
    VenueRetired,
    VenueStillBooked,
)


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What is known of a room. Minutes after midnight in Shanghai; the fee is that of one half day or hour."""

    number: str
    name: str
    place: str
    capacity: int
    has_audio_recording: bool
    has_video_recording: bool
    screens: int
    remote_seats: int
    has_sign_in_terminal: bool
    fee_fen: int
    fee_unit: FeeUnit
    opens_minute: int
    closes_minute: int
    set_up_minutes: int
    clearing_minutes: int


async def add_venue(session: AsyncSession, facts: RoomFacts, *, actor: Actor, now: datetime) -> Venue:
    """A new room. Refuses with `VenueNumberTaken`."""
    await _check_number(session, facts.number)
    venue = Venue(id=new_id(), calendar_token=secrets.token_urlsafe(24), added_at=now, **asdict(facts))
    session.add(venue)
    await session.flush()
    await _record(session, venue.id, "venue_added", _told(facts), actor, now)
    return venue


async def change_venue(
    session: AsyncSession, venue_id: UUID, facts: RoomFacts, *, actor: Actor, now: datetime
) -> Venue:
    """Correct a room's facts. Bookings that stand keep their times, set-up, clearing and fees.

    Refuses `VenueNumberTaken`, `VenueRetired`.
    """
    venue = await _lock(session, venue_id)
    if venue.number != facts.number:
        await _check_number(session, facts.number)
    before = asdict(facts_of(venue))
    changes = {name: value for name, value in asdict(facts).items() if before[name] != value}
    if not changes:
        return venue
    for name, value in changes.items():
        setattr(venue, name, value)
    await session.flush()
    told = {name: {"before": before[name], "after": value} for name, value in changes.items()}
    await _record(session, venue_id, "venue_changed", told, actor, now)
    return venue


async def retire_venue(session: AsyncSession, venue_id: UUID, *, actor: Actor, now: datetime) -> Venue:
    """A room that is not booked any more; it stays in what was. Refuses with `VenueStillBooked`, `VenueRetired`."""
    venue = await _lock(session, venue_id)
    ahead = [each for each in await bookings_ahead(session, venue_id, now) if each.purpose != Purpose.CLOSURE]
    if ahead:
        raise VenueStillBooked(f"{venue.number} {venue.name}", len(ahead))
    venue.retired_at = now
    await session.flush()
    await _record(session, venue_id, "venue_retired", {"number": venue.number}, actor, now)
    return venue


async def renew_calendar_address(session: AsyncSession, venue_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Whoever knows the old secret address of the room's calendar gets nothing any more."""
    venue = await _lock(session, venue_id)
    venue.calendar_token = secrets.token_urlsafe(24)
    await session.flush()
    await _record(session, venue_id, "venue_calendar_address_renewed", {}, actor, now)


def facts_of(venue: Venue) -> RoomFacts:
    """The facts of a room as they stand."""
    named = {name: getattr(venue, name) for name in RoomFacts.__dataclass_fields__}
    return RoomFacts(**named | {"fee_unit": FeeUnit(venue.fee_unit)})


def _told(facts: RoomFacts) -> dict[str, Any]:
    return asdict(facts) | {"fee_unit": facts.fee_unit.value}


async def _check_number(session: AsyncSession, number: str) -> None:
    if await session.scalar(select(Venue.id).where(Venue.number == number)) is not None:
        raise VenueNumberTaken(number)


async def _lock(session: AsyncSession, venue_id: UUID) -> Venue:
    query = select(Venue).where(Venue.id == venue_id).with_for_update().execution_options(populate_existing=True)
    venue = await session.scalar(query)
    if venue is None:
        raise VenueNotFound
    if venue.retired_at is not None:
        raise VenueRetired(f"{venue.number} {venue.name}")
    return venue


async def _record(
    session: AsyncSession, venue_id: UUID, kind: str, body: dict[str, Any], actor: Actor, now: datetime
) -> None:
    await journal_store.append(session, stream=f"venue:{venue_id}", kind=kind, actor=actor.reference, at=now, body=body)

"""Proposals: free rooms and times for a wanted booking, and what a project's lots need. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.registration import service as registrations
from trading.venues import fees
from trading.venues.lookups import bookings_of_project, taken_times, venue_facts, venues
from trading.venues.proposing import (
    LOOKED_AHEAD,
    Proposal,
    free_rooms,
    next_free_times,
    people_to_expect,
)
from trading.venues.rules import Equipment, Purpose, Span, Wanted

PURPOSE_BY_METHOD = {"auction": Purpose.AUCTION, "timed_bidding": Purpose.AUCTION, "tender": Purpose.OPENING}
"""What a lot needs a room for on its day, by its way of selling; the other ways happen online alone."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Free rooms at the wanted time, best first, and the next free times where there is none or few."""

    rooms: list[Proposal]
    times: list[Proposal]


@dataclass(frozen=True, slots=True)
class LotNeed:
    """A lot that has no room yet, what for and when it needs one, and what is proposed."""

    lot: Lot
    purpose: Purpose
    wanted: Wanted
    proposals: Proposals


async def propose(
    session: AsyncSession,
    wanted: Wanted,
    purpose: Purpose,
    *,
    project_id: UUID | None,
    now: datetime,
    but: UUID | None = None,
) -> Proposals:
    """Free rooms for a booking; `but` is a booking that is being moved, and in nobody's way."""
    rooms = [venue_facts(venue) for venue in await venues(session)]
    around = Span(wanted.span.starts_at - timedelta(days=1), wanted.span.ends_at + LOOKED_AHEAD + timedelta(days=2))
    taken = await taken_times(session, around, but=but)
    profile = None
    usual: frozenset[UUID] = frozenset()
    if project_id is not None:
        profile = (await projects.get_project(session, project_id)).rule_profile
        earlier = await bookings_of_project(session, project_id)
        usual = frozenset(booking.venue_id for booking in earlier if booking.cancelled_at is None)
    rules = fees.venue_rules(profile)
    free = free_rooms(wanted, rooms, taken, rules, purpose=purpose, usual=usual) if wanted.span.starts_at > now else []
    times = next_free_times(wanted, rooms, taken, rules, purpose=purpose, now=now)
    return Proposals(free[:5], times)


async def needs_of_project(session: AsyncSession, project: Project, now: datetime) -> list[LotNeed]:
    """The lots of a project whose day lies ahead and that have no room yet, each with proposals."""
    held = {booking.lot_id for booking in await bookings_of_project(session, project.id) if not booking.cancelled_at}
    rules = fees.venue_rules(project.rule_profile)
    found = []
    for lot in await projects.lots_of(session, project.id):
        purpose, day = _event_of(lot)
        if purpose is None or day is None or day <= now or lot.id in held or lot.is_recorded:
            continue
        wanted = Wanted(
            span=Span(day, day + rules.lengths.value[purpose]),
            people=await _people(session, lot, rules, now),
            needs=rules.needs.value.get(purpose, frozenset[Equipment]()),
        )
        proposals = await propose(session, wanted, purpose, project_id=project.id, now=now)
        found.append(LotNeed(lot, purpose, wanted, proposals))
    return found


def _event_of(lot: Lot) -> tuple[Purpose | None, datetime | None]:
    """What happens in a room on a lot's day, and when; None where everything happens online."""
    if lot.opening_at is not None:
        return Purpose.OPENING, lot.opening_at
    purpose = PURPOSE_BY_METHOD.get(lot.selling_method or "")
    return purpose, lot.listing_ends_at if purpose is Purpose.OPENING else lot.starts_at


async def _people(session: AsyncSession, lot: Lot, rules: fees.VenueRules, now: datetime) -> int:
    """How many to expect. As long as registration is open, how many have come is nobody's business."""
    if lot.registration_closes_at is None or now < lot.registration_closes_at:
        return people_to_expect(None, rules)
    return people_to_expect(len(await registrations.registrations_of_lot(session, lot.id)), rules)

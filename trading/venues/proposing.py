"""Proposing free rooms and free times, best first, with the reasons. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from trading.kernel.moments import SHANGHAI, local_day
from trading.kernel.money import Money
from trading.venues.fees import VenueRules, fee_of
from trading.venues.rules import Purpose, Span, VenueFacts, Wanted, is_open, occupied, suits

STEP = timedelta(minutes=30)
LOOKED_AHEAD = timedelta(days=14)
_SATURDAY = 5

Taken = Mapping[UUID, Sequence[Span]]
"""The times for which each room is kept, set-up and clearing included."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A free room at a time. `spare_seats` and `idle_equipment` are what would stay unused; `is_usual`: the project
    has been in this room before.
    """

    venue: VenueFacts
    span: Span
    fee: Money
    spare_seats: int
    idle_equipment: int
    is_usual: bool = False


def is_free(venue: VenueFacts, span: Span, taken: Taken) -> bool:
    """Whether nobody else has the room then, set-up and clearing included."""
    own = occupied(venue, span)
    return not any(own.overlaps(other) for other in taken.get(venue.id, ()))


def free_rooms(
    wanted: Wanted,
    venues: Iterable[VenueFacts],
    taken: Taken,
    rules: VenueRules,
    *,
    purpose: Purpose,
    usual: frozenset[UUID] = frozenset(),
) -> list[Proposal]:
    """The rooms that hold the people, have the equipment, are open and free at that very time.

    Best first: where the project was before, then the one that leaves least unused, then the cheapest.
    """
    found = [
        _proposal(venue, wanted, rules, purpose=purpose, is_usual=venue.id in usual)
        for venue in venues
        if suits(venue, wanted) and is_free(venue, wanted.span, taken)
    ]
    return sorted(found, key=_rank)


def next_free_times(
    wanted: Wanted,
    venues: Iterable[VenueFacts],
    taken: Taken,
    rules: VenueRules,
    *,
    purpose: Purpose,
    now: datetime,
    most: int = 4,
) -> list[Proposal]:
    """The next times, on working weekdays and in steps of half an hour, at which a room that suits is free.

    At most one time a room and day, the one nearest to the wanted hour, so that there is something to choose from.
    """
    rooms = [venue for venue in venues if suits(venue, _within(venue, wanted))]
    length = wanted.span.ends_at - wanted.span.starts_at
    found: list[Proposal] = []
    first_day = local_day(wanted.span.starts_at)
    for days in range(LOOKED_AHEAD.days + 1):
        day = first_day + timedelta(days=days)
        if day.weekday() >= _SATURDAY and days > 0:
            continue
        midnight = datetime.combine(day, datetime.min.time(), SHANGHAI)
        for venue in rooms:
            starts = _first_start(venue, wanted, midnight, length, taken, now)
            if starts is not None:
                later = replace(wanted, span=Span(starts, starts + length))
                found.append(_proposal(venue, later, rules, purpose=purpose, is_usual=False))
        if len(found) >= most:
            break
    return sorted(found, key=lambda proposal: (proposal.span.starts_at, *_rank(proposal)))[:most]


def _first_start(
    venue: VenueFacts, wanted: Wanted, midnight: datetime, length: timedelta, taken: Taken, now: datetime
) -> datetime | None:
    """The free start of a day that is nearest to the wanted hour; of two as near, the later one."""
    local = wanted.span.starts_at.astimezone(SHANGHAI)
    same_hour = midnight + timedelta(hours=local.hour, minutes=local.minute)
    opens = midnight + timedelta(minutes=venue.opens_minute)
    latest = midnight + timedelta(minutes=venue.closes_minute) - length
    steps = max(0, (latest - opens) // STEP + 1)
    starts = [same_hour, *(opens + STEP * number for number in range(steps))]
    for start in sorted(starts, key=lambda start: (abs(start - same_hour), start < same_hour)):
        span = Span(start.astimezone(UTC), (start + length).astimezone(UTC))
        is_new = span != wanted.span and span.starts_at > now
        if is_new and is_open(venue, span) and is_free(venue, span, taken):
            return span.starts_at
    return None


def _within(venue: VenueFacts, wanted: Wanted) -> Wanted:
    """The same wish at the room's opening, to ask whether it could suit at any hour."""
    local = wanted.span.starts_at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = local + timedelta(minutes=venue.opens_minute)
    return replace(wanted, span=Span(starts, starts + (wanted.span.ends_at - wanted.span.starts_at)))


def _proposal(venue: VenueFacts, wanted: Wanted, rules: VenueRules, *, purpose: Purpose, is_usual: bool) -> Proposal:
    return Proposal(
        venue=venue,
        span=wanted.span,
        fee=fee_of(venue, wanted.span, rules, purpose=purpose, is_public_benefit=False),
        spare_seats=venue.capacity - wanted.people,
        idle_equipment=len(venue.equipment - wanted.needs),
        is_usual=is_usual,
    )


def _rank(proposal: Proposal) -> tuple[bool, int, int, int, str]:
    fit = (proposal.spare_seats, proposal.idle_equipment, proposal.fee.fen)
    return (not proposal.is_usual, *fit, proposal.venue.number)


def people_to_expect(bidders: int | None, rules: VenueRules) -> int:
    """How many seats an event needs: two for every bidder and ten for the centre's people, in whole tens.

    `bidders` is None as long as registration is open: how many there are is nobody's business then.
    """
    if bidders is None:
        return rules.usual_people.value
    return -(-(bidders * 2 + 10) // 10) * 10

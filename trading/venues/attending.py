"""Who takes part in a booking, and where else these people are engaged at its time."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.registration.rules import plain_name
from trading.venues.conflicts import Conflict, Engagement, conflicts_of
from trading.venues.lookups import bookings_between, parties_of, people_of
from trading.venues.models import Booking
from trading.venues.rules import NewBooking, NotAnOfficer, Part, Purpose, Span
from trading.venues.seeing import Sight, sight_in_lists


async def conflicts_for(
    session: AsyncSession, new: NewBooking, *, actor: Actor, but: UUID | None = None
) -> tuple[Conflict, ...]:
    """Who of a wanted booking is engaged in another one (but the one named) at its time; see `rules.conflicts_of`."""
    own = [(str(new.officer_id), (await accounts.get_account(session, new.officer_id)).display_name, Part.OFFICER)]
    own += [(person.key, person.name, Part(person.part)) for person in await people_wanted(session, new)]
    others = await bookings_between(session, new.span)
    engagements = [
        engagement
        for booking in others
        if booking.id != but
        for engagement in await _engagements(session, booking, actor)
    ]
    return conflicts_of(own, new.span, engagements, for_committee=new.purpose is Purpose.EVALUATION)


async def _engagements(session: AsyncSession, booking: Booking, actor: Actor) -> list[Engagement]:
    sight = sight_in_lists(await parties_of(session, booking), actor)
    span = Span(booking.starts_at, booking.ends_at)
    secret = sight < Sight.EVERYTHING
    found = [
        Engagement(person.key, person.name, Part(person.part), booking.id, span, secret)
        for person in await people_of(session, booking.id)
    ]
    if booking.officer_id is not None:
        found.append(Engagement(str(booking.officer_id), "", Part.OFFICER, booking.id, span, secret))
    return found


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part beside the officer in charge. `key` is the account, or the plain name of who has none."""

    key: str
    name: str
    part: str
    account_id: UUID | None = None


async def people_wanted(session: AsyncSession, new: NewBooking) -> list[Person]:
    """Who takes part, each once. Refuses with `NotAnOfficer` whoever has not the task."""
    officer = await accounts.get_account(session, new.officer_id)
    if Role.OFFICER not in officer.roles or officer.disabled_at is not None:
        raise NotAnOfficer
    found: dict[str, Person] = {}
    if new.auctioneer_id is not None:
        account = await accounts.get_account(session, new.auctioneer_id)
        if Role.AUCTIONEER not in account.roles or account.disabled_at is not None:
            raise NotAnOfficer
        found[str(account.id)] = Person(str(account.id), account.display_name, Part.AUCTIONEER, account.id)
    for name in new.committee:
        found.setdefault(plain_name(name), Person(plain_name(name), name, Part.COMMITTEE))
    return list(found.values())

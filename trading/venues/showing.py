"""What the pages of rooms and bookings show, according to who looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel.formats import moment
from trading.kernel.i18n import gettext as _
from trading.kernel.journal import Entry
from trading.kernel.moments import local_day, midnight
from trading.projects import service as projects
from trading.venues.lookups import bookings_between, history_of, parties_of, people_of, venue_facts, venues
from trading.venues.models import Booking, Venue
from trading.venues.rules import Part, Purpose, Span, VenueFacts
from trading.venues.seeing import Sight, sight_in_lists
from trading.venues.words import HAPPENED, PARTS, purpose_words


@dataclass(frozen=True, slots=True)
class Shown:
    """A booking as somebody may see it. `title`, `officer_name` and the project are None where they may not."""

    id: UUID
    venue_id: UUID
    purpose: Purpose
    words: str
    span: Span
    kept: Span
    title: str | None
    officer_name: str | None
    project_id: UUID | None
    lot_id: UUID | None
    is_cancelled: bool
    sight: Sight


@dataclass(frozen=True, slots=True)
class Row:
    """A room and what it is kept for on each of some days."""

    venue: VenueFacts
    days: list[list[Shown]]


async def shown(session: AsyncSession, booking: Booking, actor: Actor | None, sight: Sight | None = None) -> Shown:
    """A booking as somebody (None: the public) may see it in a list, or with another sight on its page."""
    if sight is None:
        sight = sight_in_lists(await parties_of(session, booking), actor)
    title, officer_name = None, None
    if sight >= Sight.SUBJECT:
        title = booking.title or await _subject(session, booking)
    if sight >= Sight.EVERYTHING and booking.officer_id is not None:
        officer_name = (await accounts.get_account(session, booking.officer_id)).display_name
    span = Span(booking.starts_at, booking.ends_at)
    kept = Span(booking.occupied.lower or span.starts_at, booking.occupied.upper or span.ends_at)
    return Shown(
        id=booking.id,
        venue_id=booking.venue_id,
        purpose=Purpose(booking.purpose),
        words=purpose_words(booking.purpose),
        span=span,
        kept=kept,
        title=title,
        officer_name=officer_name,
        project_id=booking.project_id if sight >= Sight.SUBJECT else None,
        lot_id=booking.lot_id if sight >= Sight.SUBJECT else None,
        is_cancelled=booking.cancelled_at is not None,
        sight=sight,
    )


async def plan(session: AsyncSession, first: date, days: int, actor: Actor | None) -> list[Row]:
    """Every room in use with what it is kept for on some days. A retired room is there when it was booked then."""
    span = days_span(first, days)
    found = [await shown(session, booking, actor) for booking in await bookings_between(session, span)]
    rows = []
    for venue in await venues(session, with_retired=True):
        own = [booking for booking in found if booking.venue_id == venue.id]
        if own or venue.retired_at is None:
            rows.append(Row(venue_facts(venue), [_on_day(own, first + timedelta(days=day)) for day in range(days)]))
    return rows


def days_span(first: date, days: int) -> Span:
    """Some whole local days."""
    return Span(midnight(first), midnight(first + timedelta(days=days)))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def day_from(typed: str, now: datetime) -> date:
    """The day that an address names; today when it names none."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return local_day(now)
    return day if 2000 <= day.year <= 2199 else local_day(now)


async def history(session: AsyncSession, booking_id: UUID) -> list[dict[str, Any]]:
    """What happened to a booking, the newest first: at, words, who, detail."""
    return [
        {
            "at": entry.at,
            "words": _(HAPPENED.get(entry.kind, entry.kind)),
            "who": await accounts.name_of(session, entry.actor),
            "detail": _detail(entry),
        }
        for entry in await history_of(session, booking_id)
    ]


def _detail(entry: Entry) -> str:
    body, said = entry.body, []
    if entry.kind == "booking_moved":
        before = body["before"]
        said.append(
            _("From {room}, {start}, to {other_room}, {other_start}.").format(
                room=before["venue_title"],
                start=_moment(before["starts_at"]),
                other_room=body["venue_title"],
                other_start=_moment(body["starts_at"]),
            )
        )
    if body.get("reason") and entry.kind.startswith("booking"):
        said.append(_("Reason: {reason}").format(reason=body["reason"]))
    if body.get("conflicts_seen"):
        names = "、".join(dict.fromkeys(conflict["name"] for conflict in body["conflicts_seen"]))
        said.append(_("Conflicts that were seen: {names}").format(names=names))
    if body.get("camera"):
        said.append(str(body["camera"]))
    return " ".join(said)


def _moment(text: str) -> str:
    return moment(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC))


async def people(session: AsyncSession, booking: Booking) -> list[tuple[str, str]]:
    """Who takes part in a booking beside its officer: task and name."""
    return [(_(PARTS[Part(person.part)]), person.name) for person in await people_of(session, booking.id)]


async def staff_choices(session: AsyncSession) -> dict[str, list[tuple[str, str]]]:
    """Officers and auctioneers to choose from."""
    found = [account for account in await accounts.list_accounts(session) if account.disabled_at is None]
    return {
        "officers": [(str(one.id), one.display_name) for one in found if Role.OFFICER in one.roles],
        "auctioneers": [(str(one.id), one.display_name) for one in found if Role.AUCTIONEER in one.roles],
    }


def _on_day(own: Sequence[Shown], day: date) -> list[Shown]:
    whole = days_span(day, 1)
    return [booking for booking in own if booking.span.overlaps(whole)]


async def _subject(session: AsyncSession, booking: Booking) -> str:
    if booking.lot_id is not None:
        return (await projects.get_lot(session, booking.lot_id)).title
    if booking.project_id is not None:
        return (await projects.get_project(session, booking.project_id)).title
    return ""


def as_title(venue: Venue) -> str:
    """A room as pages call it."""
    return f"{venue.number} {venue.name}"

"""A room's bookings as iCalendar (RFC 5545), for the calendars that people carry with them. Pure.

The identifier of an event is that of its booking and never changes; its sequence number grows with every change, so
that a calendar moves or strikes out what it knows already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from trading.venues.rules import Span

KNOWN_BACK = timedelta(days=7)
KNOWN_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One booking as a calendar tells it. `address` is that of its page, or empty."""

    uid: str
    summary: str
    description: str
    span: Span
    sequence: int
    changed_at: datetime
    is_cancelled: bool
    address: str = ""


def calendar(name: str, place: str, events: Iterable[CalendarEvent]) -> bytes:
    """The calendar of one room. The same bookings give the same bytes."""
    made = Calendar()
    made.add("prodid", "-//Public Resource Trading Platform//Venues//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", "Asia/Shanghai")
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for event in events:
        made.add_component(_event(event, place))
    content: bytes = made.to_ical()
    return content


def span_of_calendar(now: datetime) -> Span:
    """What a calendar tells of: the past week and two months ahead."""
    return Span(now - KNOWN_BACK, now + KNOWN_AHEAD)


def _event(event: CalendarEvent, place: str) -> Event:
    made = Event()
    made.add("uid", event.uid)
    made.add("dtstamp", event.changed_at)
    made.add("dtstart", event.span.starts_at)
    made.add("dtend", event.span.ends_at)
    made.add("sequence", event.sequence)
    made.add("summary", event.summary)
    made.add("location", place)
    made.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    if event.description:
        made.add("description", event.description)
    if event.address:
        made.add("url", event.address)
    return made

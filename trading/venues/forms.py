"""Reading the forms of rooms, bookings and recordings. Pure: text in, values and what is wrong with each field out."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from trading.kernel.moments import SHANGHAI, local_day, midnight
from trading.kernel.typed import whole_number
from trading.projects.form_reading import Form, FormReading
from trading.projects.problems import N_
from trading.projects.typed_values import REQUIRED, Wrong, read_amount, read_moment
from trading.venues.recording_rules import NewRecording
from trading.venues.rooms import RoomFacts
from trading.venues.rules import MOST_PEOPLE, Equipment, FeeUnit, NewBooking, Purpose, Span

LONGEST_COMMITTEE = 40
BOOKABLE = tuple(purpose for purpose in Purpose if purpose is not Purpose.CLOSURE)
NOT_A_TIME = N_("Write a time as hours and minutes, for example 09:30.")
NOT_A_DAY = N_("Choose a day, for example 2026-12-21.")
NOT_A_COUNT = N_("Write a whole number between 0 and {most}.")
CHOOSE = N_("Choose one of the possibilities.")


def read_room(form: Form, reading: FormReading) -> RoomFacts | None:
    """The facts of a room, or None after everything wrong was noted."""
    number, name = reading.line("number", 20), reading.line("name", 40)
    place, capacity = reading.line("place", 80), _count(reading, "capacity", 1, MOST_PEOPLE)
    screens, seats = _count(reading, "screens", 0, 99), _count(reading, "remote_seats", 0, 99)
    set_up, clearing = _count(reading, "set_up_minutes", 0, 240), _count(reading, "clearing_minutes", 0, 240)
    opens, closes = _minute(reading, "opens"), _minute(reading, "closes")
    if opens is not None and closes is not None and closes <= opens:
        reading.problem("closes", N_("A room closes after it opens."))
    fee = _fee(reading)
    unit = reading.choice("fee_unit", FeeUnit)
    counts = (capacity, screens, seats, set_up, clearing, opens, closes, fee)
    if reading.problems or number is None or name is None or place is None or unit is None or None in counts:
        return None
    return RoomFacts(
        number=number,
        name=name,
        place=place,
        capacity=capacity or 0,
        screens=screens or 0,
        remote_seats=seats or 0,
        set_up_minutes=set_up or 0,
        clearing_minutes=clearing or 0,
        opens_minute=opens or 0,
        closes_minute=closes or 0,
        fee_fen=fee or 0,
        fee_unit=unit,
        has_audio_recording=form.get("has_audio_recording") == "yes",
        has_video_recording=form.get("has_video_recording") == "yes",
        has_sign_in_terminal=form.get("has_sign_in_terminal") == "yes",
    )


def read_booking(reading: FormReading, needs: Iterable[str], venue: UUID | None) -> NewBooking | None:
    """What a room is wanted for, or None after everything wrong was noted. `venue` is the room chosen, if one is."""
    if venue is None:
        reading.problem("venue", CHOOSE)
    purpose = reading.choice("purpose", Purpose)
    if purpose is Purpose.CLOSURE:
        reading.problem("purpose", CHOOSE)
    project, lot = read_identifier(reading.typed("project")), read_identifier(reading.typed("lot"))
    title = reading.line("title", 120) if reading.typed("title") or project is None else ""
    officer = read_identifier(reading.typed("officer"))
    if officer is None:
        reading.problem("officer", REQUIRED)
    people = _count(reading, "people", 1, MOST_PEOPLE)
    span = read_span(reading)
    committee = _committee(reading)
    if reading.problems or venue is None or purpose is None or title is None or officer is None:
        return None
    assert span is not None
    assert people is not None
    return NewBooking(
        venue_id=venue,
        purpose=purpose,
        title=title,
        span=span,
        people=people,
        officer_id=officer,
        project_id=project,
        lot_id=lot,
        needs=frozenset(Equipment(need) for need in needs if need in set(Equipment)),
        auctioneer_id=read_identifier(reading.typed("auctioneer")) if purpose is Purpose.AUCTION else None,
        committee=committee,
        is_public_benefit=reading.typed("public_benefit") == "yes",
    )


def read_span(reading: FormReading) -> Span | None:
    """A day and two times of it, `day`, `from` and `until`."""
    day = reading.typed("day")
    if not isinstance(read_moment(f"{day} 00:00"), datetime):
        reading.problem("day", NOT_A_DAY if day else REQUIRED)
    starts, ends = _minute(reading, "from"), _minute(reading, "until")
    midnight = read_moment(f"{day} 00:00")
    if isinstance(midnight, Wrong) or starts is None or ends is None:
        return None
    return Span(midnight + timedelta(minutes=starts), midnight + timedelta(minutes=ends))


def read_long_span(reading: FormReading, first: str, last: str) -> Span | None:
    """Two moments, each a date with a time."""
    starts, ends = reading.moment(first), reading.moment(last)
    return None if starts is None or ends is None else Span(starts, ends)


def read_recording(reading: FormReading) -> NewRecording | None:
    """What a recording says of itself; its rules are asked later."""
    span = read_long_span(reading, "recorded_from", "recorded_until")
    size = reading.whole_number("size_bytes") if len(reading.typed("size_bytes")) < 10 else _long_number(reading)
    camera, name = reading.line("camera", 60), reading.line("file_name", 200)
    sha256 = reading.typed("sha256").lower() or None
    if span is None or size is None or camera is None or name is None:
        return None
    return NewRecording(camera, span, name, size, sha256)


def read_identifier(typed: str) -> UUID | None:
    """An identifier from a choice; what is none is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def take_choice(form: dict[str, str]) -> None:
    """A proposal's button was pressed: its room and time stand in for what the fields say. See `choice_of`."""
    parts = form.get("choose", "").split(" ")
    if len(parts) == 4:
        form["venue"], form["day"], form["from"], form["until"] = parts


def choice_of(venue_id: UUID, span: Span) -> str:
    """What a proposal's button sends."""
    return " ".join((str(venue_id), *typed_span(span).values()))


def typed_span(span: Span) -> dict[str, str]:
    """A span as the fields `day`, `from` and `until` take it."""
    starts, ends = span.starts_at.astimezone(SHANGHAI), span.ends_at.astimezone(SHANGHAI)
    return {"day": f"{starts:%Y-%m-%d}", "from": f"{starts:%H:%M}", "until": f"{ends:%H:%M}"}


def day_span(day: datetime) -> Span:
    """The whole local day that a moment lies in."""
    return Span(midnight(local_day(day)), midnight(local_day(day) + timedelta(days=1)))


def _committee(reading: FormReading) -> tuple[str, ...]:
    typed = unicodedata.normalize("NFKC", reading.typed("committee")).replace("、", "\n").replace(",", "\n")
    names = [" ".join(line.split()) for line in typed.split("\n")]
    found = tuple(dict.fromkeys(name for name in names if name))
    if any(len(name) > 40 or not name.isprintable() for name in found) or len(found) > LONGEST_COMMITTEE:
        reading.problem("committee", N_("Write one name a line, at most {most} names."), {"most": LONGEST_COMMITTEE})
    return found


def _count(reading: FormReading, field: str, least: int, most: int) -> int | None:
    typed = unicodedata.normalize("NFKC", reading.typed(field)).strip()
    if not typed:
        reading.problem(field, REQUIRED)
        return None
    number = whole_number(typed, digits=6)
    if number is None or not least <= number <= most:
        message = NOT_A_COUNT if least == 0 else N_("Write a whole number between 1 and {most}.")
        reading.problem(field, message, {"most": most})
        return None
    return number


def _long_number(reading: FormReading) -> int | None:
    number = whole_number(
        unicodedata.normalize("NFKC", reading.typed("size_bytes")).replace(",", "").strip(), digits=15
    )
    if number is None:
        reading.problem("size_bytes", N_("Write a whole number with digits only."))
    return number


def _minute(reading: FormReading, field: str) -> int | None:
    """A time of the day in minutes after midnight; 24:00 is the end of the day."""
    typed = unicodedata.normalize("NFKC", reading.typed(field)).strip()
    hours, _, rest = typed.partition(":")
    hour, minute = whole_number(hours, digits=2), whole_number(rest[:2], digits=2)
    if hour is None or minute is None or len(rest) not in (2, 5) or minute > 59 or hour * 60 + minute > 24 * 60:
        reading.problem(field, NOT_A_TIME if typed else REQUIRED)
        return None
    return hour * 60 + minute


def _fee(reading: FormReading) -> int | None:
    """An amount in fen; a room may cost nothing."""
    read = read_amount(reading.typed("fee"))
    if isinstance(read, Wrong):
        reading.problem("fee", read.message)
        return None
    return read.fen

"""What makes a notice about holidays acceptable, and the calendar that follows from the confirmed ones. Pure.

A notice is typed as lines: `2027-02-06..2027-02-12 off 春节`, `2027-01-31 work`; 休 and 班 are the same words. A notice
of a whole year replaces whatever was known of that year; any other changes the days that it names.

Source: 国务院办公厅关于部分节假日安排的通知 (yearly); 全国年节及纪念日放假办法 art. 2 (days that are off each year).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar

from trading.kernel.errors import NotPermitted, Outdated, Refusal
from trading.projects.problems import N_
from trading.projects.typed_values import Wrong, read_line, read_lines
from trading.projects.working_days import Calendar

LONGEST_SOURCE = 200
LONGEST_TEXT = 8000
FIRST_YEAR, LAST_YEAR = 2004, 2199

FIXED_DAYS_OFF = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
"""Month and day of what is off each year whatever the notice arranges: a whole year without them was typed wrong."""

_LINE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:\s*(?:\.\.|~|至)\s*(\d{4})-(\d{1,2})-(\d{1,2}))?\s+(off|work|休|班)(?:\s+(.*))?",
    re.ASCII,
)
_WORKED = {"off": False, "休": False, "work": True, "班": True}

NOT_A_LINE = N_("Line {line}: write a day or two days with .. between them, then off or work, then the name.")
NOT_A_DAY = N_("Line {line}: there is no such day.")
OTHER_YEAR = N_("Line {line}: {day} does not lie in {year}.")
TWICE = N_("Line {line}: {day} is named twice.")
BACKWARDS = N_("Line {line}: the last day lies before the first.")
NO_DAYS = N_("Name at least one day.")
NOT_A_YEAR = N_("Write the year with four digits, from 2004 on.")
FIXED_DAY_MISSING = N_("{day} is off every year by law, but the notice does not say so.")


@dataclass(frozen=True, slots=True)
class NoticeFault:
    """What is wrong with a field of the form; `facts` fill the message's places."""

    field: str
    message: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NamedDay:
    """One day of a notice."""

    day: date
    is_worked: bool
    name: str


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """A notice as it was typed and read: `source` is its number or title."""

    year: int
    source: str
    is_whole_year: bool
    days: tuple[NamedDay, ...]


@dataclass(frozen=True, slots=True)
class ConfirmedNotice:
    """A notice that counts."""

    year: int
    is_whole_year: bool
    days: Mapping[date, bool]


@dataclass(eq=False)
class NoticeWrong(Refusal):
    """The notice cannot be entered like this; every fault is told at once."""

    message: ClassVar[str] = "There are {count} things to correct before the notice can be proposed."
    advice: ClassVar[str] = "Each is explained beside its field. What was typed is kept."

    count: int
    faults: tuple[NoticeFault, ...]


@dataclass(eq=False)
class SameAdministrator(NotPermitted):
    """Two administrators decide which days are worked."""

    message: ClassVar[str] = "You proposed this notice; another administrator has to confirm it."
    advice: ClassVar[str] = "Ask a colleague to compare it with the published notice. Nothing was changed."


@dataclass(eq=False)
class NoticeMovedOn(Outdated):
    """Somebody has confirmed or declined the notice before."""

    message: ClassVar[str] = "This notice was decided meanwhile."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


def read_notice(form: Mapping[str, str]) -> NoticeEntry:
    """The notice that a form holds. Refuses `NoticeWrong` with every fault at once."""
    faults: list[NoticeFault] = []
    typed_year = form.get("year", "").strip()
    year = int(typed_year) if re.fullmatch(r"\d{4}", typed_year, re.ASCII) else 0
    if not FIRST_YEAR <= year <= LAST_YEAR:
        faults.append(NoticeFault("year", NOT_A_YEAR, {}))
        year = 0
    source = read_line(form.get("source", ""), longest=LONGEST_SOURCE)
    if isinstance(source, Wrong):
        faults.append(NoticeFault("source", source.message, {}))
        source = ""
    text = read_lines(form.get("days", ""), longest=LONGEST_TEXT)
    days: tuple[NamedDay, ...] = ()
    if isinstance(text, Wrong):
        faults.append(NoticeFault("days", text.message, {}))
    else:
        days, wrong = _read_days(text, year)
        faults += wrong
    is_whole_year = form.get("whole") == "yes"
    if is_whole_year and year and not faults:
        faults += _missing_days(days, year)
    if faults:
        raise NoticeWrong(len(faults), tuple(faults))
    return NoticeEntry(year, source, is_whole_year, days)


def calendar_of(version: str, notices: Iterable[ConfirmedNotice]) -> Calendar:
    """The calendar that follows from the confirmed notices, in the order in which they were confirmed."""
    days: dict[date, bool] = {}
    years: set[int] = set()
    for notice in notices:
        if notice.is_whole_year:
            days = {day: worked for day, worked in days.items() if day.year != notice.year}
            years.add(notice.year)
        days |= notice.days
    return Calendar(version, MappingProxyType(days), frozenset(years))


def as_lines(days: Iterable[NamedDay]) -> str:
    """The days as they are typed, one a line."""
    lines = (f"{each.day.isoformat()} {'班' if each.is_worked else '休'} {each.name}".rstrip() for each in days)
    return "\n".join(lines)


def _read_days(text: str, year: int) -> tuple[tuple[NamedDay, ...], list[NoticeFault]]:
    days: dict[date, NamedDay] = {}
    faults: list[NoticeFault] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        read = _read_line(line.strip())
        if isinstance(read, str):
            faults.append(NoticeFault("days", read, {"line": number}))
            continue
        first, last, is_worked, name = read
        while first <= last:
            facts = {"line": number, "day": first.isoformat()}
            if year and first.year != year:
                faults.append(NoticeFault("days", OTHER_YEAR, facts | {"year": year}))
                break
            if first in days:
                faults.append(NoticeFault("days", TWICE, facts))
                break
            days[first] = NamedDay(first, is_worked, name)
            first += timedelta(days=1)
    if not days and not faults:
        faults.append(NoticeFault("days", NO_DAYS, {}))
    return tuple(sorted(days.values(), key=lambda each: each.day)), faults


def _read_line(line: str) -> tuple[date, date, bool, str] | str:
    match = _LINE.fullmatch(line)
    if match is None:
        return NOT_A_LINE
    try:
        first = date(*(int(part) for part in match.groups()[:3]))
        last = date(*(int(part) for part in match.groups()[3:6])) if match[4] else first
    except ValueError:
        return NOT_A_DAY
    if last < first or (last - first).days > 366:
        return BACKWARDS if last < first else NOT_A_LINE
    return first, last, _WORKED[match[7]], (match[8] or "").strip()[:40]


def _missing_days(days: Iterable[NamedDay], year: int) -> list[NoticeFault]:
    off = {each.day for each in days if not each.is_worked}
    missing = [date(year, month, day) for month, day in FIXED_DAYS_OFF if date(year, month, day) not in off]
    return [NoticeFault("days", FIXED_DAY_MISSING, {"day": day.isoformat()}) for day in missing]

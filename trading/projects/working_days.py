"""Chinese working days, with the holidays and the make-up working days of each year. Pure.

The State Council publishes each year's holidays in the autumn before. A year that is not known yet is a refusal, never
a guess. Counting: the first day is not counted. Source: 民法典 art. 201, 203; the yearly 国务院办公厅 notices as kept
by the package `chinesecalendar`, and the notices that two administrators have entered here (`trading.calendars`).

Every process counts by its current calendar, which whoever opens a request, a job of the tick or a refund compares with
the database first (`trading.calendars.service.refresh`): a notice counts everywhere from the moment it is confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar

import chinese_calendar  # type: ignore[import-untyped]  # the package ships no types

from trading.kernel.errors import Refusal

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(eq=False)
class WorkingDaysUnknown(Refusal):
    """The holidays of this year are not known to the platform, so no period of working days can be counted in it."""

    message: ClassVar[str] = "The public holidays of {year} are not known to the platform yet."
    advice: ClassVar[str] = "Choose dates within the years that are known, or ask the administrator to add this year."

    year: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `days` are single days that a notice says (True: worked), `years` those whose notice was
    entered whole, so that every other day of them follows the week; all else is the package's.

    `version` names the notices that count; the package alone has none.
    """

    version: str = ""
    days: Mapping[date, bool] = field(default_factory=lambda: MappingProxyType({}))
    years: frozenset[int] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`: make-up days at weekends count, holidays do not. Refuses an unknown year."""
        if day in self.days:
            return self.days[day]
        if day.year in self.years:
            return day.weekday() < _SATURDAY
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError as error:
            raise WorkingDaysUnknown(day.year) from error

    def knows(self, year: int) -> bool:
        """Whether working days can be counted in this year."""
        if year in self.years:
            return True
        try:
            chinese_calendar.is_workday(date(year, 7, 1))
        except NotImplementedError:
            return False
        return True

    def after(self, day: date, count: int) -> date:
        """The day on which a period of `count` working days that begins with `day` ends; `day` is not counted."""
        return self._step(day, count, _ONE_DAY)

    def before(self, day: date, count: int) -> date:
        """The last day from which `count` working days still pass until `day`: on it or earlier is in time."""
        return self._step(day, count, -_ONE_DAY)

    def rolled(self, day: date) -> date:
        """The last day of a period: `day`, or the next working day when it is none (民法典 art. 203)."""
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def _step(self, day: date, count: int, one: timedelta) -> date:
        if count < 0:
            raise ValueError("a period has no negative length")
        while count > 0:
            day += one
            if self.is_working_day(day):
                count -= 1
        return day


PACKAGE = Calendar()
"""What is known without any notice of our own."""

_current = PACKAGE


def current_calendar() -> Calendar:
    """The calendar by which this process counts now."""
    return _current


def use_calendar(calendar: Calendar) -> None:
    """Count by this calendar from here on."""
    global _current  # one calendar a process; see the module's docstring for who keeps it true
    _current = calendar


def is_working_day(day: date) -> bool:
    """Whether people work on `day`, by the current calendar. Refuses an unknown year."""
    return _current.is_working_day(day)


def working_days_after(day: date, count: int) -> date:
    """The day on which a period of `count` working days that begins with `day` ends; `day` itself is not counted."""
    return _current.after(day, count)


def working_days_before(day: date, count: int) -> date:
    """The last day from which `count` working days still pass until `day`: on it or earlier is in time."""
    return _current.before(day, count)

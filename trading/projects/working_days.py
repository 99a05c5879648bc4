"""Chinese working days, with the holidays and the make-up working days of each year. Pure.

The State Council publishes each year's holidays in the autumn before. A year that is not known yet is a refusal, never
a guess. Counting: the first day is not counted. Source: 民法典 art. 201, 203; the yearly 国务院办公厅 notices as kept
by the package `chinesecalendar`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import chinese_calendar  # type: ignore[import-untyped]  # the package ships no types

from trading.kernel.errors import Refusal

_ONE_DAY = timedelta(days=1)


@dataclass(eq=False)
class WorkingDaysUnknown(Refusal):
    """The holidays of this year are not known to the platform, so no period of working days can be counted in it."""

    message: ClassVar[str] = "The public holidays of {year} are not known to the platform yet."
    advice: ClassVar[str] = "Choose dates within the years that are known, or ask the administrator to add this year."

    year: int


def is_working_day(day: date) -> bool:
    """Whether people work on `day`: make-up days at weekends count, holidays do not. Refuses an unknown year."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise WorkingDaysUnknown(day.year) from error


def working_days_after(day: date, count: int) -> date:
    """The day on which a period of `count` working days that begins with `day` ends; `day` itself is not counted."""
    return _step(day, count, _ONE_DAY)


def working_days_before(day: date, count: int) -> date:
    """The last day from which `count` working days still pass until `day`: on it or earlier is in time."""
    return _step(day, count, -_ONE_DAY)


def _step(day: date, count: int, one: timedelta) -> date:
    if count < 0:
        raise ValueError("a period has no negative length")
    while count > 0:
        day += one
        if is_working_day(day):
            count -= 1
    return day

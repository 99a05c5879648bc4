"""Cases (办件): what the centre received and did, on time, early, on the spot. Pure.

A case is one thing with a promised time that the centre itself has to do: a review of an entry, or one run of a time
limit that an officer or finance must keep. It is counted once: as received in the quarter in which it began, as done in
the quarter in which it was done.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from trading.kernel.moments import local_day
from trading.limits.declared import LIMITS
from trading.limits.rules import Sense, Who
from trading.projects.working_days import Calendar, WorkingDaysUnknown
from trading.ratings.batches import percent
from trading.ratings.rules import Service

_BY_THE_CENTRE = (Who.OFFICER, Who.FINANCE)
_RETURNS = frozenset({"deposit_return", "withdrawn_bid_deposit"})

SERVICE_OF_LIMIT = {
    limit.code: (
        Service.REGISTRATION
        if limit.code == "registration_review"
        else Service.DEPOSIT_REFUND
        if limit.code in _RETURNS or limit.code.endswith("deposit_return") or limit.code.endswith("deposits_return")
        else Service.SALE
    )
    for limit in LIMITS
    if limit.who in _BY_THE_CENTRE and limit.sense is Sense.BY
}
"""The kind of service that a limit belongs to, for every limit that the centre itself must keep."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `due_at` is the moment at which it is too late, None where working days are not known."""

    service: Service
    officer_id: UUID | None
    received_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    is_demonstration: bool = False

    @property
    def in_time(self) -> bool:
        """Whether it was done before it was too late."""
        return self.done_at is not None and self.due_at is not None and self.done_at < self.due_at

    @property
    def early(self) -> bool:
        """Whether it was done on a day before the last one."""
        if self.done_at is None or self.due_at is None:
            return False
        return local_day(self.done_at) < local_day(self.due_at - timedelta(microseconds=1))

    def on_the_spot(self, calendar: Calendar) -> bool:
        """即办件: whether it was done on the working day on which it came, or on the next when it came on none."""
        if self.done_at is None:
            return False
        done, received = local_day(self.done_at), local_day(self.received_at)
        try:
            return done <= calendar.rolled(received)
        except WorkingDaysUnknown:
            return done == received


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """What became of cases. Rates are shares of those done whose due moment is known (`timed`)."""

    received: int = 0
    done: int = 0
    timed: int = 0
    in_time: int = 0
    early: int = 0
    on_the_spot: int = 0

    @property
    def in_time_percent(self) -> Decimal | None:
        """The on-time rate; None where nothing was done."""
        return percent(self.in_time, self.timed)

    @property
    def early_percent(self) -> Decimal | None:
        """The share done on a day before the last."""
        return percent(self.early, self.timed)

    @property
    def on_the_spot_percent(self) -> Decimal | None:
        """The share done on the day of receipt."""
        return percent(self.on_the_spot, self.done)


def figures_of(received: Iterable[Case], done: Iterable[Case], calendar: Calendar) -> CaseFigures:
    """The figures of one quarter, from the cases that were received and those that were done in it."""
    done = list(done)
    return CaseFigures(
        received=sum(1 for _ in received),
        done=len(done),
        timed=sum(case.due_at is not None for case in done),
        in_time=sum(case.in_time for case in done),
        early=sum(case.early for case in done),
        on_the_spot=sum(case.on_the_spot(calendar) for case in done),
    )

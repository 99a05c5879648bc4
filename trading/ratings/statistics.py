"""The centre's own statistics: cases and satisfaction by kind of service and quarter, by window, by officer.

Cases come from the reconciled time limits and from the reviews of entries; satisfaction from counted batches only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.calendars import service as calendars
from trading.limits.models import TimeLimit
from trading.limits.rules import LimitState
from trading.projects.models import Project
from trading.projects.working_days import Calendar
from trading.ratings.batches import Cell, Counted, Tally, percent, tally
from trading.ratings.cases import SERVICE_OF_LIMIT, Case, CaseFigures, figures_of
from trading.ratings.counting import counted_batches, window_at
from trading.ratings.models import Rating, RatingRequest, ServiceWindow
from trading.ratings.quarters import quarters_to
from trading.ratings.rules import Service, Side
from trading.reviews.figures import Quarter, quarter_of
from trading.reviews.models import ReviewCase, ReviewPart

QUARTERS_SHOWN = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to rate as statistics need it: of what, whose, when, and whether the unit rated."""

    service: Service
    officer_id: UUID
    ended_at: datetime
    rated: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one line: cases, how many units were asked and rated, and what is counted of it."""

    cases: CaseFigures
    asked: int
    rated: int
    tally: Tally

    @property
    def uncounted(self) -> int:
        """Ratings that were given and are not counted here: sealed still, or too few."""
        return self.rated - self.tally.count

    @property
    def rated_percent(self) -> Decimal | None:
        """The share of the asked who rated."""
        return percent(self.rated, self.asked)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.cases.received or self.cases.done or self.asked)


@dataclass(frozen=True)
class Material:
    """Everything that figures of the shown quarters are made of, read once."""

    shown: Sequence[Quarter]
    cases: Sequence[Case]
    requests: Sequence[Request]
    counted: Sequence[Counted]
    windows: Sequence[ServiceWindow]
    officers: dict[UUID, str]
    calendar: Calendar
    is_demonstration: bool

    @cached_property
    def quarters(self) -> Sequence[Quarter]:
        """The quarters in which something happened, the oldest first; the running one always."""
        busy = {*self._received, *self._done, *self._asked}
        first = next((place for place, quarter in enumerate(self.shown) if quarter in busy), len(self.shown) - 1)
        return self.shown[first:]

    def row(self, quarter: Quarter, service: Service | None = None) -> Row:
        """A kind of service in a quarter; all of them together without one."""
        return self._row(
            quarter,
            lambda case: service in (None, case.service),
            lambda request: service in (None, request.service),
            lambda cell: service in (None, cell.service),
        )

    def row_of_window(self, quarter: Quarter, window: ServiceWindow) -> Row:
        """What was done at a window while this officer sat there."""

        def there(officer_id: UUID | None, at: datetime) -> bool:
            found = window_at(self.windows, officer_id, at)
            return found is not None and found.id == window.id

        return self._row(
            quarter,
            lambda case: there(case.officer_id, case.received_at),
            lambda request: there(request.officer_id, request.ended_at),
            lambda cell: cell.window_id == window.id,
        )

    def row_of_officer(self, quarter: Quarter, officer_id: UUID) -> Row:
        """What one officer was in charge of."""
        return self._row(
            quarter,
            lambda case: case.officer_id == officer_id,
            lambda request: request.officer_id == officer_id,
            lambda cell: cell.officer_id == officer_id,
        )

    def _row(
        self,
        quarter: Quarter,
        of_case: Callable[[Case], bool],
        of_request: Callable[[Request], bool],
        of_cell: Callable[[Cell], bool],
    ) -> Row:
        asked = list(filter(of_request, self._asked.get(quarter, ())))
        received, done = self._received.get(quarter, ()), self._done.get(quarter, ())
        return Row(
            figures_of(filter(of_case, received), filter(of_case, done), self.calendar),
            len(asked),
            sum(each.rated for each in asked),
            tally(each for each in self.counted if each.cell.quarter == quarter and of_cell(each.cell)),
        )

    @cached_property
    def _received(self) -> dict[Quarter, list[Case]]:
        return _by_quarter(self.cases, lambda case: case.received_at)

    @cached_property
    def _done(self) -> dict[Quarter, list[Case]]:
        return _by_quarter(self.cases, lambda case: case.done_at)

    @cached_property
    def _asked(self) -> dict[Quarter, list[Request]]:
        return _by_quarter(self.requests, lambda request: request.ended_at)


async def gather(session: AsyncSession, now: datetime) -> Material:
    """Read what the figures of the last quarters, the running one included, are made of."""
    shown = quarters_to(quarter_of(now), QUARTERS_SHOWN)
    since = shown[0].first
    windows = list(await session.scalars(select(ServiceWindow).order_by(ServiceWindow.number, ServiceWindow.opened_at)))
    cases = [*await _limits(session, since), *await _entry_reviews(session, since)]
    requests = await _requests(session, since)
    people = {case.officer_id for case in cases} | {each.officer_id for each in requests}
    names = select(Account.id, Account.display_name).where(Account.id.in_(people - {None}))
    officers = {row.id: row.display_name for row in await session.execute(names.order_by(Account.display_name))}
    return Material(
        shown,
        cases,
        requests,
        await counted_batches(session),
        windows,
        officers,
        await calendars.refresh(session),
        any(case.is_demonstration for case in cases),
    )


async def _limits(session: AsyncSession, since: datetime) -> list[Case]:
    """Every run of a limit that the centre has to keep, but for those that fell away."""
    query = (
        select(TimeLimit, Project.officer_id, Project.is_demonstration)
        .join(Project, Project.id == TimeLimit.project_id)
        .where(
            TimeLimit.code.in_(SERVICE_OF_LIMIT),
            TimeLimit.state != LimitState.VOID,
            or_(TimeLimit.started_at >= since, TimeLimit.ended_at >= since),
        )
    )
    return [
        Case(SERVICE_OF_LIMIT[row.code], officer_id, row.started_at, row.due_at, row.ended_at, invented)
        for row, officer_id, invented in await session.execute(query)
    ]


async def _entry_reviews(session: AsyncSession, since: datetime) -> list[Case]:
    """Every review of an entry, of the officer who decides for the centre; its last part's limit is its own."""
    due = select(ReviewPart.case_id, func.max(ReviewPart.due_at).label("at")).group_by(ReviewPart.case_id).subquery()
    decided_by = func.coalesce(ReviewPart.decided_by, Project.officer_id)
    query = (
        select(ReviewCase, due.c.at, decided_by, Project.is_demonstration)
        .join(Project, Project.id == ReviewCase.project_id)
        .join(due, due.c.case_id == ReviewCase.id)
        .join(ReviewPart, (ReviewPart.case_id == ReviewCase.id) & ReviewPart.department_id.is_(None))
        .where(or_(ReviewCase.opened_at >= since, ReviewCase.closed_at >= since))
    )
    return [
        Case(Service.ENTRY_REVIEW, officer_id, case.opened_at, due_at, case.closed_at, invented)
        for case, due_at, officer_id, invented in await session.execute(query)
    ]


async def _requests(session: AsyncSession, since: datetime) -> list[Request]:
    gave = select(Rating.request_id).where(Rating.side == Side.UNIT.value)
    query = select(RatingRequest, RatingRequest.id.in_(gave)).where(RatingRequest.ended_at >= since)
    return [
        Request(Service(request.service), request.officer_id, request.ended_at, bool(rated))
        for request, rated in await session.execute(query)
    ]


def _by_quarter(found: Sequence[T], moment: Callable[[T], datetime | None]) -> dict[Quarter, list[T]]:
    quarters: dict[Quarter, list[T]] = {}
    for each in found:
        at = moment(each)
        if at is not None:
            quarters.setdefault(quarter_of(at), []).append(each)
    return quarters

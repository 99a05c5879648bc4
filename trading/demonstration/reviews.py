"""Departments of the demonstration, and two entries that they review: one near its end, one back for completion.

In the first the environment has agreed by silence, and the treasury has less than a working day left. All of it goes
through the use cases of the pages, at moments that lie in the last days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.demonstration.lots import DemonstrationLot, lot_to_review
from trading.demonstration.offering import Cast
from trading.demonstration.people import ADMIN, ENVIRONMENT, HOUSING, OFFICER, PLANNING, REVIEWER, TREASURY, Person
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import local_day
from trading.projects import entry
from trading.projects.rules import ProjectKind
from trading.projects.working_days import (
    WorkingDaysUnknown,
    is_working_day,
    working_days_after,
    working_days_before,
)
from trading.reviews import service as reviews
from trading.reviews.checklists import field, paper
from trading.reviews.clocks import closing
from trading.reviews.holding import hold
from trading.reviews.lapsing import tick
from trading.reviews.models import ReviewPart
from trading.reviews.profiles import NATIONAL
from trading.reviews.service import Platform

_LAND, _MINING, _PROPERTY = ProjectKind.LAND, ProjectKind.MINING, ProjectKind.PROPERTY
_PURCHASE, _WORKS = ProjectKind.GOVERNMENT_PROCUREMENT, ProjectKind.WORKS
DEPARTMENTS: tuple[tuple[str, Person, dict[ProjectKind, int | None]], ...] = (
    ("自然资源和规划局", PLANNING, {_LAND: 5, _MINING: 5}),
    ("财政局", TREASURY, {_LAND: 5, _PROPERTY: 5, _PURCHASE: 3}),
    ("生态环境局", ENVIRONMENT, {_LAND: 3, _MINING: 5, _WORKS: 5}),
    ("住房和城乡建设局", HOUSING, {_LAND: 5, _WORKS: 5}),
)
LONGEST = 5


@dataclass(frozen=True)
class _Days:
    """The days of an entry whose longest limit ends at the next closing hour."""

    first: datetime

    def on(self, number: int, hours: float) -> datetime:
        """A moment so many working days after the first, at this hour of the day."""
        day = working_days_after(local_day(self.first), number)
        return closing(day, NATIONAL) + timedelta(hours=hours - NATIONAL.closes_at_hour.value)


async def lay_reviews(database: Database, cast: Cast, platform: Platform, parcel: int, now: datetime) -> None:
    """Make the departments and, unless entries are under review, two of them. A year without holidays has none."""
    try:
        last = local_day(now)
        while not is_working_day(last) or closing(last, NATIONAL) <= now:
            last += timedelta(days=1)
        first = closing(working_days_before(last, LONGEST), NATIONAL) - timedelta(hours=7)
    except WorkingDaysUnknown:
        return
    laying = _Laying(database, cast, platform, _Days(first))
    await laying.departments()
    async with database.reading() as session:
        if await reviews.running_cases(session):
            return
    await laying.near_its_end(lot_to_review(now).numbered(parcel))
    await laying.back_for_completion(lot_to_review(now).numbered(parcel + 1))


@dataclass(frozen=True)
class _Laying:
    database: Database
    cast: Cast
    platform: Platform
    days: _Days

    async def departments(self) -> None:
        """The departments, each with its reviewer and limits; those that are known stay as they are."""
        admin, at = self.cast.actor(ADMIN), self.days.first
        async with self.database.work() as session:
            known = {department.name for department in await reviews.departments(session)}
            for name, person, limits in DEPARTMENTS:
                if name in known:
                    continue
                department = await reviews.add_department(session, name, actor=admin, now=at)
                account_id = self.cast.actor(person).account_id
                assert account_id is not None
                await reviews.set_member(session, account_id, department.id, actor=admin, now=at)
                await reviews.assign(session, department.id, limits, actor=admin, now=at)

    async def near_its_end(self, lot: DemonstrationLot) -> None:
        """Planning and housing have agreed, the environment is silent, the treasury is late; the centre has agreed."""
        days = self.days
        async with self.database.work() as session:
            case_id, parts = await self._hand_in(session, lot, days.first)
            await self._agree(session, parts, PLANNING, "符合国土空间规划，同意进场。", days.on(1, 10))
            await self._agree(session, parts, HOUSING, "规划条件齐备，同意。", days.on(1, 15))
            await self._agree(session, parts, None, "材料齐全。", days.on(2, 9))
            for moment in (days.on(2, 9.5), days.on(3, 17.1), days.on(4, 8)):
                await tick(await hold(session, case_id), self.platform, now=moment)

    async def back_for_completion(self, lot: DemonstrationLot) -> None:
        """Two departments miss something; the one notice has gone out, and the entry is back with its officer."""
        days = self.days
        async with self.database.work() as session:
            case_id, parts = await self._hand_in(session, lot, days.on(3, 9))
            await self._ask(session, parts, ENVIRONMENT, paper("environment"), "请补交土壤污染状况调查报告及评审意见。")
            await self._ask(
                session, parts, TREASURY, field("deposit"), "竞买保证金未写明缴纳账户，请在出让条件中补充。"
            )
            await tick(await hold(session, case_id), self.platform, now=days.on(4, 17))

    async def _hand_in(
        self, session: AsyncSession, lot: DemonstrationLot, at: datetime
    ) -> tuple[UUID, dict[str, ReviewPart]]:
        officer, project_id = self.cast.actor(OFFICER), new_id()
        await entry.save_draft(session, project_id, lot.form(), actor=officer, demonstration=True, now=at)
        await reviews.hand_in(session, project_id, actor=officer, demonstration=True, now=at)
        case = await reviews.newest_case(session, project_id)
        assert case is not None
        parts = (await reviews.parts_of(session, [case]))[case.id]
        names = {name: person.sign_in_name for name, person, _limits in DEPARTMENTS}
        return case.id, {names.get(part.department_name, ""): part for part in parts}

    async def _agree(
        self,
        session: AsyncSession,
        parts: dict[str, ReviewPart],
        person: Person | None,
        opinion: str,
        at: datetime,
    ) -> None:
        part, actor = parts["" if person is None else person.sign_in_name], self._actor(person)
        await reviews.agree(session, part.id, opinion, self.platform, actor=actor, now=at)

    async def _ask(
        self, session: AsyncSession, parts: dict[str, ReviewPart], person: Person, target: str, words: str
    ) -> None:
        at, part = self.days.on(3, 14), parts[person.sign_in_name]
        await reviews.add_item(session, part.id, target, words, actor=self._actor(person), now=at)

    def _actor(self, person: Person | None) -> Actor:
        return self.cast.actor(REVIEWER if person is None else person)

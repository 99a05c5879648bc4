"""Service ratings of the demonstration: windows, an agency's entries of earlier quarters, and what both sides said.

All of it goes through the use cases of the pages, at moments that lie back: entries handed in and decided, on the spot,
in time or late; both sides asked; ratings given, opened and counted. Of yesterday's sale everybody but you has rated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewUnit
from trading.demonstration.lots import typed
from trading.demonstration.offering import Cast
from trading.demonstration.people import ADMIN, OFFICER, REVIEWER, ROBOTS, Person
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import midnight
from trading.projects import entry
from trading.projects.purchase_profiles import DEMONSTRATION_PURCHASE
from trading.projects.rules import ProjectKind
from trading.projects.working_days import WorkingDaysUnknown, working_days_after
from trading.ratings import service, windows
from trading.ratings.quarters import quarters_to
from trading.ratings.rules import QUESTIONS, Answers, Side
from trading.reviews import service as reviews
from trading.reviews.figures import quarter_of
from trading.reviews.service import Platform

AGENCY_PERSON = Person(
    "agency", "秦代理", frozenset({Role.OFFICER}), "enters projects for owners", "代理机构，代办进场"
)
AGENCY = NewUnit(
    name="泸州演示招标代理有限公司",
    credit_code="91510522MADEM0061J",
    bank_account_name="泸州演示招标代理有限公司",
    bank_account_number="62284805220000061",
    contact_name="秦代理",
    phone="0830-0000000",
    is_demonstration=True,
)
LEASES = ("县体育馆羽毛球馆", "旧粮站仓库", "县文化馆临街门面", "河滨停车场", "职业中学食堂", "乡镇闲置校舍")
WINDOWS = (("A01", "土地与矿业权交易窗口", OFFICER), ("A02", "项目进场受理窗口", REVIEWER))
EARLIER_QUARTERS = 3
OPENED_BEFORE = timedelta(days=400)

# In how many working days each entry of a quarter was decided; five is beyond the three that were promised.
_DECIDED_AFTER = (0, 1, 0, 2, 1, 5)
_OVERALL = ((5, 4, 4, 3, 5, 2), (5, 4, 5, 3, 4, 4), (5, 5, 4, 5, 4, 4))
_SAID = ("窗口一次讲清了需要的材料，节约了来回时间。", "", "希望电话能更快接通。", "", "", "审查比承诺的晚了两天。")


@dataclass(frozen=True)
class _Laying:
    database: Database
    cast: Cast
    platform: Platform
    now: datetime

    async def windows(self) -> None:
        for number, name, person in WINDOWS:
            form = {"number": number, "name": name, "officer": str(self.cast.actor(person).account_id)}
            async with self.database.work() as session:
                admin, at = self.cast.actor(ADMIN), self.now - OPENED_BEFORE
                wrong = await windows.open_window(session, form, actor=admin, now=at)
                assert not wrong, wrong

    async def agency(self) -> Actor:
        """The agency's account."""
        at, actor = self.now - OPENED_BEFORE, Actor.system("demonstration")
        async with self.database.work() as session:
            unit = await accounts.create_unit(session, AGENCY, actor=actor, now=at)
            made = await accounts.create_account(session, AGENCY_PERSON.account(), unit=unit, actor=actor, now=at)
        return accounts.actor_for(made)

    async def quarter(self, agency: Actor, place: int, first: date) -> None:
        """Six entries of a quarter, decided, then rated by both sides and counted."""
        decided = midnight(first)
        for number, days in enumerate(_DECIDED_AFTER):
            came = working_days_after(first, 1 + number // 3)
            received, decided = _hour(came, 9), _hour(working_days_after(came, days), 16)
            async with self.database.work() as session:
                await self._entry(session, agency, LEASES[number], received, decided)
        asked = decided + timedelta(hours=1)
        async with self.database.work() as session:
            await service.ask_all(session, asked)
        await self._rate(agency, self.cast.actor(REVIEWER), _OVERALL[place], _SAID, asked)

    async def sales(self) -> None:
        """The units that bid by themselves have rated what ended lately, and so has the officer."""
        async with self.database.work() as session:
            await service.ask_all(session, self.now)
        for robot, overall in zip(ROBOTS, ((5, 4, 4), (4, 5, 4), (5, 3, 5)), strict=True):
            await self._rate(self.cast.actor(robot.person), self.cast.actor(OFFICER), overall, (), self.now)

    async def _entry(
        self, session: AsyncSession, agency: Actor, title: str, received: datetime, decided: datetime
    ) -> None:
        project_id = new_id()
        form = _form(title, received)
        await entry.save_draft(session, project_id, form, actor=agency, demonstration=True, now=received)
        await reviews.hand_in(session, project_id, actor=agency, demonstration=True, now=received)
        case = await reviews.newest_case(session, project_id)
        assert case is not None
        [part] = (await reviews.parts_of(session, [case]))[case.id]
        reviewer = self.cast.actor(REVIEWER)
        await reviews.agree(session, part.id, "材料齐全，同意进场。", self.platform, actor=reviewer, now=decided)

    async def _rate(
        self, unit: Actor, officer: Actor, overall: Sequence[int], said: Sequence[str], now: datetime
    ) -> None:
        """As many of what waits for the unit as there are scores, by both sides; then what is enough is counted."""
        async with self.database.work() as session:
            waiting, _over = await service.asked_of(session, unit, now)
            theirs = [each.request.id for each in waiting if each.side is Side.UNIT]
            for place, (request_id, score) in enumerate(zip(theirs, overall, strict=False)):
                words = said[place] if place < len(said) else ""
                await self._give(session, request_id, Side.UNIT, score, words, unit, now)
                await self._give(session, request_id, Side.OFFICER, 5 - place % 2, "", officer, now)
            await service.count_enough(session, now)

    async def _give(
        self, session: AsyncSession, request_id: UUID, side: Side, score: int, words: str, actor: Actor, now: datetime
    ) -> None:
        answers = Answers(_scores(side, score), words)
        await service.give(session, request_id, answers, actor=actor, now=now)


async def lay_ratings(database: Database, cast: Cast, platform: Platform, now: datetime) -> None:
    """Lay windows, history and ratings, at the first start. A year whose holidays are not known has no history."""
    laying = _Laying(database, cast, platform, now)
    async with database.reading() as session:
        if AGENCY_PERSON.sign_in_name in {each.sign_in_name for each in await accounts.list_accounts(session)}:
            return
    await laying.windows()
    agency = await laying.agency()
    earlier = quarters_to(quarter_of(now).previous, EARLIER_QUARTERS)
    try:
        for place, quarter in enumerate(earlier):
            await laying.quarter(agency, place, date(quarter.year, 3 * quarter.number, 5))
    except WorkingDaysUnknown:
        pass
    await laying.sales()


def _form(title: str, now: datetime) -> dict[str, str]:
    return {
        "kind": ProjectKind.OTHER.value,
        "rule_profile": DEMONSTRATION_PURCHASE.name,
        "title": f"{title}招租（{now.year} 年）",
        "owner_name": "合江县教育局（演示）",
        "contact": "秦代理 0830-0000000",
        "qualification": "独立法人，近三年有同类业绩。",
        "takes_joint_bids": "no",
        "bids_close_at": typed(now + timedelta(days=30)),
        "place": "县公共资源交易中心第二开标室",
        "lot1_title": "全部内容",
        "legal_basis": "合江县小型项目比选办法（演示）第五条",
        "decided_by": "局长办公会（演示）",
        "warning_read": "yes",
        "way_of_trade": "公开竞租，符合条件者均可报名，价高者得；不足两家时协商。",
        "lot1_content": f"{title}整体出租，租期三年。",
        "lot1_budget": "",
    }


def _scores(side: Side, overall: int) -> Mapping[str, int]:
    """Scores about the one on the whole, a little better or worse from question to question."""
    return {
        question.code: min(5, max(1, overall + (place % 3 == 1) - (place % 4 == 2)))
        if place + 1 < len(QUESTIONS[side])
        else overall
        for place, question in enumerate(QUESTIONS[side])
    }


def _hour(day: date, hour: int) -> datetime:
    return midnight(day) + timedelta(hours=hour)

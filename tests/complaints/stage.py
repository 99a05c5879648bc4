"""A published project with its officer, units that could take part, a supervisor; and papers as people type them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from stdnum.cn import uscc

from tests.projects.forms import NOW
from tests.projects.kind_forms import form_of_kind
from tests.projects.people import PASSWORD, make_account
from tests.projects.test_entry import agree, save, submit
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount, NewUnit, actor_for
from trading.complaints import handling, service
from trading.complaints.contents import Opinion, SuspensionGrounds
from trading.complaints.models import Matter
from trading.complaints.procedures import About, Paper
from trading.complaints.rules import Effect, Outcome
from trading.complaints.service import Wish
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.rules import ProjectKind
from trading.publication import releasing
from trading.publication import service as publication
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.publication.releases import seen_of

T = TypeVar("T")
REJECTED = Opinion(Outcome.REJECTED, Effect.GOES_ON, "经核查，质疑事项不成立。", "政府采购法第三十五条")
SUSPENSION = SuspensionGrounds("需要调取评审资料核查", "财政部令第94号第二十八条", 30)
PAPER = {
    "address": "合江县符阳街道少岷路1号",
    "postcode": "646200",
    "contact_name": "张三",
    "phone": "0830-5260000",
    "documents_on": "2026-11-03",
    "known_on": "2026-11-03",
    "matters": "一、参数指向特定品牌。\n二、业绩要求过高。",
    "facts": "采购文件第三章第2.1条。",
    "law": "政府采购法实施条例第二十条",
    "demand": "修改采购文件。",
    "respondent": "合江县中医院，合江县符阳街道",
    "history": "已答复，但没有说明参数来源。",
    "elsewhere": "no",
    "signed_by": "李四",
    "signed_as": "legal_representative",
    "declared": "yes",
}


def at(month: int, day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2026, typed as local time."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC)


@dataclass
class Stage:
    """One published project and its people."""

    database: Database
    project_id: UUID
    officer: Actor
    colleague: Actor
    supervisor: Actor
    units: list[Actor] = field(default_factory=list)

    @property
    def unit(self) -> Actor:
        """The unit that raises things."""
        return self.units[0]

    async def work(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """One transaction."""
        async with self.database.work() as session:
            return await act(session)

    def wish(self, paper: Paper, about: About, **more: Any) -> Wish:
        """What somebody wants to raise about the project."""
        return Wish(self.project_id, paper, about, **more)

    async def raise_(
        self,
        paper: Paper,
        about: About,
        now: datetime,
        *,
        form: dict[str, str] | None = None,
        who: Actor | None = None,
        prior: Matter | None = None,
        matter_id: UUID | None = None,
    ) -> Matter:
        """A unit raises something."""
        wish = self.wish(paper, about, prior_id=None if prior is None else prior.id)
        typed = PAPER if form is None else form
        return await self.work(
            lambda session: service.raise_matter(
                session, matter_id or new_id(), wish, typed, actor=who or self.unit, now=now
            )
        )

    async def answer(self, matter: Matter, now: datetime, opinion: Opinion = REJECTED) -> Matter:
        """The officer answers."""
        return await self.work(lambda session: service.answer(session, matter.id, opinion, actor=self.officer, now=now))

    async def suspend(self, matter: Matter, now: datetime, grounds: SuspensionGrounds = SUSPENSION) -> Matter:
        """The supervisor suspends the project."""
        return await self.work(
            lambda session: handling.suspend(session, matter.id, grounds, actor=self.supervisor, now=now)
        )

    async def accept(self, matter: Matter, now: datetime) -> Matter:
        """The supervisor accepts a complaint."""
        return await self.work(lambda session: handling.accept(session, matter.id, actor=self.supervisor, now=now))

    async def decide(self, matter: Matter, now: datetime, opinion: Opinion = REJECTED) -> Matter:
        """The supervisor decides on a complaint."""
        return await self.work(
            lambda session: handling.decide(session, matter.id, opinion, "驳回投诉。", actor=self.supervisor, now=now)
        )

    async def complained(self, raised: datetime, answered: datetime, complained: datetime) -> Matter:
        """A query about the documents that was answered, and the complaint after it."""
        query = await self.raise_(Paper.QUERY, About.DOCUMENTS, raised)
        await self.answer(query, answered)
        return await self.raise_(Paper.COMPLAINT, About.DOCUMENTS, complained, prior=query)

    async def facts(self) -> list[tuple[str, dict[str, Any]]]:
        """What the project's stream tells, in order."""
        async with self.database.reading() as session:
            return [(each.kind, each.body) for each in await journal_store.read(session, f"project:{self.project_id}")]

    async def kinds(self) -> list[str]:
        """The kinds of the facts about what was raised and suspended."""
        beginnings = ("query_", "objection_", "complaint_", "project_suspended", "project_resumed", "suspension_")
        return [kind for kind, _body in await self.facts() if kind.startswith(beginnings)]

    async def lot(self) -> Lot:
        """The project's first lot as it stands."""
        async with self.database.reading() as session:
            return (await projects.lots_of(session, self.project_id))[0]

    async def publish(self, kind: AnnouncementKind, now: datetime, **facts: Any) -> Announcement:
        """An announcement of the project, published at once."""
        lot = await self.lot()
        return await self.work(
            lambda session: publication.publish(
                session, kind, self.project_id, lot.id, facts, now=now, actor=self.officer
            )
        )

    async def tick_announcements(self, now: datetime) -> list[Announcement]:
        """What waits is published; returns all announcements of the project."""
        while await self.work(lambda session: releasing.publish_next(session, now)):
            pass
        async with self.database.reading() as session:
            return await publication.announcements_of(session, self.project_id)


async def make_unit(database: Database, number: int, now: datetime, name: str = "") -> Account:
    """A unit that could take part, with its account."""
    code = f"91510522MA{number:07d}"
    unit_name = name or f"演示供应商{number}号有限公司"
    new = NewUnit(
        name=unit_name,
        credit_code=code + uscc.calc_check_digit(code),
        bank_account_name=unit_name,
        bank_account_number=f"62220000000{number:05d}",
        contact_name="张三",
        phone="0830-5260000",
    )
    async with database.work() as session:
        unit = await accounts.create_unit(session, new, actor=Actor.system("test"), now=now)
        account = NewAccount(f"supplier{number}", f"供应商{number}", PASSWORD, frozenset({Role.BIDDER}))
        return await accounts.create_account(session, account, unit=unit, actor=Actor.system("test"), now=now)


async def published(
    database: Database,
    kind: ProjectKind = ProjectKind.GOVERNMENT_PROCUREMENT,
    *,
    now: datetime = NOW,
    people_since: datetime | None = None,
    **changed: str,
) -> Stage:
    """A project of this kind, entered and announced at `now` by its officer and a colleague."""
    since = people_since or now
    officer = actor_for(await make_account(database, "officer", since, Role.OFFICER))
    colleague = actor_for(await make_account(database, "colleague", since, Role.OFFICER))
    supervisor = actor_for(await make_account(database, "supervisor", since, Role.SUPERVISOR))
    project_id = await save(database, officer, form_of_kind(kind, **changed))
    await submit(database, officer, project_id)
    await agree(database, colleague, project_id)
    announced = AnnouncementKind.SALE if kind.is_sale else AnnouncementKind.TENDER
    async with database.work() as session:
        release = await releasing.prepare(session, project_id, releasing.Draft(announced, {}), actor=officer, now=now)
        seen = seen_of(release)
        await releasing.release_at(session, release.id, typed_moment="", seen=seen, actor=colleague, now=now)
    units = [actor_for(await make_unit(database, number, since)) for number in (1, 2)]
    return Stage(database, project_id, officer, colleague, supervisor, units)

"""Departments with their reviewers, officers, and entries that wait for them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tests.projects.forms import land_form
from tests.projects.people import CODES, make_account, make_officer
from trading.accounts.rules import Actor, Role
from trading.accounts.service import actor_for
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectKind
from trading.reviews import service as reviews
from trading.reviews.lookups import items_of, newest_case, parts_of
from trading.reviews.models import ReviewCase, ReviewItem, ReviewPart

PLATFORM = reviews.Platform(CODES, demonstration=True)
ADMIN = Actor.system("test")
LIMITS = {"自然资源和规划局": 5, "财政局": 5, "生态环境局": 3}
FORM = {
    "registration_opens_at": "2026-12-01 09:00",
    "registration_closes_at": "2026-12-21 17:00",
    "starts_at": "2026-12-28 09:30",
}


def at(text: str) -> datetime:
    """A moment in Beijing time: `2026-11-02 09:30`."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC)


MONDAY = at("2026-11-02 09:30")


@dataclass
class Stage:
    """One database with people. Reviewers are named after their departments."""

    database: Database
    officer: Actor
    colleague: Actor
    reviewers: dict[str, Actor] = field(default_factory=dict)

    async def department(self, name: str, days: int | None, *, kind: ProjectKind = ProjectKind.LAND) -> UUID:
        """A department with one reviewer that reviews a kind of project within so many working days."""
        account = await make_account(self.database, f"reviewer{len(self.reviewers)}", MONDAY, Role.REVIEWER)
        self.reviewers[name] = actor_for(account)
        async with self.database.work() as session:
            made = await reviews.add_department(session, name, actor=ADMIN, now=MONDAY)
            await reviews.set_member(session, account.id, made.id, actor=ADMIN, now=MONDAY)
            await reviews.assign(session, made.id, {kind: days}, actor=ADMIN, now=MONDAY)
            return made.id

    async def hand_in(self, now: datetime, project_id: UUID | None = None, **changed: str) -> UUID:
        """The officer types an entry and hands it in, or what has come back again."""
        made = new_id() if project_id is None else project_id
        form = land_form(**(FORM | changed))
        async with self.database.work() as session:
            await entry.save_draft(session, made, form, actor=self.officer, demonstration=True, now=now)
            await reviews.hand_in(session, made, actor=self.officer, demonstration=True, now=now)
        return made

    async def case(self, project_id: UUID) -> ReviewCase:
        """The newest case of a project."""
        async with self.database.reading() as session:
            found = await newest_case(session, project_id)
        assert found is not None
        return found

    async def parts(self, project_id: UUID) -> dict[str, ReviewPart]:
        """The parts of the newest case by the department's name; the centre under `centre`."""
        case = await self.case(project_id)
        async with self.database.reading() as session:
            found = (await parts_of(session, [case]))[case.id]
        return {"centre" if part.department_id is None else part.department_name: part for part in found}

    async def items(self, project_id: UUID) -> list[ReviewItem]:
        """What was asked for in the newest case."""
        case = await self.case(project_id)
        async with self.database.reading() as session:
            return await items_of(session, case.id)

    async def project(self, project_id: UUID) -> Project:
        """The project as it stands."""
        async with self.database.reading() as session:
            return await projects.get_project(session, project_id)

    def who(self, name: str) -> Actor:
        """Who acts for a part."""
        return self.colleague if name == "centre" else self.reviewers[name]

    async def agree(self, project_id: UUID, name: str, now: datetime, opinion: str = "") -> None:
        """A department agrees."""
        part = (await self.parts(project_id))[name]
        async with self.database.work() as session:
            await reviews.agree(session, part.id, opinion, PLATFORM, actor=self.who(name), now=now)

    async def object_to(self, project_id: UUID, name: str, now: datetime, reasons: str) -> None:
        """A department objects."""
        part = (await self.parts(project_id))[name]
        async with self.database.work() as session:
            await reviews.object_to(session, part.id, reasons, PLATFORM, actor=self.who(name), now=now)

    async def ask(self, project_id: UUID, name: str, target: str, words: str, now: datetime) -> ReviewItem:
        """A department puts something on the list."""
        part = (await self.parts(project_id))[name]
        async with self.database.work() as session:
            return await reviews.add_item(session, part.id, target, words, actor=self.who(name), now=now)

    async def looked(self, project_id: UUID, name: str, now: datetime) -> None:
        """A department has looked through the papers."""
        part = (await self.parts(project_id))[name]
        async with self.database.work() as session:
            await reviews.finish_looking(session, part.id, PLATFORM, actor=self.who(name), now=now)

    async def clock(self, now: datetime) -> int:
        """What the platform does by itself at this moment."""

        async def read(_: object) -> datetime:
            return now

        return await reviews.run_clocks(self.database, PLATFORM, clock=read)

    async def days_pass(self, *moments: str) -> None:
        """The platform ticks at these moments."""
        for moment in moments:
            await self.clock(at(moment))


async def make_stage(database: Database, *, with_departments: bool = True) -> Stage:
    """Two officers and, unless said otherwise, three departments for land."""
    stage = Stage(
        database,
        await make_officer(database, "officer", MONDAY),
        await make_officer(database, "colleague", MONDAY),
    )
    for name, days in LIMITS.items() if with_departments else ():
        await stage.department(name, days)
    return stage

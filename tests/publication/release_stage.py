"""An entered project and two officers, for the tests of what is released."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tests.projects.forms import NOW, land_form
from tests.projects.people import make_officer
from tests.projects.test_entry import agree, save, submit
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.publication import releases, releasing, service
from trading.publication.models import Announcement, AnnouncementRelease
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementKind

SYSTEM = Actor.system("test")
SALE = Draft(AnnouncementKind.SALE, {})
CHANGE = {"change": "竞买保证金由四百七十二万二千元调整为五百万元。", "reason": "评估更新。", "affects_bids": "yes"}


@dataclass
class Stage:
    """An entered project, and two officers."""

    database: Database
    project_id: UUID
    first: Actor
    second: Actor

    async def prepare(self, draft: Draft = SALE, now: datetime = NOW, **more: UUID) -> AnnouncementRelease:
        async with self.database.work() as work:
            return await releasing.prepare(work, self.project_id, draft, actor=self.first, now=now, **more)

    async def release(
        self, release: AnnouncementRelease, moment: str = "", actor: Actor | None = None, now: datetime = NOW
    ) -> AnnouncementRelease:
        async with self.database.work() as work:
            seen = releases.seen_of(release)
            return await releasing.release_at(
                work, release.id, typed_moment=moment, seen=seen, actor=actor or self.second, now=now
            )

    async def publish_next(self, now: datetime) -> UUID | None:
        async with self.database.work() as work:
            return await releasing.publish_next(work, now)

    async def state(self, release: AnnouncementRelease) -> AnnouncementRelease:
        async with self.database.reading() as session:
            return await releases.get_release(session, release.id)

    async def announcements(self) -> list[Announcement]:
        async with self.database.reading() as session:
            return await service.announcements_of(session, self.project_id)

    async def told(self) -> list[str]:
        async with self.database.reading() as session:
            return [one.kind for one in await projects.history_of(session, self.project_id)]

    async def published(self) -> Announcement:
        """The sale, prepared, released and published."""
        await self.release(await self.prepare())
        return (await self.announcements())[0]


async def entered(database: Database, form: dict[str, str] | None = None) -> Stage:
    """A project that is entered, with its officer in charge and the one who reviewed it; land unless told otherwise."""
    first, second = await make_officer(database, "first", NOW), await make_officer(database, "second", NOW)
    project_id = await save(database, first, form or land_form())
    await submit(database, first, project_id)
    await agree(database, second, project_id)
    return Stage(database, project_id, first, second)

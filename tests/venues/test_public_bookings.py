"""The public page of a project says when and where it is opened or auctioned, and nothing of evaluations."""

from datetime import datetime
from uuid import UUID

from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.venues.stage import EVALUATION_ROOM, add_room, book, make_project, on_day, wanted
from tests.venues.test_pages import account, client, now, room
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.kernel.database import Database
from trading.kernel.moments import local_day
from trading.projects.models import Project
from trading.venues import service
from trading.venues.rules import Purpose

__all__ = ["account", "client", "now", "room"]


async def test_openings_and_auctions_are_public_evaluations_meetings_and_cancelled_ones_are_not(
    client: AsyncTestClient[Litestar], database: Database, room: UUID, account: Account, now: datetime
) -> None:
    actor = accounts.actor_for(account)
    evaluation_room = await add_room(database, now, EVALUATION_ROOM)
    project_id = await make_project(database, now, account.id)
    times = [on_day(now, days, "10:00", "11:00") for days in (7, 8, 9, 10)]
    of = {"project_id": project_id}
    opening = await book(database, wanted(room, actor, times[0], **of), actor, now)
    cancelled = await book(database, wanted(room, actor, times[1], **of), actor, now)
    secret = wanted(evaluation_room, actor, times[2], purpose=Purpose.EVALUATION, committee=("甲专家",), **of)
    await book(database, secret, actor, now)
    await book(database, wanted(room, actor, times[3], purpose=Purpose.JOINT_MEETING, **of), actor, now)
    async with database.work() as session:
        await service.cancel(session, cancelled.id, reason="改期", actor=actor, now=now)
    async with database.reading() as session:
        assert [booking.id for booking, _venue in await service.public_bookings(session, project_id)] == [opening.id]
    page = (await client.get(f"/projects/{project_id}", headers={"accept": "text/html", "cookie": "language=en"})).text
    assert "When and where" in page
    assert "301 第一开标室" in page
    assert "主楼三层" in page
    days = [local_day(time.starts_at).isoformat() for time in times[1:]]
    for hidden in ("评标室", "甲专家", "Evaluation of bids", *days):
        assert hidden not in page


async def test_a_project_that_is_not_published_shows_no_booking(
    database: Database, room: UUID, account: Account, now: datetime
) -> None:
    actor = accounts.actor_for(account)
    project_id = await make_project(database, now, account.id)
    await book(database, wanted(room, actor, on_day(now, 7, "10:00", "11:00"), project_id=project_id), actor, now)
    async with database.work() as session:
        project = await session.get_one(Project, project_id)
        project.published_at = None
    async with database.reading() as session:
        assert await service.public_bookings(session, project_id) == []

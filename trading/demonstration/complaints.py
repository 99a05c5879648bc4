"""What was raised: a query of the visitor that was answered, and a complaint that suspends its project."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from trading.complaints import handling, service
from trading.complaints.contents import Opinion, SuspensionGrounds
from trading.complaints.lookups import matters_of_project
from trading.complaints.procedures import About, Paper
from trading.complaints.rules import Effect, Outcome
from trading.complaints.service import Wish
from trading.demonstration.offering import Cast
from trading.demonstration.people import OFFICER, ROBOTS, SUPERVISOR, VISITOR, Bidder
from trading.demonstration.projects_of_kinds import KindProject, Reached, lay_project, projects_of_kinds
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import local_day
from trading.projects.models import Project
from trading.projects.rules import ProjectKind
from trading.projects.working_days import WorkingDaysUnknown
from trading.settings import Settings

_QUERIED = "县中医院医用设备采购"
_COMPLAINED = "县人民医院病房家具采购"
_BEFORE = timedelta(days=6)

_QUERY = {
    "matters": "采购文件第三章第2.1条“探头不少于5把，且须为同一进口品牌”指向特定品牌。",
    "facts": "经查询公开产品目录，仅有一家厂商的产品同时满足该两项要求。",
    "law": "《政府采购法实施条例》第二十条第（六）项",
    "demand": "删除“同一进口品牌”的要求，并顺延投标截止时间。",
}
_ANSWER = Opinion(
    Outcome.PARTLY,
    Effect.AMENDED,
    "经核查，“须为同一进口品牌”的表述不当，将发布澄清公告删去；“探头不少于5把”为临床使用需要，至少三家厂商的产品满足，予以保留。",
    "《政府采购质疑和投诉办法》第十六条",
)
_SECOND_QUERY = {
    "matters": "资格条件要求近三年在本县有同类业绩，排斥外地供应商。",
    "facts": "采购文件第二章第1.4条。",
    "law": "《政府采购法》第二十二条",
    "demand": "删除本县业绩要求。",
}
_REJECTED = Opinion(
    Outcome.REJECTED,
    Effect.GOES_ON,
    "该要求为保证售后响应时间，不属于差别待遇，质疑事项不成立。",
    "《政府采购质疑和投诉办法》第十六条",
)
_GROUNDS = SuspensionGrounds(
    "投诉事项影响供应商范围，需要向采购人调取论证材料。", "《政府采购质疑和投诉办法》第二十八条", 30
)


async def lay_complaints(database: Database, cast: Cast, settings: Settings, now: datetime) -> None:
    """Lay what is missing. In a year whose holidays are not known nothing can be timed, so nothing is raised."""
    with suppress(WorkingDaysUnknown):
        queried = await _project_titled(database, _QUERIED)
        if queried is not None and not await _is_raised(database, queried):
            await _answered_query(database, queried, VISITOR, cast, _QUERY, _ANSWER, now)
        if await _project_titled(database, _COMPLAINED) is None:
            then = now - _BEFORE
            await lay_project(database, _furniture(then), cast, settings, then)
            project_id = await _project_titled(database, _COMPLAINED)
            assert project_id is not None, "it was laid just now"
            await _complaint(database, project_id, cast, then)


def _furniture(then: datetime) -> KindProject:
    """A purchase like another one of the demonstration, with a title of its own."""
    like = next(each for each in projects_of_kinds(then) if each.form["title"] == _QUERIED)
    form = {name: value for name, value in like.form.items() if not name.startswith("lot2_")}
    own = {
        "title": _COMPLAINED,
        "owner_name": "合江县人民医院（演示）",
        "plan_number": "演示-2026-0198",
        "lot_count": "1",
        "lot1_title": "病房家具",
        "lot1_content": "病床、床头柜、陪护椅各 120 套。",
        "lot1_budget": "860,000",
        "lot1_highest_price": "840,000",
        "lot1_deposit": "17,000",
    }
    return KindProject(ProjectKind.GOVERNMENT_PROCUREMENT, form | own, Reached.PUBLISHED)


async def _complaint(database: Database, project_id: UUID, cast: Cast, then: datetime) -> None:
    """Two days after the query and its answer somebody complains; accepted and suspended a day later."""
    who, supervisor = ROBOTS[0], cast.actor(SUPERVISOR)
    prior = await _answered_query(database, project_id, who, cast, _SECOND_QUERY, _REJECTED, then + timedelta(hours=3))
    complained = then + timedelta(days=4)
    async with database.work() as session:
        wish = Wish(project_id, Paper.COMPLAINT, About.DOCUMENTS, prior_id=prior)
        form = _SECOND_QUERY | {
            "respondent": "合江县人民医院（演示），合江县符阳街道",
            "history": "采购人答复质疑不成立，但没有说明本县业绩与售后响应的关系。",
            "elsewhere": "no",
        }
        complaint = await service.raise_matter(
            session, new_id(), wish, _paper(who, complained) | form, actor=cast.actor(who.person), now=complained
        )
        accepted = complained + timedelta(days=1)
        await handling.accept(session, complaint.id, actor=supervisor, now=accepted)
        await handling.suspend(session, complaint.id, _GROUNDS, actor=supervisor, now=accepted)


async def _answered_query(
    database: Database, project_id: UUID, who: Bidder, cast: Cast, said: dict[str, str], opinion: Opinion, now: datetime
) -> UUID:
    async with database.work() as session:
        query = await service.raise_matter(
            session,
            new_id(),
            Wish(project_id, Paper.QUERY, About.DOCUMENTS),
            _paper(who, now) | said,
            actor=cast.actor(who.person),
            now=now,
        )
        await service.answer(session, query.id, opinion, actor=cast.actor(OFFICER), now=now)
        return query.id


def _paper(who: Bidder, now: datetime) -> dict[str, str]:
    return {
        "address": "合江县符阳街道少岷南路 1 号（演示）",
        "postcode": "646200",
        "contact_name": who.unit.contact_name,
        "phone": who.unit.phone,
        "documents_on": local_day(now).isoformat(),
        "signed_by": who.unit.contact_name,
        "signed_as": "legal_representative",
        "declared": "yes",
    }


async def _project_titled(database: Database, title: str) -> UUID | None:
    async with database.reading() as session:
        query = select(Project.id).where(Project.title == title, Project.is_demonstration)
        return await session.scalar(query.limit(1))


async def _is_raised(database: Database, project_id: UUID) -> bool:
    async with database.reading() as session:
        return bool(await matters_of_project(session, project_id))

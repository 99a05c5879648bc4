"""Announcements on their way: one corrected already, one waiting for its release, one set for a working day at nine."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.demonstration.offering import Cast
from trading.demonstration.people import OFFICER, REVIEWER
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectKind, ProjectState
from trading.publication import releasing, service, texts
from trading.publication.default_texts import TEXTS
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.publication.release_rules import proposed_moments
from trading.publication.releases import on_their_way, seen_of
from trading.publication.releasing import Draft

_NO_EFFECT = {"affects_bids": "no", "no_effect_reason": "仅为表述更清楚，不改变任何条件。"}
_CORRECTION = {"correction": "现场咨询地点“交易中心一楼”更正为“交易中心二楼203室”。"} | _NO_EFFECT
_CLARIFICATION = {
    "question": "保证金可否由母公司代为交纳？",
    "clarification": "不可以。竞买保证金须从竞买人本单位的账户交纳，由他人代交的退回原账户。",
} | _NO_EFFECT
_LATER = {"clarification": "踏勘时间为报名期间每个工作日的 09:00 至 11:00，请提前一日电话预约。"} | _NO_EFFECT


async def lay_announcements(database: Database, cast: Cast, now: datetime) -> None:
    """Lay them for the sale that still takes registrations, unless some are on their way already."""
    async with database.work() as session:
        sale = await _sale_open_for_registration(session, cast, now)
        if sale is None or await on_their_way(session, project_id=sale.project_id):
            return
        officer, reviewer = cast.actor(OFFICER), cast.actor(REVIEWER)
        await _released(session, sale, AnnouncementKind.CORRECTION, _CORRECTION, "", officer, reviewer, now)
        moments = proposed_moments(now)
        if moments:
            typed = moments[0].astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            await _released(session, sale, AnnouncementKind.CLARIFICATION, _LATER, typed, officer, reviewer, now)
        corrected = (await service.announcements_of(session, sale.project_id))[-1]
        draft = Draft(AnnouncementKind.CLARIFICATION, _CLARIFICATION, follows=corrected.id)
        await releasing.prepare(session, sale.project_id, draft, actor=officer, now=now)
        await _propose_text(session, now)


async def _released(
    session: AsyncSession,
    sale: Announcement,
    kind: AnnouncementKind,
    typed: dict[str, str],
    moment: str,
    officer: Actor,
    reviewer: Actor,
    now: datetime,
) -> None:
    draft = Draft(kind, typed, follows=sale.id)
    release = await releasing.prepare(session, sale.project_id, draft, actor=officer, now=now)
    await releasing.release_at(session, release.id, typed_moment=moment, seen=seen_of(release), actor=reviewer, now=now)


async def _propose_text(session: AsyncSession, now: datetime) -> None:
    kind = AnnouncementKind.RESULT
    if await texts.versions(session, kind):
        return
    source = TEXTS[kind].replace("现将结果公告如下", "根据竞价记录，现将结果公告如下")
    note = "按法规科意见补充“根据竞价记录”。"
    await texts.propose(session, kind, source, note, actor=Actor.system("demonstration"), now=now)


async def _sale_open_for_registration(session: AsyncSession, cast: Cast, now: datetime) -> Announcement | None:
    account = cast.actor(OFFICER).account_id
    assert account is not None
    ours = [one for one in await projects.projects_of(session, account) if _is_published_land(one)]
    for project in ours:
        [lot, *_others] = await projects.lots_of(session, project.id)
        if lot.starts_at > now + timedelta(days=1):
            return (await service.announcements_of(session, project.id))[0]
    return None


def _is_published_land(project: Project) -> bool:
    return project.is_demonstration and project.kind == ProjectKind.LAND and project.state == ProjectState.PUBLISHED

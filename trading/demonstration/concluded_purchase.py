"""A purchase of last week that is over: announced, awarded in two lots to two suppliers, contracts published."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.demonstration.lots import typed
from trading.demonstration.offering import Cast
from trading.demonstration.people import OFFICER, REVIEWER
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.moments import SHANGHAI
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.entry import PlatformCodes
from trading.projects.purchase_profiles import DEMONSTRATION_PURCHASE
from trading.projects.rules import ProjectKind
from trading.projects.working_days import WorkingDaysUnknown
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind
from trading.publication.releases import seen_of
from trading.settings import Settings

PROJECT_ID = UUID("0190b1d2-0000-7000-8000-000000000402")
TITLE = "县图书馆数字阅览设备采购"
_LASTED = timedelta(days=9)
_AWARDS = (("自助借还机", "420,000", "396,500", "HT-01"), ("数字阅览终端", "680,000", "612,000", "HT-02"))
_SUPPLIERS = ("泸州文汇智能设备有限公司（演示）", "川南信联科技有限公司（演示）")


async def lay_concluded_purchase(database: Database, cast: Cast, settings: Settings, now: datetime) -> None:
    """Lay it once. In a year whose holidays are not known no period can be counted, and it is left out."""
    entered = (now - _LASTED).astimezone(SHANGHAI).replace(hour=9, minute=0, second=0, microsecond=0)
    with suppress(WorkingDaysUnknown):
        async with database.work() as session:
            try:
                await projects.get_project(session, PROJECT_ID)
            except NotFound:
                await _enter(session, cast, settings, entered)
                await _publish(session, cast, entered)


async def _enter(session: AsyncSession, cast: Cast, settings: Settings, entered: datetime) -> None:
    officer, reviewer = cast.actor(OFFICER), cast.actor(REVIEWER)
    codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
    form = {"kind": ProjectKind.GOVERNMENT_PROCUREMENT.value, **_form(entered)}
    await entry.save_draft(session, PROJECT_ID, form, actor=officer, demonstration=True, now=entered)
    await entry.submit(session, PROJECT_ID, actor=officer, demonstration=True, now=entered)
    agreed = entered + timedelta(hours=2)
    await entry.agree_to_entry(session, PROJECT_ID, codes, actor=reviewer, demonstration=True, now=agreed)


async def _publish(session: AsyncSession, cast: Cast, entered: datetime) -> None:
    """The tender on the day of the entry, the results five days later, the contracts the day after."""
    await _announce(session, cast, AnnouncementKind.TENDER, {}, None, entered + timedelta(hours=5))
    lots = await projects.lots_of(session, PROJECT_ID)
    for kind, at in ((AnnouncementKind.RESULT, 5), (AnnouncementKind.CONTRACT, 6)):
        for place, (lot, (_title, _budget, final, number)) in enumerate(zip(lots, _AWARDS, strict=True)):
            moment = entered + timedelta(days=at, hours=7 + place)
            said = {
                "winner_name": _SUPPLIERS[place],
                "final": final,
                "concluded_at": typed(moment - timedelta(hours=2)),
                "experts": "评审专家五人（演示）",
                "contract_number": f"演示-{number}",
                "supplier_name": _SUPPLIERS[place],
                "contract": final,
                "signed_at": typed(moment - timedelta(hours=2)),
                "subject": f"{lot.title}，含安装和三年质保。",
            }
            await _announce(session, cast, kind, said, lot.id, moment)


async def _announce(
    session: AsyncSession, cast: Cast, kind: AnnouncementKind, said: dict[str, str], lot_id: UUID | None, at: datetime
) -> None:
    draft = releasing.Draft(kind, said, lot_id=lot_id)
    release = await releasing.prepare(session, PROJECT_ID, draft, actor=cast.actor(OFFICER), now=at)
    await releasing.release_at(
        session, release.id, typed_moment="", seen=seen_of(release), actor=cast.actor(REVIEWER), now=at
    )


def _form(entered: datetime) -> dict[str, str]:
    lots = {
        f"lot{number}_{name}": words
        for number, (title, budget, _final, _contract) in enumerate(_AWARDS, start=1)
        for name, words in {"title": title, "content": f"{title}一批，含安装。", "budget": budget}.items()
    }
    return {
        "title": TITLE,
        "owner_name": "合江县图书馆（演示）",
        "rule_profile": DEMONSTRATION_PURCHASE.name,
        "category": "goods",
        "small_enterprises_only": "no",
        "funding": "县级财政预算",
        "method": "open_tender",
        "organised_by": "owner",
        "contact": "陈老师 0830-0000000",
        "qualification": "符合《政府采购法》第二十二条规定的条件。",
        "takes_joint_bids": "no",
        "documents_open_at": typed(entered + timedelta(hours=5)),
        "documents_close_at": typed(entered + timedelta(days=3)),
        "documents_how": "本平台免费获取",
        "bids_close_at": typed(entered + timedelta(days=5, hours=1)),
        "place": "县公共资源交易中心第一开标室",
        "lot_count": f"{len(_AWARDS)}",
        **lots,
    }

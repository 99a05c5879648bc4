"""Projects of every kind for the demonstration, each at another stage: drafts, in review, entered, published."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from trading.demonstration.lots import typed
from trading.demonstration.offering import Cast
from trading.demonstration.people import OFFICER, REVIEWER
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import SHANGHAI
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.entry import PlatformCodes
from trading.projects.profiles import DEMONSTRATION
from trading.projects.purchase_profiles import DEMONSTRATION_PURCHASE
from trading.projects.rules import ProjectKind
from trading.projects.working_days import WorkingDaysUnknown
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind
from trading.publication.releases import seen_of
from trading.reviews import service as reviews
from trading.settings import Settings

_MOST_PROJECTS = 100_000


At = Callable[..., str]
"""So many days from today, at an hour (and a minute), as the form takes it."""


class Reached(IntEnum):
    """How far a project has come."""

    DRAFT = 0
    SUBMITTED = 1
    ENTERED = 2
    PUBLISHED = 3


@dataclass(frozen=True)
class KindProject:
    """One project: its kind, what the officer typed, and how far it has come."""

    kind: ProjectKind
    form: Mapping[str, str]
    reached: Reached


async def lay_projects_of_kinds(database: Database, cast: Cast, settings: Settings, now: datetime) -> None:
    """Lay those that are missing, each in a transaction of its own."""
    officer = cast.actor(OFFICER).account_id
    assert officer is not None
    async with database.reading() as session:
        known = {project.title for project in await projects.projects_of(session, officer, limit=_MOST_PROJECTS)}
    for project in projects_of_kinds(now):
        if project.form["title"] not in known:
            await lay_project(database, project, cast, settings, now)


async def lay_project(database: Database, project: KindProject, cast: Cast, settings: Settings, now: datetime) -> None:
    """One project; in a year whose holidays are not known it stays a draft, because no review can be timed."""
    officer, reviewer, project_id = cast.actor(OFFICER), cast.actor(REVIEWER), new_id()
    form = dict(project.form) | {"kind": project.kind.value}
    async with database.work() as session:
        await entry.save_draft(session, project_id, form, actor=officer, demonstration=True, now=now)
        if project.reached >= Reached.ENTERED:
            codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
            await entry.submit(session, project_id, actor=officer, demonstration=True, now=now)
            await entry.agree_to_entry(session, project_id, codes, actor=reviewer, demonstration=True, now=now)
        if project.reached is Reached.PUBLISHED:
            kind = AnnouncementKind.SALE if project.kind.is_sale else AnnouncementKind.TENDER
            draft = releasing.Draft(kind, {})
            release = await releasing.prepare(session, project_id, draft, actor=officer, now=now)
            seen = seen_of(release)
            await releasing.release_at(session, release.id, typed_moment="", seen=seen, actor=reviewer, now=now)
    if project.reached is Reached.SUBMITTED:
        with suppress(WorkingDaysUnknown):
            async with database.work() as session:
                await reviews.hand_in(session, project_id, actor=officer, demonstration=True, now=now)


def projects_of_kinds(now: datetime) -> list[KindProject]:
    """The projects as an officer would type them, with dates that lie ahead of `now`."""
    day = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)

    def at(days: int, hour: int, minute: int = 0) -> str:
        return typed(day + timedelta(days=days, hours=hour, minutes=minute))

    dates = {
        "documents_open_at": typed(now),
        "documents_close_at": at(8, 17),
        "documents_how": "本平台免费获取",
        "bids_close_at": at(22, 10),
        "place": "县公共资源交易中心第一开标室",
    }
    return [*_procurement(dates, at), _works(dates), *_sales(at), *_selections(at)]


def _bought(dates: Mapping[str, str], title: str, owner: str, method: str) -> dict[str, str]:
    open_tender = method == "open_tender"
    return {
        "title": title,
        "owner_name": owner,
        "rule_profile": DEMONSTRATION_PURCHASE.name,
        "funding": "县级财政预算",
        "method": method,
        "method_reason": "" if open_tender else "符合法定适用情形，已经县财政局批准。",
        "organised_by": "owner" if open_tender else "central",
        "contact": "陈老师 0830-0000000",
        "qualification": "符合《政府采购法》第二十二条规定的条件，近三年无重大违法记录。",
        "takes_joint_bids": "no",
        **dates,
    }


def _procurement(dates: Mapping[str, str], at: At) -> list[KindProject]:
    kind = ProjectKind.GOVERNMENT_PROCUREMENT
    equipment = _bought(dates, "县中医院医用设备采购", "合江县中医院（演示）", "open_tender") | {
        "category": "goods",
        "small_enterprises_only": "no",
        "plan_number": "演示-2026-0231",
        "lot_count": "2",
        "lot1_title": "彩色超声诊断仪",
        "lot1_content": "全身应用彩色超声诊断仪 2 台，含安装、培训和三年保修。",
        "lot1_budget": "1,960,000",
        "lot1_highest_price": "1,900,000",
        "lot1_deposit": "39,000",
        "lot2_title": "全自动生化分析仪",
        "lot2_content": "全自动生化分析仪 1 台，测试速度不低于每小时 800 项。",
        "lot2_budget": "860,000",
        "lot2_deposit": "17,000",
    }
    property_service = _bought(
        dates, "县行政中心物业服务采购（演示）", "合江县机关事务服务中心（演示）", "consultation"
    ) | {
        "category": "services",
        "small_enterprises_only": "yes",
        "opening_at": at(22, 14, 30),
        "lot1_title": "物业服务",
        "lot1_content": "办公楼保洁、安保、会务服务，服务期一年。",
        "lot1_budget": "1,280,000",
    }
    computers = _bought(dates, "全县中小学教学终端采购", "合江县教育局（演示）", "price_inquiry") | {
        "category": "goods",
        "small_enterprises_only": "no",
        "green_channel": "yes",
        "green_channel_reason": "列入 2026 年县政府民生实事项目清单。",
        "lot1_title": "教学终端",
        "lot1_content": "教学平板电脑 600 台，含充电车。",
        "lot1_budget": "1,140,000",
    }
    return [
        KindProject(kind, equipment, Reached.PUBLISHED),
        KindProject(kind, property_service, Reached.SUBMITTED),
        KindProject(kind, computers, Reached.ENTERED),
    ]


def _works(dates: Mapping[str, str]) -> KindProject:
    form = _bought(dates, "符阳街道排水管网改造工程施工招标", "合江县住房和城乡建设局（演示）", "open_tender")
    return KindProject(
        ProjectKind.WORKS,
        form
        | {
            "approval": "合发改〔2026〕88 号（演示）",
            "works_type": "municipal",
            "location": "合江县符阳街道",
            "qualified": "after",
            "qualification": "具有市政公用工程施工总承包三级及以上资质。",
            "lot1_title": "管网改造施工",
            "lot1_content": "新建雨水管 3.2 公里、污水管 2.6 公里，路面恢复。",
            "lot1_budget": "12,600,000",
            "lot1_highest_price": "12,480,000",
            "lot1_duration_days": "240",
            "lot1_deposit": "200,000",
        },
        Reached.PUBLISHED,
    )


def _sales(at: At) -> list[KindProject]:
    common = {
        "rule_profile": DEMONSTRATION.name,
        "has_reserve": "no",
        "registration_opens_at": at(0, 0),
        "registration_closes_at": at(20, 17),
        "starts_at": at(23, 10),
        "conditions": "成交价款自成交确认书签订之日起三十日内付清。",
    }
    quarry = common | {
        "title": "九支镇建筑用砂岩矿采矿权拍卖出让",
        "owner_name": "合江县自然资源和规划局（演示）",
        "mining_right": "mining_small",
        "mineral": "建筑用砂岩",
        "location": "合江县九支镇",
        "area_km2": "0.1234",
        "corner_points": "1 3193000.12 35582000.34\n2 3193100.45 35582010.20\n"
        "3 3193090.66 35582160.75\n标高 520 米至 430 米",
        "resources": "保有资源量 98.5 万吨（2026 年 6 月储量报告）",
        "term_years": "10",
        "selling_method": "auction",
        "starting_price": "6,800,000",
        "increment": "100,000",
        "deposit": "1,360,000",
    }
    shops = common | {
        "title": "县属企业闲置门面房转让",
        "owner_name": "合江县国有资产经营公司（演示）",
        "asset_class": "real_estate",
        "description": "建筑面积 120.6 平方米，现状空置，无抵押、查封。",
        "location": "合江县符阳街道少岷南路 18 号",
        "valuation_report": "演示评报字〔2026〕第 18 号",
        "approval": "合国资〔2026〕7 号（演示）",
        "has_priority_right": "no",
        "selling_method": "online_auction",
        "valuation": "1,500,000",
        "starting_price": "1,200,000",
        "increment": "10,000",
        "deposit": "240,000",
    }
    return [
        KindProject(ProjectKind.MINING, quarry, Reached.PUBLISHED),
        KindProject(ProjectKind.PROPERTY, shops, Reached.ENTERED),
    ]


def _selections(at: At) -> list[KindProject]:
    common = {
        "rule_profile": DEMONSTRATION_PURCHASE.name,
        "owner_name": "合江县教育局（演示）",
        "contact": "陈老师 0830-0000000",
        "qualification": "独立法人，近三年有同类业绩。",
        "takes_joint_bids": "no",
        "bids_close_at": at(10, 10),
        "place": "县公共资源交易中心第二开标室",
        "lot1_title": "全部内容",
        "legal_basis": "合江县小型项目比选办法（演示）第五条",
        "decided_by": "局长办公会（演示）",
        "warning_read": "yes",
    }
    agency = common | {
        "title": "校舍维修项目招标代理机构比选",
        "method": "lowest_price",
        "lot1_content": "代理校舍维修项目施工招标全过程。",
        "lot1_budget": "60,000",
    }
    fixed = common | {
        "title": "乡村道路养护固定价比选",
        "lot1_content": "村道日常养护 32 公里，一年。",
        "lot1_budget": "380,000",
        "warning_read": "",
        "decided_by": "",
    }
    other = common | {
        "title": "县体育馆场地招租",
        "way_of_trade": "公开竞租，符合条件者均可报名，价高者得；不足两家时协商。",
        "lot1_content": "体育馆一层场地 860 平方米，租期三年。",
        "lot1_budget": "",
    }
    return [
        KindProject(ProjectKind.AGENCY_SELECTION, agency, Reached.SUBMITTED),
        KindProject(ProjectKind.FIXED_PRICE_SELECTION, fixed, Reached.DRAFT),
        KindProject(ProjectKind.OTHER, other, Reached.DRAFT),
    ]

"""An entry of every kind as an officer types it, without a fault when entered at NOW, for the tests to spoil."""

from tests.projects.forms import NOW, land_form
from trading.projects.rules import ProjectKind

__all__ = ["NOW", "form_of_kind", "two_lots"]

CREDIT_CODE = "91510522MADEM0011D"

_SALE = {
    "starting_price": "1,200,000",
    "increment": "10000",
    "deposit": "120000",
    "has_reserve": "no",
    "registration_opens_at": "2026-11-03 09:00",
}

_MINING = _SALE | {
    "title": "合江县九支镇砂岩矿采矿权出让",
    "owner_name": "合江县自然资源和规划局",
    "rule_profile": "mining-rights-2023",
    "mining_right": "mining_small",
    "mineral": "建筑用砂岩",
    "location": "合江县九支镇",
    "area_km2": "0.1234",
    "corner_points": "1 3193000.12 35582000.34\n2 3193100.00 35582100.00",
    "resources": "保有资源量 98.5 万吨（2026 年 6 月储量报告）",
    "term_years": "10",
    "conditions": "",
    "selling_method": "auction",
    "registration_closes_at": "2026-12-01 17:00",
    "starts_at": "2026-12-07 09:30",
}

_PROPERTY = _SALE | {
    "title": "县属国有企业闲置门面房转让",
    "owner_name": "合江县国有资产经营公司",
    "rule_profile": "property-online-2016",
    "asset_class": "real_estate",
    "description": "建筑面积 120 平方米，现出租至 2026 年底。",
    "location": "合江县符阳街道",
    "valuation_report": "演示评报字〔2026〕第 18 号",
    "approval": "合国资〔2026〕7 号",
    "has_priority_right": "yes",
    "priority_holders": "现承租人，已于 2026-10-20 书面通知。",
    "selling_method": "online_auction",
    "valuation": "1,500,000",
    "registration_closes_at": "2026-12-08 10:00",
    "starts_at": "2026-12-07 10:00",
}

_BOUGHT = {
    "owner_credit_code": CREDIT_CODE,
    "funding": "2026 年县级财政预算",
    "method": "open_tender",
    "organised_by": "agency",
    "agency_name": "演示招标代理有限公司",
    "agency_credit_code": CREDIT_CODE,
    "contact": "王老师 0830-0000000",
    "qualification": "符合政府采购法第二十二条。",
    "takes_joint_bids": "no",
    "documents_open_at": "2026-11-03 09:00",
    "documents_close_at": "2026-11-10 17:00",
    "documents_how": "本平台免费获取",
    "bids_close_at": "2026-11-23 10:00",
    "place": "第一开标室",
    "lot_count": "1",
    "lot1_title": "第一包",
    "lot1_budget": "800,000",
    "lot1_deposit": "16000",
}

_PROCUREMENT = _BOUGHT | {
    "title": "县中医院医用设备采购",
    "owner_name": "合江县中医院",
    "rule_profile": "procurement-87-2017",
    "plan_number": "510522-2026-00123",
    "category": "goods",
    "small_enterprises_only": "no",
    "lot1_content": "彩色超声诊断仪一台。",
    "lot1_highest_price": "790000",
}

_WORKS = _BOUGHT | {
    "title": "符阳街道排水管网改造工程施工",
    "owner_name": "合江县住房和城乡建设局",
    "rule_profile": "works-tender-2012",
    "approval": "合发改〔2026〕88 号",
    "works_type": "municipal",
    "location": "合江县符阳街道",
    "qualified": "before",
    "applications_close_at": "2026-11-13 10:00",
    "lot1_content": "新建排水管 3.2 公里，包工包料。",
    "lot1_duration_days": "180",
}

_SELECTED = {
    "owner_name": "合江县教育局",
    "owner_credit_code": "",
    "rule_profile": "selection-local",
    "contact": "李老师 0830-0000001",
    "legal_basis": "合江县小型项目比选办法（演示）第 5 条",
    "decided_by": "局长办公会 2026-10-26",
    "warning_read": "yes",
    "qualification": "独立法人。",
    "takes_joint_bids": "no",
    "bids_close_at": "2026-11-10 10:00",
    "opening_at": "2026-11-10 14:30",
    "place": "第二开标室",
    "lot_count": "1",
    "lot1_title": "全部",
    "lot1_content": "代理校舍维修项目招标。",
    "lot1_budget": "50000",
}

_FORMS = {
    ProjectKind.LAND: land_form(),
    ProjectKind.MINING: _MINING,
    ProjectKind.PROPERTY: _PROPERTY,
    ProjectKind.GOVERNMENT_PROCUREMENT: _PROCUREMENT,
    ProjectKind.WORKS: _WORKS,
    ProjectKind.AGENCY_SELECTION: _SELECTED | {"title": "校舍维修招标代理机构比选", "method": "lowest_price"},
    ProjectKind.FIXED_PRICE_SELECTION: _SELECTED | {"title": "校舍维修施工固定价比选"},
    ProjectKind.OTHER: _SELECTED | {"title": "体育馆场地出租", "way_of_trade": "公开竞租，价高者得。"},
}


def form_of_kind(kind: ProjectKind, **changed: str) -> dict[str, str]:
    """A form of this kind with some fields changed."""
    return _FORMS[kind] | {"kind": kind.value} | changed


def two_lots(kind: ProjectKind) -> dict[str, str]:
    """A purchase with two lots."""
    form = form_of_kind(kind, lot_count="2")
    first = {name: value for name, value in form.items() if name.startswith("lot1_")}
    return form | {name.replace("lot1_", "lot2_"): value for name, value in first.items()} | {"lot2_title": "第二包"}

"""What templates are given: the facts of an announcement with their codes in Chinese. Pure.

Announcements are official texts and speak Chinese whatever language a reader of the pages has chosen.
"""

from collections.abc import Mapping
from typing import Any

from trading.projects.profile_types import CapRule, LandUse, SellingMethod
from trading.projects.purchase_profiles import PurchaseMethod
from trading.publication.kind_types import AnnouncementKind
from trading.publication.kinds import known_facts

WORDS: Mapping[str, Mapping[str, str]] = {
    "selling_method": {
        SellingMethod.AUCTION: "拍卖",
        SellingMethod.TIMED_BIDDING: "限时竞价",
        SellingMethod.LISTING: "挂牌",
        SellingMethod.TENDER: "招标",
        SellingMethod.ONLINE_AUCTION: "网络竞价",
    },
    "land_use": {
        LandUse.HOUSING: "住宅用地",
        LandUse.INDUSTRY: "工业用地",
        LandUse.EDUCATION: "教育、科技、文化、卫生、体育用地",
        LandUse.COMMERCE: "商业、旅游、娱乐用地",
        LandUse.OTHER: "其他或者综合用地",
    },
    "cap_rule": {CapRule.ONE_PRICE: "一次报价，最接近平均价者竞得", CapRule.DRAW_BY_LOT: "公开摇号确定竞得人"},
    "method": {
        PurchaseMethod.OPEN_TENDER: "公开招标",
        PurchaseMethod.INVITED_TENDER: "邀请招标",
        PurchaseMethod.NEGOTIATION: "竞争性谈判",
        PurchaseMethod.CONSULTATION: "竞争性磋商",
        PurchaseMethod.PRICE_INQUIRY: "询价",
        PurchaseMethod.SINGLE_SOURCE: "单一来源采购",
        PurchaseMethod.FRAMEWORK: "框架协议",
        PurchaseMethod.LOWEST_PRICE: "最低价比选",
        PurchaseMethod.DRAW: "公开抽取",
        PurchaseMethod.OTHER: "其他方式",
    },
    "reason": {
        "nobody_bid": "无人报价",
        "below_reserve": "最高报价低于底价",
        "too_few_bidders": "合格竞买人数不足",
        "by_order": "依决定终止",
        "platform_away": "平台故障",
        "clock_jumped": "平台时钟异常",
    },
}
"""The Chinese words for the codes among the facts."""

DATES: Mapping[str, str] = {
    "registration_closes_at": "报名截止",
    "starts_at": "竞价（挂牌）开始",
    "listing_ends_at": "挂牌（报价）截止",
    "documents_close_at": "文件获取截止",
    "bids_close_at": "投标（响应）截止",
    "opening_at": "开标（开启）",
    "applications_close_at": "申请截止",
}
"""The dates that a change can move."""


def spoken(kind: AnnouncementKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Every fact that a text of this kind may name, in words where it is a code; None where it is not stated."""
    said: dict[str, Any] = dict.fromkeys(named(kind))
    said |= {name: _in_words(name, value) for name, value in facts.items() if name in said}
    for list_name in ("particulars", "lots", "moved"):
        if list_name in said and said[list_name] is None:
            said[list_name] = []
    if said.get("moved"):
        said["moved"] = [part | {"label": DATES.get(part["name"], part["name"])} for part in said["moved"]]
    if facts.get("starting_price_fen") is not None and facts.get("final_fen") is not None and "value_added_fen" in said:
        said["value_added_fen"] = facts["final_fen"] - facts["starting_price_fen"]
    for name in ("area_m2", "area_mu"):
        if isinstance(said.get(name), str):
            said[name] = _plain_number(said[name])
    return said


def named(kind: AnnouncementKind) -> frozenset[str]:
    """The names that a text of this kind may use."""
    known = known_facts(kind)
    return known | {"value_added_fen"} if "final_fen" in known else known


def _in_words(name: str, value: Any) -> Any:
    words = WORDS.get(name)
    return words.get(value, value) if words is not None and isinstance(value, str) else value


def _plain_number(text: str) -> str:
    whole, _, part = text.partition(".")
    if not (whole.isdigit() and (part.isdigit() or not part)):
        return text
    return f"{int(whole):,}" + (f".{part.rstrip('0')}" if part.rstrip("0") else "")

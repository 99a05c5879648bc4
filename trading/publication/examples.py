"""Examples of facts on which every template is tried before it is approved: whole, sparse, and hostile. Pure data."""

from collections.abc import Iterator
from typing import Any

from trading.publication.kind_types import AnnouncementKind
from trading.publication.kinds import KINDS, known_facts
from trading.publication.rules import REQUIRED_OF_WAY

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% include 'x' %}",
    '=HYPERLINK("http://example.invalid")',
    "a\x1b[31m\x7f\u202eb\ufeff",
    "</td></tr></table><h2>",
    "长" * 4000,
    "一行\n二行\r\n三行",
)
"""Texts that must come out as nothing but text."""

_VALUES: dict[str, Any] = {
    "project_kind": "land",
    "is_demonstration": True,
    "area_m2": "6093.36",
    "area_mu": "9.1400",
    "land_use": "housing",
    "term_years": 70,
    "conditions": "成交价款于六十日内付清。",
    "selling_method": "listing",
    "has_reserve": True,
    "minimum_bidders": 3,
    "window_s": 240,
    "cap_rule": "one_price",
    "whole_multiple": False,
    "proxy_bids": True,
    "timed_entry": "quoted",
    "number": 1,
    "plate": 8,
    "bid_count": 21,
    "qualified": 2,
    "needed": 3,
    "reason": "nobody_bid",
    "affects_bids": True,
    "moved_by_rule": True,
    "second_round_of": {"lot": "1", "deal_code": "C01", "starting_price_fen": 100_000, "number": None},
    "moved": [
        {"name": "starts_at", "before": "2026-11-30T01:30:00.000000Z", "after": "2026-12-14T01:30:00.000000Z"},
        {"name": "opening_at", "before": "2026-11-30T01:30:00.000000Z", "after": "2026-12-14T01:30:00.000000Z"},
    ],
    "particulars": [{"label": "开采方式", "value": "露天"}, {"label": "可采储量", "value": "120万吨"}],
}


def examples(kind: AnnouncementKind) -> Iterator[tuple[str, dict[str, Any]]]:
    """Named examples of the facts of one kind."""
    whole = {name: _value(name) for name in sorted(known_facts(kind))}
    yield "whole", whole
    required = KINDS[kind].required.union(*KINDS[kind].required_of.values())
    yield "sparse", {name: whole[name] for name in sorted(required)} | _own(whole)
    for way, names in REQUIRED_OF_WAY.items() if kind is AnnouncementKind.SALE else ():
        yield way, {name: whole[name] for name in sorted(required | names)} | {"selling_method": way} | _own(whole)
    for number, text in enumerate(HOSTILE, 1):
        yield f"hostile {number}", {name: _spoiled(value, text) for name, value in whole.items()}


def _own(whole: dict[str, Any]) -> dict[str, Any]:
    return {name: whole[name] for name in ("announcement_number", "announcement_title", "published_at")}


def _value(name: str) -> Any:
    if name in _VALUES:
        return _VALUES[name]
    if name == "lots":
        part = {"title": "第一包", "budget_fen": 120_000_000, "deal_code": "B01", "particulars": _VALUES["particulars"]}
        return [part, part | {"budget_fen": None, "deal_code": None, "particulars": []}]
    if name.endswith("_fen"):
        return 3_491_480_000
    if name.endswith(("_at", "_until")):
        return "2026-11-30T01:30:00.000000Z"
    if name.endswith("_s"):
        return 86_400
    return f"示例（{name}）"


def _spoiled(value: Any, text: str) -> Any:
    """The same shape with every text replaced; moments stay, because no form lets another text through there."""
    match value:
        case str() if not value.endswith("000000Z"):
            return text
        case list():
            return [_spoiled(item, text) for item in value]
        case dict():
            return {name: item if name == "name" else _spoiled(item, text) for name, item in value.items()}
        case _:
            return value

"""What each announcement becomes in the words of OCDS, and how releases are merged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.exchange.merging import compiled_release, record_of
from trading.exchange.releases import Process, Published, Publisher, Recorded, amount, package, releases_of
from trading.projects.rules import ProjectKind
from trading.publication.kind_types import AnnouncementKind

PUBLISHER = Publisher("ocds-000000", "合江县公共资源交易中心", "12510522MB0000014N", "https://jy.example")
LAND = Process("JC-510522-20261123-000001-X", "县城第51号地块", "合江县自然资源和规划局", ProjectKind.LAND)
TENDER = Process("JC-510522-20261123-000002-X", "教学设备采购", "合江县教育局", ProjectKind.GOVERNMENT_PROCUREMENT)
START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

SALE = {
    "entry_code": LAND.key,
    "project_title": LAND.title,
    "owner_name": LAND.owner_name,
    "deal_code": "C01-1",
    "lot_title": "县城第51号地块",
    "area_m2": "6093.33",
    "selling_method": "listing",
    "starting_price_fen": 2_360_000_050,
    "registration_opens_at": "2026-11-24T01:00:00.000000Z",
    "registration_closes_at": "2026-12-20T09:00:00.000000Z",
    "starts_at": "2026-12-24T01:30:00.000000Z",
    "conditions": "",
}
RESULT = {"deal_code": "C01-1", "winner_name": "宏达置业", "winner_credit_code": "91510522MA6000001X"} | {
    "final_fen": 2_640_000_000,
    "concluded_at": "2026-12-24T02:00:00.000000Z",
}
TENDERED = {
    "owner_name": TENDER.owner_name,
    "method": "negotiation",
    "budget_fen": 500_000_000,
    "bids_close_at": "2026-12-24T01:30:00.000000Z",
    "lots": [
        {"lot": "a", "number": 1, "title": "第一包", "deal_code": "B01-1", "budget_fen": 300_000_000},
        {"lot": "b", "number": 2, "title": "第二包", "deal_code": "B01-2", "budget_fen": 200_000_000},
    ],
}


def told(*announcements: tuple[AnnouncementKind, dict[str, Any]]) -> list[Published]:
    return [
        Published(f"a{number}", kind, f"第{number}份公告", START + timedelta(hours=number), facts)
        for number, (kind, facts) in enumerate(announcements)
    ]


def test_a_sale_is_a_tender_of_its_owner_with_the_starting_price_as_value() -> None:
    [release] = releases_of(PUBLISHER, LAND, told((AnnouncementKind.SALE, SALE)))
    tender = release["tender"]
    assert (release["ocid"], release["tag"]) == (f"ocds-000000-{LAND.key}", ["tender"])
    assert tender["status"] == "active"
    assert tender["value"] == {"amount": 23_600_000.5, "currency": "CNY"}
    assert tender["tenderPeriod"]["endDate"] == "2026-12-20T09:00:00.000000Z"
    assert (tender["procurementMethod"], tender["procurementMethodDetails"]) == ("open", "挂牌")
    assert tender["items"][0]["quantity"] == 6093.33
    assert tender["documents"][0]["url"] == "https://jy.example/announcements/a0"
    assert release["parties"][0]["roles"] == ["procuringEntity"]
    assert "buyer" not in release
    assert "eligibilityCriteria" not in tender


def test_a_result_names_the_winner_by_its_code_and_completes_the_tender() -> None:
    _, release = releases_of(
        PUBLISHER, LAND, told((AnnouncementKind.SALE, SALE), (AnnouncementKind.RESULT, SALE | RESULT))
    )
    [award] = release["awards"]
    assert award["suppliers"][0]["id"] == "CN-USCC-91510522MA6000001X"
    assert award["value"] == {"amount": 26_400_000, "currency": "CNY"}
    assert (award["id"], release["tender"]["status"], release["tag"]) == ("C01-1", "complete", ["award"])
    assert {party["id"] for party in release["parties"]} >= {award["suppliers"][0]["id"]}


def test_a_purchase_of_two_lots_is_active_until_both_have_ended() -> None:
    lots = [{"deal_code": lot["deal_code"], "lot_title": lot["title"]} for lot in TENDERED["lots"]]  # type: ignore[attr-defined]
    first, second, third = releases_of(
        PUBLISHER,
        TENDER,
        told(
            (AnnouncementKind.TENDER, TENDERED),
            (AnnouncementKind.RESULT, RESULT | lots[0]),
            (AnnouncementKind.WITHDRAWAL, lots[1] | {"reason": "有效供应商不足三家。"}),
        ),
    )
    assert [one["tender"]["status"] for one in (first, second, third)] == ["active", "active", "complete"]
    assert first["tender"]["procurementMethod"] == "limited"
    assert [item["id"] for item in first["tender"]["items"]] == ["B01-1", "B01-2"]
    assert first["buyer"]["name"] == TENDER.owner_name
    assert third["tag"] == ["tenderCancellation"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (AnnouncementKind.WITHDRAWAL, "unsuccessful"),
        (AnnouncementKind.CALLING_OFF, "cancelled"),
        (AnnouncementKind.TERMINATION, "cancelled"),
    ],
)
def test_the_ways_to_end_without_a_deal(kind: AnnouncementKind, status: str) -> None:
    ended = told((AnnouncementKind.SALE, SALE), (kind, {"reason": "流拍", "deal_code": "C01-1"}))
    assert list(releases_of(PUBLISHER, LAND, ended))[1]["tender"]["status"] == status


def test_a_termination_of_the_whole_project_ends_what_is_still_open() -> None:
    first = {"deal_code": "B01-1", "lot_title": "第一包"}
    announcements = told(
        (AnnouncementKind.TENDER, TENDERED),
        (AnnouncementKind.RESULT, RESULT | first),
        (AnnouncementKind.TERMINATION, {"reason": "采购任务取消。"}),
    )
    assert list(releases_of(PUBLISHER, TENDER, announcements))[2]["tender"]["status"] == "complete"


def test_a_change_is_an_amendment_and_a_contract_names_its_award() -> None:
    contract = {"contract_number": "HT-1", "supplier_name": "宏达置业", "contract_fen": 100, "subject": "设备"}
    _, change, _, signed = releases_of(
        PUBLISHER,
        TENDER,
        told(
            (AnnouncementKind.TENDER, TENDERED),
            (AnnouncementKind.CHANGE, {"change": "开标地点改为第二开标室。", "reason": "会议室检修"}),
            (AnnouncementKind.RESULT, RESULT | {"deal_code": "B01-2", "lot_title": "第二包"}),
            (AnnouncementKind.CONTRACT, contract | {"signed_at": "2026-12-30T02:00:00.000000Z"}),
        ),
    )
    [amendment] = change["tender"]["amendments"]
    assert (amendment["description"], amendment["rationale"]) == ("开标地点改为第二开标室。", "会议室检修")
    assert (signed["contracts"][0]["awardID"], signed["contracts"][0]["value"]["amount"]) == ("B01-2", 1)


def test_a_recorded_deal_has_one_release_of_its_award() -> None:
    deal = Recorded("d1", START, "B01-9", "医用被服采购", 25_040_000, 24_000_000, "某公司", None)
    [release] = releases_of(PUBLISHER, TENDER, [], [deal])
    assert release["awards"][0]["value"]["amount"] == 240_000
    assert release["tender"]["value"]["amount"] == 250_400
    assert release["awards"][0]["suppliers"][0]["id"].startswith("name-")


@given(
    st.lists(
        st.sampled_from([AnnouncementKind.CHANGE, AnnouncementKind.RESULT, AnnouncementKind.WITHDRAWAL]), max_size=6
    )
)
def test_what_was_published_once_is_never_told_otherwise_later(later: list[AnnouncementKind]) -> None:
    announcements = told((AnnouncementKind.SALE, SALE), *[(kind, SALE | RESULT | {"change": "…"}) for kind in later])
    whole = list(releases_of(PUBLISHER, LAND, announcements))
    for count in range(1, len(announcements) + 1):
        assert list(releases_of(PUBLISHER, LAND, announcements[:count])) == whole[:count]


@given(st.integers(0, 10**15))
def test_money_is_exact(fen: int) -> None:
    assert round(amount(fen)["amount"] * 100) == fen


def test_merging_follows_the_standard() -> None:
    first = {"ocid": "o", "id": "1", "date": "2026-01-01T00:00:00Z", "tag": ["tender"]}
    second = {"ocid": "o", "id": "2", "date": "2026-01-02T00:00:00Z", "tag": ["award"]}
    lots = {"tender": {"id": "t", "title": "a", "items": [{"id": "1", "n": 1}, {"id": "2"}], "tags": ["x", "y"]}}
    change = {"tender": {"title": "b", "items": [{"id": "3"}, {"id": "1", "m": 2}], "tags": ["z"], "id": None}}
    merged = compiled_release([second | change, first | lots])  # by date, whatever the order given
    assert merged["tender"] == {"title": "b", "items": [{"id": "1", "n": 1, "m": 2}, {"id": "2"}, {"id": "3"}]} | {
        "tags": ["z"]
    }
    assert (merged["tag"], merged["id"], merged["date"]) == (["compiled"], f"o-{second['date']}", second["date"])
    assert [one["id"] for one in record_of([first, second])["releases"]] == ["1", "2"]


def test_a_package_says_who_publishes_and_where_to_go_on() -> None:
    packed = package(PUBLISHER, "https://jy.example/ocds/releases", [], START, next="https://jy.example/more")
    assert packed["publisher"]["uid"] == "12510522MB0000014N"
    assert packed["links"] == {"next": "https://jy.example/more"}
    assert "links" not in package(PUBLISHER, "u", [], START)

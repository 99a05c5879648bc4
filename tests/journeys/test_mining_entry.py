"""A mining right is listed, through pages, by the people whose work it is: from the form to the moved listing.

One department stays silent, one stays away from the joint meeting: both have agreed, in their names. A clarification
that may affect quotes moves the listing; who registered before is told.
"""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import Urls
from tests.journeys.centre import (
    Centre,
    asks_for,
    calls_meeting,
    centre_of,
    opens_review,
    publishes,
    read,
    records_attendance,
    releases,
    says,
    spine_of,
)
from tests.journeys.people import somebody
from tests.platform import PASSWORD
from tests.projects.kind_forms import form_of_kind
from trading.projects.rules import ProjectKind
from trading.reviews.checklists import field, paper

pytestmark = pytest.mark.browser

KIND = ProjectKind.MINING
TITLE = "九支镇建筑用砂岩矿采矿权挂牌出让"
SILENT, ABSENT, PRESENT = "应急管理局", "生态环境局", "林业和竹业局"
DEPARTMENTS = {"yingji": SILENT, "huanjing": ABSENT, "linye": PRESENT}
LISTING = {
    "title": TITLE,
    "selling_method": "listing",
    "window_s": "240",
    "registration_opens_at": "2026-03-17 09:00",
    "registration_closes_at": "2026-05-06 17:00",
    "starts_at": "2026-04-22 09:00",
    "listing_ends_at": "2026-05-13 15:00",
}
SIGN_UP = {
    "name": "合江砂石建材有限公司",
    "credit_code": "91510522MADEM0011D",
    "bank_account_name": "合江砂石建材有限公司",
    "bank_account_number": "6222000000000001",
    "contact_name": "陈经理",
    "phone": "13800000000",
    "sign_in_name": "shashi",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


async def test_a_mining_right_goes_from_the_form_to_the_moved_listing(
    chromium: Browser, urls: Urls, tmp_path: Path
) -> None:
    async with centre_of(
        chromium, urls, tmp_path / "platform", begins="2026-03-02 09:00", kind=KIND, departments=DEPARTMENTS
    ) as centre:
        project = await _is_entered(centre)
        await _what_is_missing_is_told_once(centre, project)
        await _one_is_absent_and_one_is_silent(centre, project)
        await centre.it_is("2026-03-16 09:00")
        sale = await publishes(centre, project, "提交放行")
        lot = await _the_public_finds_it(centre, sale)
        await centre.it_is("2026-03-18 09:00")
        async with somebody(chromium, centre.platform, SIGN_UP["sign_in_name"]) as bidder:
            centre.people[bidder.name] = bidder
            await _somebody_registers(centre, lot)
            await _a_clarification_moves_the_listing(centre, project, sale, lot)
            centre.behaved()


async def _is_entered(centre: Centre) -> str:
    """An officer types the form; the right is to last longer than the law allows, which is corrected. Returns the
    project's path.
    """
    page = await centre.at("zhang", f"/officer/projects/new/{KIND}")
    form = form_of_kind(KIND, term_years="12", **LISTING)
    typed = {name: words.replace(" ", "T") if name.endswith("_at") else words for name, words in form.items()}
    await centre.people["zhang"].fills({name: words for name, words in typed.items() if words and name != "kind"})
    await page.click("button[value=submit]")
    await expect(page.locator("#errors li")).to_have_count(1)
    await expect(page.locator("#errors a[href='#field-term_years']")).to_be_visible()
    await expect(page.locator("#field-corner_points")).to_have_value(re.compile("3193100.00"))
    await page.fill("#field-term_years", "10")
    await page.click("button[value=submit]")
    await expect(page.locator("#errors")).to_have_count(0)
    path = page.url.removeprefix(centre.platform.url)
    steps = await spine_of(centre, "zhang", path)
    assert all(says(steps, name) for name in DEPARTMENTS.values()), steps
    return path


async def _what_is_missing_is_told_once(centre: Centre, project: str) -> None:
    """All departments have looked: the one notice goes out at once, with everything."""
    page = await opens_review(centre, "linye")
    await asks_for(page, paper("environment"), "请补交环境影响意见。")
    await page.click("form[action$='/looked'] button")
    page = await opens_review(centre, "huanjing")
    await asks_for(page, field("resources"), "请写明储量报告的评审备案号。")
    await page.click("form[action$='/looked'] button")
    page = await opens_review(centre, "yingji")
    await page.click("form[action$='/looked'] button")
    page = await centre.at("lifang", f"{project}/review")
    await page.click("form[action$='/looked'] button")
    page = await centre.at("zhang", f"{project}/review")
    for words in ("环境影响意见", "储量报告的评审备案号"):
        await expect(page.locator("#items")).to_contain_text(words)
    await page.locator("#items input[name^=answer-]").first.fill("合环函〔2026〕3 号。")
    await page.click("#items button[type=submit]")
    page = await centre.at("zhang", project)
    await page.fill("#field-resources", "保有资源量 98.5 万吨（2026 年 1 月储量报告，合自然资储备字〔2026〕1 号）")
    await page.click("button[value=submit]")
    await expect(page.locator("main")).to_contain_text("须由其他经办人复核")


async def _one_is_absent_and_one_is_silent(centre: Centre, project: str) -> None:
    await calls_meeting(centre, project, "2026-03-05 10:00", without=SILENT)
    await centre.it_is("2026-03-05 11:30")
    await records_attendance(centre, project, "林业和竹业局到会，无异议；生态环境局缺席。", came=[PRESENT])
    page = await opens_review(centre, "linye")
    await page.click("button[value=agree]")
    page = await centre.at("lifang", f"{project}/review")
    await page.click("button[value=agree]")
    await centre.it_is("2026-03-06 09:00")  # the silent department is warned
    page = await centre.at("yingji", "/reviewer")
    await expect(page.locator("main")).to_contain_text("逾期未决定视为贵部门默许同意")
    await centre.it_is("2026-03-09 17:02")
    steps = await spine_of(centre, "zhang", project)
    assert says(steps, ABSENT, "缺席默认"), steps
    assert says(steps, SILENT, "超时默许"), steps
    assert says(steps, "JC-510522-"), steps


async def _the_public_finds_it(centre: Centre, sale: str) -> str:
    """By two characters, in both feeds, in the calendar, as open data. Returns the lot's path."""
    page = await centre.at("public", "/announcements?q=砂岩")
    await page.click(f"main a:has-text('{TITLE}')")
    await expect(page).to_have_url(centre.platform.url + sale)
    text = await page.inner_text("main")
    assert text.count("出让年限") == 1
    for address in ("/announcements.atom?q=砂岩", "/announcements.json?q=砂岩"):
        assert sale in await read(centre, address)
    assert "20260422T010000Z" in await read(centre, "/calendar.ics")
    page = await centre.at("public", "/calendar?month=2026-04")
    await expect(page.locator("main td:has(time[datetime='2026-04-22'])")).to_contain_text(TITLE)
    [release] = json.loads(await read(centre, "/ocds/releases"))["releases"]
    assert (release["tag"], release["tender"]["value"]["amount"]) == (["tender"], 1200000)
    await page.goto(centre.platform.url + sale)
    lot = await page.locator("main a[href^='/lots/']").first.get_attribute("href")
    assert lot is not None
    await page.goto(centre.platform.url + lot)
    await page.click("main a[href^='/projects/']")
    steps = await spine_of(centre, "public", page.url.removeprefix(centre.platform.url))
    assert says(steps, SILENT, "超时默许"), steps
    assert says(steps, ABSENT, "缺席默认"), steps
    return lot


async def _somebody_registers(centre: Centre, lot: str) -> None:
    bidder = centre.people[SIGN_UP["sign_in_name"]]
    await bidder.goes_to("/sign-up")
    await bidder.fills(SIGN_UP)
    await bidder.presses("注册单位")
    await bidder.page.wait_for_url(re.compile("/my/lots"))
    await bidder.goes_to(f"{lot}/registration")
    await bidder.fills({"undertaking": "yes"})
    await bidder.presses("提交报名")
    await expect(bidder.page.locator(".pay-facts__number")).to_be_visible()


async def _a_clarification_moves_the_listing(centre: Centre, project: str, sale: str, lot: str) -> None:
    """The announcement period of 20 working days runs again until the start; the listing keeps its ten."""
    await centre.it_is("2026-04-10 08:30")
    page = await centre.at("zhang", f"{project}/announcements/new?kind=clarification&follows={sale[-36:]}")
    await centre.people["zhang"].fills({"clarification": "开采标高为 520 米至 430 米。", "affects_bids": "yes"})
    await page.click("button[value=preview]")
    await expect(page.locator("main")).to_contain_text("2026-05-12 09:00")
    await page.click("button[value=hand_over]")
    page = await centre.at("lifang", "/notices")
    await expect(page.locator("main")).to_contain_text("待放行")
    clarification = await releases(centre)
    page = await centre.at("public", clarification)
    await expect(page.locator("main")).to_contain_text("2026年5月12日 09:00")
    page = await centre.at("public", lot)
    await expect(page.locator("main")).to_contain_text("2026-05-12 09:00")
    steps = await spine_of(centre, "zhang", project)
    assert says(steps, "2026-05-12 09:00"), steps
    page = await centre.at(SIGN_UP["sign_in_name"], "/notices")
    await expect(page.locator("main")).to_contain_text("2026-05-12 09:00")

"""A purchase in two lots, through pages, by the people whose work it is: from a workbook to the published result.

One department stays silent until its limit ends, one stays away from the joint meeting: both have agreed, in their
names. What is missing is told once. A clarification nine days before bids are due moves the deadline.
"""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

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
from tests.projects.kind_forms import form_of_kind
from tests.projects.test_importing import workbook
from tests.reviews.test_in_browser import check_page
from trading.projects.rules import ProjectKind
from trading.reviews.checklists import field, paper

pytestmark = pytest.mark.browser

KIND = ProjectKind.GOVERNMENT_PROCUREMENT
TITLE = "县中医院医用设备采购"
SILENT, ABSENT, PRESENT = "财政局", "卫生健康局", "发展和改革局"
DEPARTMENTS = {"caizheng": SILENT, "weijian": ABSENT, "fagai": PRESENT}
DATES = {
    "documents_open_at": "2026-03-13 09:00",
    "documents_close_at": "2026-03-23 17:00",
    "bids_close_at": "2026-04-08 10:00",
}
SECOND_LOT = {
    "lot2_title": "全自动生化分析仪",
    "lot2_content": "测试速度不低于每小时 800 项。",
    "lot2_budget": "860000",
}
SUPPLIER, CODE = "泸州康达医疗器械有限公司", "91510522MADEM0011D"


async def test_a_purchase_goes_from_the_workbook_to_the_published_result(
    chromium: Browser, urls: Urls, tmp_path: Path
) -> None:
    async with centre_of(
        chromium, urls, tmp_path / "platform", begins="2026-03-02 09:00", kind=KIND, departments=DEPARTMENTS
    ) as centre:
        project = await _is_entered_from_a_workbook(centre)
        await _what_is_missing_is_told_once(centre, project)
        await _a_second_request_is_refused(centre, project)
        await _one_is_absent_and_one_is_silent(centre, project)
        await centre.it_is("2026-03-12 09:00")
        tender = await publishes(centre, project, "提交放行")
        await _the_public_finds_it(centre, tender)
        await _a_clarification_moves_the_deadline(centre, project, tender)
        await _the_results_conclude_it(centre, project)
        centre.behaved()


async def _is_entered_from_a_workbook(centre: Centre) -> str:
    """The officer imports two rows; one has no title, one a deposit that is too high, which is corrected; then a second
    lot is added. Returns the project's path.
    """
    good = form_of_kind(KIND, title=TITLE, lot1_deposit="20000", **DATES)
    page = await centre.at("zhang", f"/officer/projects/import/{KIND}")
    async with page.expect_download():
        await page.click("main a[href$='/download']")
    content = workbook(good, good | {"title": ""})
    await page.set_input_files("[name=workbook]", {"name": "采购.xlsx", "mimeType": "", "buffer": content})
    await centre.people["zhang"].presses("导入")
    await expect(page.locator("main tbody tr").first).to_contain_text("保证金")
    await expect(page.locator("main tbody tr").last).to_contain_text("未导入")
    await check_page(page)
    await page.click(f"main tbody a:has-text('{TITLE}')")
    await page.click("button[value=add_lot]")
    await centre.people["zhang"].fills(SECOND_LOT)
    await page.click("button[value=submit]")
    await expect(page.locator("#errors")).to_contain_text("保证金")
    await expect(page.locator("#field-lot2_title")).to_have_value(SECOND_LOT["lot2_title"])
    await page.fill("#field-lot1_deposit", "16000")
    await page.click("button[value=submit]")
    await expect(page.locator("#errors")).to_have_count(0)
    path = page.url.removeprefix(centre.platform.url)
    steps = await spine_of(centre, "zhang", path)
    assert all(says(steps, name) for name in DEPARTMENTS.values()), steps
    return path


async def _what_is_missing_is_told_once(centre: Centre, project: str) -> None:
    """Two departments ask for three things, the third does not look: one notice goes out when the time for it ends."""
    page = await opens_review(centre, "fagai")
    await asks_for(page, paper("plan"), "请补交政府采购计划备案表。")
    await asks_for(page, field("qualification"), "资格条件应写明供应商近三年无重大违法记录。")
    page = await opens_review(centre, "weijian")
    await asks_for(page, field("lot1_content"), "请写明配置与保修年限。")
    page = await centre.at("zhang", f"{project}/review")
    await expect(page.locator("main")).not_to_contain_text("请写明配置与保修年限")  # told with the others, once
    await centre.it_is("2026-03-04 17:01")
    page = await centre.at("zhang", f"{project}/review")
    for words in ("采购计划备案表", "近三年无重大违法记录", "配置与保修年限"):
        await expect(page.locator("#items")).to_contain_text(words)
    await centre.it_is("2026-03-05 09:00")
    page = await centre.at("zhang", f"{project}/review")
    await page.locator("#items input[name^=answer-]").first.fill("备案表 510522-2026-00123，2026-02-20。")
    await page.click("#items button[type=submit]")
    page = await centre.at("zhang", project)
    await page.fill("#field-qualification", "符合政府采购法第二十二条，近三年无重大违法记录。")
    await page.fill("#field-lot1_content", "彩色超声诊断仪一台，含三个探头，保修三年。")
    await page.click("button[value=submit]")
    await expect(page.locator("main")).to_contain_text("须由其他经办人复核")


async def _a_second_request_is_refused(centre: Centre, project: str) -> None:
    """What stood there unchanged could have been asked the first time; what was typed stays."""
    page = await opens_review(centre, "fagai")
    await asks_for(page, field("funding"), "请说明资金来源。")
    await expect(page.locator("#errors")).to_be_visible()
    await expect(page.locator("[name=words]")).to_have_value("请说明资金来源。")
    await calls_meeting(centre, project, "2026-03-09 10:00", without=SILENT)


async def _one_is_absent_and_one_is_silent(centre: Centre, project: str) -> None:
    await centre.it_is("2026-03-09 11:00")
    await records_attendance(centre, project, "发展和改革局到会，无异议；卫生健康局缺席。", came=[PRESENT])
    page = await opens_review(centre, "fagai")
    await page.click("button[value=agree]")
    page = await centre.at("lifang", f"{project}/review")
    await page.click("button[value=agree]")
    await centre.it_is("2026-03-10 09:00")  # a working day before its limit ends the silent department is warned
    page = await centre.at("caizheng", "/reviewer")
    await expect(page.locator("main")).to_contain_text("逾期未决定视为贵部门默许同意")
    await centre.it_is("2026-03-11 17:02")
    steps = await spine_of(centre, "zhang", project)
    assert says(steps, ABSENT, "缺席默认"), steps
    assert says(steps, SILENT, "超时默许"), steps
    assert says(steps, PRESENT, "同意"), steps
    assert says(steps, "JC-510522-"), steps


async def _the_public_finds_it(centre: Centre, tender: str) -> None:
    """In the search by two characters, in both feeds, in the calendar, as open data, with the departments' ways."""
    page = await centre.at("public", "/announcements?q=超声")
    await expect(page.locator("main")).not_to_contain_text(TITLE)  # two characters of a lot's text, not of its title
    page = await centre.at("public", "/announcements?q=医用")
    await page.click(f"main a:has-text('{TITLE}')")
    await expect(page).to_have_url(centre.platform.url + tender)
    await expect(page.locator("main")).to_contain_text("全自动生化分析仪")
    for address in ("/announcements.atom?q=医用", "/announcements.json?q=医用"):
        assert tender in await read(centre, address)
    assert "20260408T100000" in (await read(centre, "/calendar.ics")).replace("20260408T020000Z", "20260408T100000")
    page = await centre.at("public", "/calendar?month=2026-04")
    await expect(page.locator("main td:has(time[datetime='2026-04-08'])")).to_contain_text("第一包")
    [release] = json.loads(await read(centre, "/ocds/releases"))["releases"]
    assert (release["tag"], len(release["tender"]["items"])) == (["tender"], 2)
    await page.goto(centre.platform.url + tender)
    await page.click("main a[href^='/projects/']")
    project = page.url.removeprefix(centre.platform.url)
    steps = await spine_of(centre, "public", project)
    assert says(steps, SILENT, "超时默许"), steps
    page = await centre.at("public", f"{project}/review")
    await expect(page.locator(f"tr:has-text('{ABSENT}')")).to_contain_text("缺席默认")
    await check_page(page)


async def _a_clarification_moves_the_deadline(centre: Centre, project: str, tender: str) -> None:
    """财政部令87号 art. 27: less than 15 days before the deadline, the deadline moves."""
    await centre.it_is("2026-03-30 09:00")
    page = await centre.at("zhang", f"{project}/announcements/new?kind=clarification&follows={tender[-36:]}")
    await centre.people["zhang"].fills(
        {"question": "探头数量是否可以更多？", "clarification": "可以，不少于三个。", "affects_bids": "yes"}
    )
    await page.click("button[value=preview]")
    await expect(page.locator("main")).to_contain_text("2026-04-14 10:00")
    await page.click("button[value=hand_over]")
    clarification = await releases(centre)
    page = await centre.at("public", clarification)
    await expect(page.locator("main")).to_contain_text("2026年4月14日 10:00")
    page = await centre.at("public", "/calendar?month=2026-04")
    await expect(page.locator("main td:has(time[datetime='2026-04-14'])")).to_contain_text("第一包")
    await expect(page.locator("main td:has(time[datetime='2026-04-08'])")).not_to_contain_text("第一包")
    steps = await spine_of(centre, "zhang", project)
    assert says(steps, "2026-04-14 10:00"), steps
    page = centre.people["zhang"].page
    await expect(page.locator("aside")).to_contain_text("可以开标")  # the limit that runs, with its countdown
    await check_page(page)
    newest = json.loads(await read(centre, "/ocds/releases"))["releases"][-1]
    assert newest["tag"] == ["tenderUpdate"]


async def _the_results_conclude_it(centre: Centre, project: str) -> None:
    """A result before bids were due, and one above the budget, is refused beside its field; then both lots are won."""
    for number, final in ((1, "780000"), (2, "850000")):
        if number == 1:
            await centre.it_is("2026-04-14 15:00")
        page = await centre.at("zhang", f"{project}/announcements/new?kind=result")
        await _types_a_result(page, centre, number, "900000", "2026-04-13 16:00")
        await page.click("button[value=hand_over]")
        await expect(page.locator("#errors a[href='#field-final']")).to_be_visible()
        await expect(page.locator("#errors a[href='#field-concluded_at']")).to_be_visible()
        await _types_a_result(page, centre, number, final, "2026-04-14 14:30", experts="")
        await page.click("button[value=hand_over]")
        await expect(page.locator("#errors a[href='#field-experts']")).to_be_visible()  # named by its label
        await check_page(page)
        await _types_a_result(page, centre, number, final, "2026-04-14 14:30")
        await page.click("button[value=hand_over]")
        await releases(centre)
    steps = await spine_of(centre, "public", project.replace("/officer", ""))
    assert says(steps, "结果", SUPPLIER, "780,000.00"), steps
    assert says(steps, "结果", SUPPLIER, "850,000.00"), steps
    report = json.loads(await read(centre, "/reports.json?from=2026-04-01&to=2026-04-30"))
    assert report["government_procurement"]["deals"] == 2
    releases_now = json.loads(await read(centre, "/ocds/releases"))["releases"]
    awards = [award for release in releases_now for award in release.get("awards", ())]
    assert sorted(award["value"]["amount"] for award in awards) == [780000, 850000]
    assert len({award["id"] for award in awards}) == 2


async def _types_a_result(
    page: Page, centre: Centre, number: int, final: str, concluded_at: str, *, experts: str = "评审专家五人（演示）"
) -> None:
    await page.select_option("[name=lot]", index=number)
    await centre.people["zhang"].fills(
        {
            "winner_name": SUPPLIER,
            "winner_credit_code": CODE,
            "final": final,
            "concluded_at": concluded_at.replace(" ", "T"),
            "experts": experts,
        }
    )

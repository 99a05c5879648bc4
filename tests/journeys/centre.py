"""A centre whose people enter a project and let departments review it, on a platform whose days pass at once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, expect

from tests.conftest import Urls
from tests.journeys.moved_clock import MovedClock, moved_clock
from tests.journeys.people import Person, somebody
from tests.platform import PASSWORD, Platform, running_platform
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.projects.rules import ProjectKind
from trading.projects.service import PlatformCodes
from trading.reviews import service as reviews
from trading.settings import Settings

SETUP = Actor.system("test")
PROMISED_DAYS = 5
OFFICERS = {"zhang": "张经办", "lifang": "李复核"}


@dataclass
class Centre:
    """The people at their browsers. `departments` are the reviewers' sign-in names with their departments."""

    platform: Platform
    database: Database
    clock: MovedClock
    departments: dict[str, str]
    people: dict[str, Person] = field(default_factory=dict)
    _signed_in: set[str] = field(default_factory=set)

    async def it_is(self, local: str) -> None:
        """Time has passed: it is this moment in Beijing. The tick has looked at the reviews; whoever goes on signs in
        again, as after a night.
        """
        await self.clock.moves_to(local)
        self._signed_in.clear()
        settings = Settings.from_environment(self.platform.environment)
        codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
        await reviews.run_clocks(self.database, reviews.Platform(codes, demonstration=True))

    async def at(self, name: str, path: str) -> Page:
        """Somebody opens a page of theirs."""
        person = self.people[name]
        if name != "public" and name not in self._signed_in:
            await person.signs_in()
            self._signed_in.add(name)
        await person.goes_to(path)
        return person.page

    def behaved(self) -> None:
        """Nobody's pages asked another host or wrote an error."""
        for person in self.people.values():
            person.behaved()


@asynccontextmanager
async def centre_of(
    chromium: Browser, urls: Urls, folder: Path, *, begins: str, kind: ProjectKind, departments: dict[str, str]
) -> AsyncIterator[Centre]:
    """A running platform on which it is `begins` in Beijing, with two officers, departments and the public."""
    async with AsyncExitStack() as stack:
        clock = await stack.enter_async_context(moved_clock(urls, begins))
        database = Database(urls.running)
        stack.push_async_callback(database.close)
        await _lay_people(database, kind, departments)
        platform = await stack.enter_async_context(running_platform(urls, folder))
        centre = Centre(platform, database, clock, departments)
        for name in (*OFFICERS, *departments, "public"):
            size = {"width": 390, "height": 844} if name == "public" else {"width": 1280, "height": 900}
            centre.people[name] = await stack.enter_async_context(somebody(chromium, platform, name, viewport=size))
        yield centre


async def _lay_people(database: Database, kind: ProjectKind, departments: dict[str, str]) -> None:
    async with database.work() as session:
        now = await database_clock(session)
        for name, words in (OFFICERS | departments).items():
            role = Role.OFFICER if name in OFFICERS else Role.REVIEWER
            new = NewAccount(name, words, PASSWORD, frozenset({role}))
            account = await accounts.create_account(session, new, actor=SETUP, now=now)
            if role is Role.REVIEWER:
                made = await reviews.add_department(session, words, actor=SETUP, now=now)
                await reviews.set_member(session, account.id, made.id, actor=SETUP, now=now)
                await reviews.assign(session, made.id, {kind: PROMISED_DAYS}, actor=SETUP, now=now)


async def asks_for(page: Page, target: str, words: str) -> None:
    """A reviewer puts something that is missing on the list."""
    await page.select_option("[name=target]", target)
    await page.fill("[name=words]", words)
    await page.click("form[action$='/items'] button")


async def opens_review(centre: Centre, name: str) -> Page:
    """A department's reviewer opens what waits for it."""
    page = await centre.at(name, "/reviewer")
    await page.click("main tbody th a")
    return page


async def calls_meeting(centre: Centre, project: str, at: str, *, without: str) -> None:
    """The second officer calls all departments but one together."""
    page = await centre.at("lifang", f"{project}/review")
    await page.click("#meetings summary")
    await page.fill("[name=at]", at.replace(" ", "T"))
    await page.fill("[name=place]", "三楼会议室")
    await page.uncheck(f"label:has-text('{without}') input[name=invited]")
    await page.click("#meetings form[action$='/meetings'] button")
    await expect(page.locator("#meetings")).to_contain_text("三楼会议室")


async def records_attendance(centre: Centre, project: str, minutes: str, *, came: list[str]) -> None:
    """The second officer records who came; whoever stayed away has agreed."""
    page = await centre.at("lifang", f"{project}/review")
    for department in came:
        await page.check(f"label:has-text('{department}') input[name=came]")
    await page.fill("[name=minutes]", minutes)
    await page.click("form[action$='/attendance'] button")


async def publishes(centre: Centre, project: str, presses: str) -> str:
    """The officer in charge prepares the first announcement, the second officer releases it. Returns its path."""
    page = await centre.at("zhang", project)
    await page.click("main a[href$='/announcement']")
    await centre.people["zhang"].presses(presses)
    return await releases(centre)


async def releases(centre: Centre) -> str:
    """The announcement that was just prepared waits for another officer, who releases it. Returns its path."""
    page = centre.people["zhang"].page
    await page.wait_for_url(lambda url: "/officer/announcements/" in url)
    await expect(page.locator("main form[action$='/release']")).to_have_count(0)  # nobody releases their own
    page = await centre.at("lifang", page.url.removeprefix(centre.platform.url))
    await page.click("main form[action$='/release'] button")
    path = await page.locator("main a[href^='/announcements/']").first.get_attribute("href")
    assert path is not None
    return path


async def spine_of(centre: Centre, name: str, path: str) -> list[str]:
    """The steps of a project's timeline as somebody reads them, each on one line."""
    page = await centre.at(name, path)
    steps = await page.locator("main .timeline > li").all_inner_texts()
    return [" ".join(step.split()) for step in steps]


def says(steps: list[str], *words: str) -> bool:
    """Whether one step of a timeline says all these words."""
    return any(all(word in step for word in words) for step in steps)


async def read(centre: Centre, address: str) -> str:
    """What a program gets at an address."""
    async with httpx.AsyncClient(base_url=centre.platform.url, trust_env=False) as client:
        answer = await client.get(address, headers={"accept": "*/*"})
    assert answer.status_code == 200, answer.text
    return answer.text

"""People at their browsers: each has a context of their own, and whatever goes wrong on their pages is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.platform import PASSWORD, Platform

# What Chromium itself writes to the console: a form was refused (422), or a connection that a test cut is gone.
REFUSED_FORM = "Failed to load resource: the server responded with a status of 422"
EXPECTED_WHEN_CUT = ("WebSocket connection", "net::ERR_INTERNET_DISCONNECTED")


@dataclass
class Person:
    """Somebody with a browser."""

    name: str
    context: BrowserContext
    page: Page
    platform: Platform
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    async def goes_to(self, path: str) -> None:
        """Open a page of the platform."""
        await self.page.goto(self.platform.url + path)

    async def signs_in(self) -> None:
        """Sign in with the password that all accounts of the journeys have."""
        await self.goes_to("/sign-in")
        await self.page.fill("#field-sign_in_name", self.name)
        await self.page.fill("#field-password", PASSWORD)
        await self.page.press("#field-password", "Enter")
        await self.page.wait_for_url(lambda url: "/sign-in" not in url)

    async def fills(self, fields: dict[str, str]) -> None:
        """Fill form fields by name: text, choices and checkboxes alike."""
        for name, value in fields.items():
            control = self.page.locator(f"[name='{name}']:not([type=hidden])").first
            match await control.evaluate("e => e.tagName + ':' + (e.type || '')"):
                case "SELECT:select-one":
                    await control.select_option(value)
                case "INPUT:radio":
                    await self.page.check(f"[name='{name}'][value='{value}']")
                case "INPUT:checkbox":
                    await control.check()
                case _:
                    await control.fill(value)

    async def presses(self, words: str) -> None:
        """Press the button or link with these words."""
        await self.page.locator(f"main :is(button, a):has-text('{words}')").first.click()

    async def sees(self, words: str, *, within_s: float = 15) -> None:
        """Wait until the page shows these words."""
        await expect(self.page.locator("main")).to_contain_text(words, timeout=within_s * 1000)

    def watch(self) -> None:
        """Keep what a page must not do: ask another host, or write an error to the console."""

        def request(asked: Request) -> None:
            own = {urlsplit(self.platform.url).netloc, urlsplit(self.platform.bank.url).netloc, ""}
            if urlsplit(asked.url).netloc not in own:
                self.foreign_requests.append(asked.url)

        def console(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(REFUSED_FORM):
                self.console_errors.append(f"{message.text} {message.location}")

        self.context.on("request", request)
        self.context.on("console", console)
        self.context.on("weberror", lambda error: self.console_errors.append(str(error.error)))

    def behaved(self, *, was_cut: bool = False) -> None:
        """Assert that the pages asked no other host and wrote no error (of a cut connection only what must be)."""
        assert self.foreign_requests == []
        errors = [error for error in self.console_errors if not (was_cut and error.startswith(EXPECTED_WHEN_CUT))]
        assert errors == [], self.name


@asynccontextmanager
async def somebody(browser: Browser, platform: Platform, name: str, **context: Any) -> AsyncIterator[Person]:
    """A person with a browser context of their own."""
    opened = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **context)
    opened.set_default_timeout(20_000)
    person = Person(name, opened, await opened.new_page(), platform)
    person.watch()
    yield person
    await opened.close()

"""Every page that a role can reach by links, in a real browser: whole, accessible, quiet, and asking no other host.

The demonstration runs as it does for its users; each role begins at its desk and follows every link, one of each kind.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests.bank_simulator.bank_process import free_port
from tests.browser import CHROMIUM_FLAGS, chromium_path
from trading.web.frontend_files import frontend_folder

pytestmark = [pytest.mark.browser, pytest.mark.process]

STARTED_WITHIN_S = 120
WIDE, PHONE = 1280, 390
FILES = re.compile(
    r"/download|^/documents/|/receipts/|\.json|\.csv|^/language/|\.ics|\.atom|^/attachments/"
    r"|^/ocds/|/file$|^/api/schema/"
)
# What everybody may read: looked at once, without an account, and not again by every role.
EVERYBODYS = {
    "/",
    "/announcements",
    "/announcements/{id}",
    "/api",
    "/calendar",
    "/lots/{id}",
    "/lots/{id}/hall",
    "/lots/{id}/watch",
    "/ocds",
    "/projects/{id}",
    "/reports",
    "/reports/service",
    "/sign-in",
    "/sign-up",
    "/subscriptions/new",
    "/verify",
}
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demonstration."""
    folder, port = tmp_path_factory.mktemp("demonstration"), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADING_")}
    environment["TRADING_DATA_FOLDER"] = str(folder / "data")
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "trading.cli", "demo", "--port", str(port)],
            env=environment,
            stdout=said,
            stderr=said,
        )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + STARTED_WITHIN_S
    while " ready after " not in (folder / "said").read_text():
        assert process.poll() is None, (folder / "said").read_text()
        assert time.monotonic() < deadline, (folder / "said").read_text()
        time.sleep(0.1)
    yield url
    process.send_signal(signal.SIGINT)
    process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium, headless."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


def kind_of(path: str) -> str:
    """What pages of one kind have in common: the address without identifiers, codes, kinds of projects and choices."""
    address = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z0-9-]{12,}", "{id}", path.split("?")[0])
    address = re.sub(r"/\d{4}-\d\d-\d\d$", "/{day}", address)
    return re.sub(r"(/projects/(?:new|import))/[a-z_]+", r"\1/{kind}", address)


@dataclass
class Reader:
    """Somebody who follows every link once and notes what is wrong."""

    page: Page
    url: str
    known: frozenset[str] = frozenset()
    faults: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def watch(self) -> None:
        """Note what the browser complains of and whatever it asks of other hosts."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message: object) -> None:
        if getattr(message, "type", "") in {"error", "warning"}:
            self.faults.append(f"{self.page.url}: console: {getattr(message, 'text', '')}")

    def _on_request(self, request: object) -> None:
        address = str(getattr(request, "url", ""))
        own = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        if not address.startswith(own):
            self.faults.append(f"{self.page.url}: asks {address}")

    def read_from(self, start: str, *, most: int = 40) -> None:
        """Follow links breadth first, one of each kind."""
        waiting = [start]
        while waiting and len(self.seen) < most:
            path = waiting.pop(0)
            if kind_of(path) in self.seen or kind_of(path) in self.known:
                continue
            answer = self.page.goto(self.url + path)
            self.seen[kind_of(path)] = path
            self._look_at(path, answer)
            links = self.page.eval_on_selector_all(
                "a[href^='/']", "links => links.map(link => link.getAttribute('href'))"
            )
            waiting += [link.split("#")[0] for link in links if not FILES.search(link)]

    def _look_at(self, path: str, answer: Response | None) -> None:
        if answer is None or answer.status != 200:
            self.faults.append(f"{path}: status {answer and answer.status}")
            return
        self.page.wait_for_timeout(150)
        if self.page.locator("h1").count() != 1 or not self.page.locator("h1").inner_text().strip():
            self.faults.append(f"{path}: not exactly one heading")
        if " · " not in self.page.title():
            self.faults.append(f"{path}: title {self.page.title()!r}")
        for width in (WIDE, PHONE):
            self.page.set_viewport_size({"width": width, "height": 900})
            needed = self.page.evaluate("document.documentElement.scrollWidth")
            if needed > width:
                self.faults.append(f"{path}: {needed} px wide on a screen of {width}")
        self._ask_axe(path)

    def _ask_axe(self, path: str) -> None:
        self.page.evaluate((frontend_folder() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        found = self.page.evaluate(
            """rules => axe.run(document, {runOnly: rules}).then(result => result.violations.map(
                one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3)}`))""",
            AXE_RULES,
        )
        self.faults += [f"{path}: {violation}" for violation in found]


def reader_of(browser: Browser, url: str, language: str, known: frozenset[str] = frozenset()) -> Reader:
    # The checker is put into the page from outside, which the page's own rules for scripts would refuse.
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, bypass_csp=True)
    context.add_cookies([{"name": "language", "value": language, "url": url}])
    reader = Reader(context.new_page(), url, known)
    reader.watch()
    return reader


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_everybody_may_read_is_whole_accessible_and_asks_no_other_host(
    browser: Browser, demonstration: str, language: str
) -> None:
    reader = reader_of(browser, demonstration, language)
    reader.read_from("/")
    assert set(reader.seen) >= EVERYBODYS
    assert not reader.faults, "\n".join(reader.faults)
    assert reader.page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    reader.page.context.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "bidder",
            {"/my/lots", "/lots/{id}/room", "/lots/{id}/registration", "/lots/{id}/rehearsal"}
            | {"/ratings", "/ratings/{id}"},
        ),
        (
            "officer",
            {"/officer/projects", "/officer/projects/new", "/officer/projects/{id}", "/officer/reviews"}
            | {"/officer/projects/new/{kind}", "/officer/projects/import/{kind}", "/officer/projects/copy"}
            | {"/auctioneer/sessions/new", "/ratings", "/ratings/{id}"},
        ),
        ("reviewer", {"/officer/reviews", "/officer/projects/{id}"}),
        ("auctioneer", {"/auctioneer", "/auctioneer/sessions/new", "/hall", "/lots/{id}/console"}),
        ("finance1", {"/finance", "/finance/refunds"}),
        (
            "supervisor",
            {"/supervision", "/supervision/limits", "/supervision/alerts", "/supervision/alerts/{id}"}
            | {"/supervision/projects", "/supervision/projects/{id}"}
            | {"/supervision/lots/{id}/watch", "/supervision/lots/{id}/orders", "/supervision/journal"}
            | {"/supervision/statistics", "/ratings/figures", "/reviews", "/venues"},
        ),
        ("auditor", {"/archive", "/archive/{id}"}),
        ("expert", {"/expert"}),
        ("treasury", {"/reviewer", "/reviewer/parts/{id}"}),
        (
            "admin",
            {"/admin/accounts", "/admin/accounts/new", "/admin/accounts/{id}", "/admin/departments"}
            | {"/admin/departments/{id}", "/admin/announcement-texts", "/admin/calendar", "/admin/calendar/new"}
            | {"/admin/windows", "/ratings/figures", "/venues"},
        ),
    ],
)
def test_what_each_role_works_with_is_whole_accessible_and_asks_no_other_host(
    browser: Browser, demonstration: str, name: str, expected: set[str]
) -> None:
    reader = reader_of(browser, demonstration, "zh", frozenset(EVERYBODYS))
    reader.page.goto(f"{demonstration}/sign-in")
    reader.page.click(f'form[action="/demonstration/sign-in/{name}"] button')
    reader.read_from(reader.page.url.removeprefix(demonstration))
    assert expected <= set(reader.seen)
    assert not reader.faults, "\n".join(reader.faults)
    reader.page.context.close()


def test_the_orders_of_a_supervisor_are_whole_and_accessible(browser: Browser, demonstration: str) -> None:
    """Only a project that still runs can be terminated: the first of those that has the link."""
    reader = reader_of(browser, demonstration, "zh")
    reader.page.goto(f"{demonstration}/sign-in")
    reader.page.click('form[action="/demonstration/sign-in/supervisor"] button')
    reader.page.goto(f"{demonstration}/supervision/projects")
    projects = reader.page.locator('a[href^="/supervision/projects/"]')
    for address in [link.get_attribute("href") for link in projects.all()]:
        reader.page.goto(f"{demonstration}{address}")
        order = reader.page.locator('a[href$="/termination"]')
        if order.count():
            reader.read_from(str(order.first.get_attribute("href")), most=1)
            break
    assert set(reader.seen) == {"/supervision/projects/{id}/termination"}
    assert not reader.faults, "\n".join(reader.faults)
    reader.page.context.close()


def test_a_page_tells_the_browser_to_load_nothing_from_elsewhere(demonstration: str) -> None:
    policy = httpx.get(f"{demonstration}/", headers={"accept": "text/html"}).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy.replace("http-equiv", "")


def test_an_address_that_does_not_exist_is_a_page_with_a_way_on(browser: Browser, demonstration: str) -> None:
    page = browser.new_page()
    answer = page.goto(f"{demonstration}/nowhere")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="回到首页").click()
    assert page.url == f"{demonstration}/"
    page.close()


def test_the_countdown_of_a_page_goes_on_and_a_form_is_sent_once(browser: Browser, demonstration: str) -> None:
    page = browser.new_page()
    page.goto(f"{demonstration}/")
    left = page.locator("[data-countdown]").first
    page.wait_for_function("document.querySelector('[data-countdown]').textContent.startsWith('还剩')")
    assert left.inner_text().startswith("还剩 ")
    page.goto(f"{demonstration}/sign-in")
    sent: list[str] = []
    page.route("**/sign-in", lambda route: sent.append(route.request.method) if len(sent) < 5 else route.abort())
    page.evaluate(
        """() => { const button = document.querySelector('form.form button');
                   button.click(); button.click(); button.click(); }"""
    )
    page.wait_for_timeout(300)
    assert sent == ["POST"]
    page.close()


def test_a_chart_that_was_drawn_wide_does_not_widen_the_page_on_a_phone(browser: Browser, demonstration: str) -> None:
    page = browser.new_page(viewport={"width": WIDE, "height": 900})
    page.add_init_script("window.ResizeObserver = class { observe() {} }")  # the drawing is never measured again
    page.goto(f"{demonstration}/reports")
    page.locator(".chart__drawing svg").first.wait_for()
    page.set_viewport_size({"width": PHONE, "height": 900})
    assert page.locator(".chart__drawing svg").first.evaluate("drawing => drawing.clientWidth") > PHONE
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    page.close()


def test_the_pages_show_chinese_and_not_empty_boxes(browser: Browser, demonstration: str, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(f"{demonstration}/")
    page.evaluate("document.fonts.ready")
    used = page.evaluate(
        "[...document.fonts].filter(font => font.status === 'loaded' && font.family.includes('Noto Sans SC')).length"
    )
    assert used > 0
    assert page.evaluate("document.fonts.check('16px \"Noto Sans SC Variable\"', '公共资源交易')")
    page.close()

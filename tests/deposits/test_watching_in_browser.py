"""The page that looks again by itself, in a real browser."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

import trading.deposits

pytestmark = pytest.mark.browser

SCRIPT = Path(trading.deposits.__path__[0]) / "static" / "watch.js"
SITE = "http://platform.test"


async def test_what_changed_does_not_call_back_who_is_on_the_way_to_another_page(chromium: Browser) -> None:
    """A bidder pressed "enter the room", the page about the money loaded itself anew, and the room never came."""
    looks: list[str] = []
    changes, looked_often = asyncio.Event(), asyncio.Event()

    async def answer(route: Route) -> None:
        match route.request.url.removeprefix(SITE):
            case "/watch.js":
                await route.fulfill(path=SCRIPT, content_type="text/javascript")
            case "/room":
                changes.set()
                await looked_often.wait()
                await route.fulfill(body="<main>the room</main>", content_type="text/html")
            case _:
                looks.append(route.request.url)
                if len(looks) == 5:
                    looked_often.set()
                words = f"look {len(looks)}" if changes.is_set() else "awaited"
                await route.fulfill(
                    body=f"<script type=module src=/watch.js></script><p data-watch>{words}</p><a href=/room>room</a>",
                    content_type="text/html; charset=utf-8",
                )

    context = await chromium.new_context()
    page = await context.new_page()
    await page.route("**/*", answer)
    await page.goto(f"{SITE}/registration")
    await page.click("a", no_wait_after=True)
    await page.wait_for_url("**/room", timeout=40_000)
    assert await page.inner_text("main") == "the room"
    await context.close()


async def test_what_changed_is_shown(chromium: Browser) -> None:
    asked = 0

    async def answer(route: Route) -> None:
        nonlocal asked
        if route.request.url.endswith("/watch.js"):
            await route.fulfill(path=SCRIPT, content_type="text/javascript")
            return
        asked += 1
        words = "awaited" if asked == 1 else "arrived"
        await route.fulfill(
            body=f"<script type=module src=/watch.js></script><p data-watch>{words}</p>",
            content_type="text/html; charset=utf-8",
        )

    context = await chromium.new_context()
    page = await context.new_page()
    await page.route("**/*", answer)
    await page.goto(f"{SITE}/registration")
    await page.wait_for_function("document.querySelector('p').textContent === 'arrived'", timeout=20_000)
    await page.wait_for_timeout(4_000)
    assert asked == 4, "the page, a look that saw the change, the page anew, and a look that saw none"
    await context.close()

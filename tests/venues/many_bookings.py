"""Many people book one room at one time, over HTTP at a real server: exactly one may get it.

    python -m tests.venues.many_bookings [how many, 1000 unless told]

Prints how the server answered and how long it took, and fails unless one was booked and every other one refused.
"""

import asyncio
import collections
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.conftest import Urls
from tests.platform import PASSWORD, Platform, running_platform
from tests.venues.test_pages import ROOM_FORM
from trading.kernel.embedded_postgres import embedded_postgres
from trading.migrations import migrate

HTML = {"accept": "text/html"}


async def measure(count: int) -> None:
    """Set a platform up, let everybody press the button, and count."""
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "cluster") as cluster:
        await migrate(cluster.owner_url, cluster.running_url)
        urls = Urls(cluster.running_url, cluster.owner_url, cluster.superuser_url)
        (Path(folder) / "platform").mkdir()
        async with running_platform(urls, Path(folder) / "platform") as platform:
            await asyncio.to_thread(platform.create_account, "officer", "陈经办", "officer")
            answers, took_s = await _everybody(platform, count)
            faults = platform.output().count("bug")
    statuses = collections.Counter(answers)
    print(f"{count} bookings of one room at one time in {took_s:.1f} s: {dict(statuses)}; faults logged: {faults}")
    assert statuses == {303: 1, 422: count - 1}


async def _everybody(platform: Platform, count: int) -> tuple[list[int], float]:
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
    async with httpx.AsyncClient(base_url=platform.url, limits=limits, timeout=300, trust_env=False) as client:
        await _post(client, "/sign-in", {"sign_in_name": "officer", "password": PASSWORD})
        room = await _post(client, "/venues/rooms", ROOM_FORM, "/venues/rooms/new")
        page = (await client.get("/venues/bookings/new", headers=HTML)).text
        officer = re.findall(r'<option value="([0-9a-f-]{36})" selected', page)[0]
        tomorrow = (datetime.fromtimestamp(time.time(), UTC) + timedelta(days=2)).date()
        form = {"purpose": "opening", "title": "同时预约", "officer": officer, "people": "10", "then": "book"}
        form |= {"venue": room.rsplit("/", 1)[1], "day": str(tomorrow), "from": "09:00", "until": "11:00"}
        form |= {"_csrf_token": _token(page)}

        async def one() -> int:
            return (await client.post("/venues/bookings", data=form, headers=HTML)).status_code

        began = time.monotonic()
        answers = await asyncio.gather(*(one() for _ in range(count)))
        return answers, time.monotonic() - began


async def _post(client: httpx.AsyncClient, path: str, form: dict[str, str], page: str | None = None) -> str:
    token = _token((await client.get(page or path, headers=HTML)).text)
    answer = await client.post(path, data=form | {"_csrf_token": token}, headers=HTML)
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


def _token(page: str) -> str:
    return str(re.findall(r'name="_csrf_token" value="([^"]+)"', page)[0])


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

"""Publishing through the officers' pages: one prepares, the other releases."""

import re

from tests.projects.visitor import Visitor


async def publish_sale(officer: Visitor, second: Visitor, address: str) -> str:
    """The sale of the project at `address`, prepared and released at once. Returns the public address."""
    prepared = await officer.post(f"{address}/announcements", {"kind": "sale", "action": "hand_over"})
    assert (prepared.status, prepared.location[:23]) == (303, "/officer/announcements/"), prepared.text
    return await release(second, prepared.location)


async def release(second: Visitor, prepared: str) -> str:
    """Another officer releases what was prepared, at once. Returns the public address."""
    page = (await second.get(prepared)).text
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None, page
    released = await second.post(f"{prepared}/release", {"when": "now", "seen": found[1]})
    assert released.status == 303, released.text
    public = re.search(r'href="(/announcements/[0-9a-f-]{36})"', (await second.get(prepared)).text)
    assert public is not None
    return public[1]

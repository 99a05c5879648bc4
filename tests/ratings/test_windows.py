"""Windows: an administrator opens and closes them, and figures stay with who sat there."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.projects.people import make_account, make_officer
from tests.ratings.stage import Stage, ended_sale
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.ratings import windows
from trading.ratings.counting import window_at
from trading.ratings.rules import NATIONAL
from trading.ratings.statistics import gather
from trading.ratings.windows import (
    WindowClosed,
    WindowNameMissing,
    WindowNotFound,
    WindowNumberMissing,
    WindowOfficerMissing,
    WindowTaken,
)
from trading.reviews.figures import quarter_of

ADMIN = Actor.system("test")
DAY = timedelta(days=1)


async def opened(database: Database, number: str, officer: Actor, now: datetime, name: str = "一般窗口") -> None:
    """Open a window, and nothing is wrong with it."""
    form = {"number": number, "name": name, "officer": str(officer.account_id)}
    async with database.work() as session:
        assert await windows.open_window(session, form, actor=ADMIN, now=now) == {}


async def only_window(database: Database) -> UUID:
    async with database.reading() as session:
        [(window, _name)] = await windows.windows(session)
        return window.id


@pytest.mark.parametrize(
    ("typed", "field", "refusal"),
    [
        ({"number": "  "}, "number", WindowNumberMissing),
        ({"number": "A" * 11}, "number", WindowNumberMissing),
        ({"name": "\x00\x07"}, "name", WindowNameMissing),
        ({"name": "长" * 41}, "name", WindowNameMissing),
        ({"officer": ""}, "officer", WindowOfficerMissing),
        ({"officer": "finance"}, "officer", WindowOfficerMissing),
        ({"officer": "<b>"}, "officer", WindowOfficerMissing),
    ],
)
async def test_what_is_wrong_with_a_window_is_told_and_nothing_is_opened(
    database: Database, now: datetime, typed: dict[str, str], field: str, refusal: type[Exception]
) -> None:
    officer = await make_officer(database, "one", now)
    finance = await make_account(database, "finance", now, Role.FINANCE)
    form = {"number": "A01", "name": "一般窗口", "officer": str(officer.account_id)} | typed
    if form["officer"] == "finance":
        form["officer"] = str(finance.id)
    async with database.work() as session:
        problems = await windows.open_window(session, form, actor=ADMIN, now=now)
        assert {name: type(each) for name, each in problems.items()} == {field: refusal}
        assert await windows.windows(session) == []


async def test_a_number_and_an_officer_are_at_one_open_window(database: Database, now: datetime) -> None:
    one, other = [await make_officer(database, name, now) for name in ("one", "other")]
    both = await asyncio.gather(
        opened(database, "A01", one, now), opened(database, "A01", other, now), return_exceptions=True
    )
    assert [type(each) for each in both if each is not None] == [WindowTaken]
    sits, free = (one, other) if both[0] is None else (other, one)
    for number, officer in (("A01", free), ("A02", sits)):
        with pytest.raises(WindowTaken):
            await opened(database, number, officer, now)


async def test_a_window_is_closed_once_and_may_be_opened_again(database: Database, now: datetime) -> None:
    officer = await make_officer(database, "one", now)
    await opened(database, "A01", officer, now)
    window_id = await only_window(database)
    async with database.work() as session:
        await windows.close_window(session, window_id, actor=ADMIN, now=now + DAY)
    with pytest.raises(WindowClosed):
        async with database.work() as session:
            await windows.close_window(session, window_id, actor=ADMIN, now=now + DAY)
    with pytest.raises(WindowNotFound):
        async with database.work() as session:
            await windows.close_window(session, new_id(), actor=ADMIN, now=now)
    await opened(database, "A01", officer, now + DAY)
    async with database.reading() as session:
        kinds = [entry.kind for entry in await journal_store.read(session, windows.STREAM)]
        found = [window for window, _name in await windows.windows(session)]
    assert kinds == ["window_opened", "window_closed", "window_opened"]
    assert [window.closed_at for window in found] == [None, now + DAY]
    for moment, place in ((now - DAY, None), (now, 1), (now + DAY, 0), (now + 9 * DAY, 0)):
        for in_any_order in (found, found[::-1]):
            sat = window_at(in_any_order, officer.account_id, moment)
            assert sat is (None if place is None else found[place])


async def test_ratings_count_for_the_window_at_which_the_officer_sat_then(database: Database, now: datetime) -> None:
    stage: Stage = await ended_sale(database, now, bidders=NATIONAL.smallest_group.value)
    await opened(database, "A01", stage.officer, now - DAY)
    await stage.ask(now)
    for unit in stage.bidders:
        await stage.both_rate(unit, 5, now)
    async with database.work() as session:
        await windows.close_window(session, await only_window(database), actor=ADMIN, now=now + DAY)
    await opened(database, "A09", stage.officer, now + DAY)
    await stage.tick(now + 2 * DAY)
    async with database.reading() as session:
        material = await gather(session, now + 2 * DAY)
    rows = {window.number: material.row_of_window(quarter_of(now), window) for window in material.windows}
    assert {number: (row.asked, row.tally.count) for number, row in rows.items()} == {"A01": (5, 5), "A09": (0, 0)}

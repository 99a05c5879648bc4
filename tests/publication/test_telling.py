"""Who is told of announcements: the other officers of what waits, its preparer of what came back, bidders of dates."""

from datetime import datetime, timedelta

import pytest
from stdnum.cn import uscc

from tests.projects.forms import NOW
from tests.projects.people import PASSWORD, make_account
from tests.publication.release_stage import CHANGE, SYSTEM, Stage, entered
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount, NewUnit
from trading.kernel.database import Database
from trading.notices import service as notices
from trading.publication import releasing
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementKind
from trading.registration import service as registrations

LATER = NOW + timedelta(days=14)


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await entered(database)


async def told(stage: Stage, actor: Actor, *, now: datetime = NOW) -> list[tuple[str, str]]:
    """The addresses and weights of what somebody has not read yet."""
    async with stage.database.reading() as session:
        found = await notices.notices_of(session, actor, only_unread=True)
        assert await notices.unread(session, actor, now) == len(found)
    return [(one.notice.address, one.notice.weight) for one in found]


async def test_other_officers_are_told_of_what_waits_until_somebody_released_it(stage: Stage) -> None:
    third = accounts.actor_for(await make_account(stage.database, "third", NOW, Role.OFFICER, Role.ADMIN))
    shut = await make_account(stage.database, "shut", NOW, Role.OFFICER)
    bidder = accounts.actor_for(await make_account(stage.database, "auctioneer", NOW, Role.AUCTIONEER))
    async with stage.database.work() as work:
        await accounts.disable_account(work, shut.id, actor=SYSTEM, now=NOW)
    release = await stage.prepare()
    waits = [(f"/officer/announcements/{release.id}", "info")]
    assert [await told(stage, who) for who in (stage.first, stage.second, third, bidder)] == [[], waits, waits, []]
    assert await told(stage, accounts.actor_for(shut)) == []
    await stage.release(release)
    assert [await told(stage, who) for who in (stage.second, third)] == [[], []]


async def test_whoever_prepared_it_is_told_when_it_came_back_and_the_others_when_it_comes_again(stage: Stage) -> None:
    release = await stage.prepare()
    async with stage.database.work() as work:
        await releasing.return_to_preparer(work, release.id, "位置写错。", actor=stage.second, now=NOW)
    address = f"/officer/announcements/{release.id}"
    assert (await told(stage, stage.first), await told(stage, stage.second)) == ([(address, "yellow")], [])
    await stage.prepare(now=NOW + timedelta(hours=1), release_id=release.id)
    assert await told(stage, stage.second) == [(address, "info")]
    async with stage.database.work() as work:
        await releasing.call_back(work, release.id, actor=stage.first, now=NOW + timedelta(hours=2))
    assert await told(stage, stage.second) == []


async def test_whoever_is_registered_and_both_officers_are_told_of_moved_dates_once(stage: Stage) -> None:
    sale = await stage.published()
    bidder, stranger = [await _bidder(stage.database, name) for name in ("bidder", "stranger")]
    assert sale.lot_id is not None
    async with stage.database.work() as work:
        assert bidder.unit_id is not None
        await registrations.register(work, sale.lot_id, bidder.unit_id, bidder, NOW + timedelta(days=2))
    change = await stage.prepare(Draft(AnnouncementKind.CHANGE, CHANGE, follows=sale.id), LATER)
    assert await told(stage, bidder) == []
    await stage.release(change, now=LATER)
    moved = [(f"/announcements/{(await stage.announcements())[-1].id}", "yellow")]
    assert [await told(stage, who) for who in (bidder, stranger, stage.first, stage.second)] == [
        moved,
        [],
        moved,
        moved,
    ]
    async with stage.database.reading() as session:
        [one] = await notices.notices_of(session, bidder)
    assert (one.notice.facts["at"], one.notice.facts["date_words"]) == ("2026-12-07 09:30", "Sale starts")


async def test_a_change_that_moves_nothing_tells_nobody(stage: Stage) -> None:
    sale = await stage.published()
    bidder = await _bidder(stage.database, "bidder")
    typed = CHANGE | {"affects_bids": "no", "no_effect_reason": "笔误"}
    await stage.release(await stage.prepare(Draft(AnnouncementKind.CHANGE, typed, follows=sale.id)))
    assert [await told(stage, who) for who in (bidder, stage.first, stage.second)] == [[], [], []]


async def _bidder(database: Database, name: str) -> Actor:
    """Somebody who acts for a unit."""
    number = {"bidder": "91510522MA6000001", "stranger": "91510522MA6000002"}[name]
    title, code, account = f"{name} 公司", number + uscc.calc_check_digit(number), f"6222{number[-4:]}"
    unit = NewUnit(title, code, title, account, "陈经理", "13800000000")
    async with database.work() as session:
        new = NewAccount(name, title, PASSWORD, frozenset({Role.BIDDER}))
        return accounts.actor_for(await accounts.sign_up_bidder(session, unit, new, now=NOW))

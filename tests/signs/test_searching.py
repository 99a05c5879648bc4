"""Lots are searched when registration has closed and when the sale has ended, once each, whoever searches."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from sqlalchemy import func, select

from tests.signs.stage import PLAIN, Turn, paid, published, raised, search, seen, sold
from trading.accounts.models import Trace
from trading.accounts.traces import Occasion
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.notices.models import Notice
from trading.projects.models import Lot, Project
from trading.signs import service
from trading.signs.models import SignSearch
from trading.signs.reading import CLOSED

REGULAR = [Turn(2, 0), *(Turn(number % 2, 3) for number in range(16))]
ORDINARY = [Turn(number % 3, 1) for number in range(18)]


async def test_one_payer_for_two_rivals_is_a_red_alert_with_both_payments(database: Database, now: datetime) -> None:
    """招标投标法实施条例 art. 40 (6)."""
    sale = await published(database, now)
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", payer="演示竞买人1号有限公司", now=now, accepted=False)
    assert await search(database, now) == 1
    [alert] = await raised(database, sale.lot_id)
    assert (alert.kind, alert.severity, alert.state) == ("same_payer", "red", "open")
    table = alert.evidence[0]["table"]
    assert [row[0] for row in table["rows"]] == ["演示竞买人1号有限公司", "演示竞买人2号有限公司"]
    assert {row[5] for row in table["rows"]} == {"6222 0000"}
    assert any(each.get("article") for each in alert.evidence)
    async with database.reading() as session:
        told = await journal_store.read(session, f"alert:{alert.id}")
        assert [entry.kind for entry in told] == ["alert_raised"]
        assert told[0].actor == "system:signs"
        assert await session.scalar(select(func.count()).select_from(Notice).where(Notice.role == "supervisor")) == 1


async def test_a_deposit_paid_by_a_stranger_is_yellow_and_by_a_rival_red(database: Database, now: datetime) -> None:
    sale = await published(database, now)
    async with database.work() as session:
        await paid(session, sale, 0, "9999", payer="某贸易有限公司", now=now, accepted=False)
        await paid(session, sale, 1, "8888", payer="演示竞买人3号有限公司", now=now, accepted=False)
    assert await search(database, now) == 2
    found = {alert.evidence[0]["facts"]["payer"]: alert for alert in await raised(database)}
    assert {alert.kind for alert in found.values()} == {"paid_by_other"}
    assert found["某贸易有限公司"].severity == "yellow"
    assert found["演示竞买人3号有限公司"].severity == "red"


async def test_one_device_is_red_one_address_yellow_and_the_hall_is_neither(database: Database, now: datetime) -> None:
    """招标投标法实施条例 art. 40 (2)."""
    for known, kinds in (([], ["same_address", "same_device"]), ([ip_network("198.51.100.0/24")], ["same_device"])):
        sale = await published(database, now)
        async with database.work() as session:
            await seen(session, sale, 0, "one", PLAIN.format(1), now)
            await seen(session, sale, 1, "one", PLAIN.format(2), now, Occasion.REGISTRATION)
            await seen(session, sale, 2, "two", PLAIN.format(2), now, Occasion.SALE)
        await search(database, now, known)
        found = await raised(database, sale.lot_id)
        assert [alert.kind for alert in found] == kinds
        assert {alert.kind: alert.severity for alert in found}["same_device"] == "red"
        assert {alert.kind: alert.severity for alert in found}.get("same_address", "yellow") == "yellow"


async def test_what_was_seen_before_registration_opened_does_not_count(database: Database, now: datetime) -> None:
    sale = await published(database, now)
    async with database.work() as session:
        for place in (0, 1):
            await seen(session, sale, place, "one", PLAIN.format(1), now - timedelta(days=2))
    assert await search(database, now) == 0


async def test_regular_steps_are_found_when_the_sale_has_ended_with_a_drawing_of_all_bids(
    database: Database, now: datetime
) -> None:
    """招标投标法实施条例 art. 40 (4)."""
    sale = await published(database, now, method="timed_bidding")
    assert await search(database, now) == 0
    ended_at = await sold(database, sale, REGULAR, now)
    assert await search(database, ended_at) == 1
    [alert] = await raised(database, sale.lot_id)
    assert (alert.kind, alert.severity) == ("regular_steps", "yellow")
    said, odds = alert.evidence[:2]
    assert said["facts"] | {"n": 15, "alike": 15, "step": "150,000.00"} == said["facts"]
    assert len(said["drawing"]["bids"]) == len(REGULAR)
    assert said["stream"] == f"auction:{sale.lot_id}"
    assert len(odds["table"]["rows"]) == 15


async def test_an_ordinary_sale_raises_nothing(database: Database, now: datetime) -> None:
    sale = await published(database, now, method="timed_bidding")
    async with database.work() as session:
        for place in range(3):
            await seen(session, sale, place, f"device {place}", PLAIN.format(place), now)
    ended_at = await sold(database, sale, ORDINARY, now)
    assert await search(database, ended_at) == 0
    assert await raised(database) == []
    async with database.reading() as session:
        assert {row.stage for row in await session.scalars(select(SignSearch))} == {"closed", "concluded"}


async def test_two_searches_at_once_raise_an_alert_once(database: Database, now: datetime) -> None:
    sale = await published(database, now)
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", now=now, accepted=False)
        await paid(session, sale, 2, "9999", payer="某贸易有限公司", now=now, accepted=False)
    found = await asyncio.gather(*(search(database, now) for _ in range(4)))
    assert sorted(found) == [0, 0, 0, 2]
    assert await search(database, now) == 0
    assert len(await raised(database)) == 2


async def test_the_same_sign_found_again_at_the_end_is_not_raised_again(database: Database, now: datetime) -> None:
    sale = await published(database, now, method="timed_bidding")
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", now=now, accepted=False)
    assert await search(database, now) == 1
    ended_at = await sold(database, sale, ORDINARY, now)
    assert await search(database, ended_at) == 0
    assert len(await raised(database)) == 1


async def test_a_lot_is_not_searched_before_its_registration_closes(database: Database, now: datetime) -> None:
    sale = await published(database, now)
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", now=now, accepted=False)
    before = now - timedelta(seconds=2)
    assert await search(database, before) == 0
    async with database.work() as session:
        lot = await session.get_one(Lot, sale.lot_id)
        lot.suspended_at = lot.registration_closes_at - timedelta(hours=1)
    assert await search(database, now) == 0, "registration stands still while the sale is suspended"
    async with database.work() as session:
        (await session.get_one(Lot, sale.lot_id)).suspended_at = None
    assert await search(database, now) == 1


async def test_the_history_is_searched_once_a_night(database: Database) -> None:
    """招标投标法实施条例 art. 39 (2)."""
    evening = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    after_two, before_two = evening + timedelta(hours=3, minutes=1), evening + timedelta(hours=2, minutes=59)
    units: list[UUID] = []
    for turn in range(10):
        now = evening - timedelta(days=60 - 5 * turn)
        sale = await published(database, now, method="timed_bidding", bidders=2)
        if not units:
            units = [each.registration.unit_id for each in sale.bidders]
        async with database.work() as session:
            for each, unit_id in zip(sale.bidders, units, strict=True):
                (await session.merge(each.registration)).unit_id = unit_id
        await sold(database, sale, [Turn(turn % 2, 1)], now)
    async with database.work() as session:
        assert await service.search_history(session, before_two) == 0
    async with database.work() as session:
        assert await service.search_history(session, after_two) == 1
    async with database.work() as session:
        assert await service.search_history(session, after_two + timedelta(hours=2)) == 0
        assert await service.search_history(session, after_two + timedelta(days=1)) == 0, "the same sign, a night later"
    [alert] = await raised(database)
    assert (alert.kind, alert.severity) == ("win_in_turn", "yellow")
    assert len(alert.evidence[0]["table"]["rows"]) == 10


async def test_traces_are_deleted_when_their_time_is_over_and_the_journal_says_how_many(
    database: Database, now: datetime
) -> None:
    sale = await published(database, now)
    filed = await published(database, now)
    async with database.work() as session:
        await seen(session, sale, 0, "old", PLAIN.format(1), now)
        await seen(session, sale, 0, "lot", PLAIN.format(1), now, Occasion.SALE)
        await seen(session, filed, 0, "lot", PLAIN.format(1), now, Occasion.SALE)
        await seen(session, sale, 1, "new", PLAIN.format(1), now + timedelta(days=100))
        project = await session.get_one(Project, filed.project_id)
        project.state, project.filed_at = "filed", now + timedelta(days=3)
    for days, left in ((180, 4), (181, 3), (184, 2)):
        at = now.replace(hour=20) + timedelta(days=days - 1)
        async with database.work() as session:
            await service.forget_traces(session, 180, at)
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(Trace)) == left, days
    async with database.reading() as session:
        said = await journal_store.read(session, "traces")
    assert [entry.body["deleted"] for entry in said] == [1, 1]


async def test_what_comes_after_a_search_is_found_by_the_next_one_at_the_end(database: Database, now: datetime) -> None:
    sale = await published(database, now, method="timed_bidding")
    assert await search(database, now) == 0
    async with database.work() as session:
        await paid(session, sale, 1, "6222 0000", now=now, accepted=False)
    async with database.work() as session:
        assert await service.search_lot(session, sale.lot_id, CLOSED, (), now) == 0, "once at a stage, whoever asks"
    ended_at = await sold(database, sale, ORDINARY, now)
    assert await search(database, ended_at) == 1

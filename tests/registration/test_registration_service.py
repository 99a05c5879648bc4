"""Registrations on a real database: once per lot, dense plates, and whoever does not pay is refused."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.deposits.stage import OWNER, SYSTEM, credit_code, lot_of
from trading.accounts import service as accounts
from trading.accounts.service import NewUnit
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.projects.models import Project
from trading.registration import service
from trading.registration.rules import (
    AlreadyRegistered,
    NotAwaitingDeposit,
    OwnerMayNotBid,
    RegistrationClosed,
    RegistrationState,
)


@pytest.fixture
async def lot_id(database: Database, now: datetime) -> UUID:
    """A published lot, open for an hour."""
    async with database.work() as session:
        project = Project(
            kind="land",
            title="演示",
            owner_name=OWNER,
            rule_profile="demonstration-2026",
            state="published",
            created_at=now,
            published_at=now,
        )
        session.add(project)
        await session.flush()
        lot = lot_of(project.id, new_id(), now)
        session.add(lot)
    return lot.id


async def unit(database: Database, number: int, now: datetime, name: str = "") -> UUID:
    name = name or f"演示竞买第{number}有限公司"
    new = NewUnit(name, credit_code(number), name, f"6222{number:08d}", "张三", "08305551234")
    async with database.work() as session:
        return (await accounts.create_unit(session, new, actor=SYSTEM, now=now)).id


async def register(database: Database, lot_id: UUID, unit_id: UUID, now: datetime) -> UUID:
    async with database.work() as session:
        return (await service.register(session, lot_id, unit_id, SYSTEM, now)).id


async def qualify(database: Database, registration_id: UUID, now: datetime) -> int:
    async with database.work() as session:
        return await service.qualify(session, registration_id, now, SYSTEM)


async def test_unit_registers_and_the_fact_is_in_the_journal(database: Database, lot_id: UUID, now: datetime) -> None:
    unit_id = await unit(database, 1, now)
    registration_id = await register(database, lot_id, unit_id, now)
    async with database.reading() as session:
        found = await service.registration_of(session, lot_id, unit_id)
        (entry,) = await journal_store.read(session, f"deposit:{registration_id}")
    assert found is not None
    assert (found.state, found.plate) == (RegistrationState.AWAITING_DEPOSIT, None)
    assert (entry.kind, entry.body["unit"]) == ("registered", str(unit_id))


async def test_unit_registers_once_for_a_lot(database: Database, lot_id: UUID, now: datetime) -> None:
    unit_id = await unit(database, 1, now)
    await register(database, lot_id, unit_id, now)
    with pytest.raises(AlreadyRegistered):
        await register(database, lot_id, unit_id, now)


async def test_two_clicks_at_once_make_one_registration(database: Database, lot_id: UUID, now: datetime) -> None:
    unit_id = await unit(database, 1, now)
    clicks = [register(database, lot_id, unit_id, now) for _ in range(5)]
    results = await asyncio.gather(*clicks, return_exceptions=True)
    assert sum(isinstance(result, UUID) for result in results) == 1
    assert sum(isinstance(result, AlreadyRegistered) for result in results) == 4


async def test_owner_may_not_register_for_its_own_lot(database: Database, lot_id: UUID, now: datetime) -> None:
    with pytest.raises(OwnerMayNotBid):
        await register(database, lot_id, await unit(database, 1, now, name=OWNER), now)


async def test_registration_at_the_moment_of_closing_is_refused(
    database: Database, lot_id: UUID, now: datetime
) -> None:
    unit_id = await unit(database, 1, now)
    with pytest.raises(RegistrationClosed):
        await register(database, lot_id, unit_id, now + timedelta(hours=1))


async def test_plates_are_dense_in_the_order_of_qualification(database: Database, lot_id: UUID, now: datetime) -> None:
    made = [await register(database, lot_id, await unit(database, number, now), now) for number in range(1, 7)]
    plates = await asyncio.gather(*(qualify(database, registration_id, now) for registration_id in made))
    assert sorted(plates) == [1, 2, 3, 4, 5, 6]
    async with database.reading() as session:
        assert [row.plate for row in await service.qualified(session, lot_id)] == [1, 2, 3, 4, 5, 6]


async def test_unit_is_qualified_once(database: Database, lot_id: UUID, now: datetime) -> None:
    registration_id = await register(database, lot_id, await unit(database, 1, now), now)
    assert await qualify(database, registration_id, now) == 1
    with pytest.raises(NotAwaitingDeposit):
        await qualify(database, registration_id, now)


async def test_whoever_has_not_paid_when_the_sale_begins_is_refused_and_the_others_stay(
    database: Database, lot_id: UUID, now: datetime
) -> None:
    paid = await register(database, lot_id, await unit(database, 1, now), now)
    unpaid = await register(database, lot_id, await unit(database, 2, now), now)
    await qualify(database, paid, now)
    for moment, count in ((now + timedelta(hours=1, minutes=59), 0), (now + timedelta(hours=2), 1)):
        async with database.work() as session:
            assert await service.refuse_unpaid(session, moment) == count
    async with database.reading() as session:
        assert (await service.get_registration(session, unpaid)).state == RegistrationState.REFUSED
        assert (await service.get_registration(session, paid)).state == RegistrationState.QUALIFIED
    with pytest.raises(NotAwaitingDeposit):
        await qualify(database, unpaid, now + timedelta(hours=2))

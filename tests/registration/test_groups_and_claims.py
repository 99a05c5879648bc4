"""Joint bidders, priority rights, and registrations that run into the sale, on a real database."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.deposits.stage import SYSTEM, credit_code
from tests.projects.people import make_officer
from tests.registration.test_registration_service import lot_id, qualify, unit
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.rules import LotState, NotYourProject
from trading.registration import service
from trading.registration.joining import BidsOtherwise, Member
from trading.registration.priority import NoPriorityHere, PriorityNotClaimed, PriorityTooLate
from trading.registration.rules import LotNotOnOffer, RegistrationClosed, RegistrationState

__all__ = ["lot_id"]  # the fixture: a published lot, open for an hour, sold an hour after that

HOUR = timedelta(hours=1)


def member(number: int, share: str = "40") -> Member:
    return Member(f"演示联合第{number}有限公司", credit_code(number), Decimal(share))


async def register(
    database: Database,
    lot_id: UUID,
    unit_id: UUID,
    now: datetime,
    members: Sequence[Member] = (),
    *,
    claims_priority: bool = False,
) -> UUID:
    async with database.work() as session:
        made = await service.register(
            session, lot_id, unit_id, SYSTEM, now, members=members, claims_priority=claims_priority
        )
        return made.id


async def sell_by(database: Database, lot_id: UUID, method: str, now: datetime, state: str = "published") -> None:
    async with database.work() as session:
        lot = await projects.lock_lot(session, lot_id)
        lot.selling_method, lot.state = method, state
        lot.starts_at = now + timedelta(minutes=10)
        lot.listing_ends_at = now + 3 * HOUR if method in ("listing", "tender") else None


async def test_a_group_is_stored_journalled_and_named(database: Database, lot_id: UUID, now: datetime) -> None:
    made = await register(database, lot_id, await unit(database, 1, now), now, [member(2), member(3, "12.5")])
    async with database.reading() as session:
        registration = await service.get_registration(session, made)
        assert await service.joint_bidders_of(session, made) == [member(2), member(3, "12.50")]
        name = await service.bidder_name(session, registration)
        with_shares = await service.bidder_name(session, registration, with_shares=True)
        [entry] = await journal_store.read(session, f"deposit:{made}")
    assert name == "演示竞买第1有限公司、演示联合第2有限公司、演示联合第3有限公司（联合体）"
    assert "演示竞买第1有限公司（47.5%）" in with_shares
    assert entry.body["own_share_percent"] == "47.5"
    assert [joint["share_percent"] for joint in entry.body["joint_bidders"]] == ["40", "12.5"]


async def test_who_bids_alone_is_called_by_the_units_name(database: Database, lot_id: UUID, now: datetime) -> None:
    made = await register(database, lot_id, await unit(database, 1, now), now)
    async with database.reading() as session:
        registration = await service.get_registration(session, made)
        assert await service.bidder_name(session, registration, with_shares=True) == "演示竞买第1有限公司"
        [entry] = await journal_store.read(session, f"deposit:{made}")
    assert "joint_bidders" not in entry.body


async def test_nobody_bids_twice_for_a_lot_alone_or_jointly(database: Database, lot_id: UUID, now: datetime) -> None:
    units = {number: await unit(database, number, now) for number in range(1, 5)}
    await register(database, lot_id, units[1], now, [member(2)])
    for lead, members in ((2, []), (3, [member(2)]), (3, [member(1)])):
        with pytest.raises(BidsOtherwise):
            await register(database, lot_id, units[lead], now, members)
    await register(database, lot_id, units[3], now, [member(4)])


async def test_two_groups_that_name_one_unit_at_once_make_one_registration(
    database: Database, lot_id: UUID, now: datetime
) -> None:
    leads = [await unit(database, number, now) for number in range(1, 5)]
    results = await asyncio.gather(
        *(register(database, lot_id, lead, now, [member(9)]) for lead in leads), return_exceptions=True
    )
    assert sum(isinstance(result, UUID) for result in results) == 1
    assert sum(isinstance(result, BidsOtherwise) for result in results) == 3


async def test_a_group_that_never_paid_binds_nobody(database: Database, lot_id: UUID, now: datetime) -> None:
    await register(database, lot_id, await unit(database, 1, now), now, [member(2)])
    await sell_by(database, lot_id, "listing", now, "contest")
    async with database.work() as session:
        assert await service.refuse_unpaid(session, now + 3 * HOUR) == 1
        lot = await projects.lock_lot(session, lot_id)
        lot.registration_closes_at, lot.listing_ends_at = now + 9 * HOUR, now + 9 * HOUR
    await register(database, lot_id, await unit(database, 2, now), now + 3 * HOUR)


@pytest.mark.parametrize("method", ["listing", "tender", "online_auction"])
async def test_registration_may_run_into_a_sale_that_takes_bidders_meanwhile(
    database: Database, lot_id: UUID, now: datetime, method: str
) -> None:
    """39号: registration may run into a listing; it closes at its announced moment all the same."""
    await sell_by(database, lot_id, method, now, "contest")
    made = await register(database, lot_id, await unit(database, 1, now), now + HOUR - timedelta(microseconds=1))
    assert await qualify(database, made, now + HOUR) == 1
    with pytest.raises(RegistrationClosed):
        await register(database, lot_id, await unit(database, 2, now), now + HOUR)


@pytest.mark.parametrize("method", ["auction", "timed_bidding"])
async def test_a_running_auction_takes_nobody(database: Database, lot_id: UUID, now: datetime, method: str) -> None:
    await sell_by(database, lot_id, method, now, "contest")
    with pytest.raises(LotNotOnOffer):
        await register(database, lot_id, await unit(database, 1, now), now)


async def test_an_unpaid_registration_is_refused_when_quotes_end_and_not_at_the_start(
    database: Database, lot_id: UUID, now: datetime
) -> None:
    """The demonstration profile stops quoting 20 seconds before the listing ends."""
    await sell_by(database, lot_id, "listing", now)
    made = await register(database, lot_id, await unit(database, 1, now), now)
    stops_at = now + 3 * HOUR - timedelta(seconds=20)
    for moment, count in ((stops_at - timedelta(microseconds=1), 0), (stops_at, 1)):
        async with database.work() as session:
            assert await service.refuse_unpaid(session, moment) == count
    async with database.reading() as session:
        assert (await service.get_registration(session, made)).state == RegistrationState.REFUSED


@pytest.fixture
async def officer(database: Database, lot_id: UUID, now: datetime) -> Actor:
    """The officer in charge of the lot."""
    made = await make_officer(database, "officer", now)
    async with database.work() as session:
        project = await projects.lock_project(session, (await projects.get_lot(session, lot_id)).project_id)
        project.officer_id = made.account_id
    return made


async def decide(database: Database, registration_id: UUID, officer: Actor, now: datetime, *, yes: bool = True) -> bool:
    async with database.work() as session:
        decided = await service.decide_on_priority(session, registration_id, confirmed=yes, actor=officer, now=now)
        return decided.has_priority


async def test_a_claimed_priority_right_is_confirmed_by_the_officer_in_charge_before_the_sale(
    database: Database, lot_id: UUID, now: datetime, officer: Actor
) -> None:
    """最高人民法院网络司法拍卖规定 art. 16, 21."""
    await sell_by(database, lot_id, "online_auction", now)
    claiming = await register(database, lot_id, await unit(database, 1, now), now, claims_priority=True)
    silent = await register(database, lot_id, await unit(database, 2, now), now)
    async with database.reading() as session:
        assert [claim.id for claim in await service.claims_of(session, lot_id)] == [claiming]
        assert not (await service.get_registration(session, claiming)).has_priority
    with pytest.raises(NotYourProject):
        await decide(database, claiming, await make_officer(database, "other", now), now)
    with pytest.raises(PriorityNotClaimed):
        await decide(database, silent, officer, now)
    assert await decide(database, claiming, officer, now)
    assert await decide(database, claiming, officer, now)
    assert not await decide(database, claiming, officer, now, yes=False)
    with pytest.raises(PriorityTooLate):
        await decide(database, claiming, officer, now + timedelta(minutes=10))
    async with database.reading() as session:
        kinds = [entry.kind for entry in await journal_store.read(session, f"deposit:{claiming}")]
    assert kinds == ["registered", "priority_confirmed", "priority_not_confirmed"]


async def test_a_priority_right_is_claimed_only_where_there_is_one_and_before_the_sale(
    database: Database, lot_id: UUID, now: datetime
) -> None:
    first = await unit(database, 1, now)
    with pytest.raises(NoPriorityHere):
        await register(database, lot_id, first, now, claims_priority=True)
    await sell_by(database, lot_id, "online_auction", now, LotState.CONTEST)
    with pytest.raises(PriorityTooLate):
        await register(database, lot_id, first, now + timedelta(minutes=20), claims_priority=True)
    await register(database, lot_id, first, now + timedelta(minutes=20))

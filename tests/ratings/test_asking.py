"""Whoever was served is asked once, reminded once, and about nothing that is long over."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.ratings.stage import Stage, answers
from tests.reviews.stage import MONDAY
from tests.reviews.stage import Stage as ReviewStage
from trading.accounts.models import Account, Unit
from trading.accounts.rules import Actor
from trading.deposits.models import BankReceipt, RefundRow
from trading.deposits.rules import RefundState
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.notices.models import Notice
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState
from trading.ratings import service
from trading.ratings.models import RatingRequest
from trading.ratings.rules import NATIONAL, Service
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState

DAY = timedelta(days=1)


async def notices_of(database: Database) -> Counter[tuple[object, str]]:
    """How many notices each account got, by what they say first."""
    async with database.reading() as session:
        found = await session.scalars(select(Notice).where(Notice.key.like("rating:%")))
        return Counter((notice.account_id, notice.message.split(":")[0]) for notice in found)


async def test_every_unit_with_a_plate_is_asked_once_however_often_the_tick_comes(stage: Stage, now: datetime) -> None:
    assert await stage.ask(now) == 3
    assert await stage.ask(now + DAY) == 0
    requests = await stage.requests()
    assert set(requests) == {unit.unit_id for unit in stage.bidders}
    assert {(each.service, each.officer_id) for each in requests.values()} == {("sale", stage.officer.account_id)}
    expected = {unit.account_id: 1 for unit in [*stage.bidders, stage.officer]}
    assert await notices_of(stage.database) == {(who, "Please rate"): count for who, count in expected.items()}
    first = next(iter(requests.values()))
    [asked] = await stage.journal(f"ratings:{first.id}")
    assert (asked.kind, asked.body["unit"]) == ("rating_asked", str(first.unit_id))


async def test_two_nodes_ask_at_the_same_moment_and_every_request_is_made_once(stage: Stage, now: datetime) -> None:
    assert sum(await asyncio.gather(*(stage.ask(now) for _node in range(3)))) == 3
    assert len(await stage.requests()) == 3


async def test_who_had_no_plate_and_what_was_recorded_or_is_long_over_is_not_asked_about(
    stage: Stage, now: datetime
) -> None:
    async with stage.database.work() as session:
        registrations = list(await session.scalars(select(Registration).order_by(Registration.plate)))
        registrations[0].state, registrations[0].plate, registrations[0].qualified_at = (
            RegistrationState.REFUSED,
            None,
            None,
        )
    assert await stage.ask(now + NATIONAL.period_days.value * DAY + timedelta(seconds=1)) == 0
    async with stage.database.work() as session:
        (await session.get_one(Lot, stage.sale.lot_id)).state = LotState.CONTEST
    assert await stage.ask(now) == 0
    async with stage.database.work() as session:
        (await session.get_one(Lot, stage.sale.lot_id)).state = LotState.CALLED_OFF
    assert await stage.ask(now) == 2


async def test_an_owner_who_is_known_by_its_name_is_asked_too(stage: Stage, now: datetime) -> None:
    async with stage.database.work() as session:
        project = await session.get_one(Project, stage.sale.project_id)
        unit = await session.get_one(Unit, stage.bidders[0].unit_id)
        owner = Unit(
            name=" ".join(project.owner_name),
            credit_code="12510522MB00000149",
            bank_account_name="-",
            bank_account_number="-",
            contact_name=unit.contact_name,
            phone="-",
        )
        session.add(owner)
    assert await stage.ask(now) == 4
    assert owner.id in await stage.requests()


async def test_a_deposit_that_has_come_back_is_rated_by_its_unit(stage: Stage, now: datetime) -> None:
    async with stage.database.work() as session:
        registration = (await session.scalars(select(Registration).where(Registration.plate == 2))).one()
        lot = await session.get_one(Lot, stage.sale.lot_id)
        lot.state = LotState.CONTEST
        receipt = BankReceipt(
            reference="r1",
            sequence=1,
            account_number="1",
            registration_id=registration.id,
            amount_fen=1,
            payer_name="-",
            payer_account_number="2",
            booked_at=now,
            seen_at=now,
            outcome="accepted",
            difference_fen=0,
        )
        session.add(receipt)
        await session.flush()
        refund = RefundRow(
            id=new_id(),
            receipt_reference="r1",
            registration_id=registration.id,
            lot_id=lot.id,
            from_account_number="1",
            payee_name="-",
            payee_account_number="2",
            amount_fen=1,
            reason="lost",
            state=RefundState.SENT,
            requested_at=now,
            due_at=now + DAY,
            approved_by="a",
            released_by="b",
        )
        session.add(refund)
    assert await stage.ask(now) == 0
    async with stage.database.work() as session:
        row = await session.get_one(RefundRow, refund.id)
        row.state, row.finished_at = RefundState.DONE, now
    assert await stage.ask(now) == 1
    [request] = (await stage.requests()).values()
    assert (request.service, request.unit_id, request.subject) == (
        Service.DEPOSIT_REFUND,
        registration.unit_id,
        refund.id,
    )


async def test_a_decided_entry_is_rated_by_the_unit_that_handed_it_in_and_by_who_decided_it(
    database: Database, now: datetime, stage: Stage
) -> None:
    """An agency's officer acts for a unit; the centre's officer decides. The owner has no account here."""
    reviewer, agency = stage.officer, stage.bidders[0]
    async with database.work() as session:
        account = await session.get_one(Account, agency.account_id)
        account.roles = ["officer"]
        lot = await session.get_one(Lot, stage.sale.lot_id)
        lot.state = LotState.CONTEST
    review = ReviewStage(database, agency, reviewer)
    project_id = await review.hand_in(MONDAY)
    assert await stage.ask(MONDAY) == 0
    await review.agree(project_id, "centre", MONDAY + timedelta(hours=2))
    assert await stage.ask(MONDAY + DAY) == 1
    [request] = (await stage.requests()).values()
    assert (request.service, request.unit_id) == (Service.ENTRY_REVIEW, agency.unit_id)
    assert request.officer_id == reviewer.account_id


@pytest.mark.parametrize("who_has_rated", ["nobody", "unit", "officer"])
async def test_only_who_has_not_rated_is_reminded_and_once(stage: Stage, now: datetime, who_has_rated: str) -> None:
    await stage.ask(now)
    unit = stage.bidders[0]
    sides = {"unit": unit, "officer": stage.officer}
    for each in stage.bidders:
        if who_has_rated == "officer":
            await stage.rate(stage.officer, each, answers(), now)
    if who_has_rated == "unit":
        await stage.rate(unit, unit, answers(), now)
    closes_at = (await stage.requests())[unit.unit_id].closes_at  # type: ignore[index]
    early = closes_at - NATIONAL.reminder_days_before.value * DAY - timedelta(seconds=1)
    for moment in (early, early + timedelta(seconds=1), closes_at - timedelta(seconds=1)):
        async with stage.database.work() as session:
            await service.remind(session, moment)
        told = await notices_of(stage.database)
        expected = {name: int(moment > early and who_has_rated != name) for name in sides}
        assert {name: told[(who.account_id, "Still to be rated")] for name, who in sides.items()} == expected


async def test_nobody_is_reminded_after_the_end(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    [first, *_] = (await stage.requests()).values()
    async with stage.database.work() as session:
        assert await service.remind(session, first.closes_at) == 0


async def test_the_number_that_waits_is_that_of_ones_own_side(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    stranger = Actor("account:x", "x", new_id(), unit_id=new_id())

    async def waiting(at: datetime) -> list[int]:
        async with stage.database.reading() as session:
            who = (stage.bidders[0], stage.bidders[1], stage.officer, stranger)
            return [await service.waiting_for(session, each, at) for each in who]

    assert await waiting(now) == [1, 1, 3, 0]
    await stage.rate(stage.bidders[0], stage.bidders[0], answers(), now)
    await stage.rate(stage.officer, stage.bidders[1], answers(), now)
    assert await waiting(now) == [0, 1, 2, 0]
    async with stage.database.reading() as session:
        request = (await session.scalars(select(RatingRequest))).first()
        assert request is not None
        assert await waiting(request.closes_at) == [0, 0, 0, 0]

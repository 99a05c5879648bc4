"""A rating is given once by each side, while there is time, and the journal says who, never what."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.ratings.stage import SECRET, Stage, answers, ended_sale
from trading.accounts.rules import Actor
from trading.kernel.canonical import canonical_json
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.ratings import service
from trading.ratings.models import Rating
from trading.ratings.rules import AlreadyRated, Answers, NobodyToRate, RatingNotFound, RatingOver, Side, seal_of


async def test_a_double_click_stores_one_rating(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    unit = stage.bidders[0]
    both = await asyncio.gather(
        stage.rate(unit, unit, answers(score=5), now),
        stage.rate(unit, unit, answers(score=1), now),
        return_exceptions=True,
    )
    assert [type(each) for each in both if each is not None] == [AlreadyRated]
    async with stage.database.reading() as session:
        assert len(list(await session.scalars(select(Rating)))) == 1
    facts = await stage.journal(f"ratings:{await stage.request_of(unit)}")
    assert [fact.kind for fact in facts] == ["rating_asked", "service_rated"]


async def test_the_journal_says_who_rated_and_holds_a_seal_that_fits_and_nothing_else(
    stage: Stage, now: datetime
) -> None:
    await stage.ask(now)
    unit = stage.bidders[0]
    await stage.rate(unit, unit, answers(score=2, words=SECRET), now)
    request_id = await stage.request_of(unit)
    fact = (await stage.journal(f"ratings:{request_id}"))[-1]
    assert (fact.kind, fact.actor, set(fact.body)) == ("service_rated", unit.reference, {"side", "seal"})
    assert SECRET.encode() not in canonical_json(fact.body)
    async with stage.database.reading() as session:
        row = (await session.scalars(select(Rating))).one()
    assert fact.body["seal"] == seal_of(request_id, Side.UNIT, Answers(row.scores, row.words), row.salt)


async def test_both_sides_open_it_and_one_side_or_the_end_does_not_tell_more(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    one, other, silent = stage.bidders
    await stage.both_rate(one, 4, now)
    await stage.rate(other, other, answers(), now)
    opened = {unit: request.opened_at for unit, request in (await stage.requests()).items()}
    assert opened == {one.unit_id: now, other.unit_id: None, silent.unit_id: None}
    closes_at = next(iter((await stage.requests()).values())).closes_at
    async with stage.database.work() as session:
        assert await service.open_due(session, closes_at - timedelta(microseconds=1)) == 0
        assert await service.open_due(session, closes_at) == 2
        assert await service.open_due(session, closes_at) == 0
    reasons = [(await stage.journal(f"ratings:{await stage.request_of(unit)}"))[-1].body for unit in stage.bidders]
    assert reasons == [{"because": "both_gave"}, {"because": "period_ended"}, {"because": "period_ended"}]


async def test_a_rating_that_comes_at_the_end_or_after_the_opening_is_refused(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    unit = stage.bidders[0]
    closes_at = next(iter((await stage.requests()).values())).closes_at
    with pytest.raises(RatingOver):
        await stage.rate(unit, unit, answers(), closes_at)
    await stage.both_rate(unit, 5, closes_at - timedelta(microseconds=1))
    with pytest.raises(AlreadyRated):
        await stage.rate(unit, unit, answers(), now)


async def test_who_is_on_no_side_learns_nothing_of_a_request(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    one, other, _ = stage.bidders
    stranger = Actor("account:x", "x", new_id())
    for who in (other, stranger, Actor.system("test")):
        with pytest.raises(RatingNotFound):
            await stage.rate(who, one, answers(), now)
    async with stage.database.reading() as session:
        with pytest.raises(RatingNotFound):
            await service.get_asked(session, await stage.request_of(one), other)
        with pytest.raises(RatingNotFound):
            await service.get_asked(session, new_id(), one)
        with pytest.raises(NobodyToRate):
            await service.asked_of(session, stranger, now)


async def test_a_side_is_not_told_whether_the_other_has_rated(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    unit = stage.bidders[0]

    async def seen(by: Actor) -> list[tuple[object, object]]:
        async with stage.database.reading() as session:
            waiting, over = await service.asked_of(session, by, now)
        return [(each.request.id, each.given_at) for each in [*waiting, *over]]

    before = await seen(stage.officer)
    await stage.rate(unit, unit, answers(), now)
    assert await seen(stage.officer) == before
    assert await seen(unit) == [(await stage.request_of(unit), now)]


async def test_the_running_role_can_change_no_rating(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=1)
    await stage.ask(now)
    await stage.rate(stage.bidders[0], stage.bidders[0], answers(), now)
    async with database.reading() as session:
        (await session.scalars(select(Rating))).one().words = "anders"
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.flush()
        await session.rollback()

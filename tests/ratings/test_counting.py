"""Counted are only enough ratings, and every figure is in the journal."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.projects.people import make_officer
from tests.ratings.stage import Stage, answers, ended_sale
from tests.reviews.stage import MONDAY, at
from tests.reviews.stage import Stage as ReviewStage
from trading.calendars import service as calendars
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.journal import Entry
from trading.kernel.journal_store import JournalEntry, entry_of
from trading.limits import service as limits
from trading.limits.rules import LimitState
from trading.projects.models import Project
from trading.ratings import service
from trading.ratings.batches import Cell, Counted, tally
from trading.ratings.cases import SERVICE_OF_LIMIT, Case, figures_of
from trading.ratings.counting import COUNTED, counted_batches, counted_words
from trading.ratings.models import Rating
from trading.ratings.quarters import read_quarter
from trading.ratings.rules import NATIONAL, Service, Side
from trading.ratings.statistics import gather
from trading.reviews.cases import CENTRE
from trading.reviews.figures import Quarter, quarter_of

K = NATIONAL.smallest_group.value
DAY = timedelta(days=1)
FOURTH = Quarter(2026, 4)


async def counted(database: Database) -> list[int]:
    """The sizes of what is counted of units' ratings."""
    async with database.reading() as session:
        return [len(batch.scores) for batch in await counted_batches(session)]


async def test_four_are_never_counted_and_the_fifth_counts_them_all(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=K)
    await stage.ask(now)
    for unit in stage.bidders[:-1]:
        await stage.both_rate(unit, 4, now, "好")
        await stage.tick(now)
    assert await counted(database) == []
    assert await stage.journal(COUNTED) == []
    await stage.both_rate(stage.bidders[-1], 1, now, "坏")
    await stage.tick(now)
    await stage.tick(now)
    assert await counted(database) == [K]
    async with database.reading() as session:
        [batch] = await counted_batches(session)
        assert str(tally([batch]).satisfaction) == "80.0"
        assert await counted_words(session, FOURTH) == [(Service.SALE, "坏"), *[(Service.SALE, "好")] * 4]
        assert await counted_words(session, FOURTH.previous) == []


async def test_what_only_one_side_gave_is_counted_after_the_end_not_before(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=K)
    await stage.ask(now)
    for unit in stage.bidders:
        await stage.rate(unit, unit, answers(), now)
    closes_at = next(iter((await stage.requests()).values())).closes_at
    await stage.tick(closes_at - timedelta(microseconds=1))
    assert await counted(database) == []
    await stage.tick(closes_at)
    assert await counted(database) == [K]


async def test_two_nodes_count_every_rating_once(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=K)
    await stage.ask(now)
    for unit in stage.bidders:
        await stage.both_rate(unit, 5, now)
    await asyncio.gather(*(stage.tick(now) for _node in range(3)))
    assert await counted(database) == [K]


async def test_a_unit_sees_what_officers_said_of_it_only_in_enough_ratings(database: Database, now: datetime) -> None:
    """Two units, each below the smallest group, are shown nothing, however long they wait."""
    stage = await ended_sale(database, now, bidders=2)
    await stage.ask(now)
    for unit in stage.bidders:
        await stage.both_rate(unit, 5, now)
    await stage.tick(now + 200 * DAY)
    async with database.reading() as session:
        for unit in stage.bidders:
            assert await counted_batches(session, unit_id=unit.unit_id) == []
    assert await stage.journal(COUNTED) == []


async def test_the_fact_of_a_batch_tells_scores_and_seals_apart_and_no_names(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=K)
    await stage.ask(now)
    for score, unit in enumerate(stage.bidders, start=1):
        await stage.both_rate(unit, score, now, "一句话")
    await stage.tick(now)
    [fact] = await stage.journal(COUNTED)
    async with database.reading() as session:
        rows = list(await session.scalars(select(Rating).where(Rating.side == Side.UNIT)))
    assert fact.body["seals"] == sorted(row.seal for row in rows)
    assert [each["overall"] for each in fact.body["scores"]] == [1, 2, 3, 4, 5]
    assert set(fact.body) == {
        *("batch", "side", "service", "quarter", "officer", "window", "unit", "seals", "scores"),
    }
    assert "一句话" not in str(fact.body)
    told = {str(unit.unit_id) for unit in stage.bidders} | {unit.reference for unit in stage.bidders}
    assert not any(name in str(fact.body) for name in told)


async def test_every_published_figure_is_computed_again_from_the_journal(database: Database, now: datetime) -> None:
    stage = await ended_sale(database, now, bidders=K + 1)
    await _entries_of_november(database)
    await _sold_and_confirmed(stage, now)
    await stage.ask(now)
    for score, unit in enumerate(stage.bidders, start=1):
        await stage.rate(unit, unit, answers(score=min(score, 5)), now)
        if score <= K:
            await stage.rate(stage.officer, unit, answers(Side.OFFICER), now)
    await stage.tick(now)
    await limits.reconcile(database, _fixed(now))
    async with database.reading() as session:
        material = await gather(session, now)
        calendar = await calendars.refresh(session)
        facts = [entry_of(row) for row in await session.scalars(select(JournalEntry))]
        standings = [
            (project, each)
            for project in await session.scalars(select(Project))
            for each in await limits.standings(session, project, now)
        ]
    cases = [
        Case(
            SERVICE_OF_LIMIT[each.limit.code],
            project.officer_id,
            each.started.at,
            each.due_at,
            None if each.ended is None else each.ended.at,
        )
        for project, each in standings
        if each.limit.code in SERVICE_OF_LIMIT and each.state is not LimitState.VOID
    ]
    cases += _reviews_in(facts)
    batches = _batches_in(facts)
    asked = [fact for fact in facts if fact.kind == "rating_asked"]
    rated = {fact.stream for fact in facts if fact.kind == "service_rated" and fact.body["side"] == "unit"}
    for service_kind in (None, *Service):
        row = material.row(FOURTH, service_kind)
        mine = [case for case in cases if service_kind in (None, case.service)]
        received = [case for case in mine if quarter_of(case.received_at) == FOURTH]
        done = [case for case in mine if case.done_at is not None and quarter_of(case.done_at) == FOURTH]
        assert row.cases == figures_of(received, done, calendar)
        asked_here = [fact for fact in asked if service_kind in (None, fact.body["service"])]
        assert (row.asked, row.rated) == (len(asked_here), sum(fact.stream in rated for fact in asked_here))
        assert row.tally == tally(
            each
            for each in batches
            if each.cell.side is Side.UNIT and each.cell.quarter == FOURTH and service_kind in (None, each.cell.service)
        )
    total = material.row(FOURTH)
    assert (total.asked, total.rated, total.tally.count) == (K + 1, K + 1, K)
    sales = material.row(FOURTH, Service.SALE).cases
    assert (sales.received, sales.done, sales.in_time) == (2, 1, 1)
    entries = material.row(FOURTH, Service.ENTRY_REVIEW).cases
    assert (entries.received, entries.done, entries.in_time, entries.on_the_spot) == (3, 2, 1, 1)


async def _sold_and_confirmed(stage: Stage, now: datetime) -> None:
    """The facts from which limits run: the lot was sold, its letter issued; its result is not announced yet."""
    stream, by = f"auction:{stage.sale.lot_id}", stage.officer.reference
    async with stage.database.work() as session:
        sold_at, letter = now - timedelta(hours=2), {"kind": "confirmation_letter"}
        await journal_store.append(session, stream=stream, kind="lot_sold", actor=by, at=sold_at, body={})
        await journal_store.append(session, stream=stream, kind="document_filed", actor=by, at=now, body=letter)


async def _entries_of_november(database: Database) -> None:
    """Three entries: one decided on the spot, one late, one still waiting."""
    entering, deciding = [await make_officer(database, name, MONDAY) for name in ("entering", "deciding")]
    review = ReviewStage(database, entering, deciding)
    for decided in (at("2026-11-02 15:00"), at("2026-11-20 15:00"), None):
        project_id = await review.hand_in(MONDAY)
        if decided is not None:
            await review.agree(project_id, "centre", decided)


def _reviews_in(facts: list[Entry]) -> list[Case]:
    """The reviews of entries as the journal tells them."""
    opened = {(fact.stream, fact.body["case"]): fact for fact in facts if fact.kind == "review_opened"}
    closed = {(fact.stream, fact.body["case"]): fact for fact in facts if fact.kind == "review_closed"}
    decided = {
        (fact.stream, fact.body["case"]): fact.actor
        for fact in facts
        if fact.kind in ("review_agreed", "review_objected") and fact.body["department"] == CENTRE
    }
    assert decided
    return [
        Case(
            Service.ENTRY_REVIEW,
            None,
            fact.at,
            max(_moment(part["due_at"]) for part in fact.body["parts"]),
            None if key not in closed else closed[key].at,
        )
        for key, fact in opened.items()
    ]


def _batches_in(facts: list[Entry]) -> list[Counted]:
    def cell(body: Mapping[str, Any]) -> Cell:
        kind = body["service"] and Service(body["service"])
        return Cell(Side(body["side"]), kind, body["quarter"] and read_quarter(body["quarter"]))

    return [Counted(cell(fact.body), tuple(fact.body["scores"])) for fact in facts if fact.kind == "ratings_counted"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fixed(now: datetime) -> Any:
    async def clock(_: object) -> datetime:
        return now

    return clock


async def test_the_job_never_counts_a_sealed_rating(stage: Stage, now: datetime) -> None:
    await stage.ask(now)
    await stage.rate(stage.bidders[0], stage.bidders[0], answers(), now)
    async with stage.database.work() as session:
        assert await service.count_enough(session, now) == 0

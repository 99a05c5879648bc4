"""Opening and counting: when both sides have given theirs or the period is over, and once there are enough.

A batch is written with a fact in the stream `ratings:counted`: what its ratings have in common, their seals and their
scores, each sorted by itself, so that a score cannot be put beside a seal. Whoever holds the journal computes every
published figure again; whoever may open the sealed rows finds every seal in it. Words never enter the journal.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.ratings.asking import AT_ONCE, PLATFORM, stream_of
from trading.ratings.batches import Batch, Cell, Counted, Waiting, batches_of, in_no_order
from trading.ratings.models import CountedRating, Rating, RatingBatch, RatingRequest, ServiceWindow
from trading.ratings.quarters import quarter_named, read_quarter
from trading.ratings.rules import NATIONAL, Service, Side
from trading.reviews.figures import Quarter, quarter_of

COUNTED = "ratings:counted"


async def open_due(session: AsyncSession, now: datetime) -> int:
    """Open what nobody can rate any more because the period is over. How many. Safe to repeat."""
    query = (
        select(RatingRequest)
        .where(RatingRequest.opened_at.is_(None), RatingRequest.closes_at <= now)
        .order_by(RatingRequest.closes_at, RatingRequest.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    due = list(await session.scalars(query))
    for request in due:
        await mark_open(session, request, because="period_ended", now=now)
    return len(due)


async def mark_open(session: AsyncSession, request: RatingRequest, *, because: str, now: datetime) -> None:
    """Both sides are closed. The fact says why, and nothing of what was said."""
    request.opened_at = now
    await session.flush()
    stream, body = stream_of(request.id), {"because": because}
    await journal_store.append(
        session, stream=stream, kind="rating_opened", actor=PLATFORM.reference, at=now, body=body
    )


async def count_enough(session: AsyncSession, now: datetime) -> int:
    """Make the batches for which there are enough opened ratings. How many. Two at once wait for one another."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ratings:counted', 0))"))
    waiting, ratings = await _waiting(session)
    over = await _quarters_over(session, {each.cell.quarter for each in waiting} - {None}, now)
    made = batches_of(waiting, over=over, smallest=NATIONAL.smallest_group.value)
    for batch in made:
        await _count(session, batch, [ratings[rating_id] for rating_id in batch.rating_ids], now)
    return len(made)


async def counted_batches(session: AsyncSession, *, unit_id: UUID | None = None) -> list[Counted]:
    """What is counted of what units said; with `unit_id` what officers said of that unit."""
    query = (
        select(RatingBatch, Rating.scores)
        .join(CountedRating, CountedRating.batch_id == RatingBatch.id)
        .join(Rating, Rating.id == CountedRating.rating_id)
    )
    if unit_id is None:
        query = query.where(RatingBatch.side == Side.UNIT.value)
    else:
        query = query.where(RatingBatch.side == Side.OFFICER.value, RatingBatch.unit_id == unit_id)
    cells: dict[UUID, Cell] = {}
    scores: dict[UUID, list[dict[str, int]]] = {}
    for batch, given in await session.execute(query):
        cells[batch.id] = _cell_of(batch)
        scores.setdefault(batch.id, []).append(given)
    return [Counted(cell, tuple(in_no_order(scores[batch_id]))) for batch_id, cell in cells.items()]


async def counted_words(session: AsyncSession, quarter: Quarter) -> list[tuple[Service | None, str]]:
    """What units wrote freely in counted ratings of a quarter, without name, moment or officer, in no order."""
    query = (
        select(RatingBatch.service, Rating.words)
        .join(CountedRating, CountedRating.batch_id == RatingBatch.id)
        .join(Rating, Rating.id == CountedRating.rating_id)
        .where(RatingBatch.side == Side.UNIT.value, RatingBatch.quarter == quarter_named(quarter), Rating.words != "")
    )
    found = [(None if service is None else Service(service), words) for service, words in await session.execute(query)]
    return sorted(found, key=lambda each: (each[0] or "", each[1]))


async def _waiting(session: AsyncSession) -> tuple[list[Waiting], dict[UUID, Rating]]:
    query = (
        select(Rating, RatingRequest)
        .join(RatingRequest, RatingRequest.id == Rating.request_id)
        .outerjoin(CountedRating, CountedRating.rating_id == Rating.id)
        .where(RatingRequest.opened_at.is_not(None), CountedRating.rating_id.is_(None))
    )
    windows = list(await session.scalars(select(ServiceWindow)))
    waiting, ratings = [], {}
    for rating, request in await session.execute(query):
        ratings[rating.id] = rating
        waiting.append(Waiting(rating.id, _finest_cell(Side(rating.side), request, windows)))
    return waiting, ratings


def _finest_cell(side: Side, request: RatingRequest, windows: Sequence[ServiceWindow]) -> Cell:
    if side is Side.OFFICER:
        return Cell(side, unit_id=request.unit_id)
    window = window_at(windows, request.officer_id, request.ended_at)
    quarter, window_id = quarter_of(request.ended_at), None if window is None else window.id
    return Cell(side, Service(request.service), quarter, request.officer_id, window_id)


def window_at(windows: Sequence[ServiceWindow], officer_id: UUID | None, at: datetime) -> ServiceWindow | None:
    """The window at which an officer sat at a moment."""
    sat = [each for each in windows if each.officer_id == officer_id and each.opened_at <= at]
    return next((each for each in sat if each.closed_at is None or at < each.closed_at), None)


async def _quarters_over(session: AsyncSession, quarters: set[Quarter | None], now: datetime) -> set[Quarter]:
    """The quarters of which nothing is asked any more and nothing is unopened."""
    last_asked = timedelta(days=NATIONAL.period_days.value)
    ended = {each for each in quarters if each is not None and each.next.first + last_asked <= now}
    unopened = await session.scalars(select(RatingRequest.ended_at).where(RatingRequest.opened_at.is_(None)))
    return ended - {quarter_of(at) for at in unopened}


async def _count(session: AsyncSession, batch: Batch, ratings: Sequence[Rating], now: datetime) -> None:
    cell = batch.cell
    row = RatingBatch(
        id=new_id(),
        side=cell.side.value,
        service=None if cell.service is None else cell.service.value,
        quarter=None if cell.quarter is None else quarter_named(cell.quarter),
        officer_id=cell.officer_id,
        window_id=cell.window_id,
        unit_id=cell.unit_id,
        size=len(ratings),
        counted_at=now,
    )
    session.add(row)
    await session.flush()
    rows = [{"rating_id": rating.id, "batch_id": row.id} for rating in ratings]
    await session.execute(postgresql.insert(CountedRating), rows)
    body = {
        "batch": str(row.id),
        "side": row.side,
        "service": row.service,
        "quarter": row.quarter,
        "officer": _text(row.officer_id),
        "window": _text(row.window_id),
        "unit": _text(row.unit_id),
        "seals": sorted(rating.seal for rating in ratings),
        "scores": in_no_order(rating.scores for rating in ratings),
    }
    await journal_store.append(
        session, stream=COUNTED, kind="ratings_counted", actor=PLATFORM.reference, at=now, body=body
    )


def _cell_of(batch: RatingBatch) -> Cell:
    return Cell(
        Side(batch.side),
        None if batch.service is None else Service(batch.service),
        None if batch.quarter is None else read_quarter(batch.quarter),
        batch.officer_id,
        batch.window_id,
        batch.unit_id,
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

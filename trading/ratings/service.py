"""Use cases of rating: give a rating, see what waits for one's own, and what others said of one in enough ratings.

Nothing here returns a single rating. Every fact of a request is in the stream `ratings:<request id>`: who was asked,
who rated and under which seal, when it was opened. Services never commit.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Unit
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.projects.models import Project
from trading.ratings.asking import ask_all, remind, stream_of
from trading.ratings.counting import count_enough, mark_open, open_due
from trading.ratings.models import Rating, RatingRequest
from trading.ratings.rules import (
    Answers,
    NobodyToRate,
    RatingNotFound,
    Side,
    check_may_rate,
    seal_of,
)

__all__ = ["ask_all", "asked_of", "count_enough", "get_asked", "give", "open_due", "remind", "side_of", "waiting_for"]

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as one of its sides sees it: when this side has given its rating, and nothing of the other's."""

    request: RatingRequest
    project: Project
    unit: Unit
    side: Side
    given_at: datetime | None


async def give(
    session: AsyncSession, request_id: UUID, answers: Answers, *, actor: Actor, now: datetime
) -> RatingRequest:
    """Give the rating of the actor's side, once. Locks the request.

    Refuses with `RatingNotFound` whoever is on neither side, `NobodyToRate`, `AlreadyRated`, `RatingOver`.
    """
    query = select(RatingRequest).where(RatingRequest.id == request_id)
    request = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    side = side_of(request, actor)
    if request is None or side is None or actor.account_id is None:
        raise RatingNotFound
    given = set(await session.scalars(select(Rating.side).where(Rating.request_id == request_id)))
    check_may_rate(already=side in given, closes_at=request.closes_at, opened=request.opened_at is not None, now=now)
    salt = secrets.token_bytes(32)
    seal = seal_of(request_id, side, answers, salt)
    rating = Rating(
        request_id=request_id,
        side=side.value,
        scores=dict(answers.scores),
        words=answers.words,
        salt=salt,
        seal=seal,
        given_by=actor.account_id,
        given_at=now,
    )
    session.add(rating)
    await session.flush()
    await journal_store.append(
        session,
        stream=stream_of(request_id),
        kind="service_rated",
        actor=actor.reference,
        at=now,
        body={"side": side.value, "seal": seal},
    )
    if given:
        await mark_open(session, request, because="both_gave", now=now)
    return request


def side_of(request: RatingRequest | None, actor: Actor) -> Side | None:
    """On which side somebody is, if on any."""
    if request is None or actor.account_id is None:
        return None
    if actor.account_id == request.officer_id:
        return Side.OFFICER
    return Side.UNIT if actor.unit_id is not None and actor.unit_id == request.unit_id else None


async def get_asked(session: AsyncSession, request_id: UUID, actor: Actor) -> Asked:
    """One request for one of its sides. Refuses with `RatingNotFound`."""
    found = [each for each in await _asked(session, RatingRequest.id == request_id, actor) if each.side is not None]
    if not found:
        raise RatingNotFound
    return found[0]


async def asked_of(session: AsyncSession, actor: Actor, now: datetime) -> tuple[list[Asked], list[Asked]]:
    """What waits for the actor's side, the least time left first, and what is over, the newest first.

    Refuses with `NobodyToRate` who is on no side of anything.
    """
    if actor.unit_id is None and not actor.has(Role.OFFICER):
        raise NobodyToRate
    found = await _asked(session, _mine(actor), actor)
    waiting = [each for each in found if each.given_at is None and _is_open(each.request, now)]
    over = [each for each in found if each not in waiting]
    return sorted(waiting, key=lambda each: each.request.closes_at), over


async def waiting_for(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """How many ratings wait for the actor's side."""
    gave_as_officer = exists().where(Rating.request_id == RatingRequest.id, Rating.side == Side.OFFICER.value)
    gave_as_unit = exists().where(Rating.request_id == RatingRequest.id, Rating.side == Side.UNIT.value)
    as_officer = and_(RatingRequest.officer_id == actor.account_id, ~gave_as_officer)
    as_unit = false() if actor.unit_id is None else and_(RatingRequest.unit_id == actor.unit_id, ~gave_as_unit)
    query = select(func.count()).select_from(RatingRequest)
    open_ = and_(RatingRequest.opened_at.is_(None), RatingRequest.closes_at > now)
    return int(await session.scalar(query.where(open_, or_(as_officer, as_unit))) or 0)


def _is_open(request: RatingRequest, now: datetime) -> bool:
    return request.opened_at is None and now < request.closes_at


def _mine(actor: Actor) -> ColumnElement[bool]:
    own = RatingRequest.officer_id == actor.account_id
    return own if actor.unit_id is None else or_(own, RatingRequest.unit_id == actor.unit_id)


async def _asked(session: AsyncSession, wanted: ColumnElement[bool], actor: Actor) -> list[Asked]:
    query = (
        select(RatingRequest, Project, Unit)
        .join(Project, Project.id == RatingRequest.project_id)
        .join(Unit, Unit.id == RatingRequest.unit_id)
        .where(wanted)
        .order_by(RatingRequest.asked_at.desc(), RatingRequest.id.desc())
        .limit(SHOWN)
    )
    rows = (await session.execute(query)).all()
    given = await _given_at(session, [request for request, _project, _unit in rows])
    return [
        Asked(request, project, unit, side, given.get((request.id, side)))
        for request, project, unit in rows
        if (side := side_of(request, actor)) is not None
    ]


async def _given_at(session: AsyncSession, requests: Sequence[RatingRequest]) -> dict[tuple[UUID, Side], datetime]:
    """When each side gave what; a side looks up its own."""
    query = select(Rating.request_id, Rating.side, Rating.given_at).where(
        Rating.request_id.in_([request.id for request in requests])
    )
    return {(request_id, Side(side)): given_at for request_id, side, given_at in await session.execute(query)}

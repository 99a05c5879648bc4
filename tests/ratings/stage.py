"""A sale that has ended, its units and its officer, who rate each other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from tests.auction.selling import Sale, publish_lot
from trading.accounts import service as accounts
from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.journal import Entry
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState
from trading.ratings import service
from trading.ratings.models import RatingRequest
from trading.ratings.rules import QUESTIONS, Answers, Side

SECRET = "只有本单位知道的一句话"


def answers(side: Side = Side.UNIT, score: int = 5, words: str = "", **scores: int) -> Answers:
    """The same score for every question, but for those named."""
    return Answers({question.code: scores.get(question.code, score) for question in QUESTIONS[side]}, words)


@dataclass
class Stage:
    """One database with a sale that has ended. `officer` is in charge, `bidders` took part."""

    database: Database
    sale: Sale
    officer: Actor
    bidders: list[Actor]
    accounts: dict[str, Account] = field(default_factory=dict)

    async def ask(self, now: datetime) -> int:
        """The tick asks."""
        async with self.database.work() as session:
            return await service.ask_all(session, now)

    async def requests(self) -> dict[UUID, RatingRequest]:
        """The requests of the sale by unit."""
        async with self.database.reading() as session:
            return {request.unit_id: request for request in await session.scalars(select(RatingRequest))}

    async def request_of(self, unit: Actor) -> UUID:
        """What a unit is asked."""
        assert unit.unit_id is not None
        return (await self.requests())[unit.unit_id].id

    async def rate(self, who: Actor, of: Actor, given: Answers, now: datetime) -> None:
        """One side of the request of a unit rates."""
        request_id = await self.request_of(of)
        async with self.database.work() as session:
            await service.give(session, request_id, given, actor=who, now=now)

    async def both_rate(self, unit: Actor, score: int, now: datetime, words: str = "") -> None:
        """A unit and the officer rate each other."""
        await self.rate(unit, unit, answers(Side.UNIT, score, words), now)
        await self.rate(self.officer, unit, answers(Side.OFFICER, score), now)

    async def tick(self, now: datetime) -> None:
        """What the job does, step by step."""
        for step in (service.ask_all, service.remind, service.open_due, service.count_enough):
            async with self.database.work() as session:
                await step(session, now)

    async def journal(self, stream: str) -> list[Entry]:
        """A stream of the journal."""
        async with self.database.reading() as session:
            return await journal_store.read(session, stream)


async def ended_sale(database: Database, now: datetime, *, bidders: int = 3) -> Stage:
    """A sale that ended at `now`, with so many units that had a plate."""
    async with database.work() as session:
        sale = await publish_lot(session, now=now - timedelta(hours=1), bidders=bidders)
        lot = await session.get_one(Lot, sale.lot_id)
        lot.state, lot.ended_at = LotState.SOLD, now
        project = await session.get_one(Project, sale.project_id)
        officer = await session.get_one(Account, project.officer_id)
    people = {"officer": officer} | {str(bidder.plate): bidder.account for bidder in sale.bidders}
    units = [accounts.actor_for(bidder.account) for bidder in sale.bidders]
    return Stage(database, sale, accounts.actor_for(officer), units, people)


def form_of(given: Answers) -> dict[str, str]:
    """Answers as the form sends them."""
    return {name: str(score) for name, score in given.scores.items()} | {"words": given.words}

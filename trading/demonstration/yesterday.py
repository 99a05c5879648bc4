"""The lot that was sold yesterday: its whole life, from the form to the refunds, at the times at which it happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from auction import service as auctions
from auction.completing import Issuer
from auction.settling import BidRequest, settle
from auction.way import SETTLE_DELAY
from trading.accounts.rules import Actor
from trading.demonstration.books import BankBooks
from trading.demonstration.lots import yesterdays_lot
from trading.demonstration.offering import Cast, Moments, put_on_offer, register_and_pay
from trading.demonstration.people import (
    AUCTIONEER,
    BIDDERS,
    FINANCE_FIRST,
    FINANCE_SECOND,
    ROBOTS,
    VISITOR,
    Bidder,
)
from trading.deposits import service as deposits
from trading.deposits.rules import RefundState
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.rules import LotState, ProjectState
from trading.registration import service as registrations
from trading.settings import Settings
from trading.supervision.dossiers import ProjectDossiers

PROJECT_ID = UUID("0193555e-8a00-7000-8000-000000000001")
PARCEL = 58
HISTORY_BEGAN_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class BidAt:
    """A bid so many seconds after the opening, so many increments above the starting price."""

    after_s: int
    bidder: Bidder
    increments: int


@dataclass(frozen=True)
class CallAt:
    """The auctioneer calls the standing price for the `number`-th time."""

    after_s: int
    number: int


_FIRST, _SECOND, _THIRD = ROBOTS
COURSE: tuple[BidAt | CallAt, ...] = (
    BidAt(20, _THIRD, 0),
    BidAt(38, _SECOND, 1),
    BidAt(55, _FIRST, 2),
    BidAt(70, VISITOR, 4),
    BidAt(75, _THIRD, 4),  # refused: not above the standing price
    BidAt(96, _SECOND, 6),
    BidAt(110, _SECOND, 7),  # refused: it leads already
    BidAt(130, VISITOR, 8),
    CallAt(150, 1),
    BidAt(160, _FIRST, 10),
    CallAt(180, 1),
    CallAt(192, 2),
    BidAt(200, VISITOR, 11),
    CallAt(222, 1),
    CallAt(236, 2),
    BidAt(243, _FIRST, 14),
    CallAt(262, 1),
    CallAt(276, 2),
    CallAt(290, 3),
)
HAMMER_AFTER = timedelta(seconds=300)
FILED_AFTER = timedelta(hours=4)


def opening_yesterday(now: datetime) -> datetime:
    """Ten o'clock of the day before, in China."""
    day = now.astimezone(SHANGHAI) - timedelta(days=1)
    return day.replace(hour=10, minute=0, second=0, microsecond=0)


async def play_yesterday(
    database: Database, books: BankBooks, cast: Cast, settings: Settings, *, now: datetime
) -> UUID:
    """Lay the whole life of yesterday's lot, or what is missing of it. Returns the lot."""
    lot = await _offered(database, cast, settings, opening_yesterday(now))
    opened_at = lot.starts_at
    if lot.state == LotState.PUBLISHED:
        for place, bidder in enumerate(BIDDERS):
            moment = opened_at - timedelta(days=5) + timedelta(minutes=90 * place)
            await register_and_pay(database, books, lot.id, bidder, cast, now=moment)
            await deposits.reconcile(database, books, clock=fixed_clock(moment + timedelta(minutes=1)))
        async with database.work() as session:
            await _hold_auction(session, lot, cast)
    issuer = Issuer(settings.centre_name, settings.public_url)
    async with database.work() as session:
        completed_at = opened_at + HAMMER_AFTER + timedelta(seconds=2)
        await auctions.complete_concluded(session, completed_at, issuer=issuer, lot_id=lot.id)
    await _refund_losers(database, books, lot, cast)
    async with database.work() as session:
        project = await projects.get_project(session, PROJECT_ID)
        if project.state == ProjectState.CONCLUDED and not (await ProjectDossiers().parts(session, PROJECT_ID)).gaps:
            filed_at = opened_at + FILED_AFTER
            await projects.file_project(session, PROJECT_ID, actor=Actor.system("archive"), now=filed_at)
    return lot.id


async def _offered(database: Database, cast: Cast, settings: Settings, opens_at: datetime) -> Lot:
    entered_at = opens_at - timedelta(days=8)
    moments = Moments(entered_at, entered_at + timedelta(hours=3), entered_at + timedelta(hours=23))
    async with database.work() as session:
        try:
            await projects.get_project(session, PROJECT_ID)
        except NotFound:
            form = yesterdays_lot(opens_at).numbered(PARCEL)
            lot_id = await put_on_offer(session, PROJECT_ID, form, cast, settings, moments)
            await auctions.prepare(session, lot_id, moments.published_at)
        return (await projects.lots_of(session, PROJECT_ID))[0]


async def _hold_auction(session: AsyncSession, lot: Lot, cast: Cast) -> None:
    """The auction, decision by decision at its own moment, in one transaction."""
    auctioneer = cast.actor(AUCTIONEER)
    await auctions.open_lot(session, lot.id, actor=auctioneer, now=lot.starts_at)
    for step in COURSE:
        now = lot.starts_at + timedelta(seconds=step.after_s)
        if isinstance(step, BidAt):
            await settle(session, [await _request(session, lot, step, cast, now)])
        else:
            state = (await auctions.auction_of(session, lot.id)).state
            assert state.price is not None
            await auctions.call_price(session, lot.id, number=step.number, price=state.price, actor=auctioneer, now=now)
    state = (await auctions.auction_of(session, lot.id)).state
    assert state.price is not None
    ended_at = lot.starts_at + HAMMER_AFTER
    fell_at = ended_at - SETTLE_DELAY
    await auctions.let_hammer_fall(session, lot.id, plate=state.plate, price=state.price, actor=auctioneer, now=fell_at)
    await auctions.advance_due(session, ended_at, lot_id=lot.id)


async def _request(session: AsyncSession, lot: Lot, step: BidAt, cast: Cast, arrived_at: datetime) -> BidRequest:
    actor = cast.actor(step.bidder.person)
    registration = await registrations.registration_of(session, lot.id, cast.unit_id(step.bidder))
    assert registration is not None
    assert actor.account_id is not None
    price = Money(lot.starting_price_fen + step.increments * lot.increment_fen)
    return BidRequest(
        lot_id=lot.id,
        account_id=actor.account_id,
        registration_id=registration.id,
        plate=registration.plate,
        key=uuid5(PROJECT_ID, f"bid after {step.after_s} s"),
        price=price,
        given=str(price.fen),
        arrived_at=arrived_at,
    )


async def _refund_losers(database: Database, books: BankBooks, lot: Lot, cast: Cast) -> None:
    """Two people in finance send the losers' deposits back within two hours."""
    approved_at = lot.starts_at + timedelta(hours=1)
    released_at = approved_at + timedelta(minutes=20)
    async with database.work() as session:
        refunds = await deposits.refunds_of_lot(session, lot.id)
        ids = [refund.id for refund in refunds if refund.state == RefundState.REQUESTED]
        if not ids:
            return
        await deposits.approve_refunds(session, ids, cast.actor(FINANCE_FIRST), approved_at)
        await deposits.release_refunds(session, ids, cast.actor(FINANCE_SECOND), released_at)
    books.at = released_at + timedelta(seconds=5)
    await deposits.send_released(database, books, clock=fixed_clock(books.at))
    await deposits.reconcile(database, books, clock=fixed_clock(books.at + timedelta(seconds=30)))

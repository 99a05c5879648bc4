"""A lot with signs of collusion for the supervisor: one unit paid for two, and two raised one another by the same step.

Everything goes through the services that real bidders use; the platform finds the signs by itself. All are invented.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from auction import service as auctions
from auction.completing import Issuer
from auction.settling import BidRequest, settle
from trading.demonstration.books import BankBooks
from trading.demonstration.lots import DemonstrationLot, whole_second
from trading.demonstration.offering import Cast, Moments, put_on_offer, register_and_pay
from trading.demonstration.people import ROBOTS, Bidder
from trading.deposits import service as deposits
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.profiles import SellingMethod
from trading.registration import service as registrations
from trading.settings import Settings
from trading.signs.service import search_due

PROJECT_ID = UUID("0193555e-8a00-7000-8000-000000000011")
PARCEL = 56
_BEGAN_BEFORE = timedelta(hours=3)
_PAYER, _PAID_FOR, _THIRD = ROBOTS
COURSE = ((_THIRD, 0), (_PAYER, 1), (_THIRD, 2), *((_PAYER, 5), (_PAID_FOR, 5)) * 8)
"""Who raised by how many increments: an ordinary beginning, then two in turn."""


async def lay_collusion(database: Database, books: BankBooks, cast: Cast, settings: Settings, now: datetime) -> None:
    """Lay the lot, its sale and the alerts, unless it is there. The bank must not run meanwhile."""
    async with database.reading() as session:
        try:
            await projects.get_project(session, PROJECT_ID)
        except NotFound:
            pass
        else:
            return
    starts_at = whole_second(now - _BEGAN_BEFORE)
    entered_at = starts_at - timedelta(hours=20)
    async with database.work() as session:
        offered = _lot(entered_at, starts_at).numbered(PARCEL)
        lot_id = await put_on_offer(session, PROJECT_ID, offered, cast, settings, Moments.all_at(entered_at))
        await auctions.prepare(session, lot_id, entered_at)
        lot = await projects.get_lot(session, lot_id)
    for place, bidder in enumerate(ROBOTS, start=1):
        at = entered_at + timedelta(hours=place)
        await register_and_pay(database, books, lot_id, bidder, cast, now=at)
        if bidder is _PAID_FOR:
            await _pay_for(database, books, cast, lot_id, bidder, at)
        await deposits.reconcile(database, books, clock=fixed_clock(at + timedelta(minutes=1)))
    ended_at = await _sell(database, lot, cast)
    async with database.work() as session:
        issuer = Issuer(settings.centre_name, settings.public_url)
        done_at = ended_at + timedelta(seconds=2)
        await auctions.complete_concluded(session, done_at, issuer=issuer, lot_id=lot_id)
    await search_due(database, (), fixed_clock(ended_at + timedelta(seconds=30)))


def _lot(entered_at: datetime, starts_at: datetime) -> DemonstrationLot:
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权限时竞价出让",
        parcel_number="",
        location="合江县白沙镇沿江东路",
        area_m2="9,000.00",
        area_mu="13.50",
        land_use="industry",
        term_years=50,
        starting_price_yuan=6_800_000,
        increment_yuan=20_000,
        reserve_yuan=None,
        method=SellingMethod.TIMED_BIDDING,
        registration_opens_at=whole_second(entered_at),
        registration_closes_at=starts_at - timedelta(hours=1),
        starts_at=starts_at,
    )


async def _pay_for(
    database: Database, books: BankBooks, cast: Cast, lot_id: UUID, bidder: Bidder, at: datetime
) -> None:
    """A rival pays this bidder's deposit from its own account as well: that money goes back."""
    async with database.reading() as session:
        registration = await registrations.registration_of(session, lot_id, cast.unit_id(bidder))
        assert registration is not None
        amount = Money((await deposits.expect_deposit(session, registration.id)).amount_fen)
    number = await deposits.open_deposit_account(database, books, registration.id, clock=fixed_clock(at))
    await books.pay(_PAYER, number, amount, f"demonstration:for another:{registration.id}")


async def _sell(database: Database, lot: Lot, cast: Cast) -> datetime:
    """Hold the sale, bid by bid at its own moment. When it ended."""
    assert lot.window_s is not None
    opened_at, increments = lot.starts_at, 0
    async with database.work() as session:
        await auctions.advance_due(session, opened_at, lot_id=lot.id)
        for number, (bidder, raised) in enumerate(COURSE, start=1):
            increments += raised
            actor = cast.actor(bidder.person)
            registration = await registrations.registration_of(session, lot.id, cast.unit_id(bidder))
            assert registration is not None
            assert actor.account_id is not None
            price = Money(lot.starting_price_fen + increments * lot.increment_fen)
            bid = BidRequest(
                lot_id=lot.id,
                account_id=actor.account_id,
                registration_id=registration.id,
                plate=registration.plate,
                key=uuid5(PROJECT_ID, f"bid {number}"),
                price=price,
                given=str(price.fen),
                arrived_at=opened_at + timedelta(seconds=11 * number),
            )
            await settle(session, [bid])
        ended_at = opened_at + timedelta(seconds=11 * len(COURSE) + lot.window_s + 1)
        await auctions.advance_due(session, ended_at, lot_id=lot.id)
    return ended_at

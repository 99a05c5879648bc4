"""Something for a supervisor: deposits that are late on their way back, and one that is soon due.

A lot was withdrawn by order more than a week ago. Nobody in finance has let its deposits go since, which is red; a
bidder paid after the end, and that money has to be back today, which is yellow.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from auction import service as auctions
from auction.completing import Issuer
from trading.demonstration.books import BankBooks
from trading.demonstration.lots import DemonstrationLot, whole_second
from trading.demonstration.offering import Cast, Moments, put_on_offer, register_and_pay
from trading.demonstration.people import OFFICER, ROBOTS
from trading.deposits import service as deposits
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.moments import SHANGHAI, local_day
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod
from trading.projects.working_days import WorkingDaysUnknown, working_days_before
from trading.registration import service as registrations
from trading.settings import Settings

PROJECT_ID = UUID("0193555e-8a00-7000-8000-000000000009")
PARCEL = 57
REASON = "规划条件需要调整，重新公告后再行出让"


async def lay_overdue(database: Database, books: BankBooks, cast: Cast, settings: Settings, now: datetime) -> None:
    """Lay the lot with its deposits, unless it is there. The bank must not run meanwhile."""
    async with database.reading() as session:
        try:
            await projects.get_project(session, PROJECT_ID)
        except NotFound:
            pass
        else:
            return
    withdrawn_at, paid_late_at = _noon(_before(now, 8)), _noon(_before(now, 5))
    entered_at = withdrawn_at - timedelta(days=4)
    async with database.work() as session:
        lot = _lot(withdrawn_at).numbered(PARCEL)
        lot_id = await put_on_offer(session, PROJECT_ID, lot, cast, settings, Moments.all_at(entered_at))
        await auctions.prepare(session, lot_id, entered_at)
    late = await _register(database, books, cast, lot_id, entered_at + timedelta(hours=2))
    for place, bidder in enumerate(ROBOTS[:2], start=1):
        moment = entered_at + timedelta(days=1, hours=place)
        await register_and_pay(database, books, lot_id, bidder, cast, now=moment)
        await deposits.reconcile(database, books, clock=fixed_clock(moment + timedelta(minutes=1)))
    async with database.work() as session:
        officer = cast.actor(OFFICER)
        await auctions.withdraw_lot(session, lot_id, reason=REASON, actor=officer, now=withdrawn_at)
    async with database.work() as session:
        issuer = Issuer(settings.centre_name, settings.public_url)
        done_at = withdrawn_at + timedelta(seconds=2)
        await auctions.complete_concluded(session, done_at, issuer=issuer, lot_id=lot_id)
    await _pay_late(database, books, lot_id, late, paid_late_at)


def _lot(withdrawn_at: datetime) -> DemonstrationLot:
    entered_at = withdrawn_at - timedelta(days=4)
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权拍卖出让",
        parcel_number="",
        location="合江县佛荫镇流石村",
        area_m2="10,000.00",
        area_mu="15.00",
        land_use="commerce",
        term_years=40,
        starting_price_yuan=18_200_000,
        increment_yuan=200_000,
        reserve_yuan=None,
        method=SellingMethod.AUCTION,
        registration_opens_at=whole_second(entered_at),
        registration_closes_at=whole_second(withdrawn_at + timedelta(hours=1)),
        starts_at=whole_second(withdrawn_at + timedelta(days=1)),
    )


async def _register(database: Database, books: BankBooks, cast: Cast, lot_id: UUID, at: datetime) -> UUID:
    """The third bidder registers and gets its account number, but does not pay yet."""
    bidder = ROBOTS[2]
    async with database.work() as session:
        registration = await registrations.register(
            session, lot_id, cast.unit_id(bidder), cast.actor(bidder.person), at
        )
    books.at = at
    await deposits.open_deposit_account(database, books, registration.id, clock=fixed_clock(at))
    return registration.id


async def _pay_late(database: Database, books: BankBooks, lot_id: UUID, registration_id: UUID, at: datetime) -> None:
    """Its money comes when the lot has ended, and has to go back."""
    books.at = at
    clock = fixed_clock(at)
    number = await deposits.open_deposit_account(database, books, registration_id, clock=clock)
    async with database.reading() as session:
        amount = Money((await deposits.expect_deposit(session, registration_id)).amount_fen)
    await books.open_payer(ROBOTS[2])
    await books.pay(ROBOTS[2], number, amount, f"demonstration:late:{lot_id}")
    await deposits.reconcile(database, books, clock=fixed_clock(at + timedelta(minutes=1)))


def _before(now: datetime, working_days: int) -> date:
    """So many working days before today; where the year is not known, as many days and a weekend."""
    today = local_day(now)
    try:
        return working_days_before(today, working_days)
    except WorkingDaysUnknown:
        return today - timedelta(days=working_days + 2)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)

"""Demonstration data, laid through the services. A second start goes on with what is there and adds a live lot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

import archive
import auction
import procurement
import trading
from archive import files
from auction import selling_sessions
from auction import service as auctions
from auction.models import Auction
from auction.sale import ENDED
from trading.demonstration.announcements import lay_announcements
from trading.demonstration.attachments import make_attachments
from trading.demonstration.books import BankBooks, bank_books
from trading.demonstration.collusion import lay_collusion
from trading.demonstration.complaints import lay_complaints
from trading.demonstration.concluded_purchase import lay_concluded_purchase
from trading.demonstration.load_deals import load_deals_2014
from trading.demonstration.lots import (
    DemonstrationLot,
    led_lot,
    lot_open_for_registration,
    lot_to_review,
    timed_lot,
)
from trading.demonstration.lots_of_ways import (
    SESSION_TITLE,
    capped_lot,
    listing_lot,
    online_lot,
    session_lot,
    tender_lot,
)
from trading.demonstration.offering import Cast, Moments, gather_cast, put_on_offer, register_and_pay, submit_entry
from trading.demonstration.overdue import lay_overdue
from trading.demonstration.people import AUCTIONEER, BIDDERS, JOINT_BIDDER, OFFICER, ROBOTS
from trading.demonstration.projects_of_kinds import lay_projects_of_kinds
from trading.demonstration.ratings import lay_ratings
from trading.demonstration.reviews import lay_reviews
from trading.demonstration.rooms import lay_rooms
from trading.demonstration.yesterday import (
    HISTORY_BEGAN_BEFORE,
    PARCEL,
    opening_yesterday,
    play_yesterday,
)
from trading.deposits import service as deposits
from trading.kernel import i18n
from trading.kernel.clock import database_clock, fixed_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.limits.service import reconcile
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod
from trading.projects.service import PlatformCodes
from trading.reviews.service import Platform
from trading.settings import Settings
from trading.venues.recording_files import RecordingStore

REGISTRATION_STILL_OPEN_FOR = timedelta(days=1)
MOST_PROJECTS = 100_000
Detail = Callable[[str], None]


@dataclass(frozen=True)
class Demonstration:
    """What was laid: the lots in which robots bid, and when the newest of them goes live."""

    live_lots: list[UUID]
    starts_at: datetime


async def load(database: Database, settings: Settings, detail: Detail) -> Demonstration:
    """Lay what is missing, and a lot that goes live in two minutes. The bank must not run meanwhile."""
    files.use_folder(settings.data_folder / "files")
    i18n.load_catalogues(_catalogues())
    now = await _now(database)
    detail("deals of 2014")
    async with database.work() as session:
        await load_deals_2014(session, PlatformCodes(settings.region_code, settings.centre_credit_code), now=now)
    with bank_books(settings.data_folder, now) as books:
        detail("people")
        cast = await gather_cast(database, opening_yesterday(now) - HISTORY_BEGAN_BEFORE)
        detail("deposits that are overdue")
        await lay_overdue(database, books, cast, settings, now)
        detail("yesterday's lot")
        await play_yesterday(database, books, cast, settings, now=now)
        detail("a lot with signs of collusion")
        await lay_collusion(database, books, cast, settings, await _now(database))
        detail("lots of today")
        # On a slow machine all this took a while, and the two minutes begin now.
        demonstration = await _Today(database, books, cast, settings, await _now(database)).lay()
        detail("announcements on their way")
        await lay_announcements(database, cast, await _now(database))
        detail("reviews by departments")
        codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
        platform = Platform(codes, demonstration=True)
        async with database.reading() as session:
            parcel = await next_parcel(session, cast)
        await lay_reviews(database, cast, platform, parcel, await _now(database))
        detail("projects of every kind")
        await lay_projects_of_kinds(database, cast, settings, await _now(database))
        detail("queries and complaints")
        await lay_complaints(database, cast, settings, await _now(database))
        await lay_concluded_purchase(database, cast, settings, await _now(database))
        detail("rooms")
        await lay_rooms(database, cast, RecordingStore(settings.recordings_folder), await _now(database))
        await reconcile(database, fixed_clock(await _now(database)))
        detail("service ratings")
        await lay_ratings(database, cast, platform, await _now(database))
        return demonstration


async def _now(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_clock(session)


def _catalogues() -> list[Path]:
    """The Chinese of every room: papers that are made here tell the reasons of refused bids."""
    rooms = [Path(str(package.__file__)).parent for package in (archive, auction, procurement)]
    return [*(room / "locale" for room in rooms), *sorted(Path(str(trading.__file__)).parent.glob("*/locale"))]


@dataclass
class _Today:
    """What goes on today, at one moment."""

    database: Database
    books: BankBooks
    cast: Cast
    settings: Settings
    now: datetime

    async def lay(self) -> Demonstration:
        """The lots of today."""
        running = await self._running()
        if not any(self._takes_registrations(sale) for sale in running):
            await self._pay_short(await self._offer(lot_open_for_registration(self.now), with_bidders=False))
        await self._something_to_review()
        live = [sale.lot_id for sale in running if not self._takes_registrations(sale)]
        known = {SellingMethod(sale.method) for sale in running if sale.lot_id in live}
        for lot in (led_lot, listing_lot, online_lot, tender_lot):
            fresh = lot(self.now)
            if fresh.method not in known:
                live.append(await self._offer(fresh))
        if not any(sale.terms.way.cap for sale in running):
            live.append(await self._offer(capped_lot(self.now)))
        if not any(sale.session_id for sale in running):
            live += await self._offer_session()
        fresh = timed_lot(self.now)
        live.append(await self._offer(fresh))
        await self._read_statement()
        return Demonstration(live, fresh.starts_at)

    async def _offer_session(self) -> list[UUID]:
        """Two lots, the second of which begins when the first has ended."""
        lot_ids = [await self._offer(session_lot(self.now)) for _ in range(2)]
        auctioneer = self.cast.actor(AUCTIONEER)
        async with self.database.work() as session:
            await selling_sessions.create_session(
                session,
                title=SESSION_TITLE,
                lot_ids=lot_ids,
                one_after_another=True,
                actor=auctioneer,
                now=self.now,
            )
        return lot_ids

    async def _running(self) -> list[Auction]:
        async with self.database.reading() as session:
            sales = await auctions.sessions(session)
        return [sale for sale in sales if sale.is_demonstration and sale.stage not in ENDED]

    def _takes_registrations(self, sale: Auction) -> bool:
        return sale.registration_closes_at > self.now + REGISTRATION_STILL_OPEN_FOR

    async def _offer(self, lot: DemonstrationLot, *, with_bidders: bool = True) -> UUID:
        async with self.database.work() as session:
            numbered = lot.numbered(await self._next_parcel(session))
            moments = Moments.all_at(self.now)
            # One lot has attachments: making their pictures takes a moment.
            centre = self.settings.centre_name
            files = [] if with_bidders else await make_attachments(numbered.parcel_number, self.now, centre)
            lot_id = await put_on_offer(session, new_id(), numbered, self.cast, self.settings, moments, files)
            await auctions.prepare(session, lot_id, self.now)
        if with_bidders:
            together = lot.method is SellingMethod.LISTING
            for bidder in BIDDERS:
                members = [JOINT_BIDDER] if together and bidder is ROBOTS[0] else []
                await register_and_pay(
                    self.database, self.books, lot_id, bidder, self.cast, now=self.now, members=members
                )
        return lot_id

    async def _read_statement(self) -> None:
        """Whoever has paid gets its plate."""
        await deposits.reconcile(self.database, self.books, clock=fixed_clock(self.now))

    async def _pay_short(self, lot_id: UUID) -> None:
        """Somebody pays one fen too little: the money has to go back whole, and finance has something to do."""
        await register_and_pay(self.database, self.books, lot_id, ROBOTS[-1], self.cast, now=self.now, short_fen=1)

    async def _something_to_review(self) -> None:
        async with self.database.work() as session:
            if not await projects.projects_to_review(session):
                numbered = lot_to_review(self.now).numbered(await self._next_parcel(session))
                await submit_entry(session, new_id(), numbered, self.cast, self.now)

    async def _next_parcel(self, session: AsyncSession) -> int:
        return await next_parcel(session, self.cast)


async def next_parcel(session: AsyncSession, cast: Cast) -> int:
    """The number of the next parcel of the demonstration."""
    officer = cast.actor(OFFICER).account_id
    assert officer is not None
    ours = await projects.projects_of(session, officer, limit=MOST_PROJECTS)
    return PARCEL + sum(1 for project in ours if project.is_demonstration)

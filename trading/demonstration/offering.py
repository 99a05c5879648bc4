"""Putting a lot on offer and taking part in it, through the same use cases as the pages. Each step can be repeated."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.demonstration.books import BankBooks
from trading.demonstration.lots import DemonstrationLot
from trading.demonstration.people import BIDDERS, OFFICER, REVIEWER, STAFF, Bidder, Person
from trading.deposits import service as deposits
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.entry import PlatformCodes
from trading.publication import attachments, releasing
from trading.publication.attachments import LookedAt
from trading.publication.kind_types import AnnouncementKind
from trading.publication.releases import seen_of
from trading.publication.releasing import Draft
from trading.registration import service as registrations
from trading.registration.joining import Member
from trading.settings import Settings


@dataclass(frozen=True)
class Cast:
    """The people of the demonstration as the platform knows them, by sign-in name."""

    actors: dict[str, Actor]

    def actor(self, person: Person) -> Actor:
        """The actor that a person is."""
        return self.actors[person.sign_in_name]

    def unit_id(self, bidder: Bidder) -> UUID:
        """The unit that a bidder acts for."""
        unit_id = self.actor(bidder.person).unit_id
        assert unit_id is not None
        return unit_id


@dataclass(frozen=True)
class Moments:
    """When a lot was entered, when its review agreed, and when its sale was published."""

    entered_at: datetime
    reviewed_at: datetime
    published_at: datetime

    @classmethod
    def all_at(cls, now: datetime) -> "Moments":
        """Everything at once."""
        return cls(now, now, now)


async def gather_cast(database: Database, now: datetime) -> Cast:
    """The accounts of everybody; those that are missing are made."""
    async with database.reading() as session:
        known = {account.sign_in_name for account in await accounts.list_accounts(session)}
    staff = [person for person in STAFF if person.sign_in_name not in known]
    bidders = [bidder for bidder in BIDDERS if bidder.person.sign_in_name not in known]
    # Hashing a password takes long on purpose; side by side it takes less.
    await asyncio.gather(
        *(_make_account(database, person, now) for person in staff),
        *(_sign_up(database, bidder, now) for bidder in bidders),
    )
    async with database.reading() as session:
        ours = {person.sign_in_name for person in (*STAFF, *(bidder.person for bidder in BIDDERS))}
        made = [account for account in await accounts.list_accounts(session) if account.sign_in_name in ours]
        return Cast({account.sign_in_name: accounts.actor_for(account) for account in made})


async def _make_account(database: Database, person: Person, now: datetime) -> None:
    async with database.work() as session:
        await accounts.create_account(session, person.account(), actor=Actor.system("demonstration"), now=now)


async def _sign_up(database: Database, bidder: Bidder, now: datetime) -> None:
    async with database.work() as session:
        await accounts.sign_up_bidder(session, bidder.unit, bidder.person.account(), now=now)


async def submit_entry(
    session: AsyncSession, project_id: UUID, lot: DemonstrationLot, cast: Cast, now: datetime
) -> None:
    """The officer types the form and hands it in."""
    officer = cast.actor(OFFICER)
    await entry.save_draft(session, project_id, lot.form(), actor=officer, demonstration=True, now=now)
    await entry.submit(session, project_id, actor=officer, demonstration=True, now=now)


async def put_on_offer(
    session: AsyncSession,
    project_id: UUID,
    lot: DemonstrationLot,
    cast: Cast,
    settings: Settings,
    at: Moments,
    files: Sequence[LookedAt] = (),
) -> UUID:
    """From the form to the announcement with its attachments. Returns the lot."""
    codes = PlatformCodes(settings.region_code, settings.centre_credit_code)
    reviewer = cast.actor(REVIEWER)
    await submit_entry(session, project_id, lot, cast, at.entered_at)
    await entry.agree_to_entry(session, project_id, codes, actor=reviewer, demonstration=True, now=at.reviewed_at)
    for file in files:
        await attachments.attach(session, project_id, file, actor=cast.actor(OFFICER), now=at.published_at)
    draft = Draft(AnnouncementKind.SALE, {})
    officer, now = cast.actor(OFFICER), at.published_at
    prepared = await releasing.prepare(session, project_id, draft, actor=officer, now=now)
    seen = seen_of(prepared)
    await releasing.release_at(session, prepared.id, typed_moment="", seen=seen, actor=reviewer, now=now)
    [sold] = await projects.lots_of(session, project_id)
    return sold.id


async def register_and_pay(
    database: Database,
    books: BankBooks,
    lot_id: UUID,
    bidder: Bidder,
    cast: Cast,
    *,
    now: datetime,
    short_fen: int = 0,
    members: Sequence[Member] = (),
) -> UUID:
    """A bidder registers (`members` bid jointly), gets a deposit account number, and pays (`short_fen` too little).

    Returns the registration. The plate, if the payment is right, is there once the statement has been read
    (`deposits.reconcile`).
    """
    unit_id = cast.unit_id(bidder)
    async with database.work() as session:
        registration = await registrations.registration_of(session, lot_id, unit_id)
        if registration is None:
            registration = await registrations.register(
                session, lot_id, unit_id, cast.actor(bidder.person), now, members=members
            )
    books.at = now
    clock = fixed_clock(now)
    number = await deposits.open_deposit_account(database, books, registration.id, clock=clock)
    async with database.reading() as session:
        amount = Money((await deposits.expect_deposit(session, registration.id)).amount_fen - short_fen)
    await books.open_payer(bidder)
    await books.pay(bidder, number, amount, f"demonstration:{registration.id}")
    return registration.id

"""A published lot, bidding units with accounts at the bank, and two people in finance: what deposit tests need."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from stdnum.cn import uscc

from tests.bank_simulator.bank_process import BankProcess, open_payer, pay
from trading.accounts import service as accounts
from trading.accounts.models import Unit
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewUnit
from trading.deposits import service as deposits
from trading.deposits.bank_client import BankClient
from trading.deposits.models import BankPayout, BankReceipt, Deposit, RefundRow
from trading.kernel import journal_store
from trading.kernel.clock import Clock, fixed_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.journal import Entry
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState, ProjectKind, ProjectState
from trading.registration import service as registrations
from trading.registration.models import Registration

DEPOSIT_FEN = 100_000_00
OWNER = "演示县自然资源局"
ANNA = Actor("account:00000000-0000-0000-0000-00000000000a", "财务甲", roles=frozenset({Role.FINANCE}))
BORIS = Actor("account:00000000-0000-0000-0000-00000000000b", "财务乙", roles=frozenset({Role.FINANCE}))
SYSTEM = Actor.system("test")


def credit_code(number: int) -> str:
    """A valid unified social credit code; another for each number."""
    body = f"91510522MA{number:07d}"
    return body + str(uscc.calc_check_digit(body))


@dataclass
class Bidder:
    """A unit, its own account at the bank, and its registration once it has one."""

    unit: Unit
    registration_id: UUID | None = None
    account_number: str = ""

    @property
    def registered(self) -> UUID:
        """The registration that must be there."""
        assert self.registration_id is not None
        return self.registration_id


@dataclass
class Stage:
    """One lot on offer, seen at `now`. Registration closes an hour from then, the sale begins an hour later."""

    database: Database
    now: datetime
    bank: BankProcess
    client: BankClient
    lot_id: UUID = field(default_factory=new_id)
    units: int = 0
    first_line: int = 0

    @property
    def clock(self) -> Clock:
        """A clock that says `now`."""
        return fixed_clock(self.now)

    @property
    def closes_at(self) -> datetime:
        """When registration closes."""
        return self.opened_at + timedelta(hours=1)

    def __post_init__(self) -> None:
        self.opened_at = self.now

    async def publish_lot(self) -> None:
        """A lot that is open for registration."""
        async with self.database.work() as session:
            project = Project(
                kind=ProjectKind.LAND,
                title="演示地块出让",
                owner_name=OWNER,
                rule_profile="demonstration-2026",
                state=ProjectState.PUBLISHED,
                is_demonstration=True,
                created_at=self.now,
                published_at=self.now,
            )
            session.add(project)
            await session.flush()
            session.add(lot_of(project.id, self.lot_id, self.now))

    async def skip_what_came_before(self) -> None:
        """Begin with the end of the statement: what stands on it belongs to earlier tests."""
        while lines := (await self.client.statement(self.first_line)).lines:
            self.first_line = lines[-1].sequence
        if self.first_line:
            async with self.database.work() as session:
                session.add(
                    BankPayout(
                        reference="before this test",
                        sequence=self.first_line,
                        account_number="0",
                        amount_fen=1,
                        payee_name="",
                        payee_account_number="0",
                        booked_at=self.now,
                        seen_at=self.now,
                    )
                )

    async def bidder(self, name: str | None = None) -> Bidder:
        """A unit with an account of its own at the bank."""
        self.units += 1
        name = name or f"演示竞买第{self.units}有限公司"
        number = f"62220200{self.units:06d}"
        new = NewUnit(name, credit_code(self.units), name, number, "张三", "08305551234", is_demonstration=True)
        async with self.database.work() as session:
            unit = await accounts.create_unit(session, new, actor=SYSTEM, now=self.now)
        await open_payer(self.client, number, name)
        return Bidder(unit)

    async def registered(self, name: str | None = None) -> Bidder:
        """A bidder that has registered and knows its deposit account number."""
        bidder = await self.bidder(name)
        async with self.database.work() as session:
            registration = await registrations.register(session, self.lot_id, bidder.unit.id, SYSTEM, self.now)
        bidder.registration_id = registration.id
        bidder.account_number = await deposits.open_deposit_account(
            self.database, self.client, registration.id, clock=self.clock
        )
        return bidder

    async def qualified(self) -> Bidder:
        """A bidder whose deposit is there."""
        bidder = await self.registered()
        await self.pay(bidder)
        await self.reconcile()
        return bidder

    async def pay(self, bidder: Bidder, amount_fen: int = DEPOSIT_FEN, payer: Bidder | None = None) -> str:
        """Pay at the bank; returns the bank's reference of what came in."""
        payer_number = (payer or bidder).unit.bank_account_number
        report = await pay(self.client, payer_number, bidder.account_number, amount_fen)
        return f"{report.reference}-in"

    async def reconcile(self) -> int:
        """Book what the bank's statement says."""
        return await deposits.reconcile(self.database, self.client, clock=self.clock)

    async def approve_and_release(self, refund_ids: list[UUID]) -> None:
        """Two people let these refunds go."""
        async with self.database.work() as session:
            await deposits.approve_refunds(session, refund_ids, ANNA, self.now)
        async with self.database.work() as session:
            await deposits.release_refunds(session, refund_ids, BORIS, self.now)

    async def send(self, client: BankClient | None = None) -> int:
        """Send what was released."""
        return await deposits.send_released(self.database, client or self.client, clock=self.clock)

    async def ask(self, client: BankClient | None = None) -> int:
        """Ask the bank about what may have left."""
        return await deposits.ask_about_sent(self.database, client or self.client, clock=self.clock)

    async def refunds(self) -> list[RefundRow]:
        """All refunds, the oldest first."""
        async with self.database.reading() as session:
            return list(await session.scalars(select(RefundRow).order_by(RefundRow.id)))

    async def receipt(self, reference: str) -> BankReceipt:
        """One receipt."""
        async with self.database.reading() as session:
            return await session.get_one(BankReceipt, reference)

    async def deposit(self, bidder: Bidder) -> Deposit:
        """The bidder's deposit."""
        async with self.database.reading() as session:
            return await session.get_one(Deposit, bidder.registered)

    async def registration(self, bidder: Bidder) -> Registration:
        """The bidder's registration."""
        async with self.database.reading() as session:
            return await registrations.get_registration(session, bidder.registered)

    async def journal(self, stream: str) -> list[Entry]:
        """The facts of a stream; its chain must hold."""
        async with self.database.reading() as session:
            assert await journal_store.verify(session, stream) is None
            return await journal_store.read(session, stream)

    async def journal_kinds(self, bidder: Bidder) -> list[str]:
        """The kinds of facts about a bidder's deposit, in order."""
        return [entry.kind for entry in await self.journal(f"deposit:{bidder.registered}")]

    async def paid_back(self, bidder: Bidder) -> list[int]:
        """What the bank has paid back from the bidder's deposit account, in fen."""
        lines = (await self.client.statement(self.first_line)).lines
        return [
            line.amount_fen
            for line in lines
            if line.account_number == bidder.account_number and line.direction == "out"
        ]


def lot_of(project_id: UUID, lot_id: UUID, now: datetime) -> Lot:
    """A lot on offer: registration is open for an hour, the sale begins an hour after that."""
    return Lot(
        id=lot_id,
        project_id=project_id,
        number=1,
        title="演示第1号地块",
        parcel_number="演示-1",
        location="演示县城",
        area_m2=Decimal("6093.36"),
        area_mu=Decimal("9.14"),
        land_use="housing",
        term_years=70,
        starting_price_fen=500_000_00,
        increment_fen=10_000_00,
        deposit_fen=DEPOSIT_FEN,
        registration_opens_at=now - timedelta(hours=1),
        registration_closes_at=now + timedelta(hours=1),
        selling_method="auction",
        starts_at=now + timedelta(hours=2),
        state=LotState.PUBLISHED,
    )

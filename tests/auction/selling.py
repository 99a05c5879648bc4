"""A published lot with qualified bidders, for the tests of the live sale."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from stdnum.cn import uscc

from auction.settling import BidRequest
from trading.accounts import service as accounts
from trading.accounts.models import Account, Unit
from trading.accounts.rules import Actor, Role
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects.models import Lot, Project, ProjectDraft, ReservePrice
from trading.projects.rules import LotState, ProjectKind, ProjectState, reserve_commitment
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState

START = 100_000_000  # fen: one million yuan
INCREMENT = 5_000_000  # fen: fifty thousand yuan


@dataclass(frozen=True)
class Bidder:
    """A bidder with a plate for the lot, which was published at `published_at`."""

    account: Account
    registration: Registration
    published_at: datetime

    @property
    def plate(self) -> int:
        assert self.registration.plate is not None
        return self.registration.plate

    def bids(
        self,
        fen: int | Refusal,
        at: datetime | None = None,
        *,
        key: UUID | None = None,
        given: str = "",
        is_maximum: bool = False,
        is_sealed: bool = False,
    ) -> BidRequest:
        """A bid of this bidder as it reaches the desk; it arrived at `at`, or when the lot was published."""
        price = Money(fen) if isinstance(fen, int) else fen
        return BidRequest(
            lot_id=self.registration.lot_id,
            account_id=self.account.id,
            registration_id=self.registration.id,
            plate=self.plate,
            key=key or new_id(),
            price=price,
            given=given or (str(price.fen) if isinstance(price, Money) else "?"),
            arrived_at=at or self.published_at,
            is_maximum=is_maximum,
            is_sealed=is_sealed,
        )


@dataclass(frozen=True)
class Sale:
    """A published lot."""

    lot_id: UUID
    project_id: UUID
    auctioneer: Actor
    bidders: list[Bidder]


async def publish_lot(
    session: AsyncSession,
    *,
    now: datetime,
    method: str = "auction",
    bidders: int = 3,
    window_s: int = 240,
    reserve: int | None = None,
    profile: str = "demonstration-2026",
    **terms: Any,
) -> Sale:
    """A lot whose sale may be opened from `now` on, with bidders qualified for it, and an auctioneer.

    `terms` are further columns of the lot (`listing_ends_at`, `cap_fen` …).
    """
    officer = await _account(session, "officer", {Role.OFFICER}, now)
    auctioneer = await _account(session, "auctioneer", {Role.AUCTIONEER}, now)
    project = Project(
        id=new_id(),
        entry_code=f"C01-TEST-{new_id()}",
        kind=ProjectKind.LAND,
        title="城东第七号地块出让",
        owner_name="合江县自然资源和规划局",
        officer_id=officer.id,
        rule_profile=profile,
        state=ProjectState.PUBLISHED,
        is_demonstration=True,
        created_at=now - timedelta(days=2),
        published_at=now - timedelta(days=1),
    )
    session.add(project)
    await session.flush()
    lot = _lot(project.id, method=method, window_s=window_s, has_reserve=reserve is not None, now=now)
    for name, value in terms.items():
        setattr(lot, name, value)
    session.add(lot)
    await session.flush()
    if reserve is not None:
        await _seal(session, project.id, lot.id, reserve, now)
    people = [await _bidder(session, lot.id, plate, now) for plate in range(1, bidders + 1)]
    return Sale(lot.id, project.id, accounts.actor_for(auctioneer), people)


def _lot(project_id: UUID, *, method: str, window_s: int, has_reserve: bool, now: datetime) -> Lot:
    return Lot(
        id=new_id(),
        project_id=project_id,
        number=1,
        title="城东第七号地块",
        parcel_number="HJ2026-07",
        location="合江县城东新区",
        area_m2=Decimal("6666.67"),
        area_mu=Decimal("10.00"),
        land_use="housing",
        term_years=70,
        starting_price_fen=START,
        increment_fen=INCREMENT,
        has_reserve=has_reserve,
        deposit_fen=START // 5,
        registration_opens_at=now - timedelta(days=1),
        registration_closes_at=now - timedelta(seconds=1),
        selling_method=method,
        starts_at=now,
        window_s=window_s if method == "timed_bidding" else None,
        state=LotState.PUBLISHED,
        deal_code=f"C01-DEAL-{new_id()}",
    )


async def _seal(session: AsyncSession, project_id: UUID, lot_id: UUID, reserve: int, now: datetime) -> None:
    session.add(ProjectDraft(project_id=project_id, lot_id=lot_id, form={}, updated_at=now))
    await session.flush()
    salt = bytes(32)
    commitment = reserve_commitment(lot_id, Money(reserve), salt)
    session.add(ReservePrice(lot_id=lot_id, price_fen=reserve, salt=salt, commitment=commitment, entered_at=now))
    await session.flush()


async def _bidder(session: AsyncSession, lot_id: UUID, plate: int, now: datetime) -> Bidder:
    number = f"91510522MA{new_id().int % 10**7:07d}"
    unit = Unit(
        id=new_id(),
        name=f"演示竞买人{plate}号有限公司",
        credit_code=number + uscc.calc_check_digit(number),
        bank_account_name=f"演示竞买人{plate}号有限公司",
        bank_account_number="6222000000000000",
        contact_name="张三",
        phone="13800000000",
    )
    session.add(unit)
    await session.flush()
    account = await _account(session, f"bidder-{plate}", {Role.BIDDER}, now, unit_id=unit.id)
    registration = Registration(
        id=new_id(),
        lot_id=lot_id,
        unit_id=unit.id,
        account_id=account.id,
        state=RegistrationState.QUALIFIED,
        plate=plate,
        contact_name="张三",
        phone="13800000000",
        registered_at=now - timedelta(hours=2),
        qualified_at=now - timedelta(hours=1),
    )
    session.add(registration)
    await session.flush()
    return Bidder(account, registration, now)


async def _account(
    session: AsyncSession, name: str, roles: set[Role], now: datetime, unit_id: UUID | None = None
) -> Account:
    account = Account(
        id=new_id(),
        sign_in_name=f"{name}-{new_id()}",
        display_name=name,
        password_hash="-",
        roles=sorted(roles),
        unit_id=unit_id,
        is_demonstration=True,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account

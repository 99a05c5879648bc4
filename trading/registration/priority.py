"""The priority right (优先购买权): claimed with the registration, confirmed by an officer before the sale begins.

Whoever holds it, a co-owner or a tenant for instance, may match the highest price. Its papers are looked at before the
sale, so that nobody's bid changes its weight while others bid. Services never commit.
Source: 最高人民法院关于人民法院网络司法拍卖若干问题的规定 art. 16, 19, 21 (who has not claimed it before is out).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import Outdated, Refusal
from trading.projects import service as projects
from trading.projects.entry import check_officer_in_charge
from trading.projects.models import Lot
from trading.projects.profile_types import SellingMethod
from trading.projects.rules import LotState
from trading.registration.models import Registration
from trading.registration.rules import RegistrationNotFound


@dataclass(eq=False)
class NoPriorityHere(Refusal):
    """Only property rights sold in an online auction know the priority right."""

    message: ClassVar[str] = "This way of selling knows no priority right."
    advice: ClassVar[str] = "Register without claiming it."


@dataclass(eq=False)
class PriorityTooLate(Outdated):
    """The sale has begun: who may match the highest price is settled before the first bid."""

    message: ClassVar[str] = "The sale has begun, so who has a priority right can no longer be changed."
    advice: ClassVar[str] = "Nothing was changed by this attempt."


@dataclass(eq=False)
class PriorityNotClaimed(Refusal):
    """A priority right is confirmed only to whoever claimed it."""

    message: ClassVar[str] = "This bidder has not claimed a priority right."
    advice: ClassVar[str] = "Look at the list of claims. Nothing was changed."


def check_may_claim(lot: Lot, now: datetime) -> None:
    """Refuse a claim where there is no such right, or from the start on: `NoPriorityHere`, `PriorityTooLate`."""
    if lot.selling_method != SellingMethod.ONLINE_AUCTION:
        raise NoPriorityHere
    if lot.state != LotState.PUBLISHED or now >= lot.starts_at:
        raise PriorityTooLate


async def claims_of(session: AsyncSession, lot_id: UUID) -> list[Registration]:
    """The registrations of a lot that claim a priority right, in the order in which they were made."""
    query = select(Registration).where(Registration.lot_id == lot_id, Registration.claims_priority)
    return list(await session.scalars(query.order_by(Registration.registered_at, Registration.id)))


async def decide_on_priority(
    session: AsyncSession, registration_id: UUID, *, confirmed: bool, actor: Actor, now: datetime
) -> Registration:
    """The officer in charge confirms a claimed priority right, or takes the confirmation back, before the sale begins.

    Locks project, lot and registration. Refuses with `RegistrationNotFound`, `NotYourProject`, `PriorityNotClaimed`,
    `NoPriorityHere`, `PriorityTooLate`.
    """
    found = await session.get(Registration, registration_id)
    if found is None:
        raise RegistrationNotFound
    project = await projects.lock_project(session, (await projects.get_lot(session, found.lot_id)).project_id)
    await check_officer_in_charge(session, project, actor)
    lot = await projects.lock_lot(session, found.lot_id)
    query = select(Registration).where(Registration.id == registration_id).with_for_update()
    registration = (await session.scalars(query.execution_options(populate_existing=True))).one()
    if not registration.claims_priority:
        raise PriorityNotClaimed
    check_may_claim(lot, now)
    if registration.has_priority == confirmed:
        return registration
    registration.has_priority = confirmed
    await session.flush()
    await journal_store.append(
        session,
        stream=f"deposit:{registration.id}",
        kind="priority_confirmed" if confirmed else "priority_not_confirmed",
        actor=actor.reference,
        at=now,
        body={"lot": str(lot.id)},
    )
    return registration

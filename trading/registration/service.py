"""Use cases of registration: ask to take part, get the plate, be refused when no deposit came.

Every fact of one registration, and of its deposit, is in the journal's stream `deposit:<registration id>`. Who has
registered is nobody's business before the sale, so nothing of it goes into the lot's own stream.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.projects import service as projects
from trading.projects.rules import LotState
from trading.registration.joining import Member, check_members
from trading.registration.joint_bidders import (
    add_joint_bidders,
    bidder_name,
    check_bids_once,
    joint_bidders_of,
    journalled,
)
from trading.registration.models import Registration
from trading.registration.priority import check_may_claim, claims_of, decide_on_priority
from trading.registration.rules import (
    AlreadyRegistered,
    Applicant,
    Candidate,
    NotQualified,
    RegistrationNotFound,
    RegistrationState,
    Window,
    check_candidate,
    is_on_offer,
    next_plate,
    require_awaiting,
)

__all__ = [
    "awaiting_deposit",
    "bidder_name",
    "check_may_register",
    "claims_of",
    "decide_on_priority",
    "disqualify",
    "get_registration",
    "holder_of",
    "joint_bidders_of",
    "qualified",
    "qualify",
    "refuse_unpaid",
    "register",
    "registration_of",
    "registrations_of_lot",
    "registrations_of_unit",
    "stream_of",
]


def stream_of(registration_id: UUID) -> str:
    """The journal's stream of one registration and its deposit."""
    return f"deposit:{registration_id}"


async def check_may_register(session: AsyncSession, lot_id: UUID, unit_id: UUID, now: datetime) -> None:
    """Refuse, with the reason, a unit that may not register for this lot now. Changes nothing."""
    lot = await projects.get_lot(session, lot_id)
    project = await projects.get_project(session, lot.project_id)
    unit = await accounts.get_unit(session, unit_id)
    on_offer = not lot.is_recorded and is_on_offer(lot.selling_method, LotState(lot.state))
    window = Window(lot.registration_opens_at, lot.registration_closes_at, on_offer)
    candidate = Candidate(unit.name, unit.credit_code, unit.bank_account_name)
    at = projects.time_for_deadlines(lot, now)
    check_candidate(candidate, owner_name=project.owner_name, window=window, now=at)
    if await registration_of(session, lot_id, unit_id) is not None:
        raise AlreadyRegistered
    await check_bids_once(session, lot_id, [(unit.name, unit.credit_code)])


async def register(
    session: AsyncSession,
    lot_id: UUID,
    unit_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    applicant: Applicant | None = None,
    members: Sequence[Member] = (),
    claims_priority: bool = False,
) -> Registration:
    """A unit asks to take part and accepts the conditions of the sale. The applicant defaults to the unit's contact.

    `members` bid jointly with it. Locks the lot. Refuses outside the window, a second registration, the owner, a unit
    without a valid credit code or without an account in its own name, a group that may not bid together (see
    `joining.check_members`), a unit that takes part otherwise (`BidsOtherwise`), a claim where there is no such right.
    """
    lot = await projects.lock_lot(session, lot_id)
    await check_may_register(session, lot_id, unit_id, now)
    unit = await accounts.get_unit(session, unit_id)
    project = await projects.get_project(session, lot.project_id)
    lead = Candidate(unit.name, unit.credit_code, unit.bank_account_name)
    check_members(lead, members, owner_name=project.owner_name)
    await check_bids_once(session, lot_id, [(member.name, member.credit_code) for member in members])
    if claims_priority:
        check_may_claim(lot, now)
    applicant = applicant or Applicant(unit.contact_name, unit.phone)
    registration = Registration(
        lot_id=lot_id,
        unit_id=unit_id,
        account_id=actor.account_id,
        state=RegistrationState.AWAITING_DEPOSIT,
        contact_name=applicant.contact_name,
        phone=applicant.phone,
        registered_at=now,
        claims_priority=claims_priority,
    )
    session.add(registration)
    await session.flush()
    await add_joint_bidders(session, registration.id, members)
    body = {
        "lot": str(lot_id),
        "unit": str(unit_id),
        "unit_name": unit.name,
        "credit_code": unit.credit_code,
        "undertaking_accepted": True,
        **journalled(members),
        **({"claims_priority": True} if claims_priority else {}),
    }
    await journal_store.append(
        session, stream=stream_of(registration.id), kind="registered", actor=actor.reference, at=now, body=body
    )
    return registration


async def qualify(session: AsyncSession, registration_id: UUID, now: datetime, actor: Actor) -> int:
    """The deposit is there: the unit gets its plate. Locks the lot, so that plates are dense in order.

    Refuses `NotAwaitingDeposit` for a registration that has its plate already, or was refused.
    """
    registration = await get_registration(session, registration_id)
    await projects.lock_lot(session, registration.lot_id)
    registration = await _lock(session, registration_id)
    require_awaiting(registration.state)
    given = select(func.count()).where(Registration.lot_id == registration.lot_id, Registration.plate.is_not(None))
    plate = next_plate(int(await session.scalar(given) or 0))
    registration.plate = plate
    registration.qualified_at = now
    registration.state = RegistrationState.QUALIFIED
    await session.flush()
    await journal_store.append(
        session,
        stream=stream_of(registration_id),
        kind="qualified",
        actor=actor.reference,
        at=now,
        body={"lot": str(registration.lot_id), "plate": plate},
    )
    return plate


async def refuse_unpaid(session: AsyncSession, now: datetime) -> int:
    """Registrations whose deposit did not come while bidders could still be added are refused. Returns how many.

    That is longer than registration is open: the bank may tell later of money that it booked in time.
    """
    lots = [await projects.get_lot(session, lot_id) for lot_id in await _lots_with_unpaid(session)]
    begun = [
        lot.id
        for lot in lots
        if LotState(lot.state).is_final
        or await projects.bidders_come_until(session, lot) <= projects.time_for_deadlines(lot, now)
    ]
    query = (
        select(Registration)
        .where(Registration.lot_id.in_(begun), Registration.state == RegistrationState.AWAITING_DEPOSIT)
        .order_by(Registration.id)
        .with_for_update(skip_locked=True)
    )
    unpaid = list(await session.scalars(query))
    for registration in unpaid:
        registration.state = RegistrationState.REFUSED
        registration.refused_at = now
        await journal_store.append(
            session,
            stream=stream_of(registration.id),
            kind="registration_refused",
            actor=Actor.system("registration").reference,
            at=now,
            body={"lot": str(registration.lot_id), "reason": "no_deposit_before_the_sale"},
        )
    return len(unpaid)


async def disqualify(
    session: AsyncSession, registration_id: UUID, *, reason: str, actor: Actor, now: datetime
) -> Registration:
    """A qualified bidder may take part no longer; the plate stays its own and is given to nobody else.

    Its deposit is held until finance has decided on it. Refuses `NotQualified`.
    """
    registration = await _lock(session, registration_id)
    if registration.state != RegistrationState.QUALIFIED:
        raise NotQualified(registration.state)
    registration.state = RegistrationState.DISQUALIFIED
    registration.disqualified_at = now
    registration.disqualified_because = reason
    await session.flush()
    body = {"lot": str(registration.lot_id), "plate": registration.plate, "reason": reason}
    await journal_store.append(
        session, stream=stream_of(registration_id), kind="disqualified", actor=actor.reference, at=now, body=body
    )
    return registration


async def get_registration(session: AsyncSession, registration_id: UUID) -> Registration:
    """One registration. Refuses with `RegistrationNotFound`."""
    registration = await session.get(Registration, registration_id)
    if registration is None:
        raise RegistrationNotFound
    return registration


async def registration_of(session: AsyncSession, lot_id: UUID, unit_id: UUID) -> Registration | None:
    """The unit's registration for the lot, if it has one."""
    return await session.scalar(
        select(Registration).where(Registration.lot_id == lot_id, Registration.unit_id == unit_id)
    )


async def qualified(session: AsyncSession, lot_id: UUID) -> list[Registration]:
    """The registrations of a lot that have a plate, by plate."""
    query = select(Registration).where(Registration.lot_id == lot_id, Registration.state == RegistrationState.QUALIFIED)
    return list(await session.scalars(query.order_by(Registration.plate)))


async def holder_of(session: AsyncSession, lot_id: UUID, plate: int) -> Registration | None:
    """The registration that was given this plate, whether it is still qualified or not."""
    return await session.scalar(select(Registration).where(Registration.lot_id == lot_id, Registration.plate == plate))


async def registrations_of_lot(session: AsyncSession, lot_id: UUID) -> list[Registration]:
    """All registrations of a lot, in the order in which they were made."""
    query = select(Registration).where(Registration.lot_id == lot_id)
    return list(await session.scalars(query.order_by(Registration.registered_at, Registration.id)))


async def registrations_of_unit(session: AsyncSession, unit_id: UUID, *, limit: int = 100) -> list[Registration]:
    """The unit's registrations, the newest first."""
    query = select(Registration).where(Registration.unit_id == unit_id)
    return list(await session.scalars(query.order_by(Registration.registered_at.desc()).limit(limit)))


async def awaiting_deposit(session: AsyncSession, *, limit: int = 200) -> list[Registration]:
    """The registrations that wait for their deposit, the oldest first."""
    query = select(Registration).where(Registration.state == RegistrationState.AWAITING_DEPOSIT)
    return list(await session.scalars(query.order_by(Registration.registered_at, Registration.id).limit(limit)))


async def _lots_with_unpaid(session: AsyncSession) -> list[UUID]:
    query = select(Registration.lot_id).where(Registration.state == RegistrationState.AWAITING_DEPOSIT).distinct()
    return list(await session.scalars(query))


async def _lock(session: AsyncSession, registration_id: UUID) -> Registration:
    query = select(Registration).where(Registration.id == registration_id)
    locked = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if locked is None:
        raise RegistrationNotFound
    return locked

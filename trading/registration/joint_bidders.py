"""Joint bidders in the database: who stands behind a registration. Services never commit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.models import Unit
from trading.registration.joining import BidsOtherwise, Member, joint_name, own_share, plain_share
from trading.registration.models import JointBidder, Registration
from trading.registration.rules import RegistrationState


async def joint_bidders_of(session: AsyncSession, registration_id: UUID) -> list[Member]:
    """The units that bid under this registration's plate beside the one that registered, in the order of the form."""
    query = select(JointBidder).where(JointBidder.registration_id == registration_id).order_by(JointBidder.id)
    return [Member(row.name, row.credit_code, row.share_percent) for row in await session.scalars(query)]


async def bidder_name(session: AsyncSession, registration: Registration, *, with_shares: bool = False) -> str:
    """What the bidder is called on papers and in results: the unit, or all units of a group."""
    unit = await accounts.get_unit(session, registration.unit_id)
    members = await joint_bidders_of(session, registration.id)
    return joint_name(unit.name, members, with_shares=with_shares)


async def add_joint_bidders(session: AsyncSession, registration_id: UUID, members: Sequence[Member]) -> None:
    """Store the members of a group; the caller has locked the lot and checked them."""
    for member in members:  # one after another, so that their identifiers keep the order of the form
        session.add(
            JointBidder(
                registration_id=registration_id,
                name=member.name,
                credit_code=member.credit_code,
                share_percent=member.share_percent,
            )
        )
    await session.flush()


async def check_bids_once(session: AsyncSession, lot_id: UUID, codes: Sequence[tuple[str, str]]) -> None:
    """Refuse with `BidsOtherwise` a unit, given as (name, credit code), that takes part in the lot already.

    A registration that was refused because no deposit came binds nobody. The caller has locked the lot.
    """
    of_lot = (Registration.lot_id == lot_id, Registration.state != RegistrationState.REFUSED)
    alone = select(Unit.credit_code).join(Registration, Registration.unit_id == Unit.id).where(*of_lot)
    jointly = select(JointBidder.credit_code).join(Registration).where(*of_lot)
    taken = {*await session.scalars(alone), *await session.scalars(jointly)}
    for name, code in codes:
        if code in taken:
            raise BidsOtherwise(name)


def journalled(members: Sequence[Member]) -> dict[str, Any]:
    """What the journal says of a group: nothing when the unit bids alone."""
    if not members:
        return {}
    named = [
        {"name": member.name, "credit_code": member.credit_code, "share_percent": plain_share(member.share_percent)}
        for member in members
    ]
    return {"joint_bidders": named, "own_share_percent": plain_share(own_share(members))}

"""What follows when the result of a sale is declared void: for the winner, its deposit, and the public.

The winner is disqualified, its deposit is held again and its forfeiture proposed (two people decide on it), and the
announcement of the result is corrected. The record of the sale stays as it is. Rules: `trading.projects.voiding`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auction.preparing import lock
from auction.refusals import EndBeingDecided
from trading.accounts.rules import Actor
from trading.deposits import service as deposits
from trading.projects import voiding
from trading.publication import service as publication
from trading.publication.rules import AnnouncementKind
from trading.registration import service as registrations
from trading.registration.rules import RegistrationState


async def void_result(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The second officer confirms that the result is void.

    Locks the sale, the project and its lot, then the winner's registration and deposit. Refuses `EndBeingDecided` until
    everything that follows the sale is done, and what `voiding.confirm_voiding` refuses.
    """
    auction = await lock(session, lot_id)
    if auction.completed_at is None:
        raise EndBeingDecided
    decided = await voiding.confirm_voiding(session, lot_id, actor=actor, now=now)
    assert auction.plate is not None, "a lot that was sold has a winner"
    winner = await registrations.holder_of(session, lot_id, auction.plate)
    assert winner is not None
    if winner.state == RegistrationState.QUALIFIED:
        await registrations.disqualify(session, winner.id, reason=decided.reasons, actor=actor, now=now)
    await deposits.hold_after_voiding(session, winner.id, reasons=decided.reasons, actor=actor, now=now)
    for announcement in await publication.announcements_of(session, auction.project_id):
        if announcement.lot_id == lot_id and announcement.kind == AnnouncementKind.RESULT:
            words = f"成交结果无效。原因：{decided.reasons.rstrip('。.')}。本标的不由其他竞买人递补。"
            await publication.correct(session, announcement.id, words, actor=actor, now=now)

"""What the public is told when a sale is suspended and when it goes on: stored with the fact, published by the tick.

Source: Fujian art. 55, 58 (a resumption after more than an hour is announced 24 hours before).
"""

from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Auction
from auction.sale import Resumed, ResumptionAnnounced, Stage, Step, Suspended
from trading.accounts.rules import Actor
from trading.kernel.moments import iso
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind

_ACTOR = Actor.system("auction-announcements")


async def announce_step(session: AsyncSession, auction: Auction, step: Step) -> None:
    """Announce a suspension or a resumption, once; of other steps nothing. `auction` is as it was before the step."""
    match step.event:
        case Suspended(because=because, reason=reason):
            facts = {"reason": reason or because.value, "suspended_at": iso(step.at)}
            kind = AnnouncementKind.SUSPENSION
        case ResumptionAnnounced(closes_at=resumes_at, reason=reason):
            facts = {"reason": reason, "resumes_at": iso(resumes_at)}
            kind = AnnouncementKind.RESUMPTION
        case Resumed() if auction.stage == Stage.FROZEN and not _was_announced(auction, step):
            facts = {"resumes_at": iso(step.at)}
            kind = AnnouncementKind.RESUMPTION
        case _:
            return
    await releasing.announce_soon(
        session,
        kind,
        auction.project_id,
        auction.lot_id,
        facts | {"selling_method": auction.method},
        actor=_ACTOR,
        now=step.at,
    )


def _was_announced(auction: Auction, step: Step) -> bool:
    """Whether the sale goes on at the moment that was announced for it."""
    return auction.closes_at is not None and step.at >= auction.closes_at

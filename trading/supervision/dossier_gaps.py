"""What a complete dossier would still need: of a sale, of a purchase, and of a project that was terminated."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import service as archive
from auction.models import Auction
from trading.complaints.lookups import has_open_matters
from trading.deposits import lookups as deposits
from trading.deposits.models import Deposit
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState, ProjectKind, ProjectState
from trading.projects.voiding import voiding_of
from trading.publication.models import Announcement
from trading.registration.models import Registration


async def gaps_of(
    session: AsyncSession,
    project: Project,
    lots: Sequence[Lot],
    published: Sequence[Announcement],
    registered: Sequence[Registration],
) -> list[str]:
    """What is missing, as message ids.

    What was terminated before its first announcement is never announced. A sale that was prepared leaves a bid record,
    a concluded one a letter; a contract is published of government procurement (政府采购法实施条例 art. 50).
    """
    own = [lot for lot in lots if not lot.is_recorded]
    if not own:
        return ["The deal was recorded afterwards; its papers were not brought in."]
    kinds = {(one.lot_id, one.kind) for one in published}
    is_public, said = project.published_at is not None, {kind for _lot, kind in kinds}
    filed = {(each.lot_id, each.kind) for each in await archive.documents_of(session, project.id)}
    held = set(await session.scalars(select(Auction.lot_id).where(Auction.project_id == project.id)))
    for_sale = [lot for lot in own if lot.is_sold_here]
    sold = [lot for lot in own if lot.state == LotState.SOLD]
    is_procured = project.kind == ProjectKind.GOVERNMENT_PROCUREMENT
    gaps = {
        "The sale announcement is missing.": is_public and any((lot.id, "sale") not in kinds for lot in for_sale),
        "The announcement of the purchase is missing.": is_public and not for_sale and "tender" not in said,
        "A lot has not ended yet.": any(not LotState(lot.state).is_final for lot in own),
        "A result announcement is missing.": any((lot.id, "result") not in kinds for lot in sold),
        "A contract announcement is missing.": is_procured and any((lot.id, "contract") not in kinds for lot in sold),
        "The termination announcement is missing.": is_public
        and project.state == ProjectState.TERMINATED
        and "termination" not in said,
        "A confirmation letter is missing.": any(
            lot.is_sold_here and (lot.id, "confirmation_letter") not in filed for lot in sold
        ),
        "A bid record is missing.": any(
            lot.id in held and LotState(lot.state).is_final and (lot.id, "bid_record") not in filed for lot in own
        ),
        "Refunds are not finished.": await _has_open_refunds(session, own),
        "A second officer has to decide whether the result is void.": any(
            [await voiding_of(session, lot.id) is not None for lot in sold]
        ),
        "A deposit is not settled.": await _has_open_deposits(session, registered),
        "A query, an objection or a complaint is still open.": await has_open_matters(session, project.id),
    }
    return [words for words, is_missing in gaps.items() if is_missing]


async def _has_open_refunds(session: AsyncSession, lots: Sequence[Lot]) -> bool:
    refunds = [refund for lot in lots for refund in await deposits.refunds_of_lot(session, lot.id)]
    return any(refund.state not in ("done", "failed") for refund in refunds)


async def _has_open_deposits(session: AsyncSession, registered: Sequence[Registration]) -> bool:
    still_held = select(Deposit.registration_id).where(
        Deposit.registration_id.in_([registration.id for registration in registered]),
        Deposit.state.in_(["held", "returning"]),
    )
    return await session.scalar(still_held.limit(1)) is not None

"""Use cases of one department: agree, object, extend its limit once. Services never commit.

The centre's own reviewer decides in the same way, but its limit does not end its part, and it cannot extend it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.moments import iso
from trading.kernel.typed import whole_number
from trading.reviews import clocks
from trading.reviews.cases import Platform, problems_now, settle, warn
from trading.reviews.holding import Held, check_may_decide, hold_part
from trading.reviews.models import ReviewPart
from trading.reviews.refusals import (
    ApproverMissing,
    ExtendedBefore,
    ExtensionUnlawful,
    ItemsPending,
    ReviewNotFound,
)
from trading.reviews.rules import PartState, plain_text, read_opinion


async def agree(
    session: AsyncSession, part_id: UUID, opinion: str, platform: Platform, *, actor: Actor, now: datetime
) -> ReviewPart:
    """A department agrees, with an opinion if it has one. Refuses as `check_may_decide` and `hold_part` do, with
    `ItemsPending`, `OpinionTooLong`, and for the centre's reviewer with `EntryHasProblems`.
    """
    held, part = await _to_decide(session, part_id, actor, now)
    said = read_opinion(opinion, is_needed=False)
    if part.department_id is None:
        problems = await problems_now(held, demonstration=platform.demonstration, now=now)
        if problems is not None:
            raise problems
    await _decide(held, part, PartState.AGREED, said, actor, now)
    await settle(held, platform, actor=actor, now=now)
    return part


async def object_to(
    session: AsyncSession, part_id: UUID, reasons: str, platform: Platform, *, actor: Actor, now: datetime
) -> ReviewPart:
    """A department objects with reasons; the entry goes back when all have decided. Refuses as `agree` does, with
    `ReasonsNeeded`.
    """
    held, part = await _to_decide(session, part_id, actor, now)
    await _decide(held, part, PartState.OBJECTED, read_opinion(reasons, is_needed=True), actor, now)
    await settle(held, platform, actor=actor, now=now)
    return part


async def extend(
    session: AsyncSession, part_id: UUID, typed_days: str, reasons: str, approver: str, *, actor: Actor, now: datetime
) -> ReviewPart:
    """A department extends its limit once, before it ends; its head agreed. Refuses as `check_may_decide` does, with
    `ExtendedBefore`, `ExtensionUnlawful`, `ReasonsNeeded`, `ApproverMissing`.
    """
    held, part = await hold_part(session, part_id, actor)
    if part.department_id is None:
        raise ReviewNotFound
    check_may_decide(held, part, now)
    if part.extended_days:
        raise ExtendedBefore(part.due_at)
    most = held.rules.extension_days.value
    days = whole_number(typed_days, digits=3) or 0
    if not 1 <= days <= most:
        raise ExtensionUnlawful(most)
    said, head = read_opinion(reasons, is_needed=True), plain_text(approver)
    if not 1 <= len(head) <= ApproverMissing.longest:
        raise ApproverMissing
    part.extended_days, part.due_at = days, clocks.extended(part.due_at, days, held.rules)
    part.warned_at = None
    await warn(held, part, now)
    await session.flush()
    body = {
        "department": part.department_name,
        "days": days,
        "due_at": iso(part.due_at),
        "reasons": said,
        "approved_by": head,
    }
    await held.record("review_limit_extended", actor, now, body)
    return part


async def _to_decide(session: AsyncSession, part_id: UUID, actor: Actor, now: datetime) -> tuple[Held, ReviewPart]:
    held, part = await hold_part(session, part_id, actor)
    check_may_decide(held, part, now)
    if any(item.part_id == part.id for item in await held.pending_items()):
        raise ItemsPending
    return held, part


async def _decide(held: Held, part: ReviewPart, state: PartState, opinion: str, actor: Actor, now: datetime) -> None:
    part.state, part.opinion, part.decided_at, part.decided_by = state, opinion, now, actor.account_id
    part.looked_at = part.looked_at or now
    await held.session.flush()
    kind = "review_agreed" if state is PartState.AGREED else "review_objected"
    await held.record(kind, actor, now, {"department": part.department_name, "opinion": opinion})

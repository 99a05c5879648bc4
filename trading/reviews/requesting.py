"""Use cases of the one notice: put on the list, take back, finish looking, answer. Services never commit.

Sending it is `trading.reviews.cases.send_notice`: at once when all have looked, else by the clock.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.projects.entry import check_officer_in_charge
from trading.reviews.cases import Platform, settle
from trading.reviews.holding import Held, check_may_decide, hold, hold_part
from trading.reviews.models import ReviewItem, ReviewPart
from trading.reviews.refusals import (
    AskingOver,
    ItemWordsMissing,
    LookedAlready,
    ReviewNotFound,
    ReviewNotOpen,
)
from trading.reviews.rules import LONGEST_ITEM, CaseState, check_item, plain_text, read_item
from trading.reviews.targets import labels_of, values_of


async def add_item(
    session: AsyncSession, part_id: UUID, target: str, words: str, *, actor: Actor, now: datetime
) -> ReviewItem:
    """Put something that is missing on the list. Refuses as `check_may_decide` does, with `AskingOver`,
    `LookedAlready`, `ItemPointsNowhere`, `ItemWordsMissing`, `AskedAlready`, `CouldHaveBeenAsked`.
    """
    held, part = await _to_look(session, part_id, actor, now)
    labels = await labels_of(session, held.project)
    read_target, said = read_item(target, words, labels)
    asked = [item.target for item in await held.pending_items() if item.part_id == part.id]
    values = await values_of(session, held.project)
    check_item(read_target, labels[read_target], asked=asked, baseline=held.case.baseline, values=values)
    item = ReviewItem(
        case_id=held.case.id,
        part_id=part.id,
        round=held.case.round,
        target=read_target,
        words=said,
        asked_at=now,
    )
    session.add(item)
    await session.flush()
    body = {"department": part.department_name, "target": read_target, "words": said}
    await held.record("completion_item_added", actor, now, body)
    return item


async def take_item_back(session: AsyncSession, item_id: UUID, *, actor: Actor, now: datetime) -> ReviewPart:
    """Take something off the list before the notice goes out. Refuses with `ReviewNotFound`, as `add_item` does."""
    item = await session.get(ReviewItem, item_id)
    if item is None:
        raise ReviewNotFound
    held, part = await _to_look(session, item.part_id, actor, now)
    item = next((each for each in await held.pending_items() if each.id == item_id), None)
    if item is None:
        raise ReviewNotFound
    body = {"department": part.department_name, "target": item.target, "words": item.words}
    await session.delete(item)
    await session.flush()
    await held.record("completion_item_taken_back", actor, now, body)
    return part


async def finish_looking(
    session: AsyncSession, part_id: UUID, platform: Platform, *, actor: Actor, now: datetime
) -> ReviewPart:
    """A department has looked through the papers; the notice goes out when it was the last. Refuses as `add_item`."""
    held, part = await _to_look(session, part_id, actor, now)
    part.looked_at = now
    await session.flush()
    await held.record("papers_looked_through", actor, now, {"department": part.department_name})
    await settle(held, platform, actor=actor, now=now)
    return part


async def answer_items(
    session: AsyncSession, case_id: UUID, answers: dict[UUID, str], *, actor: Actor, now: datetime
) -> Held:
    """The officer in charge says for each item what is handed in; kept until the entry is handed in again.

    Refuses with `NotYourProject`, `ReviewNotOpen`, `ItemWordsMissing` for an answer that is too long.
    """
    held = await hold(session, case_id)
    await check_officer_in_charge(session, held.project, actor)
    if held.case.state != CaseState.STOPPED:
        raise ReviewNotOpen
    query = select(ReviewItem).where(ReviewItem.case_id == case_id, ReviewItem.round == held.case.round)
    given: dict[str, str] = {}
    for item in await session.scalars(query):
        if item.id not in answers:
            continue
        said = plain_text(answers[item.id])
        if len(said) > LONGEST_ITEM:
            raise ItemWordsMissing(LONGEST_ITEM)
        if said != item.answer:
            item.answer, item.answered_at = said, now if said else None
            given[item.target] = said
    if given:
        await session.flush()
        await held.record("completion_answered", actor, now, {"answers": given})
    return held


async def _to_look(session: AsyncSession, part_id: UUID, actor: Actor, now: datetime) -> tuple[Held, ReviewPart]:
    held, part = await hold_part(session, part_id, actor)
    check_may_decide(held, part, now)
    if now >= held.case.asks_until:
        raise AskingOver(held.case.asks_until)
    if part.looked_at is not None:
        raise LookedAlready
    return held, part

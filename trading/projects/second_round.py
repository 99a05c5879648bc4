"""Use case: announce a lot that nobody bid for once more, with a lower starting price (再次拍卖).

The second round is a project of its own with a draft that is copied from the first one: it goes through entry, review
and publication like every other, only bound in its starting price. Services never commit.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects.entry import check_officer_in_charge, lock_project, record, save_draft, second_round_bounds
from trading.projects.lookups import draft_of, get_lot
from trading.projects.models import Lot, ProjectDraft
from trading.projects.profile_types import SellingMethod
from trading.projects.rules import LotState
from trading.projects.second_round_rules import Bounds, NoSecondRound, SecondRoundBegun

_BEGUN_ANEW = ("registration_opens_at", "registration_closes_at", "starts_at", "listing_ends_at")


@dataclass(frozen=True, slots=True)
class SecondRoundStanding:
    """A lot that may be, or has been, announced again. `project_id` is the second round's project once it is begun."""

    lot: Lot
    bounds: Bounds
    project_id: UUID | None


async def second_round_standing(session: AsyncSession, lot: Lot) -> SecondRoundStanding | None:
    """Where the second round of a lot stands; None for a lot that has none."""
    bounds = await second_round_bounds(session, lot) if await _found_nobody(session, lot) else None
    return None if bounds is None else SecondRoundStanding(lot, bounds, await _begun_as(session, lot.id))


async def begin_second_round(
    session: AsyncSession, lot_id: UUID, starting: Money, *, actor: Actor, demonstration: bool, now: datetime
) -> UUID:
    """The officer in charge begins the second round: a draft like the first entry, without its dates. Returns the new
    project's identifier.

    Locks the first project. Refuses with `NotYourProject`, `NoSecondRound`, `SecondRoundBegun`, `CutOutOfBounds`.
    Source: 法释〔2016〕18号 art. 26.
    """
    project = await lock_project(session, (await get_lot(session, lot_id)).project_id)
    await check_officer_in_charge(session, project, actor)
    standing = await second_round_standing(session, await get_lot(session, lot_id))
    if standing is None:
        raise NoSecondRound
    if standing.project_id is not None:
        raise SecondRoundBegun
    standing.bounds.check(starting)
    form = (await draft_of(session, project.id)).form | dict.fromkeys(_BEGUN_ANEW, "")
    form |= {"starting_price": starting.yuan, "kind": project.kind}
    begun = new_id()
    await save_draft(session, begun, form, actor=actor, demonstration=demonstration, now=now)
    (await draft_of(session, begun)).second_round_of = lot_id
    await session.flush()
    facts = {"starting_price_fen": starting.fen}
    await record(session, f"lot:{lot_id}", "second_round_begun", actor, now, facts | {"project": str(begun)})
    await record(session, f"project:{begun}", "second_round_begun", actor, now, facts | {"first_lot": str(lot_id)})
    return begun


async def _found_nobody(session: AsyncSession, lot: Lot) -> bool:
    """Whether this was a first round, by online auction, that ended because nobody bid."""
    if lot.state != LotState.WITHDRAWN or lot.selling_method != SellingMethod.ONLINE_AUCTION:
        return False
    if lot.second_round_of is not None:
        return False
    entries = await journal_store.read(session, f"lot:{lot.id}")
    return any(entry.kind == "lot_withdrawn" and entry.body["reason"] == "nobody_bid" for entry in entries)


async def _begun_as(session: AsyncSession, lot_id: UUID) -> UUID | None:
    return await session.scalar(select(ProjectDraft.project_id).where(ProjectDraft.second_round_of == lot_id))

"""How the lots of a purchase end here: what its published announcements say of them is what the platform counts.

A result that is published concludes its lot with the winner and the price it names; a lot that was concluded before can
only be announced as it was concluded. A published withdrawal ends a lot without an award, and a published termination
(终止招标) ends the whole project. Services never commit; the project's row is locked before its lots.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.errors import Refusal
from trading.kernel.money import Money
from trading.projects import service
from trading.projects.lookups import deal_of
from trading.projects.models import Deal, Lot, Project
from trading.projects.problems import N_, Problem
from trading.projects.rules import CalledOff, LotState, ProjectKind, Sold, Withdrawn
from trading.projects.terminating import terminate_project

_ORDER_87 = "财政部令87号 art. 63"
_PRICE_GOES_UP = frozenset({ProjectKind.OTHER})
"""Kinds whose amount may be a value to be exceeded: a lease that goes to the highest offer."""


@dataclass(frozen=True, slots=True)
class Award:
    """Who won a lot of a purchase, for how much, and when that was decided."""

    winner_name: str
    winner_credit_code: str | None
    final: Money
    concluded_at: datetime


@dataclass(eq=False)
class LotHasEnded(Refusal):
    """The lot was awarded, withdrawn or called off before, and what is published of that is never changed."""

    message: ClassVar[str] = "{lot} has ended already, and what was published of that stays."
    advice: ClassVar[str] = "Look at its result; where something is wrong in it, prepare a correction."

    lot: str


@dataclass(eq=False)
class LotNotAwarded(Refusal):
    """A contract follows an award."""

    message: ClassVar[str] = "{lot} has not been awarded yet."
    advice: ClassVar[str] = "Publish its result first; the contract follows it."

    lot: str


async def award_problems(session: AsyncSession, lot: Lot, award: Award, now: datetime) -> list[Problem]:
    """What is wrong with the result of a lot, by the field of the form. Refuses `LotHasEnded`."""
    if lot.state == LotState.SOLD:
        return list(_differences(await deal_of(session, lot.id), award))
    check_open(lot)
    project = await service.get_project(session, lot.project_id)
    return [*_price_problems(ProjectKind(project.kind), lot, award.final), *_moment_problems(lot, award, now)]


async def award_lot(session: AsyncSession, lot_id: UUID, award: Award, *, actor: Actor, now: datetime) -> Deal | None:
    """Conclude a lot of a purchase with its winner; None where it was concluded so before."""
    lot = await service.lock_lot(session, lot_id)
    if lot.state == LotState.SOLD:
        return None
    outcome = Sold(award.winner_name, award.winner_credit_code, award.final)
    return await service.conclude_lot(
        session, lot_id, outcome=outcome, now=now, actor=actor, decided_at=award.concluded_at
    )


async def withdraw_lot(
    session: AsyncSession, lot_id: UUID, reason: str, ended_at: datetime, *, actor: Actor, now: datetime
) -> None:
    """End a lot of a purchase without an award (废标, 流标), once. Refuses `LotMovedOn` when it ended otherwise."""
    if (await service.lock_lot(session, lot_id)).state == LotState.WITHDRAWN:
        return
    outcome = Withdrawn(reason)
    await service.conclude_lot(session, lot_id, outcome=outcome, now=now, actor=actor, decided_at=ended_at)


async def terminate_purchase(
    session: AsyncSession, project: Project, reason: str, basis: str, *, actor: Actor, now: datetime
) -> None:
    """End a purchase with all its lots that have not ended (招标投标法实施条例 art. 31). Refuses `ProjectMovedOn`."""
    lots = await terminate_project(session, project.id, reasons=reason, legal_basis=basis, actor=actor, now=now)
    for lot in lots:
        await service.conclude_lot(session, lot.id, outcome=CalledOff(reason="terminated"), now=now, actor=actor)


def check_open(lot: Lot) -> None:
    """Refuse `LotHasEnded` for a lot that has ended."""
    if LotState(lot.state).is_final:
        raise LotHasEnded(lot.title)


def check_awarded(lot: Lot) -> None:
    """Refuse `LotNotAwarded` for a lot that nobody has won."""
    if lot.state != LotState.SOLD:
        raise LotNotAwarded(lot.title)


def _differences(deal: Deal | None, award: Award) -> Iterator[Problem]:
    """Where a result says something else than the deal that the lot was concluded with."""
    assert deal is not None, "a lot that is sold has its deal"
    said: dict[str, tuple[object, object]] = {
        "winner_name": (award.winner_name, deal.winner_name),
        "winner_credit_code": (award.winner_credit_code, deal.winner_credit_code),
        "final": (award.final, Money(deal.final_fen)),
    }
    for field, (typed, concluded) in said.items():
        if typed != concluded:
            yield Problem(field, N_("The lot was concluded with another value: {value}."), {"value": concluded or "—"})


def _price_problems(kind: ProjectKind, lot: Lot, final: Money) -> Iterator[Problem]:
    highest = (lot.facts or {}).get("highest_price_fen") or lot.budget_fen
    if final.fen <= 0:
        yield Problem("final", N_("The award must be more than zero."))
    elif highest is None or kind in _PRICE_GOES_UP:
        return
    elif kind is ProjectKind.FIXED_PRICE_SELECTION:
        if final.fen != highest:
            yield Problem("final", N_("The price was fixed beforehand: {price}."), {"price": Money(highest)})
    elif final.fen > highest:
        message = N_("A bid above {highest} is invalid and cannot win.")
        yield Problem("final", message, {"highest": Money(highest)}, _ORDER_87)


def _moment_problems(lot: Lot, award: Award, now: datetime) -> Iterator[Problem]:
    if award.concluded_at > now:
        yield Problem("concluded_at", N_("This moment lies after the publication."))
    elif lot.bids_close_at is not None and award.concluded_at < lot.bids_close_at:
        message = N_("Bids were due only at {at}; nothing was decided before.")
        yield Problem("concluded_at", message, {"at": lot.bids_close_at})

"""A unit's own budget: the most it wants to be bound to over all lots, kept against its own bids. Not a rule of law.

Bound is, per lot that is not decided, the price with which the unit leads, its standing maximum if that is more, or its
sealed quote; and the price of every lot it won since it first set the budget in force (lifting a budget and setting a
new one begins anew). Whoever takes part in a draw by lot is bound by the price at which the drawn plate buys.

A bid that would bind more is refused. Two lots of one unit may be settled by two servers at once, so whoever settles a
bid of a unit that has a budget locks the unit's row, always after the lots' rows and in one order. The reading is plain
SQL over several rooms' tables, because it stands in the path of every bid: one indexed look when nobody has a budget.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from auction.models import Budget
from auction.refused_limits import BudgetExceeded, BudgetNotPositive
from auction.sale import ENDED, AuctionState, Phase, Stage
from auction.secrets_of_sale import Secrets
from auction.way import Way
from auction.ways.sealed_quotes import counts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import Refusal
from trading.kernel.money import Money


class Offer(Protocol):
    """What a budget asks of a bid: `auction.settling.BidRequest` is one."""

    @property
    def lot_id(self) -> UUID: ...
    @property
    def registration_id(self) -> UUID | None: ...
    @property
    def price(self) -> Money | Refusal: ...


@dataclass(frozen=True, slots=True)
class BoundLot:
    """A lot that binds a unit, with how much. `is_won`: it has ended."""

    unit_id: UUID
    lot_id: UUID
    plate: int
    amount: Money
    is_won: bool


class Budgets:
    """The budgets of the units that bid in one batch, with what binds each of them at every moment of the batch."""

    def __init__(self, amounts: dict[UUID, Money], units: dict[UUID, UUID], bound: Iterable[BoundLot]) -> None:
        """`amounts` by unit; `units` by registration."""
        self._amounts = amounts
        self._units = units
        self._bound: dict[UUID, dict[UUID, Money]] = {unit_id: {} for unit_id in amounts}
        self._plates: dict[UUID, dict[int, UUID]] = {}
        for lot in bound:
            self._plates.setdefault(lot.lot_id, {})[lot.plate] = lot.unit_id
            self._bound[lot.unit_id][lot.lot_id] = lot.amount

    @property
    def registrations(self) -> set[UUID]:
        """Those of units with a budget."""
        return set(self._units)

    def check(self, request: Offer, state: AuctionState) -> Refusal | None:
        """Why the unit's own budget does not allow this bid, or quote, or maximum; None when it does.

        A bid on a lot that has ended is not judged: it is late.
        """
        if request.registration_id is None or isinstance(request.price, Refusal) or state.stage in ENDED:
            return None
        unit_id = self._units.get(request.registration_id)
        if unit_id is None:
            return None
        elsewhere = sum(amount.fen for lot, amount in self._bound[unit_id].items() if lot != request.lot_id)
        if elsewhere + request.price.fen <= self._amounts[unit_id].fen:
            return None
        return BudgetExceeded(budget=self._amounts[unit_id], bound=Money(elsewhere))

    def note(self, lot_id: UUID, state: AuctionState, secrets: Secrets | None = None) -> None:
        """A step was made on a lot: what binds whom there follows from the state after it.

        Nothing that is bid changes what a draw by lot, or a suspended sale, binds.
        """
        if state.stage in (Stage.DRAWING, Stage.FROZEN):
            return
        for plate, unit_id in self._plates.get(lot_id, {}).items():
            self._bound[unit_id][lot_id] = _bound_by(plate, state, secrets or _NO_SECRETS)


_NO_SECRETS = Secrets()


def _bound_by(plate: int, state: AuctionState, secrets: Secrets) -> Money:
    bound = Money(0)
    if state.plate == plate and state.price is not None:
        bound = state.price
        if plate in secrets.maxima:
            bound = max(bound, secrets.maxima[plate].price)
    if plate in secrets.quotes:
        bound = max(bound, secrets.quotes[plate].price)
    return bound


async def load(session: AsyncSession, requests: Sequence[Offer]) -> Budgets | None:
    """The budgets of the units behind these bids, their rows locked until the commit; None when nobody has one.

    Call it with the lots' rows locked, before deciding.
    """
    registrations = {request.registration_id for request in requests if request.registration_id is not None}
    found = await session.execute(_WITH_BUDGET, {"registrations": sorted(registrations)})
    units = {registration_id: unit_id for registration_id, unit_id in found}  # noqa: C416 - rows are not pairs
    if not units:
        return None
    unit_ids = sorted(set(units.values()))
    await session.execute(_LOCK, {"units": unit_ids})
    standing = await _standing(session, unit_ids)
    if not standing:
        return None
    lots = await _bound(session, standing)
    amounts = {unit_id: amount for unit_id, (amount, _) in standing.items()}
    return Budgets(amounts, {key: unit for key, unit in units.items() if unit in amounts}, lots)


async def set_budget(
    session: AsyncSession, unit_id: UUID, amount: Money | None, *, actor: Actor, now: datetime
) -> None:
    """A unit sets or changes its own budget, or lifts it (None). What is bound already stays bound.

    Refuses `BudgetNotPositive`. Locks the unit's row. The caller commits.
    """
    if amount is not None and amount.fen <= 0:
        raise BudgetNotPositive()
    assert actor.account_id is not None
    await session.execute(_LOCK, {"units": [unit_id]})
    fen = None if amount is None else amount.fen
    session.add(Budget(unit_id=unit_id, account_id=actor.account_id, amount_fen=fen, set_at=now))
    await session.flush()
    await journal_store.append(
        session, stream=f"unit:{unit_id}", kind="budget_set", actor=actor.reference, at=now, body={"amount_fen": fen}
    )


async def budget_of(session: AsyncSession, unit_id: UUID) -> Money | None:
    """The budget in force, or None."""
    query = select(Budget.amount_fen).where(Budget.unit_id == unit_id)
    fen = await session.scalar(query.order_by(Budget.set_at.desc(), Budget.id.desc()).limit(1))
    return None if fen is None else Money(fen)


async def bound_lots(session: AsyncSession, unit_id: UUID, now: datetime) -> list[BoundLot]:
    """What binds a unit now, lot by lot; without a budget in force, what it leads with."""
    standing = await _standing(session, [unit_id])
    lots = await _bound(session, standing or {unit_id: (Money(0), now)})
    return [lot for lot in lots if lot.amount.fen]


async def _standing(session: AsyncSession, unit_ids: list[UUID]) -> dict[UUID, tuple[Money, datetime]]:
    """The budget in force of each unit that has one, and since when it counts what the unit wins."""
    rows = await session.scalars(select(Budget).where(Budget.unit_id.in_(unit_ids)).order_by(Budget.set_at, Budget.id))
    standing: dict[UUID, tuple[Money, datetime]] = {}
    for row in rows:
        if row.amount_fen is None:
            standing.pop(row.unit_id, None)
        else:
            _, since = standing.get(row.unit_id, (None, row.set_at))
            standing[row.unit_id] = Money(row.amount_fen), since
    return standing


async def _bound(session: AsyncSession, standing: dict[UUID, tuple[Money, datetime]]) -> list[BoundLot]:
    """Every lot that is running, or was won since, in which one of the units has a plate; the amount may be zero."""
    rows = await session.execute(_PLATES, {"units": sorted(standing)})
    lots = []
    for row in rows:
        if row.stage in ENDED:
            if row.stage == Stage.SOLD and row.leads and row.ended_at > standing[row.unit_id][1]:
                lots.append(BoundLot(row.unit_id, row.lot_id, row.plate, Money(row.price_fen), is_won=True))
            continue
        led = max(row.price_fen, row.maximum_fen or 0) if row.leads else 0
        amount = Money(max(led, row.quote_fen or 0, _drawn_for(row)))
        lots.append(BoundLot(row.unit_id, row.lot_id, row.plate, amount, is_won=False))
    return lots


def _drawn_for(row: Any) -> int:
    """In fen, what a plate pays if it is drawn: whoever gave a number for a draw by lot may win at the cap's price."""
    if row.phase is None:
        return 0
    phase, way = msgspec.json.decode(row.phase, type=Phase), msgspec.json.decode(row.way, type=Way)
    if way.cap is None or row.plate not in dict(phase.numbers) or not counts(way, phase, row.plate):
        return 0
    return way.cap.price.fen


_WITH_BUDGET = text(
    "SELECT r.id, r.unit_id FROM registrations r WHERE r.id = ANY(:registrations)"
    " AND EXISTS (SELECT FROM budgets b WHERE b.unit_id = r.unit_id)"
).bindparams(bindparam("registrations", type_=ARRAY(Uuid)))

# Not FOR UPDATE: a registration that is being made refers to the unit and need not wait.
_LOCK = text("SELECT id FROM units WHERE id = ANY(:units) ORDER BY id FOR NO KEY UPDATE").bindparams(
    bindparam("units", type_=ARRAY(Uuid))
)

_PLATES = text(
    "SELECT r.unit_id, r.lot_id, r.plate, a.stage, a.ended_at, a.price_fen,"
    " a.plate IS NOT DISTINCT FROM r.plate AS leads,"
    " CASE WHEN a.stage IN ('drawing', 'frozen') THEN a.phase END AS phase, a.way,"
    " (SELECT m.price_fen FROM proxy_maxima m WHERE m.lot_id = r.lot_id AND m.plate = r.plate"
    "   ORDER BY m.seq DESC LIMIT 1) AS maximum_fen,"
    " (SELECT q.price_fen FROM sealed_quotes q WHERE q.lot_id = r.lot_id AND q.plate = r.plate"
    "   ORDER BY q.seq DESC LIMIT 1) AS quote_fen"
    " FROM registrations r JOIN auctions a ON a.lot_id = r.lot_id"
    " JOIN lots l ON l.id = r.lot_id AND l.state <> 'voided'"
    " WHERE r.unit_id = ANY(:units) AND r.plate IS NOT NULL AND a.stage NOT IN ('withdrawn', 'called_off')"
    " ORDER BY r.registered_at, r.id"
).bindparams(bindparam("units", type_=ARRAY(Uuid)))

"""What the rules look at, read from the rooms below: who registered for a lot, who paid, who was seen where, who bid.

Nothing here changes anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, and_, cast, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.messages import STREAM
from auction.models import Auction
from auction.sale import Stage
from trading.accounts.models import Account, Trace, Unit
from trading.deposits.models import BankReceipt
from trading.kernel import journal_store
from trading.kernel.journal import Entry
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState
from trading.registration.models import Registration
from trading.signs.history import PastLot
from trading.signs.models import SignSearch
from trading.signs.rules import Payer, Payment, Visit
from trading.signs.steps import Bid, lowest_steps

AT_ONCE = 50
CLOSED, CONCLUDED = "closed", "concluded"
_OVER = [state for state in LotState if state.is_final]
_ON_OFFER = [LotState.PUBLISHED, LotState.CONTEST, *_OVER]
_DAYS_A_MONTH = 31


@dataclass(frozen=True, slots=True)
class Rival:
    """A unit that registered for the lot."""

    registration_id: UUID
    unit_id: UUID
    name: str
    plate: int | None
    payer: Payer


@dataclass(frozen=True, slots=True)
class LotFacts:
    """Everything about one lot that the rules look at."""

    lot: Lot
    rivals: dict[UUID, Rival]
    payments: list[Payment]
    visits: list[Visit]
    bids: list[Bid]


def subject_of(lot_id: UUID) -> str:
    """The name of a lot among searches."""
    return f"lot:{lot_id}"


async def due_lots(session: AsyncSession, stage: str, now: datetime) -> Sequence[UUID]:
    """Lots whose registration has closed, or whose sale has ended, and that were not searched since."""
    searched = exists().where(SignSearch.subject == literal("lot:") + cast(Lot.id, Text), SignSearch.stage == stage)
    query = select(Lot.id).where(Lot.selling_method.is_not(None), Lot.is_recorded.is_(False), ~searched)
    if stage == CLOSED:
        at_rest = or_(Lot.suspended_at.is_(None), Lot.suspended_at >= Lot.registration_closes_at)
        query = query.where(Lot.state.in_(_ON_OFFER), Lot.registration_closes_at <= now, at_rest)
    else:
        query = query.where(Lot.state.in_(_OVER))
    return list(await session.scalars(query.order_by(Lot.id).limit(AT_ONCE)))


async def is_lot(session: AsyncSession, lot_id: UUID) -> bool:
    """Whether there is such a lot, and bidders register for it here."""
    lot = await session.get(Lot, lot_id)
    return lot is not None and lot.is_sold_here


async def facts_of(session: AsyncSession, lot_id: UUID) -> LotFacts:
    """What is known of one lot now."""
    lot = await session.get_one(Lot, lot_id)
    rivals = await _rivals(session, lot_id)
    return LotFacts(
        lot,
        rivals,
        await _payments(session, list(rivals)),
        await _visits(session, lot, rivals),
        await _bids(session, lot_id, rivals),
    )


async def past_lots(session: AsyncSession, now: datetime, months: int) -> dict[UUID, tuple[Lot, PastLot]]:
    """Lots that were sold here within so many months, with everybody who held a plate, by lot."""
    since = now - timedelta(days=_DAYS_A_MONTH * months)
    query = (
        select(Lot, Project.kind, Auction.plate, Auction.ended_at, Registration.unit_id, Registration.plate)
        .join(Project, Project.id == Lot.project_id)
        .join(Auction, and_(Auction.lot_id == Lot.id, Auction.stage == Stage.SOLD, Auction.ended_at >= since))
        .join(Registration, and_(Registration.lot_id == Lot.id, Registration.plate.is_not(None)))
        .where(Lot.state == LotState.SOLD)
    )
    lots: dict[UUID, tuple[Lot, str, datetime]] = {}
    plates: dict[UUID, dict[int, UUID]] = {}
    winners: dict[UUID, int] = {}
    for lot, kind, winner, ended_at, unit_id, plate in await session.execute(query):
        assert winner is not None
        assert ended_at is not None
        assert plate is not None
        lots[lot.id] = (lot, f"{kind}:{lot.land_use or ''}", ended_at)
        plates.setdefault(lot.id, {})[plate] = unit_id
        winners[lot.id] = winner
    return {
        lot_id: (lot, PastLot(lot_id, ended_at, kind, frozenset(units.values()), units[winners[lot_id]]))
        for lot_id, (lot, kind, ended_at) in lots.items()
        if winners[lot_id] in (units := plates[lot_id])
    }


async def names_of_units(session: AsyncSession, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What units are called."""
    rows = await session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(unit_ids)))
    return {unit_id: name for unit_id, name in rows}  # noqa: C416 - rows, not pairs


async def _rivals(session: AsyncSession, lot_id: UUID) -> dict[UUID, Rival]:
    query = (
        select(Registration, Unit)
        .join(Unit, Unit.id == Registration.unit_id)
        .where(Registration.lot_id == lot_id)
        .order_by(Registration.plate.nulls_last(), Registration.registered_at, Registration.id)
    )
    return {
        registration.id: Rival(
            registration.id,
            unit.id,
            unit.name,
            registration.plate,
            Payer(unit.name, unit.bank_account_number),
        )
        for registration, unit in await session.execute(query)
    }


async def _payments(session: AsyncSession, rivals: Sequence[UUID]) -> list[Payment]:
    query = select(BankReceipt).where(BankReceipt.registration_id.in_(rivals)).order_by(BankReceipt.sequence)
    return [
        Payment(
            row.registration_id, row.reference, row.payer_name, row.payer_account_number, row.amount_fen, row.booked_at
        )
        for row in await session.scalars(query)
        if row.registration_id is not None
    ]


async def _visits(session: AsyncSession, lot: Lot, rivals: dict[UUID, Rival]) -> list[Visit]:
    """From where the rivals' accounts were used since registration opened, whatever for."""
    by_unit = {rival.unit_id: rival.registration_id for rival in rivals.values()}
    query = (
        select(Trace, Account.unit_id)
        .join(Account, Account.id == Trace.account_id)
        .where(Account.unit_id.in_(by_unit), Trace.last_at >= lot.registration_opens_at)
    )
    return [
        Visit(by_unit[unit_id], row.device, row.address, row.occasion, row.first_at, row.last_at, row.times)
        for row, unit_id in await session.execute(query)
        if unit_id is not None
    ]


async def _bids(session: AsyncSession, lot_id: UUID, rivals: dict[UUID, Rival]) -> list[Bid]:
    """The accepted bids in their order, as the lot's stream of the journal tells them."""
    auction = await session.get(Auction, lot_id)
    if auction is None:
        return []
    by_plate = {rival.plate: rival.registration_id for rival in rivals.values()}
    entries = await journal_store.read(session, f"{STREAM}{lot_id}")
    changes = [(entry.at, int(entry.body["increment_fen"])) for entry in entries if entry.kind == "increment_changed"]
    return [
        Bid(
            by_plate[entry.body["plate"]],
            int(entry.body["price_fen"]),
            entry.at,
            lowest_steps(auction.increment_fen, changes, entry.at),
            bool(entry.body.get("for_maximum")),
        )
        for entry in entries
        if _is_open_bid(entry) and entry.body["plate"] in by_plate
    ]


def _is_open_bid(entry: Entry) -> bool:
    return entry.kind == "bid_accepted" and entry.body.get("price_fen") is not None

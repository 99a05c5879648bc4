"""What the pages of deposits show, gathered from this room and the ones below it. Nothing here changes anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.deposits import forfeiting, lookups
from trading.deposits.lookups import Amounts, Whereabouts
from trading.deposits.models import BankPayout, BankReceipt, Deposit, ForfeitureRow, RefundRow
from trading.deposits.rules import DepositState, RefundState
from trading.deposits.stages import BidderStage, bidder_stage, is_closed, ordinary
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState
from trading.registration import service as registrations
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState, is_on_offer


@dataclass(frozen=True, slots=True)
class LotCard:
    """One lot as one bidder sees it. `money` is None until something is known of the deposit."""

    lot: Lot
    project: Project
    registration: Registration
    money: Whereabouts | None
    stage: BidderStage
    forfeiture: ForfeitureRow | None = None

    @property
    def is_over(self) -> bool:
        """Whether the bidder has nothing left to do here."""
        return self.stage in (
            BidderStage.WON,
            BidderStage.NOT_WON,
            BidderStage.NOT_SOLD,
            BidderStage.CALLED_OFF,
            BidderStage.NO_DEPOSIT,
            BidderStage.DISQUALIFIED,
        )


async def cards_of(session: AsyncSession, unit_id: UUID, now: datetime) -> list[LotCard]:
    """The unit's lots: what needs doing first, by its deadline, then what is over, the newest first."""
    found = await registrations.registrations_of_unit(session, unit_id)
    money = await lookups.whereabouts(session, [registration.id for registration in found])
    cards = [await _card(session, registration, money.get(registration.id), now) for registration in found]
    open_cards = sorted((card for card in cards if not card.is_over), key=lambda card: card.lot.starts_at)
    return open_cards + [card for card in cards if card.is_over]


async def card_of(session: AsyncSession, registration: Registration, now: datetime) -> LotCard:
    """One registration's card."""
    money = await lookups.whereabouts(session, [registration.id])
    return await _card(session, registration, money.get(registration.id), now)


async def _card(session: AsyncSession, registration: Registration, money: Whereabouts | None, now: datetime) -> LotCard:
    lot = await projects.get_lot(session, registration.lot_id)
    closed = is_closed(lot.registration_closes_at, projects.time_for_deadlines(lot, now))
    stage = bidder_stage(
        LotState(lot.state),
        RegistrationState(registration.state),
        DepositState(money.deposit.state) if money else DepositState.AWAITING,
        has_number=money is not None and money.deposit.account_number is not None,
        closed=closed or not is_on_offer(lot.selling_method, LotState(lot.state)),
    )
    project = await projects.get_project(session, lot.project_id)
    forfeiture = None
    if registration.state == RegistrationState.DISQUALIFIED:
        forfeiture = await forfeiting.forfeiture_of(session, registration.id)
    return LotCard(lot, project, registration, money, stage, forfeiture)


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One refund with what a person needs to decide on it."""

    row: RefundRow
    lot_title: str
    approved_by: str
    is_own: bool

    @property
    def deserves_a_look(self) -> bool:
        """Whether this is not the usual end of a sale."""
        return not ordinary(self.row.reason)


@dataclass(frozen=True, slots=True)
class RefundGroup:
    """The ordinary refunds of one lot, decided together."""

    lot_title: str
    lines: list[RefundLine]

    @property
    def amounts(self) -> Amounts:
        """How many, and how much together."""
        return amounts_of(self.lines)


@dataclass(frozen=True, slots=True)
class Decision:
    """What waits for one decision: the exceptions one by one, the rest by lot."""

    exceptions: list[RefundLine]
    groups: list[RefundGroup]

    @property
    def amounts(self) -> Amounts:
        """How many, and how much together."""
        return amounts_of([*self.exceptions, *(line for group in self.groups for line in group.lines)])


@dataclass(frozen=True, slots=True)
class RefundDesk:
    """The page of refunds: what waits for whom, what is on its way, what failed, what has arrived."""

    to_approve: Decision
    to_release: Decision
    own_approved: list[RefundLine]
    on_the_way: list[RefundLine]
    failed: list[RefundLine]
    done: list[RefundLine]
    undecided: list["UndecidedLine"]


@dataclass(frozen=True, slots=True)
class UndecidedLine:
    """A disqualified bidder's deposit to be decided on; `forfeiture` is there once somebody has proposed it.

    `is_own`: `actor` proposed it. `may_be_decided`: the sale is over.
    """

    deposit: Deposit
    registration: Registration
    forfeiture: ForfeitureRow | None
    unit_name: str
    lot_title: str
    owner_name: str
    proposed_by: str
    is_own: bool
    may_be_decided: bool


async def refund_desk(session: AsyncSession, actor: Actor) -> RefundDesk:
    """All refunds as `actor` may decide on them: nobody releases what they approved."""
    requested = await _lines(session, await lookups.refunds_in(session, RefundState.REQUESTED), actor)
    approved = await _lines(session, await lookups.refunds_in(session, RefundState.APPROVED), actor)
    return RefundDesk(
        to_approve=_decision(requested),
        to_release=_decision([line for line in approved if not line.is_own]),
        own_approved=[line for line in approved if line.is_own],
        on_the_way=await _lines(session, await lookups.refunds_in(session, *lookups.ON_THE_WAY), actor),
        failed=await _lines(session, await lookups.refunds_failed(session), actor),
        done=await _lines(session, await lookups.refunds_done(session), actor),
        undecided=[await _undecided(session, *found, actor) for found in await forfeiting.undecided(session)],
    )


def amounts_of(lines: Iterable[RefundLine]) -> Amounts:
    """How many refunds, and how much together."""
    fen = [line.row.amount_fen for line in lines]
    return Amounts(len(fen), Money(sum(fen)))


def _decision(lines: list[RefundLine]) -> Decision:
    groups: dict[UUID | None, list[RefundLine]] = {}
    for line in lines:
        if not line.deserves_a_look:
            groups.setdefault(line.row.lot_id, []).append(line)
    exceptions = [line for line in lines if line.deserves_a_look]
    return Decision(exceptions, [RefundGroup(group[0].lot_title, group) for group in groups.values()])


async def _lines(session: AsyncSession, rows: list[RefundRow], actor: Actor) -> list[RefundLine]:
    titles: dict[UUID, str] = {}
    names: dict[str, str] = {}
    lines = []
    for row in rows:
        if row.lot_id is not None and row.lot_id not in titles:
            titles[row.lot_id] = (await projects.get_lot(session, row.lot_id)).title
        if row.approved_by is not None and row.approved_by not in names:
            names[row.approved_by] = await accounts.name_of(session, row.approved_by)
        title = titles[row.lot_id] if row.lot_id is not None else ""
        approver = names.get(row.approved_by or "", "")
        lines.append(RefundLine(row, title, approver, row.approved_by == actor.reference))
    return lines


async def _undecided(
    session: AsyncSession, deposit: Deposit, registration: Registration, actor: Actor
) -> UndecidedLine:
    lot = await projects.get_lot(session, deposit.lot_id)
    row = await forfeiting.forfeiture_of(session, deposit.registration_id)
    return UndecidedLine(
        deposit=deposit,
        registration=registration,
        forfeiture=row,
        unit_name=(await accounts.get_unit(session, registration.unit_id)).name,
        lot_title=lot.title,
        owner_name=(await projects.get_project(session, lot.project_id)).owner_name,
        proposed_by="" if row is None else await accounts.name_of(session, row.proposed_by),
        is_own=row is not None and row.proposed_by == actor.reference,
        may_be_decided=LotState(lot.state).is_final,
    )


@dataclass(frozen=True, slots=True)
class ForfeitedLine:
    """A deposit that was forfeited to the owner of the lot."""

    row: ForfeitureRow
    unit_name: str
    lot_title: str


@dataclass(frozen=True, slots=True)
class FinanceDay:
    """The first page of finance: figures, exceptions with their reason, today's receipts, forfeited deposits."""

    figures: lookups.Today
    receipts: list[BankReceipt]
    failed: list[RefundLine]
    unknown: list[RefundLine]
    strange_payouts: list[BankPayout]
    undecided: int
    forfeited: list[ForfeitedLine]


async def finance_day(session: AsyncSession, actor: Actor, since: datetime, now: datetime) -> FinanceDay:
    """What finance looks at every morning, and after every sale."""
    return FinanceDay(
        figures=await lookups.today(session, now),
        receipts=await lookups.receipts_since(session, since),
        failed=await _lines(session, await lookups.refunds_failed(session), actor),
        unknown=await _lines(session, await lookups.refunds_in(session, RefundState.UNKNOWN), actor),
        strange_payouts=await lookups.payouts_without_refund(session),
        undecided=len(await forfeiting.undecided(session)),
        forfeited=[await _forfeited(session, row) for row in await lookups.forfeited(session)],
    )


async def _forfeited(session: AsyncSession, row: ForfeitureRow) -> ForfeitedLine:
    registration = await registrations.get_registration(session, row.registration_id)
    unit = await accounts.get_unit(session, registration.unit_id)
    return ForfeitedLine(row, unit.name, (await projects.get_lot(session, registration.lot_id)).title)

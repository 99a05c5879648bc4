"""Orders of a supervisor: freeze a sale that runs, lift the freeze with the right notice, terminate a project.

Each carries reasons and its legal basis, and repeats the number of what it is about, so that nobody orders by a slip.
It is stored and journalled with its effect. Services never commit.

Source: 公共资源交易平台管理暂行办法 (supervision of trades; text not at hand, unconfirmed); Fujian art. 55, 58 (freeze
and resumption), which are the auction's own rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import service as auctions
from auction.models import Auction
from auction.preparing import lock
from auction.sale import ENDED, Step
from trading.accounts.rules import Actor
from trading.complaints import lookups as complaints
from trading.deposits.models import Deposit
from trading.kernel import journal_store
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.problems import N_
from trading.projects.profiles import HISTORIC
from trading.projects.rules import LotState, ProjectState
from trading.projects.terminating import terminate_project
from trading.projects.typed_values import Wrong, read_line, read_moment
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind
from trading.registration.models import Registration
from trading.supervision.models import SupervisionOrder

SHORTEST_REASON, LONGEST_REASON = 5, 500
LONGEST_BASIS = 200

REASONS_WRONG = N_("Write the reasons in 5 to 500 characters.")
BASIS_WRONG = N_("Name the article on which the order rests, in at most 200 characters.")
NUMBER_WRONG = N_("This is not the number of what the order is about. Type it as it stands above.")


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why something is ordered, and by which article."""

    reasons: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an order would touch, in numbers. `deposits` is the sum that bidders have paid and that is held."""

    lots: int
    bidders: int
    bids: int
    deposits: Money


@dataclass(eq=False)
class OrderIncomplete(Refusal):
    """Something that an order must say was left out or typed wrong; each fault by its field."""

    message: ClassVar[str] = "The order is not complete: {count} things have to be corrected."
    advice: ClassVar[str] = "Each is explained beside its field. What was typed is kept, and nothing was ordered."

    count: int
    faults: Mapping[str, str]


@dataclass(eq=False)
class ProjectSuspended(Refusal):
    """The sale stands still because its project is suspended for a complaint."""

    message: ClassVar[str] = "The whole project is suspended for a complaint, so this sale alone cannot go on."
    advice: ClassVar[str] = "Let the project go on, or decide, on the page of the complaint."


def read_grounds(form: Mapping[str, str], *, number: str) -> Grounds:
    """The grounds that a form holds, when the number that it repeats is right. Refuses `OrderIncomplete`."""
    reasons = read_line(form.get("reasons", ""), longest=LONGEST_REASON)
    basis = read_line(form.get("legal_basis", ""), longest=LONGEST_BASIS)
    faults = {}
    if isinstance(reasons, Wrong) or len(reasons) < SHORTEST_REASON:
        faults["reasons"] = REASONS_WRONG
    if isinstance(basis, Wrong):
        faults["legal_basis"] = BASIS_WRONG
    if form.get("number", "").strip() != number:
        faults["number"] = NUMBER_WRONG
    if form.get("resumes_at") and isinstance(moment := read_moment(form["resumes_at"]), Wrong):
        faults["resumes_at"] = moment.message
    if faults or isinstance(reasons, Wrong) or isinstance(basis, Wrong):
        raise OrderIncomplete(len(faults), faults)
    return Grounds(reasons, basis)


async def freeze(session: AsyncSession, lot_id: UUID, grounds: Grounds, *, actor: Actor, now: datetime) -> Step:
    """Freeze a sale that runs; only a supervisor lets it go on. Refusals: see `freezing.suspend`."""
    step = await auctions.suspend_lot(session, lot_id, reason=grounds.reasons, actor=actor, now=now)
    lot = await projects.get_lot(session, lot_id)
    await _keep(session, "freeze", lot.project_id, lot_id, grounds, actor=actor, now=step.at)
    return step


async def lift(
    session: AsyncSession,
    lot_id: UUID,
    grounds: Grounds,
    *,
    resumes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> Step:
    """Let the sale go on: directly where the rules still allow that, else at an announced moment.

    Refusals: `ProjectSuspended` while a complaint holds the project, and see `freezing.resume`,
    `freezing.announce_resumption`.
    """
    lot = await projects.get_lot(session, lot_id)
    if await complaints.is_suspended(session, lot.project_id):
        raise ProjectSuspended
    if resumes_at is None:
        step = await auctions.resume_lot(session, lot_id, actor=actor, now=now)
    else:
        step = await auctions.announce_resumption(
            session, lot_id, resumes_at=resumes_at, reason=grounds.reasons, actor=actor, now=now
        )
    await _keep(session, "resumption", lot.project_id, lot_id, grounds, actor=actor, now=step.at, resumes_at=resumes_at)
    return step


async def terminate(
    session: AsyncSession, project_id: UUID, grounds: Grounds, *, actor: Actor, now: datetime
) -> list[UUID]:
    """Terminate a project: each lot that has not ended is withdrawn or called off. Returns those lots.

    Deposits go back by the sale's own follow-up. Refuses `ProjectMovedOn`, and `EndBeingDecided` while the end of a
    sale is being decided.
    """
    # Whoever ends a sale holds its row before the project's: so do we, for all of them.
    for lot in sorted(await projects.lots_of(session, project_id), key=lambda lot: lot.id):
        await _lock_sale(session, lot, now)
    lots = await terminate_project(
        session, project_id, reasons=grounds.reasons, legal_basis=grounds.legal_basis, actor=actor, now=now
    )
    for lot in lots:
        await _end(session, lot, grounds, actor=actor, now=now)
    await _keep(session, "termination", project_id, None, grounds, actor=actor, now=now)
    if (await projects.get_project(session, project_id)).published_at is not None:
        facts = {"reason": grounds.reasons, "basis": grounds.legal_basis}
        await releasing.announce_soon(
            session, AnnouncementKind.TERMINATION, project_id, None, facts, actor=actor, now=now
        )
    return [lot.id for lot in lots]


async def orders_of(session: AsyncSession, project_id: UUID) -> Sequence[SupervisionOrder]:
    """What was ordered over a project, the newest first."""
    query = select(SupervisionOrder).where(SupervisionOrder.project_id == project_id)
    return list(await session.scalars(query.order_by(SupervisionOrder.ordered_at.desc(), SupervisionOrder.id.desc())))


async def consequences(session: AsyncSession, lots: Sequence[Lot]) -> Consequences:
    """What ending these lots would touch."""
    open_lots = [lot.id for lot in lots if not LotState(lot.state).is_final]
    bidders = select(func.count()).where(Registration.lot_id.in_(open_lots), Registration.plate.is_not(None))
    bids = select(func.coalesce(func.sum(Auction.bids), 0)).where(Auction.lot_id.in_(open_lots))
    held = select(func.coalesce(func.sum(Deposit.amount_fen), 0)).where(
        Deposit.lot_id.in_(open_lots), Deposit.state == "held"
    )
    return Consequences(
        lots=len(open_lots),
        bidders=int(await session.scalar(bidders) or 0),
        bids=int(await session.scalar(bids) or 0),
        deposits=Money(int(await session.scalar(held) or 0)),
    )


def number_of_lot(lot: Lot) -> str:
    """The number by which an order names a lot: of its parcel, else of its deal, else within the project."""
    return lot.parcel_number or lot.deal_code or str(lot.number)


def may_be_terminated(project: Project) -> bool:
    """Whether a termination leads anywhere from where the project stands."""
    return project.rule_profile != HISTORIC and project.state in (ProjectState.ENTERED, ProjectState.PUBLISHED)


async def _lock_sale(session: AsyncSession, lot: Lot, now: datetime) -> None:
    if await session.get(Auction, lot.id) is None:
        if lot.state != LotState.PUBLISHED or lot.selling_method is None:
            return
        await auctions.prepare(session, lot.id, now)
    await lock(session, lot.id)


async def _end(session: AsyncSession, lot: Lot, grounds: Grounds, *, actor: Actor, now: datetime) -> None:
    auction = await session.get(Auction, lot.id)
    if auction is not None and auction.stage not in ENDED:
        await auctions.withdraw_lot(session, lot.id, reason=grounds.reasons, actor=actor, now=now)
    else:
        outcome = project_rules.CalledOff(reason="by_order")
        await projects.conclude_lot(session, lot.id, outcome=outcome, now=now, actor=actor)


async def _keep(
    session: AsyncSession,
    kind: str,
    project_id: UUID,
    lot_id: UUID | None,
    grounds: Grounds,
    *,
    actor: Actor,
    now: datetime,
    resumes_at: datetime | None = None,
) -> None:
    session.add(
        SupervisionOrder(
            id=new_id(),
            kind=kind,
            project_id=project_id,
            lot_id=lot_id,
            reasons=grounds.reasons,
            legal_basis=grounds.legal_basis,
            resumes_at=resumes_at,
            ordered_by=actor.reference,
            ordered_at=now,
        )
    )
    await session.flush()
    body = {
        "order": kind,
        "lot": None if lot_id is None else str(lot_id),
        "reasons": grounds.reasons,
        "legal_basis": grounds.legal_basis,
        "resumes_at": None if resumes_at is None else iso(resumes_at),
    }
    await journal_store.append(
        session,
        stream=f"project:{project_id}",
        kind="supervision_ordered",
        actor=actor.reference,
        at=now,
        body=body,
    )

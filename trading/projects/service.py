"""Use cases of projects and lots after their entry: publish, open the contest, conclude, record, file.

Entry itself is in `trading.projects.entry`, finding in `trading.projects.lookups`; what other rooms need of the latter
is offered here too. Services never commit. The project's row is locked before its lots.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects.deadlines import (
    ProjectStandsStill,
    check_not_suspended,
    hold_deadlines,
    move_deadlines,
    shift_dates,
    time_for_deadlines,
)
from trading.projects.entry import (
    PlatformCodes,
    check_officer_in_charge,
    lock_project,
    next_deal_code,
    next_entry_code,
    number_of_day,
    record,
)
from trading.projects.land_periods import judge_periods
from trading.projects.lookups import (
    SealedReserve,
    bidders_come_until,
    deal_of,
    draft_of,
    drafts_of,
    get_lot,
    get_project,
    get_public_project,
    has_sealed_reserve,
    history_of,
    latest_deals,
    lock_lot,
    lots_by_project,
    lots_in,
    lots_of,
    projects_of,
    projects_to_review,
    reviews_of,
    sealed_reserve_of,
    selection_basis_of,
    standing_deals,
)
from trading.projects.models import Deal, Lot, Project
from trading.projects.problems import Problem
from trading.projects.profiles import HISTORIC, rule_profile
from trading.projects.purchase_periods import judge_purchase_periods
from trading.projects.purchase_profiles import any_profile, purchase_profile
from trading.projects.rules import (
    CalledOff,
    EntryHasProblems,
    LotState,
    LotStep,
    Outcome,
    ProjectKind,
    ProjectState,
    ProjectStep,
    Sold,
    Withdrawn,
    is_decided,
    next_lot_state,
    next_project_state,
    step_of,
)
from trading.projects.sealing import ReserveStanding, reserve_standing, seal_reserve, waive_reserve
from trading.projects.terms import announced_terms, dates_of, method_of, purchase_dates_of

__all__ = [
    "PlatformCodes",
    "RecordedDeal",
    "ReserveStanding",
    "SealedReserve",
    "announced_terms",
    "any_profile",
    "bidders_come_until",
    "check_not_suspended",
    "conclude_lot",
    "deal_of",
    "draft_of",
    "drafts_of",
    "file_project",
    "get_lot",
    "get_project",
    "get_public_project",
    "has_sealed_reserve",
    "history_of",
    "hold_deadlines",
    "latest_deals",
    "lock_lot",
    "lock_project",
    "lots_by_project",
    "lots_in",
    "lots_of",
    "mark_published",
    "move_deadlines",
    "number_of_day",
    "open_contest",
    "projects_of",
    "projects_to_review",
    "record_concluded_deal",
    "reserve_standing",
    "reviews_of",
    "seal_reserve",
    "sealed_reserve_of",
    "selection_basis_of",
    "shift_dates",
    "standing_deals",
    "time_for_deadlines",
    "waive_reserve",
]


@dataclass(frozen=True, slots=True)
class RecordedDeal:
    """A deal that was concluded by another method, or before this platform, and is recorded here.

    `baseline` is the starting price or the budget; None where the price was fixed beforehand. `legal_basis` and
    `decided_by` are stated for selections by lot or by price. `parcel_number`, `area_mu`, `land_use` and `term_years`
    belong to land.
    """

    kind: ProjectKind
    title: str
    owner_name: str
    winner_name: str
    winner_credit_code: str | None
    baseline: Money | None
    final: Money
    concluded_at: datetime
    parcel_number: str | None = None
    area_mu: Decimal | None = None
    land_use: str | None = None
    term_years: int | None = None
    legal_basis: str | None = None
    decided_by: str | None = None
    is_demonstration: bool = False


async def mark_published(session: AsyncSession, project_id: UUID, *, actor: Actor, now: datetime) -> list[Lot]:
    """The sale announcement goes out: the project and its lots are public from now on. Returns the lots.

    The periods are judged again, seen from this moment. Refuses with `NotYourProject`, `ProjectMovedOn`,
    `EntryHasProblems`.
    """
    project = await lock_project(session, project_id)
    await check_officer_in_charge(session, project, actor)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.PUBLISH)
    lots = await lots_of(session, project_id)
    late = _late_for_publication(project, lots, now)
    if late:
        raise EntryHasProblems(len(late), tuple(late))
    project.published_at = now
    await record(session, f"project:{project.id}", "project_published", actor, now, {})
    for lot in lots:
        lot.state = next_lot_state(LotState(lot.state), LotStep.PUBLISH)
        await record(session, f"lot:{lot.id}", "lot_published", actor, now, {})
    await session.flush()
    return lots


def _late_for_publication(project: Project, lots: list[Lot], now: datetime) -> list[Problem]:
    """What is wrong with the periods of all lots, seen from `now`; the lots of a purchase have common dates."""
    if ProjectKind(project.kind).is_sale:
        profile = rule_profile(project.rule_profile)
        return [found for lot in lots for found in judge_periods(dates_of(lot), profile, now)]
    rules = purchase_profile(project.rule_profile).methods[method_of(lots[0])]
    return judge_purchase_periods(purchase_dates_of(lots[0]), rules, now)


async def open_contest(session: AsyncSession, lot_id: UUID, *, now: datetime, actor: Actor) -> Lot:
    """The contest for a lot begins. Refuses with `LotMovedOn`."""
    lot = await lock_lot(session, lot_id)
    lot.state = next_lot_state(LotState(lot.state), LotStep.OPEN)
    await record(session, f"lot:{lot.id}", "contest_opened", actor, now, {})
    await session.flush()
    return lot


async def conclude_lot(
    session: AsyncSession,
    lot_id: UUID,
    *,
    outcome: Outcome,
    now: datetime,
    actor: Actor,
    decided_at: datetime | None = None,
) -> Deal | None:
    """A lot ends: sold (then its deal is made and returned), withdrawn, or called off.

    When it was the project's last, the project is concluded. Call it in the same transaction as the decision itself;
    `decided_at` is its moment where the platform learns of it later. Refuses with `LotMovedOn` when the lot has already
    ended, `ProjectStandsStill` when a purchase is awarded that is suspended.
    """
    project = await lock_project(session, (await get_lot(session, lot_id)).project_id)
    lot = await lock_lot(session, lot_id)
    if isinstance(outcome, Sold) and lot.suspended_at is not None and not lot.is_sold_here:
        raise ProjectStandsStill
    lot.state = next_lot_state(LotState(lot.state), step_of(outcome, is_sale=lot.is_sold_here))
    lot.ended_at = decided_at or now
    deal = None
    match outcome:
        case Sold():
            deal = _deal_of_sale(project, lot, outcome, decided_at or now)
            session.add(deal)
            await session.flush()
            await record(session, f"lot:{lot.id}", "lot_sold", actor, now, _facts_of(deal))
        case Withdrawn(reason):
            await record(session, f"lot:{lot.id}", "lot_withdrawn", actor, now, {"reason": reason})
        case CalledOff(reason):
            await record(session, f"lot:{lot.id}", "lot_called_off", actor, now, {"reason": reason})
    await session.flush()
    decided = is_decided([LotState(sibling.state) for sibling in await lots_of(session, project.id)])
    if decided and project.state != ProjectState.TERMINATED:
        project.state = next_project_state(ProjectState(project.state), ProjectStep.CONCLUDE)
        project.concluded_at = now
        await record(session, f"project:{project.id}", "project_concluded", actor, now, {})
        await session.flush()
    return deal


async def file_project(session: AsyncSession, project_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """The dossier is complete: the project is filed. Whether this call did it; a filed project stays as it is.

    A project that was terminated (终止) stays so, and its dossier is filed like any other.
    """
    project = await lock_project(session, project_id)
    if project.filed_at is not None:
        return False
    if project.state != ProjectState.TERMINATED:
        project.state = next_project_state(ProjectState(project.state), ProjectStep.FILE)
    project.filed_at = now
    await record(session, f"project:{project.id}", "project_filed", actor, now, {})
    await session.flush()
    return True


async def record_concluded_deal(
    session: AsyncSession, recorded: RecordedDeal, codes: PlatformCodes, *, actor: Actor, now: datetime
) -> Deal:
    """Record a deal that was concluded elsewhere or earlier: a concluded project with one sold lot and its deal.

    No rule of a sale is run over it. Its codes carry the day on which it was concluded; the journal says when, and by
    whom, it was recorded.
    """
    when = recorded.concluded_at
    project = Project(
        id=new_id(),
        entry_code=await next_entry_code(session, codes, when),
        kind=recorded.kind,
        title=recorded.title,
        owner_name=recorded.owner_name,
        officer_id=actor.account_id,
        rule_profile=HISTORIC,
        state=ProjectState.CONCLUDED,
        is_demonstration=recorded.is_demonstration,
        created_at=now,
        entered_at=when,
        published_at=when,
        concluded_at=when,
    )
    session.add(project)
    await session.flush()
    lot = Lot(
        id=new_id(),
        project_id=project.id,
        number=1,
        title=recorded.title,
        is_recorded=True,
        parcel_number=recorded.parcel_number,
        area_mu=recorded.area_mu,
        land_use=recorded.land_use,
        term_years=recorded.term_years,
        starting_price_fen=None if recorded.baseline is None else recorded.baseline.fen,
        state=LotState.SOLD,
        deal_code=await next_deal_code(session, codes, recorded.kind, when),
        ended_at=when,
    )
    session.add(lot)
    await session.flush()
    sale = Sold(recorded.winner_name, recorded.winner_credit_code, recorded.final)
    deal = _deal_of_sale(project, lot, sale, when)
    session.add(deal)
    await session.flush()
    body = {
        "entry_code": project.entry_code,
        "lot": str(lot.id),
        "legal_basis": recorded.legal_basis,
        "decided_by": recorded.decided_by,
    }
    await record(session, f"project:{project.id}", "concluded_deal_recorded", actor, now, body)
    await record(session, f"lot:{lot.id}", "lot_sold", actor, now, _facts_of(deal))
    return deal


def _deal_of_sale(project: Project, lot: Lot, sale: Sold, concluded_at: datetime) -> Deal:
    return Deal(
        id=new_id(),
        lot_id=lot.id,
        project_id=project.id,
        category=project.kind,
        baseline_fen=_baseline_of(project, lot),
        final_fen=sale.final.fen,
        winner_name=sale.winner_name,
        winner_credit_code=sale.winner_credit_code,
        concluded_at=concluded_at,
        area_mu=lot.area_mu,
        is_demonstration=project.is_demonstration,
    )


def _baseline_of(project: Project, lot: Lot) -> int | None:
    """What the final price is compared with: the starting price or the budget; nothing where the price was fixed."""
    if lot.is_sold_here or lot.is_recorded:
        return lot.starting_price_fen
    return None if project.kind == ProjectKind.FIXED_PRICE_SELECTION else lot.budget_fen


def _facts_of(deal: Deal) -> dict[str, str | int | None]:
    return {
        "deal": str(deal.id),
        "category": str(deal.category),
        "baseline_fen": deal.baseline_fen,
        "final_fen": deal.final_fen,
        "winner_name": deal.winner_name,
        "winner_credit_code": deal.winner_credit_code,
        "concluded_at": iso(deal.concluded_at),
        "area_mu": None if deal.area_mu is None else str(deal.area_mu),
    }

"""A project stands still for the sake of a matter, and goes on: its dates, its sales, its limits, and what is told.

The first reason suspends the project, the last one that falls lets it go on; in between others join and leave. Sales
that run are frozen as a supervisor freezes them; the dates of everything else stand still and move by whole days. The
limits follow from the journal. Services never commit. Rows of sales are locked before the project's.

Sources: 招标投标法实施条例 art. 22, 54, 62; 财政部令94号 art. 28; Fujian art. 55, 58 for sales that run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction import service as auctions
from auction.models import Auction
from auction.preparing import lock as lock_sale
from auction.refused_orders import AlreadyFrozen, ResumptionNeedsNotice
from auction.sale import ENDED, Stage
from trading.accounts.rules import Actor, Role
from trading.complaints.lookups import is_suspended, suspensions_of
from trading.complaints.models import Matter, ProjectSuspension
from trading.complaints.refusals import NotSuspended, SuspendedOnce
from trading.complaints.rules import days_to_move
from trading.kernel import journal_store
from trading.kernel.moments import iso
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.rules import LotState, ProjectState
from trading.projects.working_days import current_calendar
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind

ON_ITS_OWN = Actor("system:complaints", "complaints", roles=frozenset({Role.SUPERVISOR}))
"""The platform itself, where a suspension ends by the clock: it lifts what was frozen in a supervisor's name."""

# Announcements are official papers and speak Chinese. They say nothing of who raised what.
_TOLD = "依照{basis}，本项目的交易活动暂停，待有关事项处理完毕后恢复。"
_GOES_ON = "有关事项已经处理，交易活动恢复。"
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a project is suspended, by which article, and until when at the latest."""

    reasons: str
    legal_basis: str
    ends_at: datetime | None = None


async def suspend(session: AsyncSession, matter: Matter, grounds: Grounds, *, actor: Actor, now: datetime) -> None:
    """Suspend the project for a matter, once. Refuses `SuspendedOnce`, and `EndBeingDecided` while the end of a sale is
    being decided.
    """
    lots = await lock_project_and_sales(session, matter.project_id)
    if await session.get(ProjectSuspension, matter.id) is not None:
        raise SuspendedOnce
    joins = await is_suspended(session, matter.project_id)
    session.add(
        ProjectSuspension(
            matter_id=matter.id,
            project_id=matter.project_id,
            reasons=grounds.reasons,
            legal_basis=grounds.legal_basis,
            suspended_at=now,
            suspended_by=actor.reference,
            ends_at=grounds.ends_at,
            frozen=[],
        )
    )
    await session.flush()
    body = {
        "matter": str(matter.id),
        "number": matter.number,
        "reasons": grounds.reasons,
        "legal_basis": grounds.legal_basis,
        "ends_at": None if grounds.ends_at is None else iso(grounds.ends_at),
    }
    await _record(session, matter, "suspension_joined" if joins else "project_suspended", actor, now, body)
    if joins:
        return
    told = _TOLD.format(basis=grounds.legal_basis)
    frozen = [lot for lot in lots if await _hold(session, lot, told, actor, now)]
    row = await session.get_one(ProjectSuspension, matter.id)
    row.frozen = [str(lot.id) for lot in frozen]
    await session.flush()
    if len(frozen) < len(lots) or not lots:  # what was frozen is announced by itself
        facts = {"reason": told, "suspended_at": iso(now)}
        await _announce(session, AnnouncementKind.SUSPENSION, matter.project_id, facts, now)


async def lift(session: AsyncSession, matter: Matter, because: str, *, actor: Actor, now: datetime) -> None:
    """The reason for a suspension has fallen; when it was the last one, the project goes on. Refuses `NotSuspended`."""
    lots = await lock_project_and_sales(session, matter.project_id)
    row = await session.get(ProjectSuspension, matter.id, populate_existing=True)
    if row is None or row.lifted_at is not None:
        raise NotSuspended
    row.lifted_at, row.lifted_by, row.lifted_because = now, actor.reference, because
    await session.flush()
    project = await projects.get_project(session, matter.project_id)
    stays = project.state == ProjectState.TERMINATED or await is_suspended(session, matter.project_id)
    body = {"matter": str(matter.id), "number": matter.number, "because": because}
    await _record(session, matter, "suspension_left" if stays else "project_resumed", actor, now, body)
    if stays:
        return
    rows = await suspensions_of(session, matter.project_id)
    frozen = {UUID(lot_id) for each in rows for lot_id in each.frozen}
    resumed = [lot for lot in lots if await _go_on(session, lot, lot.id in frozen, actor, now)]
    if len(resumed) < len(lots) or not lots:
        facts = {"resumes_at": iso(now)}
        await _announce(session, AnnouncementKind.RESUMPTION, matter.project_id, facts, now)


async def lift_if_held(session: AsyncSession, matter: Matter, because: str, *, actor: Actor, now: datetime) -> None:
    """Lift the suspension for a matter that has ended, where there is one."""
    row = await session.get(ProjectSuspension, matter.id, populate_existing=True)
    if row is not None and row.lifted_at is None:
        await lift(session, matter, because, actor=_lifting(actor), now=now)


async def ended_suspensions(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """The matters whose suspension has reached its longest."""
    query = select(ProjectSuspension.matter_id).where(
        ProjectSuspension.lifted_at.is_(None), ProjectSuspension.ends_at <= now
    )
    return list(await session.scalars(query.order_by(ProjectSuspension.ends_at)))


async def lock_project_and_sales(session: AsyncSession, project_id: UUID) -> list[Lot]:
    """Lock the project with its sales; returns its lots that have not ended."""
    lots = await projects.lots_of(session, project_id)
    for lot in sorted(lots, key=lambda lot: lot.id):
        if lot.is_sold_here and await session.get(Auction, lot.id) is not None:
            await lock_sale(session, lot.id)
    await projects.lock_project(session, project_id)
    return [lot for lot in lots if not LotState(lot.state).is_final]


async def _hold(session: AsyncSession, lot: Lot, told: str, actor: Actor, now: datetime) -> bool:
    """Stop one lot. Whether a sale was frozen; one that a supervisor has frozen before stays in that hand."""
    sale = await session.get(Auction, lot.id)
    if sale is None or sale.stage in ENDED | {Stage.WAITING}:
        await projects.hold_deadlines(session, lot.id, since=now)
        return False
    try:
        await auctions.suspend_lot(session, lot.id, reason=told, actor=actor, now=now)
    except AlreadyFrozen:
        return False
    return True


async def _go_on(session: AsyncSession, lot: Lot, is_frozen: bool, actor: Actor, now: datetime) -> bool:
    """Let one lot go on. Whether it was a frozen sale: directly where that is allowed, else with the notice."""
    if is_frozen:
        frozen = await lock_sale(session, lot.id)
        if frozen.stage != Stage.FROZEN:
            return True
        try:
            await auctions.resume_lot(session, lot.id, actor=actor, now=now)
        except ResumptionNeedsNotice:
            resumes_at = now + frozen.terms.way.freeze.notice + _A_MINUTE
            await auctions.announce_resumption(
                session, lot.id, resumes_at=resumes_at, reason=_GOES_ON, actor=actor, now=now
            )
        return True
    lot = await projects.lock_lot(session, lot.id)
    since, sale = lot.suspended_at, await session.get(Auction, lot.id)
    if since is not None and (sale is None or sale.stage == Stage.WAITING):
        main = lot.starts_at or lot.bids_close_at
        days = days_to_move(since, now, main if main is not None and main > since else None, current_calendar())
        told = {"because": "project_resumed"}
        await projects.shift_dates(session, lot.id, days, since=since, because=told, actor=actor, now=now)
    return False


def _lifting(actor: Actor) -> Actor:
    """Whoever withdraws or answers ends the reason; the platform lifts what hung on it."""
    return actor if actor.has(Role.SUPERVISOR) else ON_ITS_OWN


async def _announce(
    session: AsyncSession, kind: AnnouncementKind, project_id: UUID, facts: dict[str, str], now: datetime
) -> None:
    project: Project = await projects.get_project(session, project_id)
    if project.published_at is not None:
        await releasing.announce_soon(session, kind, project_id, None, facts, actor=Actor.system("complaints"), now=now)


async def _record(
    session: AsyncSession, matter: Matter, kind: str, actor: Actor, now: datetime, body: Mapping[str, object]
) -> None:
    stream = f"project:{matter.project_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=dict(body))

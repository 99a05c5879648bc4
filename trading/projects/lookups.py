"""Finding projects, lots and deals. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.journal import Entry
from trading.kernel.journal_store import read
from trading.kernel.money import Money
from trading.projects.land_periods import quotes_end_at
from trading.projects.models import Deal, Lot, Project, ProjectDraft, ProjectReview, ReservePrice
from trading.projects.profile_types import RuleProfile
from trading.projects.profiles import SellingMethod, rule_profile
from trading.projects.reserve_window import ReserveMissing
from trading.projects.rules import LotNotFound, LotState, ProjectNotFound, ProjectState
from trading.projects.terms import dates_of

PUBLIC_STATES = frozenset({ProjectState.PUBLISHED, ProjectState.CONCLUDED, ProjectState.FILED, ProjectState.TERMINATED})
"""What of a project the public may know of begins with its announcement."""

_ORDER_OF_WORK = (
    ProjectState.DRAFT,
    ProjectState.ENTERED,
    ProjectState.SUBMITTED,
    ProjectState.PUBLISHED,
    ProjectState.CONCLUDED,
    ProjectState.FILED,
    ProjectState.TERMINATED,
)


@dataclass(frozen=True, slots=True)
class SealedReserve:
    """A lot's reserve price with the salt of its commitment. Only the auction may ask for it."""

    price: Money
    salt: bytes
    commitment: str


@dataclass(frozen=True, slots=True)
class SelectionBasis:
    """What a selection by lot or by price rests on."""

    legal_basis: str
    decided_by: str | None


async def get_project(session: AsyncSession, project_id: UUID) -> Project:
    """One project, in whatever state. Refuses with `ProjectNotFound`."""
    project = await session.get(Project, project_id)
    if project is None:
        raise ProjectNotFound
    return project


async def get_public_project(session: AsyncSession, project_id: UUID) -> Project:
    """A project that has been published. To the public any other does not exist: `ProjectNotFound`."""
    project = await get_project(session, project_id)
    if project.state not in PUBLIC_STATES or project.published_at is None:
        raise ProjectNotFound
    return project


async def get_lot(session: AsyncSession, lot_id: UUID) -> Lot:
    """One lot, in whatever state. Refuses with `LotNotFound`."""
    lot = await session.get(Lot, lot_id)
    if lot is None:
        raise LotNotFound
    return lot


async def lock_lot(session: AsyncSession, lot_id: UUID) -> Lot:
    """One lot, read afresh and locked until the end of the transaction. Refuses with `LotNotFound`."""
    query = select(Lot).where(Lot.id == lot_id).with_for_update().execution_options(populate_existing=True)
    lot = await session.scalar(query)
    if lot is None:
        raise LotNotFound
    return lot


async def lots_of(session: AsyncSession, project_id: UUID) -> list[Lot]:
    """The lots of a project, by number. There are none before the review agreed to the entry."""
    return list(await session.scalars(select(Lot).where(Lot.project_id == project_id).order_by(Lot.number)))


async def lots_by_project(session: AsyncSession, projects: Sequence[Project]) -> dict[UUID, list[Lot]]:
    """The lots of several projects, by project and number."""
    query = select(Lot).where(Lot.project_id.in_([project.id for project in projects]))
    found: dict[UUID, list[Lot]] = {}
    for lot in await session.scalars(query.order_by(Lot.project_id, Lot.number)):
        found.setdefault(lot.project_id, []).append(lot)
    return found


async def lots_in(session: AsyncSession, states: Collection[LotState], *, limit: int = 200) -> list[Lot]:
    """The lots for sale that stand in one of these states, the next to start first."""
    query = (
        select(Lot)
        .where(Lot.state.in_(states), ~Lot.is_recorded, Lot.selling_method.is_not(None))
        .order_by(Lot.starts_at, Lot.id)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def deal_of(session: AsyncSession, lot_id: UUID) -> Deal | None:
    """The deal that a lot ended in, if it did and the deal stands."""
    return await session.scalar(standing_deals().where(Deal.lot_id == lot_id))


async def latest_deals(session: AsyncSession, *, limit: int = 10) -> list[Deal]:
    """The deals concluded last, the newest first."""
    newest = standing_deals().order_by(Deal.concluded_at.desc(), Deal.id.desc())
    return list(await session.scalars(newest.limit(limit)))


def standing_deals() -> Select[Deal]:
    """All deals but those whose result was declared void; their lots are joined."""
    return select(Deal).join(Lot, Lot.id == Deal.lot_id).where(Lot.state != LotState.VOIDED)


async def projects_of(session: AsyncSession, officer_id: UUID, *, limit: int = 200) -> list[Project]:
    """The projects an officer is in charge of: what needs work first, then the newest."""
    query = select(Project).where(Project.officer_id == officer_id).order_by(Project.created_at.desc()).limit(limit)
    found = list(await session.scalars(query))
    return sorted(found, key=lambda project: _ORDER_OF_WORK.index(ProjectState(project.state)))


async def projects_to_review(session: AsyncSession) -> list[Project]:
    """The projects that wait for a reviewer, the longest waiting first."""
    query = select(Project).where(Project.state == ProjectState.SUBMITTED).order_by(Project.submitted_at, Project.id)
    return list(await session.scalars(query))


async def draft_of(session: AsyncSession, project_id: UUID) -> ProjectDraft:
    """What was typed for a project. Refuses with `ProjectNotFound` for one that was only recorded."""
    draft = await session.get(ProjectDraft, project_id)
    if draft is None:
        raise ProjectNotFound
    return draft


async def drafts_of(session: AsyncSession, projects: Sequence[Project]) -> dict[UUID, ProjectDraft]:
    """What was typed for each of several projects."""
    query = select(ProjectDraft).where(ProjectDraft.project_id.in_([project.id for project in projects]))
    return {draft.project_id: draft for draft in await session.scalars(query)}


async def reviews_of(session: AsyncSession, project_id: UUID) -> list[ProjectReview]:
    """All decisions of reviewers on a project, the newest first."""
    query = select(ProjectReview).where(ProjectReview.project_id == project_id)
    return list(await session.scalars(query.order_by(ProjectReview.decided_at.desc(), ProjectReview.id.desc())))


async def has_sealed_reserve(session: AsyncSession, lot_id: UUID) -> bool:
    """Whether a reserve has been sealed for a lot; says nothing of its amount."""
    return await session.scalar(select(ReservePrice.id).where(ReservePrice.lot_id == lot_id).limit(1)) is not None


async def newest_reserve_of(session: AsyncSession, lot: Lot) -> ReservePrice | None:
    """The row that counts for a lot: what was sealed with its draft does not where there is a window for it, nor could
    anything be sealed between the entry and the window. Its amount stays here.

    An amount of zero is no amount: the officer in charge has decided that the lot is sold without the reserve that was
    announced and never sealed (`trading.projects.sealing.waive_reserve`).
    """
    project = await get_project(session, lot.project_id)
    query = newest_reserve(lot.id)
    if rule_profile(project.rule_profile).reserve.opens_s_before.value is not None:
        query = query.where(ReservePrice.entered_at > project.entered_at)
    return await session.scalar(query)


def newest_reserve(lot_id: UUID) -> Select[ReservePrice]:
    """The row that was sealed last for a lot or a draft, whether it counts or not."""
    newest = select(ReservePrice).where(ReservePrice.lot_id == lot_id)
    return newest.order_by(ReservePrice.entered_at.desc(), ReservePrice.id.desc()).limit(1)


async def sealed_reserve_of(session: AsyncSession, lot_id: UUID) -> SealedReserve | None:
    """The reserve price of a lot, or None when it has none. Only the auction may call this.

    Refuses with `ReserveMissing` when one was announced and never sealed: the sale cannot be decided then.
    """
    lot = await get_lot(session, lot_id)
    if not lot.has_reserve:
        return None
    newest = await newest_reserve_of(session, lot)
    if newest is None:
        raise ReserveMissing
    if newest.price_fen == 0:
        return None
    return SealedReserve(Money(newest.price_fen), newest.salt, newest.commitment)


async def profile_of(session: AsyncSession, lot: Lot) -> RuleProfile:
    """The rule profile under which a lot is traded."""
    return rule_profile((await get_project(session, lot.project_id)).rule_profile)


async def bidders_come_until(session: AsyncSession, lot: Lot) -> datetime:
    """From when on nobody is added to the sale of a lot: its start, or where registration may run into it, the moment
    at which its bids or quotes can first end. Registration closes then or earlier.
    """
    profile = await profile_of(session, lot)
    last = quotes_end_at(dates_of(lot), profile)
    assert last is not None, "a lot that takes registrations has the moments of its way of selling"
    runs_into = SellingMethod(lot.selling_method).takes_bidders_while_it_runs
    return max(last, lot.registration_closes_at) if runs_into else last  # a suspension may have moved it


async def selection_basis_of(session: AsyncSession, project_id: UUID) -> SelectionBasis | None:
    """On what basis a selection is or was made, and by whose decision; None when none was stated."""
    for entry in await read(session, f"project:{project_id}", limit=1):
        if entry.kind == "concluded_deal_recorded" and entry.body["legal_basis"]:
            return SelectionBasis(entry.body["legal_basis"], entry.body["decided_by"])
    for lot in await lots_of(session, project_id):
        if not lot.is_recorded and "legal_basis" in lot.facts:
            return SelectionBasis(lot.facts["legal_basis"], lot.facts["decided_by"])
    return None


async def history_of(session: AsyncSession, project_id: UUID) -> list[Entry]:
    """Everything the journal holds of a project and its lots, in the order of time."""
    entries = await read(session, f"project:{project_id}")
    for lot in await lots_of(session, project_id):
        entries += await read(session, f"lot:{lot.id}")
    return sorted(entries, key=_moment)


def _moment(entry: Entry) -> tuple[datetime, str, int]:
    return entry.at, entry.stream, entry.seq

"""Use cases of entry: draft, submit, and review by another person, up to the entry code.

Services never commit: they work inside the caller's transaction. The project's row is locked first, always.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.moments import local_day
from trading.kernel.money import Money
from trading.projects.entry_code import make_deal_code, make_entry_code
from trading.projects.kinds.catalogue import KIND_FORMS, profiles_of, sale_profiles
from trading.projects.kinds.judging import Entry, Judged, judge_form
from trading.projects.kinds.parts import GREEN_CHANNEL, GREEN_CHANNEL_REASON, LOT_COUNT, lot_count_of
from trading.projects.lookups import draft_of, get_lot, get_project, lots_of, newest_reserve
from trading.projects.models import CodeSequence, Lot, Project, ProjectDraft, ProjectReview, ReservePrice
from trading.projects.problems import Problem
from trading.projects.profile_types import RuleProfile
from trading.projects.profiles import rule_profile
from trading.projects.purchase_profiles import PurchaseProfile
from trading.projects.rules import (
    CLASSIFICATION_CODES,
    SELECTIONS,
    EntryHasProblems,
    KindUnknown,
    NotYourProject,
    ProjectKind,
    ProjectNotFound,
    ProjectState,
    ProjectStep,
    ReasonsMissing,
    check_reviewer,
    next_project_state,
    reserve_commitment,
)
from trading.projects.second_round_rules import Bounds, judge_second_round
from trading.projects.terms import lots_of_entry, terms_of
from trading.projects.typed_values import Wrong, read_amount, read_lines

LONGEST_TYPED = 10_000


@dataclass(frozen=True, slots=True)
class PlatformCodes:
    """What the codes of this installation begin with: the region and the platform's unified social credit code."""

    region: str
    credit_code: str


def offered_profiles(
    *, demonstration: bool, kind: ProjectKind = ProjectKind.LAND
) -> Mapping[str, RuleProfile | PurchaseProfile]:
    """The rule profiles that may be chosen for a kind: the demonstration's own only in a demonstration."""
    return profiles_of(kind, demonstration=demonstration)


def kind_named(name: str) -> ProjectKind:
    """The kind of projects of this name; land when none is named. Refuses with `KindUnknown`."""
    if name and name not in set(ProjectKind):
        raise KindUnknown(name[:60])
    return ProjectKind(name or ProjectKind.LAND)


async def save_draft(
    session: AsyncSession,
    project_id: UUID,
    form: Mapping[str, str],
    *,
    actor: Actor,
    demonstration: bool,
    now: datetime,
) -> Judged:
    """Keep what was typed, faults and all, and tell what is still wrong. Makes the project when it is new.

    `project_id` comes from the page, so that sending a form twice makes one project; `form["kind"]` is the kind of a
    new one. A reserve price that can be read is sealed at once and kept nowhere else. Refuses with `NotYourProject`,
    `KindUnknown`, and `ProjectMovedOn` after submission.
    """
    if actor.account_id is None:
        raise NotYourProject("")
    kind = kind_named(form.get("kind", ""))
    project = await _lock_or_make(session, project_id, kind, actor, demonstration=demonstration, now=now)
    await check_officer_in_charge(session, project, actor)
    next_project_state(ProjectState(project.state), ProjectStep.SUBMIT)
    kept = _kept(ProjectKind(project.kind), form)
    draft = await draft_of(session, project.id)
    draft.form, draft.updated_at = kept, now
    judgement = await _judge(session, draft, form, demonstration=demonstration, now=now)
    project.title, project.owner_name = kept["title"][:120], kept["owner_name"][:120]
    project.rule_profile = kept["rule_profile"][:60]
    project.is_green_channel = kept[GREEN_CHANNEL] == "yes"
    project.green_channel_reason = kept[GREEN_CHANNEL_REASON] if project.is_green_channel else ""
    if form.get("has_reserve") == "yes" and not any(found.field == "reserve_price" for found in judgement.problems):
        price = read_amount(form.get("reserve_price", ""))
        if isinstance(price, Money):  # an empty field keeps the one sealed before
            await seal(session, draft.lot_id, price, actor=actor, now=now)
    await session.flush()
    return judgement


async def problems_of_draft(
    session: AsyncSession, draft: ProjectDraft, *, demonstration: bool, now: datetime
) -> tuple[Problem, ...]:
    """What is missing or wrong in a draft as it stands."""
    return (await judge_draft(session, draft, demonstration=demonstration, now=now)).problems


async def judge_draft(session: AsyncSession, draft: ProjectDraft, *, demonstration: bool, now: datetime) -> Judged:
    """The entry that a draft makes as it stands, or what is wrong with it."""
    return await _judge(session, draft, draft.form, demonstration=demonstration, now=now)


async def submit(
    session: AsyncSession, project_id: UUID, *, actor: Actor, demonstration: bool, now: datetime
) -> Project:
    """Hand a draft in for review. Refuses with `EntryHasProblems`, `NotYourProject`, `ProjectMovedOn`."""
    project = await lock_project(session, project_id)
    await check_officer_in_charge(session, project, actor)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.SUBMIT)
    draft = await draft_of(session, project_id)
    await _entry_of(session, draft, demonstration=demonstration, now=now)
    project.submitted_at = now
    stream = f"project:{project.id}"
    await record(session, stream, "project_submitted", actor, now, {"form": draft.form})
    if ProjectKind(project.kind) in SELECTIONS:
        decided = {name: draft.form[name] for name in ("legal_basis", "decided_by", "warning_read")}
        await record(session, stream, "selection_decided", actor, now, decided)
    await session.flush()
    return project


async def return_entry(
    session: AsyncSession, project_id: UUID, reasons: str, *, actor: Actor, now: datetime
) -> Project:
    """A reviewer returns an entry with all reasons at once. Refuses with `OwnEntry`, `ReasonsMissing`."""
    project = await _lock_for_review(session, project_id, actor)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.RETURN)
    said = read_lines(reasons, longest=4000)
    if isinstance(said, Wrong) or not said:
        raise ReasonsMissing
    await _record_review(session, project, actor, now, agreed=False, reasons=said)
    await record(session, f"project:{project.id}", "project_returned", actor, now, {"reasons": said})
    return project


async def agree_to_entry(
    session: AsyncSession,
    project_id: UUID,
    codes: PlatformCodes,
    *,
    actor: Actor,
    demonstration: bool,
    now: datetime,
) -> Project:
    """A reviewer agrees: the project gets its entry code, and each of its lots its unified deal code. The platform
    itself may be the actor, when everybody who had to has agreed.

    The entry is judged once more, because time has passed since it was submitted. Refuses with `OwnEntry`,
    `EntryHasProblems` (then it can only be returned), `ProjectMovedOn`.
    """
    project = await _lock_for_review(session, project_id, actor)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.AGREE)
    draft = await draft_of(session, project_id)
    entry = await _entry_of(session, draft, demonstration=demonstration, now=now)
    await _record_review(session, project, actor, now, agreed=True, reasons="")
    project.entry_code = project.entry_code or await next_entry_code(session, codes, now)
    project.title, project.owner_name, project.rule_profile = entry.title, entry.owner_name, entry.rule_profile
    project.entered_at = now
    lots = lots_of_entry(draft.lot_id, project, entry)
    for lot in lots:
        lot.second_round_of = draft.second_round_of
        lot.deal_code = await next_deal_code(session, codes, ProjectKind(project.kind), now)
        session.add(lot)
    await session.flush()
    body: dict[str, Any] = {"entry_code": project.entry_code, "lot": str(lots[0].id), "deal_code": lots[0].deal_code}
    if len(lots) > 1:
        body["lots"] = [{"lot": str(lot.id), "deal_code": lot.deal_code} for lot in lots]
    await record(session, f"project:{project.id}", "project_entered", actor, now, body)
    for lot in lots:
        await record(session, f"lot:{lot.id}", "lot_entered", actor, now, terms_of(lot))
    return project


async def take_back(session: AsyncSession, project_id: UUID, *, actor: Actor, now: datetime) -> Project:
    """The officer in charge takes an unpublished entry back, to correct and submit it again.

    The entry code stays; the lots and their deal codes are void, and the next agreement makes them anew. Refuses with
    `NotYourProject`, `ProjectMovedOn`.
    """
    project = await lock_project(session, project_id)
    await check_officer_in_charge(session, project, actor)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.TAKE_BACK)
    lots = await lots_of(session, project_id)
    for lot in lots:
        await session.delete(lot)
    project.entered_at = project.submitted_at = None
    await session.flush()
    body: dict[str, Any] = {"deal_code": lots[0].deal_code}
    if len(lots) > 1:
        body["deal_codes"] = [lot.deal_code for lot in lots]
    await record(session, f"project:{project.id}", "entry_taken_back", actor, now, body)
    return project


async def lock_project(session: AsyncSession, project_id: UUID) -> Project:
    """One project, read afresh and locked until the end of the transaction. Refuses with `ProjectNotFound`."""
    query = select(Project).where(Project.id == project_id).with_for_update()
    project = await session.scalar(query.execution_options(populate_existing=True))
    if project is None:
        raise ProjectNotFound
    return project


async def check_officer_in_charge(session: AsyncSession, project: Project, actor: Actor) -> None:
    """Refuse with `NotYourProject` when the actor is not the officer in charge."""
    if actor.account_id is not None and project.officer_id == actor.account_id:
        return
    officer = None if project.officer_id is None else await accounts.get_account(session, project.officer_id)
    raise NotYourProject("—" if officer is None else officer.display_name)


async def second_round_bounds(session: AsyncSession, first: Lot) -> Bounds | None:
    """What binds the starting price of a second round of this lot; None where its profile knows none."""
    online = rule_profile((await session.get_one(Project, first.project_id)).rule_profile).online
    return None if online is None else Bounds(Money(first.starting_price_fen), online.second_round_cut_percent)


async def next_entry_code(session: AsyncSession, codes: PlatformCodes, now: datetime) -> str:
    """The next entry code of the local day of `now`."""
    day = local_day(now)
    return make_entry_code(region=codes.region, day=day, number=await number_of_day(session, "entry", now))


async def next_deal_code(session: AsyncSession, codes: PlatformCodes, kind: ProjectKind, now: datetime) -> str:
    """The next unified deal code of the local day of `now`."""
    number = await number_of_day(session, "deal", now)
    day = local_day(now)
    return make_deal_code(classification=CLASSIFICATION_CODES[kind], platform=codes.credit_code, day=day, number=number)


async def record(
    session: AsyncSession, stream: str, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    """Write one fact of a project or a lot into the journal."""
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=body)


async def seal(session: AsyncSession, lot_id: UUID, price: Money, *, actor: Actor, now: datetime) -> str:
    """Seal a reserve price; the newest one counts. Only its commitment is journalled, and returned."""
    salt = secrets.token_bytes(32)
    commitment = reserve_commitment(lot_id, price, salt)
    session.add(ReservePrice(lot_id=lot_id, price_fen=price.fen, salt=salt, commitment=commitment, entered_at=now))
    await session.flush()
    await record(session, f"lot:{lot_id}", "reserve_sealed", actor, now, {"commitment": commitment})
    return commitment


async def _lock_or_make(
    session: AsyncSession, project_id: UUID, kind: ProjectKind, actor: Actor, *, demonstration: bool, now: datetime
) -> Project:
    made = await session.execute(
        postgresql.insert(Project)
        .values(
            id=project_id,
            kind=kind,
            title="",
            owner_name="",
            officer_id=actor.account_id,
            rule_profile="",
            state=ProjectState.DRAFT,
            is_demonstration=demonstration,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Project.id)
    )
    if made.scalar_one_or_none() is not None:
        session.add(ProjectDraft(project_id=project_id, lot_id=new_id(), form={}, updated_at=now))
        await record(session, f"project:{project_id}", "project_begun", actor, now, {"kind": kind.value})
        await session.flush()
    return await lock_project(session, project_id)


async def _lock_for_review(session: AsyncSession, project_id: UUID, actor: Actor) -> Project:
    project = await lock_project(session, project_id)
    if project.officer_id is None:
        raise ProjectNotFound
    if not actor.is_platform:
        check_reviewer(officer_id=project.officer_id, reviewer_id=actor.account_id)
    return project


async def _judge(
    session: AsyncSession, draft: ProjectDraft, form: Mapping[str, str], *, demonstration: bool, now: datetime
) -> Judged:
    sealed = await _sealed_in(session, draft)
    kind = ProjectKind((await get_project(session, draft.project_id)).kind)
    if draft.second_round_of is None:
        return judge_form(kind, form, now, demonstration=demonstration, sealed=sealed)
    bounds = await second_round_bounds(session, await get_lot(session, draft.second_round_of))
    assert bounds is not None, "a second round follows an online auction"
    offered = sale_profiles(kind, demonstration=demonstration)
    return judge_second_round(form, offered, now, bounds, sealed=sealed, kind=kind)


async def _sealed_in(session: AsyncSession, draft: ProjectDraft) -> Money | None:
    """The newest reserve sealed with a draft: it is judged whether it fits the other amounts; nobody is told it."""
    newest = await session.scalar(newest_reserve(draft.lot_id))
    return None if newest is None else Money(newest.price_fen)


async def _entry_of(session: AsyncSession, draft: ProjectDraft, *, demonstration: bool, now: datetime) -> Entry:
    judgement = await judge_draft(session, draft, demonstration=demonstration, now=now)
    if judgement.entry is None:
        raise EntryHasProblems(len(judgement.problems), judgement.problems)
    return judgement.entry


async def _record_review(
    session: AsyncSession, project: Project, actor: Actor, now: datetime, *, agreed: bool, reasons: str
) -> None:
    session.add(
        ProjectReview(
            project_id=project.id, reviewer_id=actor.account_id, agreed=agreed, reasons=reasons, decided_at=now
        )
    )
    await session.flush()


async def number_of_day(session: AsyncSession, name: str, now: datetime) -> int:
    """The next number under a name on the local day of `now`, from 1. Others wait until the caller has committed."""
    table = CodeSequence.__table__
    first = postgresql.insert(CodeSequence).values(name=name, day=local_day(now), last=1)
    taken = first.on_conflict_do_update(index_elements=["name", "day"], set_={"last": table.c.last + 1}).returning(
        table.c.last
    )
    return int((await session.execute(taken)).scalar_one())


def _kept(kind: ProjectKind, form: Mapping[str, str]) -> dict[str, str]:
    """What of a form is kept in the draft: the fields of its kind, but never the reserve price."""
    form_of, count = KIND_FORMS[kind], lot_count_of(form)
    kept = {name: _storable(form.get(name, "")) for name in form_of.names(count) if name != "reserve_price"}
    return kept if form_of.lot is None else kept | {LOT_COUNT: str(count)}


def _storable(typed: str) -> str:
    """What was typed, without the characters that a database cannot keep, and not without end."""
    return typed.replace("\x00", "").encode("utf-8", "ignore").decode()[:LONGEST_TYPED]

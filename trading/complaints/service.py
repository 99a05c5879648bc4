"""Use cases of whoever raises something and of whoever answers: raise, complete, withdraw; answer or refuse.

A matter's facts stand in the project's stream of the journal, by its identifier, without names and contents: of those
there is a hash. Services never commit.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.complaints import suspending, telling
from trading.complaints.contents import Opinion, PaperField, fields_of, read_paper
from trading.complaints.gathering import documents_given_until, known_of, party_of
from trading.complaints.lookups import get_matter, lock_matter, papers_of, procedure_of
from trading.complaints.models import Matter, MatterPaper
from trading.complaints.procedures import About, Paper, Procedure
from trading.complaints.refusals import (
    AskFirst,
    CompletionOver,
    MatterNotFound,
    OnlyForUnits,
    ProjectNotOpenToMatters,
    RaisedAlready,
)
from trading.complaints.rules import State, Step, Window, check_party, may_raise, next_state
from trading.kernel import journal_store
from trading.kernel.canonical import canonical_json
from trading.kernel.moments import local_day
from trading.projects import service as projects
from trading.projects.entry import check_officer_in_charge
from trading.projects.lookups import PUBLIC_STATES
from trading.projects.models import Project
from trading.projects.profiles import HISTORIC
from trading.projects.working_days import current_calendar
from trading.publication.kind_types import Family, family_of

_NUMBERS = {Paper.QUERY: "ZY", Paper.OBJECTION: "YY", Paper.COMPLAINT: "TS"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to raise: about which project or lot; `prior_id` is what went before a complaint."""

    project_id: UUID
    paper: Paper
    about: About
    lot_id: UUID | None = None
    prior_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A paper that is to be filled in."""

    project: Project
    procedure: Procedure
    fields: tuple[PaperField, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be raised now, within which window."""

    blank: Blank
    window: Window


async def check_may_raise(
    session: AsyncSession, wish: Wish, *, actor: Actor, now: datetime, stated: Mapping[str, str] | None = None
) -> Allowed:
    """Refuse, with the reason, what may not be raised now. `stated`: the contents of the paper, with its days.

    Refuses `OnlyForUnits`, `ProjectNotOpenToMatters`, `RaisedAlready`, `OwnerRaisesNothing`, `NotConcerned`,
    `MatterNotFound`, and see `rules.may_raise`.
    """
    if actor.unit_id is None:
        raise OnlyForUnits
    project = await _open_project(session, wish)
    await _refuse_again(session, wish, actor.unit_id)
    prior = await _prior(session, wish, actor.unit_id)
    party = await party_of(session, project, wish.lot_id, await accounts.get_unit(session, actor.unit_id))
    check_party(party, wish.about)
    procedure = procedure_of(project)
    known = await known_of(session, project, wish.lot_id, prior, now)
    known = replace(known, documents_on=_day(stated, "documents_on"), known_on=_day(stated, "known_on"))
    window = may_raise(
        procedure, wish.paper, wish.about, known, now=now, calendar=current_calendar(), asked=prior is not None
    )
    return Allowed(blank_for(project, wish), window)


async def raise_matter(
    session: AsyncSession, matter_id: UUID, wish: Wish, form: Mapping[str, str], *, actor: Actor, now: datetime
) -> Matter:
    """A unit raises something. The identifier comes with the form, so that sending it twice raises it once.

    Refuses what `check_may_raise` refuses, `PaperIncomplete` with all faults at once, `RaisedAlready`.
    """
    if actor.unit_id is None or actor.account_id is None:
        raise OnlyForUnits
    try:
        return await _raise(session, matter_id, wish, form, actor, now)
    except RaisedAlready:
        known = await session.get(Matter, matter_id, populate_existing=True)
        if known is None or known.unit_id != actor.unit_id:
            raise
        return known  # the same form, sent twice


async def _raise(
    session: AsyncSession, matter_id: UUID, wish: Wish, form: Mapping[str, str], actor: Actor, now: datetime
) -> Matter:
    allowed = await check_may_raise(session, wish, actor=actor, now=now)
    contents = await _read(session, allowed.blank, form, now)
    await check_may_raise(session, wish, actor=actor, now=now, stated=contents)
    basis = None if wish.paper is Paper.COMPLAINT else allowed.blank.procedure.holds.value.get(wish.about)
    if basis is not None:
        await suspending.lock_project_and_sales(session, wish.project_id)
    matter = await _insert(session, matter_id, wish, actor, now)
    sha256 = await _keep_paper(session, matter, 1, contents, now)
    about = {
        "about": wish.about.value,
        "sha256": sha256,
        "prior": None if wish.prior_id is None else str(wish.prior_id),
    }
    await record(session, matter, f"{wish.paper}_received", actor, now, about)
    if wish.paper is Paper.COMPLAINT:
        await telling.tell(session, matter, telling.COMPLAINED, Role.SUPERVISOR, now)
        return matter
    await telling.tell_officer(session, matter, telling.RAISED, now)
    if basis is not None:
        grounds = suspending.Grounds(f"{matter.number} {basis}", basis)
        await suspending.suspend(session, matter, grounds, actor=suspending.ON_ITS_OWN, now=now)
        await telling.tell_officer(session, matter, telling.SUSPENDED, now)
    return matter


async def complete(
    session: AsyncSession, matter_id: UUID, form: Mapping[str, str], *, actor: Actor, now: datetime
) -> Matter:
    """Whoever complained hands in the completed paper, once and in time. Refuses `CompletionOver`, `PaperIncomplete`,
    `MatterMovedOn`.
    """
    matter = await _own(session, matter_id, actor)
    state = next_state(Paper(matter.paper), State(matter.state), Step.COMPLETE)
    assert matter.completion_due_at is not None, "what is incomplete was asked for by a moment"
    if now >= matter.completion_due_at:
        raise CompletionOver(matter.completion_due_at)
    wish = wish_of(matter)
    blank = blank_for(await projects.get_project(session, matter.project_id), wish)
    contents = await _read(session, blank, form, now)
    version = len(await papers_of(session, matter_id)) + 1
    sha256 = await _keep_paper(session, matter, version, contents, now)
    matter.state = state
    await session.flush()
    await record(session, matter, "complaint_completed", actor, now, {"sha256": sha256})
    await telling.tell(session, matter, telling.COMPLETED, Role.SUPERVISOR, now)
    return matter


async def withdraw(session: AsyncSession, matter_id: UUID, *, actor: Actor, now: datetime) -> Matter:
    """Whoever raised it takes it back; what was suspended for it goes on. Refuses `MatterMovedOn`.

    Source: 财政部令94号 art. 30.
    """
    matter = await _own(session, matter_id, actor)
    await end(session, matter, Step.WITHDRAW, actor, now)
    await record(session, matter, f"{matter.paper}_withdrawn", actor, now, {})
    await suspending.lift_if_held(session, matter, "已撤回", actor=actor, now=now)
    if matter.paper != Paper.COMPLAINT or matter.accepted_at is not None:
        await telling.tell_officer(session, matter, telling.WITHDRAWN, now)
    if matter.paper == Paper.COMPLAINT:
        await telling.tell(session, matter, telling.WITHDRAWN, Role.SUPERVISOR, now)
    return matter


async def answer(session: AsyncSession, matter_id: UUID, opinion: Opinion, *, actor: Actor, now: datetime) -> Matter:
    """The officer in charge answers a query or an objection for the owner or purchaser. Refuses `NotYourProject`,
    `MatterMovedOn`. Source: 财政部令94号 art. 13, 15; 招标投标法实施条例 art. 22, 44, 54.
    """
    matter = await _of_officer(session, matter_id, actor)
    await end(session, matter, Step.DECIDE, actor, now, opinion)
    await record(session, matter, _answered(matter), actor, now, outcome_facts(opinion))
    await suspending.lift_if_held(session, matter, "已答复", actor=actor, now=now)
    await telling.tell_unit(session, matter, matter.unit_id, telling.ANSWERED, now)
    return matter


async def not_take(session: AsyncSession, matter_id: UUID, reasons: str, *, actor: Actor, now: datetime) -> Matter:
    """The officer in charge does not take up a query or an objection, with reasons: that is an answer too, so that it
    can be complained about. Refuses `NotYourProject`, `MatterMovedOn`.
    """
    matter = await _of_officer(session, matter_id, actor)
    await end(session, matter, Step.REFUSE, actor, now)
    matter.reasons = reasons
    await session.flush()
    facts = {"outcome": "not_accepted", "sha256": hashlib.sha256(reasons.encode()).hexdigest()}
    await record(session, matter, _answered(matter), actor, now, facts)
    await suspending.lift_if_held(session, matter, "不予受理", actor=actor, now=now)
    await telling.tell_unit(session, matter, matter.unit_id, telling.NOT_TAKEN, now)
    return matter


def wish_of(matter: Matter) -> Wish:
    """What was raised."""
    return Wish(matter.project_id, Paper(matter.paper), About(matter.about), matter.lot_id, matter.prior_id)


def outcome_facts(opinion: Opinion) -> dict[str, Any]:
    """What the journal says of an answer or a decision: its outcome, and a hash of its words."""
    words = canonical_json({"reasons": opinion.reasons, "law": opinion.law})
    return {
        "outcome": opinion.outcome.value,
        "effect": opinion.effect.value,
        "sha256": hashlib.sha256(words).hexdigest(),
    }


async def record(
    session: AsyncSession, matter: Matter, kind: str, actor: Actor, now: datetime, body: Mapping[str, Any]
) -> None:
    """A fact of a matter, in its project's stream; limits tell matters apart by `matter`."""
    facts = {
        "matter": str(matter.id),
        "number": matter.number,
        "lot": None if matter.lot_id is None else str(matter.lot_id),
        **body,
    }
    stream = f"project:{matter.project_id}"
    await journal_store.append(session, stream=stream, kind=kind, actor=actor.reference, at=now, body=facts)


async def _open_project(session: AsyncSession, wish: Wish) -> Project:
    project = await projects.get_project(session, wish.project_id)
    if project.state not in PUBLIC_STATES or project.published_at is None or project.rule_profile == HISTORIC:
        raise ProjectNotOpenToMatters
    if wish.lot_id is not None and wish.lot_id not in {lot.id for lot in await projects.lots_of(session, project.id)}:
        raise ProjectNotOpenToMatters
    return project


async def _prior(session: AsyncSession, wish: Wish, unit_id: UUID) -> Matter | None:
    """The unit's own query or objection about the same; one that was withdrawn counts as never asked."""
    if wish.prior_id is None:
        return None
    prior = await get_matter(session, wish.prior_id)
    if prior.unit_id != unit_id or prior.project_id != wish.project_id or wish.paper is not Paper.COMPLAINT:
        raise MatterNotFound
    if prior.paper == Paper.COMPLAINT or prior.about != wish.about or prior.state == State.WITHDRAWN:
        raise AskFirst(procedure_of(await projects.get_project(session, wish.project_id)).asked_first.source)
    return prior


async def own_paper(session: AsyncSession, matter_id: UUID, actor: Actor) -> tuple[Matter, dict[str, str]]:
    """One's own matter that has to be completed, and what was handed in. Refuses `MatterNotFound`, `MatterMovedOn`."""
    matter = await get_matter(session, matter_id)
    if actor.unit_id is None or matter.unit_id != actor.unit_id:
        raise MatterNotFound
    next_state(Paper(matter.paper), State(matter.state), Step.COMPLETE)
    return matter, dict((await papers_of(session, matter_id))[-1].contents)


def blank_for(project: Project, wish: Wish) -> Blank:
    """The paper for what somebody wants to raise. Refuses `NotAboutThis`."""
    procedure, is_purchase = procedure_of(project), family_of(project.kind) is Family.PROCUREMENT
    fields = fields_of(procedure, wish.paper, wish.about, asked=wish.prior_id is not None, purchase=is_purchase)
    return Blank(project, procedure, fields)


async def _read(session: AsyncSession, blank: Blank, form: Mapping[str, str], now: datetime) -> dict[str, str]:
    published_at = blank.project.published_at
    return read_paper(
        blank.fields,
        form,
        first_day=local_day(now if published_at is None else published_at),
        today=local_day(now),
        documents_until=await documents_given_until(session, blank.project),
    )


async def _insert(session: AsyncSession, matter_id: UUID, wish: Wish, actor: Actor, now: datetime) -> Matter:
    """The row, unless the same unit has raised the same before: the database is the judge of two at once."""
    number = await projects.number_of_day(session, f"matter-{wish.paper}", now)
    row = {
        "id": matter_id,
        "number": f"{_NUMBERS[wish.paper]}{local_day(now):%Y%m%d}-{number:03d}",
        "paper": wish.paper.value,
        "about": wish.about.value,
        "project_id": wish.project_id,
        "lot_id": wish.lot_id,
        "unit_id": actor.unit_id,
        "account_id": actor.account_id,
        "prior_id": wish.prior_id,
        "state": State.RECEIVED.value,
        "raised_at": now,
    }
    inserted = postgresql.insert(Matter).values(**row).on_conflict_do_nothing().returning(Matter.id)
    if await session.scalar(inserted) is not None:
        return await session.get_one(Matter, matter_id)
    assert actor.unit_id is not None, "nothing is raised without a unit"
    await _refuse_again(session, wish, actor.unit_id)
    raise MatterNotFound  # the identifier is another unit's


async def _refuse_again(session: AsyncSession, wish: Wish, unit_id: UUID) -> None:
    """Refuse `RaisedAlready` what the same unit has raised before, unless it was not accepted."""
    same = select(Matter.number).where(
        Matter.unit_id == unit_id,
        Matter.project_id == wish.project_id,
        Matter.paper == wish.paper,
        Matter.about == wish.about,
        Matter.lot_id.is_not_distinct_from(wish.lot_id),
        Matter.state != State.NOT_ACCEPTED,
    )
    number = await session.scalar(same)
    if number is not None:
        raise RaisedAlready(number)


async def _keep_paper(
    session: AsyncSession, matter: Matter, version: int, contents: dict[str, str], now: datetime
) -> str:
    sha256 = hashlib.sha256(canonical_json(contents)).hexdigest()
    session.add(
        MatterPaper(
            matter_id=matter.id,
            version=version,
            contents=contents,
            sha256=sha256,
            documents_on=_day(contents, "documents_on"),
            known_on=_day(contents, "known_on"),
            handed_in_at=now,
        )
    )
    await session.flush()
    return sha256


async def _own(session: AsyncSession, matter_id: UUID, actor: Actor) -> Matter:
    matter = await lock_matter(session, matter_id)
    if actor.unit_id is None or matter.unit_id != actor.unit_id:
        raise MatterNotFound
    return matter


async def _of_officer(session: AsyncSession, matter_id: UUID, actor: Actor) -> Matter:
    matter = await lock_matter(session, matter_id)
    if matter.paper == Paper.COMPLAINT:
        raise MatterNotFound
    await check_officer_in_charge(session, await projects.get_project(session, matter.project_id), actor)
    return matter


async def end(
    session: AsyncSession, matter: Matter, step: Step, actor: Actor, now: datetime, opinion: Opinion | None = None
) -> None:
    """The matter ends by this step; locked by the caller. Refuses `MatterMovedOn`."""
    matter.state = next_state(Paper(matter.paper), State(matter.state), step)
    matter.ended_at, matter.ended_by = now, actor.reference
    if opinion is not None:
        matter.outcome, matter.effect = opinion.outcome.value, opinion.effect.value
        matter.reasons, matter.law = opinion.reasons, opinion.law
    await session.flush()


def _answered(matter: Matter) -> str:
    return f"{matter.paper}_answered"


def _day(stated: Mapping[str, str] | None, name: str) -> date | None:
    text = "" if stated is None else stated.get(name, "")
    return date.fromisoformat(text) if text else None

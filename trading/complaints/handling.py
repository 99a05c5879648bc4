"""Use cases of a supervisor who handles a complaint: accept it, ask once for its completion, refuse it, hear those who
are concerned, suspend the project and let it go on, decide. Services never commit.

Sources: 财政部令94号 art. 19-22, 26-35 (procurement); 招标投标法实施条例 art. 61, 62 (works).
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.complaints import suspending, telling
from trading.complaints.contents import Opinion, SuspensionGrounds
from trading.complaints.lookups import Sight, lock_matter, procedure_of, replies_of, sight_of
from trading.complaints.models import Matter, MatterReply
from trading.complaints.procedures import About, Paper
from trading.complaints.refusals import (
    CompletionAskedBefore,
    CompletionRunning,
    MatterMovedOn,
    MatterNotFound,
    NotSuspended,
    ReplyNotAsked,
)
from trading.complaints.rules import Outcome, State, Step, longest_suspension_end, next_state
from trading.complaints.service import end, outcome_facts, record
from trading.kernel.database import Database
from trading.kernel.moments import iso
from trading.limits.rules import Sense, Unit, due_moment
from trading.limits.service import due_words
from trading.projects import service as projects
from trading.projects.models import Deal
from trading.projects.working_days import current_calendar
from trading.publication import releasing
from trading.publication.kind_types import AnnouncementKind

# Announcements are official papers and speak Chinese.
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.UPHELD: "投诉事项成立。",
    Outcome.PARTLY: "投诉事项部分成立。",
    Outcome.REJECTED: "投诉事项不成立，驳回投诉。",
}

_ABOUT: Mapping[About, str] = {
    About.DOCUMENTS: "采购文件",
    About.OPENING: "开标",
    About.PROCESS: "采购过程",
    About.RESULT: "中标（成交）结果",
}


async def accept(session: AsyncSession, matter_id: UUID, *, actor: Actor, now: datetime) -> Matter:
    """The complaint is accepted: whoever runs the project, and who won, are told and heard. Refuses `MatterMovedOn`."""
    matter = await _complaint(session, matter_id)
    matter.state = next_state(Paper.COMPLAINT, State(matter.state), Step.ACCEPT)
    matter.accepted_at = now
    await session.flush()
    await record(session, matter, "complaint_accepted", actor, now, {})
    await telling.tell_unit(session, matter, matter.unit_id, telling.TAKEN, now)
    await _hear(session, matter, actor, now)
    return matter


async def ask_completion(session: AsyncSession, matter_id: UUID, words: str, *, actor: Actor, now: datetime) -> Matter:
    """What is missing is told once and completely (一次性告知), with a period. Refuses `CompletionAskedBefore`,
    `MatterMovedOn`.
    """
    matter = await _complaint(session, matter_id)
    if matter.completion is not None:
        raise CompletionAskedBefore
    matter.state = next_state(Paper.COMPLAINT, State(matter.state), Step.ASK_COMPLETION)
    procedure = procedure_of(await projects.get_project(session, matter.project_id))
    matter.completion, matter.completion_due_at = words, _due(now, procedure.completion_working_days.value)
    await session.flush()
    due = {"due_at": iso(matter.completion_due_at), "source": procedure.completion_working_days.source}
    await record(session, matter, "complaint_completion_asked", actor, now, due)
    asked = due_words(matter.completion_due_at)
    await telling.tell_unit(session, matter, matter.unit_id, telling.ASKED_TO_COMPLETE, now, due=asked)
    return matter


async def refuse(session: AsyncSession, matter_id: UUID, reasons: str, *, actor: Actor, now: datetime) -> Matter:
    """The complaint is not accepted. Refuses `MatterMovedOn`, `CompletionRunning` while its completion may come."""
    matter = await _complaint(session, matter_id)
    due_at = matter.completion_due_at
    if matter.state == State.INCOMPLETE and due_at is not None and now < due_at:
        raise CompletionRunning(due_at)
    await end(session, matter, Step.REFUSE, actor, now)
    matter.reasons = reasons
    await session.flush()
    await record(session, matter, "complaint_not_accepted", actor, now, {})
    await suspending.lift_if_held(session, matter, "不予受理", actor=actor, now=now)
    await telling.tell_unit(session, matter, matter.unit_id, telling.NOT_TAKEN, now)
    return matter


async def reply(session: AsyncSession, matter_id: UUID, words: str, *, actor: Actor, now: datetime) -> MatterReply:
    """Somebody concerned replies, once; what comes late is taken and shows that it was late. Refuses `ReplyNotAsked`,
    `MatterMovedOn`. Source: 财政部令94号 art. 22.
    """
    matter = await _complaint(session, matter_id)
    sight = await sight_of(session, matter, actor)
    if matter.state != State.ACCEPTED:
        raise MatterMovedOn
    unit_id = None if sight is Sight.OFFICER else actor.unit_id
    found = [each for each in await replies_of(session, matter_id) if each.unit_id == unit_id]
    if sight not in (Sight.OFFICER, Sight.PARTY) or not found or found[0].replied_at is not None:
        raise ReplyNotAsked
    row = found[0]
    row.words, row.replied_by, row.replied_at = words, actor.reference, now
    await session.flush()
    kind = "complaint_reply_given" if unit_id is None else "complaint_party_replied"
    await record(session, matter, kind, actor, now, {"reply": str(row.id)})
    await telling.tell(session, matter, telling.REPLIED, Role.SUPERVISOR, now)
    return row


async def suspend(
    session: AsyncSession, matter_id: UUID, grounds: SuspensionGrounds, *, actor: Actor, now: datetime
) -> Matter:
    """Suspend the project while the complaint is handled. Refuses `SuspendedOnce`, `MatterMovedOn`.

    Sources: 财政部令94号 art. 28 (in writing, at most 30 days); 招标投标法实施条例 art. 62.
    """
    matter = await _complaint(session, matter_id)
    if not State(matter.state).is_open:
        raise MatterMovedOn
    ends_at = None if grounds.days is None else longest_suspension_end(now, grounds.days)
    ordered = suspending.Grounds(grounds.reasons, grounds.legal_basis, ends_at)
    await suspending.suspend(session, matter, ordered, actor=actor, now=now)
    await _tell_of_suspension(session, matter, telling.SUSPENDED, now)
    return matter


async def resume(session: AsyncSession, matter_id: UUID, because: str, *, actor: Actor, now: datetime) -> Matter:
    """Let the project go on before the complaint is decided. Refuses `NotSuspended`."""
    matter = await _complaint(session, matter_id)
    await suspending.lift(session, matter, because, actor=actor, now=now)
    await _tell_of_suspension(session, matter, telling.RESUMED, now)
    return matter


async def decide(
    session: AsyncSession, matter_id: UUID, opinion: Opinion, published_words: str, *, actor: Actor, now: datetime
) -> Matter:
    """Decide on a complaint: it is told to everybody concerned, announced where the law says so, and what was suspended
    for it goes on. Refuses `MatterMovedOn`.
    """
    matter = await _complaint(session, matter_id)
    await end(session, matter, Step.DECIDE, actor, now, opinion)
    await record(session, matter, "complaint_decided", actor, now, outcome_facts(opinion))
    await suspending.lift_if_held(session, matter, "投诉已作出处理决定", actor=actor, now=now)
    project = await projects.get_project(session, matter.project_id)
    if procedure_of(project).publishes.value:
        await _publish(session, matter, opinion, published_words, now)
    await telling.tell_officer(session, matter, telling.DECIDED, now)
    await telling.tell_unit(session, matter, matter.unit_id, telling.DECIDED, now)
    for each in await replies_of(session, matter_id):
        if each.unit_id is not None:
            await telling.tell_unit(session, matter, each.unit_id, telling.DECIDED, now)
    return matter


async def end_suspensions(database: Database, now: datetime) -> int:
    """Let the projects go on whose suspension has lasted its longest, each in a transaction of its own. How many."""
    async with database.reading() as session:
        due = await suspending.ended_suspensions(session, now)
    ended = 0
    for matter_id in due:
        try:
            async with database.work() as session:
                matter = await lock_matter(session, matter_id)
                await suspending.lift(session, matter, "暂停期限届满", actor=suspending.ON_ITS_OWN, now=now)
                await _tell_of_suspension(session, matter, telling.RESUMED, now)
            ended += 1
        except NotSuspended:
            continue  # somebody else has lifted it meanwhile
    return ended


async def _complaint(session: AsyncSession, matter_id: UUID) -> Matter:
    matter = await lock_matter(session, matter_id)
    if matter.paper != Paper.COMPLAINT:
        raise MatterNotFound
    return matter


async def _hear(session: AsyncSession, matter: Matter, actor: Actor, now: datetime) -> None:
    """Ask whoever runs the project, and who has won where that is a unit known here, to reply."""
    project = await projects.get_project(session, matter.project_id)
    due_at = _due(now, procedure_of(project).reply_working_days.value)
    heard: list[UUID | None] = [None]
    codes = select(Deal.winner_credit_code).where(Deal.project_id == project.id, Deal.winner_credit_code.is_not(None))
    for code in sorted({str(code) for code in await session.scalars(codes)}):
        unit = await accounts.find_unit(session, code)
        if unit is not None and unit.id != matter.unit_id:
            heard.append(unit.id)
    for unit_id in heard:
        session.add(MatterReply(matter_id=matter.id, unit_id=unit_id, asked_at=now, due_at=due_at))
        if unit_id is not None:
            await telling.tell_unit(session, matter, unit_id, telling.ASKED_TO_REPLY, now, due=due_words(due_at))
    await session.flush()
    await record(session, matter, "complaint_reply_asked", actor, now, {"due_at": iso(due_at), "asked": len(heard)})
    await telling.tell_officer(session, matter, telling.ASKED_TO_REPLY, now, due=due_words(due_at))


async def _publish(session: AsyncSession, matter: Matter, opinion: Opinion, words: str, now: datetime) -> None:
    unit = await accounts.get_unit(session, matter.unit_id)
    facts = {
        "complaint_number": matter.number,
        "complainant_name": unit.name,
        "complaint_matters": f"投诉人就本项目的{_ABOUT[About(matter.about)]}提出投诉。",
        "complaint_outcome": _OUTCOMES[opinion.outcome],
        "complaint_decision": words,
        "basis": opinion.law,
        "decided_at": iso(now),
    }
    system = Actor.system("complaints")
    kind = AnnouncementKind.COMPLAINT_RESULT
    await releasing.announce_soon(session, kind, matter.project_id, matter.lot_id, facts, actor=system, now=now)


async def _tell_of_suspension(session: AsyncSession, matter: Matter, message: str, now: datetime) -> None:
    await telling.tell_officer(session, matter, message, now)
    await telling.tell_unit(session, matter, matter.unit_id, message, now)
    await telling.tell(session, matter, message, Role.SUPERVISOR, now)


def _due(now: datetime, working_days: int) -> datetime:
    return due_moment(now, working_days, Unit.WORKING_DAYS, Sense.BY, current_calendar(), lambda _: False)

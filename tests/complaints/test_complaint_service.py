"""From the query to the decision, in the database: facts that limits read, once each, by who may, and nobody else."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.complaints.stage import PAPER, REJECTED, Stage, at, published
from trading.accounts.rules import Actor, Role
from trading.complaints import handling, lookups, service
from trading.complaints.lookups import Sight
from trading.complaints.models import Matter, MatterPaper
from trading.complaints.procedures import About, Paper
from trading.complaints.refusals import (
    CompletionAskedBefore,
    CompletionOver,
    CompletionRunning,
    MatterMovedOn,
    MatterNotFound,
    OnlyForUnits,
    PaperIncomplete,
    ProjectNotOpenToMatters,
    RaisedAlready,
    ReplyNotAsked,
    TooLate,
)
from trading.complaints.rules import State
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.moments import midnight
from trading.limits import service as limits
from trading.limits.rules import LimitState
from trading.notices.models import Notice
from trading.projects import service as projects
from trading.projects.rules import NotYourProject, ProjectKind
from trading.publication.kind_types import AnnouncementKind

SECOND = timedelta(seconds=1)
RAISED, ANSWERED, COMPLAINED = at(11, 5), at(11, 9), at(11, 11)


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await published(database)


async def limits_of(stage: Stage, matter: Matter, now: datetime) -> dict[str, tuple[LimitState, datetime | None]]:
    """The limits that run for a matter: state and due moment by code."""
    async with stage.database.reading() as session:
        project = await projects.get_project(session, stage.project_id)
        found = await limits.standings(session, project, now)
    return {each.limit.code: (each.state, each.due_at) for each in found if each.subject == str(matter.id)}


async def notices(database: Database) -> list[tuple[str, str]]:
    """What was sent: the beginning of the message and whom it is for."""
    async with database.reading() as session:
        rows = await session.scalars(select(Notice).order_by(Notice.created_at, Notice.id))
        return [(each.message, each.role or str(each.account_id)) for each in rows if each.key.startswith("matter:")]


async def test_a_query_starts_the_limit_of_its_answer_which_ends_it(stage: Stage) -> None:
    """财政部令94号 art. 13: seven working days from the receipt; 5 + 7 working days in November 2026 is the 16th."""
    matter = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED)
    assert (await limits_of(stage, matter, RAISED))["query_answer"] == (LimitState.RUNNING, at(11, 17, 0))
    await stage.answer(matter, ANSWERED)
    assert (await limits_of(stage, matter, ANSWERED))["query_answer"] == (LimitState.MET, at(11, 17, 0))
    assert await stage.kinds() == ["query_received", "query_answered"]
    body = dict(await stage.facts())["query_received"]
    assert (body["matter"], body["lot"], body["about"]) == (str(matter.id), None, "documents")
    text = str(body)
    assert PAPER["matters"][:5] not in text, "the journal holds a hash of the paper, not the paper"
    officer, unit = str(stage.officer.account_id), str(stage.unit.account_id)
    assert [to for _message, to in await notices(stage.database)] == [officer, unit]


async def test_the_limit_of_a_late_answer_turns_missed(stage: Stage) -> None:
    matter = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED)
    assert (await limits_of(stage, matter, at(11, 17, 0)))["query_answer"][0] == LimitState.MISSED
    await stage.answer(matter, at(11, 18))
    assert (await limits_of(stage, matter, at(11, 18)))["query_answer"][0] == LimitState.MISSED


async def test_a_form_that_is_sent_twice_raises_one_matter(stage: Stage) -> None:
    matter_id = new_id()
    both = await asyncio.gather(
        *(stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, matter_id=matter_id) for _ in range(3))
    )
    again = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, matter_id=matter_id)
    assert {each.id for each in (*both, again)} == {matter_id}
    with pytest.raises(MatterNotFound):
        await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, matter_id=matter_id, who=stage.units[1])
    assert await stage.kinds() == ["query_received"]
    async with stage.database.reading() as session:
        assert len(list(await session.scalars(select(MatterPaper)))) == 1


async def test_two_tabs_of_one_unit_raise_the_same_matter_once(stage: Stage) -> None:
    """Two forms with identifiers of their own, sent at once."""
    done = await asyncio.gather(
        *(stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED) for _ in range(3)), return_exceptions=True
    )
    raised = [each for each in done if isinstance(each, Matter)]
    refused = [each for each in done if isinstance(each, RaisedAlready)]
    assert (len(raised), len(refused)) == (1, 2)
    assert {each.number for each in refused} == {raised[0].number}
    assert await stage.kinds() == ["query_received"]
    other = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, who=stage.units[1])
    assert other.number != raised[0].number


async def test_what_was_withdrawn_is_not_raised_again_and_what_was_not_accepted_may_be(stage: Stage) -> None:
    """财政部令94号 art. 30."""
    matter = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED)
    await stage.work(lambda session: service.withdraw(session, matter.id, actor=stage.unit, now=ANSWERED))
    with pytest.raises(RaisedAlready):
        await stage.raise_(Paper.QUERY, About.DOCUMENTS, ANSWERED)
    assert (await limits_of(stage, matter, ANSWERED))["query_answer"][0] == LimitState.MET
    other = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, who=stage.units[1])
    await stage.work(
        lambda session: service.not_take(session, other.id, "不属于质疑范围", actor=stage.officer, now=ANSWERED)
    )
    assert (await limits_of(stage, other, ANSWERED))["query_answer"][0] == LimitState.MET
    await stage.raise_(Paper.QUERY, About.DOCUMENTS, ANSWERED, who=stage.units[1])


async def test_nobody_raises_anything_anonymously_late_incomplete_or_about_what_is_not_public(stage: Stage) -> None:
    somebody = Actor(f"account:{new_id()}", "路人", new_id(), frozenset({Role.BIDDER}))
    with pytest.raises(OnlyForUnits):
        await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, who=somebody)
    with pytest.raises(PaperIncomplete) as refused:
        await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED, form={"law": "x"})
    assert refused.value.count == 11
    # published on the 2nd, public until the 9th, queried until the 18th
    with pytest.raises(TooLate):
        await stage.raise_(Paper.QUERY, About.DOCUMENTS, at(11, 19, 0))
    await stage.raise_(Paper.QUERY, About.DOCUMENTS, at(11, 19, 0) - SECOND)
    wish = service.Wish(stage.project_id, Paper.QUERY, About.DOCUMENTS, lot_id=new_id())
    with pytest.raises(ProjectNotOpenToMatters):
        await stage.work(
            lambda session: service.raise_matter(session, new_id(), wish, PAPER, actor=stage.unit, now=RAISED)
        )
    assert await stage.kinds() == ["query_received"]


async def test_a_complaint_is_accepted_heard_decided_and_its_result_announced(stage: Stage) -> None:
    """财政部令94号 art. 21, 22, 26, 35."""
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    running = await limits_of(stage, complaint, COMPLAINED)
    assert running["purchase_complaint_acceptance"] == (LimitState.RUNNING, at(11, 19, 0))
    assert running["purchase_complaint_decision"] == (LimitState.RUNNING, at(12, 24, 0))
    await stage.accept(complaint, at(11, 12))
    running = await limits_of(stage, complaint, at(11, 12))
    assert running["purchase_complaint_acceptance"][0] == LimitState.MET
    assert running["complaint_reply"] == (LimitState.RUNNING, at(11, 20, 0))
    await stage.work(
        lambda session: handling.reply(session, complaint.id, "参数来自三家产品", actor=stage.officer, now=at(11, 16))
    )
    with pytest.raises(ReplyNotAsked):
        await stage.work(
            lambda session: handling.reply(session, complaint.id, "再说一遍", actor=stage.officer, now=at(11, 17))
        )
    await stage.decide(complaint, at(11, 30))
    running = await limits_of(stage, complaint, at(11, 30))
    assert {code: state for code, (state, _due) in running.items()} == {
        "purchase_complaint_acceptance": LimitState.MET,
        "purchase_complaint_decision": LimitState.MET,
        "complaint_reply": LimitState.MET,
    }
    told = await stage.tick_announcements(at(11, 30))
    assert told[-1].kind == AnnouncementKind.COMPLAINT_RESULT
    assert "驳回投诉" in str(told[-1].text)
    assert "演示供应商1号有限公司" in str(told[-1].text)
    assert PAPER["facts"] not in str(told[-1].text), "the paper itself is not published"
    with pytest.raises(MatterMovedOn):
        await stage.decide(complaint, at(12, 1))


async def test_works_and_sales_announce_no_complaint(database: Database) -> None:
    stage = await published(database, ProjectKind.WORKS)
    complaint = await stage.raise_(Paper.COMPLAINT, About.PROCESS, RAISED)
    await stage.accept(complaint, COMPLAINED)
    await stage.decide(complaint, at(11, 12))
    assert [each.kind for each in await stage.tick_announcements(at(11, 12))] == [AnnouncementKind.TENDER]


async def test_what_is_missing_is_asked_for_once_and_the_time_for_it_is_not_counted(stage: Stage) -> None:
    """财政部令94号 art. 21, 27."""
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)

    async def ask(now: datetime) -> Matter:
        words = "请补充授权委托书和证明材料。"
        return await stage.work(
            lambda session: handling.ask_completion(session, complaint.id, words, actor=stage.supervisor, now=now)
        )

    async def refuse(now: datetime) -> Matter:
        return await stage.work(
            lambda session: handling.refuse(session, complaint.id, "逾期未补正", actor=stage.supervisor, now=now)
        )

    async def complete(now: datetime, form: dict[str, str]) -> Matter:
        return await stage.work(
            lambda session: service.complete(session, complaint.id, form, actor=stage.unit, now=now)
        )

    asked = await ask(at(11, 12))
    due = at(11, 20, 0)
    assert (asked.state, asked.completion_due_at) == (State.INCOMPLETE, due)
    assert (await limits_of(stage, complaint, at(11, 13)))["purchase_complaint_decision"][0] == LimitState.VOID
    with pytest.raises(CompletionRunning):
        await refuse(due - SECOND)
    with pytest.raises(PaperIncomplete):
        await complete(at(11, 16), {})
    with pytest.raises(CompletionOver):
        await complete(due, PAPER)
    await complete(due - SECOND, PAPER | {"facts": "补充：证明材料三份。"})
    again = await limits_of(stage, complaint, at(11, 20))
    assert again["purchase_complaint_decision"] == (LimitState.RUNNING, midnight(date(2027, 1, 1)))
    async with stage.database.reading() as session:
        papers = await lookups.papers_of(session, complaint.id)
    assert [each.version for each in papers] == [1, 2]
    assert papers[0].contents["facts"] == PAPER["facts"]
    with pytest.raises(CompletionAskedBefore):
        await ask(at(11, 20))
    assert (await refuse(at(11, 20))).state == State.NOT_ACCEPTED


async def test_nobody_acts_or_looks_whom_it_does_not_concern(stage: Stage) -> None:
    query = await stage.raise_(Paper.QUERY, About.DOCUMENTS, RAISED)
    with pytest.raises(NotYourProject):
        await stage.work(
            lambda session: service.answer(session, query.id, REJECTED, actor=stage.colleague, now=ANSWERED)
        )
    with pytest.raises(MatterNotFound):
        await stage.work(lambda session: service.withdraw(session, query.id, actor=stage.units[1], now=ANSWERED))
    with pytest.raises(MatterNotFound):
        await stage.accept(query, ANSWERED)  # a supervisor decides on complaints, and answers no queries
    await stage.answer(query, ANSWERED)
    with pytest.raises(MatterNotFound):
        await stage.raise_(Paper.COMPLAINT, About.DOCUMENTS, COMPLAINED, prior=query, who=stage.units[1])
    complaint = await stage.raise_(Paper.COMPLAINT, About.DOCUMENTS, COMPLAINED, prior=query)
    with pytest.raises(MatterNotFound):
        await stage.work(
            lambda session: service.answer(session, complaint.id, REJECTED, actor=stage.officer, now=COMPLAINED)
        )
    people = (stage.unit, stage.units[1], stage.officer, stage.colleague, stage.supervisor)

    async def sights() -> list[Sight]:
        async with stage.database.reading() as session:
            matter = await lookups.get_matter(session, complaint.id)
            return [await lookups.sight_of(session, matter, each) for each in people]

    assert await sights() == [Sight.OWN, Sight.NONE, Sight.NONE, Sight.NONE, Sight.SUPERVISOR]
    await stage.accept(complaint, at(11, 12))
    assert await sights() == [Sight.OWN, Sight.NONE, Sight.OFFICER, Sight.NONE, Sight.SUPERVISOR]


async def test_a_change_or_decision_by_two_supervisors_at_once_happens_once(stage: Stage) -> None:
    complaint = await stage.complained(RAISED, ANSWERED, COMPLAINED)
    await stage.accept(complaint, at(11, 12))
    done = await asyncio.gather(*(stage.decide(complaint, at(11, 30)) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(each, Matter) for each in done) == 1
    assert sum(isinstance(each, MatterMovedOn) for each in done) == 2
    assert (await stage.kinds()).count("complaint_decided") == 1
    assert len(await stage.tick_announcements(at(11, 30))) == 2

"""A project begins like an earlier one: everything but its dates; only what one's unit has published."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.projects.kind_forms import NOW, form_of_kind, two_lots
from tests.projects.people import CODES, make_officer
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.projects import entry, service
from trading.projects.copying import copy_project, projects_to_copy
from trading.projects.rules import CannotBeCopied, ProjectKind, ProjectNotFound

PROCUREMENT = ProjectKind.GOVERNMENT_PROCUREMENT


async def publish(database: Database, officer: Actor, form: dict[str, str]) -> UUID:
    """A project of this officer that was reviewed by another and published."""
    project_id = new_id()
    reviewer = await make_officer(database, f"r{project_id}", NOW)
    async with database.work() as session:
        await entry.save_draft(session, project_id, form, actor=officer, demonstration=False, now=NOW)
        await entry.submit(session, project_id, actor=officer, demonstration=False, now=NOW)
        await entry.agree_to_entry(session, project_id, CODES, actor=reviewer, demonstration=False, now=NOW)
        await service.mark_published(session, project_id, actor=officer, now=NOW)
    return project_id


async def copy(database: Database, source: UUID, actor: Actor) -> UUID:
    async with database.work() as session:
        return await copy_project(session, source, actor=actor, demonstration=False, now=NOW + timedelta(days=200))


@pytest.mark.parametrize("kind", ProjectKind)
async def test_every_kind_can_be_entered_published_and_copied(database: Database, kind: ProjectKind) -> None:
    officer = await make_officer(database, "officer", NOW)
    form = form_of_kind(kind) if kind.is_sale else two_lots(kind)
    source = await publish(database, officer, form)
    begun = await copy(database, source, officer)
    async with database.reading() as session:
        project = await service.get_project(session, begun)
        draft = await service.draft_of(session, begun)
        lots = await service.lots_of(session, source)
        [told] = [
            one.body for one in await journal_store.read(session, f"project:{begun}") if one.kind == "draft_copied"
        ]
    assert (project.kind, project.title, draft.copied_from) == (kind, form["title"], source)
    assert told == {"from": str(source)}
    moments = {name for name in draft.form if name.endswith("_at")}
    assert moments
    assert all(draft.form[name] == "" for name in moments)
    same = set(draft.form) - moments - {"warning_read", "green_channel", "green_channel_reason"}
    assert {name: draft.form[name] for name in same} == {name: form.get(name, "") for name in same}
    assert len(lots) == (1 if kind.is_sale else 2)
    assert len({lot.deal_code for lot in lots}) == len(lots)


async def test_last_years_tender_needs_four_new_dates_and_nothing_else(database: Database) -> None:
    """journeys.md 2: an officer copies last year's tender, changes four fields, and has it published."""
    officer = await make_officer(database, "officer", NOW)
    begun = await copy(database, await publish(database, officer, two_lots(PROCUREMENT)), officer)
    later = NOW + timedelta(
        days=200
    )  # 21 May 2027: its holidays are not known, so the demonstration's profile is chosen
    async with database.reading() as session:
        draft = await service.draft_of(session, begun)
        missing = await entry.problems_of_draft(session, draft, demonstration=False, now=NOW)
    assert [problem.field for problem in missing] == [
        "documents_open_at",
        "documents_close_at",
        "bids_close_at",
    ]
    dates = {
        "documents_open_at": "2027-05-24 09:00",
        "documents_close_at": "2027-06-01 17:00",
        "bids_close_at": "2027-06-15 10:00",
        "rule_profile": "demonstration-purchase-2026",
    }
    async with database.work() as session:
        judged = await entry.save_draft(
            session, begun, draft.form | dates, actor=officer, demonstration=True, now=later
        )
        await entry.submit(session, begun, actor=officer, demonstration=True, now=later)
    assert judged.problems == ()


async def test_a_colleague_of_the_same_unit_may_copy_and_nobody_else(database: Database) -> None:
    officer, colleague = [await make_officer(database, name, NOW) for name in ("officer", "colleague")]
    source = await publish(database, officer, form_of_kind(PROCUREMENT))
    assert await copy(database, source, colleague) != source
    stranger = Actor(officer.reference, "stranger", new_id(), officer.roles, unit_id=new_id())
    with pytest.raises(CannotBeCopied):
        await copy(database, source, stranger)
    async with database.reading() as session:
        assert await projects_to_copy(session, stranger) == []
        assert [project.id for project in await projects_to_copy(session, colleague)] == [source]


async def test_what_was_not_published_cannot_be_copied(database: Database) -> None:
    officer, project_id = await make_officer(database, "officer", NOW), new_id()
    async with database.work() as session:
        await entry.save_draft(
            session, project_id, form_of_kind(PROCUREMENT), actor=officer, demonstration=False, now=NOW
        )
    with pytest.raises(CannotBeCopied):
        await copy(database, project_id, officer)
    with pytest.raises(ProjectNotFound):
        await copy(database, new_id(), officer)


@pytest.mark.parametrize("words", ["医用设备", "中医院", "%", "_", "'; DROP TABLE projects; --", "\\"])
async def test_projects_to_copy_are_found_by_title_and_owner_and_words_are_only_words(
    database: Database, words: str
) -> None:
    officer = await make_officer(database, "officer", NOW)
    source = await publish(database, officer, form_of_kind(PROCUREMENT))
    async with database.reading() as session:
        found = [project.id for project in await projects_to_copy(session, officer, words=words, kind=PROCUREMENT)]
        assert await projects_to_copy(session, officer, kind=ProjectKind.LAND) == []
    assert found == ([source] if words in ("医用设备", "中医院") else [])

"""Entering a project: draft, submission, review by another person, codes, sealed reserve."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.projects.forms import NOW, demonstration_form, land_form
from tests.projects.people import CODES, make_officer
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects import entry, service
from trading.projects.entry_code import parse_deal_code, parse_entry_code
from trading.projects.models import Lot, Project, ProjectDraft, ReservePrice
from trading.projects.rules import (
    EntryHasProblems,
    LotNotFound,
    LotState,
    NotYourProject,
    OwnEntry,
    ProjectMovedOn,
    ProjectNotFound,
    ProjectState,
    ReasonsMissing,
    reserve_commitment,
)


async def save(
    database: Database, actor: Actor, form: dict[str, str], project_id: UUID | None = None, now: datetime = NOW
) -> UUID:
    project_id = project_id or new_id()
    async with database.work() as session:
        await entry.save_draft(session, project_id, form, actor=actor, demonstration=True, now=now)
    return project_id


async def submit(database: Database, actor: Actor, project_id: UUID, now: datetime = NOW) -> None:
    async with database.work() as session:
        await entry.submit(session, project_id, actor=actor, demonstration=True, now=now)


async def agree(database: Database, actor: Actor, project_id: UUID, now: datetime = NOW) -> Project:
    async with database.work() as session:
        return await entry.agree_to_entry(session, project_id, CODES, actor=actor, demonstration=True, now=now)


async def enter(database: Database, form: dict[str, str], now: datetime = NOW) -> tuple[UUID, Lot]:
    """A project that was reviewed and entered, by officers made for it."""
    name = str(new_id())
    officer = await make_officer(database, f"o{name}", now)
    project_id = await save(database, officer, form, now=now)
    await submit(database, officer, project_id, now)
    await agree(database, await make_officer(database, f"r{name}", now), project_id, now)
    async with database.reading() as session:
        [lot] = await service.lots_of(session, project_id)
    return project_id, lot


async def kinds(database: Database, stream: str) -> list[str]:
    async with database.reading() as session:
        assert await journal_store.verify(session, stream) is None
        return [found.kind for found in await journal_store.read(session, stream)]


async def test_a_project_enters_after_another_officer_agreed_and_gets_its_codes(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    reviewer = await make_officer(database, "reviewer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    project = await agree(database, reviewer, project_id)
    assert project.state == ProjectState.ENTERED
    assert project.entered_at == NOW
    assert parse_entry_code(str(project.entry_code)).number == 1
    async with database.reading() as session:
        [lot] = await service.lots_of(session, project_id)
        [review] = await service.reviews_of(session, project_id)
    assert parse_deal_code(str(lot.deal_code)).platform == CODES.credit_code
    assert (lot.state, lot.starting_price_fen) == (LotState.ENTERED, 2_361_000_000)
    assert (review.agreed, review.reviewer_id) == (True, reviewer.account_id)
    assert await kinds(database, f"project:{project_id}") == ["project_begun", "project_submitted", "project_entered"]
    assert await kinds(database, f"lot:{lot.id}") == ["lot_entered"]


async def test_nobody_reviews_an_entry_of_their_own(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    with pytest.raises(OwnEntry):
        await agree(database, officer, project_id)
    with pytest.raises(OwnEntry):
        async with database.work() as session:
            await entry.return_entry(session, project_id, "理由", actor=officer, now=NOW)
    async with database.reading() as session:
        assert (await service.get_project(session, project_id)).state == ProjectState.SUBMITTED


async def test_the_platform_closes_a_review_by_itself_when_everybody_has_agreed(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    project = await agree(database, Actor.system("reviews"), project_id)
    assert project.state == ProjectState.ENTERED
    async with database.reading() as session:
        [review] = await service.reviews_of(session, project_id)
    assert (review.agreed, review.reviewer_id) == (True, None)


async def test_nobody_reviews_without_an_account(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    with pytest.raises(OwnEntry):
        await agree(database, Actor("somebody", "somebody"), project_id)


async def test_an_entry_is_returned_with_reasons_corrected_and_submitted_again(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    reviewer = await make_officer(database, "reviewer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    with pytest.raises(ReasonsMissing):
        async with database.work() as session:
            await entry.return_entry(session, project_id, "  \n", actor=reviewer, now=NOW)
    async with database.work() as session:
        await entry.return_entry(session, project_id, "补充宗地图\n更正面积", actor=reviewer, now=NOW)
    async with database.reading() as session:
        assert (await service.reviews_of(session, project_id))[0].reasons == "补充宗地图\n更正面积"
    await save(database, officer, land_form(location="合江县榕山镇"), project_id)
    await submit(database, officer, project_id)
    assert (await agree(database, reviewer, project_id)).state == ProjectState.ENTERED


async def test_a_faulty_draft_is_kept_as_typed_and_cannot_be_submitted(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form(area_mu="九亩", deposit="一点点"))
    async with database.reading() as session:
        draft = await service.draft_of(session, project_id)
        problems = await entry.problems_of_draft(session, draft, demonstration=True, now=NOW)
    assert (draft.form["area_mu"], draft.form["deposit"]) == ("九亩", "一点点")
    assert [problem.field for problem in problems] == ["area_mu", "deposit"]
    with pytest.raises(EntryHasProblems) as refusal:
        await submit(database, officer, project_id)
    assert refusal.value.count == 2
    async with database.reading() as session:
        assert (await service.get_project(session, project_id)).state == ProjectState.DRAFT


async def test_saving_the_same_new_form_twice_makes_one_project(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = new_id()
    await asyncio.gather(*(save(database, officer, land_form(), project_id) for _ in range(2)))
    async with database.reading() as session:
        assert [found.id for found in await service.projects_of(session, officer.account_id or new_id())] == [
            project_id
        ]


async def test_only_the_officer_in_charge_changes_and_submits(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    other = await make_officer(database, "other", NOW)
    project_id = await save(database, officer, land_form())
    with pytest.raises(NotYourProject) as refusal:
        await save(database, other, land_form(), project_id)
    assert refusal.value.officer == "officer 演示"
    with pytest.raises(NotYourProject):
        await submit(database, other, project_id)


async def test_nothing_can_be_changed_after_submission(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    with pytest.raises(ProjectMovedOn):
        await save(database, officer, land_form(title="另一个"), project_id)
    with pytest.raises(ProjectMovedOn):
        await submit(database, officer, project_id)


async def test_an_entry_whose_dates_have_passed_meanwhile_can_only_be_returned(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    reviewer = await make_officer(database, "reviewer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    with pytest.raises(EntryHasProblems):
        await agree(database, reviewer, project_id, NOW + timedelta(days=9))
    async with database.reading() as session:
        assert await service.lots_of(session, project_id) == []


async def test_an_entry_taken_back_keeps_its_entry_code_and_can_be_corrected(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    reviewer = await make_officer(database, "reviewer", NOW)
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    code = (await agree(database, reviewer, project_id)).entry_code
    with pytest.raises(NotYourProject):
        async with database.work() as session:
            await entry.take_back(session, project_id, actor=reviewer, now=NOW)
    async with database.work() as session:
        taken = await entry.take_back(session, project_id, actor=officer, now=NOW)
    assert (taken.state, taken.entered_at) == (ProjectState.DRAFT, None)
    await save(database, officer, land_form(location="合江县榕山镇"), project_id)
    await submit(database, officer, project_id)
    assert (await agree(database, reviewer, project_id)).entry_code == code
    async with database.reading() as session:
        [lot] = await service.lots_of(session, project_id)
    assert (lot.location, parse_deal_code(str(lot.deal_code)).number) == ("合江县榕山镇", 2)


async def test_two_reviewers_at_once_give_one_entry_code(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    reviewers = [await make_officer(database, f"reviewer{number}", NOW) for number in range(2)]
    project_id = await save(database, officer, land_form())
    await submit(database, officer, project_id)
    results = await asyncio.gather(
        *(agree(database, reviewer, project_id) for reviewer in reviewers), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Project", "ProjectMovedOn"]


async def test_codes_of_one_day_are_numbered_and_begin_anew_the_next(database: Database) -> None:
    async def number_of(form: dict[str, str], now: datetime) -> int:
        project_id, _ = await enter(database, form, now)
        async with database.reading() as session:
            return parse_entry_code(str((await service.get_project(session, project_id)).entry_code)).number

    later = NOW + timedelta(days=1)
    assert [await number_of(demonstration_form(NOW), NOW) for _ in range(2)] == [1, 2]
    assert await number_of(demonstration_form(later), later) == 1


async def test_a_reserve_is_sealed_and_only_its_commitment_is_told(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form(has_reserve="yes", reserve_price="25,000,000.77"))
    await submit(database, officer, project_id)
    await agree(database, await make_officer(database, "reviewer", NOW), project_id)
    async with database.reading() as session:
        [lot] = await service.lots_of(session, project_id)
        sealed = await service.sealed_reserve_of(session, lot.id)
        assert sealed is not None
        assert sealed.price == Money(2_500_000_077)
        assert sealed.commitment == reserve_commitment(lot.id, sealed.price, sealed.salt)
        draft = await session.get_one(ProjectDraft, project_id)
        history = await service.history_of(session, project_id)
    assert [found.body for found in history if found.kind == "reserve_sealed"] == [{"commitment": sealed.commitment}]
    told = str(draft.form) + "".join(str(found.body) for found in history)
    assert "25,000,000.77" not in told
    assert "2500000077" not in told
    assert sealed.salt.hex() not in told


async def test_a_sealed_reserve_stays_when_the_draft_is_saved_without_typing_it_again(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = await save(database, officer, land_form(has_reserve="yes", reserve_price="25000000"))
    await save(database, officer, land_form(has_reserve="yes", location="合江县榕山镇"), project_id)
    await submit(database, officer, project_id)
    async with database.reading() as session:
        assert len(list(await session.scalars(select(ReservePrice)))) == 1


async def test_a_cap_set_below_the_sealed_reserve_needs_another_reserve(database: Database) -> None:
    """Whoever lowers the amounts afterwards cannot leave a reserve behind with which the lot could never be sold."""
    officer = await make_officer(database, "officer", NOW)
    form = demonstration_form(NOW, selling_method="timed_bidding", window_s="60", has_reserve="yes")
    project_id = await save(database, officer, form | {"reserve_price": "25000000"})
    await save(database, officer, form | {"cap_rule": "draw_by_lot", "cap": "24000000"}, project_id)
    with pytest.raises(EntryHasProblems):
        await submit(database, officer, project_id)
    await save(database, officer, form | {"cap_rule": "draw_by_lot", "cap": "25000000"}, project_id)
    await submit(database, officer, project_id)


async def test_a_reserve_typed_anew_replaces_the_one_before(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    form = land_form(has_reserve="yes")
    project_id = await save(database, officer, form | {"reserve_price": "25000000"})
    await save(database, officer, form | {"reserve_price": "26000000"}, project_id, NOW + timedelta(minutes=1))
    await submit(database, officer, project_id)
    await agree(database, await make_officer(database, "reviewer", NOW), project_id)
    async with database.reading() as session:
        [lot] = await service.lots_of(session, project_id)
        sealed = await service.sealed_reserve_of(session, lot.id)
    assert sealed is not None
    assert sealed.price == Money.from_wan("2600")


async def test_a_reserve_below_the_starting_price_is_not_sealed(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    await save(database, officer, land_form(has_reserve="yes", reserve_price="1"))
    async with database.reading() as session:
        assert list(await session.scalars(select(ReservePrice))) == []


async def test_a_lot_without_reserve_has_none(database: Database) -> None:
    _, lot = await enter(database, land_form())
    async with database.reading() as session:
        assert await service.sealed_reserve_of(session, lot.id) is None


async def test_what_cannot_be_stored_as_text_is_dropped_from_a_draft_and_told(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    project_id = new_id()
    async with database.work() as session:
        judged = await entry.save_draft(
            session, project_id, land_form(title="a\x00b"), actor=officer, demonstration=True, now=NOW
        )
    assert [problem.field for problem in judged.problems] == ["title"]
    async with database.reading() as session:
        assert (await service.draft_of(session, project_id)).form["title"] == "ab"


async def test_the_demonstration_profile_is_not_offered_outside_the_demonstration(database: Database) -> None:
    officer = await make_officer(database, "officer", NOW)
    async with database.work() as session:
        judged = await entry.save_draft(
            session, new_id(), demonstration_form(NOW), actor=officer, demonstration=False, now=NOW
        )
    assert [problem.field for problem in judged.problems] == ["rule_profile"]


async def test_what_does_not_exist_is_not_found(database: Database) -> None:
    async with database.reading() as session:
        for lookup in (service.get_lot, service.lock_lot):
            with pytest.raises(LotNotFound):
                await lookup(session, new_id())
        for find in (service.get_project, service.get_public_project, service.lock_project, service.draft_of):
            with pytest.raises(ProjectNotFound):
                await find(session, new_id())


async def test_an_unpublished_project_does_not_exist_to_the_public(database: Database) -> None:
    project_id, _ = await enter(database, land_form())
    async with database.reading() as session:
        with pytest.raises(ProjectNotFound):
            await service.get_public_project(session, project_id)

"""Preparing, releasing and publishing announcements: two people, one moment, exactly once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.projects.forms import NOW
from tests.projects.kind_forms import form_of_kind
from tests.projects.people import make_officer
from tests.publication.release_stage import CHANGE, SALE, Stage, entered
from trading.kernel.database import Database
from trading.kernel.errors import Outdated
from trading.kernel.ids import new_id
from trading.projects import entry
from trading.projects import service as projects
from trading.projects.rules import EntryHasProblems, NotYourProject, ProjectKind, ProjectState
from trading.publication import releasing
from trading.publication.fact_words import label
from trading.publication.release_rules import (
    AlreadyBeingPrepared,
    FactsDiffer,
    KindNotOffered,
    MomentNotAhead,
    NotYourAnnouncement,
    ReleaseMovedOn,
    ReleaseNotFound,
    ReleaseState,
    ReturnReasonsMissing,
    SameOfficerReleases,
)
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementKind
from trading.publication.service import facts_of


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await entered(database)


async def test_one_officer_prepares_and_another_releases_at_once(stage: Stage) -> None:
    release = await stage.prepare()
    assert await stage.announcements() == []
    await stage.release(release)
    [sale] = await stage.announcements()
    assert (sale.kind, sale.published_by, sale.release_id) == ("sale", stage.second.reference, release.id)
    assert sale.text is not None
    assert "23,610,000.00 元" in sale.text
    history = await stage.told()
    assert history[-4:] == [
        "announcement_prepared",
        "announcement_released",
        "project_published",
        "announcement_published",
    ]
    async with stage.database.reading() as session:
        last = (await projects.history_of(session, stage.project_id))[-1]
    assert last.body["text_sha256"] == sale.text_hash
    assert last.body["planned_for"] == "2026-11-02T01:30:00.000000Z"


async def test_who_prepared_it_never_releases_or_returns_it(stage: Stage) -> None:
    release = await stage.prepare()
    with pytest.raises(SameOfficerReleases):
        await stage.release(release, actor=stage.first)
    with pytest.raises(SameOfficerReleases):
        async with stage.database.work() as work:
            await releasing.return_to_preparer(work, release.id, "x", actor=stage.first, now=NOW)
    with pytest.raises(Exception, match="two_people"):
        async with stage.database.work() as work:
            await work.execute(text("UPDATE announcement_releases SET released_by = prepared_by"))


async def test_only_the_officer_in_charge_prepares_and_only_what_fits(stage: Stage) -> None:
    with pytest.raises(NotYourProject):
        async with stage.database.work() as work:
            await releasing.prepare(work, stage.project_id, SALE, actor=stage.second, now=NOW)
    for kind in set(AnnouncementKind) - {AnnouncementKind.SALE}:
        with pytest.raises(KindNotOffered):
            await stage.prepare(Draft(kind, CHANGE))
    await stage.prepare()
    with pytest.raises(AlreadyBeingPrepared):
        await stage.prepare()


async def test_it_is_published_at_its_moment_and_not_before(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
    moment = NOW + timedelta(hours=23, minutes=30)
    assert release.publish_at == moment
    assert await stage.publish_next(moment - timedelta(seconds=1)) is None
    assert await stage.announcements() == []
    assert await stage.publish_next(moment) == release.id
    [sale] = await stage.announcements()
    assert sale.published_at == moment
    assert (await stage.state(release)).state == ReleaseState.PUBLISHED


async def test_after_an_outage_it_is_published_at_once_and_both_moments_are_recorded(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
    late = NOW + timedelta(days=2)
    await stage.publish_next(late)
    found = await stage.state(release)
    assert (found.publish_at, found.published_at) == (NOW + timedelta(hours=23, minutes=30), late)
    async with stage.database.reading() as session:
        last = (await projects.history_of(session, stage.project_id))[-1]
    assert (last.body["planned_for"], last.at) == ("2026-11-03T01:00:00.000000Z", late)


async def test_two_ticks_at_once_publish_it_exactly_once(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
    later = NOW + timedelta(days=1)
    done = await asyncio.gather(*(stage.publish_next(later) for _ in range(8)))
    assert [one for one in done if one is not None] == [release.id]
    assert len(await stage.announcements()) == 1
    assert (await stage.told()).count("announcement_published") == 1


async def test_a_server_killed_in_the_middle_leaves_it_due(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
    later = NOW + timedelta(days=1)
    async with stage.database.reading() as killed:  # everything is done but the commit
        assert await releasing.publish_next(killed, later) == release.id
    assert await stage.announcements() == []
    assert await stage.publish_next(later) == release.id
    assert await stage.publish_next(later) is None
    [sale] = await stage.announcements()
    assert sale.number == "出让公告〔2026〕0001号"


async def test_the_database_itself_takes_one_announcement_of_a_release_and_a_lot(stage: Stage) -> None:
    sale = await stage.published()
    twice = (
        "INSERT INTO announcements (id, number, kind, project_id, lot_id, title, facts, facts_hash, release_id,"
        " published_at, published_by, is_demonstration) SELECT gen_random_uuid(), 'x', kind, project_id, lot_id, title,"
        " facts, facts_hash, release_id, published_at, published_by, is_demonstration FROM announcements"
    )
    with pytest.raises(Exception, match="ix_announcements_release"):
        async with stage.database.work() as work:
            await work.execute(text(twice))
    assert sale.release_id is not None


async def test_what_no_longer_fits_the_project_goes_back_with_the_reason(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
    async with stage.database.work() as work:
        await entry.take_back(work, stage.project_id, actor=stage.first, now=NOW)
    assert await stage.publish_next(NOW + timedelta(days=1)) == release.id
    found = await stage.state(release)
    assert found.state == ReleaseState.RETURNED
    assert found.reasons
    assert found.published_at is None
    assert await stage.announcements() == []
    assert await stage.publish_next(NOW + timedelta(days=1)) is None


async def test_a_changed_fact_is_named_and_stops_release_and_publication(stage: Stage) -> None:
    waiting = await stage.prepare()

    async def raise_price(session: AsyncSession) -> None:
        await session.execute(text("UPDATE lots SET starting_price_fen = 1, deposit_fen = 1"))

    async with stage.database.work() as work:
        await raise_price(work)
    with pytest.raises(FactsDiffer) as refusal:
        await stage.release(waiting)
    assert refusal.value.names == f"{label('deposit_fen')}, {label('starting_price_fen')}"
    with pytest.raises(FactsDiffer):
        await stage.release(waiting, "2026-11-03 09:00")
    async with stage.database.reading() as session:
        assert (await projects.get_project(session, stage.project_id)).state == ProjectState.ENTERED
    again = await stage.prepare(release_id=waiting.id)
    assert (again.id, again.state) == (waiting.id, ReleaseState.PREPARED)
    await stage.release(again)
    assert len(await stage.announcements()) == 1


async def test_a_moment_at_which_the_periods_would_be_too_short_is_refused_at_once(stage: Stage) -> None:
    release = await stage.prepare()
    with pytest.raises(EntryHasProblems):
        await stage.release(release, "2026-11-20 09:00")  # ten days before the start, twenty are asked
    assert (await stage.state(release)).state == ReleaseState.PREPARED
    async with stage.database.reading() as session:
        assert (await projects.get_project(session, stage.project_id)).state == ProjectState.ENTERED


@pytest.mark.parametrize("moment", ["2026-11-02 09:28", "2027-11-03 09:00", "x", "2026-13-45 09:00", "＊"])
async def test_a_moment_that_is_none_is_refused(stage: Stage, moment: str) -> None:
    release = await stage.prepare()
    with pytest.raises(MomentNotAhead):
        await stage.release(release, moment)


async def test_until_the_moment_both_can_call_it_back_and_nobody_else(database: Database, stage: Stage) -> None:
    stranger = await make_officer(database, "third", NOW)
    for actor in (stage.first, stage.second):
        release = await stage.release(await stage.prepare(), "2026-11-03 09:00")
        async with database.work() as work:
            with pytest.raises(NotYourAnnouncement):
                await releasing.call_back(work, release.id, actor=stranger, now=NOW)
            await releasing.call_back(work, release.id, actor=actor, now=NOW)
        assert await stage.publish_next(NOW + timedelta(days=2)) is None
        with pytest.raises(ReleaseMovedOn):
            await stage.release(release)


async def test_called_back_and_published_at_once_only_one_of_them_happens(stage: Stage) -> None:
    release = await stage.release(await stage.prepare(), "2026-11-03 09:00")

    async def call_back() -> bool:
        try:
            async with stage.database.work() as work:
                await releasing.call_back(work, release.id, actor=stage.first, now=NOW)
        except Outdated:
            return False
        return True

    called_back, published = await asyncio.gather(call_back(), stage.publish_next(NOW + timedelta(days=1)))
    assert called_back != (published is not None)
    assert len(await stage.announcements()) == (published is not None)


async def test_two_officers_release_it_once(database: Database, stage: Stage) -> None:
    third, release = await make_officer(database, "third", NOW), await stage.prepare()
    done = await asyncio.gather(stage.release(release), stage.release(release, actor=third), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["AnnouncementRelease", "ReleaseMovedOn"]
    assert len(await stage.announcements()) == 1


async def test_who_releases_has_read_what_is_released(stage: Stage) -> None:
    release = await stage.prepare()
    async with stage.database.work() as work:
        with pytest.raises(ReleaseMovedOn):
            await releasing.release_at(work, release.id, typed_moment="", seen="0" * 64, actor=stage.second, now=NOW)


async def test_it_is_returned_with_reasons_and_prepared_again(stage: Stage) -> None:
    release = await stage.prepare()
    async with stage.database.work() as work:
        for nothing in ("", "  ", "x" * 2001):
            with pytest.raises(ReturnReasonsMissing):
                await releasing.return_to_preparer(work, release.id, nothing, actor=stage.second, now=NOW)
        await releasing.return_to_preparer(work, release.id, "日期有误<b>", actor=stage.second, now=NOW)
    with pytest.raises(ReleaseMovedOn):
        await stage.release(release)
    await stage.release(await stage.prepare(release_id=release.id))
    assert (await stage.told()).count("announcement_returned") == 1
    with pytest.raises(ReleaseNotFound):
        await stage.prepare(release_id=new_id())


async def test_the_announcement_of_a_mining_right_says_its_term_once(database: Database) -> None:
    stage = await entered(database, form_of_kind(ProjectKind.MINING))
    told = await stage.published()
    assert told.text is not None
    assert told.text.count("10 年") == 1
    assert [one["value"] for one in facts_of(told)["particulars"] if one["value"].startswith("10 ")] == []

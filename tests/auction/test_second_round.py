"""The second round of a lot that nobody bid for: once, with a bounded cut, through the whole entry."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient

from auction import service as auctions
from tests.conftest import Urls
from tests.projects.forms import NOW, demonstration_form, land_form
from tests.projects.people import CODES, make_account, make_officer
from tests.projects.visitor import signed_in
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import LARGEST_FEN, Money
from trading.projects import entry, service
from trading.projects.profile_types import confirmed
from trading.projects.profiles import PROFILES, PROPERTY_ONLINE
from trading.projects.rules import EntryHasProblems, LotState, NotYourProject, ProjectState, Withdrawn
from trading.projects.second_round import begin_second_round, second_round_standing
from trading.projects.second_round_rules import (
    Bounds,
    CutOutOfBounds,
    NoSecondRound,
    SecondRoundBegun,
    judge_second_round,
)
from trading.publication import service as publication
from trading.settings import Settings

FIRST = Money(2_361_000_000)  # 23,610,000 yuan
LEAST = Money(1_888_800_000)  # less 20 percent
VALUED = {"selling_method": "online_auction", "window_s": "", "valuation": "30,000,000"}


class People:
    """Two officers, and the lot that nobody bid for."""

    def __init__(self, officer: Actor, reviewer: Actor, lot_id: UUID, now: datetime) -> None:
        self.officer, self.reviewer, self.lot_id, self.now = officer, reviewer, lot_id, now

    async def begin(self, database: Database, starting: Money = LEAST, actor: Actor | None = None) -> UUID:
        async with database.work() as work:
            return await begin_second_round(
                work, self.lot_id, starting, actor=actor or self.officer, demonstration=True, now=self.now
            )


async def published(database: Database, officer: Actor, reviewer: Actor, now: datetime, **changed: str) -> UUID:
    """A published project with one lot; returns the lot."""
    project_id = new_id()
    async with database.work() as work:
        form = demonstration_form(now, **VALUED | changed)
        judged = await entry.save_draft(work, project_id, form, actor=officer, demonstration=True, now=now)
        assert judged.problems == ()
    return await agreed_and_published(database, project_id, officer, reviewer, now)


async def agreed_and_published(
    database: Database, project_id: UUID, officer: Actor, reviewer: Actor, now: datetime
) -> UUID:
    async with database.work() as work:
        await entry.submit(work, project_id, actor=officer, demonstration=True, now=now)
        await entry.agree_to_entry(work, project_id, CODES, actor=reviewer, demonstration=True, now=now)
        [announcement] = await publication.publish_sale(work, project_id, actor=officer, now=now)
    assert announcement.lot_id is not None
    return announcement.lot_id


@pytest.fixture
async def people(database: Database, now: datetime) -> People:
    """A lot that nobody bid for: its online auction ended by the clock."""
    officer = await make_officer(database, "officer", now)
    reviewer = await make_officer(database, "reviewer", now)
    lot_id = await published(database, officer, reviewer, now)
    return People(officer, reviewer, lot_id, await ended(database, lot_id, now))


async def ended(database: Database, lot_id: UUID, now: datetime) -> datetime:
    starts_at = now + timedelta(minutes=2)
    async with database.work() as work:
        await auctions.prepare(work, lot_id, now)
        assert await auctions.advance_due(work, starts_at) == [lot_id]
    later = starts_at + timedelta(minutes=3)
    async with database.work() as work:
        assert await auctions.advance_due(work, later) == [lot_id]
        assert (await service.get_lot(work, lot_id)).state == LotState.WITHDRAWN
    return later


async def test_a_lot_that_nobody_bid_for_goes_through_entry_review_and_publication_again(
    database: Database, people: People
) -> None:
    """法释〔2016〕18号 art. 26: cut by at most 20 percent of the first starting price."""
    begun = await people.begin(database)
    async with database.work() as work:
        draft = await service.draft_of(work, begun)
        assert draft.second_round_of == people.lot_id
        assert (draft.form["starting_price"], draft.form["starts_at"]) == (LEAST.yuan, "")
        assert draft.form["parcel_number"] == "HJ-2026-051"
        dates = demonstration_form(people.now)
        form = draft.form | {name: dates[name] for name in dates if name.endswith("_at")}
        judged = await entry.save_draft(work, begun, form, actor=people.officer, demonstration=True, now=people.now)
        assert judged.problems == (), "63 percent of the valuation is enough in a second round"
    second = await agreed_and_published(database, begun, people.officer, people.reviewer, people.now)
    async with database.reading() as session:
        lot = await service.get_lot(session, second)
        assert (lot.second_round_of, lot.starting_price_fen) == (people.lot_id, LEAST.fen)
        for stream in (f"lot:{people.lot_id}", f"project:{begun}"):
            told = [row.body for row in await journal_store.read(session, stream) if row.kind == "second_round_begun"]
            assert [body["starting_price_fen"] for body in told] == [LEAST.fen]
    await ended(database, second, people.now)
    with pytest.raises(NoSecondRound):
        await People(people.officer, people.reviewer, second, people.now).begin(database, LEAST)


async def test_the_announcement_of_a_second_round_says_so_and_leads_to_the_first(
    database: Database, urls: Urls, settings: Settings, people: People
) -> None:
    begun = await people.begin(database)
    dates = demonstration_form(people.now)
    async with database.work() as work:
        draft = await service.draft_of(work, begun)
        form = draft.form | {name: dates[name] for name in dates if name.endswith("_at")}
        await entry.save_draft(work, begun, form, actor=people.officer, demonstration=True, now=people.now)
    second = await agreed_and_published(database, begun, people.officer, people.reviewer, people.now)
    async with database.reading() as session:
        [told] = await publication.announcements_of(session, begun)
        first_lot = await service.get_lot(session, people.lot_id)
        [first] = await publication.announcements_of(session, first_lot.project_id)
    assert (told.lot_id, told.title) == (second, "合江县县城第51号地块国有建设用地使用权出让公告（再次拍卖）")
    assert "再次拍卖" not in first.title
    assert publication.facts_of(told)["second_round_of"] == {
        "lot": str(people.lot_id),
        "deal_code": first_lot.deal_code,
        "starting_price_fen": FIRST.fen,
        "number": first.number,
    }
    assert "second_round_of" not in publication.facts_of(first)
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        page = (await client.get(f"/announcements/{told.id}", headers={"accept": "text/html"})).text
        of_first = (await client.get(f"/announcements/{first.id}", headers={"accept": "text/html"})).text
        lot = (await client.get(f"/lots/{second}", headers={"accept": "text/html"})).text
    assert f'href="/lots/{people.lot_id}"' in lot
    assert f'<a href="/lots/{people.lot_id}">{first.number}</a>' in page
    assert "前次拍卖无人出价" in page
    assert "前次拍卖无人出价" not in of_first


async def test_it_is_begun_once_by_the_officer_in_charge_and_within_the_cut(database: Database, people: People) -> None:
    for starting in (LEAST - Money(1), FIRST + Money(1), Money(0)):
        with pytest.raises(CutOutOfBounds):
            await people.begin(database, starting)
    with pytest.raises(NotYourProject):
        await people.begin(database, actor=people.reviewer)
    begun = await people.begin(database, FIRST)
    with pytest.raises(SecondRoundBegun):
        await people.begin(database)
    async with database.reading() as session:
        standing = await second_round_standing(session, await service.get_lot(session, people.lot_id))
        assert standing is not None
        assert (standing.project_id, standing.bounds.least) == (begun, LEAST)


async def test_the_draft_of_a_second_round_cannot_be_cut_deeper_or_sold_in_another_way(
    database: Database, people: People
) -> None:
    begun = await people.begin(database)
    dates = demonstration_form(people.now)
    async with database.work() as work:
        form = (await service.draft_of(work, begun)).form
        form = form | {name: dates[name] for name in dates if name.endswith("_at")}
        spoilt = {"starting_price": "18,887,999.99", "deposit": "4722000"}
        judged = await entry.save_draft(
            work, begun, form | spoilt, actor=people.officer, demonstration=True, now=people.now
        )
        assert [problem.field for problem in judged.problems] == ["starting_price"]
    with pytest.raises(EntryHasProblems):
        async with database.work() as work:
            await entry.submit(work, begun, actor=people.officer, demonstration=True, now=people.now)
    async with database.work() as work:
        other = form | {"selling_method": "timed_bidding", "window_s": "30"}
        judged = await entry.save_draft(work, begun, other, actor=people.officer, demonstration=True, now=people.now)
        assert [problem.field for problem in judged.problems] == ["selling_method"]


async def test_only_a_lot_that_nobody_bid_for_in_an_online_auction_has_a_second_round(
    database: Database, now: datetime
) -> None:
    officer = await make_officer(database, "officer", now)
    reviewer = await make_officer(database, "reviewer", now)
    for changed, reason in [
        ({}, "below_reserve"),
        ({}, "by_order"),
        ({}, None),
        ({"selling_method": "timed_bidding", "window_s": "30"}, "nobody_bid"),
    ]:
        lot_id = await published(database, officer, reviewer, now, **changed)
        async with database.work() as work:
            await service.open_contest(work, lot_id, now=now, actor=officer)
            if reason is not None:
                await service.conclude_lot(work, lot_id, outcome=Withdrawn(reason), now=now, actor=officer)
        with pytest.raises(NoSecondRound):
            await People(officer, reviewer, lot_id, now).begin(database)


async def test_the_projects_page_has_the_form_and_then_the_way_to_the_new_project(
    database: Database, urls: Urls, settings: Settings, now: datetime
) -> None:
    account = await make_account(database, "in-charge", now, Role.OFFICER)
    reviewer = await make_officer(database, "reviewer", now)
    officer = Actor(f"account:{account.id}", account.display_name, account.id, frozenset({Role.OFFICER}))
    lot_id = await published(database, officer, reviewer, now)
    await ended(database, lot_id, now)
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as client:
        visitor = await signed_in(client, database, account)
        async with database.reading() as session:
            project_id = (await service.get_lot(session, lot_id)).project_id
            assert (await service.get_project(session, project_id)).state in (
                ProjectState.CONCLUDED,
                ProjectState.FILED,
            )
        page = await visitor.get(f"/officer/projects/{project_id}")
        assert 'value="18,888,000.00"' in page.text
        refused = await visitor.post(f"/officer/lots/{lot_id}/second-round", {"starting_price": "much"})
        assert refused.status == 422
        refused = await visitor.post(f"/officer/lots/{lot_id}/second-round", {"starting_price": "18887999"})
        assert refused.status == 422
        assert "between 18,888,000.00 yuan and 23,610,000.00 yuan." in refused.text
        begun = await visitor.post(f"/officer/lots/{lot_id}/second-round", {"starting_price": "20,000,000"})
        assert begun.status == 303
        draft = await visitor.get(begun.location)
        assert 'value="20,000,000.00"' in draft.text
        page = await visitor.get(f"/officer/projects/{project_id}")
        assert f'href="{begun.location}"' in page.text


# --- the bounds ----------------------------------------------------------------------------------------------------


@given(st.integers(1, LARGEST_FEN), st.integers(0, 100))
def test_the_cut_is_never_deeper_than_the_percentage_and_is_exact_to_the_fen(fen: int, percent: int) -> None:
    bounds = Bounds(Money(fen), confirmed(percent, "test"))
    least = bounds.least.fen
    assert (fen - least) * 100 <= fen * percent < (fen - least + 1) * 100
    bounds.check(bounds.least)
    bounds.check(Money(fen))
    for outside in (least - 1, fen + 1):
        with pytest.raises(CutOutOfBounds):
            bounds.check(Money(outside))


def test_everything_else_that_is_wrong_with_an_entry_is_told_as_well() -> None:
    form = land_form(
        rule_profile=PROPERTY_ONLINE.name,
        selling_method="online_auction",
        starting_price="18,887,999",
        valuation="30,000,000",
        deposit="1",
        starts_at="",
        registration_closes_at="",
    )
    assert PROPERTY_ONLINE.online is not None
    bounds = Bounds(FIRST, PROPERTY_ONLINE.online.second_round_cut_percent)
    judged = judge_second_round(form, PROFILES, NOW, bounds)
    found = [problem.field for problem in judged.problems]
    assert found == ["starting_price", "deposit", "registration_closes_at", "starts_at"]
    assert judged.entry is None
    assert judged.problems[0].source == PROPERTY_ONLINE.online.second_round_cut_percent.source

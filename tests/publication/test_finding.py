"""Finding announcements by words, filters and pages, and everything that can stand in the address."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from tests.auction.selling import publish_lot
from tests.conftest import Urls
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects.models import Lot
from trading.projects.rules import LotState
from trading.projects.stages import Stage, lots_at, open_counts, open_lots, stage_of
from trading.publication import asking, finding
from trading.publication.finding import COUNTED_TO, PAGE_LENGTH, WALKED_TO, WORDS_COUNTED_TO, Order, Search
from trading.publication.listing import region_of
from trading.publication.rules import AnnouncementKind
from trading.publication.search import indexed_words, query_words
from trading.tables import metadata

MIGRATION = Path(finding.__file__).parents[1] / "migrations" / "versions" / "0010_the_portal.py"


async def lay(session: AsyncSession, count: int, now: datetime, *, words: str = "合江县荔江镇道路工程") -> list[UUID]:
    """So many announcements of one lot, one a minute, the last one now."""
    sale = await publish_lot(session, now=now, bidders=0)
    made = [new_id() for _ in range(count)]
    row = {"kind": "sale", "project": sale.project_id, "lot": sale.lot_id, "words": indexed_words(words)}
    rows = [
        row | {"id": each, "number": f"{each}", "at": now - timedelta(minutes=count - 1 - place), "price": 1 + place}
        for place, each in enumerate(made)
    ]
    await session.execute(
        text(
            "INSERT INTO announcements (id, number, kind, project_id, lot_id, title, facts, facts_hash, published_at,"
            " published_by, is_demonstration)"
            " VALUES (:id, :number, :kind, :project, :lot, '题', '{}', '', :at, 's', true)"
        ),
        rows,
    )
    await session.execute(
        text(
            "INSERT INTO listed_announcements (announcement_id, published_at, kind, project_kind, region, price_fen,"
            " project_id, lot_id, words) VALUES (:id, :at, :kind, 'land', '荔江镇', :price, :project, :lot,"
            " to_tsvector('simple', :words))"
        ),
        rows,
    )
    return made


@pytest.mark.parametrize("order", list(Order))
async def test_pages_of_every_order_hold_everything_once(session: AsyncSession, now: datetime, order: Order) -> None:
    made = await lay(session, 47, now)
    for typed in ("", "道路"):
        pages = [await finding.find(session, Search(typed, order=order, page=page), now) for page in (1, 2, 3)]
        seen = [hit.announcement.id for page in pages for hit in page.hits]
        assert sorted(seen) == sorted(made)
        assert seen == (made if order in (Order.OLDEST, Order.CHEAPEST) else made[::-1])
        assert {page.total for page in pages} == {47}


async def test_a_page_beyond_the_last_is_the_last(session: AsyncSession, now: datetime) -> None:
    made = await lay(session, 22, now)
    found = await finding.find(session, Search(page=9_999_999), now)
    assert (found.page, [hit.announcement.id for hit in found.hits]) == (2, made[1::-1])
    nothing = await finding.find(session, Search("没有的词", page=7), now)
    assert (nothing.hits, nothing.total, nothing.pages, nothing.page) == ([], 0, 1, 1)


async def test_counting_stops_and_says_so(
    session: AsyncSession, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WORDS_COUNTED_TO", 30)
    monkeypatch.setattr(finding, "WALKED_TO", 20)
    monkeypatch.setattr(finding, "PAGE_LENGTH", 10)
    made = await lay(session, 31, now)
    found = await finding.find(session, Search("道路", page=9), now, length=10)
    assert (found.is_more, found.total, found.reached, found.page) == (True, 30, 20, 2)
    assert [hit.announcement.id for hit in found.hits] == made[::-1][10:20]
    assert found.facets == {}
    exact = await finding.find(session, Search("道路", highest=Money(30)), now, length=10)
    assert (exact.is_more, exact.total) == (False, 30)


def test_the_limits_end_at_whole_pages() -> None:
    assert COUNTED_TO % PAGE_LENGTH == WORDS_COUNTED_TO % PAGE_LENGTH == WALKED_TO % PAGE_LENGTH == 0


async def test_prices_and_days_include_both_ends(session: AsyncSession, now: datetime) -> None:
    made = await lay(session, 5, now)
    found = await finding.find(session, Search(lowest=Money(2), highest=Money(4)), now)
    assert {hit.announcement.id for hit in found.hits} == set(made[1:4])
    day = (now + timedelta(hours=8)).date()
    assert (await finding.find(session, Search(first_day=day, last_day=day), now)).total == 5
    assert (await finding.find(session, Search(first_day=day + timedelta(days=1)), now)).total == 0


async def test_facets_count_what_would_be_left(session: AsyncSession, now: datetime) -> None:
    await lay(session, 3, now)
    found = await finding.find(session, Search(), now)
    assert found.facets == {"kind": {"sale": 3}, "project_kind": {"land": 3}, "region": {"荔江镇": 3}}
    assert await finding.regions(session) == ["荔江镇"]


_MOMENTS = st.sampled_from([-2, -1, 0, 1, 2])


async def test_a_lot_stands_at_one_stage_and_the_condition_for_many_agrees(
    session: AsyncSession, now: datetime
) -> None:
    made: list[UUID] = []
    for state in LotState:
        for opens, closes, suspended in ((-2, -1, None), (-1, 1, None), (1, 2, None), (-2, -1, -2), (-2, 0, None)):
            sale = await publish_lot(
                session,
                now=now,
                bidders=0,
                state=state,
                registration_opens_at=now + timedelta(hours=opens),
                registration_closes_at=now + timedelta(hours=closes),
                suspended_at=None if suspended is None else now + timedelta(hours=suspended),
            )
            made.append(sale.lot_id)
    lots = {lot.id: lot for lot in await session.scalars(select(Lot).where(Lot.id.in_(made)))}
    by_condition: dict[Stage, set[UUID]] = {
        stage: {row[0] for row in await session.execute(lots_at(stage, now))} for stage in Stage if stage != Stage.ENDED
    }
    still_open = {row[0] for row in await session.execute(open_lots())}
    by_condition[Stage.ENDED] = set(made) - still_open
    for identifier, lot in lots.items():
        assert [stage for stage, ids in by_condition.items() if identifier in ids] == [stage_of(lot, now)]
    assert (await open_counts(session, now))[Stage.IN_CONTEST] == len(by_condition[Stage.IN_CONTEST])


@pytest.mark.parametrize("stage", list(Stage))
async def test_an_announcement_is_found_at_the_stage_of_its_lot(
    session: AsyncSession, now: datetime, stage: Stage
) -> None:
    made = await lay(session, 1, now)
    lot = await session.scalar(select(Lot))
    assert lot is not None
    lot.state = {"ended": LotState.SOLD, "in_contest": LotState.CONTEST}.get(stage, LotState.PUBLISHED)
    lot.registration_closes_at = now + timedelta(hours=1 if stage is Stage.TAKING_BIDDERS else -1)
    await session.flush()
    for each in Stage:
        found = await finding.find(session, Search(stage=each), now)
        assert [hit.announcement.id for hit in found.hits] == (made if each is stage else [])


async def test_what_is_new_begins_after_a_moment_and_ends_now(session: AsyncSession, now: datetime) -> None:
    made = await lay(session, 5, now)
    since = now - timedelta(minutes=3)
    for typed in ("", "道路"):
        hits = await finding.newest(session, Search(typed), now - timedelta(minutes=1), limit=9, since=since)
        assert [hit.announcement.id for hit in hits] == [made[3], made[2]]


@given(st.text(max_size=200))
async def test_no_text_breaks_the_address(typed: str) -> None:
    names = [*asking.NAMES, "page"]
    search, _ = asking.search_of(dict.fromkeys(names, typed))
    assert asking.search_at(asking.address_of(search)) == replace(search, page=1)
    assert len(search.typed) <= asking.LONGEST_TEXT


@given(
    st.builds(
        Search,
        typed=st.text("土地出让abc 1-", max_size=20).map(str.strip),
        kind=st.none() | st.sampled_from(AnnouncementKind),
        stage=st.none() | st.sampled_from(Stage),
        region=st.sampled_from(["", "荔江镇"]),
        lowest=st.none() | st.integers(0, 10**13).map(Money),
        highest=st.none() | st.integers(0, 10**13).map(Money),
        first_day=st.none() | st.dates(),
        order=st.sampled_from(Order),
    )
)
def test_an_address_says_all_of_a_search(search: Search) -> None:
    if search.first_day is not None and not 1970 <= search.first_day.year <= 9000:
        search = replace(search, first_day=None)
    assert asking.search_at(asking.address_of(search)) == search


@pytest.mark.parametrize("typed", ["' OR 1=1 --", "\\", "a:*b", "!!", "<->", "(", "%", "字 <-> |", "\u202e", "𠮷" * 90])
async def test_whatever_is_typed_is_looked_for_and_not_run(session: AsyncSession, now: datetime, typed: str) -> None:
    await lay(session, 2, now)
    search, _ = asking.search_of({"q": typed})
    found = await finding.find(session, search, now)
    assert found.total == 0 or query_words(search.typed) == ""


@pytest.mark.parametrize(
    ("place", "township"),
    [
        ("合江县符阳街道少岷南路东侧", "符阳街道"),
        ("四川省泸州市合江县白沙镇", "白沙镇"),
        ("榕山镇垃圾中转站工程", "榕山镇"),
        ("合江县城东新区", ""),
        ("", ""),
    ],
)
def test_the_township_of_a_place_is_read_from_its_name(place: str, township: str) -> None:
    assert region_of({"location": place}) == township
    assert region_of({"lot_title": place}) == township


async def test_old_announcements_are_listed_by_the_migration_as_new_ones_are(
    database: Database, urls: Urls, now: datetime
) -> None:
    """The statements of the migration, run again over what the service listed, list the same."""
    async with database.work() as session:
        made = await lay(session, 2, now)
    async with database.reading() as session:
        before = await _listed(session)
    namespace: dict[str, object] = {}
    exec(_migration(), namespace)  # noqa: S102 - a file of our own
    engine = create_async_engine(urls.owner)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE announcements ADD words tsvector"))
        await connection.execute(
            text(
                "UPDATE announcements a SET words = l.words FROM listed_announcements l WHERE l.announcement_id = a.id"
            )
        )
        facts = '{"starting_price_fen": 1, "location": "合江县荔江镇三江路"}'
        await connection.execute(text("UPDATE announcements SET facts = :facts"), {"facts": facts})
        await connection.execute(text("DELETE FROM listed_announcements"))
        await connection.execute(text(str(namespace["FILL"])))
        await connection.run_sync(namespace["_fill_regions"])  # type: ignore[arg-type]
    await engine.dispose()
    async with database.reading() as session:
        after = await _listed(session)
    assert [row[:5] + row[6:] for row in after] == [row[:5] + row[6:] for row in before]
    assert {row[5] for row in after} == {1}
    assert len(after) == len(made)


def _migration() -> str:
    return MIGRATION.read_text()


async def _listed(session: AsyncSession) -> list[tuple[object, ...]]:
    columns = ("announcement_id", "published_at", "kind", "project_kind", "region", "price_fen", "project_id", "lot_id")
    rows = await session.execute(text(f"SELECT {', '.join(columns)}, words FROM listed_announcements ORDER BY 1"))
    return [tuple(row) for row in rows]


async def test_an_announcement_can_never_be_listed_otherwise(database: Database, now: datetime) -> None:
    async with database.work() as session:
        await lay(session, 1, now)
    with pytest.raises(Exception, match="permission denied"):
        async with database.work() as session:
            await session.execute(text("UPDATE listed_announcements SET region = 'x'"))
    assert metadata.tables["listed_announcements"].info == {"append_only": True}
    assert "words" not in metadata.tables["announcements"].columns

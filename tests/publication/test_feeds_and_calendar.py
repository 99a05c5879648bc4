"""Feeds, sitemap and calendars, read back by the libraries that read them elsewhere."""

import json
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.auction.selling import publish_lot
from tests.conftest import NOON, Urls
from tests.publication.test_finding import lay
from trading.app import create_app
from trading.kernel.database import Database
from trading.projects.models import Lot, Project
from trading.projects.moments import Waited, WaitedMoment, moments_of
from trading.projects.rules import LotState
from trading.publication import calendar, feeds, sitemap
from trading.publication.calendar import NoSuchMonth, Told, icalendar, month_of, next_month, weeks_of
from trading.settings import Settings

WORDS = {what: str(what) for what in Waited}
TODAY = date(2026, 11, 23)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


_ANY_TEXT = st.text(max_size=60)


@given(_ANY_TEXT, _ANY_TEXT)
def test_feeds_say_any_text_and_nothing_else(title: str, about: str) -> None:
    entry = feeds.Entry("01a2", title, "/announcements/1", about, "c", NOON)
    feed = feeds.Feed(
        title, "中心", "http://x", "/announcements?q=a&kind=b", "/a.atom?q=a&kind=b", "zh-CN", [entry], NOON
    )
    root = ET.fromstring(feeds.atom(feed))  # noqa: S314 - made by ourselves
    names = {"a": "http://www.w3.org/2005/Atom"}
    kept = "".join(each if each.isprintable() or each in "\n\t" else "?" for each in title)
    found = root.findtext("a:entry/a:title", None, names) or ""
    assert "".join(each if each.isprintable() or each in "\n\t" else "?" for each in found.replace("\ufffd", "?")) == (
        kept.replace("\ufffd", "?")
    )
    read = json.loads(feeds.json_feed(feed))
    assert read["items"][0]["title"] == title.encode("utf-8", "replace").decode()


async def test_a_search_is_a_feed(client: AsyncTestClient[Litestar], database: Database, now: datetime) -> None:
    async with database.work() as session:
        made = await lay(session, 60, now)
    atom = await client.get("/announcements.atom?q=道路&kind=sale")
    read = feedparser.parse(atom.content)
    assert read.bozo == 0
    assert [entry.id for entry in read.entries] == [f"urn:uuid:{each}" for each in made[:-51:-1]]
    assert read.entries[0].published_parsed[:5] == now.timetuple()[:5]
    assert read.feed.links[0].href.endswith("/announcements.atom?q=%E9%81%93%E8%B7%AF&kind=sale")
    again = await client.get("/announcements.atom?q=道路&kind=sale", headers={"if-none-match": atom.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = (await client.get("/announcements.json?q=没有&language=en")).json()
    assert (other["version"], other["items"], other["language"]) == ("https://jsonfeed.org/version/1.1", [], "en")
    assert "set-cookie" not in atom.headers or "csrftoken" in atom.headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["/announcements.atom", "/announcements.json", "/announcements", "/calendar", "/calendar.ics"]
)
@pytest.mark.parametrize(
    "query",
    [
        "?q=<script>alert(1)</script>&region=<b>&project=x&stage=y&order=z&lowest=NaN&highest=1e9&from=x&to=%00&page=-1",
        "?kind=%F0%28%8C%28&what='&lowest=-1&highest=99999999999999999999",
        "?month=2026-11&kind=land&what=opening",
    ],
)
async def test_no_parameter_breaks_an_address(client: AsyncTestClient[Litestar], path: str, query: str) -> None:
    answer = await client.get(path + query, headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<b>" not in answer.text


async def test_the_sitemap_names_every_announcement(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PART_LENGTH", 2)
    async with database.work() as session:
        made = await lay(session, 5, now)
    index = (await client.get("/sitemap.xml")).text
    assert index.count("<sitemap>") == 3
    parts = [(await client.get(f"/sitemaps/{number}")).text for number in (1, 2, 3)]
    assert [str(each) in parts[place // 2] for place, each in enumerate(made)] == [True] * 5
    assert parts[0].count("<url>") == 2 + 5  # and the pages that are always there
    for part in parts:
        ET.fromstring(part)  # noqa: S314 - made by ourselves
    assert (await client.get("/sitemaps/4")).status_code == 404
    assert (
        f"Sitemap: {index.split('<loc>')[1].split('/sitemaps')[0]}/sitemap.xml"
        in (await client.get("/robots.txt")).text
    )


def test_a_part_of_the_sitemap_has_at_most_fifty_thousand_addresses() -> None:
    assert sitemap.PART_LENGTH == 50_000
    assert [sitemap.parts_of(count) for count in (0, 1, 50_000, 50_001)] == [1, 1, 1, 2]


def moment(title: str = "地块", *, is_cancelled: bool = False) -> WaitedMoment:
    lot = Lot(title=title, state="published", selling_method="auction", deal_code="C01", starts_at=NOON)
    lot.id = lot.project_id = UUID(int=7)
    return WaitedMoment(lot, Project(owner_name="局", title="项目"), Waited.SALE_STARTS, NOON, is_cancelled)


@given(st.text(max_size=300))
def test_a_calendar_says_any_title_and_is_read_back(title: str) -> None:
    plain = title.encode("utf-8", "replace").decode()
    told = [Told(moment(plain), 3, NOON)]
    content = icalendar(told, WORDS, name=plain, public_url="https://example.com", cancelled="取消")
    read = Calendar.from_ical(content)
    [event] = [part for part in read.walk() if isinstance(part, Event)]
    assert str(event["uid"]) == "00000000-0000-0000-0000-000000000007-sale_starts@example.com"
    assert (int(str(event["sequence"])), event.decoded("dtstart")) == (3, NOON)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


def test_what_fell_away_is_cancelled_in_the_calendar() -> None:
    content = icalendar(
        [Told(moment(is_cancelled=True), 1, NOON)], WORDS, name="x", public_url="http://x", cancelled="取消 "
    )
    [event] = [part for part in Calendar.from_ical(content).walk() if isinstance(part, Event)]
    assert str(event["status"]) == "CANCELLED"
    assert str(event["summary"]).startswith("取消 ")


async def test_a_moved_date_is_told_with_a_higher_sequence_and_the_same_name(
    session: AsyncSession, now: datetime
) -> None:
    sale = await publish_lot(session, now=now + timedelta(days=2), bidders=0)
    seen = {}
    for step, moved in enumerate((0, 0, 1, 0, 2)):
        lot = (await session.scalars(select(Lot).where(Lot.id == sale.lot_id))).one()
        lot.starts_at += timedelta(days=moved)
        await session.flush()
        at = now + timedelta(hours=step)
        moments = await calendar.moments_between(session, TODAY, TODAY + timedelta(days=40))
        before = {one.moment.what: one for one in await calendar.with_sequences(session, moments, at)}
        await calendar.note_moved(session, at)
        after = {one.moment.what: one for one in await calendar.with_sequences(session, moments, at)}
        assert before == after  # whoever reads before the tick is told the same
        seen[step] = (after[Waited.SALE_STARTS].sequence, after[Waited.REGISTRATION_CLOSES].sequence)
    assert seen == {0: (0, 0), 1: (0, 0), 2: (1, 0), 3: (1, 0), 4: (2, 0)}
    assert await calendar.note_moved(session, now + timedelta(days=1)) == 0


async def test_a_sale_that_was_called_off_before_its_start_is_cancelled(session: AsyncSession, now: datetime) -> None:
    sale = await publish_lot(session, now=now + timedelta(days=2), bidders=0)
    await calendar.note_moved(session, now)
    lot = (await session.scalars(select(Lot).where(Lot.id == sale.lot_id))).one()
    lot.state, lot.ended_at = LotState.CALLED_OFF, now
    await session.flush()
    moments = await calendar.moments_between(session, TODAY, TODAY + timedelta(days=40), what="sale_starts")
    [told] = await calendar.with_sequences(session, moments, now)
    assert (told.moment.is_cancelled, told.sequence) == (True, 1)


async def test_nothing_of_a_lot_that_is_not_public_stands_in_the_calendar(session: AsyncSession, now: datetime) -> None:
    await publish_lot(session, now=now + timedelta(days=1), bidders=0, state=LotState.ENTERED)
    assert await calendar.moments_between(session, TODAY, TODAY + timedelta(days=40)) == []


def test_a_month_has_whole_weeks_and_every_moment_once() -> None:
    weeks = weeks_of(date(2026, 11, 1), [moment()])
    days = [day for week in weeks for day in week]
    assert [len(week) for week in weeks] == [7] * 6
    assert (days[0].day, days[-1].day) == (date(2026, 10, 26), date(2026, 12, 6))
    assert [day.day for day in days if day.moments] == [date(2026, 11, 23)]
    assert sum(day.is_of_month for day in days) == 30


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_months_follow_one_another(day: date) -> None:
    first = day.replace(day=1)
    assert next_month(next_month(first), -1) == first
    assert next_month(first) - first in {timedelta(days=length) for length in (28, 29, 30, 31)}


@pytest.mark.parametrize("typed", ["x", "2026-13", "2026-1", "0001-01", "9999-12", "2026-11-01", "２０２６-11"])
def test_what_is_no_month_is_refused(typed: str) -> None:
    with pytest.raises(NoSuchMonth):
        month_of(typed, TODAY)


def test_the_moments_of_a_listing_and_of_a_purchase_have_their_own_names() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    listing = Lot(selling_method="listing", state="published", listing_ends_at=at, starts_at=at)
    assert {one.what for one in moments_of(listing, Project())} == {Waited.SALE_STARTS, Waited.LISTING_ENDS}
    purchase = Lot(state="published", bids_close_at=at, opening_at=at, documents_close_at=at)
    assert {one.what for one in moments_of(purchase, Project())} == {
        Waited.BIDS_CLOSE,
        Waited.OPENING,
        Waited.DOCUMENTS_CLOSE,
    }

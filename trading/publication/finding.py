"""Finding announcements: what was asked for, one page of it, how many there are, and what would narrow it.

Two traps were measured with 100,000 announcements. Counting every hit of a common word takes longer than all the rest,
so hits are counted up to `COUNTED_TO` and no further, those of words up to `WORDS_COUNTED_TO`. And a common word
together with an order by date is quick only by walking along the dates, a rare one only by its index; the planner
cannot tell phrases of pairs apart. So the hits are gathered by the index first, up to the same limit: fewer are
sorted, and with more than that a walk soon fills a page; it goes as far as hit number `WALKED_TO`.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from trading.kernel.moments import midnight
from trading.kernel.money import Money
from trading.projects.stages import Stage, lots_at, open_lots
from trading.publication.listing import ListedAnnouncement
from trading.publication.models import Announcement
from trading.publication.rules import AnnouncementKind
from trading.publication.search import query_words

PAGE_LENGTH = 20
COUNTED_TO = 10_000
WORDS_COUNTED_TO = 2_000
WALKED_TO = 500


class Order(StrEnum):
    """In which order hits are shown. Those by price leave out what states none."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DEAREST = "dearest"
    CHEAPEST = "cheapest"


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Days are local and both included, prices too; `page` counts from 1."""

    typed: str = ""
    kind: AnnouncementKind | None = None
    first_day: date | None = None
    last_day: date | None = None
    page: int = 1
    project_kind: str = ""
    region: str = ""
    stage: Stage | None = None
    lowest: Money | None = None
    highest: Money | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Hit:
    """One announcement with what it is listed by."""

    announcement: Announcement
    listed: ListedAnnouncement


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits. `total` is how many there are; `is_more` says that counting stopped there, and pages can be
    turned up to number `reached`.

    `facets` tell for `kind`, `project_kind` and `region` how many hits each value has; empty when counting stopped.
    """

    hits: list[Hit]
    total: int
    page: int
    reached: int
    is_more: bool = False
    facets: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def announcements(self) -> list[Announcement]:
        """The announcements of this page."""
        return [hit.announcement for hit in self.hits]

    @property
    def pages(self) -> int:
        """How many pages can be turned to; one when nothing was found."""
        return max(1, -(-self.reached // PAGE_LENGTH))


async def find(session: AsyncSession, search: Search, now: datetime, *, length: int = PAGE_LENGTH) -> Found:
    """One page of what was looked for. A page beyond the last is the last one."""
    most = counted_to(search)
    place = (min(max(1, search.page), most // length) - 1) * length
    total, ids, facets = await _gather(session, search, now, (place, length))
    if not ids and place:
        place = max(0, (-(-total // length) - 1) * length)
        total, ids, facets = await _gather(session, search, now, (place, length))
    is_more = total > most
    reached = min(total, most)
    if is_more and query_words(search.typed):
        place, reached = min(place, WALKED_TO - length), WALKED_TO
        ids = list(await session.scalars(_walk(search, now).offset(place).limit(length)))
    return Found(
        hits=await _hits(session, ids),
        total=min(total, most),
        page=place // length + 1,
        reached=reached,
        is_more=is_more,
        facets={} if is_more else facets,
    )


def counted_to(search: Search) -> int:
    """Up to how many hits of a search are counted, and can be turned to."""
    return WORDS_COUNTED_TO if query_words(search.typed) else COUNTED_TO


async def newest(
    session: AsyncSession, search: Search, now: datetime, *, limit: int, since: datetime | None = None
) -> list[Hit]:
    """The newest hits in one list: for feeds and mails. With `since`, those published later, and until `now`."""
    search = replace(search, order=Order.NEWEST, page=1)
    if since is None:
        return (await find(session, search, now, length=limit)).hits
    listed = ListedAnnouncement
    later = _walk(search, now).where(listed.published_at > since, listed.published_at <= now)
    return await _hits(session, list(await session.scalars(later.limit(limit))))


async def regions(session: AsyncSession) -> list[str]:
    """The townships that announcements name, each found by one step in the index."""
    listed = ListedAnnouncement
    steps = select(func.min(listed.region).label("region")).where(listed.region > "").cte("steps", recursive=True)
    following = select(func.min(listed.region)).where(listed.region > steps.c.region).scalar_subquery()
    steps = steps.union_all(select(following).where(steps.c.region.is_not(None)))
    return list(await session.scalars(select(steps.c.region).where(steps.c.region.is_not(None))))


async def _gather(
    session: AsyncSession, search: Search, now: datetime, part: tuple[int, int]
) -> tuple[int, list[UUID], dict[str, dict[str, int]]]:
    """How many hits there are (one more than `counted_to` means: more), a part of them (from where, how
    many at most), and the facets.
    """
    listed = ListedAnnouncement
    columns = (
        listed.announcement_id,
        listed.published_at,
        listed.kind,
        listed.project_kind,
        listed.region,
        listed.price_fen,
    )
    query = select(*columns).where(*_conditions(search, now)).limit(counted_to(search) + 1)
    if not query_words(search.typed):
        query = query.order_by(*_order(search.order, listed))
    hits = query.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    order = _order(search.order, hits.c)
    page = select(hits.c.announcement_id, *(_plain(order, hits.c))).order_by(*order).offset(part[0]).limit(part[1])
    on_page = page.subquery("on_page")
    ids = select(func.array_agg(aggregate_order_by(on_page.c.announcement_id, *_order(search.order, on_page.c))))
    facets = []
    for name in ("kind", "project_kind", "region"):
        column = hits.c[name]
        counted = select(column, func.count().label("n")).where(column > "").group_by(column).subquery(name + "s")
        facets.append(select(func.jsonb_object_agg(counted.c[name], counted.c.n)).scalar_subquery())
    total = select(func.count()).select_from(hits).scalar_subquery()
    row = (await session.execute(select(total, ids.scalar_subquery(), *facets))).one()
    named = zip(("kind", "project_kind", "region"), row[2:], strict=True)
    return int(row[0]), list(row[1] or []), {name: counts or {} for name, counts in named}


def _plain(order: list[ColumnElement[Any]], columns: Any) -> list[Any]:
    """The columns that an order needs beside the identifier."""
    return [columns.published_at, columns.price_fen] if order else []


def _order(order: Order, columns: Any) -> list[ColumnElement[Any]]:
    """The order by columns of the table or of a part of a query; identifiers grow with time and settle ties."""
    match order:
        case Order.NEWEST:
            return [columns.published_at.desc(), columns.announcement_id.desc()]
        case Order.OLDEST:
            return [columns.published_at.asc(), columns.announcement_id.asc()]
        case Order.DEAREST:
            return [columns.price_fen.desc(), columns.announcement_id.desc()]
        case Order.CHEAPEST:
            return [columns.price_fen.asc(), columns.announcement_id.asc()]


def _walk(search: Search, now: datetime) -> Select[UUID]:
    """The hits along their order. The words are asked for by a function and not by its operator, which keeps the
    planner from gathering all hits by their index first.
    """
    query = select(ListedAnnouncement.announcement_id).where(*_conditions(search, now, walking=True))
    return query.order_by(*_order(search.order, ListedAnnouncement))


async def _hits(session: AsyncSession, ids: list[UUID]) -> list[Hit]:
    if not ids:
        return []
    query = select(Announcement, ListedAnnouncement).join(
        ListedAnnouncement, ListedAnnouncement.announcement_id == Announcement.id
    )
    query = query.where(Announcement.id.in_(ids)).options(defer(Announcement.facts))
    rows = {row[0].id: Hit(row[0], row[1]) for row in await session.execute(query)}
    return [rows[identifier] for identifier in ids]


def _conditions(search: Search, now: datetime, *, walking: bool = False) -> list[ColumnElement[bool]]:
    listed = ListedAnnouncement
    asked: list[ColumnElement[bool]] = []
    if search.kind is not None:
        asked.append(listed.kind == search.kind)
    if search.project_kind:
        asked.append(listed.project_kind == search.project_kind)
    if search.region:
        asked.append(listed.region == search.region)
    if search.lowest is not None:
        asked.append(listed.price_fen >= search.lowest.fen)
    if search.highest is not None:
        asked.append(listed.price_fen <= search.highest.fen)
    if search.order in (Order.DEAREST, Order.CHEAPEST):
        asked.append(listed.price_fen.is_not(None))
    if search.first_day is not None:
        asked.append(listed.published_at >= midnight(search.first_day))
    if search.last_day is not None:
        asked.append(listed.published_at < midnight(search.last_day + timedelta(days=1)))
    if search.stage is not None:
        asked.append(_at_stage(search.stage, now))
    words = query_words(search.typed)
    if words:
        wanted = func.to_tsquery("simple", words)
        asked.append(func.ts_match_vq(listed.words, wanted) if walking else listed.words.op("@@")(wanted))
    elif search.typed.strip():
        asked.append(false())
    return asked


def _at_stage(stage: Stage, now: datetime) -> ColumnElement[bool]:
    """An announcement stands where its lot stands; one about a whole project, where any of its lots does."""
    listed = ListedAnnouncement
    at = (open_lots() if stage is Stage.ENDED else lots_at(stage, now)).cte(f"lots_{stage}")
    of_lots, of_projects = select(at.c.id), select(at.c.project_id)
    if stage is Stage.ENDED:
        of_project = and_(listed.lot_id.is_(None), listed.project_id.not_in(of_projects))
        return or_(listed.lot_id.not_in(of_lots), of_project)
    return and_(listed.project_id.in_(of_projects), or_(listed.lot_id.is_(None), listed.lot_id.in_(of_lots)))

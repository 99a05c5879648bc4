"""Addresses for machines: feeds of any search, the sitemap, robots.txt. They say the same to everybody."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import NotFound
from trading.kernel.formats import wan
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import language_from, use_language
from trading.kernel.web import PUBLIC
from trading.publication import asking, feeds, finding, sitemap
from trading.publication.finding import Hit
from trading.publication.listing import ListedAnnouncement
from trading.publication.showing import kind_words
from trading.settings import Settings

_ALWAYS_THERE = ("/", "/announcements", "/calendar", "/reports", "/verify")
_UNCHANGED_SINCE = datetime(2014, 1, 1, tzinfo=UTC)  # an empty feed must not look new at every reading
_MACHINE = PUBLIC | {"uncompressed": False}  # no form's token stands in these: they may be compressed


@get("/announcements.atom", opt=_MACHINE)
async def atom_feed(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """A search as Atom."""
    feed = await _feed(request, session, now, settings)
    return conditional(request, feeds.atom(feed), "application/atom+xml; charset=utf-8")


@get("/announcements.json", opt=_MACHINE)
async def json_feed(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """A search as JSON Feed."""
    feed = await _feed(request, session, now, settings)
    return conditional(request, feeds.json_feed(feed), "application/feed+json; charset=utf-8")


@get("/robots.txt", opt=_MACHINE)
async def robots(settings: NamedDependency[Settings]) -> Response[str]:
    """What search engines may ask for."""
    return Response(sitemap.robots(settings.public_url), media_type="text/plain")


@get("/sitemap.xml", opt=_MACHINE)
async def sitemap_index(session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]) -> Response[str]:
    """The index of the sitemap's parts."""
    return _xml(sitemap.index(settings.public_url, sitemap.parts_of(await _count(session))))


@get("/sitemaps/{number:int}", opt=_MACHINE)
async def sitemap_part(
    number: FromPath[int], session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
) -> Response[str]:
    """One part of the sitemap, the oldest announcements in the first, so that a full part never changes again."""
    if not 1 <= number <= sitemap.parts_of(await _count(session)):
        raise NotFound
    listed = ListedAnnouncement
    query = select(listed.announcement_id, listed.published_at).order_by(listed.published_at, listed.announcement_id)
    page = query.offset((number - 1) * sitemap.PART_LENGTH).limit(sitemap.PART_LENGTH)
    rows = [(row[0], row[1]) for row in await session.execute(page)]
    return _xml(sitemap.part(settings.public_url, _ALWAYS_THERE if number == 1 else (), rows))


def conditional(request: Request[Any, Any, Any], content: bytes, media_type: str) -> Response[bytes]:
    """The content with its ETag; 304 without content for whoever has it already."""
    tag = feeds.entity_tag(content)
    headers = {"etag": tag, "cache-control": "public, max-age=60"}
    known = {known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content, media_type=media_type, headers=headers)


async def _feed(
    request: Request[Any, Any, Any], session: AsyncSession, now: datetime, settings: Settings
) -> feeds.Feed:
    """The feed of the search in the address. Chinese unless `language=en` stands there: feeds have no cookies."""
    language = language_from(request.query_params.get("language"))
    use_language(language)
    search, _errors = asking.search_of(request.query_params)
    asked = asking.address_of(search)
    query = f"?{asked}" if asked else ""
    own = query + (("&" if asked else "?") + "language=en" if language == "en" else "")
    centre = settings.centre_name if language == "zh" else settings.centre_name_en
    wanted = f" · {search.typed}" if search.typed else ""
    return feeds.Feed(
        title=f"{centre} · {_('Announcements')}{wanted}",
        author=centre,
        public_url=settings.public_url,
        page=f"/announcements{query}",
        own=f"{request.url.path}{own}",
        language="zh-CN" if language == "zh" else "en",
        entries=[_entry(hit) for hit in await finding.newest(session, search, now, limit=feeds.ENTRIES)],
        empty_since=_UNCHANGED_SINCE,
    )


def _entry(hit: Hit) -> feeds.Entry:
    announcement, listed = hit.announcement, hit.listed
    about = [announcement.number, listed.region]
    if listed.price_fen is not None:
        about.append(_("Starting price or budget") + _(": ") + f"{wan(listed.price_fen)} {_('wan yuan')}")
    return feeds.Entry(
        id=str(announcement.id),
        title=announcement.title,
        address=f"/announcements/{announcement.id}",
        about=" · ".join(part for part in about if part),
        category=kind_words(announcement.kind),
        published_at=announcement.published_at,
    )


async def _count(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.count()).select_from(ListedAnnouncement)) or 0)


def _xml(content: str) -> Response[str]:
    return Response(content, media_type="application/xml; charset=utf-8", headers={"cache-control": "max-age=3600"})


handlers = [atom_feed, json_feed, robots, sitemap_index, sitemap_part]

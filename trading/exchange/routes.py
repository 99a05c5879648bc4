"""Open data: releases and records in pages, single ones, a month as JSON Lines, and the page that explains them."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Server, Tag
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.exchange import service
from trading.exchange.refusals import MonthUnreadable
from trading.exchange.releases import Json, Publisher, package, record_package
from trading.kernel.database import Database
from trading.kernel.web import PUBLIC, page
from trading.settings import Settings

# Nothing here is anybody's secret, so it may be compressed; and scripts of other sites may read it.
_OPEN: dict[str, Any] = PUBLIC | {"uncompressed": False}
_AFTER = "The place after which to go on, as links.next of the answer before gave it; without it from the beginning."
_HEADERS = {"access-control-allow-origin": "*", "cache-control": "public, max-age=60"}


@get("/ocds", opt=PUBLIC)
async def open_data(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
) -> Template:
    """What there is, for whom, and how to fetch it."""
    months = await service.months(session)
    newest = (await service.records_after(session, service.publisher_of(settings), None, most=1)).items
    return page(
        request,
        "exchange/open_data.html",
        months=months,
        total=sum(count for _, count in months),
        example=newest[0]["ocid"] if newest else None,
    )


@get("/ocds/releases", opt=_OPEN, include_in_schema=True, tags=["ocds"], media_type=MediaType.JSON)
async def releases(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    after: Annotated[str | None, QueryParameter(description=_AFTER)] = None,
) -> Response[bytes]:
    """A release package: the releases after the place in `after`, the oldest first, a hundred at a time."""
    publisher = service.publisher_of(settings)
    found = await service.releases_after(session, publisher, after)
    address = _address(publisher, request)
    return _json(package(publisher, address, found.items, now, **_next(publisher, "releases", found.after)))


@get("/ocds/releases/{release_id:str}", opt=_OPEN, include_in_schema=True, tags=["ocds"], media_type=MediaType.JSON)
async def release(
    request: Request[Any, Any, Any],
    release_id: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """One release, in a package of its own."""
    publisher = service.publisher_of(settings)
    one = await service.release(session, publisher, release_id)
    return _json(package(publisher, _address(publisher, request), [one], now))


@get("/ocds/records", opt=_OPEN, include_in_schema=True, tags=["ocds"], media_type=MediaType.JSON)
async def records(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    after: Annotated[str | None, QueryParameter(description=_AFTER)] = None,
) -> Response[bytes]:
    """A record package: the published projects after the place in `after`, fifty at a time."""
    publisher = service.publisher_of(settings)
    found = await service.records_after(session, publisher, after)
    address = _address(publisher, request)
    return _json(record_package(publisher, address, found.items, now, **_next(publisher, "records", found.after)))


@get("/ocds/records/{ocid:str}", opt=_OPEN, include_in_schema=True, tags=["ocds"], media_type=MediaType.JSON)
async def record(
    request: Request[Any, Any, Any],
    ocid: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """The record of one project: all its releases and what they come to."""
    publisher = service.publisher_of(settings)
    one = await service.record(session, publisher, ocid)
    return _json(record_package(publisher, _address(publisher, request), [one], now))


@get("/ocds/bulk/{file:str}", opt=PUBLIC, include_in_schema=True, tags=["ocds"])
async def bulk(file: FromPath[str], database: NamedDependency[Database], settings: NamedDependency[Settings]) -> Stream:
    """The releases of a month, one on each line: `2026-11.jsonl`."""
    month = file.removesuffix(".jsonl")
    if month == file:
        raise MonthUnreadable(file[:20])
    service.check_month(month)
    lines = service.lines_of_month(database, service.publisher_of(settings), month)
    headers = _HEADERS | {"content-disposition": f'attachment; filename="ocds-releases-{month}.jsonl"'}
    return Stream(lines, media_type="application/x-ndjson", headers=headers)


@get("/api", opt=PUBLIC)
async def api_page(request: Request[Any, Any, Any]) -> Template:
    """The addresses for programs with their parameters, written from the same description that tools read."""
    described = request.app.openapi_schema.to_schema()["paths"]
    addresses = [
        {
            "path": path,
            "words": methods["get"]["description"],
            "parameters": [(one["name"], one.get("description", "")) for one in methods["get"].get("parameters", [])],
        }
        for path, methods in described.items()
    ]
    return page(request, "exchange/api.html", addresses=addresses)


def openapi_config(settings: Settings) -> OpenAPIConfig:
    """The description of the addresses for programs, at `/api/schema/openapi.json`."""
    return OpenAPIConfig(
        title=settings.centre_name,
        version="1",
        description="Open data of the platform. Nothing here needs an account.",
        servers=[Server(url=settings.public_url)],
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(path="/api/schema", route_handlers=[], opt=PUBLIC),
        tags=[Tag(name="ocds", description="Open Contracting Data Standard 1.1")],
    )


def _json(content: Json) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type="application/json", headers=_HEADERS)


def _address(publisher: Publisher, request: Request[Any, Any, Any]) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{publisher.address}{request.url.path}{query}"


def _next(publisher: Publisher, of: str, after: str | None) -> dict[str, str]:
    return {} if after is None else {"next": f"{publisher.address}/ocds/{of}?{urlencode({'after': after})}"}


handlers = [open_data, api_page, releases, release, records, record, bulk]

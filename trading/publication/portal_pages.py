"""The public list of announcements with its search: filters in the address, counts that narrow it, pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import PUBLIC, language_of, page
from trading.projects.presenting import PROJECT_KINDS
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.projects.stages import Stage
from trading.publication import asking, finding
from trading.publication.finding import Found, Order, Search
from trading.publication.showing import ANNOUNCEMENT_KINDS, kind_words

STAGES: Mapping[Stage, str] = {
    Stage.ANNOUNCED: N_("Announced"),
    Stage.TAKING_BIDDERS: N_("Taking bidders"),
    Stage.IN_CONTEST: N_("In contest"),
    Stage.ENDED: N_("Has ended"),
}
ORDERS: Mapping[Order, str] = {
    Order.NEWEST: N_("Newest first"),
    Order.OLDEST: N_("Oldest first"),
    Order.DEAREST: N_("Highest price first"),
    Order.CHEAPEST: N_("Lowest price first"),
}
_FACETS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A value by which the hits can be narrowed: its words, how many have it, and the search that leads there."""

    words: str
    count: int
    address: str


@get("/announcements", opt=PUBLIC)
async def announcements(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """The list of announcements with its search; the filters are in the address."""
    use_language(language_of(request))
    search, errors = asking.search_of(request.query_params)
    found = await finding.find(session, search, now)
    values = asking.values_of(search) | {name: request.query_params.get(name, "")[:100] for name in errors}
    asked = asking.address_of(search)
    return page(
        request,
        "publication/announcements.html",
        errors=errors,
        values=values,
        found=found,
        counted_to=finding.counted_to(search),
        asked=asked,
        is_filtered=bool(asking.address_of(search, order="")),
        has_details=any(values[name] for name in ("project", "region", "lowest", "highest", "from", "to")),
        address="/announcements?" + asked + ("&" if asked else "") + "page={page}",
        choices=await _choices(session, search),
        stages=_stages(search),
        facets=_facets(search, found),
        kind_words=kind_words,
    )


async def _choices(session: AsyncSession, search: Search) -> dict[str, list[tuple[str, str]]]:
    """What each select of the form offers. A region that was asked for stays, even where no announcement names it."""
    named = await finding.regions(session)
    if search.region and search.region not in named:
        named = [search.region, *named]
    return {
        "kind": [("", _("All kinds")), *((kind.value, _(words)) for kind, words in ANNOUNCEMENT_KINDS.items())],
        "project": [("", _("All projects")), *((kind, _(words)) for kind, words in PROJECT_KINDS.items())],
        "region": [("", _("All townships")), *((name, name) for name in named)],
        "order": [("" if order is Order.NEWEST else order.value, _(words)) for order, words in ORDERS.items()],
    }


def project_words(kind: str) -> str:
    """What a kind of project is called."""
    return _(PROJECT_KINDS[ProjectKind(kind)])


def _stages(search: Search) -> list[tuple[str, str, bool]]:
    """The tabs: address, words, and whether this is where we are."""
    tabs = [("?" + asking.address_of(search, stage=""), _("All stages"), search.stage is None)]
    return tabs + [
        ("?" + asking.address_of(search, stage=stage), _(words), search.stage is stage)
        for stage, words in STAGES.items()
    ]


def _facets(search: Search, found: Found) -> list[tuple[str, list[Narrowing]]]:
    """By what the hits can be narrowed, with counts: what is not chosen yet and would leave something out."""
    words: dict[str, Callable[[str], str]] = {"kind": kind_words, "project_kind": project_words, "region": str}
    named = {
        "kind": ("kind", _("Kind")),
        "project_kind": ("project", _("Project")),
        "region": ("region", _("Township")),
    }
    chosen = asking.values_of(search)
    shown = []
    for facet, (field, title) in named.items():
        counts = found.facets.get(facet, {})
        if chosen[field] or len(counts) < 2:
            continue
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_FACETS_SHOWN]
        narrowings = [
            Narrowing(words[facet](value), count, "?" + asking.address_of(search, **{field: value}))
            for value, count in ranked
        ]
        shown.append((title, narrowings))
    return shown

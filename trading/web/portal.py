"""The portal's home page: search, what is live, what comes next, the latest announcements and results. No account."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import looking
from auction.models import Auction
from trading.kernel.web import PUBLIC, page
from trading.projects import service as projects
from trading.projects.models import Deal, Lot
from trading.projects.rules import LotState
from trading.publication import service as publication

LIVE_SHOWN = 6
COMING_SHOWN = 6
LATEST_SHOWN = 6


@dataclass(frozen=True)
class LiveLot:
    """A lot that is being sold at this moment, and how its sale stands."""

    lot: Lot
    auction: Auction


@dataclass(frozen=True)
class Result:
    """A deal and the lot that it concluded."""

    deal: Deal
    lot: Lot


@get("/", opt=PUBLIC)
async def home(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """What anybody comes for, without an account."""
    live_lots = await projects.lots_in(session, [LotState.CONTEST], limit=LIVE_SHOWN)
    coming = await projects.lots_in(session, [LotState.PUBLISHED], limit=COMING_SHOWN)
    deals = await projects.latest_deals(session, limit=LATEST_SHOWN)
    owners = {lot.id: (await projects.get_project(session, lot.project_id)) for lot in [*live_lots, *coming]}
    return page(
        request,
        "web/home.html",
        live=[LiveLot(lot, await looking.auction_of(session, lot.id)) for lot in live_lots],
        coming=coming,
        projects=owners,
        announcements=await publication.latest(session, limit=LATEST_SHOWN),
        results=[Result(deal, await projects.get_lot(session, deal.lot_id)) for deal in deals],
    )

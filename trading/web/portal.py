"""The portal's home page: search, what is live and what is to come, what was won this year, the latest results."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from auction import looking
from auction.models import Auction
from trading.kernel.moments import local_day
from trading.kernel.money import Money
from trading.kernel.web import PUBLIC, page
from trading.projects import service as projects
from trading.projects import stages
from trading.projects.models import Deal, Lot
from trading.projects.rules import LotState, ProjectKind
from trading.publication import service as publication
from trading.publication.portal_pages import STAGES
from trading.reports import service as reports
from trading.reports.rules import Effect, Period, Report, year_to_date

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
async def home(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """What anybody comes for, without an account."""
    live_lots = await projects.lots_in(session, [LotState.CONTEST], limit=LIVE_SHOWN)
    coming = await stages.coming_lots(session, now, limit=COMING_SHOWN)
    deals = await projects.latest_deals(session, limit=LATEST_SHOWN)
    owners = {lot.id: await projects.get_project(session, lot.project_id) for lot in live_lots}
    counts = await stages.open_counts(session, now)
    report = await _report_of_the_year(session, local_day(now))
    return page(
        request,
        "web/home.html",
        report=report,
        land=report.of(ProjectKind.LAND),
        value_added=sum_of(report, Effect.VALUE_ADDED),
        saved=sum_of(report, Effect.SAVED),
        live=[LiveLot(lot, await looking.auction_of(session, lot.id)) for lot in live_lots],
        coming=[lot for lot, _ in coming],
        projects=owners | {lot.id: project for lot, project in coming},
        stages=[(stage, STAGES[stage], counts[stage]) for stage in counts],
        announcements=await publication.latest(session, limit=LATEST_SHOWN),
        results=[Result(deal, await projects.get_lot(session, deal.lot_id)) for deal in deals],
    )


def sum_of(report: Report, effect: Effect) -> Money | None:
    """What all categories with this effect won together; None when none of them had a deal."""
    won = [each.difference for each in report.categories if each.effect is effect and each.count]
    return sum((part for part in won if part is not None), Money(0)) if won else None


async def _report_of_the_year(session: AsyncSession, today: date) -> Report:
    """This year's figures so far; as long as it has no deal, those of the last year that had one."""
    period = year_to_date(today)
    days = await reports.days_of_deals(session)
    if days is not None and days[1] < period.first:
        period = Period(days[1].replace(month=1, day=1), days[1])
    return await reports.report_of(session, period)

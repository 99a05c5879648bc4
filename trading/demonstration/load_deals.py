"""Lays the deals of January to September 2014 into the platform, through the use cases for recorded deals."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from procurement.rules import ProcurementResult
from procurement.service import record_result
from trading.accounts.rules import Actor
from trading.demonstration.deals_2014 import FIRST_DAY, LAST_DAY, HistoricDeal, deals_2014
from trading.projects.models import Deal
from trading.projects.rules import SELECTIONS, ProjectKind
from trading.projects.service import PlatformCodes, RecordedDeal, record_concluded_deal
from trading.reports.rules import Period

_ACTOR = Actor.system("demonstration")
_BASIS = "演示依据：地方比选办法（虚构）"


async def load_deals_2014(session: AsyncSession, codes: PlatformCodes, *, now: datetime) -> int:
    """Record the deals unless they are there; returns how many were recorded. All or none: one transaction."""
    period = Period(FIRST_DAY, LAST_DAY)
    there = select(func.count()).where(
        Deal.is_demonstration, Deal.concluded_at >= period.begins_at, Deal.concluded_at < period.ends_before
    )
    if await session.scalar(there):
        return 0
    deals = deals_2014()
    for deal in deals:
        if deal.category == ProjectKind.LAND:
            await record_concluded_deal(session, _sale(deal), codes, actor=_ACTOR, now=now)
        else:
            await record_result(session, _result(deal), codes, actor=_ACTOR, now=now)
    return len(deals)


def _sale(deal: HistoricDeal) -> RecordedDeal:
    return RecordedDeal(
        kind=ProjectKind.LAND,
        title=deal.title,
        owner_name=deal.owner_name,
        winner_name=deal.winner_name,
        winner_credit_code=None,
        baseline=deal.baseline,
        final=deal.final,
        concluded_at=deal.concluded_at,
        parcel_number=deal.parcel_number,
        area_mu=deal.area_mu,
        land_use=deal.land_use,
        term_years=deal.term_years,
        is_demonstration=deal.is_demonstration,
    )


def _result(deal: HistoricDeal) -> ProcurementResult:
    kind = ProjectKind(deal.category)
    return ProcurementResult(
        kind=kind,
        title=deal.title,
        buyer_name=deal.owner_name,
        winner_name=deal.winner_name,
        winner_credit_code=None,
        budget=deal.baseline,
        award=deal.final,
        concluded_at=deal.concluded_at,
        legal_basis=_BASIS if kind in SELECTIONS else "",
        decided_by=deal.owner_name if kind in SELECTIONS else "",
        is_demonstration=deal.is_demonstration,
    )

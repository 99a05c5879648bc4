"""The public report: a page with charts, and the same figures for programs and spreadsheets."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.formats import refusal_words
from trading.kernel.moments import local_day
from trading.kernel.typed import page_number
from trading.kernel.web import PUBLIC, page, request_now
from trading.projects.rules import ProjectKind
from trading.reports import service
from trading.reports.rules import (
    Effect,
    Period,
    PeriodEndsBeforeItBegins,
    PeriodUnreadable,
    Report,
    read_period,
    year_to_date,
)

PAGE_LENGTH = 25


@get("/reports", opt=PUBLIC)
async def show_report(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The figures of a period; the period stands in the address, this year without one."""
    typed = _typed(request)
    errors: dict[str, str] = {}
    try:
        period = _period(request)
    except (PeriodUnreadable, PeriodEndsBeforeItBegins) as refusal:
        # The page stays and says what is wrong with the dates; it shows this year meanwhile.
        wrong = "from" if isinstance(refusal, PeriodUnreadable) and refusal.given == typed["from"] else "to"
        errors, period = {wrong: " ".join(refusal_words(refusal))}, _this_year(request)
    report = await service.report_of(session, period)
    chosen = request.query_params.get("category", "")
    deals = [deal for deal in report.deals if not chosen or deal.category == chosen]
    pages = max(1, -(-len(deals) // PAGE_LENGTH))
    number = min(page_number(request.query_params.get("page", "")), pages)
    return page(
        request,
        "reports/report.html",
        status_code=422 if errors else 200,
        report=report,
        values=typed if errors else {"from": period.first.isoformat(), "to": period.last.isoformat()},
        errors=errors,
        effects=Effect,
        days=await service.days_of_deals(session),
        chart=_chart(report),
        deals=deals[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH],
        chosen=chosen,
        mixed=report.is_demonstration and not all(deal.is_demonstration for deal in report.deals),
        page_number=number,
        pages=pages,
        address=_address(period, chosen),
        totals=_totals(report),
    )


@get("/reports.json", opt=PUBLIC)
async def report_json(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> dict[str, Any]:
    """The figures for programs, the same as `trading report --format json` prints."""
    return service.as_dict(await service.report_of(session, _period(request)))


@get("/reports.csv", opt=PUBLIC)
async def report_csv(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The deals for spreadsheets. The mark at the beginning tells them that it is UTF-8."""
    period = _period(request)
    content = service.as_csv(await service.report_of(session, period)).encode("utf-8-sig")
    name = f"deals-{period.first}-{period.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


handlers = [show_report, report_json, report_csv]


def _typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:40] for name in ("from", "to")}


def _period(request: Request[Any, Any, Any]) -> Period:
    """The period of the address; this year when none is named. Refuses with what `read_period` refuses."""
    typed = _typed(request)
    if not any(typed.values()):
        return _this_year(request)
    return read_period(typed["from"], typed["to"])


def _this_year(request: Request[Any, Any, Any]) -> Period:
    return year_to_date(local_day(request_now(request)))


def _address(period: Period, chosen: str) -> Any:
    """Gives the address of this report with another category, page, or format."""

    def address(path: str = "/reports", *, category: str = chosen, page: str = "") -> str:
        parts = {"from": period.first, "to": period.last, "category": category, "page": page}
        return f"{path}?{urlencode({name: value for name, value in parts.items() if value})}"

    return address


def _totals(report: Report) -> dict[str, Any]:
    land = report.of(ProjectKind.LAND)
    bought = [figures for figures in report.categories if figures.effect is Effect.SAVED]
    saved = [figures.difference for figures in bought if figures.difference is not None]
    return {
        "deals": len(report.deals),
        "value_added": land.difference,
        "land_rate": land.rate_percent,
        "saved_fen": sum(amount.fen for amount in saved),
        "volume_fen": sum(figures.final.fen for figures in report.categories),
    }


def _chart(report: Report) -> dict[str, Any]:
    """What the charts draw, amounts as decimal text in 万元; they are only looked at, the tables are the figures."""
    land = [month for month in report.months if month.figures.category is ProjectKind.LAND and month.figures.count]
    bought = [figures for figures in report.categories if figures.effect is Effect.SAVED and figures.count]
    return {
        "land": [
            {
                "month": _month(month.month),
                "start": _wan(month.figures.baseline),
                "final": _wan(month.figures.final),
            }
            for month in land
        ],
        "bought": [
            {
                "category": figures.category.value,
                "award": _wan(figures.final),
                "saved": _wan(figures.difference),
                "rate": str(figures.rate_percent),
            }
            for figures in bought
        ],
    }


def _month(month: date) -> str:
    return f"{month:%Y-%m}"


def _wan(amount: Any) -> str:
    return "0" if amount is None else amount.wan.replace(",", "")

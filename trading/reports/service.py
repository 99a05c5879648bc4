"""Use cases of the public report: collect a period's deals, and tell the figures to pages, programs and terminals."""

import csv
import io
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.moments import SHANGHAI, iso, local_day
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Deal, Lot
from trading.projects.rules import ProjectKind
from trading.reports.rules import (
    EFFECTS,
    CategoryFigures,
    Effect,
    Period,
    Report,
    ReportedDeal,
    make_report,
)

# What a category's amounts are called: those of the centre's own published reports.
_NAMES = {
    Effect.VALUE_ADDED: ("start_price", "final_price", "value_added", "value_added_rate_percent"),
    Effect.SAVED: ("budget", "award", "saved", "savings_rate_percent"),
    Effect.NONE: ("", "final_price", "", ""),
}
_WORDS = {
    ProjectKind.LAND: "土地招拍挂",
    ProjectKind.MINING: "矿业权",
    ProjectKind.PROPERTY: "产权交易",
    ProjectKind.GOVERNMENT_PROCUREMENT: "政府采购",
    ProjectKind.WORKS: "工程建设",
    ProjectKind.AGENCY_SELECTION: "代理机构比选",
    ProjectKind.FIXED_PRICE_SELECTION: "固定价比选",
    ProjectKind.OTHER: "其他交易",
}


async def report_of(session: AsyncSession, period: Period) -> Report:
    """The report of a period from the deals that are stored."""
    within = (Deal.concluded_at >= period.begins_at, Deal.concluded_at < period.ends_before)
    query = projects.standing_deals().add_columns(Lot).where(*within)
    return make_report(period, [_reported(deal, lot) for deal, lot in await session.execute(query)])


async def days_of_deals(session: AsyncSession) -> tuple[date, date] | None:
    """The days of the first and the last deal there is; None when nothing was ever traded."""
    first, last = (
        await session.execute(
            projects.standing_deals().with_only_columns(func.min(Deal.concluded_at), func.max(Deal.concluded_at))
        )
    ).one()
    return None if first is None else (local_day(first), local_day(last))


async def report_as_dict(session: AsyncSession, first: date, last: date) -> dict[str, Any]:
    """The figures of a period for programs. Refuses with `PeriodEndsBeforeItBegins`."""
    return as_dict(await report_of(session, Period(first, last)))


async def report_as_text(session: AsyncSession, first: date, last: date) -> str:
    """The figures of a period for a terminal, amounts in 万元. Refuses with `PeriodEndsBeforeItBegins`."""
    report = await report_of(session, Period(first, last))
    lines = [f"{first} 至 {last}（单位：万元）"]
    lines += [f"{_WORDS[each.category]}：{each.count} 宗，{_sentence(each)}" for each in report.categories]
    if report.first_auction is not None and report.first_auction.final_per_mu is not None:
        parcel = report.first_auction
        lines.append(
            f"首宗土地 {parcel.parcel_number}：{_short(parcel.area_mu)} 亩，"
            f"每亩 {report.first_auction.final_per_mu.wan}，增值率 {parcel.rate_percent}%"
        )
    if report.is_demonstration:
        lines.append("演示数据：各宗交易为虚构。")
    return "\n".join(lines)


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values: amounts as decimal text in 万元 and as whole fen."""
    told: dict[str, Any] = {
        "period": {"from": report.period.first.isoformat(), "to": report.period.last.isoformat()},
        "unit": "万元",
        "is_demonstration": report.is_demonstration,
    }
    for figures in report.categories:
        told[figures.category.value] = _category_as_dict(figures)
    parcel = report.first_auction
    if parcel is not None and parcel.final_per_mu is not None:
        told["land"]["first_auction"] = {
            "parcel": parcel.parcel_number,
            "area_mu": _short(parcel.area_mu),
            "final_price_per_mu": _plain(parcel.final_per_mu),
            "final_price_per_mu_fen": parcel.final_per_mu.fen,
            "value_added_rate_percent": str(parcel.rate_percent),
            "concluded_at": iso(parcel.concluded_at),
        }
    return told


def as_csv(report: Report) -> str:
    """The deals of a report as CSV for spreadsheets, amounts in yuan; nothing in it is taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["concluded_at", "category", "title", "parcel", "area_mu", "winner", "baseline_yuan", "final_yuan",
         "difference_yuan", "rate_percent", "demonstration"]
    )  # fmt: skip
    for deal in report.deals:
        cells: list[object] = [
            deal.concluded_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            deal.category.value,
            _harmless(deal.title),
            _harmless(deal.parcel_number or ""),
            _short(deal.area_mu),
            _harmless(deal.winner_name),
            _yuan(deal.baseline),
            _yuan(deal.final),
            _yuan(deal.difference),
            "" if deal.rate_percent is None else deal.rate_percent,
            "演示数据" if deal.is_demonstration else "",
        ]
        writer.writerow(cells)
    return file.getvalue()


def _reported(deal: Deal, lot: Lot) -> ReportedDeal:
    category = ProjectKind(deal.category)
    is_fixed = EFFECTS[category] is Effect.NONE or deal.baseline_fen is None
    return ReportedDeal(
        category=category,
        title=lot.title,
        winner_name=deal.winner_name,
        concluded_at=deal.concluded_at,
        baseline=None if is_fixed else Money(int(deal.baseline_fen or 0)),
        final=Money(deal.final_fen),
        area_mu=deal.area_mu,
        parcel_number=lot.parcel_number,
        is_demonstration=deal.is_demonstration,
        project_id=deal.project_id,
    )


def _category_as_dict(figures: CategoryFigures) -> dict[str, Any]:
    baseline, final, difference, rate = _NAMES[figures.effect]
    told: dict[str, Any] = {"deals": figures.count}
    amounts = {baseline: figures.baseline, final: figures.final, difference: figures.difference}
    for name, amount in amounts.items():
        if name and amount is not None:
            told |= {name: _plain(amount), f"{name}_fen": amount.fen}
    if rate:
        told[rate] = None if figures.rate_percent is None else str(figures.rate_percent)
    return told


def _sentence(figures: CategoryFigures) -> str:
    match figures:
        case CategoryFigures(baseline=Money() as baseline, difference=Money() as difference):
            start, end, gain, rate = (
                ("起始价", "成交价", "增值", "增值率")
                if figures.effect is Effect.VALUE_ADDED
                else ("预算", "成交", "节约", "节约率")
            )
            percent = "—" if figures.rate_percent is None else f"{figures.rate_percent}%"
            return f"{start} {baseline.wan}，{end} {figures.final.wan}，{gain} {difference.wan}，{rate} {percent}"
        case _:
            return f"成交 {figures.final.wan}"


def _plain(amount: Money) -> str:
    return amount.wan.replace(",", "")


def _yuan(amount: Money | None) -> str:
    return "" if amount is None else amount.yuan.replace(",", "")


def _short(area: object) -> str:
    """An area without the zeros that the column adds."""
    text = "" if area is None else str(area)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _harmless(text: str) -> str:
    """Text that a spreadsheet shows and does not compute (a leading apostrophe is how spreadsheets mark text)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

"""What the centre publishes about its service, for people, programs and spreadsheets; figures for those in charge."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import PUBLIC, language_of, only, page
from trading.projects.problems import N_
from trading.ratings.counting import counted_words
from trading.ratings.quarters import quarter_named, read_quarter
from trading.ratings.rules import NATIONAL, QUESTIONS, SERVICE_WORDS, Service, Side
from trading.ratings.statistics import Material, Row, gather
from trading.reviews.figures import Quarter

Page = Request[Any, Any, Any]
COLUMNS = (
    *("received", "done", "with_due_moment", "on_time", "on_time_percent", "early", "early_percent"),
    *("on_the_spot", "on_the_spot_percent", "asked", "rated", "counted", "satisfied", "satisfaction_percent"),
)

DEFINITIONS = {
    "case": N_(
        "A case is one review of an entry, or one run of a time limit that the centre itself has to keep. "
        "It counts once as received and once as done, each in its quarter (Beijing time)."
    ),
    "on_time": N_("On time: done before the promised moment had passed. The rate is a share of the cases done."),
    "early": N_("Early: done on a day before the last one."),
    "on_the_spot": N_(
        "On the spot: done on the working day on which the case came; one that came on a day off, on the next."
    ),
    "satisfaction": N_(
        "Satisfaction: answers 4 and 5 to the question about the whole, as a share of the ratings that are counted. "
        "Units are asked after each sale, decided entry and returned deposit."
    ),
    "counted": N_(
        "Both sides rate without seeing the other. Ratings are counted in groups of at least {smallest}; "
        "smaller groups are kept back, so that nobody's rating can be told from a figure."
    ),
}


@get("/reports/service", opt=PUBLIC)
async def service_statistics(
    request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """The figures of a quarter by kind of service and by window, and the quarters beside each other."""
    use_language(language_of(request))
    material = await gather(session, now)
    chosen = _chosen(request, material)
    total = material.row(chosen)
    shown: dict[str, Any] = {
        "material": material,
        "quarters": [quarter_named(each) for each in material.quarters],
        "chosen": quarter_named(chosen),
        "total": total,
        "rows": [(SERVICE_WORDS[service], material.row(chosen, service)) for service in Service],
        "windows": _windows(material, chosen),
        "trend": [(quarter_named(each), material.row(each)) for each in material.quarters],
        "definitions": _definitions(),
        "smallest": NATIONAL.smallest_group.value,
    }
    return page(request, "ratings/service.html", **shown)


@get("/reports/service.json", opt=PUBLIC)
async def service_json(
    request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> dict[str, Any]:
    """The same figures for programs: every shown quarter, all services together, each service, each window."""
    use_language(language_of(request))
    material = await gather(session, now)
    return {
        "definitions": _definitions(),
        "smallest_group": NATIONAL.smallest_group.value,
        "is_demonstration": material.is_demonstration,
        "quarters": [
            {
                "quarter": quarter_named(quarter),
                "total": _plain(material.row(quarter)),
                "services": {service.value: _plain(material.row(quarter, service)) for service in Service},
                "windows": [
                    {"number": window.number, "name": window.name} | _plain(row)
                    for window, row in _windows(material, quarter)
                ],
            }
            for quarter in material.quarters
        ],
    }


@get("/reports/service.csv", opt=PUBLIC)
async def service_csv(session: NamedDependency[AsyncSession], now: NamedDependency[datetime]) -> Response[bytes]:
    """The same figures for spreadsheets. The mark at the beginning tells them that it is UTF-8."""
    material = await gather(session, now)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["quarter", "part", "of", *COLUMNS])
    writer.writerows(_lines(material))
    headers = {"content-disposition": 'attachment; filename="service-statistics.csv"'}
    return Response(file.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


@get("/ratings/figures", opt=only(Role.SUPERVISOR, Role.ADMIN))
async def figures_in_charge(
    request: Page, database: NamedDependency[Database], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    """By officer and window for a quarter; to the supervisor also what was written freely: that look is recorded."""
    use_language(language_of(request))
    async with database.work() as session:
        material = await gather(session, now)
        chosen = _chosen(request, material)
        words = None
        if actor.has(Role.SUPERVISOR):
            words = await counted_words(session, chosen)
            subject = f"quarter:{quarter_named(chosen)}"
            await record_look(session, "rating_words", subject, actor=actor, now=await database_clock(session))
    by_officer = [(name, material.row_of_officer(chosen, account)) for account, name in material.officers.items()]
    shown: dict[str, Any] = {
        "quarters": [quarter_named(each) for each in material.quarters],
        "chosen": quarter_named(chosen),
        "officers": [(name, row) for name, row in by_officer if not row.is_empty],
        "windows": _windows(material, chosen),
        "questions": QUESTIONS[Side.UNIT],
        "total": material.row(chosen),
        "words": words,
        "service_words": SERVICE_WORDS,
        "definitions": _definitions(),
        "smallest": NATIONAL.smallest_group.value,
    }
    return page(request, "ratings/figures.html", **shown)


handlers = [service_statistics, service_json, service_csv, figures_in_charge]


def _chosen(request: Page, material: Material) -> Quarter:
    """The quarter of the address; the running one when it names none that is shown."""
    named = read_quarter(request.query_params.get("quarter", ""))
    return named if named is not None and named in material.quarters else material.quarters[-1]


def _windows(material: Material, quarter: Quarter) -> list[tuple[Any, Row]]:
    found = [(window, material.row_of_window(quarter, window)) for window in material.windows]
    return [(window, row) for window, row in found if not row.is_empty]


def _definitions() -> dict[str, str]:
    smallest = NATIONAL.smallest_group.value
    return {name: gettext(words).format(smallest=smallest) for name, words in DEFINITIONS.items()}


def _plain(row: Row) -> dict[str, int | str | None]:
    cases = row.cases
    figures = (
        *(cases.received, cases.done, cases.timed, cases.in_time, _text(cases.in_time_percent)),
        *(cases.early, _text(cases.early_percent), cases.on_the_spot, _text(cases.on_the_spot_percent)),
        *(row.asked, row.rated, row.tally.count, row.tally.satisfied, _text(row.tally.satisfaction)),
    )
    return dict(zip(COLUMNS, figures, strict=True))


def _lines(material: Material) -> Iterator[list[object]]:
    for quarter in material.quarters:
        name = quarter_named(quarter)
        yield [name, "total", "", *_plain(material.row(quarter)).values()]
        for service in Service:
            yield [name, "service", service.value, *_plain(material.row(quarter, service)).values()]
        for window, row in _windows(material, quarter):
            yield [name, "window", _harmless(window.number), *_plain(row).values()]


def _harmless(typed: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    return f"'{typed}" if typed[:1] in ("=", "+", "-", "@") else typed


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)

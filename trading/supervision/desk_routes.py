"""Pages of the supervisor's desk: limits, alerts, projects with their journal, the search, figures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Outdated, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.moments import local_day
from trading.kernel.typed import page_number
from trading.kernel.web import back_to, form_of, language_of, only, page, request_now, status_of
from trading.limits import service as limits
from trading.limits.presenting import shown, shown_rows
from trading.projects import service as projects
from trading.supervision import alerts, journals, orders, projects_found, statistics
from trading.supervision.alerts import KINDS, DecisionNeedsReasons, VerdictMissing
from trading.supervision.exhibits import ShownDrawing, ShownTable, shown_drawing, shown_table
from trading.supervision.words import readable

Page = Request[Any, Any, Any]
SUPERVISOR = only(Role.SUPERVISOR)


@get("/supervision/limits", opt=SUPERVISOR)
async def all_limits(request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]) -> Template:
    """Every limit that is open, red and yellow first; the colour in the address."""
    found = shown_rows(await limits.open_limits(session, now))
    counts = {colour: sum(each.colour == colour for each in found) for colour in ("red", "yellow", "green", "")}
    chosen = request.query_params.get("colour", "")
    if chosen in ("red", "yellow", "green"):
        found = [each for each in found if each.colour == chosen]
    return page(request, "supervision/limits.html", limits=found, counts=counts, chosen=chosen)


@get("/supervision/alerts", opt=SUPERVISOR)
async def all_alerts(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """Alerts that wait, or those that were decided."""
    state = "decided" if request.query_params.get("state") == "decided" else "open"
    found = await alerts.alerts(session, state=state)
    return page(request, "supervision/alerts.html", alerts=found, state=state, kinds=KINDS)


@get("/supervision/alerts/{alert_id:uuid}", opt=SUPERVISOR)
async def one_alert(
    request: Page, alert_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """An alert with its evidence, and the form that decides it. It names bidders: the look is recorded."""
    async with database.work() as session:
        shown = await _alert_page(request, session, alert_id, {}, {})
        await record_look(session, "alert", f"alert:{alert_id}", actor=actor, now=await database_clock(session))
    return shown


@post("/supervision/alerts/{alert_id:uuid}", opt=SUPERVISOR, status_code=200)
async def decide_alert(
    request: Page,
    alert_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Redirect | Template:
    """A person decides, with reasons."""
    use_language(language_of(request))
    form = await form_of(request)
    verdict, reasons = form.get("verdict", ""), form.get("reasons", "")
    try:
        async with database.work() as session:
            now = await database_clock(session)
            await alerts.decide(session, alert_id, verdict=verdict, reasons=reasons, actor=actor, now=now)
    except (VerdictMissing, DecisionNeedsReasons, Outdated) as refusal:
        field = {VerdictMissing: "verdict", DecisionNeedsReasons: "reasons"}.get(type(refusal), "")
        async with database.reading() as session:
            errors = {field: " ".join(refusal_words(refusal))}
            return await _alert_page(request, session, alert_id, form, errors, refusal)
    return back_to(f"/supervision/alerts/{alert_id}")


@get("/supervision/projects", opt=SUPERVISOR)
async def find_projects(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """Projects by code, title, owner or parcel."""
    words = request.query_params.get("q", "").strip()[:60]
    found = await projects_found.find(session, words)
    return page(request, "supervision/projects.html", projects=found, words=words)


@get("/supervision/projects/{project_id:uuid}", opt=only(Role.SUPERVISOR, Role.AUDITOR))
async def one_project(
    request: Page, project_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """A project: its limits, alerts, orders, and everything the journal holds of it. The look is recorded."""
    async with database.work() as session:
        now = await database_clock(session)
        project = await projects.get_project(session, project_id)
        found, streams = await journals.journal_of_project(
            session, project_id, page=page_number(request.query_params.get("page", "")), actor=actor, now=now
        )
        lots = await projects.lots_of(session, project_id)
        running = shown(await limits.standings(session, project, now), project, lots, now)
        ordered = [
            (order, await accounts.name_of(session, order.ordered_by))
            for order in await orders.orders_of(session, project_id)
        ]
        raised = await alerts.alerts_of_project(session, project_id)
    context: dict[str, Any] = {
        "project": project,
        "lots": lots,
        "found": found,
        "streams": streams,
        "limits": running,
        "ordered": ordered,
        "alerts": raised,
        "kinds": KINDS,
        "may_terminate": orders.may_be_terminated(project) and actor.has(Role.SUPERVISOR),
        "readable": readable,
    }
    return page(request, "supervision/project.html", **context)


@get("/supervision/journal", opt=only(Role.SUPERVISOR, Role.AUDITOR))
async def search_journal(request: Page, database: NamedDependency[Database], actor: NamedDependency[Actor]) -> Template:
    """The journal by person, kind and day. The look is recorded."""
    use_language(language_of(request))
    typed = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    wanted, errors = journals.read_search(typed, local_day(request_now(request)))
    async with database.work() as session:
        now = await database_clock(session)
        found = await journals.search(
            session, wanted, page=page_number(request.query_params.get("page", "")), actor=actor, now=now
        )
    values = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat()}
    values |= {"kind": wanted.kind, "actor": wanted.actor}
    address = "/supervision/journal?" + urlencode(values)
    shown_values = values | {name: typed[name] for name in errors if name in typed}
    said = {name: gettext(message) for name, message in errors.items()}
    return page(
        request,
        "supervision/search.html",
        found=found,
        values=shown_values,
        errors=said,
        address=address,
        readable=readable,
        status_code=422 if errors else 200,
    )


@get("/supervision/statistics", opt=SUPERVISOR)
async def show_statistics(
    request: Page, session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Template:
    """Figures of the last twelve months."""
    return page(request, "supervision/statistics.html", figures=await statistics.figures(session, now))


handlers = [
    all_limits,
    all_alerts,
    one_alert,
    decide_alert,
    find_projects,
    one_project,
    search_journal,
    show_statistics,
]


async def _alert_page(
    request: Page,
    session: AsyncSession,
    alert_id: UUID,
    values: dict[str, str],
    errors: dict[str, str],
    refusal: Refusal | None = None,
) -> Template:
    use_language(language_of(request))
    found = await alerts.alert_of(session, alert_id)
    evidence = [_in_words(each) for each in found.alert.evidence if not each.get("article")]
    articles = [_in_words(each).words for each in found.alert.evidence if each.get("article")]
    decided_by = found.alert.decided_by
    context: dict[str, Any] = {
        "found": found,
        "evidence": evidence,
        "articles": articles,
        "kinds": KINDS,
        "decided_by": "" if decided_by is None else await accounts.name_of(session, decided_by),
        "values": values,
        "errors": errors,
    }
    status = 200 if refusal is None else status_of(refusal)
    return page(request, "supervision/alert.html", status_code=status, **context)


@dataclass(frozen=True, slots=True)
class _ShownEvidence:
    """A piece of evidence in the language of the request, and the stream where it can be checked."""

    words: str
    stream: str
    table: ShownTable | None
    drawing: ShownDrawing | None


def _in_words(evidence: dict[str, Any]) -> _ShownEvidence:
    message, table, drawing = evidence["said"], evidence.get("table"), evidence.get("drawing")
    return _ShownEvidence(
        gettext(message).format(**evidence["facts"]),
        evidence["stream"],
        None if table is None else shown_table(table),
        None if drawing is None else shown_drawing(drawing),
    )

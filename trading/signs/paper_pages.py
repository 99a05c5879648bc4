"""The supervisor's page that compares rivals' papers: choose files by bidder, see what they say and what they share."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext, use_language
from trading.kernel.web import language_of, only, page
from trading.publication.attachment_rules import MEBIBYTE, FileMissing
from trading.signs import comparing, words
from trading.signs.comparing import LARGEST_MIB, MOST_PAPERS, READ, NothingToCompare, TooManyPapers
from trading.signs.paper_rules import Paper
from trading.signs.reading import LotFacts, facts_of, is_lot
from trading.supervision.exhibits import shown_table

Page = Request[Any, Any, Any]
SUPERVISOR = only(Role.SUPERVISOR)
MOST_BYTES = 200 * MEBIBYTE


@get("/supervision/lots/{lot_id:uuid}/papers", opt=SUPERVISOR)
async def papers_page(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """Choose papers of the lot's bidders. It names them: the look is recorded."""
    facts = await _looked_at(database, lot_id, actor)
    return _page(request, facts, {})


@post("/supervision/lots/{lot_id:uuid}/papers", opt=SUPERVISOR, status_code=200, request_max_body_size=MOST_BYTES)
async def compare_papers(
    request: Page, lot_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """Compare what was chosen. Each file is judged by itself; the faults of some do not keep the others from it."""
    use_language(language_of(request))
    facts = await _looked_at(database, lot_id, actor)
    papers, problems = await _read_all(await request.form(), facts)
    compared: dict[str, Any] = {}
    try:
        async with database.work() as session:
            given_out = await comparing.given_out(session, facts.lot.project_id)
            now = await database_clock(session)
            found = await comparing.compare(session, facts, [*papers, *given_out], actor=actor, now=now)
        compared = {"table": shown_table(words.papers_table(facts, papers).as_json()), "found": len(found)}
    except NothingToCompare as refusal:
        if not problems:
            problems[_field(next(iter(facts.rivals))) if facts.rivals else ""] = " ".join(refusal_words(refusal))
    return _page(request, facts, problems, **compared)


handlers = [papers_page, compare_papers]


async def _looked_at(database: Database, lot_id: UUID, actor: Actor) -> LotFacts:
    async with database.work() as session:
        if not await is_lot(session, lot_id):
            raise NotFound
        await record_look(session, "bidders", f"lot:{lot_id}", actor=actor, now=await database_clock(session))
        return await facts_of(session, lot_id)


async def _read_all(form: FormMultiDict, facts: LotFacts) -> tuple[list[Paper], dict[str, str]]:
    papers: list[Paper] = []
    problems: dict[str, str] = {}
    chosen = [
        (rival, file)
        for rival in facts.rivals
        for file in form.getall(_field(rival), [])
        if isinstance(file, UploadFile) and file.filename
    ]
    if len(chosen) > MOST_PAPERS:
        return [], {_field(chosen[0][0]): " ".join(refusal_words(TooManyPapers()))}
    for rival, file in chosen:
        try:
            papers.append(await comparing.read_paper(file.file, file.filename, rival))
        except Refusal as refusal:
            named = file.filename if isinstance(refusal, FileMissing) else ""
            said = " ".join(filter(None, (named, *refusal_words(refusal))))
            problems[_field(rival)] = " ".join(filter(None, (problems.get(_field(rival)), said)))
        finally:
            await file.close()
    return papers, problems


def _field(rival: UUID) -> str:
    return f"paper_{rival}"


def _page(request: Page, facts: LotFacts, problems: dict[str, str], **compared: Any) -> Template:
    use_language(language_of(request))
    rivals = [
        (_field(rival.registration_id), rival.name if rival.plate is None else f"{rival.plate} · {rival.name}")
        for rival in facts.rivals.values()
    ]
    hint = gettext("{kinds}; up to {mib} MiB each, several at once.").format(kinds=READ, mib=LARGEST_MIB)
    context = {"table": None, "found": 0} | compared
    return page(
        request,
        "signs/papers.html",
        lot=facts.lot,
        rivals=rivals,
        problems=problems,
        hint=hint,
        status_code=422 if problems else 200,
        **context,
    )

"""The page of one matter for everybody whom it concerns, and what each of them may do there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from archive.files import store
from auction.acting import node_of
from trading.accounts import service as accounts
from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.complaints import contents, files, handling, lookups, service, showing
from trading.complaints.lookups import Sight
from trading.complaints.models import Matter
from trading.complaints.refusals import MatterNotFound, OpinionIncomplete
from trading.complaints.rules import State
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, NotPermitted, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import SIGNED_IN, back_to, form_of, language_of, only, page, status_of
from trading.limits.service import due_words
from trading.projects import service as projects
from trading.projects.presenting import errors_by_field
from trading.publication import attachments
from trading.publication.attachment_pages import HARMLESS, MOST_MIB
from trading.publication.attachment_rules import MEBIBYTE, FileMissing
from trading.settings import Settings

Page = Request[Any, Any, Any]
UseCase = Callable[[AsyncSession, datetime], Awaitable[object]]
SUPERVISOR = only(Role.SUPERVISOR)
OFFICER = only(Role.OFFICER)


@get("/complaints/{matter_id:uuid}", opt=SIGNED_IN)
async def one_matter(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Template:
    """A matter, for whoever raised it, whoever runs the project, those who are heard, and supervisors."""
    return await _matter_page(request, database, matter_id, actor)


@post("/complaints/{matter_id:uuid}/withdrawal", opt=only(Role.BIDDER), status_code=200)
async def withdraw(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Whoever raised it takes it back."""
    return await _act(
        request, database, matter_id, actor, lambda work, now: service.withdraw(work, matter_id, actor=actor, now=now)
    )


@post("/complaints/{matter_id:uuid}/answer", opt=OFFICER, status_code=200)
async def answer(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """The officer in charge answers, or does not take it up."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        if form.get("then") == "refuse":
            reasons = contents.read_reasons(form, "refusal_reasons")
            return await service.not_take(work, matter_id, reasons, actor=actor, now=now)
        return await service.answer(work, matter_id, contents.read_opinion(form), actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post("/complaints/{matter_id:uuid}/acceptance", opt=SUPERVISOR, status_code=200)
async def accept(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """The supervisor accepts a complaint, asks for its completion, or refuses it."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        match form.get("then"):
            case "complete":
                words = contents.read_reasons(form, "completion_words")
                return await handling.ask_completion(work, matter_id, words, actor=actor, now=now)
            case "refuse":
                reasons = contents.read_reasons(form, "refusal_reasons")
                return await handling.refuse(work, matter_id, reasons, actor=actor, now=now)
            case _:
                return await handling.accept(work, matter_id, actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post("/complaints/{matter_id:uuid}/reply", opt=only(Role.OFFICER, Role.BIDDER), status_code=200)
async def reply(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Somebody concerned replies to a complaint."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        words = contents.read_reasons(form, "reply_words")
        return await handling.reply(work, matter_id, words, actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post("/complaints/{matter_id:uuid}/suspension", opt=SUPERVISOR, status_code=200)
async def suspend(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """The supervisor suspends the project for a complaint."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        matter = await lookups.get_matter(work, matter_id)
        procedure = lookups.procedure_of(await projects.get_project(work, matter.project_id))
        grounds = contents.read_suspension(form, procedure.longest_suspension_days.value, number=matter.number)
        return await handling.suspend(work, matter_id, grounds, actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post("/complaints/{matter_id:uuid}/resumption", opt=SUPERVISOR, status_code=200)
async def resume(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """The supervisor lets the project go on before the decision."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        because = contents.read_reasons(form, "resumption_reasons")
        return await handling.resume(work, matter_id, because, actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post("/complaints/{matter_id:uuid}/decision", opt=SUPERVISOR, status_code=200)
async def decide(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """The supervisor decides."""
    form = await form_of(request)

    async def act(work: AsyncSession, now: datetime) -> object:
        matter = await lookups.get_matter(work, matter_id)
        publishes = lookups.procedure_of(await projects.get_project(work, matter.project_id)).publishes.value
        opinion, published = contents.read_decision(form, publishes=publishes)
        return await handling.decide(work, matter_id, opinion, published, actor=actor, now=now)

    return await _act(request, database, matter_id, actor, act, form)


@post(
    "/complaints/{matter_id:uuid}/files",
    opt=only(Role.BIDDER, Role.OFFICER, Role.SUPERVISOR),
    status_code=200,
    request_max_body_size=(MOST_MIB + 1) * MEBIBYTE,
)
async def add_files(
    request: Page,
    matter_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Redirect | Template:
    """Add files; each is judged by itself: the good ones are kept, the faults of the others are told."""
    use_language(language_of(request))
    async with database.reading() as session:
        matter = await lookups.get_matter(session, matter_id)
        if await lookups.sight_of(session, matter, actor) is Sight.NONE:
            raise MatterNotFound
    form = await request.form()
    chosen = [file for file in form.getall("file", []) if isinstance(file, UploadFile)]
    faults: list[str] = [] if chosen else [" ".join(refusal_words(FileMissing()))]
    for file in chosen:
        try:
            looked_at = await attachments.look_at(file.file, file.filename, largest_mib=settings.largest_attachment_mib)
            async with database.work() as work:
                await files.add_file(work, matter_id, looked_at, actor=actor, now=await database_clock(work))
        except Refusal as refusal:
            faults.append(f"{file.filename[:200]}: {' '.join(refusal_words(refusal))}")
        finally:
            await file.close()
    if faults:
        return await _matter_page(request, database, matter_id, actor, errors={"file": " ".join(faults)}, status=422)
    return back_to(f"/complaints/{matter_id}#files")


@get("/complaints/{matter_id:uuid}/files/{file_id:uuid}/download", opt=SIGNED_IN)
async def download(
    matter_id: FromPath[UUID],
    file_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Stream:
    """A file, to be saved and not to be opened in the page's name. A look of the centre's people is recorded."""
    async with database.work() as session:
        matter = await lookups.get_matter(session, matter_id)
        found = [each for each in await files.files_for(session, matter, actor) if each.id == file_id]
        if not found:
            raise MatterNotFound
        await _record_look(session, matter, await lookups.sight_of(session, matter, actor), actor, "matter_file")
    headers = HARMLESS | {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found[0].name, safe='')}",
        "content-length": str(found[0].size_bytes),
        "cache-control": "private, no-store",
    }
    return Stream(_content(found[0].sha256), media_type=found[0].media_type, headers=headers)


handlers = [one_matter, withdraw, answer, accept, reply, suspend, resume, decide, add_files, download]


async def _content(sha256: str) -> AsyncIterator[bytes]:
    async for piece in store().pieces(sha256):
        yield piece


async def _act(
    request: Page,
    database: Database,
    matter_id: UUID,
    actor: Actor,
    use_case: UseCase,
    form: dict[str, str] | None = None,
) -> Redirect | Template:
    """Do it in one transaction; a refusal shows the page again with everything that was typed."""
    use_language(language_of(request))
    try:
        async with database.work() as work:
            await use_case(work, await database_clock(work))
    except (NotFound, NotPermitted):
        raise
    except Refusal as refusal:
        errors = {"": " ".join(refusal_words(refusal))}
        if isinstance(refusal, OpinionIncomplete):
            errors = errors_by_field(refusal.problems)
        return await _matter_page(
            request, database, matter_id, actor, values=form, errors=errors, status=status_of(refusal)
        )
    node_of(request.app).complete_soon()
    return back_to(f"/complaints/{matter_id}")


async def _matter_page(
    request: Page,
    database: Database,
    matter_id: UUID,
    actor: Actor,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    use_language(language_of(request))
    async with database.work() as session:
        now = await database_clock(session)
        matter = await lookups.get_matter(session, matter_id)
        sight = await lookups.sight_of(session, matter, actor)
        if sight is Sight.NONE:
            raise MatterNotFound
        await _record_look(session, matter, sight, actor, "matter")
        shown = await _shown(session, matter, sight, actor, now)
    return page(
        request,
        "complaints/matter.html",
        status_code=status,
        values=values or {},
        errors=errors or {},
        now=now,
        **shown,
    )


async def _record_look(session: AsyncSession, matter: Matter, sight: Sight, actor: Actor, what: str) -> None:
    if sight in (Sight.SUPERVISOR, Sight.OFFICER):
        now = await database_clock(session)
        await record_look(session, what, f"matter:{matter.id}", actor=actor, now=now)


async def _shown(session: AsyncSession, matter: Matter, sight: Sight, actor: Actor, now: datetime) -> dict[str, Any]:
    project = await projects.get_project(session, matter.project_id)
    papers = await lookups.papers_of(session, matter.id)
    replies = await lookups.replies_of(session, matter.id)
    asked_unit = None if sight is Sight.OFFICER else actor.unit_id
    asked = next((each for each in replies if each.unit_id == asked_unit), None)
    to_reply = sight in (Sight.OFFICER, Sight.PARTY) and matter.state == State.ACCEPTED
    is_officer = sight is Sight.OFFICER and matter.paper != "complaint" and matter.state == State.RECEIVED
    prior = None if matter.prior_id is None else await lookups.get_matter(session, matter.prior_id)
    return {
        "matter": matter,
        "project": project,
        "title": showing.title_of(matter, project),
        "badge_of": showing.state_badge,
        "next_words": showing.next_words(matter),
        "lot": None if matter.lot_id is None else await projects.get_lot(session, matter.lot_id),
        "unit": await accounts.get_unit(session, matter.unit_id),
        "blank": service.blank_for(project, service.wish_of(matter)),
        "papers": papers,
        "prior": prior,
        "prior_title": "" if prior is None else showing.title_of(prior, project),
        "replies": await _replies_shown(session, replies, sight),
        "files": await files.files_for(session, matter, actor),
        "limits": await showing.limits_of_matter(session, matter, project, now),
        "opinion": await showing.opinion_shown(session, matter),
        "suspension": await lookups.suspension_of(session, matter.id),
        "procedure": lookups.procedure_of(project),
        "outcomes": showing.outcomes(),
        "effects": showing.effects(),
        "sight": sight.name.lower(),
        "due_words": due_words,
        "may_answer": is_officer,
        "may_reply": to_reply and asked is not None and asked.replied_at is None,
        "is_open": State(matter.state).is_open,
    }


async def _replies_shown(session: AsyncSession, replies: Any, sight: Sight) -> list[tuple[str, Any]]:
    """Who was asked to reply; what was said is for the supervisors."""
    if sight is not Sight.SUPERVISOR:
        return []
    return [
        ("" if each.unit_id is None else (await accounts.get_unit(session, each.unit_id)).name, each)
        for each in replies
    ]

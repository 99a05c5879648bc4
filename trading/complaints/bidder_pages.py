"""Pages of whoever raises something: one's own queries and complaints, what can be raised and until when, the form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.complaints import service, showing
from trading.complaints.contents import FieldKind
from trading.complaints.lookups import matters_of_unit, procedure_of
from trading.complaints.models import Matter
from trading.complaints.procedures import About, Paper
from trading.complaints.refusals import NotAboutThis, OnlyForUnits, PaperIncomplete
from trading.complaints.rules import State, Window
from trading.complaints.service import Blank, Wish
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound, Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import current_language, use_language
from trading.kernel.i18n import gettext as _
from trading.kernel.ids import new_id
from trading.kernel.web import back_to, form_of, language_of, only, page, status_of
from trading.limits.service import due_words
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.presenting import errors_by_field

Page = Request[Any, Any, Any]
BIDDER = only(Role.BIDDER)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be raised, or why it cannot."""

    title: str
    address: str
    window: Window | None
    refused: str


@get("/my/complaints", opt=BIDDER)
async def my_matters(
    request: Page,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What my unit has raised, and the complaints on which it is heard."""
    use_language(language_of(request))
    listed = [] if actor.unit_id is None else await matters_of_unit(session, actor.unit_id)
    return page(request, "complaints/mine.html", rows=await showing.rows_of(session, listed, now))


@get("/my/complaints/new/{project_id:uuid}", opt=BIDDER)
async def choose(
    request: Page,
    project_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """What can be raised about a project, each with its period and article."""
    use_language(language_of(request))
    project = await projects.get_public_project(session, project_id)
    return page(
        request,
        "complaints/choose.html",
        project=project,
        choices=await _choices(session, project, actor, now),
        due_words=due_words,
    )


@get("/my/complaints/new/{project_id:uuid}/{paper:str}/{about:str}", opt=BIDDER)
async def blank_paper(
    request: Page,
    project_id: FromPath[UUID],
    paper: FromPath[str],
    about: FromPath[str],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """An empty paper; its identifier is given here, so that sending it twice raises one matter."""
    use_language(language_of(request))
    wish = _wish(project_id, paper, about, dict(request.query_params))
    allowed = await service.check_may_raise(session, wish, actor=actor, now=now)
    values = await _prefilled(session, allowed.blank, actor) | {"matter": str(new_id())}
    return await _paper_page(request, session, wish, allowed.blank, values, window=allowed.window)


@post("/my/complaints/new/{project_id:uuid}/{paper:str}/{about:str}", opt=BIDDER, status_code=200)
async def raise_matter(
    request: Page,
    project_id: FromPath[UUID],
    paper: FromPath[str],
    about: FromPath[str],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
) -> Redirect | Template:
    """Hand it in. A refusal shows the paper again with everything that was typed."""
    use_language(language_of(request))
    form = await form_of(request)
    wish = _wish(project_id, paper, about, form)
    matter_id = _uuid(form.get("matter", ""))
    if matter_id is None:
        raise NotAboutThis
    try:
        async with database.work() as session:
            now = await database_clock(session)
            matter = await service.raise_matter(session, matter_id, wish, form, actor=actor, now=now)
    except NotFound:
        raise
    except Refusal as refusal:
        async with database.reading() as session:
            blank = service.blank_for(await projects.get_public_project(session, project_id), wish)
            return await _paper_page(request, session, wish, blank, form, refusal=refusal)
    return back_to(f"/complaints/{matter.id}")


@get("/complaints/{matter_id:uuid}/completion", opt=BIDDER)
async def completion(
    request: Page, matter_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """The paper again, with what was missing, to be completed."""
    use_language(language_of(request))
    matter, contents = await service.own_paper(session, matter_id, actor)
    return await _completion_page(request, session, matter, contents)


@post("/complaints/{matter_id:uuid}/completion", opt=BIDDER, status_code=200)
async def complete(
    request: Page, matter_id: FromPath[UUID], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect | Template:
    """Hand in the completed paper."""
    use_language(language_of(request))
    form = await form_of(request)
    try:
        async with database.work() as session:
            await service.complete(session, matter_id, form, actor=actor, now=await database_clock(session))
    except NotFound:
        raise
    except Refusal as refusal:
        async with database.reading() as session:
            matter, _before = await service.own_paper(session, matter_id, actor)
            return await _completion_page(request, session, matter, form, refusal)
    return back_to(f"/complaints/{matter_id}")


handlers = [my_matters, choose, blank_paper, raise_matter, completion, complete]


async def _choices(session: AsyncSession, project: Project, actor: Actor, now: datetime) -> list[Choice]:
    """First papers by what they are about, a complaint after each of one's own, and those that need none before."""
    if actor.unit_id is None:
        raise OnlyForUnits
    procedure = procedure_of(project)
    own = [
        each.matter
        for each in await matters_of_unit(session, actor.unit_id)
        if each.matter.project_id == project.id and each.matter.unit_id == actor.unit_id
    ]
    wishes = [Wish(project.id, procedure.first, about) for about in procedure.periods]
    asked = [each for each in own if each.paper != Paper.COMPLAINT and each.state != State.WITHDRAWN]
    wishes += [Wish(project.id, Paper.COMPLAINT, About(each.about), each.lot_id, each.id) for each in asked]
    if False in procedure.complaint:
        free = [about for about in About if about not in procedure.asked_first.value]
        wishes += [Wish(project.id, Paper.COMPLAINT, about) for about in free]
    return [await _choice(session, project, wish, own, actor, now) for wish in wishes]


async def _choice(
    session: AsyncSession, project: Project, wish: Wish, own: list[Matter], actor: Actor, now: datetime
) -> Choice:
    prior = next((each for each in own if each.id == wish.prior_id), None)
    title = showing.wish_title(wish, project, prior)
    query = "" if prior is None else f"?prior={prior.id}" + (f"&lot={prior.lot_id}" if prior.lot_id else "")
    address = f"/my/complaints/new/{project.id}/{wish.paper}/{wish.about}{query}"
    try:
        allowed = await service.check_may_raise(session, wish, actor=actor, now=now)
    except Refusal as refusal:
        return Choice(title, address, None, _said(refusal))
    return Choice(title, address, allowed.window, "")


async def _prefilled(session: AsyncSession, blank: Blank, actor: Actor) -> dict[str, str]:
    assert actor.unit_id is not None, "nothing may be raised without a unit"
    unit = await accounts.get_unit(session, actor.unit_id)
    return {"contact_name": unit.contact_name, "phone": unit.phone, "respondent": blank.project.owner_name}


async def _paper_page(
    request: Page,
    session: AsyncSession,
    wish: Wish,
    blank: Blank,
    values: dict[str, str],
    *,
    window: Window | None = None,
    refusal: Refusal | None = None,
) -> Template:
    chosen_before = wish.prior_id is not None
    return page(
        request,
        "complaints/form.html",
        status_code=200 if refusal is None else status_of(refusal),
        title=showing.wish_title(wish, blank.project, None),
        action=f"/my/complaints/new/{wish.project_id}/{wish.paper}/{wish.about}",
        hidden={"prior": str(wish.prior_id), "lot": "" if wish.lot_id is None else str(wish.lot_id)}
        if chosen_before
        else {},
        lots=[] if chosen_before else await showing.lots_to_choose(session, wish.project_id),
        holds=wish.paper is not Paper.COMPLAINT and wish.about in blank.procedure.holds.value,
        window=window,
        completion=None,
        **_of_paper(blank, wish, values, refusal),
    )


async def _completion_page(
    request: Page, session: AsyncSession, matter: Matter, values: dict[str, str], refusal: Refusal | None = None
) -> Template:
    project, wish = await projects.get_project(session, matter.project_id), service.wish_of(matter)
    return page(
        request,
        "complaints/form.html",
        status_code=200 if refusal is None else status_of(refusal),
        title=showing.title_of(matter, project),
        action=f"/complaints/{matter.id}/completion",
        hidden={},
        lots=[],
        holds=False,
        window=None,
        completion=matter,
        **_of_paper(service.blank_for(project, wish), wish, values, refusal),
    )


def _errors(refusal: Refusal | None) -> dict[str, str]:
    if refusal is None:
        return {}
    if isinstance(refusal, PaperIncomplete):
        return errors_by_field(refusal.problems)
    return {"": _said(refusal)}


def _said(refusal: Refusal) -> str:
    return ("" if current_language() == "zh" else " ").join(refusal_words(refusal))


def _of_paper(blank: Blank, wish: Wish, values: dict[str, str], refusal: Refusal | None) -> dict[str, Any]:
    """What every form of a paper shows: the fields, what was typed, what is wrong, by which article."""
    errors = _errors(refusal)
    labels = {each.name: _(each.label) for each in blank.fields if each.kind is not FieldKind.TICK}
    named = {name: f"{labels[name]}{_(': ')}{words}" if name in labels else words for name, words in errors.items()}
    ruled = blank.procedure.complaint_contents if wish.paper is Paper.COMPLAINT else blank.procedure.first_contents
    return {
        "blank": blank,
        "values": values,
        "errors": errors,
        "summary": named,
        "source": ruled,
        "choices_of": showing.choices_of,
        "due_words": due_words,
    }


def _wish(project_id: UUID, paper: str, about: str, typed: dict[str, Any]) -> Wish:
    """What an address asks for. Refuses `NotAboutThis` for anything unknown."""
    if paper not in set(Paper) or about not in set(About):
        raise NotAboutThis
    lot, prior = _uuid(str(typed.get("lot", ""))), _uuid(str(typed.get("prior", "")))
    return Wish(project_id, Paper(paper), About(about), lot, prior)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

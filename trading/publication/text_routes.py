"""Pages of the administrators: the templates of announcements, their versions, previews, the second pair of eyes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import gettext as _
from trading.kernel.i18n import use_language
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.publication import fact_words, texts
from trading.publication.examples import examples
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.publication.safe_text import ELEMENTS, TextFault
from trading.publication.showing import kind_words
from trading.publication.text_language import FILTERS, LONGEST_SOURCE, check, render
from trading.publication.texts import TextNoteMissing, TextRefused
from trading.publication.wording import named, spoken

Page = Request[Any, Any, Any]
ADMINS = only(Role.ADMIN)
ADDRESS = "/admin/announcement-texts"


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind in the list: which version is used, and how many wait."""

    kind: AnnouncementKind
    words: str
    version: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A template tried on facts: the text that came out, or the fault."""

    name: str
    text: Markup
    fault: str


@get(ADDRESS, opt=ADMINS)
async def announcement_texts(request: Page, session: NamedDependency[AsyncSession]) -> Template:
    """All kinds with the version that is used, and what waits for a second administrator."""
    use_language(language_of(request))
    waiting = await texts.undecided(session)
    rows = [
        KindRow(
            kind,
            kind_words(kind),
            (await texts.current(session, kind)).number,
            sum(1 for one in waiting if one.kind == kind),
        )
        for kind in AnnouncementKind
    ]
    proposed = [(one, kind_words(one.kind), await accounts.name_of(session, one.proposed_by)) for one in waiting]
    return page(request, "publication/texts.html", rows=rows, proposed=proposed)


@get(f"{ADDRESS}/{{kind:str}}", opt=ADMINS)
async def one_text(
    request: Page, kind: FromPath[str], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """The template of a kind: the one that is used, to be edited; its versions; the facts and filters it may name."""
    known = _kind(kind)
    source = (await texts.current(session, known)).source
    return await _text_page(request, session, known, actor, {"source": source, "note": ""})


@post(f"{ADDRESS}/{{kind:str}}", opt=ADMINS)
async def propose_text(
    request: Page,
    kind: FromPath[str],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Look at what a template writes, or propose it as the next version."""
    known = _kind(kind)
    typed = {name: str(value) for name, value in (await request.form()).items() if isinstance(value, str)}
    values = {"source": typed.get("source", "").replace("\r\n", "\n"), "note": typed.get("note", "").strip()}
    use_language(language_of(request))
    if typed.get("action") == "preview":
        async with database.reading() as session:
            return await _text_page(request, session, known, actor, values, looks=True)
    try:
        async with database.work() as work:
            made = await texts.propose(work, known, values["source"], values["note"], actor=actor, now=now)
    except (TextRefused, TextNoteMissing) as refusal:
        name = "note" if isinstance(refusal, TextNoteMissing) else "source"
        async with database.reading() as session:
            errors = {name: " ".join(refusal_words(refusal))}
            return await _text_page(request, session, known, actor, values, errors=errors)
    return back_to(f"{ADDRESS}/versions/{made.id}")


@get(f"{ADDRESS}/versions/{{text_id:uuid}}", opt=ADMINS)
async def one_version(
    request: Page, text_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Template:
    """One version, with what it writes, for the administrator who decides about it."""
    use_language(language_of(request))
    version = await texts.get_text(session, text_id)
    kind = AnnouncementKind(version.kind)
    decisions = {one.text.id: one.decision for one in await texts.versions(session, kind)}
    decision = decisions[text_id]
    return page(
        request,
        "publication/text_version.html",
        version=version,
        kind_of_announcement=kind_words(kind),
        proposed_by=await accounts.name_of(session, version.proposed_by),
        decision=decision,
        decided_by="" if decision is None else await accounts.name_of(session, decision.decided_by),
        is_own=version.proposed_by == actor.reference,
        current=await texts.current(session, kind),
        tried=await _tried(session, kind, version.source),
    )


@post(f"{ADDRESS}/versions/{{text_id:uuid}}", opt=ADMINS)
async def decide_text(
    request: Page,
    text_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Approve a version, or turn it down."""
    typed = await form_of(request)
    async with database.work() as work:
        approve = typed.get("decision") == "approve"
        await texts.decide(work, text_id, approve=approve, reasons=typed.get("reasons", ""), actor=actor, now=now)
    return back_to(f"{ADDRESS}/versions/{text_id}")


async def _text_page(
    request: Page,
    session: AsyncSession,
    kind: AnnouncementKind,
    actor: Actor,
    values: dict[str, str],
    *,
    looks: bool = False,
    errors: dict[str, str] | None = None,
) -> Template:
    use_language(language_of(request))
    versions = await texts.versions(session, kind)
    names = {one.text.proposed_by: await accounts.name_of(session, one.text.proposed_by) for one in versions}
    return page(
        request,
        "publication/text.html",
        status_code=422 if errors else 200,
        kind=kind,
        kind_of_announcement=kind_words(kind),
        values=values,
        errors=errors or {},
        versions=versions,
        names=names,
        current=await texts.current(session, kind),
        tried=await _tried(session, kind, values["source"]) if looks else [],
        facts=[(name, fact_words.label(name)) for name in sorted(named(kind))],
        filters=[(name, _(words), example) for name, (_written, words, example) in FILTERS.items()],
        elements=sorted(ELEMENTS | {"br"}),
        longest=LONGEST_SOURCE,
    )


async def _tried(session: AsyncSession, kind: AnnouncementKind, source: str) -> list[Tried]:
    """What a template writes from what was really published last, from an example, and from hostile facts."""
    newest = select(Announcement).where(Announcement.kind == kind).order_by(Announcement.published_at.desc()).limit(1)
    real = await session.scalar(newest)
    on = [] if real is None else [(real.title, msgspec.json.decode(real.facts) | texts.own_facts(real))]
    said = dict(examples(kind))
    on.append((_("An example with every fact"), said["whole"]))
    on.append((_("An example with hostile facts"), said["hostile 1"]))
    return [_try(kind, source, name, facts) for name, facts in on]


def _try(kind: AnnouncementKind, source: str, name: str, facts: dict[str, Any]) -> Tried:
    try:
        check(source, named(kind))
        return Tried(name, Markup(render(source, spoken(kind, facts))), "")  # noqa: S704 - written by safe_text
    except TextFault as fault:
        words = _(fault.message).format(found=fault.found)
        return Tried(name, Markup(""), _("Line {line}: {fault}").format(line=fault.line, fault=words))


def _kind(name: str) -> AnnouncementKind:
    if name not in set(AnnouncementKind):
        raise NotFound
    return AnnouncementKind(name)


handlers = [announcement_texts, one_text, propose_text, one_version, decide_text]

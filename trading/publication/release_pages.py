"""What the officers' pages of announcements show: lists, forms, a prepared announcement beside its project."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel.errors import Refusal
from trading.kernel.formats import moment
from trading.kernel.i18n import gettext as _
from trading.kernel.moments import SHANGHAI
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.publication import fact_words, releases, releasing, service
from trading.publication.drafting import PER_LOT, Said, is_offered, notice_of, said_by
from trading.publication.kind_types import AnnouncementKind, Field, FieldType, family_of
from trading.publication.kinds import CHANGING, KINDS
from trading.publication.models import AnnouncementRelease
from trading.publication.release_rules import NO_EFFECT, ReleaseState, fields_of, proposed_moments, read_typed
from trading.publication.showing import kind_words
from trading.publication.text_language import read_fact_moment


@dataclass(frozen=True, slots=True)
class Row:
    """One announcement on its way, in a list."""

    release: AnnouncementRelease
    title: str
    kind: str
    prepared_by: str
    released_by: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One fact as it was prepared, beside what the project says now."""

    label: str
    prepared: str
    now: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """An announcement as the public will read it."""

    title: str
    text: Markup


async def lists(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    """What waits for this officer to release, what this officer has prepared, and what is set for a moment."""
    rows = [await _row(session, one, actor) for one in await releases.on_their_way(session)]
    return {
        "to_release": [one for one in rows if one.release.state == ReleaseState.PREPARED and not one.is_own],
        "returned": [one for one in rows if one.release.state == ReleaseState.RETURNED and one.is_own],
        "mine": [one for one in rows if one.release.state == ReleaseState.PREPARED and one.is_own],
        "scheduled": sorted(
            (one for one in rows if one.release.state == ReleaseState.SCHEDULED),
            key=lambda one: one.release.publish_at or one.release.prepared_at,
        ),
        "published": [await _row(session, one, actor) for one in await releases.published_last(session, actor)],
    }


async def choice(session: AsyncSession, project: Project) -> dict[str, Any]:
    """The kinds of announcements that a project may have now, and those that are on their way already."""
    family = family_of(project.kind)
    offered = [kind for kind in AnnouncementKind if is_offered(kind, project)]
    return {
        "project": project,
        "offered": [(kind, kind_words(kind), KINDS[kind].source(family).source, kind in CHANGING) for kind in offered],
        "published": await service.announcements_of(session, project.id),
        "on_their_way": await releases.on_their_way(session, project_id=project.id),
        "kind_words": kind_words,
    }


async def form(session: AsyncSession, project: Project, kind: AnnouncementKind, follows: UUID | None) -> dict[str, Any]:
    """The form of one kind: what an officer types, and what the project says by itself."""
    lots = await projects.lots_of(session, project.id)
    earlier = None if follows is None else await service.get_announcement(session, follows)
    notice = notice_of(project, lots[0]) if kind in CHANGING and lots else None
    asked = KINDS[kind].required_of.get(family_of(project.kind), frozenset())
    return {
        "project": project,
        "kind": kind,
        "kind_words": kind_words,
        "source": KINDS[kind].source(family_of(project.kind)),
        "fields": [shown_field(field, of_family=asked) for field in fields_of(kind)],
        "no_effect": shown_field(NO_EFFECT),
        "asks_effect": kind in CHANGING,
        "earlier": earlier,
        "rule": notice,
        "lots": [(str(lot.id), lot.title) for lot in lots] if kind in PER_LOT and len(lots) > 1 else [],
        "follows": "" if follows is None else str(follows),
    }


def shown_field(field: Field, *, of_family: Collection[str] = ()) -> dict[str, Any]:
    """A field in the language of the request; `of_family` are the facts that this kind of project must state."""
    return {
        "name": field.name,
        "type": field.type.value,
        "label": _(field.label),
        "hint": _(field.hint) if field.hint else "",
        "optional": not field.is_required and field.fact not in of_family,
        "longest": str(field.longest),
        "is_lines": field.type is FieldType.LINES,
        "is_amount": field.type is FieldType.AMOUNT,
    }


async def previews(
    session: AsyncSession, project: Project, kind: AnnouncementKind, said: list[Said], at: datetime
) -> list[Preview]:
    """The announcements as the public would read them at `at`."""
    found = []
    for each in said:
        lot: Lot | None = None if each.lot_id is None else await projects.get_lot(session, each.lot_id)
        facts = service.stated_facts(kind, project, lot, each.facts, at)
        text, _version = await service.text_of(session, kind, project, lot, facts, at, _("(number at publication)"))
        title = service.title_of(kind, project, lot, facts)
        found.append(Preview(title, Markup(text)))  # noqa: S704 - written by safe_text
    return found


async def draft_previews(
    session: AsyncSession, project: Project, draft: releasing.Draft, at: datetime
) -> tuple[list[Preview], list[dict[str, Any]]]:
    """What a form would say, and the dates that it would move. Refuses what `said_by` refuses."""
    typed = read_typed(draft.kind, draft.typed)
    said = await said_by(session, project, draft.kind, typed, draft.follows, draft.lot_id, at)
    moved = [_shown_move(each) for one in said for each in one.facts.get("moved", [])]
    return await previews(session, project, draft.kind, said, at), moved


def _shown_move(moved: dict[str, str]) -> dict[str, Any]:
    when = {which: read_fact_moment(moved[which]) for which in ("before", "after")}
    return {"label": fact_words.label(moved["name"]), **when}


async def release_page(
    session: AsyncSession, release: AnnouncementRelease, actor: Actor, now: datetime
) -> dict[str, Any]:
    """A prepared announcement beside what the project says now, with what this officer may do."""
    project = await projects.get_project(session, release.project_id)
    kind = AnnouncementKind(release.kind)
    prepared = releases.prepared_facts(release)
    at = max(release.publish_at or now, now)
    problem: Refusal | None = None
    current: list[Said] = prepared
    if release.state != ReleaseState.PUBLISHED and not release.is_automatic:
        try:
            current = await releasing.said_now(session, release, at)
        except Refusal as refusal:
            problem = refusal
    published = await releases.published_as(session, release.id)
    row = await _row(session, release, actor)
    return {
        "release": release,
        "row": row,
        "project": project,
        "problem": problem,
        "comparisons": [] if published else [_compare(*pair) for pair in zip(prepared, current, strict=False)],
        "differing": [] if published else releasing.differing(prepared, current),
        "previews": await previews(session, project, kind, current, at),
        "published": published,
        "seen": releases.seen_of(release),
        "proposals": [(_typed(one), moment(one)) for one in proposed_moments(now)],
        "may_release": release.state == ReleaseState.PREPARED and not row.is_own,
        "may_call_back": release.state in releases.ON_ITS_WAY
        and actor.reference in {release.prepared_by, release.released_by},
        "may_prepare": row.is_own and release.state in {ReleaseState.PREPARED, ReleaseState.RETURNED},
        "returned_by": await _name(session, release.returned_by),
    }


def _compare(prepared: Said, current: Said) -> list[Compared]:
    differing = set(releasing.differing([prepared], [current]))
    names = fact_words.shown_names({**prepared.facts, **current.facts})
    return [
        Compared(
            fact_words.label(name),
            fact_words.in_words(name, prepared.facts.get(name)),
            fact_words.in_words(name, current.facts.get(name)),
            name in differing,
        )
        for name in names
    ]


async def _row(session: AsyncSession, release: AnnouncementRelease, actor: Actor) -> Row:
    project = await projects.get_project(session, release.project_id)
    return Row(
        release,
        project.title,
        kind_words(release.kind),
        await _name(session, release.prepared_by),
        await _name(session, release.released_by),
        release.prepared_by == actor.reference,
    )


async def _name(session: AsyncSession, reference: str | None) -> str:
    return "—" if reference is None else await accounts.name_of(session, reference)


def _typed(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")

"""What pages show of queries, objections and complaints: words, what comes next and by when, steps of a timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.complaints.contents import PaperField
from trading.complaints.lookups import OPEN, Listed, matters_of_project, suspensions_of
from trading.complaints.models import Matter
from trading.complaints.procedures import About, Paper
from trading.complaints.rules import Effect, Outcome, State
from trading.complaints.service import Wish
from trading.kernel.i18n import gettext as _
from trading.limits import service as limits
from trading.limits.presenting import ShownLimit, shown
from trading.limits.rules import Who
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.projects.timeline import Part, Standing, Step

PAPER_WORDS: Mapping[Paper, str] = {
    Paper.QUERY: N_("Query"),
    Paper.OBJECTION: N_("Objection"),
    Paper.COMPLAINT: N_("Complaint"),
}
_ABOUT_BOUGHT: Mapping[About, str] = {
    About.DOCUMENTS: N_("the procurement documents"),
    About.OPENING: N_("the opening"),
    About.PROCESS: N_("the procedure"),
    About.RESULT: N_("the result"),
}
_ABOUT_WORKS = {
    **_ABOUT_BOUGHT,
    About.DOCUMENTS: N_("the tender documents"),
    About.RESULT: N_("the candidates or the result"),
}
_ABOUT_SOLD = {**_ABOUT_BOUGHT, About.DOCUMENTS: N_("the announcement and its documents")}
STATE_WORDS: Mapping[State, tuple[str, str]] = {
    State.RECEIVED: (N_("received"), "info"),
    State.INCOMPLETE: (N_("to be completed"), "warning"),
    State.ACCEPTED: (N_("being handled"), "info"),
    State.DECIDED: (N_("decided"), "success"),
    State.NOT_ACCEPTED: (N_("not accepted"), "neutral"),
    State.WITHDRAWN: (N_("taken back"), "neutral"),
}
OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.UPHELD: N_("well founded"),
    Outcome.PARTLY: N_("partly well founded"),
    Outcome.REJECTED: N_("not well founded, rejected"),
}
EFFECT_WORDS: Mapping[Effect, str] = {
    Effect.GOES_ON: N_("The project goes on unchanged"),
    Effect.AMENDED: N_("The documents are clarified or changed, then it goes on"),
    Effect.CHOSEN_ANEW: N_("Another candidate is chosen"),
    Effect.BEGUN_ANEW: N_("The project is terminated and begun anew"),
}
_STEP_WORDS: Mapping[About, Part] = {
    About.DOCUMENTS: Part.BIDDERS,
    About.OPENING: Part.CONTEST,
    About.PROCESS: Part.CONTEST,
    About.RESULT: Part.RESULT,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A matter in a list, with the limit that runs for it."""

    matter: Matter
    project: Project
    title: str
    badge: tuple[str, str]
    next_words: str
    limit: ShownLimit | None


def paper_words(paper: str) -> str:
    """What a paper is called."""
    return _(PAPER_WORDS[Paper(paper)])


def about_words(about: str, project: Project) -> str:
    """What it is about, as this kind of project says it."""
    kind = ProjectKind(project.kind)
    words = _ABOUT_SOLD if kind.is_sale else _ABOUT_WORKS if kind is ProjectKind.WORKS else _ABOUT_BOUGHT
    return _(words[About(about)])


def title_of(matter: Matter, project: Project) -> str:
    """`Query about the result`."""
    return _("{paper} about {about}").format(paper=paper_words(matter.paper), about=about_words(matter.about, project))


def wish_title(wish: Wish, project: Project, prior: Matter | None) -> str:
    """`Query about the result`; a complaint names what went before it."""
    words = _("{paper} about {about}").format(paper=paper_words(wish.paper), about=about_words(wish.about, project))
    return words if prior is None else f"{words} ({prior.number})"


def state_badge(matter: Matter) -> tuple[str, str]:
    """Where it stands, in words and a colour; a query that was decided is answered."""
    if matter.state == State.DECIDED and matter.paper != Paper.COMPLAINT:
        return _("answered"), "success"
    words, kind = STATE_WORDS[State(matter.state)]
    return _(words), kind


def next_words(matter: Matter) -> str:
    """What happens next, said to everybody alike."""
    match State(matter.state), Paper(matter.paper):
        case State.RECEIVED, Paper.COMPLAINT:
            return _("The supervisor looks whether the complaint can be accepted.")
        case State.RECEIVED, _other:
            return _("The officer in charge answers for the owner or purchaser.")
        case State.INCOMPLETE, _other:
            return _("Whoever complained completes the paper.")
        case State.ACCEPTED, _other:
            return _("Those concerned are heard; then the supervisor decides.")
        case State.DECIDED, Paper.COMPLAINT:
            return _("Against the decision administrative review or an action in court is open.")
        case State.DECIDED | State.NOT_ACCEPTED, Paper.QUERY | Paper.OBJECTION:
            return _("Whoever is not content can complain within the period.")
        case _:
            return _("Nothing more happens.")


async def limits_of_matter(session: AsyncSession, matter: Matter, project: Project, now: datetime) -> list[ShownLimit]:
    """The limits that run or ran for a matter, what must be done next first."""
    found = [each for each in await limits.standings(session, project, now) if each.subject == str(matter.id)]
    return shown(found, project, [], now)


async def rows_of(
    session: AsyncSession, listed: Sequence[Listed], now: datetime, *, of: Who | None = None
) -> list[Row]:
    """Matters with what comes next, those that wait first and among them the soonest due; `of`: whose limits count."""
    by_matter: dict[str, ShownLimit] = {}
    for project in {each.project.id: each.project for each in listed if each.matter.state in OPEN}.values():
        standings = await limits.standings(session, project, now)
        running = [each for each in standings if each.ended is None and of in (None, each.limit.who)]
        for standing in sorted(running, key=lambda each: each.due_at or now):
            by_matter.setdefault(standing.subject, shown([standing], project, [], now)[0])
    rows = [
        Row(
            each.matter,
            each.project,
            title_of(each.matter, each.project),
            state_badge(each.matter),
            next_words(each.matter),
            by_matter.get(str(each.matter.id)),
        )
        for each in listed
    ]
    return sorted(rows, key=lambda row: (row.matter.state not in OPEN, row.limit.due_at or now if row.limit else now))


async def opinion_shown(session: AsyncSession, matter: Matter) -> dict[str, Any] | None:
    """How it was answered or decided, in words; None while it was not."""
    if matter.ended_at is None or matter.state == State.WITHDRAWN:
        return None
    return {
        "outcome": None if matter.outcome is None else _(OUTCOME_WORDS[Outcome(matter.outcome)]),
        "effect": None if matter.effect is None else _(EFFECT_WORDS[Effect(matter.effect)]),
        "reasons": matter.reasons,
        "law": matter.law,
        "by": await accounts.name_of(session, matter.ended_by or ""),
        "at": matter.ended_at,
    }


def outcomes() -> list[tuple[str, str, str]]:
    """How it may be answered or decided, to choose from."""
    return [(outcome.value, _(words), "") for outcome, words in OUTCOME_WORDS.items()]


def choices_of(field: PaperField) -> list[tuple[str, str]]:
    """What can be chosen in a field of a paper."""
    return [("", _("Choose")), *((value, _(words)) for value, words in field.options)]


def effects() -> list[tuple[str, str]]:
    """What may follow, to choose from."""
    return [(effect.value, _(words)) for effect, words in EFFECT_WORDS.items()]


async def timeline_steps(
    session: AsyncSession, project: Project, lots: Sequence[Lot], now: datetime, public: bool
) -> list[tuple[Part, Step]]:
    """What a project's timeline shows: to everybody since when it is suspended, without why; to insiders what was
    raised, and not more than that. A complaint stays with the supervisors until it is accepted.
    """
    matters = await matters_of_project(session, project.id)
    if not matters:
        return []
    of = {matter.id: _STEP_WORDS[About(matter.about)] for matter in matters}
    steps = [] if public else [(of[matter.id], _of_matter(matter, project)) for matter in matters if _is_told(matter)]
    for part, begun, ended in _pauses(
        [(of[row.matter_id], row.suspended_at, row.lifted_at) for row in await suspensions_of(session, project.id)]
    ):
        steps.append((part, Step(_("Suspended"), Standing.NOW if ended is None else Standing.DONE, begun)))
        if ended is not None:
            steps.append((part, Step(_("Went on"), Standing.DONE, ended)))
    return steps


def _pauses(
    rows: Sequence[tuple[Part, datetime, datetime | None]],
) -> list[tuple[Part, datetime, datetime | None]]:
    """Suspensions that overlap as one: from the first that began to the last that was lifted."""
    found: list[tuple[Part, datetime, datetime | None]] = []
    for part, begun, ended in rows:
        if found and (found[-1][2] is None or begun <= found[-1][2]):
            before = found[-1]
            last = None if ended is None or before[2] is None else max(ended, before[2])
            found[-1] = (before[0], before[1], last)
        else:
            found.append((part, begun, ended))
    return found


def _is_told(matter: Matter) -> bool:
    return matter.paper != Paper.COMPLAINT or matter.accepted_at is not None


def _of_matter(matter: Matter, project: Project) -> Step:
    is_open = matter.state in OPEN
    return Step(
        f"{title_of(matter, project)} · {state_badge(matter)[0]}",
        Standing.NOW if is_open else Standing.DONE,
        matter.raised_at if is_open else matter.ended_at,
        detail=matter.number,
        address=f"/complaints/{matter.id}",
    )


async def lots_to_choose(session: AsyncSession, project_id: UUID) -> list[tuple[str, str]]:
    """Of several lots, which one is meant; nothing to choose where there is one."""
    lots = await projects.lots_of(session, project_id)
    if len(lots) < 2:
        return []
    return [("", _("The whole project")), *((str(lot.id), lot.title) for lot in lots)]

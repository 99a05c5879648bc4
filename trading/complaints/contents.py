"""What a paper must contain, and what an answer or a decision must say; read from a form, every fault at once. Pure.

Sources: 财政部令94号 art. 12 (query), 15 (answer), 18 (complaint), 33 (decision); 七部委令11号 art. 7 (works).
Whoever signs is named; nothing is taken without a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trading.complaints.procedures import About, Anchor, Paper, Procedure
from trading.complaints.refusals import NotAboutThis, OpinionIncomplete, PaperIncomplete
from trading.complaints.rules import Effect, Outcome
from trading.projects.problems import N_, Problem
from trading.projects.typed_values import REQUIRED, Wrong, read_line, read_lines, read_whole_number

LONGEST_LINE, LONGEST_TEXT = 200, 8000
SHORTEST_REASON, LONGEST_REASON = 5, 4000

NOT_A_DAY = N_("Choose a day, for example 2026-11-23.")
DAY_AHEAD = N_("This day lies ahead.")
DAY_TOO_EARLY = N_("This is before the announcement of {day}.")
DAY_TOO_LATE = N_("The documents were given out until {day}.")
POSTCODE_WRONG = N_("A postcode has six digits.")
PHONE_WRONG = N_("A telephone number has 7 to 20 digits.")
NOT_DECLARED = N_("Without this declaration nothing is taken in.")
CHOOSE = N_("Please choose.")
REASONS_TOO_SHORT = N_("Write at least {n} characters.")
DAYS_WRONG = N_("At most {days} days.")
NUMBER_WRONG = N_("This is not the number of the complaint. Type it as it stands above.")


class FieldKind(StrEnum):
    """How a field is typed."""

    LINE = "line"
    LINES = "lines"
    DAY = "day"
    CHOICE = "choice"
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class PaperField:
    """One thing that a paper must contain."""

    name: str
    kind: FieldKind
    label: str
    hint: str = ""
    group: str = "matter"
    options: tuple[tuple[str, str], ...] = ()


SIGNATORIES = (
    ("legal_representative", N_("legal representative or head of the unit")),
    ("authorised", N_("authorised by it; the authorisation is attached")),
)
_UNIT = (
    PaperField("address", FieldKind.LINE, N_("Address of your unit"), group="unit"),
    PaperField("postcode", FieldKind.LINE, N_("Postcode"), group="unit"),
    PaperField("contact_name", FieldKind.LINE, N_("Contact person"), group="unit"),
    PaperField("phone", FieldKind.LINE, N_("Telephone"), group="unit"),
)
_GROUNDS = (
    PaperField(
        "matters",
        FieldKind.LINES,
        N_("Concrete matters"),
        N_("Each one by itself: which clause, step or result, and why it harms your unit."),
    ),
    PaperField("facts", FieldKind.LINES, N_("Facts"), N_("What happened, when, and what shows it.")),
    PaperField("law", FieldKind.LINES, N_("Legal grounds"), N_("The articles on which you rely.")),
    PaperField(
        "demand", FieldKind.LINES, N_("What you demand"), N_("For example: change clause 3.2 and move the deadline.")
    ),
)
_SIGNED = (
    PaperField("signed_by", FieldKind.LINE, N_("Signed by"), N_("Full name."), group="signature"),
    PaperField("signed_as", FieldKind.CHOICE, N_("Signs as"), group="signature", options=SIGNATORIES),
    PaperField(
        "declared",
        FieldKind.TICK,
        N_("Our unit hands this in under its own name and seal, and what it says is true."),
        group="signature",
    ),
)
DOCUMENTS_ON = PaperField(
    "documents_on",
    FieldKind.DAY,
    N_("Documents obtained on"),
    N_("The day on which your unit got the procurement documents."),
    group="unit",
)
KNOWN_ON = PaperField(
    "known_on",
    FieldKind.DAY,
    N_("Known since"),
    N_("The day on which your unit came to know of it; the period runs from there."),
)
_HISTORY = PaperField(
    "history",
    FieldKind.LINES,
    N_("Query or objection, and its answer"),
    N_("What was answered, and why it does not settle the matter."),
)
_RESPONDENT = PaperField(
    "respondent",
    FieldKind.LINES,
    N_("Who is complained about"),
    N_("Name and address; contact and telephone where you know them."),
)
_ELSEWHERE = PaperField(
    "elsewhere",
    FieldKind.CHOICE,
    N_("Handed to another authority, or before a court"),
    options=(("no", N_("No")), ("yes", N_("Yes; the matters say where"))),
)


def fields_of(
    procedure: Procedure, paper: Paper, about: About, *, asked: bool, purchase: bool
) -> tuple[PaperField, ...]:
    """What a paper must contain, in the order of the form. Refuses `NotAboutThis`."""
    unit = (*_UNIT, DOCUMENTS_ON) if purchase and paper is not Paper.COMPLAINT else _UNIT
    if paper is not Paper.COMPLAINT and (paper is not procedure.first or about not in procedure.periods):
        raise NotAboutThis
    if paper is Paper.COMPLAINT:
        before = (_RESPONDENT, _HISTORY if asked else KNOWN_ON)
        return (*unit, *before, *_GROUNDS, _ELSEWHERE, *_SIGNED)
    known = (KNOWN_ON,) if procedure.periods[about].anchor is Anchor.KNOWN else ()
    return (*unit, *known, *_GROUNDS, *_SIGNED)


def read_paper(
    fields: Sequence[PaperField],
    form: Mapping[str, str],
    *,
    first_day: date,
    today: date,
    documents_until: date | None,
) -> dict[str, str]:
    """What the form says, evened out. Refuses `PaperIncomplete` with everything that is missing or wrong.

    `first_day`: no day that is stated lies before it; `documents_until`: the last day on which documents were given
    out.
    """
    contents: dict[str, str] = {}
    problems: list[Problem] = []
    for field in fields:
        problem = _read(field, form.get(field.name, ""), contents)
        if problem is None and field.kind is FieldKind.DAY:
            problem = _judge_day(field, contents[field.name], first_day, today, documents_until)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise PaperIncomplete(len(problems), problems)
    return contents


@dataclass(frozen=True, slots=True)
class Opinion:
    """An answer or a decision."""

    outcome: Outcome
    effect: Effect
    reasons: str
    law: str


def read_opinion(form: Mapping[str, str]) -> Opinion:
    """What an officer answers or a supervisor decides. Refuses `OpinionIncomplete`."""
    problems: list[Problem] = []
    if form.get("outcome") not in set(Outcome):
        problems.append(Problem("outcome", CHOOSE))
    effect = form.get("effect") or Effect.GOES_ON.value
    if effect not in set(Effect):
        problems.append(Problem("effect", CHOOSE))
    reasons = _opinion_text(form, "reasons", problems)
    law = read_line(form.get("law", ""), longest=LONGEST_LINE)
    if isinstance(law, Wrong):
        problems.append(Problem("law", law.message))
    if problems or isinstance(law, Wrong):
        raise OpinionIncomplete(len(problems), problems)
    return Opinion(Outcome(form["outcome"]), Effect(effect), reasons, law)


def read_decision(form: Mapping[str, str], *, publishes: bool) -> tuple[Opinion, str]:
    """A supervisor's decision, and what the public reads of it where it is announced. Refuses `OpinionIncomplete`."""
    problems: list[Problem] = []
    published = _opinion_text(form, "published_words", problems) if publishes else ""
    try:
        opinion = read_opinion(form)
    except OpinionIncomplete as incomplete:
        found = [*incomplete.problems, *problems]
        raise OpinionIncomplete(len(found), found) from None
    if problems:
        raise OpinionIncomplete(len(problems), problems)
    return opinion, published


def read_reasons(form: Mapping[str, str], name: str = "reasons") -> str:
    """Reasons of a refusal, a resumption, a reply. Refuses `OpinionIncomplete`."""
    problems: list[Problem] = []
    reasons = _opinion_text(form, name, problems)
    if problems:
        raise OpinionIncomplete(len(problems), problems)
    return reasons


@dataclass(frozen=True, slots=True)
class SuspensionGrounds:
    """Why and how long a project is suspended for a complaint; `days` is None where it stands until the decision."""

    reasons: str
    legal_basis: str
    days: int | None


def read_suspension(form: Mapping[str, str], longest_days: int | None, *, number: str) -> SuspensionGrounds:
    """A supervisor's order to suspend; it repeats the matter's number, so that nobody orders by a slip.

    Refuses `OpinionIncomplete`.
    """
    problems: list[Problem] = []
    if form.get("number", "").strip().upper() != number:
        problems.append(Problem("number", NUMBER_WRONG))
    reasons = _opinion_text(form, "suspension_reasons", problems)
    basis = read_line(form.get("legal_basis", ""), longest=LONGEST_LINE)
    if isinstance(basis, Wrong):
        problems.append(Problem("legal_basis", basis.message))
    days: int | None = None
    if longest_days is not None:
        typed = read_whole_number(form.get("days", ""))
        if isinstance(typed, Wrong):
            problems.append(Problem("days", typed.message))
        elif typed > longest_days:
            problems.append(Problem("days", DAYS_WRONG, {"days": longest_days}))
        else:
            days = typed
    if problems or isinstance(basis, Wrong):
        raise OpinionIncomplete(len(problems), problems)
    return SuspensionGrounds(reasons, basis, days)


def _opinion_text(form: Mapping[str, str], name: str, problems: list[Problem]) -> str:
    text = read_lines(form.get(name, ""), longest=LONGEST_REASON)
    if isinstance(text, Wrong):
        problems.append(Problem(name, text.message))
        return ""
    if len(text) < SHORTEST_REASON:
        problems.append(Problem(name, REASONS_TOO_SHORT if text else REQUIRED, {"n": SHORTEST_REASON} if text else {}))
    return text


def _read(field: PaperField, typed: str, contents: dict[str, str]) -> Problem | None:
    """Put what was typed among the contents, or say what is wrong."""
    match field.kind:
        case FieldKind.TICK:
            contents[field.name] = "yes"
            return None if typed == "yes" else Problem(field.name, NOT_DECLARED)
        case FieldKind.CHOICE:
            contents[field.name] = typed
            return None if typed in dict(field.options) else Problem(field.name, CHOOSE)
        case FieldKind.DAY:
            day = read_day(typed)
            contents[field.name] = "" if day is None else day.isoformat()
            return None if day is not None else Problem(field.name, NOT_A_DAY if typed.strip() else REQUIRED)
        case FieldKind.LINES:
            read = read_lines(typed, longest=LONGEST_TEXT)
        case FieldKind.LINE:
            read = read_line(typed, longest=LONGEST_LINE)
    if isinstance(read, Wrong) or not read:
        return Problem(field.name, read.message if isinstance(read, Wrong) else REQUIRED)
    contents[field.name] = read
    return _shape(field.name, read, contents)


def _shape(name: str, read: str, contents: dict[str, str]) -> Problem | None:
    digits = read.translate(_FULL_WIDTH).replace(" ", "").replace("-", "").removeprefix("+")
    if name == "postcode":
        contents[name] = digits
        return None if digits.isascii() and digits.isdigit() and len(digits) == 6 else Problem(name, POSTCODE_WRONG)
    if name == "phone" and not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 20):
        return Problem(name, PHONE_WRONG)
    return None


def _judge_day(
    field: PaperField, text: str, first_day: date, today: date, documents_until: date | None
) -> Problem | None:
    day = date.fromisoformat(text)
    if day > today:
        return Problem(field.name, DAY_AHEAD)
    if day < first_day:
        return Problem(field.name, DAY_TOO_EARLY, {"day": first_day.isoformat()})
    if field is DOCUMENTS_ON and documents_until is not None and day > documents_until:
        return Problem(field.name, DAY_TOO_LATE, {"day": documents_until.isoformat()})
    return None


def read_day(typed: str) -> date | None:
    """A day as a date field sends it; None when it is none."""
    try:
        day = date.fromisoformat(typed.strip().translate(_FULL_WIDTH))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2199 else None


_FULL_WIDTH = str.maketrans("０１２３４５６７８９－＋　", "0123456789-+ ")

"""How an announcement reaches the public: prepared by one person, released by another, published at a moment. Pure.

prepared -> scheduled -> published. It can come back: returned by the second officer, or because the project no longer
fits; then whoever prepared it prepares it again. Until it is published it can be called back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from trading.accounts.rules import CreditCodeInvalid, credit_code_of
from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.moments import SHANGHAI, iso, local_day
from trading.projects.problems import N_, Problem
from trading.projects.typed_values import REQUIRED, Wrong, read_amount, read_line, read_lines, read_moment
from trading.projects.working_days import WorkingDaysUnknown, is_working_day
from trading.publication.kind_types import AnnouncementKind, Field, FieldType
from trading.publication.kinds import CHANGING, KINDS

LONGEST_REASONS = 2000
FURTHEST_AHEAD = timedelta(days=365)
PROPOSED_AT = time(9, 0)
PROPOSALS = 3


class ReleaseState(StrEnum):
    """Where an announcement stands on its way."""

    PREPARED = "prepared"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    RETURNED = "returned"
    CALLED_BACK = "called_back"


class ReleaseStep(StrEnum):
    """What is done to it."""

    PREPARE = "prepare"
    RELEASE = "release"
    PUBLISH = "publish"
    RETURN = "return"
    CALL_BACK = "call_back"


_MOVES: Mapping[tuple[ReleaseState, ReleaseStep], ReleaseState] = {
    (ReleaseState.PREPARED, ReleaseStep.PREPARE): ReleaseState.PREPARED,
    (ReleaseState.PREPARED, ReleaseStep.RELEASE): ReleaseState.SCHEDULED,
    (ReleaseState.PREPARED, ReleaseStep.RETURN): ReleaseState.RETURNED,
    (ReleaseState.PREPARED, ReleaseStep.CALL_BACK): ReleaseState.CALLED_BACK,
    (ReleaseState.SCHEDULED, ReleaseStep.PUBLISH): ReleaseState.PUBLISHED,
    (ReleaseState.SCHEDULED, ReleaseStep.RETURN): ReleaseState.RETURNED,
    (ReleaseState.SCHEDULED, ReleaseStep.CALL_BACK): ReleaseState.CALLED_BACK,
    (ReleaseState.RETURNED, ReleaseStep.PREPARE): ReleaseState.PREPARED,
    (ReleaseState.RETURNED, ReleaseStep.CALL_BACK): ReleaseState.CALLED_BACK,
}


@dataclass(eq=False)
class ReleaseNotFound(NotFound):
    """No announcement is being prepared under this identifier."""

    message: ClassVar[str] = "There is no such announcement in preparation."
    advice: ClassVar[str] = "Look it up in the list of announcements to release."


@dataclass(eq=False)
class ReleaseMovedOn(Outdated):
    """Somebody has released, returned or called it back meanwhile, or it is published."""

    message: ClassVar[str] = "This announcement was released, returned, called back or published meanwhile."
    advice: ClassVar[str] = "Load the page again and look where it stands. Nothing was changed by this attempt."

    state: str
    step: str


@dataclass(eq=False)
class SameOfficerReleases(NotPermitted):
    """Two people stand behind an announcement."""

    message: ClassVar[str] = "You prepared this announcement, so another officer has to release it."
    advice: ClassVar[str] = "Ask a colleague; it is in the list of announcements to release."


@dataclass(eq=False)
class NotYourAnnouncement(NotPermitted):
    """Only those two who stand behind an announcement may call it back; only who prepared it prepares it again."""

    message: ClassVar[str] = "Another officer has prepared this announcement."
    advice: ClassVar[str] = "Ask that officer, or the one who released it."


@dataclass(eq=False)
class KindNotOffered(Refusal):
    """An announcement of this kind does not fit the project, or where it stands, or is made by the platform itself."""

    message: ClassVar[str] = "An announcement of this kind cannot be prepared for this project now."
    advice: ClassVar[str] = "Choose one of the kinds that the project's page offers."


@dataclass(eq=False)
class AlreadyBeingPrepared(Refusal):
    """The same kind of announcement of this project is on its way already."""

    message: ClassVar[str] = "An announcement of this kind is being prepared for this project already."
    advice: ClassVar[str] = "Go on with that one, or call it back first."


@dataclass(eq=False)
class AnnouncementHasProblems(Refusal):
    """What was typed cannot be prepared; every problem is told at once."""

    message: ClassVar[str] = "There are {count} things to correct before this can be handed over."
    advice: ClassVar[str] = "Each is explained beside its field. What was typed is kept."

    count: int
    problems: tuple[Problem, ...]


@dataclass(eq=False)
class FactsDiffer(Outdated):
    """The project says something else than the announcement that was prepared from it."""

    message: ClassVar[str] = "The project has changed since this announcement was prepared: {names}."
    advice: ClassVar[str] = "Return it; whoever prepared it prepares it again from the project as it is now."

    names: str


@dataclass(eq=False)
class MomentNotAhead(Refusal):
    """An announcement is published at once, or at a moment within the coming year."""

    message: ClassVar[str] = "This moment of publication is past, or more than a year ahead, or cannot be read."
    advice: ClassVar[str] = "Choose a coming moment, for example 2026-11-24 09:00, or publish at once."


@dataclass(eq=False)
class ReturnReasonsMissing(Refusal):
    """An announcement is returned only with reasons."""

    message: ClassVar[str] = "An announcement can only be returned with reasons, of at most {longest} characters."
    advice: ClassVar[str] = "Write down everything that has to be corrected, so that it is told once and completely."

    longest: int = LONGEST_REASONS


@dataclass(eq=False)
class StillPublic(Refusal):
    """An announcement has to stay public for its period before the next one may follow."""

    message: ClassVar[str] = "{number} has to stay public until {public_until}."
    advice: ClassVar[str] = "Set a later moment of publication."

    number: str
    public_until: datetime


@dataclass(eq=False)
class CandidatesMissing(Refusal):
    """In works the candidates are public before the result is."""

    message: ClassVar[str] = "The candidates of this project have not been published yet."
    advice: ClassVar[str] = "Prepare the publicity of the candidates first; the result follows when its period is over."


def next_state(state: ReleaseState, step: ReleaseStep) -> ReleaseState:
    """Where `step` leads; refuses `ReleaseMovedOn` when it does not fit."""
    try:
        return _MOVES[state, step]
    except KeyError as error:
        raise ReleaseMovedOn(state.value, step.value) from error


def fields_of(kind: AnnouncementKind) -> tuple[Field, ...]:
    """What an officer types for a kind; for one that changes something, also whether it affects bids."""
    return KINDS[kind].fields


NO_EFFECT = Field(
    "no_effect_reason",
    FieldType.LINES,
    N_("Why it does not affect bids"),
    N_("For example: a typing error in the name of a street. It is published with the announcement."),
    longest=1000,
)


def read_typed(kind: AnnouncementKind, form: Mapping[str, str]) -> dict[str, Any]:
    """The facts that an officer typed. Refuses `AnnouncementHasProblems` with everything that is wrong."""
    facts: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in (*fields_of(kind), *_effect_fields(kind, form)):
        read = _read(field, form.get(field.name, ""))
        if isinstance(read, Wrong):
            problems.append(Problem(field.name, read.message))
        elif read is not None:
            facts[field.fact] = read
    if kind in CHANGING:
        if form.get("affects_bids") not in {"yes", "no"}:
            problems.append(Problem("affects_bids", N_("Say whether it may affect bids; a deadline depends on it.")))
        facts["affects_bids"] = form.get("affects_bids") != "no"
    if problems:
        raise AnnouncementHasProblems(len(problems), tuple(problems))
    return facts


def _effect_fields(kind: AnnouncementKind, form: Mapping[str, str]) -> tuple[Field, ...]:
    return (NO_EFFECT,) if kind in CHANGING and form.get("affects_bids") == "no" else ()


def _read(field: Field, typed: str) -> Any:
    """The value of a field, None when it may be left empty and is."""
    if not typed.strip():
        return Wrong(REQUIRED) if field.is_required else None
    match field.type:
        case FieldType.LINE:
            return read_line(typed, longest=field.longest)
        case FieldType.LINES:
            read = read_lines(typed, longest=field.longest)
            return Wrong(REQUIRED) if read == "" and field.is_required else read
        case FieldType.MOMENT:
            moment = read_moment(typed)
            return moment if isinstance(moment, Wrong) else iso(moment)
        case FieldType.AMOUNT:
            amount = read_amount(typed)
            return amount if isinstance(amount, Wrong) else amount.fen
        case FieldType.CODE:
            try:
                return credit_code_of(typed)
            except CreditCodeInvalid:
                return Wrong(N_("This is not a valid unified social credit code."))


def publication_moment(typed: str, now: datetime) -> datetime:
    """When to publish: at once when nothing is typed. Refuses `MomentNotAhead`."""
    if not typed.strip():
        return now
    read = read_moment(typed)
    if isinstance(read, Wrong) or not now - timedelta(minutes=1) <= read <= now + FURTHEST_AHEAD:
        raise MomentNotAhead
    return max(read, now)


def proposed_moments(now: datetime) -> list[datetime]:
    """The next working days at nine; fewer where the calendar of a year is not known yet."""
    found: list[datetime] = []
    day = local_day(now)
    try:
        while len(found) < PROPOSALS:
            moment = datetime.combine(day, PROPOSED_AT, SHANGHAI)
            if is_working_day(day) and moment > now:
                found.append(moment)
            day += timedelta(days=1)
    except WorkingDaysUnknown:
        return found
    return found


COMPUTED = frozenset({"public_until", "moved", "moved_by_rule", "moved_source"})
"""What is computed from the moment of publication: it may differ from what was prepared without being wrong."""


def differences(prepared: Mapping[str, Any], now_said: Mapping[str, Any]) -> Iterator[str]:
    """The names of the facts that the project says differently now."""
    for name in sorted({*prepared, *now_said} - COMPUTED):
        if prepared.get(name) != now_said.get(name):
            yield name

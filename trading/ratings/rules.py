"""Service ratings (背对背评价): who is asked what, until when, and what "blind" means. Pure.

After each thing that the centre served (`Service`) the unit that was served rates the service, and the officer in
charge rates the unit's conduct. A rating is given once and never changed. The journal says who rated and holds a
commitment over what was said (`seal_of`); the scores stay where no page reads them, until both sides have given theirs
or the period has ended. After that, too, nobody is ever shown a single rating: only batches of at least
`RatingRules.smallest_group` are counted (`trading.ratings.batches`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar
from uuid import UUID

from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.moments import local_day, midnight
from trading.projects.problems import N_
from trading.projects.profile_types import Ruled, unconfirmed
from trading.projects.typed_values import CONTROL_CHARACTERS, Wrong, read_lines

LOWEST, HIGHEST = 1, 5
SATISFIED_FROM = 4
LONGEST_WORDS = 1000


class Service(StrEnum):
    """What the centre serves. Nobody is asked to rate a registration by itself: its sale is rated."""

    ENTRY_REVIEW = "entry_review"
    REGISTRATION = "registration"
    SALE = "sale"
    DEPOSIT_REFUND = "deposit_refund"


RATED = (Service.ENTRY_REVIEW, Service.SALE, Service.DEPOSIT_REFUND)

SERVICE_WORDS: Mapping[Service, str] = MappingProxyType(
    {
        Service.ENTRY_REVIEW: N_("Review of the entry"),
        Service.REGISTRATION: N_("Review of registrations"),
        Service.SALE: N_("The sale and its result"),
        Service.DEPOSIT_REFUND: N_("Return of the deposit"),
    }
)


class Side(StrEnum):
    """Who rates: the unit that was served, or the officer in charge."""

    UNIT = "unit"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is rated from 1 to 5."""

    code: str
    words: str
    hint: str = ""


OVERALL = "overall"

QUESTIONS: Mapping[Side, tuple[Question, ...]] = MappingProxyType(
    {
        Side.UNIT: (
            Question("window", N_("The window"), N_("How you were received, at the counter or by telephone.")),
            Question("officer", N_("The officer in charge"), N_("Knew the matter and answered what you asked.")),
            Question(
                "clear", N_("Told once and completely"), N_("What you had to bring was clear from the beginning.")
            ),
            Question("speed", N_("Speed"), N_("How long it took, compared with what was promised.")),
            Question(
                "fair", N_("Open and fair"), N_("Everybody was treated alike, and you could follow what happened.")
            ),
            Question(OVERALL, N_("Your experience on the whole"), N_("This answer counts for satisfaction.")),
        ),
        Side.OFFICER: (
            Question("on_time", N_("Kept to the dates"), N_("Came, answered and paid when it was due.")),
            Question("papers", N_("Complete papers"), N_("What was handed in was whole and true.")),
            Question("polite", N_("Polite"), N_("How people of the centre were spoken to.")),
        ),
    }
)

SCALE: Mapping[int, str] = MappingProxyType(
    {1: N_("very dissatisfied"), 2: N_("dissatisfied"), 3: N_("neither"), 4: N_("satisfied"), 5: N_("very satisfied")}
)


@dataclass(frozen=True, slots=True)
class RatingRules:
    """The numbers of rating. `smallest_group`: fewer ratings than this are never counted apart from others."""

    name: str
    period_days: Ruled[int]
    reminder_days_before: Ruled[int]
    smallest_group: Ruled[int]


NATIONAL = RatingRules(
    name="ratings-2026",
    period_days=unconfirmed(15, "own: no text says how long both sides may take"),
    reminder_days_before=unconfirmed(3, "own: one quiet reminder, no text asks for it"),
    smallest_group=unconfirmed(5, "own: usual small-number protection of statistics"),
)


@dataclass(eq=False)
class RatingNotFound(NotFound):
    """No such request to rate, or it is asked of others."""

    message: ClassVar[str] = "There is no such request to rate."
    advice: ClassVar[str] = "Look under “Service ratings”."


@dataclass(eq=False)
class NobodyToRate(NotPermitted):
    """The account acts for no unit and is no officer's."""

    message: ClassVar[str] = "Only units that were served and officers in charge rate."
    advice: ClassVar[str] = "Sign in with your unit's account."


@dataclass(eq=False)
class AlreadyRated(Outdated):
    """A side rates once; what it gave is sealed."""

    message: ClassVar[str] = "The rating of your side was stored before and can no longer be changed."
    advice: ClassVar[str] = "There is nothing left to do. Nothing was changed by this attempt."


@dataclass(eq=False)
class RatingOver(Outdated):
    """The period is over; at its very end it is over."""

    message: ClassVar[str] = "The time for this rating ended at {closed_at}."
    advice: ClassVar[str] = "You can still tell the centre in writing. Nothing was stored by this attempt."
    closed_at: datetime


@dataclass(eq=False)
class ScoreMissing(Refusal):
    """Every question is answered with one of the five."""

    message: ClassVar[str] = "Please choose one of the five answers."
    advice: ClassVar[str] = "What you chose elsewhere is kept."


@dataclass(eq=False)
class WordsTooLong(Refusal):
    """What was written freely is longer than it may be."""

    message: ClassVar[str] = "Please write at most {longest} characters."
    advice: ClassVar[str] = "Shorten it; what you typed is kept."
    longest: int = LONGEST_WORDS


@dataclass(eq=False)
class WordsUnreadable(Refusal):
    """There are characters in it that cannot be printed."""

    message: ClassVar[str] = "There are characters in this text that cannot be shown."
    advice: ClassVar[str] = "Type it again instead of pasting it; the rest is kept."


@dataclass(frozen=True, slots=True)
class Answers:
    """What one side said: a score from 1 to 5 for each question; a unit also words, or none."""

    scores: Mapping[str, int]
    words: str = ""


def judge_answers(side: Side, form: Mapping[str, str]) -> tuple[Answers, dict[str, Refusal]]:
    """What the form says, and everything that is wrong with it at once, by field name."""
    problems: dict[str, Refusal] = {}
    scores = {}
    for question in QUESTIONS[side]:
        typed = form.get(question.code, "")
        if typed in {str(score) for score in SCALE}:
            scores[question.code] = int(typed)
        else:
            problems[question.code] = ScoreMissing()
    words = read_lines(form.get("words", "") if side is Side.UNIT else "", longest=LONGEST_WORDS)
    if isinstance(words, Wrong):
        problems["words"] = WordsUnreadable() if words.message == CONTROL_CHARACTERS else WordsTooLong()
        words = ""
    return Answers(scores, words), problems


def check_may_rate(*, already: bool, closes_at: datetime, opened: bool, now: datetime) -> None:
    """Refuse a second rating of a side (`AlreadyRated`), and one after the end of the period (`RatingOver`)."""
    if already:
        raise AlreadyRated
    if opened or now >= closes_at:
        raise RatingOver(closes_at)


def closing_moment(asked_at: datetime, rules: RatingRules) -> datetime:
    """The midnight that ends the last day of the period; the day of asking is not counted."""
    return midnight(local_day(asked_at) + timedelta(days=rules.period_days.value + 1))


def seal_of(request_id: UUID, side: Side, answers: Answers, salt: bytes) -> str:
    """The commitment that the journal holds: SHA-256 over the canonical JSON of request, side, scores, words and salt.

    `salt` is 32 secret bytes: without it the few thousand possible answers could be tried until one fits.
    """
    if len(salt) != 32:
        raise ValueError("the salt of a sealed rating has 32 bytes")
    sealed = {
        "request": str(request_id),
        "side": side.value,
        "scores": dict(answers.scores),
        "words": answers.words,
        "salt": salt.hex(),
    }
    return hashlib.sha256(canonical_json(sealed)).hexdigest()

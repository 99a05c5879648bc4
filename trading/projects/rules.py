"""The life of a project and of its lots: kinds, states, who may do what next. Pure.

A project: draft -> submitted -> (returned to draft | entered) -> published -> concluded -> filed. What was entered and
not yet published can be taken back for correction; an entered or published project may be terminated. A lot: entered ->
published -> contest -> sold | withdrawn | called_off; a lot of a purchase, whose contest is held elsewhere, is awarded
from where it stands. The lots' ends conclude the project.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar
from uuid import UUID

from trading.kernel.canonical import canonical_json
from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.money import Money
from trading.projects.problems import Problem


class ProjectKind(StrEnum):
    """What kind of trade a project is. The deals of its lots are counted under the same name."""

    LAND = "land"
    MINING = "mining"
    PROPERTY = "property_rights"
    GOVERNMENT_PROCUREMENT = "government_procurement"
    WORKS = "works"
    AGENCY_SELECTION = "agency_selection"
    FIXED_PRICE_SELECTION = "fixed_price_selection"
    OTHER = "other"

    @property
    def is_sale(self) -> bool:
        """Whether its lots are sold to the highest bidder, by one of the ways of selling."""
        return self in (ProjectKind.LAND, ProjectKind.MINING, ProjectKind.PROPERTY)


SELECTIONS = frozenset({ProjectKind.AGENCY_SELECTION, ProjectKind.FIXED_PRICE_SELECTION})
"""Selections by lot or by price (比选): used only with a stated legal basis, and with the name of who decided.

Buyers choose their agencies freely, and a draw that limits the number of bidders counts as interference with
competition; no national text provides for either. See docs/laws.md.
"""

CLASSIFICATION_CODES: Mapping[ProjectKind, str] = MappingProxyType(
    {
        ProjectKind.LAND: "C01",
        ProjectKind.MINING: "C02",
        ProjectKind.PROPERTY: "D01",
        ProjectKind.GOVERNMENT_PROCUREMENT: "B01",
        ProjectKind.WORKS: "A02",
        ProjectKind.AGENCY_SELECTION: "Z01",
        ProjectKind.FIXED_PRICE_SELECTION: "A01",
        ProjectKind.OTHER: "Z99",
    }
)
"""CCC of the unified deal code by kind: three characters, as the exchange datasets ask (domain 10 of
TENDER_PROJECT_TYPE and PROJECT_CLASSIFY_CODE). Unconfirmed: the values of that domain were not at hand."""


class ProjectState(StrEnum):
    """Where a project stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ENTERED = "entered"
    PUBLISHED = "published"
    CONCLUDED = "concluded"
    FILED = "filed"
    TERMINATED = "terminated"


class LotState(StrEnum):
    """Where a lot stands."""

    ENTERED = "entered"
    PUBLISHED = "published"
    CONTEST = "contest"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    CALLED_OFF = "called_off"
    VOIDED = "voided"

    @property
    def is_final(self) -> bool:
        """Whether the lot has ended; all that may follow is that a result is declared void."""
        return self in (LotState.SOLD, LotState.WITHDRAWN, LotState.CALLED_OFF, LotState.VOIDED)


class ProjectStep(StrEnum):
    """What is done to a project."""

    SUBMIT = "submit"
    RETURN = "return"
    AGREE = "agree"
    TAKE_BACK = "take_back"
    PUBLISH = "publish"
    CONCLUDE = "conclude"
    FILE = "file"
    TERMINATE = "terminate"


class LotStep(StrEnum):
    """What is done to a lot."""

    PUBLISH = "publish"
    OPEN = "open"
    SELL = "sell"
    AWARD = "award"
    WITHDRAW = "withdraw"
    CALL_OFF = "call_off"
    VOID = "void"


_PROJECT_MOVES: Mapping[tuple[ProjectState, ProjectStep], ProjectState] = MappingProxyType(
    {
        (ProjectState.DRAFT, ProjectStep.SUBMIT): ProjectState.SUBMITTED,
        (ProjectState.SUBMITTED, ProjectStep.RETURN): ProjectState.DRAFT,
        (ProjectState.SUBMITTED, ProjectStep.AGREE): ProjectState.ENTERED,
        (ProjectState.ENTERED, ProjectStep.TAKE_BACK): ProjectState.DRAFT,
        (ProjectState.ENTERED, ProjectStep.PUBLISH): ProjectState.PUBLISHED,
        (ProjectState.PUBLISHED, ProjectStep.CONCLUDE): ProjectState.CONCLUDED,
        (ProjectState.CONCLUDED, ProjectStep.FILE): ProjectState.FILED,
        (ProjectState.ENTERED, ProjectStep.TERMINATE): ProjectState.TERMINATED,
        (ProjectState.PUBLISHED, ProjectStep.TERMINATE): ProjectState.TERMINATED,
    }
)

_LOT_MOVES: Mapping[tuple[LotState, LotStep], LotState] = MappingProxyType(
    {
        (LotState.ENTERED, LotStep.PUBLISH): LotState.PUBLISHED,
        (LotState.PUBLISHED, LotStep.OPEN): LotState.CONTEST,
        (LotState.CONTEST, LotStep.SELL): LotState.SOLD,
        (LotState.PUBLISHED, LotStep.AWARD): LotState.SOLD,
        (LotState.CONTEST, LotStep.AWARD): LotState.SOLD,
        (LotState.PUBLISHED, LotStep.WITHDRAW): LotState.WITHDRAWN,
        (LotState.CONTEST, LotStep.WITHDRAW): LotState.WITHDRAWN,
        (LotState.ENTERED, LotStep.CALL_OFF): LotState.CALLED_OFF,
        (LotState.PUBLISHED, LotStep.CALL_OFF): LotState.CALLED_OFF,
        (LotState.CONTEST, LotStep.CALL_OFF): LotState.CALLED_OFF,
        (LotState.SOLD, LotStep.VOID): LotState.VOIDED,
    }
)


@dataclass(frozen=True, slots=True)
class Sold:
    """A lot ended with a winner. `final` is what is paid for the whole lot."""

    winner_name: str
    winner_credit_code: str | None
    final: Money


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A lot ended without a sale (流拍): nobody bid, or the highest bid was below the reserve."""

    reason: str


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A lot was called off before it was decided: too few bidders, or by order."""

    reason: str


Outcome = Sold | Withdrawn | CalledOff


@dataclass(eq=False)
class KindUnknown(NotFound):
    """No kind of project has this name."""

    message: ClassVar[str] = "There is no kind of project {name}."
    advice: ClassVar[str] = "Choose one of the kinds on the page for new projects."

    name: str


@dataclass(eq=False)
class CannotBeCopied(NotPermitted):
    """The project was not published yet, or belongs to another unit, or was only recorded here."""

    message: ClassVar[str] = "This project cannot be copied."
    advice: ClassVar[str] = "Your own projects and those of your unit can be, once they were published."


@dataclass(eq=False)
class ProjectNotFound(NotFound):
    """No project has this identifier."""

    message: ClassVar[str] = "There is no such project."
    advice: ClassVar[str] = "Look it up in the list of projects or announcements."


@dataclass(eq=False)
class LotNotFound(NotFound):
    """No lot has this identifier, or it is not public yet."""

    message: ClassVar[str] = "There is no such lot."
    advice: ClassVar[str] = "Look it up in the list of announcements."


@dataclass(eq=False)
class ProjectMovedOn(Outdated):
    """The project is no longer, or not yet, in a state from which this step leads on."""

    message: ClassVar[str] = "This step does not fit where the project stands now."
    advice: ClassVar[str] = "Load the project again and look at its timeline. Nothing was changed by this attempt."

    state: str
    step: str


@dataclass(eq=False)
class LotMovedOn(Outdated):
    """The lot is no longer, or not yet, in a state from which this step leads on."""

    message: ClassVar[str] = "This step does not fit where the lot stands now."
    advice: ClassVar[str] = "Load the lot again. Nothing was changed by this attempt."

    state: str
    step: str


@dataclass(eq=False)
class EntryHasProblems(Refusal):
    """What was entered cannot be submitted; every problem is told at once."""

    message: ClassVar[str] = "There are {count} things to correct before this can go on."
    advice: ClassVar[str] = "Each is explained beside its field. What was typed is kept."

    count: int
    problems: tuple[Problem, ...]


@dataclass(eq=False)
class OwnEntry(NotPermitted):
    """A person cannot review an entry of their own: entering and reviewing are two people's work."""

    message: ClassVar[str] = "You entered this project yourself, so another officer has to review it."
    advice: ClassVar[str] = "Ask a colleague to review it; it is in the list of everybody who reviews."


@dataclass(eq=False)
class NotYourProject(NotPermitted):
    """Only the officer who entered a project may change, submit or publish it."""

    message: ClassVar[str] = "Another officer is in charge of this project."
    advice: ClassVar[str] = "Ask {officer} to do this, or read the project without changing it."

    officer: str


@dataclass(eq=False)
class ReasonsMissing(Refusal):
    """A project is returned only with reasons, told once and completely (一次性告知)."""

    message: ClassVar[str] = "A project can only be returned with reasons."
    advice: ClassVar[str] = "Write down everything that has to be corrected, so that it is told once and completely."


def next_project_state(state: ProjectState, step: ProjectStep) -> ProjectState:
    """Where `step` leads a project; refuses with `ProjectMovedOn` when it does not fit."""
    try:
        return _PROJECT_MOVES[state, step]
    except KeyError as error:
        raise ProjectMovedOn(state.value, step.value) from error


def next_lot_state(state: LotState, step: LotStep) -> LotState:
    """Where `step` leads a lot; refuses with `LotMovedOn` when it does not fit."""
    try:
        return _LOT_MOVES[state, step]
    except KeyError as error:
        raise LotMovedOn(state.value, step.value) from error


def step_of(outcome: Outcome, *, is_sale: bool = True) -> LotStep:
    """The step that an outcome makes, of a lot for sale or of a purchase."""
    match outcome:
        case Sold():
            return LotStep.SELL if is_sale else LotStep.AWARD
        case Withdrawn():
            return LotStep.WITHDRAW
        case CalledOff():
            return LotStep.CALL_OFF


def is_decided(lots: Sequence[LotState]) -> bool:
    """Whether all lots of a project have ended, so that the project is concluded."""
    return bool(lots) and all(state.is_final for state in lots)


def check_reviewer(*, officer_id: UUID, reviewer_id: UUID | None) -> None:
    """Refuse with `OwnEntry` when the reviewer is the person who entered the project."""
    if reviewer_id is None or officer_id == reviewer_id:
        raise OwnEntry


def reserve_commitment(lot_id: UUID, price: Money, salt: bytes) -> str:
    """What is published of a sealed reserve price: SHA-256 that binds its amount without telling it.

    `salt` is 32 secret bytes; without it the few plausible amounts could be tried. Whoever later learns amount and salt
    recomputes this over the canonical JSON of lot, price_fen and salt and sees that the reserve was never changed.
    """
    if len(salt) != 32:
        raise ValueError("the salt of a sealed reserve has 32 bytes")
    sealed = {"lot": str(lot_id), "price_fen": price.fen, "salt": salt.hex()}
    return hashlib.sha256(canonical_json(sealed)).hexdigest()

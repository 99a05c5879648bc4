"""Why a power over a sale may not be used, or a session not be arranged so: one class per fact."""

from dataclasses import dataclass

from trading.kernel.errors import NotFound, Outdated, Refusal
from trading.kernel.money import Money


@dataclass(eq=False)
class ReasonNeeded(Refusal):
    message = "A reason of {shortest} to {longest} characters is needed."
    advice = "Write it so that those concerned understand it; it is recorded and told to them."
    shortest: int
    longest: int


@dataclass(eq=False)
class IncrementFixed(Refusal):
    message = "No bounds were announced for this lot within which its increment may be changed."
    advice = "Go on with the increment as announced."


@dataclass(eq=False)
class IncrementOutOfBounds(Refusal):
    message = "The increment {increment} lies outside the announced bounds of {lowest} to {highest}."
    advice = "Choose an increment within the bounds."
    increment: Money
    lowest: Money
    highest: Money


@dataclass(eq=False)
class IncrementAlready(Outdated):
    message = "The increment is {increment} already."
    advice = "Go on with the sale as it stands. Nothing was changed by this attempt."
    increment: Money


@dataclass(eq=False)
class PlateUnknown(NotFound):
    message = "Nobody holds plate {plate} for this lot."
    advice = "Look at the list of plates and type the number again. Nothing was changed by this attempt."
    plate: int


@dataclass(eq=False)
class PlateAlreadyDisqualified(Outdated):
    message = "Plate {plate} has been disqualified already."
    advice = "Go on with the sale as it stands. Nothing was changed by this attempt."
    plate: int


# --- sessions of several lots ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class SessionNotFound(NotFound):
    message = "There is no such session."
    advice = "Look it up in the list of sessions."


@dataclass(eq=False)
class SessionTitleMissing(Refusal):
    message = "A session needs a title of at most {longest} characters."
    advice = "Give it a title by which bidders know it, for example the day and the hall."
    longest: int


@dataclass(eq=False)
class SessionNeedsLots(Refusal):
    message = "A session has at least {fewest} lots, each of them once."
    advice = "Give two or more lots a place in the session; one lot alone needs none."
    fewest: int


@dataclass(eq=False)
class LotNotFreeForSession(Outdated):
    message = "The lot {lot} has begun already, or is in another session."
    advice = "Load the page again and choose among the lots that still wait. Nothing was changed by this attempt."
    lot: str


@dataclass(eq=False)
class LotHasItsOwnEnd(Refusal):
    message = "The end of {lot} was announced as a moment: it cannot wait for other lots."
    advice = "Put it into a session whose lots are sold side by side, or leave it out."
    lot: str


@dataclass(eq=False)
class SessionBegun(Outdated):
    message = "The first lot of this session has been opened: its order stands."
    advice = "A lot that still waits can be taken out and sold on its own. Nothing was changed by this attempt."


@dataclass(eq=False)
class SessionOrder(Refusal):
    message = "The lots of this session are sold one after another, and {lot} has not ended."
    advice = "Open this lot when the lots before it have ended, or take it out of the session."
    lot: str


# --- what was typed into a form -------------------------------------------------------------------------------------


@dataclass(eq=False)
class AmountUnreadable(Refusal):
    message = "The increment is not an amount in yuan above zero."
    advice = "Write it with digits only, for example 50000. Nothing was changed."


@dataclass(eq=False)
class MomentUnreadable(Refusal):
    message = "The moment of the resumption cannot be read."
    advice = "Choose a date and a time, for example 2026-12-21 09:30, or leave it empty to go on now."

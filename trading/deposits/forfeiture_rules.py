"""How the deposit of a disqualified bidder is decided on: forfeited by two people, or returned. Pure.

It is never forfeited by itself. One person in finance proposes it with reasons, another confirms it, or somebody sends
the deposit back instead; until then it is held.

Source: 39号 and 拍卖法 (the deposit of a bidder who colluded or deceived is not returned; unconfirmed text); 支付分离
of the centre's own finance rules: nobody moves money alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from trading.kernel.errors import Outdated, Refusal

SHORTEST_REASONS = 5
LONGEST_REASONS = 1000


class ForfeitureState(StrEnum):
    """proposed -> confirmed (the deposit is forfeited) | declined (it is returned)."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Forfeiture:
    """A proposal and its decision. References are accounts' references (`account:<uuid>`)."""

    state: ForfeitureState
    proposed_by: str
    decided_by: str | None = None


@dataclass(eq=False)
class ForfeitureMovedOn(Outdated):
    """The deposit is not, or no longer, one that has to be decided on, or not at this step."""

    message = "This deposit has been decided on, or moved on, since the page was loaded."
    advice = "Load the page again. Nothing was changed by this attempt, and no money has moved."


@dataclass(eq=False)
class SaleStillRuns(Refusal):
    """Whether a plate whose bids stand has won is known at the end of the sale only."""

    message = "The sale of this lot has not ended."
    advice = "Decide on the deposit when the sale has ended; until then it is held."


@dataclass(eq=False)
class SamePersonConfirms(Refusal):
    """Proposing and confirming are two people's work."""

    message = "You proposed to forfeit this deposit; another person has to confirm it."
    advice = "Ask a colleague in finance to look at the reasons. Nothing was changed by this attempt."


@dataclass(eq=False)
class DecisionWithoutReasons(Refusal):
    """A decision on other people's money says why."""

    message = "A decision on a deposit needs reasons, with {shortest} to {longest} characters."
    advice = "Write them so that the bidder understands them: they are told to the bidder, and recorded."
    shortest: int = SHORTEST_REASONS
    longest: int = LONGEST_REASONS


def confirm(forfeiture: Forfeiture, *, by: str) -> Forfeiture:
    """The second person agrees: the deposit is forfeited. Refuses `ForfeitureMovedOn`, `SamePersonConfirms`."""
    _require_proposed(forfeiture)
    if by == forfeiture.proposed_by:
        raise SamePersonConfirms
    return replace(forfeiture, state=ForfeitureState.CONFIRMED, decided_by=by)


def decline(forfeiture: Forfeiture, *, by: str) -> Forfeiture:
    """The deposit is returned instead; who proposed the forfeiture may do that too. Refuses `ForfeitureMovedOn`."""
    _require_proposed(forfeiture)
    return replace(forfeiture, state=ForfeitureState.DECLINED, decided_by=by)


def checked_reasons(reasons: str) -> str:
    """The reasons with their blanks evened out. Refuses `DecisionWithoutReasons`."""
    reasons = " ".join(reasons.split())
    if not SHORTEST_REASONS <= len(reasons) <= LONGEST_REASONS:
        raise DecisionWithoutReasons
    return reasons


def _require_proposed(forfeiture: Forfeiture) -> None:
    if forfeiture.state is not ForfeitureState.PROPOSED:
        raise ForfeitureMovedOn

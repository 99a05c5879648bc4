"""From what on something counts as a sign: numbers with their sources. Pure data.

No law gives these numbers: they are this platform's own, chosen so that ordinary sales stay quiet
(`tests/signs/false_alarms.py` measures it), and stand in docs/laws.md as unconfirmed.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from trading.projects.profile_types import Ruled, unconfirmed

_OWN: Final = "own; no text names a number"


@dataclass(frozen=True, slots=True)
class StepThresholds:
    """When the price steps between two rivals count as regular.

    `fewest_answers`: bids of one directly after the other's, larger than an increment. `alike`: how many of them at
    least are alike. `habit`: how often an ordinary bidder chooses the same step again. `patience`: how many bids of
    others weigh as much as that assumption. `chance`: how likely ordinary bidders may be to do the same.
    """

    fewest_answers: Ruled[int]
    alike: Ruled[Fraction]
    habit: Ruled[Fraction]
    patience: Ruled[int]
    chance: Ruled[Fraction]


@dataclass(frozen=True, slots=True)
class HistoryThresholds:
    """When what bidders did over many lots counts as a sign.

    `months`: how far back is looked. `fewest_lots_lost`, `fewest_lots_in_turn`: in so many lots they met. `together`:
    the share of each one's lots in which they met. `company`: how likely any pair may be to meet so often, whoever
    wins; `chance`: how likely any pair of ordinary bidders may be to do all of it, over all pairs that were compared.
    """

    months: Ruled[int]
    fewest_lots_lost: Ruled[int]
    fewest_lots_in_turn: Ruled[int]
    together: Ruled[Fraction]
    company: Ruled[Fraction]
    chance: Ruled[Fraction]


STEPS: Final = StepThresholds(
    fewest_answers=unconfirmed(10, _OWN),
    alike=unconfirmed(Fraction(9, 10), _OWN),
    habit=unconfirmed(Fraction(2, 5), _OWN),
    patience=unconfirmed(10, _OWN),
    chance=unconfirmed(Fraction(1, 10_000), _OWN),
)
HISTORY: Final = HistoryThresholds(
    months=unconfirmed(24, _OWN),
    fewest_lots_lost=unconfirmed(5, _OWN),
    fewest_lots_in_turn=unconfirmed(6, _OWN),
    together=unconfirmed(Fraction(4, 5), _OWN),
    company=unconfirmed(Fraction(1, 10), _OWN),
    chance=unconfirmed(Fraction(1, 100), _OWN),
)

"""Regular price steps: two rivals who answer one another with the same difference, or the same rate, again and again.
Pure.

The lowest step that the sale allows says nothing: everybody takes it, so answers by it are left out. Nor does a step
that the other bidders take as often. What the platform bids for a secret maximum is nobody's answer.

Source: 招标投标法实施条例 art. 40 (4) (prices that differ regularly), by analogy for sales.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import combinations, pairwise
from statistics import median
from uuid import UUID

from trading.signs.chances import at_least
from trading.signs.thresholds import STEPS, StepThresholds

_GREW = 3  # so many different steps show that a rate was kept, and not a step


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid that led, as it was decided. `lowest_step_fen` was the increment then; `by_platform`: for a maximum."""

    rival: UUID
    price_fen: int
    at: datetime
    lowest_step_fen: int
    by_platform: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A bid directly after another one's: from which price, by how much."""

    bid: Bid
    to: UUID
    before_fen: int

    @property
    def step_fen(self) -> int:
        """By how much the price rose."""
        return self.bid.price_fen - self.before_fen

    @property
    def rate(self) -> Fraction:
        """By what part of itself the price rose."""
        return Fraction(self.step_fen, self.before_fen)


@dataclass(frozen=True, slots=True)
class RegularSteps:
    """Two rivals' answers to one another beyond the lowest step: so many alike, by `step_fen` or else by `rate`.

    `chance`: how likely ordinary bidders are to do so.
    """

    rivals: tuple[UUID, UUID]
    answers: tuple[Answer, ...]
    alike: int
    step_fen: int | None
    rate: Fraction | None
    chance: Fraction


def regular_steps(bids: Sequence[Bid], thresholds: StepThresholds = STEPS) -> list[RegularSteps]:
    """Every pair of rivals whose answers to one another are regular. `bids` in the order in which they led."""
    answers = [each for each in answers_of(bids) if each.step_fen > each.bid.lowest_step_fen]
    found = []
    for pair in combinations(sorted({bid.rival for bid in bids}, key=str), 2):
        own = [each for each in answers if {each.bid.rival, each.to} == set(pair)]
        if len(own) < thresholds.fewest_answers.value or len({each.bid.rival for each in own}) == 1:
            continue
        others = [each for each in answers if each not in own]
        for regular in (_by_step(pair, own, others, thresholds), _by_rate(pair, own, others, thresholds)):
            if regular is not None:
                found.append(regular)
                break
    return found


def answers_of(bids: Sequence[Bid]) -> list[Answer]:
    """Bids that raised a rival's price; none of the platform's own, and none after the price fell back."""
    return [
        Answer(bid, before.rival, before.price_fen)
        for before, bid in pairwise(bids)
        if bid.rival != before.rival and bid.price_fen > before.price_fen and not bid.by_platform
    ]


def _by_step(
    pair: tuple[UUID, UUID], own: Sequence[Answer], others: Sequence[Answer], thresholds: StepThresholds
) -> RegularSteps | None:
    step_fen, alike = Counter(each.step_fen for each in own).most_common(1)[0]
    usual = _how_usual(sum(each.step_fen == step_fen for each in others), len(others), thresholds)
    chance = _chance(alike, len(own), usual, thresholds)
    return None if chance is None else RegularSteps(pair, tuple(own), alike, step_fen, None, chance)


def _by_rate(
    pair: tuple[UUID, UUID], own: Sequence[Answer], others: Sequence[Answer], thresholds: StepThresholds
) -> RegularSteps | None:
    """The same rate to within an increment, where the steps themselves grew: else it is the same step."""
    rate = median(sorted(each.rate for each in own))
    like = [each for each in own if _has_rate(each, rate)]
    if len({each.step_fen for each in like}) < _GREW:
        return None
    usual = _how_usual(sum(_has_rate(each, rate) for each in others), len(others), thresholds)
    chance = _chance(len(like), len(own), usual, thresholds)
    return None if chance is None else RegularSteps(pair, tuple(own), len(like), None, rate, chance)


def _has_rate(answer: Answer, rate: Fraction) -> bool:
    return abs(answer.step_fen - rate * answer.before_fen) < answer.bid.lowest_step_fen


def _how_usual(alike: int, answers: int, thresholds: StepThresholds) -> Fraction:
    """How often an ordinary bidder would do the same: as assumed, or as the others in this sale if that is more."""
    habit, patience = thresholds.habit.value, thresholds.patience.value
    return max(habit, (alike + habit * patience) / (answers + patience))


def _chance(alike: int, answers: int, usual: Fraction, thresholds: StepThresholds) -> Fraction | None:
    """The chance of so many alike, where it is a sign; None where it is none."""
    if alike < thresholds.alike.value * answers:
        return None
    chance = at_least(alike, answers, usual)
    return chance if chance <= thresholds.chance.value else None


def lowest_steps(first_fen: int, changes: Iterable[tuple[datetime, int]], at: datetime) -> int:
    """The increment that counted at a moment: the announced one, or as it was changed last before."""
    found = first_fen
    for changed_at, increment_fen in changes:
        if changed_at <= at:
            found = increment_fen
    return found

"""Bidders over many lots: those who always lose together, and those who win in turn. Pure, with exact chances.

Who takes part where is compared within each kind of lots: bidders of one trade meet often and rightly. Every chance is
multiplied by the number of pairs that were compared. A bidder is named by its unit.

Source: 招标投标法实施条例 art. 39 (1), (4), art. 40; 财政部令87号 art. 37.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import combinations, pairwise
from uuid import UUID

from trading.signs.chances import alternate, both_lose, either_wins, meet_at_least
from trading.signs.thresholds import HISTORY, HistoryThresholds


@dataclass(frozen=True, slots=True)
class PastLot:
    """A lot that was sold: who held a plate, who won, and what kind of lot it was."""

    lot_id: UUID
    sold_at: datetime
    kind: str
    bidders: frozenset[UUID]
    winner: UUID


@dataclass(frozen=True, slots=True)
class Together:
    """What bidders did in the lots in which they met. `chance`: how likely any ordinary pair is to do so."""

    bidders: tuple[UUID, ...]
    lots: tuple[PastLot, ...]
    chance: Fraction


def lose_together(lots: Iterable[PastLot], thresholds: HistoryThresholds = HISTORY) -> list[Together]:
    """Bidders that nearly always come together, and never win when they do. Pairs with a bidder in common are one
    group.
    """
    lots = list(lots)
    pairs = _pairs(lots, thresholds.fewest_lots_lost.value)
    kinds = _by_kind(lots)
    found = []
    for one, other, met in pairs:
        if any(lot.winner in (one, other) for lot in met):
            continue
        came = [(count, by[one], by[other]) for count, by in kinds]
        if len(met) < thresholds.together.value * max(sum(each[1] for each in came), sum(each[2] for each in came)):
            continue
        company = len(pairs) * meet_at_least(len(met), came)
        chance = company * both_lose(len(lot.bidders) for lot in met)
        if company <= thresholds.company.value and chance <= thresholds.chance.value:
            found.append(Together((one, other), tuple(met), chance))
    return _joined(found, lots)


def win_in_turn(lots: Iterable[PastLot], thresholds: HistoryThresholds = HISTORY) -> list[Together]:
    """Pairs of bidders, one of whom wins every lot in which they meet, and strictly in turn."""
    lots = list(lots)
    pairs = _pairs(lots, thresholds.fewest_lots_in_turn.value)
    found = []
    for one, other, met in pairs:
        winners = [lot.winner for lot in met]
        if set(winners) != {one, other} or any(before == after for before, after in pairwise(winners)):
            continue
        in_turn = alternate(winners.count(one), winners.count(other))
        chance = len(pairs) * in_turn * either_wins(len(lot.bidders) for lot in met)
        if chance <= thresholds.chance.value:
            found.append(Together((one, other), tuple(met), chance))
    return found


def _pairs(lots: Sequence[PastLot], fewest: int) -> list[tuple[UUID, UUID, list[PastLot]]]:
    """Pairs of bidders that met in at least so many lots, with those lots in time order."""
    met: dict[tuple[UUID, UUID], list[PastLot]] = {}
    for lot in sorted(lots, key=lambda each: (each.sold_at, str(each.lot_id))):
        for one, other in combinations(sorted(lot.bidders, key=str), 2):
            met.setdefault((one, other), []).append(lot)
    return [(one, other, found) for (one, other), found in met.items() if len(found) >= fewest]


def _by_kind(lots: Sequence[PastLot]) -> list[tuple[int, Counter[UUID]]]:
    """How many lots of each kind there were, and to how many of them each bidder came."""
    of_kind: dict[str, list[PastLot]] = {}
    for lot in lots:
        of_kind.setdefault(lot.kind, []).append(lot)
    return [(len(found), Counter(bidder for lot in found for bidder in lot.bidders)) for found in of_kind.values()]


def _joined(pairs: Sequence[Together], lots: Sequence[PastLot]) -> list[Together]:
    groups: list[tuple[set[UUID], Fraction]] = []
    for pair in pairs:
        members, chance = set(pair.bidders), pair.chance
        apart = []
        for group, its_chance in groups:
            if group & members:
                members, chance = members | group, min(chance, its_chance)
            else:
                apart.append((group, its_chance))
        groups = [*apart, (members, chance)]
    ordered = sorted(lots, key=lambda each: (each.sold_at, str(each.lot_id)))
    return [
        Together(
            tuple(sorted(members, key=str)), tuple(lot for lot in ordered if len(lot.bidders & members) > 1), chance
        )
        for members, chance in groups
    ]

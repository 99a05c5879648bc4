"""Ordinary and arranged sales and histories, drawn from a seed: the same seed gives the same again."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from trading.signs.history import PastLot
from trading.signs.steps import Bid

T = TypeVar("T")
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WAN = 1_000_000  # fen


class Dice:
    """Numbers that look random and follow from a seed alone."""

    def __init__(self, *seed: object) -> None:
        self._seed = repr(seed).encode()
        self._drawn = 0

    def below(self, most: int) -> int:
        """A number from 0 to `most` - 1."""
        self._drawn += 1
        digest = hashlib.sha256(self._seed + self._drawn.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:8], "big") % most

    def one_of(self, values: Sequence[T]) -> T:
        """One of these."""
        return values[self.below(len(values))]

    def percent(self, chance: int) -> bool:
        """Whether something of so many percent happens."""
        return self.below(100) < chance


def bidder(number: int) -> UUID:
    """The name of a bidder."""
    return UUID(int=number)


@dataclass(frozen=True)
class _Habit:
    """How a bidder raises: `steps` are increments of which it draws one, 0 to the next round amount."""

    limit_increments: int
    steps: tuple[int, ...]


# The lowest step always or nearly always; the same quick button mostly; round amounts; something else every time.
HABITS = (
    *((1,), (1,), (1, 1, 1, 2), (1, 1, 2, 5), (1, 2, 3), (2, 2, 2, 1, 5), (5, 5, 2, 1)),
    *((1, 1, 1, 1, 10), (0,), (0, 1, 1), (1, 2, 3, 4, 5, 6, 8, 10), (3, 4, 5, 6, 7)),
)


def ordinary_sale(seed: int) -> list[Bid]:
    """Three to eight bidders who do not know of one another, each up to its own limit and by its own habit."""
    dice = Dice("sale", seed)
    increment = dice.one_of((1, 2, 5, 10, 20, 50)) * WAN
    price = increment * dice.one_of((40, 60, 100, 150, 200))
    habits = [_Habit(5 + dice.below(120), dice.one_of(HABITS)) for _ in range(3 + dice.below(6))]
    start, bids, leader = price, [Bid(bidder(0), price, MORNING, increment)], 0
    while True:
        willing = [
            number
            for number, habit in enumerate(habits)
            if number != leader and price + increment <= start + habit.limit_increments * increment
        ]
        if not willing:
            return bids
        leader = dice.one_of(willing)
        price = min(
            _raised(price, increment, dice.one_of(habits[leader].steps)),
            start + habits[leader].limit_increments * increment,
        )
        bids.append(Bid(bidder(leader), price, MORNING + timedelta(seconds=20 * len(bids)), increment))


def _raised(price: int, increment: int, step: int) -> int:
    if step:
        return price + step * increment
    coarse = 10 * increment
    return (price // coarse + 1) * coarse


def arranged_sale(seed: int, *, by_rate: bool = False) -> list[Bid]:
    """Two who play to one another after an ordinary beginning: the same step each time, or the same rate."""
    dice = Dice("arranged", seed)
    bids = ordinary_sale(seed)[: 6 + dice.below(6)]
    increment, price = bids[-1].lowest_step_fen, bids[-1].price_fen
    step, percent = 2 + dice.below(6), 4 + dice.below(4)
    for turn in range(14 + dice.below(10)):
        raised = round(price * percent / 100 / increment) if by_rate else step
        price += raised * increment
        bids.append(Bid(bidder(20 + turn % 2), price, MORNING + timedelta(minutes=30, seconds=20 * turn), increment))
    return bids


KINDS = ("housing", "commerce", "industry", "property")


def ordinary_history(seed: int, *, lots: int = 60, bidders: int = 40) -> list[PastLot]:
    """Lots of four trades over two years; each bidder comes to its own trades' lots more or less often, and wins as
    often as another that is there. Some always come.
    """
    dice = Dice("history", seed)
    comes = {
        number: {kind: dice.one_of((0, 0, 0, 0, 0, 10, 25, 50, 95)) for kind in KINDS} for number in range(bidders)
    }
    found = []
    for place in range(lots):
        kind = dice.one_of(KINDS)
        there = [number for number in comes if dice.percent(comes[number][kind])]
        if len(there) >= 2:
            winner = bidder(dice.one_of(there))
            sold_at = MORNING + timedelta(days=12 * place)
            found.append(
                PastLot(bidder(10_000 + place), sold_at, kind, frozenset(bidder(number) for number in there), winner)
            )
    return found


def with_companions(history: list[PastLot], seed: int, *, times: int = 7) -> list[PastLot]:
    """Two more bidders who come to the same lots, and let others win."""
    dice = Dice("companions", seed)
    pair = {bidder(901), bidder(902)}
    kinds = Counter(lot.kind for lot in history)
    kind = dice.one_of([kind for kind, lots in kinds.items() if lots >= 2 * times])
    chosen = sorted((lot for lot in history if lot.kind == kind), key=lambda lot: len(lot.bidders))[:times]
    return [
        PastLot(lot.lot_id, lot.sold_at, lot.kind, lot.bidders | pair, lot.winner) if lot in chosen else lot
        for lot in history
    ]


def with_turns(history: list[PastLot], *, times: int = 10, strangers: int = 2) -> list[PastLot]:
    """Lots that two share out among themselves, one after the other, while a few strangers come along."""
    pair = (bidder(951), bidder(952))
    shared = [
        PastLot(
            bidder(20_000 + turn),
            MORNING + timedelta(days=30 * turn, hours=5),
            "forest",
            frozenset({*pair, *(bidder(970 + (turn + n) % 7) for n in range(strangers))}),
            pair[turn % 2],
        )
        for turn in range(times)
    ]
    return [*history, *shared]

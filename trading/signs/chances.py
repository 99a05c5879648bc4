"""How likely something is by chance. Exact fractions, so that the same numbers always give the same alert. Pure."""

from collections.abc import Iterable
from fractions import Fraction
from math import comb, prod


def at_least(successes: int, tries: int, chance: Fraction) -> Fraction:
    """The chance of at least so many successes, each try succeeding with `chance` (the binomial distribution)."""
    rest = 1 - chance
    return sum(
        (comb(tries, n) * chance**n * rest ** (tries - n) for n in range(max(0, successes), tries + 1)), Fraction(0)
    )


def meet_at_least(times: int, kinds: Iterable[tuple[int, int, int]]) -> Fraction:
    """The chance that two meet at least so often, each choosing lots regardless of the other.

    `kinds` says of each kind of lots how many there were, and how many of them each of the two chose (one
    hypergeometric distribution a kind).
    """
    chances = [Fraction(1)]
    for lots, one, other in kinds:
        meets = [
            Fraction(comb(one, n) * comb(lots - one, other - n), comb(lots, other))
            for n in range(min(one, other) + 1)
            if other - n >= 0
        ]
        added = [Fraction(0)] * (len(chances) + len(meets) - 1)
        for before, chance in enumerate(chances):
            for n, meeting in enumerate(meets):
                added[before + n] += chance * meeting
        chances = added
    return sum(chances[max(0, times) :], Fraction(0))


def both_lose(sizes: Iterable[int]) -> Fraction:
    """The chance that neither of two wins any of these lots, where each of so many bidders wins as often as another."""
    return prod((Fraction(max(0, size - 2), size) for size in sizes), start=Fraction(1))


def either_wins(sizes: Iterable[int]) -> Fraction:
    """The chance that one or the other wins every one of these lots."""
    return prod((Fraction(min(2, size), size) for size in sizes), start=Fraction(1))


def alternate(one: int, other: int) -> Fraction:
    """The chance that two who won so many lots won them strictly in turn."""
    if abs(one - other) > 1:
        return Fraction(0)
    return Fraction(2 if one == other else 1, comb(one + other, one))

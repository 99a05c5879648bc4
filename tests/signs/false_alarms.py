"""How often ordinary sales and histories raise a sign, and how often arranged ones are found.

.venv/bin/python -m tests.signs.false_alarms [sales] [histories]
"""

import sys
from collections.abc import Callable, Iterable

from tests.signs.ordinary import arranged_sale, ordinary_history, ordinary_sale, with_companions, with_turns
from trading.signs.history import lose_together, win_in_turn
from trading.signs.steps import regular_steps


def alarms(seeds: Iterable[int], finds: Callable[[int], object]) -> int:
    """For how many seeds something is found."""
    return sum(bool(finds(seed)) for seed in seeds)


def main(sales: int, histories: int) -> None:
    """Measure and print."""

    def line(name: str, found: int, of: int) -> None:
        sys.stdout.write(f"{name}: {found} of {of} ({100 * found / of:.2f} %)\n")

    each_sale, each_history = range(sales), range(histories)
    line("ordinary sales with regular steps", alarms(each_sale, lambda n: regular_steps(ordinary_sale(n))), sales)
    line("arranged by step, found", alarms(each_sale, lambda n: regular_steps(arranged_sale(n))), sales)
    line("arranged by rate, found", alarms(each_sale, lambda n: regular_steps(arranged_sale(n, by_rate=True))), sales)
    for name, finds in (("losing together", lose_together), ("winning in turn", win_in_turn)):
        line(f"ordinary histories with {name}", alarms(each_history, lambda n: finds(ordinary_history(n))), histories)  # noqa: B023
    found = alarms(each_history, lambda n: lose_together(with_companions(ordinary_history(n), n)))
    line("companions found", found, histories)
    line("turns found", alarms(each_history, lambda n: win_in_turn(with_turns(ordinary_history(n)))), histories)


if __name__ == "__main__":
    main(*(int(given) for given in [*sys.argv[1:], "2000", "300"][:2]))

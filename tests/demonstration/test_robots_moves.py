"""What a robot does at each stage of each way of selling, without a server."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from auction.messages import LotTerms
from auction.way import CapTerms, Way
from trading.demonstration.people import ROBOTS
from trading.demonstration.robots import QUOTE_STEP, Memory, Move, limit_of, next_move, sealed_quote
from trading.kernel.money import Money
from trading.projects.profiles import CapRule

START, STEP = 2_000_000_000, 100_000_000  # fen
STARTING_PRICE, INCREMENT = Money(START), Money(STEP)
PRICE = Money(25 * STEP)
CEILING = PRICE + QUOTE_STEP + QUOTE_STEP
CAP = CapTerms(price=PRICE, ceiling=CEILING, rule=CapRule.ONE_PRICE, window=timedelta(minutes=1))
FIRST, SECOND, _ = ROBOTS


@dataclass
class Seen:
    """A lot as a robot sees it."""

    stage: str
    lowest: Money = STARTING_PRICE
    leading: bool = False
    stale: bool = False
    method: str = "listing"
    cap: CapTerms | None = None
    starting_price: Money = STARTING_PRICE
    increment: Money = INCREMENT
    terms: LotTerms = field(init=False)

    def __post_init__(self) -> None:
        way = msgspec.Raw(msgspec.json.encode(Way(cap=self.cap)))
        at = datetime(2026, 11, 23, tzinfo=UTC)
        self.terms = LotTerms(self.method, START, STEP, at, None, 1, whole_multiple=False, way=way)


def above(increments: int) -> Money:
    return Money(START + increments * STEP)


@pytest.mark.parametrize(
    ("seen", "move"),
    [
        (Seen("waiting"), None),
        (Seen("listing"), Move.BID),
        (Seen("listing", lowest=above(10)), Move.BID),
        (Seen("listing", lowest=above(11)), None),
        (Seen("listing", leading=True), None),
        (Seen("declaring"), Move.DECLARE),
        (Seen("preparing"), None),
        (Seen("open", lowest=above(40)), Move.BID),
        (Seen("open", lowest=above(41)), None),
        (Seen("open", leading=True), None),
        (Seen("open", stale=True), None),
        (Seen("sealed"), Move.SEAL_QUOTE),
        (Seen("open", method="online_auction"), Move.SET_MAXIMUM),
        (Seen("frozen"), None),
        (Seen("sold"), None),
    ],
)
def test_each_stage_has_its_move(seen: Seen, move: Move | None) -> None:
    assert limit_of(seen, FIRST) == above(40)  # type: ignore[arg-type]  # it has what a robot looks at
    assert next_move(seen, FIRST, Memory()) is move  # type: ignore[arg-type]  # likewise


def test_what_is_done_once_is_not_done_again() -> None:
    done = Memory(declared=True, sealed=True, maximum_set=True)
    for stage in ("declaring", "sealed"):
        assert next_move(Seen(stage), FIRST, done) is None  # type: ignore[arg-type]  # it has what a robot looks at


def test_only_one_robot_sets_a_secret_maximum_and_the_others_bid_against_it() -> None:
    seen = Seen("open", method="online_auction")
    assert next_move(seen, SECOND, Memory()) is Move.BID  # type: ignore[arg-type]  # it has what a robot looks at


def test_quotes_of_the_one_price_round_lie_above_the_cap_and_not_above_the_ceiling() -> None:
    quotes = {sealed_quote(Seen("sealed", cap=CAP), FIRST) for _ in range(200)}  # type: ignore[arg-type]  # likewise
    assert quotes == {PRICE + QUOTE_STEP, CEILING}


def test_quotes_of_a_tender_lie_between_the_starting_price_and_the_limit() -> None:
    quotes = {sealed_quote(Seen("sealed", method="tender"), FIRST) for _ in range(200)}  # type: ignore[arg-type]  # likewise
    assert above(0) <= min(quotes) < max(quotes) <= above(40)

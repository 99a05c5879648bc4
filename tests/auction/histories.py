"""Random histories of a live sale for the property tests: whatever may happen, in whichever order (Hypothesis)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from auction.deciding import decide_bid
from auction.rules import call_off, call_price, close_by_clock, hammer, lowest_valid_price, open_sale
from auction.sale import AuctionState, AuctionTerms, Bid, BidAccepted, Stage, Step
from auction.way import FreezeTerms, ListingTerms, Way
from auction.ways import freezing, listing
from tests.auction.examples import AUCTION, FUJIAN_LISTING, SECOND, START, SUZHOU_LISTING, TIMED
from trading.kernel.errors import Refusal
from trading.kernel.money import Money

RESERVE = Money(AUCTION.starting_price.fen + AUCTION.increment.fen)
FREEZE = FreezeTerms(directly_within=30 * SECOND, notice=20 * SECOND, preparation=5 * SECOND)
SHORT = replace(TIMED, window=20 * SECOND, way=Way(freeze=FREEZE))


def _shortened(terms: AuctionTerms, *, preparation_s: int, stops_s: int) -> AuctionTerms:
    assert terms.way.listing is not None
    shortened = ListingTerms(
        quoting_ends_at=START + (60 - stops_s) * SECOND,
        ends_at=START + 60 * SECOND,
        decision=terms.way.listing.decision,
        entry=terms.way.listing.entry,
        start=terms.way.listing.start,
        decisive=20 * SECOND,
        preparation=preparation_s * SECOND,
    )
    return replace(terms, window=20 * SECOND, way=Way(listing=shortened, freeze=FREEZE))


SHORT_SUZHOU = _shortened(SUZHOU_LISTING, preparation_s=0, stops_s=20)
SHORT_FUJIAN = _shortened(FUJIAN_LISTING, preparation_s=5, stops_s=0)
ALL_TERMS = [AUCTION, SHORT, replace(SHORT, whole_multiple=True, way=Way()), SHORT_SUZHOU, SHORT_FUJIAN]


@dataclass(frozen=True)
class Played:
    """One step with the state before it. `arrived_at`: of a bid. `followed`: decided together with the step before."""

    before: AuctionState
    step: Step
    arrived_at: datetime | None
    followed: bool


@dataclass
class Game:
    """A sale being played: its state, the clock, and all that happened. A refused use case leaves no step."""

    terms: AuctionTerms
    clock: datetime = START
    state: AuctionState = field(default_factory=AuctionState)
    played: list[Played] = field(default_factory=list)

    def take(self, steps: list[Step], arrived_at: datetime | None = None) -> None:
        """Become what these steps lead to."""
        for number, step in enumerate(steps):
            self.played.append(Played(self.state, step, arrived_at, followed=number > 0))
            self.state = step.state

    def quoted(self, since: datetime | None = None) -> set[int]:
        """The plates that quoted since then."""
        return {
            one.step.event.plate
            for one in self.played
            if isinstance(one.step.event, BidAccepted)
            and one.arrived_at is not None
            and (since is None or one.arrived_at >= since)
        }


Move = Callable[[Game], list[Step]]


@dataclass(frozen=True)
class ABid:
    """A bid `over` fen around the lowest valid price, so that valid and invalid ones are equally likely."""

    plate: int | None
    over: int
    late_ms: int

    def play(self, game: Game) -> None:
        """It arrived a little before its turn."""
        price = Money(max(1, lowest_valid_price(game.terms, game.state).fen + self.over))
        arrived_at = game.clock - timedelta(milliseconds=self.late_ms)
        game.take(decide_bid(game.terms, game.state, Bid(self.plate, price), arrived_at), arrived_at)


@dataclass(frozen=True)
class AnAct:
    """Anything else that people, or the clock, do."""

    move: Move

    def play(self, game: Game) -> None:
        """At the clock's moment; a refusal leaves no step."""
        try:
            game.take(self.move(game))
        except Refusal:
            return


@dataclass(frozen=True)
class ABidAroundTheEnd:
    """A valid bid that arrives so many milliseconds after the end of the stage, or before it."""

    plate: int
    after_ms: int

    def play(self, game: Game) -> None:
        """Its turn comes at once."""
        if game.state.closes_at is not None:
            game.clock = max(game.clock, game.state.closes_at + timedelta(milliseconds=self.after_ms))
        ABid(self.plate, 0, 0).play(game)


AMove = ABid | ABidAroundTheEnd | AnAct


def _call(number: int | None) -> Move:
    def move(game: Game) -> list[Step]:
        turn = game.state.calls + 1 if number is None else number
        price = game.state.price or game.terms.starting_price
        return [call_price(game.terms, game.state, number=turn, price=price, now=game.clock)]

    return move


def _hammer(game: Game) -> list[Step]:
    price = game.state.price or game.terms.starting_price
    return [hammer(game.terms, game.state, plate=game.state.plate, price=price, now=game.clock)]


def _sell(calls: int) -> Move:
    """So many calls and the hammer."""

    def move(game: Game) -> list[Step]:
        for _ in range(calls - game.state.calls):
            game.take(_call(None)(game))
        return _hammer(game)

    return move


def end_stage(game: Game) -> list[Step]:
    """What the clock does with the present stage."""
    terms, state, now = game.terms, game.state, game.clock
    asks = terms == SHORT_SUZHOU
    match state.stage:
        case Stage.LISTING if asks:
            return [listing.end_quoting(terms, state, now)]
        case Stage.LISTING | Stage.DECLARING:
            last = game.quoted(listing.decisive_since(terms, state))
            return listing.decide(terms, state, quoted=game.quoted(), quoted_last=last, reserve=RESERVE, now=now)
        case Stage.PREPARING:
            return [listing.open_timed_bidding(terms, state, now)]
        case Stage.FROZEN:
            return [freezing.resume(terms, state, now=now)]
        case _:
            return [close_by_clock(terms, state, reserve=RESERVE, now=now)]


def _finish(offset_ms: int, *, ends_sale: bool) -> Move:
    """The clock looks about when the stage may be ended, so that histories come far."""

    def move(game: Game) -> list[Step]:
        if game.state.stage is Stage.OPEN and not ends_sale:
            return []
        if game.state.closes_at is not None:
            due = game.state.closes_at + game.terms.way.settle_delay + timedelta(milliseconds=offset_ms)
            game.clock = max(game.clock, due)
        return end_stage(game)

    return move


def _declare(plate: int | None) -> Move:
    def move(game: Game) -> list[Step]:
        quoted = game.quoted()
        return [listing.declare(game.terms, game.state, plate=plate, quoted=quoted, arrived_at=game.clock)]

    return move


def _suspend(game: Game) -> list[Step]:
    return [freezing.suspend(game.terms, game.state, reason="查明情况后继续", now=game.clock)]


def _called_bid(plate: int) -> Move:
    """A call, and a bid after it."""

    def move(game: Game) -> list[Step]:
        game.take(_call(None)(game))
        ABid(plate, 0, 0).play(game)
        return []

    return move


def _interrupt(seconds: int) -> Move:
    """Suspend, and resume a while later."""

    def move(game: Game) -> list[Step]:
        game.take(_suspend(game))
        game.clock += seconds * SECOND
        return end_stage(game)

    return move


def _announce(ahead_s: int) -> Move:
    def move(game: Game) -> list[Step]:
        at = game.clock + ahead_s * SECOND
        step = freezing.announce_resumption(
            game.terms, game.state, resumes_at=at, reason="情况已经查明", now=game.clock
        )
        return [step]

    return move


def _absence(seconds: int, clock_jumped: bool) -> Move:
    def move(game: Game) -> list[Step]:
        absent_since, game.clock = game.clock, game.clock + seconds * SECOND
        step = freezing.after_absence(
            game.terms, game.state, absent_since=absent_since, now=game.clock, clock_jumped=clock_jumped
        )
        return [] if step is None else [step]

    return move


def _open(qualified: int) -> Move:
    return lambda game: [open_sale(game.terms, game.state, qualified=qualified, now=game.clock)]


def _call_off(qualified: int) -> Move:
    return lambda game: [call_off(game.terms, game.state, qualified=qualified, now=game.clock)]


_PLATES = st.sampled_from([1, 2, 3, 1, 2, 3, None])
_OVER = st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1, AUCTION.increment.fen, 10**13])
_BIDS = st.builds(ABid, _PLATES, _OVER, st.sampled_from([0, 0, 100, 299, 2000]))
_ACTS: list[st.SearchStrategy[Move]] = [
    st.just(end_stage),
    st.builds(_finish, st.sampled_from([-1, 0]), ends_sale=st.just(True)),
    st.builds(_finish, st.just(0), ends_sale=st.just(False)),
    st.builds(_declare, _PLATES),
    st.builds(_call, st.sampled_from([None, None, None, 1, 3])),
    st.builds(_called_bid, st.sampled_from([1, 2])),
    st.builds(_sell, st.sampled_from([0, 2, 3, 3])),
    st.just(_suspend),
    st.builds(_interrupt, st.sampled_from([1, 7, 29, 31])),
    st.builds(_interrupt, st.sampled_from([1, 7, 29, 31])),
    st.builds(_announce, st.sampled_from([-1, 5, 20, 40])),
    st.one_of(st.builds(_open, st.integers(0, 5)), st.builds(_call_off, st.integers(0, 5))),
    st.builds(_absence, st.sampled_from([5, 30, -5, -30]), st.booleans()),
]
_AROUND_THE_END = st.builds(ABidAroundTheEnd, st.sampled_from([1, 2]), st.sampled_from([-1, 0, 150, 300]))
_MOVES: st.SearchStrategy[AMove] = st.one_of(_BIDS, _BIDS, _AROUND_THE_END, *[st.builds(AnAct, act) for act in _ACTS])
_SCRIPTS = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 300, 1000, 5000, 20_300]), _MOVES), min_size=8, max_size=40)


def _play(terms: AuctionTerms, begun: int, script: list[tuple[int, AMove]]) -> Game:
    """`begun`: how far the sale has come when the script begins: opened, two bids, stages ended, declarations."""
    game = Game(terms)
    prologue: list[AMove] = [AnAct(_open(3)), ABid(1, 0, 0), ABid(2, 0, 0), AnAct(_finish(0, ends_sale=True))]
    prologue += [
        AnAct(_declare(1)),
        AnAct(_declare(2)),
        AnAct(_finish(0, ends_sale=True)),
        ABid(3, 0, 0),
        ABid(1, 0, 0),
    ]
    for one in prologue[: begun if terms.way.listing is not None else min(begun, 3)]:
        if isinstance(one, ABid) and terms is SHORT_FUJIAN:
            game.clock = max(game.clock, START + 45 * SECOND)
        one.play(game)
    for pause_ms, one in script:
        game.clock += timedelta(milliseconds=pause_ms)
        one.play(game)
    return game


_BEGUN = st.sampled_from([0, 1, 3, 4, 6, 7, 8, 9])
HISTORIES = st.builds(_play, st.sampled_from(ALL_TERMS), _BEGUN, _SCRIPTS)

_INTERRUPTIONS = st.builds(AnAct, st.builds(_interrupt, st.sampled_from([1, 7, 29])))
INTERRUPTED = st.builds(
    _play,
    st.sampled_from(ALL_TERMS),
    st.sampled_from([1, 3, 4, 6, 7]),
    st.lists(st.tuples(st.sampled_from([0, 300, 5000]), _INTERRUPTIONS), min_size=1, max_size=4),
)
"""Sales that are suspended and resumed, one stage after another."""

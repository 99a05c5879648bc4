"""Property rights online auction: extension, secret maxima, the priority right. Each test names the rule it holds."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.deciding import decide_bid
from auction.messages import public_event
from auction.refusals import (
    AlreadyLeading,
    BidAfterClosing,
    BidBelowStartingPrice,
    BidNotWholeMultiple,
    BidTooLow,
    PlateDisqualified,
)
from auction.refused_limits import MaximumNotRaised, MaximumNotWholeMultiple, MaximumTooLow, NoMaximumHere
from auction.rules import close_by_clock, open_sale
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    MaximumSet,
    Phase,
    Sold,
    Stage,
    Step,
    Withdrawn,
    WithdrawnBecause,
)
from auction.secrets_of_sale import Secrets, seal
from auction.storing import body_of, kind_of
from auction.way import OnlineTerms, Way
from auction.ways.online import lowest_price_of
from tests.auction.examples import SECOND, START, TIMED, yuan
from trading.kernel.errors import Refusal
from trading.kernel.journal import Head, make_entry
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod

DAY = timedelta(hours=24)
EXTENSION = timedelta(minutes=5)
ONLINE = AuctionTerms(
    method=SellingMethod.ONLINE_AUCTION,
    starting_price=yuan(100),
    increment=yuan(10),
    registration_closes_at=START + DAY,
    starts_at=START,
    minimum_bidders=1,
    window=None,
    whole_multiple=False,
    way=Way(online=OnlineTerms(open_for=DAY, extension=EXTENSION, proxy_bids=True)),
)
WHOLE = replace(ONLINE, whole_multiple=True)


class Room:
    """An open sale in which plates bid (`bids`) and set maxima (`up_to`), in whole yuan, one second after another."""

    def __init__(self, terms: AuctionTerms = ONLINE, *, priority: tuple[int, ...] = ()) -> None:
        self.terms = terms
        self.state = open_sale(terms, AuctionState(), qualified=0, now=START).state
        self.state = replace(self.state, phase=Phase(priority=priority))
        self.secrets = Secrets()
        self.now = START
        self.steps: list[Step] = []

    def bids(self, plate: int | None, price: int, *, at: datetime | None = None, maximum: bool = False) -> list[Step]:
        self.now = at or self.now + SECOND
        bid = Bid(plate, yuan(price), is_maximum=maximum)
        made = decide_bid(self.terms, self.state, bid, self.now, self.secrets)
        self.state = made[-1].state
        self.steps += made
        return made

    def up_to(self, plate: int, price: int) -> list[Step]:
        return self.bids(plate, price, maximum=True)

    @property
    def stands(self) -> tuple[int | None, int | None]:
        """The leading plate and its price in yuan."""
        return self.state.plate, None if self.state.price is None else self.state.price.fen // 100


def shown(steps: list[Step]) -> list[tuple[int, int, bool]]:
    """The accepted bids among the steps: plate, price in yuan, and whether the platform made it."""
    accepted = [step.event for step in steps if isinstance(step.event, BidAccepted)]
    return [(event.plate, event.price.fen // 100, event.for_maximum) for event in accepted]


def refusal(steps: list[Step]) -> Refusal:
    [step] = steps
    assert isinstance(step.event, BidRefused)
    return step.event.refusal


# --- opening, extension, end ---------------------------------------------------------------------------------------


def test_it_is_open_for_the_profiles_time_even_before_anybody_has_registered() -> None:
    room = Room()
    assert (room.state.stage, room.state.closes_at) == (Stage.OPEN, START + DAY)


def test_a_bid_in_the_last_minutes_extends_and_an_earlier_one_does_not() -> None:
    """法释〔2016〕18号 art. 20."""
    room = Room()
    room.bids(1, 100, at=START + DAY - EXTENSION)
    assert room.state.closes_at == START + DAY
    late = START + DAY - EXTENSION + timedelta(microseconds=1)
    room.bids(2, 110, at=late)
    assert room.state.closes_at == late + EXTENSION


def test_there_is_no_limit_to_extensions() -> None:
    room = Room()
    for turn in range(300):
        assert room.state.closes_at is not None
        at = room.state.closes_at - timedelta(microseconds=1)
        room.bids(1 + turn % 2, 100 + 10 * turn, at=at)
        assert room.state.closes_at == at + EXTENSION


def test_a_refused_bid_and_a_maximum_that_bids_nothing_extend_nothing() -> None:
    room = Room()
    room.up_to(1, 200)
    late = START + DAY - SECOND
    refused = [(1, 150, False), (2, 105, False), (2, 109, True), (1, 150, True), (None, 500, False)]
    for plate, price, maximum in refused:
        refusal(room.bids(plate, price, at=late, maximum=maximum))
    [raised] = room.bids(1, 300, at=late, maximum=True)
    assert isinstance(raised.event, MaximumSet)
    assert room.state.closes_at == START + DAY


def test_a_bid_of_the_platform_extends_as_well() -> None:
    room = Room()
    room.up_to(1, 200)
    late = START + DAY - SECOND
    made = room.bids(2, 150, at=late)
    assert [step.event.closes_at for step in made if isinstance(step.event, BidAccepted)] == [late + EXTENSION] * 2


def test_a_bid_that_arrived_earlier_and_is_decided_later_never_shortens_the_time() -> None:
    room = Room()
    late = START + DAY - SECOND
    room.bids(1, 100, at=late)
    room.bids(2, 110, at=late - SECOND)
    assert room.state.closes_at == late + EXTENSION
    assert room.state.decided_at == late


def test_a_bid_at_the_end_is_late() -> None:
    room = Room()
    assert isinstance(refusal(room.bids(1, 100, at=START + DAY)), BidAfterClosing)
    assert isinstance(refusal(room.bids(1, 100, at=START + DAY, maximum=True)), BidAfterClosing)
    assert not room.secrets.maxima


@pytest.mark.parametrize("reserve", [None, 150, 151])
def test_the_highest_bid_wins_at_the_end_unless_it_lies_below_the_reserve(reserve: int | None) -> None:
    """拍卖法: the reserve is not a bidder; a maximum above it does not lift the price to it."""
    room = Room()
    room.up_to(1, 1000)
    room.bids(2, 140)
    end = START + DAY + room.terms.way.settle_delay
    sealed = None if reserve is None else yuan(reserve)
    event = close_by_clock(room.terms, room.state, reserve=sealed, now=end).event
    if reserve == 151:
        assert event == Withdrawn(WithdrawnBecause.BELOW_RESERVE, price=yuan(150), reserve=sealed)
    else:
        assert event == Sold(price=yuan(150), plate=1, reserve=sealed)


def test_nobody_bids_and_the_lot_is_withdrawn() -> None:
    room = Room()
    event = close_by_clock(room.terms, room.state, reserve=None, now=START + DAY + SECOND).event
    assert event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)


# --- secret maxima -------------------------------------------------------------------------------------------------

B, M = False, True  # a bid, a maximum

CASES = [
    ("the first maximum leads at the starting price", [(1, 500, M)], (1, 100)),
    ("a maximum of the starting price is enough", [(1, 100, M)], (1, 100)),
    ("over a bid, one increment", [(1, 100, B), (2, 500, M)], (2, 110)),
    ("the higher maximum leads one increment above the other", [(1, 200, M), (2, 300, M)], (2, 210)),
    ("the standing maximum answers a lower one", [(1, 300, M), (2, 200, M)], (1, 210)),
    ("the price never exceeds the winner's maximum", [(1, 200, M), (2, 205, M)], (2, 205)),
    ("nor when it answers", [(1, 205, M), (2, 200, M)], (1, 205)),
    ("of equal maxima the earlier one leads", [(1, 200, M), (2, 200, M)], (1, 200)),
    ("a bid is answered with one increment more", [(1, 300, M), (2, 200, B)], (1, 210)),
    ("a bid less than one increment below the maximum is answered with it", [(1, 300, M), (2, 295, B)], (1, 300)),
    ("a bid equal to the maximum came later", [(1, 300, M), (2, 300, B)], (1, 300)),
    ("a bid above the maximum leads", [(1, 300, M), (2, 301, B)], (2, 301)),
    ("raising one's own maximum raises no price", [(1, 300, M), (2, 295, B), (1, 900, M)], (1, 300)),
    ("a leader by a bid may set a maximum", [(1, 100, B), (1, 300, M), (2, 200, B)], (1, 210)),
    ("an outbid maximum is spent", [(1, 200, M), (2, 250, B), (3, 260, B)], (3, 260)),
    ("who was outbid may set a higher one", [(1, 200, M), (2, 250, M), (1, 400, M)], (1, 260)),
    ("a bid above one's spent maximum stands alone", [(1, 200, M), (2, 250, B), (1, 260, B), (3, 270, B)], (3, 270)),
    ("a spent maximum of the leader does not count", [(1, 200, M), (2, 250, B), (1, 300, B), (3, 500, M)], (3, 310)),
    ("three maxima", [(1, 200, M), (2, 400, M), (3, 300, M)], (2, 310)),
]  # fmt: skip


@pytest.mark.parametrize(("offers", "stands"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_the_platform_bids(offers: list[tuple[int, int, bool]], stands: tuple[int, int]) -> None:
    """Online auction practice; rules.md §2."""
    room = Room()
    for plate, price, maximum in offers:
        room.bids(plate, price, maximum=maximum)
    assert room.stands == stands
    assert not [step for step in room.steps if isinstance(step.event, BidRefused)]


def test_the_record_shows_the_losers_last_bid_before_the_winners() -> None:
    room = Room()
    assert shown(room.up_to(1, 200)) == [(1, 100, True)]
    assert shown(room.up_to(2, 300)) == [(1, 200, True), (2, 210, True)]
    assert shown(room.bids(3, 290)) == [(3, 290, False), (2, 300, True)]
    assert shown(room.up_to(4, 300)) == []
    assert shown(room.up_to(4, 500)) == [(4, 310, True)]
    assert shown(room.up_to(5, 400)) == [(5, 400, True), (4, 410, True)]


def test_the_record_shows_the_bid_that_a_priority_holder_matched() -> None:
    room = Room(priority=(7,))
    room.up_to(1, 300)
    assert shown(room.up_to(7, 300)) == [(1, 300, True), (7, 300, True)]


def test_maxima_are_kept_in_the_order_in_which_they_were_set() -> None:
    room = Room()
    for plate, price in ((1, 200), (2, 300), (1, 400)):
        room.up_to(plate, price)
    assert [(plate, sealed.price) for plate, sealed in room.secrets.maxima.items()] == [(2, yuan(300)), (1, yuan(400))]


def test_the_answer_to_the_request_is_the_first_step() -> None:
    room = Room()
    room.up_to(1, 500)
    taken, answered = room.bids(2, 200)
    assert taken.event == BidAccepted(2, yuan(200), START + DAY)
    assert answered.event == BidAccepted(1, yuan(210), START + DAY, for_maximum=True)
    assert (answered.state.seq, answered.state.bids) == (taken.state.seq + 1, taken.state.bids + 1)
    was_set, *_ = room.up_to(3, 300)
    assert isinstance(was_set.event, MaximumSet)


def test_a_disqualified_plates_maximum_bids_no_more() -> None:
    room = Room()
    room.up_to(1, 500)
    room.state = replace(room.state, phase=Phase(excluded=(1,)))
    assert shown(room.bids(2, 200)) == [(2, 200, False)]
    assert isinstance(refusal(room.up_to(1, 900)), PlateDisqualified)


REFUSED = [
    ([(1, 99, M)], MaximumTooLow),
    ([(1, 99, B)], BidBelowStartingPrice),
    ([(1, 100, B), (2, 109, M)], MaximumTooLow),
    ([(1, 100, B), (2, 109, B)], BidTooLow),
    ([(1, 100, B), (1, 200, B)], AlreadyLeading),
    ([(1, 100, B), (1, 100, M)], MaximumNotRaised),
    ([(1, 300, M), (1, 300, M)], MaximumNotRaised),
    ([(1, 300, M), (1, 200, M)], MaximumNotRaised),
    ([(1, 300, M), (2, 200, B), (1, 205, M)], MaximumNotRaised),
]


@pytest.mark.parametrize(("offers", "reason"), REFUSED)
def test_what_is_refused_changes_nothing(offers: list[tuple[int, int, bool]], reason: type[Refusal]) -> None:
    room = Room()
    *before, (plate, price, maximum) = offers
    for earlier in before:
        room.bids(earlier[0], earlier[1], maximum=earlier[2])
    stood, known = room.stands, dict(room.secrets.maxima)
    assert isinstance(refusal(room.bids(plate, price, maximum=maximum)), reason)
    assert (room.stands, room.secrets.maxima) == (stood, known)


def test_where_prices_are_whole_increments_maxima_are_too() -> None:
    room = Room(WHOLE)
    assert isinstance(refusal(room.up_to(1, 205)), MaximumNotWholeMultiple)
    room.up_to(1, 300)
    assert isinstance(refusal(room.bids(2, 205)), BidNotWholeMultiple)
    assert isinstance(refusal(room.up_to(1, 305)), MaximumNotWholeMultiple)
    room.bids(2, 200)
    assert room.stands == (1, 210)


def test_a_maximum_is_refused_where_the_platform_bids_for_nobody_and_not_taken_for_a_bid() -> None:
    assert ONLINE.way.online is not None
    without = replace(ONLINE, way=Way(online=replace(ONLINE.way.online, proxy_bids=False)))
    assert isinstance(refusal(Room(without).up_to(1, 500)), NoMaximumHere)
    assert isinstance(refusal(Room(replace(TIMED, minimum_bidders=0)).up_to(1, 2_000_000)), NoMaximumHere)


# --- priority right ------------------------------------------------------------------------------------------------


PRIORITY_CASES = [
    ("the standing price may be matched", [(1, 200, B), (7, 200, B)], (7, 200)),
    ("others must then exceed it", [(1, 200, B), (7, 200, B), (1, 210, B)], (1, 210)),
    ("and may be matched again", [(1, 200, B), (7, 200, B), (1, 210, B), (7, 210, B)], (7, 210)),
    ("a maximum matches and asks for no increment", [(1, 200, B), (7, 900, M)], (7, 200)),
    ("a holder's maximum answers with the same price", [(7, 900, M), (1, 200, B)], (7, 200)),
    ("a holder's maximum goes before an earlier equal one", [(1, 300, M), (7, 300, M)], (7, 300)),
    ("a match is answered by a higher maximum", [(1, 300, M), (2, 200, B), (7, 210, B)], (1, 220)),
    ("a match of a whole maximum stands", [(1, 300, M), (2, 300, B), (7, 300, B)], (7, 300)),
    ("the earlier match leads among holders", [(1, 200, B), (7, 200, B), (8, 210, B)], (8, 210)),
    ("a holder may bid more like everybody", [(1, 200, B), (7, 500, B)], (7, 500)),
]


@pytest.mark.parametrize(
    ("offers", "stands"), [case[1:] for case in PRIORITY_CASES], ids=[case[0] for case in PRIORITY_CASES]
)
def test_who_holds_a_priority_right_may_match(offers: list[tuple[int, int, bool]], stands: tuple[int, int]) -> None:
    """法释〔2016〕18号 art. 21."""
    room = Room(priority=(7, 8))
    for plate, price, maximum in offers:
        room.bids(plate, price, maximum=maximum)
    assert room.stands == stands
    assert not [step for step in room.steps if isinstance(step.event, BidRefused)]


def test_only_a_holder_may_match_and_only_somebody_without_priority() -> None:
    room = Room(priority=(7, 8))
    room.bids(1, 200)
    assert lowest_price_of(room.terms, room.state, 7) == yuan(200)
    assert isinstance(refusal(room.bids(2, 200)), BidTooLow)
    assert isinstance(refusal(room.bids(7, 205)), BidTooLow)
    room.bids(7, 200)
    assert isinstance(refusal(room.bids(8, 200)), BidTooLow)
    assert isinstance(refusal(room.bids(7, 200)), AlreadyLeading)


# --- properties ----------------------------------------------------------------------------------------------------


class Oracle:
    """An auction whose price rises fen by fen while at least two stay in, each to its limit.

    Whoever stays alone pays one increment above the last price of the others, at most the own limit. It knows nothing
    of how the rules find the price.
    """

    def __init__(self, increment: int, start: int, priority: set[int]) -> None:
        self.increment, self.start, self.priority = increment, start, priority
        self.limits: dict[int, int] = {}
        self.price: int | None = None
        self.leader: int | None = None

    def offer(self, plate: int, limit: int, *, is_maximum: bool) -> None:
        leader, standing = self.leader, self.price
        self.limits[plate] = limit
        if plate == leader:
            return
        if leader is None or standing is None:
            self.leader, self.price = plate, self.start if is_maximum else limit
            return
        clock = standing
        others = {leader: max(standing, self.limits[leader]), plate: limit}
        while all(clock + 1 <= limit for limit in others.values()):
            clock += 1
        staying = [each for each, limit in others.items() if limit > clock] or [self._first(leader, plate)]
        winner = staying[0]
        loser = plate if winner == leader else leader
        step = clock if self._first(loser, winner) == winner and winner in self.priority else clock + self.increment
        self.leader, self.price = winner, min(others[winner], step)
        if winner == plate and not is_maximum:
            self.price = limit

    def _first(self, earlier: int, later: int) -> int:
        return later if later in self.priority and earlier not in self.priority else earlier


offers = st.lists(
    st.tuples(st.integers(1, 4), st.integers(90, 260), st.booleans()).map(lambda o: (o[0], o[1], o[2])), max_size=25
)


@given(offers, st.sets(st.integers(1, 4), max_size=3), st.sampled_from([1, 7, 10]))
def test_proxy_bids_end_where_a_price_that_rises_fen_by_fen_ends(
    made: list[tuple[int, int, bool]], priority: set[int], increment: int
) -> None:
    room = Room(replace(ONLINE, increment=yuan(increment)), priority=tuple(sorted(priority)))
    oracle = Oracle(increment, 100, priority)
    for plate, price, maximum in made:
        steps = room.bids(plate, price, maximum=maximum)
        if not isinstance(steps[0].event, BidRefused):
            oracle.offer(plate, price, is_maximum=maximum)
        assert room.stands == (oracle.leader, oracle.price)


@given(offers, st.sets(st.integers(1, 4), max_size=3), st.booleans())
def test_no_price_exceeds_its_bidders_limit_and_no_loser_would_have_paid_more(
    made: list[tuple[int, int, bool]], priority: set[int], whole: bool
) -> None:
    room = Room(WHOLE if whole else ONLINE, priority=tuple(sorted(priority)))
    limits: dict[int, int] = {}
    for plate, price, maximum in made:
        steps = room.bids(plate, price, maximum=maximum)
        if not isinstance(steps[0].event, BidRefused):
            limits[plate] = max(price, limits.get(plate, 0))
    previous, prices = (
        0,
        [event.price for event in (step.event for step in room.steps) if isinstance(event, BidAccepted)],
    )
    assert [step.state.seq for step in room.steps] == list(range(2, 2 + len(room.steps)))
    assert prices == sorted(prices)
    for plate, price, _ in shown(room.steps):
        assert previous <= price <= limits[plate]
        assert not whole or price % 10 == 0
        previous = price
    leader, standing = room.stands
    assert all(limit <= (standing or 0) for plate, limit in limits.items() if plate != leader)
    assert leader is None or limits[leader] == max(limits.values())


@given(st.integers(10**9, 10**12), st.integers(0, 3))
def test_a_maximum_that_was_not_reached_is_told_to_nobody(fen: int, rivals: int) -> None:
    room = Room()
    room.steps += decide_bid(room.terms, room.state, Bid(1, Money(fen), is_maximum=True), START, room.secrets)
    room.state = room.steps[-1].state
    for rival in range(rivals):
        room.bids(2 + rival, 110 + 30 * rival)
    refusal(room.up_to(1, 101))
    for step in room.steps:
        stored = body_of(step.event) if not isinstance(step.event, BidRefused) else step.event.refusal.facts()
        assert str(fen) not in str(stored)
        if isinstance(step.event, BidRefused):
            continue
        entry = make_entry(
            Head("auction:x"), kind=kind_of(type(step.event)), actor="system:x", at=step.at, body=body_of(step.event)
        )
        assert str(fen) not in msgspec.json.encode(public_event(entry)).decode()


def test_a_maximum_can_be_checked_by_whoever_learns_amount_and_salt() -> None:
    room = Room()
    was_set, *_ = room.up_to(1, 500)
    assert isinstance(was_set.event, MaximumSet)
    kept = room.secrets.maxima[1]
    assert was_set.event.commitment == kept.commitment == seal(1, yuan(500), kept.salt).commitment
    room.up_to(1, 600)
    assert room.secrets.maxima[1].salt != kept.salt

"""Proxy bids against an oracle that knows nothing of how the rules find a price, and what stays secret."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from auction.deciding import decide_bid
from auction.messages import public_event
from auction.sale import (
    Bid,
    BidAccepted,
    BidRefused,
    MaximumSet,
)
from auction.secrets_of_sale import seal
from auction.storing import body_of, kind_of
from tests.auction.examples import START, yuan
from tests.auction.online_room import ONLINE, WHOLE, Room, refusal, shown
from trading.kernel.journal import Head, make_entry
from trading.kernel.money import Money


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

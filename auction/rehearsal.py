"""A rehearsal: a sale with play money against two robots, under the rules and in the words of the real one.

It lives in memory, one for each connection, and ends with it: no database, no journal, and nobody else sees it. Its
entries are made and chained like real ones, so that receipts look alike; their stream says what they are. An auction is
called by a robot, sealed quotes are sealed quotes, and for every other way of selling there is a countdown of half a
minute.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from auction import rules
from auction.deciding import decide_bid
from auction.messages import Acknowledged, LotTerms, PlaceBid, Refused, SaleState, price_or_refusal, public_event
from auction.refusals import KeyUsedForOtherPrice
from auction.sale import ENDED, AuctionState, AuctionTerms, Bid, BidRefused, Stage, Step
from auction.secrets_of_sale import Secrets
from auction.storing import body_of, kind_of
from auction.way import TenderTerms, Way
from auction.ways import sealed_quotes
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.journal import Entry, Head, make_entry
from trading.kernel.money import Money
from trading.projects.profiles import CapRule, SellingMethod

WINDOW = timedelta(seconds=30)
BEFORE = timedelta(seconds=3)  # the sale opens this long after the connection
PAUSE_OF_AUCTIONEER = timedelta(seconds=8)  # before each call, and before the hammer
PAUSES = (timedelta(seconds=3), timedelta(seconds=5))  # of the robots, after the price has moved
BIDDERS = 3
_FEWEST_STEPS, _MORE_STEPS = 5, 8  # the increments above the starting price up to which a robot goes
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Rival:
    """A robot: it bids up to `limit`, each time `pause` after the price has moved."""

    plate: int
    limit: Money
    pause: timedelta


def rivals_of(terms: AuctionTerms, plate: int, chance: Callable[[int], int]) -> tuple[Rival, ...]:
    """Two robots whose plates are not the bidder's own. `chance(n)` gives a whole number below n."""
    plates = [other for other in (1, 2, 3) if other != plate][:2]
    steps = [_FEWEST_STEPS + chance(_MORE_STEPS) for _ in plates]
    return tuple(
        Rival(other, terms.starting_price + terms.increment * count, pause)
        for other, count, pause in zip(plates, steps, PAUSES, strict=True)
    )


class Rehearsal:
    """One bidder's private sale. Every method takes the moment; it never runs backwards."""

    def __init__(
        self, lot_id: UUID, announced: AuctionTerms, *, plate: int, rivals: tuple[Rival, ...], now: datetime
    ) -> None:
        self.terms = terms_of_rehearsal(announced, now)
        self.plate = plate
        self._rivals = rivals
        self._state = AuctionState()
        self._moved_at = now  # when the price moved last, or a stage began
        self._secrets = Secrets()
        self._head = Head(f"rehearsal:{lot_id}")
        self._entries: list[Entry] = []
        self._answers: dict[UUID, tuple[bytes, Acknowledged | Refused]] = {}

    def place(self, message: PlaceBid, arrived_at: datetime) -> Acknowledged | Refused:
        """The answer to a bid, in the words of the running language; a key counts once."""
        given = bytes(message.price_fen)
        if message.key not in self._answers:
            self.advance(arrived_at)
            self._answers[message.key] = given, self._decide(message, arrived_at)
        known, answer = self._answers[message.key]
        return answer if known == given else _refused(message.key, KeyUsedForOtherPrice())

    def advance(self, now: datetime) -> None:
        """Do all that is due: open, call, let the robots bid, end."""
        while (due := self._next()) is not None and due.moment <= now:
            self._keep(due.act(due.moment))
            self._moved_at = due.moment

    def due_at(self) -> datetime | None:
        """When something happens by itself next; None once the sale has ended."""
        due = self._next()
        return None if due is None else due.moment

    def state(self, after: int | None, now: datetime) -> SaleState:
        """Where the sale stands, and what happened since event `after`."""
        state, since = self._state, after or 0
        told = [entry for entry in self._entries[since:] if entry.kind != "bid_refused"]
        return SaleState(
            after=after,
            seq=state.seq,
            hash=self._head.hash.hex() if self._entries else None,
            at=state.decided_at,
            server_time=now,
            stage=state.stage,
            price_fen=None if state.price is None else state.price.fen,
            plate=state.plate,
            calls=state.calls,
            bid_count=state.bids,
            increment_fen=rules.increment_of(self.terms, state).fen,
            lowest_fen=rules.lowest_valid_price(self.terms, state).fen,
            closes_at=state.closes_at,
            ended_at=state.ended_at,
            events=[public_event(entry) for entry in told],
            left_out=state.seq - since - len(told),
        )

    def told_terms(self) -> LotTerms:
        """The terms as a connection is told them."""
        terms = self.terms
        return LotTerms(
            method=terms.method,
            starting_price_fen=terms.starting_price.fen,
            increment_fen=terms.increment.fen,
            starts_at=terms.starts_at,
            window_s=None if terms.window is None else int(terms.window.total_seconds()),
            minimum_bidders=terms.minimum_bidders,
            whole_multiple=terms.whole_multiple,
            way=msgspec.Raw(msgspec.json.encode(terms.way)),
        )

    def _decide(self, message: PlaceBid, arrived_at: datetime) -> Acknowledged | Refused:
        before, price = self._state, price_or_refusal(message.price_fen)
        if isinstance(price, Refusal):
            steps = [rules.note_refusal(before, price, arrived_at)]
        else:
            bid = Bid(self.plate, price, is_maximum=message.maximum, is_sealed=message.sealed)
            steps = decide_bid(self.terms, before, bid, arrived_at, self._secrets)
        entry = self._keep(steps)
        early = None if before.closes_at is None else (before.closes_at - arrived_at) // _MILLISECOND
        event = steps[0].event
        if isinstance(event, BidRefused):
            refused = _refused(message.key, event.refusal)
            return msgspec.structs.replace(
                refused, seq=entry.seq, hash=entry.hash.hex(), at=entry.at, before_close_ms=early
            )
        assert isinstance(price, Money)
        return Acknowledged(
            key=message.key,
            seq=entry.seq,
            hash=entry.hash.hex(),
            at=entry.at,
            arrived_at=arrived_at,
            price_fen=price.fen,
            leads=self._state.plate == self.plate and not message.sealed,
            before_close_ms=early,
        )

    def _keep(self, steps: list[Step]) -> Entry:
        """Make the entries of these steps; the first one is returned."""
        for step in steps:
            event = step.event
            body = {"code": event.refusal.code} if isinstance(event, BidRefused) else body_of(event)
            entry = make_entry(self._head, kind=kind_of(type(event)), actor="rehearsal", at=step.at, body=body)
            self._head = Head(entry.stream, entry.seq, entry.hash)
            self._entries.append(entry)
            if not isinstance(event, BidRefused):
                self._moved_at = step.at
        self._state = steps[-1].state
        return self._entries[-len(steps)]

    def _next(self) -> "_Due | None":
        """What happens next, if the bidder does nothing."""
        state = self._state
        if state.stage in ENDED:
            return None
        if state.stage is Stage.WAITING:
            return _Due(self.terms.starts_at, self._open)
        coming = [_Due(self._moved_at + PAUSE_OF_AUCTIONEER, self._lead)]
        if state.closes_at is not None:
            coming = [_Due(state.closes_at + self.terms.way.settle_delay, self._end)]
        for rival in self._rivals:
            moment, bid = self._moved_at + rival.pause, self._bid_of(rival)
            if bid is not None and (state.closes_at is None or moment < state.closes_at):
                coming.append(_Due(moment, partial(self._bid, bid)))
        return min(coming, key=lambda due: due.moment)

    def _open(self, now: datetime) -> list[Step]:
        return [rules.open_sale(self.terms, self._state, qualified=BIDDERS, now=now)]

    def _bid(self, bid: Bid, now: datetime) -> list[Step]:
        return decide_bid(self.terms, self._state, bid, now, self._secrets)

    def _lead(self, now: datetime) -> list[Step]:
        """The auctioneer calls the price three times, then lets the hammer fall."""
        state, standing = self._state, self._state.price or self.terms.starting_price
        if state.calls < rules.CALLS_BEFORE_HAMMER:
            return [rules.call_price(self.terms, state, number=state.calls + 1, price=standing, now=now)]
        return [rules.hammer(self.terms, state, plate=state.plate, price=standing, now=now)]

    def _end(self, now: datetime) -> list[Step]:
        if self._state.stage is Stage.SEALED:
            quotes = self._secrets.quotes
            return sealed_quotes.end_quotes(self.terms, self._state, quotes=quotes, reserve=None, now=now)
        return [rules.close_by_clock(self.terms, self._state, reserve=None, now=now)]

    def _bid_of(self, rival: Rival) -> Bid | None:
        state = self._state
        if state.stage is Stage.SEALED:
            return None if rival.plate in self._secrets.quotes else Bid(rival.plate, self._quote(rival), is_sealed=True)
        lowest = rules.lowest_valid_price(self.terms, state)
        cap = self.terms.way.cap
        beyond = lowest > rival.limit or (cap is not None and lowest > cap.price)
        return None if beyond or rival.plate == state.plate else Bid(rival.plate, lowest)

    def _quote(self, rival: Rival) -> Money:
        """A robot's sealed quote: no price that was given before."""
        cap, price = self.terms.way.cap, rival.limit
        if cap is not None:
            room = self.terms.increment * 4 if cap.ceiling is None else cap.ceiling - cap.price
            price = cap.price + Money(room.fen // (2 + rival.plate % 2))
        taken = {quote.price for quote in self._secrets.quotes.values()}
        while price in taken:
            price = price + Money(1)
        return price


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that happens by itself at this moment."""

    moment: datetime
    act: Callable[[datetime], list[Step]]


def terms_of_rehearsal(announced: AuctionTerms, now: datetime) -> AuctionTerms:
    """The lot's terms with short periods: an auction stays led, a tender sealed, a cap followed by one quote each."""
    starts_at = now + BEFORE
    tender, cap = announced.way.tender, announced.way.cap
    led = announced.method is SellingMethod.AUCTION
    method, way = announced.method if led else SellingMethod.TIMED_BIDDING, Way()
    if tender is not None:
        method, way = SellingMethod.TENDER, Way(tender=TenderTerms(quotes_until=starts_at + WINDOW))
    elif cap is not None and cap.rule is CapRule.ONE_PRICE:
        way = Way(cap=replace(cap, window=WINDOW))
    return replace(
        announced,
        method=method,
        registration_closes_at=now,
        starts_at=starts_at,
        minimum_bidders=min(announced.minimum_bidders, BIDDERS),
        window=WINDOW if method is SellingMethod.TIMED_BIDDING else None,
        way=way,
    )


def _refused(key: UUID, refusal: Refusal) -> Refused:
    message, advice = refusal_words(refusal)
    return Refused(key=key, code=refusal.code, message=message, advice=advice)

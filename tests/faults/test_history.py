"""The history checker: silent over a history that holds, and never over one with a planted fault."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.history import Answer, Call, History, SaleTerms, Seen, faults_of
from tests.faults.mutants import FAULTS, mutants
from trading.kernel.journal import Entry, Head, make_entry
from trading.kernel.moments import iso

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TERMS = SaleTerms(starting_fen=1_000_000, increment_fen=50_000, window=timedelta(seconds=240))


class Sale:
    """A timed sale told by hand: two bidders outbid one another, some bids are refused, the countdown ends it."""

    def __init__(self) -> None:
        self.last: Entry | Head = Head("auction:lot")
        self.entries: list[Entry] = []
        self.calls: list[Call] = []
        self.states: list[Seen] = []
        self.price: int | None = None
        self.plate: int | None = None

    def write(self, kind: str, at: datetime, **body: Any) -> None:
        entry = make_entry(self.last, kind=kind, actor="account:1", at=at, body=body)
        if kind == "bid_accepted":
            self.price, self.plate = body["price_fen"], body["plate"]
        after = None if not self.entries else len(self.entries)
        told = 0 if kind == "bid_refused" else 1
        self.states.append(Seen(after, entry.seq, entry.hash.hex(), self.price, self.plate, told, 1 - told))
        self.entries.append(entry)
        self.last = entry

    def bid(self, at: datetime, plate: int, price: int, refusal: tuple[str, dict[str, int]] | None = None) -> None:
        key = f"0192{len(self.calls):04d}-0000-7000-8000-000000000000"
        sent = {"key": key, "registration_id": None, "plate": plate, "price_given": str(price), "arrived_at": iso(at)}
        if refusal is None:
            assert TERMS.window is not None
            self.write("bid_accepted", at, **sent, price_fen=price, closes_at=iso(at + TERMS.window))
        else:
            code, amounts = refusal
            facts = {name: {"fen": fen} for name, fen in amounts.items()}
            self.write("bid_refused", at, **sent, code=code, facts=facts)
        entry = self.entries[-1]
        answer = Answer(refusal is None, entry.seq, entry.hash.hex(), None if refusal is None else refusal[0])
        self.calls.append(Call(key, plate, price, at - 2 * MILLISECOND, at + 3 * MILLISECOND, answer))


def told() -> History:
    """A history that holds."""
    sale = Sale()
    sale.write("prepared", NOON)
    sale.write("opened", NOON, qualified=2, closes_at=iso(NOON + timedelta(seconds=240)))
    at, price = NOON, 1_000_000
    sale.bid(at + MILLISECOND, 1, 999_999, ("bid_below_starting_price", {"offered": 999_999, "lowest": 1_000_000}))
    for number in range(20):
        at += timedelta(seconds=1)
        sale.bid(at, 1 + number % 2, price)
        low = {"offered": price, "lowest": price + 50_000, "current": price}
        sale.bid(at + 10 * MILLISECOND, 2 - number % 2, price, ("bid_too_low", low))
        sale.bid(at + 20 * MILLISECOND, 1 + number % 2, price + 50_000, ("already_leading", {"price": price}))
        price += 50_000
    closes_at = at + timedelta(seconds=240)
    sale.bid(closes_at, 1, price, ("bid_after_closing", {}))
    sale.write("sold", closes_at + 300 * MILLISECOND, price_fen=sale.price, plate=sale.plate, reserve_fen=None)
    sale.bid(closes_at + timedelta(seconds=1), 1, price, ("bidding_ended", {}))
    sale.calls.append(Call("0192ffff-0000-7000-8000-000000000000", 1, price, closes_at))  # never answered, never stored
    return History(TERMS, tuple(sale.entries), tuple(sale.calls), (tuple(sale.states), tuple(sale.states)))


def test_a_history_that_holds_has_no_fault() -> None:
    assert faults_of(told()) == []


def test_every_one_of_300_planted_faults_is_found() -> None:
    history = told()
    planted = list(mutants(history, 300))
    escaped = Counter(name for name, faulty in planted if not faults_of(faulty))
    assert escaped == {}
    assert len(planted) == 300
    assert {name for name, _ in planted} == {fault.__name__ for fault in FAULTS}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("lost", "was answered and is not in the journal"),
        ("doubled_at_the_end", "counts twice"),
        ("made_up", "nobody made the bid"),
        ("out_of_order", "was answered before one with a lower number was sent"),
        ("accepted_though_late", "an invalid bid was accepted"),
        ("refused_as_late", "refused"),
        ("refused_though_valid", "a valid bid was refused"),
        ("ended_early", "ended too early"),
        ("countdown_not_reset", "the countdown was not reset"),
        ("time_backwards", "time runs backwards"),
        ("follower_skips", "continues"),
        ("told_the_opposite", "the bidder was told something else"),
    ],
)
def test_a_fault_is_found_for_what_it_is(fault: str, words: str) -> None:
    planted = [faulty for name, faulty in mutants(told(), 300) if name == fault]
    assert planted
    assert all(any(words in found for found in faults_of(faulty)) for faulty in planted)

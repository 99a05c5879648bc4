"""A checker of what happened in one sale: everything the bidders asked, were told and saw, against the lot's journal.

It has its own small reading of the rules of an auction and of timed bidding, and does not call the platform's, so that
a fault in those does not excuse itself. What it holds:

- the journal: numbers without gaps, hashes that chain, moments that never run backwards;
- every accepted bid was valid, and every refusal is the one that the state right before it explains;
- a bid that arrived at or after the end of its stage is refused as late, and none that arrived before is;
- nothing ends before its moment and the settle delay, and the leader wins;
- every bid in the journal was asked for, once; every answer is what the journal says; what was never answered is there
  once or not at all;
- real time: a bid that was answered before another one was sent has the lower number; a stamp lies between sending and
  answer;
- every follower saw numbers without gaps, and the state that the journal gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trading.kernel.journal import Entry, Head, find_break

CLOCK_ERROR = timedelta(milliseconds=60)
"""How far a stamp may lie outside of sending and answer: a node's clock may be off by 50 ms."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bidder was told. `seq` is None for a refusal that was not stored."""

    accepted: bool
    seq: int | None
    hash: str | None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One bid as a bidder made it; repeated with the same key it is still one. `answered_at` None: never answered."""

    key: str
    plate: int
    price_fen: int
    sent_at: datetime
    answered_at: datetime | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One state as a follower was told it. `told` is the number of events in it, `left_out` of those that are not."""

    after: int | None
    seq: int
    hash: str | None
    price_fen: int | None
    plate: int | None
    told: int
    left_out: int


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """What was announced. `window` is None in a sale that an auctioneer leads."""

    starting_fen: int
    increment_fen: int
    window: timedelta | None
    settle_delay: timedelta = timedelta(milliseconds=300)


@dataclass(frozen=True, slots=True)
class History:
    """All of it. `followers` holds what each one saw, connection after connection."""

    terms: SaleTerms
    entries: tuple[Entry, ...]
    calls: tuple[Call, ...]
    followers: tuple[tuple[Seen, ...], ...] = ()


@dataclass(slots=True)
class _State:
    """Where the sale stands, as this checker reads the journal."""

    stage: str = "waiting"
    price: int | None = None
    plate: int | None = None
    calls: int = 0
    closes_at: datetime | None = None


@dataclass(slots=True)
class _Reading:
    """What one pass over the journal found."""

    faults: list[str] = field(default_factory=list)
    after: list[tuple[int | None, int | None]] = field(default_factory=list)  # price and plate after each entry


def faults_of(history: History) -> list[str]:
    """Everything that is wrong with a history; empty when it holds."""
    reading = _read_journal(history)
    return [
        *reading.faults,
        *_check_calls(history),
        *_check_real_time(history),
        *_check_followers(history, reading.after),
    ]


# --- the journal ----------------------------------------------------------------------------------------------------


def _read_journal(history: History) -> _Reading:
    reading, state, last_at = _Reading(), _State(), None
    entries = history.entries
    if entries:
        head = Head(entries[-1].stream, entries[-1].seq, entries[-1].hash)
        if (broken := find_break(entries, head)) is not None:
            reading.faults.append(f"entry {broken.seq}: {broken.fault}")
    for number, entry in enumerate(entries, start=1):
        if entry.seq != number:
            reading.faults.append(f"entry {entry.seq} stands at place {number}")
        if last_at is not None and entry.at < last_at:
            reading.faults.append(f"entry {entry.seq}: time runs backwards")
        reading.faults += [f"entry {entry.seq} {entry.kind}: {words}" for words in _apply(history.terms, state, entry)]
        last_at = entry.at if last_at is None else max(last_at, entry.at)
        if entry.kind in {"bid_accepted", "bid_refused"}:
            reading.faults += _check_stamp(entry, entries[number - 2].at if number > 1 else None)
        reading.after.append((state.price, state.plate))
    return reading


def _apply(terms: SaleTerms, state: _State, entry: Entry) -> Iterator[str]:
    """Let an entry change the state, telling what does not fit."""
    body = entry.body
    match entry.kind:
        case "prepared":
            if state.stage != "waiting":
                yield "prepared twice"
        case "opened":
            if state.stage != "waiting":
                yield "opened twice"
            state.stage, state.closes_at = "open", _moment(body.get("closes_at"))
            if state.closes_at != (None if terms.window is None else entry.at + terms.window):
                yield "the countdown is not the announced one"
        case "bid_accepted":
            yield from _accept(terms, state, entry)
        case "bid_refused":
            expected = _expected_refusal(terms, state, entry)
            if expected is None:
                yield "a valid bid was refused"
            elif expected != (body["code"], _amounts(body["facts"])):
                yield f"refused with {body['code']}, which the state does not explain ({expected[0]} would)"
        case "called":
            if body["number"] != state.calls + 1 or body["price_fen"] != (state.price or terms.starting_fen):
                yield "called out of turn"
            state.calls = body["number"]
        case "hammer_fell":
            if state.calls != 3 or body["plate"] != state.plate:
                yield "the hammer fell out of turn"
            state.closes_at = entry.at
        case "resumed":
            state.closes_at = _moment(body["closes_at"])
            if terms.window is None or state.closes_at != entry.at + terms.window:
                yield "the countdown did not begin anew"
        case "sold" | "withdrawn":
            yield from _end(terms, state, entry)
        case _:
            yield "an event that this way of selling does not know"


def _accept(terms: SaleTerms, state: _State, entry: Entry) -> Iterator[str]:
    body = entry.body
    if _expected_refusal(terms, state, entry) is not None:
        yield "an invalid bid was accepted"
    if str(body["price_fen"]) != body["price_given"]:
        yield "another price than the one that was sent"
    state.price, state.plate, state.calls = body["price_fen"], body["plate"], 0
    state.closes_at = _moment(body["closes_at"])
    if state.closes_at != (None if terms.window is None else entry.at + terms.window):
        yield "the countdown was not reset to the window"


def _end(terms: SaleTerms, state: _State, entry: Entry) -> Iterator[str]:
    if state.stage != "open" or state.closes_at is None or entry.at < state.closes_at + terms.settle_delay:
        yield "ended too early"
    if entry.kind == "sold" and (entry.body["price_fen"], entry.body["plate"]) != (state.price, state.plate):
        yield "another one won than the one who led"
    if entry.kind == "withdrawn" and state.plate is not None and entry.body["because"] == "nobody_bid":
        yield "withdrawn though somebody had bid"
    state.stage = entry.kind


def _expected_refusal(terms: SaleTerms, state: _State, entry: Entry) -> tuple[str, dict[str, int]] | None:
    """The refusal, with the amounts that it tells, that this bid must get in this state; None when it is valid."""
    body = entry.body
    if not body["price_given"].isdecimal():
        return (body.get("code") or "price_not_number"), _amounts(body.get("facts", {}))
    if state.stage in {"sold", "withdrawn"}:
        return "bidding_ended", {}
    if state.stage == "waiting":
        return "bidding_not_open", {}
    if state.closes_at is not None and _arrived(entry) >= state.closes_at:
        return "bid_after_closing", {}
    price = int(body["price_given"])
    if state.plate is not None and body["plate"] == state.plate:
        return "already_leading", {"price": state.price or 0}
    if state.price is None:
        low = price < terms.starting_fen
        return ("bid_below_starting_price", {"offered": price, "lowest": terms.starting_fen}) if low else None
    lowest = state.price + terms.increment_fen
    return ("bid_too_low", {"offered": price, "lowest": lowest, "current": state.price}) if price < lowest else None


def _check_stamp(entry: Entry, before: datetime | None) -> Iterator[str]:
    arrived = _arrived(entry)
    if entry.at != (arrived if before is None else max(before, arrived)):
        yield f"entry {entry.seq}: its moment is neither its arrival nor that of the entry before"


# --- the bidders ----------------------------------------------------------------------------------------------------


def _check_calls(history: History) -> Iterator[str]:
    calls = {call.key: call for call in history.calls}
    stored: dict[str, Entry] = {}
    for entry in history.entries:
        if entry.kind not in {"bid_accepted", "bid_refused"}:
            continue
        key = entry.body["key"]
        if key in stored:
            yield f"entry {entry.seq}: the bid {key} counts twice"
        stored[key] = entry
        call = calls.get(key)
        if call is None:
            yield f"entry {entry.seq}: nobody made the bid {key}"
        else:
            yield from _check_call(call, entry)
    for call in history.calls:
        if call.answer is not None and call.answer.seq is not None and call.key not in stored:
            yield f"the bid {call.key} was answered and is not in the journal"
        if call.answer is not None and call.answer.accepted and call.answer.seq is None:
            yield f"the bid {call.key} was acknowledged without a number"


def _check_call(call: Call, entry: Entry) -> Iterator[str]:
    body, answer = entry.body, call.answer
    if (body["plate"], body["price_given"]) != (call.plate, str(call.price_fen)):
        yield f"entry {entry.seq}: another bid than the one that was made"
    if _arrived(entry) < call.sent_at - CLOCK_ERROR:
        yield f"entry {entry.seq}: arrived before it was sent"
    if call.answered_at is not None and _arrived(entry) > call.answered_at + CLOCK_ERROR:
        yield f"entry {entry.seq}: arrived after it was answered"
    if answer is None or answer.seq is None:
        return
    accepted = entry.kind == "bid_accepted"
    told = (answer.accepted, answer.seq, answer.hash, answer.code)
    if told != (accepted, entry.seq, entry.hash.hex(), None if accepted else body["code"]):
        yield f"entry {entry.seq}: the bidder was told something else"


def _check_real_time(history: History) -> Iterator[str]:
    """A bid answered before another one was sent comes before it."""
    calls = {call.key: call for call in history.calls}
    latest_sent: datetime | None = None
    for entry in history.entries:
        call = calls.get(entry.body.get("key", ""))
        if call is None:
            continue
        if latest_sent is not None and call.answered_at is not None and call.answered_at < latest_sent:
            yield f"entry {entry.seq}: was answered before one with a lower number was sent"
        latest_sent = call.sent_at if latest_sent is None else max(latest_sent, call.sent_at)


def _check_followers(history: History, after: list[tuple[int | None, int | None]]) -> Iterator[str]:
    ends = set()
    for number, states in enumerate(history.followers):
        last: int | None = None
        for state in states:
            where = f"follower {number} at {state.seq}"
            if state.after is not None and state.after != last:
                yield f"{where}: continues {state.after}, not {last}"
            if state.after is not None and state.told + state.left_out != state.seq - state.after:
                yield f"{where}: the numbers have gaps"
            if not 0 <= state.seq <= len(after) or (last is not None and state.seq < last):
                yield f"{where}: a number that cannot be"
                continue
            if state.seq and state.hash != history.entries[state.seq - 1].hash.hex():
                yield f"{where}: another hash than the journal's"
            if state.seq and (state.price_fen, state.plate) != after[state.seq - 1]:
                yield f"{where}: another price or leader than the journal gives"
            last = state.seq
        ends.add(last)
    if history.followers and ends != {len(after)}:
        yield f"the followers end at {ends}, the journal at {len(after)}"


def _arrived(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.body["arrived_at"])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _amounts(facts: dict[str, Any]) -> dict[str, int]:
    """The amounts among a refusal's facts."""
    return {name: value["fen"] for name, value in facts.items() if isinstance(value, dict) and "fen" in value}

"""How a fault is planted: the same choices for the same seed, and a journal whose numbers and hashes are made anew."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from tests.faults.history import Answer, Call, History, Seen
from trading.kernel.journal import Entry, Head, make_entry

T = TypeVar("T")


@dataclass
class Dice:
    """The same choices for the same seed."""

    seed: str
    thrown: int = 0

    def of(self, things: Sequence[T]) -> T:
        """One of them. Raises NotHere when there is none."""
        if not things:
            raise NotHere
        self.thrown += 1
        digest = hashlib.sha256(f"{self.seed}:{self.thrown}".encode()).digest()
        return things[int.from_bytes(digest[:8], "big") % len(things)]


class NotHere(Exception):
    """This history offers no place for this fault."""


SENT = ("key", "registration_id", "plate", "price_given", "arrived_at")


def bids(history: History) -> list[Entry]:
    return [entry for entry in history.entries if entry.kind in {"bid_accepted", "bid_refused"}]


def kind(history: History, kind: str) -> list[Entry]:
    return [entry for entry in history.entries if entry.kind == kind]


def answered(history: History, entries: list[Entry]) -> list[Entry]:
    keys = {call.key for call in history.calls if call.answer is not None}
    return [entry for entry in entries if entry.body["key"] in keys]


def before(first: Call | None, second: Call | None) -> bool:
    if first is None or second is None or first.answered_at is None:
        return False
    return first.answered_at < second.sent_at


def end(history: History) -> datetime:
    return history.entries[-1].at


def with_countdown(history: History) -> list[tuple[Entry, datetime]]:
    """The accepted bids of timed bidding, each with the end of the countdown into which it came."""
    found: list[tuple[Entry, datetime]] = []
    closes_at: datetime | None = None
    for entry in history.entries:
        if entry.kind == "bid_accepted" and closes_at is not None and entry.at < closes_at:
            found.append((entry, closes_at))
        if entry.body.get("closes_at"):
            closes_at = datetime.fromisoformat(entry.body["closes_at"])
    return found


def changed(history: History, entry: Entry, **changes: Any) -> History:
    return rebuilt(history, [replace(entry, **changes) if other is entry else other for other in history.entries])


def rebuilt(history: History, entries: Sequence[Entry]) -> History:
    """The history with these entries: numbers and hashes made anew, the bidders told accordingly, nobody following."""
    last: Entry | Head = Head(history.entries[0].stream)
    made: list[Entry] = []
    for entry in entries:
        last = make_entry(last, kind=entry.kind, actor=entry.actor, at=entry.at, body=entry.body)
        made.append(last)
    return told(replace(history, entries=tuple(made), followers=()))


def told(history: History) -> History:
    """Every bidder who got an answer is told what the journal says; whose bid is not there keeps the old answer."""
    stored = {entry.body["key"]: entry for entry in bids(history)}
    calls = []
    for call in history.calls:
        entry = stored.get(call.key)
        if call.answer is not None and call.answer.seq is not None and entry is not None:
            answer = Answer(entry.kind == "bid_accepted", entry.seq, entry.hash.hex(), entry.body.get("code"))
            calls.append(replace(call, answer=answer))
        else:
            calls.append(call)
    return replace(history, calls=tuple(calls))


def recalled(history: History, key: str, *, late: bool = False, **changes: Any) -> History:
    """The bidder asked for just that. `late`: and waited long for the answer."""
    if late:
        changes["answered_at"] = None
    return replace(
        history, calls=tuple(replace(call, **changes) if call.key == key else call for call in history.calls)
    )


def retold(history: History, dice: Dice, change: Callable[[Answer], Answer]) -> History:
    call = dice.of([call for call in history.calls if call.answer is not None and call.answer.seq is not None])
    assert call.answer is not None
    told = replace(call, answer=change(call.answer))
    return replace(history, calls=tuple(told if other is call else other for other in history.calls))


def seen_otherwise(history: History, dice: Dice, change: Callable[[Seen], Seen]) -> History:
    places = [
        (number, at)
        for number, states in enumerate(history.followers)
        for at, seen in enumerate(states)
        if seen.after is not None and seen.price_fen is not None
    ]
    number, at = dice.of(places)
    followers = [list(states) for states in history.followers]
    followers[number][at] = change(followers[number][at])
    return replace(history, followers=tuple(tuple(states) for states in followers))

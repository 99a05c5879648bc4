"""Faults planted into a history that holds: each one is what a broken platform could have done.

Where entries are changed the numbers and hashes are made anew, and the bidders are told accordingly, as a platform with
that fault would have done; so a mutant is caught by what it did, not by a broken chain.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from tests.faults.history import Answer, History
from tests.faults.planting import (
    SENT,
    Dice,
    NotHere,
    answered,
    before,
    bids,
    changed,
    end,
    kind,
    rebuilt,
    recalled,
    retold,
    seen_otherwise,
    told,
    with_countdown,
)
from trading.kernel.journal import Entry, Head, make_entry
from trading.kernel.moments import iso

_SECOND = timedelta(seconds=1)


Fault = Callable[[History, Dice], History]


def mutants(history: History, count: int) -> Iterator[tuple[str, History]]:
    """`count` faulty histories, each with the name of its fault; the kinds take turns."""
    made, rounds = 0, 0
    while made < count and rounds < count:
        for fault in FAULTS:
            try:
                faulty = fault(history, Dice(f"{fault.__name__}:{rounds}"))
            except NotHere:
                continue
            if faulty == history:
                continue
            yield fault.__name__, faulty
            made += 1
            if made == count:
                return
        rounds += 1


def lost(history: History, dice: Dice) -> History:
    """A bid that was answered is not in the journal."""
    entry = dice.of(answered(history, bids(history)))
    return rebuilt(history, [other for other in history.entries if other is not entry])


def doubled(history: History, dice: Dice) -> History:
    """A bid counts twice."""
    entry = dice.of(bids(history))
    at = history.entries.index(entry) + 1
    return rebuilt(history, [*history.entries[:at], entry, *history.entries[at:]])


def doubled_at_the_end(history: History, dice: Dice) -> History:
    """A repeated bid is decided again, as late."""
    entry = dice.of(bids(history))
    facts = {"code": "bidding_ended", "facts": {}}
    body = {name: entry.body[name] for name in SENT} | facts
    return rebuilt(history, [*history.entries, replace(entry, kind="bid_refused", at=end(history), body=body)])


def made_up(history: History, dice: Dice) -> History:
    """A bid that nobody made."""
    entry = dice.of(bids(history))
    ghost = replace(entry, body=entry.body | {"key": "0192aaaa-0000-7000-8000-000000000000"})
    return rebuilt(history, [ghost if other is entry else other for other in history.entries])


def out_of_order(history: History, dice: Dice) -> History:
    """Of two bids the one that was answered first has the higher number."""
    calls = {call.key: call for call in history.calls}
    pairs = [
        (first, second)
        for first, second in pairwise(bids(history))
        if before(calls.get(first.body["key"]), calls.get(second.body["key"]))
    ]
    first, second = dice.of(pairs)
    swapped = {id(first): replace(second, at=first.at), id(second): replace(first, at=second.at)}
    return rebuilt(history, [swapped.get(id(entry), entry) for entry in history.entries])


def accepted_though_too_low(history: History, dice: Dice) -> History:
    """A refused bid is accepted."""
    entry = dice.of(kind(history, "bid_refused"))
    window = history.terms.window
    body = {name: entry.body[name] for name in SENT}
    body |= {"price_fen": int(entry.body["price_given"])}
    body |= {"closes_at": None if window is None else iso(entry.at + window)}
    return changed(history, entry, kind="bid_accepted", body=body)


def refused_though_valid(history: History, dice: Dice) -> History:
    """A valid bid is refused as too low."""
    entry = dice.of(kind(history, "bid_accepted"))
    body = {name: entry.body[name] for name in SENT}
    price = entry.body["price_fen"]
    facts = {"offered": {"fen": price}, "lowest": {"fen": price + 1}, "current": {"fen": price}}
    return changed(history, entry, kind="bid_refused", body=body | {"code": "bid_too_low", "facts": facts})


def refused_as_late(history: History, dice: Dice) -> History:
    """A bid that arrived in time is refused for lateness."""
    entry = dice.of([bid for bid in bids(history) if bid.body.get("code") != "bid_after_closing"])
    body = {name: entry.body[name] for name in SENT}
    return changed(history, entry, kind="bid_refused", body=body | {"code": "bid_after_closing", "facts": {}})


def refused_for_another_reason(history: History, dice: Dice) -> History:
    """A refusal that the state does not explain."""
    entry = dice.of(kind(history, "bid_refused"))
    code = dice.of([code for code in ("already_leading", "bidding_ended", "bid_too_low") if code != entry.body["code"]])
    return changed(history, entry, body=entry.body | {"code": code})


def refused_with_other_amounts(history: History, dice: Dice) -> History:
    """A refusal that tells a price that never was."""
    entry = dice.of([entry for entry in kind(history, "bid_refused") if "lowest" in entry.body["facts"]])
    facts = entry.body["facts"] | {"lowest": {"fen": entry.body["facts"]["lowest"]["fen"] + 1}}
    return changed(history, entry, body=entry.body | {"facts": facts})


def raised_against_itself(history: History, dice: Dice) -> History:
    """The leader's own bid raises the price; the bidder asked for it."""
    accepted = kind(history, "bid_accepted")
    first, second = dice.of(list(pairwise(accepted)))
    faulty = changed(history, second, body=second.body | {"plate": first.body["plate"]})
    return recalled(faulty, second.body["key"], plate=first.body["plate"])


def another_price(history: History, dice: Dice) -> History:
    """A bid is taken with another price than the one sent."""
    entry = dice.of(kind(history, "bid_accepted"))
    return changed(history, entry, body=entry.body | {"price_fen": entry.body["price_fen"] + 100})


def another_price_sent(history: History, dice: Dice) -> History:
    """A bid is journalled with another price throughout."""
    entry = dice.of(kind(history, "bid_accepted"))
    price = entry.body["price_fen"] + 100
    return changed(history, entry, body=entry.body | {"price_fen": price, "price_given": str(price)})


def another_plate(history: History, dice: Dice) -> History:
    """A bid counts for another plate."""
    entry = dice.of(bids(history))
    return changed(history, entry, body=entry.body | {"plate": entry.body["plate"] + 40})


def falling_price(history: History, dice: Dice) -> History:
    """The price falls; the bidder asked for it."""
    accepted = kind(history, "bid_accepted")[1:]
    entry = dice.of(accepted)
    price = history.terms.starting_fen
    faulty = changed(history, entry, body=entry.body | {"price_fen": price, "price_given": str(price)})
    return recalled(faulty, entry.body["key"], price_fen=price)


def accepted_though_late(history: History, dice: Dice) -> History:
    """A bid that arrived at the very end, or later, is accepted."""
    entry, closes_at = dice.of(with_countdown(history))
    arrived = closes_at + dice.of([timedelta(0), timedelta(microseconds=1), _SECOND])
    body = entry.body | {"arrived_at": iso(arrived), "closes_at": iso(arrived + (history.terms.window or _SECOND))}
    return recalled(changed(history, entry, at=arrived, body=body), entry.body["key"], late=True)


def countdown_not_reset(history: History, dice: Dice) -> History:
    """A valid bid leaves the countdown as it was."""
    entry, closes_at = dice.of(with_countdown(history))
    return changed(history, entry, body=entry.body | {"closes_at": iso(closes_at)})


def countdown_shortened(history: History, dice: Dice) -> History:
    """A valid bid resets the countdown to less than the window."""
    entry, _ = dice.of(with_countdown(history))
    shorter = datetime.fromisoformat(entry.body["closes_at"]) - _SECOND
    return changed(history, entry, body=entry.body | {"closes_at": iso(shorter)})


def time_backwards(history: History, dice: Dice) -> History:
    """An entry's moment lies before the one of the entry before."""
    at = dice.of(range(1, len(history.entries)))
    return changed(history, history.entries[at], at=history.entries[at - 1].at - timedelta(microseconds=1))


def moment_after_arrival(history: History, dice: Dice) -> History:
    """A bid counts later than it arrived."""
    entry = dice.of(bids(history))
    return changed(history, entry, at=entry.at + timedelta(milliseconds=1))


def arrived_before_it_was_sent(history: History, dice: Dice) -> History:
    """A stamp lies before the sending."""
    entry = dice.of(bids(history))
    arrived = datetime.fromisoformat(entry.body["arrived_at"]) - 600 * _SECOND
    return changed(history, entry, body=entry.body | {"arrived_at": iso(arrived)})


def arrived_after_it_was_answered(history: History, dice: Dice) -> History:
    """A stamp lies after the answer."""
    entry = dice.of(answered(history, bids(history)))
    arrived = datetime.fromisoformat(entry.body["arrived_at"]) + 600 * _SECOND
    return changed(history, entry, body=entry.body | {"arrived_at": iso(arrived)})


def ended_early(history: History, dice: Dice) -> History:
    """The sale ends before the settle delay has passed."""
    end = dice.of(kind(history, "sold"))
    last = history.entries[history.entries.index(end) - 1]
    return changed(history, end, at=max(last.at, end.at - dice.of([_SECOND, timedelta(seconds=2)])))


def another_winner(history: History, dice: Dice) -> History:
    """Somebody else wins than who led."""
    end = dice.of(kind(history, "sold"))
    return changed(history, end, body=end.body | {"plate": end.body["plate"] + 1})


def another_final_price(history: History, dice: Dice) -> History:
    """The winner pays another price."""
    end = dice.of(kind(history, "sold"))
    return changed(history, end, body=end.body | {"price_fen": end.body["price_fen"] - 100})


def withdrawn_though_somebody_bid(history: History, dice: Dice) -> History:
    """The lot is withdrawn for lack of bids that are there."""
    end = dice.of(kind(history, "sold"))
    body = {"because": "nobody_bid", "price_fen": None, "reserve_fen": None}
    return changed(history, end, kind="withdrawn", body=body)


def accepted_after_the_end(history: History, dice: Dice) -> History:
    """The sale ends, and the last bid is taken after it."""
    end, last = dice.of(kind(history, "sold")), kind(history, "bid_accepted")[-1]
    entries = [entry for entry in history.entries if entry is not last]
    at = entries.index(end) + 1
    return rebuilt(history, [*entries[:at], replace(last, at=end.at), *entries[at:]])


def opened_twice(history: History, dice: Dice) -> History:
    """The sale is opened once more."""
    opened = dice.of(kind(history, "opened"))
    at = dice.of(range(history.entries.index(opened) + 1, len(history.entries)))
    again = replace(opened, at=history.entries[at - 1].at)
    return rebuilt(history, [*history.entries[:at], again, *history.entries[at:]])


def number_left_out(history: History, dice: Dice) -> History:
    """A number is missing in the journal."""
    at = dice.of(range(1, len(history.entries)))
    entries = list(history.entries[:at])
    last: Entry | Head = replace(entries[-1], seq=entries[-1].seq + 1)
    for entry in history.entries[at:]:
        last = make_entry(last, kind=entry.kind, actor=entry.actor, at=entry.at, body=entry.body)
        entries.append(last)
    return told(replace(history, entries=tuple(entries), followers=()))


def written_over(history: History, dice: Dice) -> History:
    """An entry was changed after it was written."""
    entry = dice.of(history.entries)
    forged = replace(entry, body=entry.body | {"note": "changed"})
    return replace(history, entries=tuple(forged if other is entry else other for other in history.entries))


def told_another_hash(history: History, dice: Dice) -> History:
    """A bidder's receipt names another hash."""
    return retold(history, dice, lambda answer: replace(answer, hash="00" * 32))


def told_another_number(history: History, dice: Dice) -> History:
    """A bidder's receipt names another number."""
    return retold(history, dice, lambda answer: replace(answer, seq=(answer.seq or 0) + 1))


def told_the_opposite(history: History, dice: Dice) -> History:
    """A bidder is told accepted for refused, or the other way round."""
    return retold(
        history,
        dice,
        lambda answer: replace(answer, accepted=not answer.accepted, code="bid_too_low" if answer.accepted else None),
    )


def acknowledged_without_storing(history: History, dice: Dice) -> History:
    """A bid is acknowledged before it has a number, and then it never gets one."""
    entry = dice.of(answered(history, kind(history, "bid_accepted")))
    faulty = rebuilt(history, [other for other in history.entries if other is not entry])
    answer = Answer(accepted=True, seq=None, hash=None)
    key = entry.body["key"]
    calls = tuple(replace(call, answer=answer) if call.key == key else call for call in faulty.calls)
    return replace(faulty, calls=calls)


def follower_skips(history: History, dice: Dice) -> History:
    """A follower is not told some numbers."""
    return seen_otherwise(history, dice, lambda seen: replace(seen, after=(seen.after or 0) + 1))


def follower_miscounts(history: History, dice: Dice) -> History:
    """A follower is told a wrong count of what was left out."""
    return seen_otherwise(history, dice, lambda seen: replace(seen, left_out=seen.left_out + 1))


def follower_sees_another_hash(history: History, dice: Dice) -> History:
    """A follower is told another history."""
    return seen_otherwise(history, dice, lambda seen: replace(seen, hash="11" * 32))


def follower_sees_another_price(history: History, dice: Dice) -> History:
    """A follower is shown a price that does not stand."""
    return seen_otherwise(history, dice, lambda seen: replace(seen, price_fen=(seen.price_fen or 0) + 100))


def follower_sees_another_leader(history: History, dice: Dice) -> History:
    """A follower is shown another leader."""
    return seen_otherwise(history, dice, lambda seen: replace(seen, plate=(seen.plate or 0) + 1))


def follower_misses_the_end(history: History, dice: Dice) -> History:
    """A follower is never told the last states."""
    number = dice.of([number for number, states in enumerate(history.followers) if len(states) > 1])
    followers = list(history.followers)
    followers[number] = followers[number][: dice.of(range(1, len(followers[number])))]
    return replace(history, followers=tuple(followers))


FAULTS: tuple[Fault, ...] = (
    lost,
    doubled,
    doubled_at_the_end,
    made_up,
    out_of_order,
    accepted_though_too_low,
    refused_though_valid,
    refused_as_late,
    refused_for_another_reason,
    refused_with_other_amounts,
    raised_against_itself,
    another_price,
    another_price_sent,
    another_plate,
    falling_price,
    accepted_though_late,
    countdown_not_reset,
    countdown_shortened,
    time_backwards,
    moment_after_arrival,
    arrived_before_it_was_sent,
    arrived_after_it_was_answered,
    ended_early,
    another_winner,
    another_final_price,
    withdrawn_though_somebody_bid,
    accepted_after_the_end,
    opened_twice,
    number_left_out,
    written_over,
    told_another_hash,
    told_another_number,
    told_the_opposite,
    acknowledged_without_storing,
    follower_skips,
    follower_miscounts,
    follower_sees_another_hash,
    follower_sees_another_price,
    follower_sees_another_leader,
    follower_misses_the_end,
)

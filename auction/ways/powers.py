"""Powers over a sale: change the increment, withdraw the lot, disqualify a plate. Pure.

Each is used by a person, never by the clock, and the orders carry a reason that is journalled and told. While the end
of a stage is being decided (the settle delay after a hammer or a countdown) none of them may be used: what they would
change has ended already, and is only waiting for bids that had arrived.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from auction.refusals import AlreadyEnded, EndBeingDecided, NoAuctioneerHere, SaleFrozen
from auction.refused_powers import (
    IncrementAlready,
    IncrementFixed,
    IncrementOutOfBounds,
    PlateAlreadyDisqualified,
    ReasonNeeded,
)
from auction.rules import check_running, increment_of, moment_of, next_state
from auction.sale import (
    ENDED,
    AuctionState,
    AuctionTerms,
    Disqualified,
    IncrementChanged,
    Phase,
    Stage,
    Step,
    Withdrawn,
    WithdrawnBecause,
)
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod

SHORTEST_REASON = 5
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """A price and the plate that gave it."""

    price: Money
    plate: int


def change_increment(terms: AuctionTerms, state: AuctionState, *, increment: Money, now: datetime) -> Step:
    """The auctioneer changes the increment within the announced bounds. The standing price stands.

    The calls begin anew: the price was called together with what the next bid would have to be. A bid is judged by
    the increment that counts when it is decided.

    Refusals: NoAuctioneerHere, NotOpenedYet, AlreadyEnded, SaleFrozen, EndBeingDecided, IncrementFixed,
    IncrementOutOfBounds, IncrementAlready.
    Source: local practice of auctions; the bounds are announced with the lot (unconfirmed).
    """
    now = moment_of(state, now)
    if terms.method is not SellingMethod.AUCTION:
        raise NoAuctioneerHere()
    check_running(state)
    if state.stage is Stage.FROZEN:
        raise SaleFrozen()
    _check_end_is_not_due(state, now)
    bounds = terms.way.increment_bounds
    if bounds is None or state.stage is not Stage.OPEN:
        raise IncrementFixed()
    if not bounds.lowest <= increment <= bounds.highest:
        raise IncrementOutOfBounds(increment=increment, lowest=bounds.lowest, highest=bounds.highest)
    if increment == increment_of(terms, state):
        raise IncrementAlready(increment=increment)
    changed = next_state(state, now, calls=0, phase=replace(state.phase, increment=increment))
    return Step(changed, IncrementChanged(increment=increment))


def withdraw_by_order(state: AuctionState, *, reason: str, now: datetime) -> Step:
    """Withdraw the lot, before its sale or while it runs, but never once the hammer fell or the countdown ended.

    The reserve stays sealed: the lot may be sold another time.

    Refusals: ReasonNeeded, AlreadyEnded, EndBeingDecided.
    Source: 39号 (a sale may be ended for reasons that are announced; unconfirmed).
    """
    now = moment_of(state, now)
    reason = checked_reason(reason)
    if state.stage in ENDED:
        raise AlreadyEnded()
    _check_end_is_not_due(state, now)
    ended = next_state(state, now, stage=Stage.WITHDRAWN, ended_at=now, closes_at=None)
    order = Withdrawn(WithdrawnBecause.BY_ORDER, price=state.price, reserve=None, reason=reason)
    return Step(ended, order)


def disqualify(
    terms: AuctionTerms, state: AuctionState, *, plate: int, reason: str, behind: Standing | None, now: datetime
) -> Step:
    """A plate may bid no more. Where the profile says that its bids fall and it leads, the price falls back.

    `behind` is the highest accepted bid of the plates that may still bid, None when there is none. When the leader
    falls, the calls begin anew, and so does the countdown of timed bidding; an online auction stays open for at least
    one more extension, so that the others can answer the new price. The end of a listing does not move. A bid of
    another plate that the fallen ones had driven up stands: whoever gave it meant it.

    Refusals: ReasonNeeded, AlreadyEnded, EndBeingDecided, PlateAlreadyDisqualified.
    Source: 拍卖法 art. 65 (bids by collusion are void; unconfirmed); the profile says whether bids stand.
    """
    now = moment_of(state, now)
    reason = checked_reason(reason)
    if state.stage in ENDED:
        raise AlreadyEnded()
    _check_end_is_not_due(state, now)
    if plate in state.phase.excluded:
        raise PlateAlreadyDisqualified(plate=plate)
    bids_stand = terms.way.disqualified_bids_stand
    after = next_state(state, now, phase=_without(state.phase, plate))
    if plate == state.plate and not bids_stand:
        after = msgspec.structs.replace(
            after,
            price=None if behind is None else behind.price,
            plate=None if behind is None else behind.plate,
            calls=0,
            closes_at=_closes_after_fall(terms, state, now),
        )
    event = Disqualified(
        plate=plate, reason=reason, bids_stand=bids_stand, price=after.price, plate_leading=after.plate
    )
    return Step(after, event)


def checked_reason(reason: str) -> str:
    """The reason of an order, its blanks evened out. Refuses `ReasonNeeded`."""
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonNeeded(shortest=SHORTEST_REASON, longest=LONGEST_REASON)
    return reason


def _check_end_is_not_due(state: AuctionState, now: datetime) -> None:
    runs = state.stage not in (Stage.WAITING, Stage.FROZEN)
    if runs and state.closes_at is not None and now >= state.closes_at:
        raise EndBeingDecided()


def _without(phase: Phase, plate: int) -> Phase:
    """The phase once the plate is out of everything that lies ahead. A draw's seed keeps the number that it gave."""
    return replace(
        phase,
        excluded=tuple(sorted((*phase.excluded, plate))),
        entrants=None if phase.entrants is None else _others(phase.entrants, plate),
        willing=_others(phase.willing, plate),
        priority=_others(phase.priority, plate),
    )


def _others(plates: tuple[int, ...], plate: int) -> tuple[int, ...]:
    return tuple(other for other in plates if other != plate)


def _closes_after_fall(terms: AuctionTerms, state: AuctionState, now: datetime) -> datetime | None:
    if state.stage is not Stage.OPEN or state.closes_at is None:
        return state.closes_at
    if terms.window is not None:
        return now + terms.window
    online = terms.way.online
    return state.closes_at if online is None else max(state.closes_at, now + online.extension)

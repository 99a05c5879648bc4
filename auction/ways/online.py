"""Property rights online auction (网络竞价): late bids extend it, the platform bids within secret maxima (proxy bids),
and who holds a priority right (优先购买权) may match the highest price. Pure.

The platform bids for a maximum what the other bids make necessary: its plate leads at one increment above the next
one's maximum, or at its own maximum where that is less. Of equal maxima, and of a maximum and an equal bid, the earlier
one leads. So only the leader's maximum is alive: everybody else's has been bid to its end and stands among the accepted
bids, because the loser's last bid is an event of its own before the winner's. Whoever reads the record sees why the
price rose, and when a leader is disqualified the highest bid that is left is the one that leads.

A maximum may be raised, never lowered: it stands for bids that others have already answered. Raising it bids nothing
while its plate leads, so it moves neither the price nor the end. A priority holder matches a price by bidding exactly
that price; others must then exceed it; among priority holders the earlier match leads.

Nobody is told a maximum, the winner's not even after the end: it would say how far the buyer would have gone, which is
worth money to whoever sells to, or bids against, that buyer next. Its commitment is in the journal from the start, so
supervision, which reads amount and salt, can check every bid made for it.

Sources: 法释〔2016〕18号 art. 20 (extension), art. 21 (priority right; several orders of priority are not distinguished
here); proxy bids by the practice of online auctions. Their status is kept in docs/laws.md.
"""

from dataclasses import replace
from datetime import datetime

import msgspec

from auction.refusals import AlreadyLeading
from auction.refused_limits import MaximumNotRaised, MaximumNotWholeMultiple, MaximumTooLow, NoMaximumHere
from auction.rules import (
    check_open_for_bids,
    check_plate,
    check_price,
    check_stage,
    increment_of,
    lowest_valid_price,
    moment_of,
    next_state,
)
from auction.sale import AuctionState, AuctionTerms, Bid, BidAccepted, MaximumSet, Stage, Step
from auction.secrets_of_sale import Secrets, seal
from trading.kernel.money import Money


def place_bid(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets) -> list[Step]:
    """Take a bid, or a secret maximum (added to `secrets.maxima`), that reached a server at `arrived_at`, with what the
    platform bids because of it. Each bid in the last `extension` extends the sale, without limit.

    Refusals: as `rules.check_open_for_bids` and `rules.check_plate`; for a bid AlreadyLeading, BidBelowStartingPrice,
    BidTooLow, BidNotWholeMultiple; for a maximum MaximumTooLow, MaximumNotRaised,
    MaximumNotWholeMultiple, none of which tells its amount. `refuse_maximum_elsewhere` has been asked before.
    Source: 法释〔2016〕18号 art. 20, 21; online auction practice.
    """
    check_open_for_bids(terms, state, arrived_at)
    check_stage(state, Stage.OPEN)
    plate = check_plate(state, bid.plate)
    if bid.is_maximum:
        return _take_maximum(terms, state, plate, bid.price, arrived_at, secrets)
    if plate == state.plate:
        assert state.price is not None
        raise AlreadyLeading(price=state.price)
    if bid.price != lowest_price_of(terms, state, plate):
        check_price(terms, state, bid.price)
    taken = _bid(terms, state, plate, bid.price, arrived_at, for_maximum=False)
    return [taken, *_answer(terms, state.plate, taken.state, arrived_at, secrets)]


def with_priority(state: AuctionState, plate: int) -> AuctionState:
    """The state in which this plate may match the highest price.

    The right is confirmed before the sale begins, while its holder's plate may come with a deposit during the sale: so
    the plates are told to every decision, and are no event of the sale.
    """
    if plate in state.phase.priority:
        return state
    phase = replace(state.phase, priority=tuple(sorted({*state.phase.priority, plate})))
    return msgspec.structs.replace(state, phase=phase)


def refuse_maximum_elsewhere(terms: AuctionTerms) -> None:
    """Refuse a maximum where the platform bids for nobody: it is not to be taken for a bid. Refusals: NoMaximumHere."""
    if terms.way.online is None or not terms.way.online.proxy_bids:
        raise NoMaximumHere()


def lowest_price_of(terms: AuctionTerms, state: AuctionState, plate: int) -> Money:
    """The lowest price that this plate may bid now: a priority holder may match the standing price of another."""
    matching = lowest_for_priority(terms, state) if plate in state.phase.priority else None
    return matching or lowest_valid_price(terms, state)


def lowest_for_priority(terms: AuctionTerms, state: AuctionState) -> Money | None:
    """The lowest price that any holder of a priority right may bid now; None in a way that knows no such right."""
    if terms.way.online is None:
        return None
    stands_without = state.price is not None and state.plate not in state.phase.priority
    return state.price if stands_without else lowest_valid_price(terms, state)


def _take_maximum(
    terms: AuctionTerms, state: AuctionState, plate: int, maximum: Money, arrived_at: datetime, secrets: Secrets
) -> list[Step]:
    leads = plate == state.plate
    if not leads and maximum < lowest_price_of(terms, state, plate):
        raise MaximumTooLow(lowest=lowest_price_of(terms, state, plate))
    known = secrets.maxima.get(plate)
    if (known is not None and maximum <= known.price) or (leads and state.price is not None and maximum <= state.price):
        raise MaximumNotRaised()
    if terms.whole_multiple and (maximum.fen - terms.starting_price.fen) % increment_of(terms, state).fen:
        raise MaximumNotWholeMultiple(increment=increment_of(terms, state))
    sealed = seal(plate, maximum, secrets.fresh_salt())
    secrets.maxima.pop(plate, None)  # the order of maxima is the one in which they were set
    secrets.maxima[plate] = sealed
    was_set = Step(next_state(state, moment_of(state, arrived_at)), MaximumSet(plate, sealed.commitment))
    return [was_set] if leads else [was_set, *_contend(terms, was_set.state, plate, maximum, arrived_at, secrets)]


def _contend(
    terms: AuctionTerms, state: AuctionState, plate: int, maximum: Money, arrived_at: datetime, secrets: Secrets
) -> list[Step]:
    """What the platform bids when a plate that does not lead sets a maximum: the loser's last bid, the winner's."""
    leader = state.plate
    if leader is None or state.price is None:
        return [_bid(terms, state, plate, terms.starting_price, arrived_at, for_maximum=True)]
    limit = _live_maximum(state, leader, secrets) or state.price
    wins = maximum > limit or (maximum == limit and _goes_before(state, plate, leader))
    if not wins:
        offered = _bid(terms, state, plate, maximum, arrived_at, for_maximum=True)
        return [offered, *_answer(terms, leader, offered.state, arrived_at, secrets)]
    steps = []
    if limit > state.price:
        steps.append(_bid(terms, state, leader, limit, arrived_at, for_maximum=True))
        state = steps[-1].state
    price = min(maximum, lowest_price_of(terms, state, plate))
    return [*steps, _bid(terms, state, plate, price, arrived_at, for_maximum=True)]


def _answer(
    terms: AuctionTerms, leader: int | None, state: AuctionState, arrived_at: datetime, secrets: Secrets
) -> list[Step]:
    """What the platform bids for the plate that led until this moment, if its maximum still reaches."""
    assert state.price is not None
    assert state.plate is not None
    maximum = None if leader is None else _live_maximum(state, leader, secrets)
    if leader is None or maximum is None or maximum < state.price:
        return []
    if maximum == state.price and _goes_before(state, state.plate, leader):
        return []
    price = min(maximum, lowest_price_of(terms, state, leader))
    return [_bid(terms, state, leader, price, arrived_at, for_maximum=True)]


def _live_maximum(state: AuctionState, plate: int, secrets: Secrets) -> Money | None:
    """A plate's maximum; the platform no longer bids for one that was disqualified."""
    if plate in state.phase.excluded or plate not in secrets.maxima:
        return None
    return secrets.maxima[plate].price


def _goes_before(state: AuctionState, plate: int, other: int) -> bool:
    """Whether a plate leads over another at the same price by its priority right."""
    return plate in state.phase.priority and other not in state.phase.priority


def _bid(
    terms: AuctionTerms, state: AuctionState, plate: int, price: Money, arrived_at: datetime, *, for_maximum: bool
) -> Step:
    online, closes_at = terms.way.online, state.closes_at
    assert online is not None
    if closes_at is not None:
        closes_at = max(closes_at, arrived_at + online.extension)
    now = moment_of(state, arrived_at)
    leading = next_state(state, now, price=price, plate=plate, bids=state.bids + 1, closes_at=closes_at)
    return Step(leading, BidAccepted(plate, price, closes_at, for_maximum))

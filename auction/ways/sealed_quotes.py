"""Sealed quotes: the one-price round (一次报价) and the tender of land (招标). Pure.

Every plate gives one quote, which cannot be changed or withdrawn. Nobody is told its amount, only a commitment, until
all quotes are opened together. In the one-price round the quote closest to the average of all wins; in a tender the
highest. No refusal here carries an amount that a bidder offered: refusals are journalled at once.

Sources: the local rule of Taicang (one-price round); 39号 (tender of land). Their status is kept in docs/laws.md.
"""

from collections.abc import Mapping
from datetime import datetime

from auction.refusals import (
    CountdownRunning,
    NoQuotesNow,
    NotSentAsQuote,
    QuoteAboveCeiling,
    QuoteAlreadyGiven,
    QuoteBelowStartingPrice,
    QuoteNotAboveCap,
    QuotePriceTaken,
)
from auction.rules import check_open_for_bids, check_plate, conclude, moment_of, next_state
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    CalledOff,
    OpenedQuote,
    Phase,
    QuoteSealed,
    QuotesOpened,
    Stage,
    Step,
)
from auction.secrets_of_sale import Sealed, Secrets, seal
from auction.way import CapTerms, Way
from trading.kernel.money import Money

Quotes = Mapping[int, Sealed]  # by plate, in order of arrival


def place_quote(terms: AuctionTerms, state: AuctionState, bid: Bid, arrived_at: datetime, secrets: Secrets) -> Step:
    """Take a sealed quote that reached a server at `arrived_at`; it is added to `secrets.quotes`.

    The standing price, the countdown and the leader stay as they are. A quote is no raise, so it need not be a whole
    number of increments above anything.

    Refusals: as `rules.check_open_for_bids` and `rules.check_plate`; NoQuotesNow, NotSentAsQuote,
    QuoteAlreadyGiven; in the one-price round QuoteNotAboveCap, QuoteAboveCeiling, QuotePriceTaken; in a tender
    QuoteBelowStartingPrice.
    Source: Taicang (one quote each in (cap, ceiling]; a price that was given before is refused, in order of arrival).
    """
    now = moment_of(state, arrived_at)
    check_open_for_bids(terms, state, arrived_at)
    plate = check_plate(state, bid.plate)
    if state.stage is not Stage.SEALED:
        raise NoQuotesNow()
    if not bid.is_sealed:
        raise NotSentAsQuote()
    if plate in secrets.quotes:
        raise QuoteAlreadyGiven()
    if terms.way.cap is not None:
        _check_range(terms.way.cap, bid.price)
        if any(bid.price == quote.price for quote in secrets.quotes.values()):
            raise QuotePriceTaken()
    elif bid.price < terms.starting_price:
        raise QuoteBelowStartingPrice(lowest=terms.starting_price)
    sealed = secrets.quotes[plate] = seal(plate, bid.price, secrets.fresh_salt())
    return Step(next_state(state, now, bids=state.bids + 1), QuoteSealed(plate=plate, commitment=sealed.commitment))


def end_quotes(
    terms: AuctionTerms, state: AuctionState, *, quotes: Quotes, reserve: Money | None, now: datetime
) -> list[Step]:
    """The time for quotes is over: open all of them together, and sell to the plate that wins by them.

    A tender with fewer quotes than bidders needed is called off and its quotes stay sealed. Without a quote in the
    one-price round the highest bid at or below the cap wins. Quotes of a disqualified plate are opened but do not
    count, unless its bids stand.

    Refusals: CountdownRunning.
    Source: Taicang (closest to the average; at equal distance the lower one); 39号 (at least three bidders; the highest
    wins; of two equal ones the first to arrive); 拍卖法 (the reserve).
    """
    assert state.stage is Stage.SEALED
    assert state.closes_at is not None
    now = moment_of(state, now)
    if now < state.closes_at + terms.way.settle_delay:
        raise CountdownRunning(closes_at=state.closes_at)
    counting = {plate: quote.price for plate, quote in quotes.items() if counts(terms.way, state.phase, plate)}
    if terms.way.cap is None and len(counting) < terms.minimum_bidders:
        called_off = next_state(state, now, stage=Stage.CALLED_OFF, ended_at=now)
        return [Step(called_off, CalledOff(qualified=len(counting), needed=terms.minimum_bidders))]
    average = average_of(list(counting.values())) if terms.way.cap is not None and counting else None
    price, plate = state.price, state.plate
    if counting:
        plate = _winner(counting, average)
        price = counting[plate]
    opened = tuple(
        OpenedQuote(plate=plate, price=quote.price, salt=quote.salt.hex(), commitment=quote.commitment)
        for plate, quote in quotes.items()
    )
    told = Step(
        next_state(state, now, price=price, plate=plate),
        QuotesOpened(quotes=opened, average=average, price=price, plate=plate),
    )
    return [told, conclude(told.state, reserve, now)]


def average_of(prices: list[Money]) -> Money:
    """The average to the fen (0.01 yuan), half up. Source: Taicang ("to 0.01, half up")."""
    return Money((2 * sum(price.fen for price in prices) + len(prices)) // (2 * len(prices)))


def _winner(counting: Mapping[int, Money], average: Money | None) -> int:
    """The plate that wins. `min` and `max` keep the first of equals, which is the first that arrived."""
    if average is None:
        return max(counting, key=lambda plate: counting[plate].fen)
    return min(counting, key=lambda plate: (abs(counting[plate].fen - average.fen), counting[plate].fen))


def counts(way: Way, phase: Phase, plate: int) -> bool:
    """Whether what this plate gave counts: it was not disqualified since, or its bids stand."""
    return plate not in phase.excluded or way.disqualified_bids_stand


def _check_range(cap: CapTerms, price: Money) -> None:
    if price <= cap.price:
        raise QuoteNotAboveCap(cap=cap.price)
    if cap.ceiling is not None and price > cap.ceiling:
        raise QuoteAboveCeiling(ceiling=cap.ceiling)

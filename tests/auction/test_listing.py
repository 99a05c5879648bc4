"""Listing (挂牌): quotes, the end of quoting, who decides on timed bidding, and what follows when nobody bids in it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from auction import service
from auction.refusals import (
    AlreadyLeading,
    BidAfterClosing,
    BidBelowStartingPrice,
    BidderNotQualified,
    BidTooLow,
    CountdownRunning,
    NotAtThisStage,
    NotEntrant,
    PlateDisqualified,
    QuotingHasStopped,
    SaleFrozen,
)
from auction.refused_orders import AlreadyDeclared, DeclarationTooLate
from auction.rules import close_by_clock, open_sale, place_bid
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    Declared,
    QuotingEnded,
    Sold,
    Stage,
    Step,
    TimedBiddingDecided,
    TimedBiddingOpened,
    Withdrawn,
    WithdrawnBecause,
)
from auction.way import SETTLE_DELAY
from auction.ways.listing import decide, decisive_since, declare, end_quoting, open_timed_bidding, place_quote
from tests.auction.examples import (
    FUJIAN_LISTING,
    HOUR,
    LISTING_ENDS_AT,
    SECOND,
    START,
    SUZHOU_LISTING,
    WINDOW,
    bid_on,
    opened,
    yuan,
)
from tests.auction.selling import INCREMENT, Sale
from tests.auction.selling import START as START_FEN
from tests.auction.test_service import advance, bid, kinds, on_sale
from trading.accounts import service as accounts
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.money import Money

DECIDED_AT = LISTING_ENDS_AT + SETTLE_DELAY
STOPPED_AT = LISTING_ENDS_AT - HOUR + SETTLE_DELAY
NOBODY: frozenset[int] = frozenset()


def quoted_by(terms: AuctionTerms, *plates: int) -> AuctionState:
    state = opened(terms)
    for number, plate in enumerate(plates):
        state = bid_on(terms, state, plate, START + number * SECOND)
    return state


def declaring(*plates: int) -> AuctionState:
    return end_quoting(SUZHOU_LISTING, quoted_by(SUZHOU_LISTING, *plates), STOPPED_AT).state


def declared(state: AuctionState, *plates: int, quoted: frozenset[int] = frozenset({1, 2, 3})) -> AuctionState:
    for plate in plates:
        at = LISTING_ENDS_AT - SECOND
        state = declare(SUZHOU_LISTING, state, plate=plate, quoted=quoted, arrived_at=at).state
    return state


def decided_in_suzhou(state: AuctionState, quoted: frozenset[int], reserve: Money | None = None) -> list[Step]:
    return decide(SUZHOU_LISTING, state, quoted=quoted, quoted_last=NOBODY, reserve=reserve, now=DECIDED_AT)


def decided_in_fujian(state: AuctionState, quoted_last: frozenset[int], reserve: Money | None = None) -> list[Step]:
    quoted = frozenset({1, 2, 3})
    return decide(FUJIAN_LISTING, state, quoted=quoted, quoted_last=quoted_last, reserve=reserve, now=DECIDED_AT)


# --- quotes ---------------------------------------------------------------------------------------------------------


def test_a_listing_opens_with_nobody_registered_yet_and_ends_at_its_announced_moment() -> None:
    """39号: registration runs while the listing does; one bidder is enough."""
    state = open_sale(FUJIAN_LISTING, AuctionState(), qualified=0, now=START).state
    assert (state.stage, state.closes_at) == (Stage.LISTING, LISTING_ENDS_AT)


def test_a_listing_that_opens_late_since_the_platform_was_away_ends_as_much_later() -> None:
    state = open_sale(FUJIAN_LISTING, AuctionState(), qualified=0, now=START + HOUR).state
    assert state.closes_at == LISTING_ENDS_AT + HOUR


def test_quotes_rise_and_leave_the_end_where_it_is() -> None:
    state = quoted_by(SUZHOU_LISTING, 1, 2, 1)
    assert (state.price, state.plate, state.bids) == (yuan(1_100_000), 1, 3)
    assert state.closes_at == LISTING_ENDS_AT - HOUR


def test_of_two_equal_quotes_the_first_wins() -> None:
    """39号: the first to arrive at the server wins."""
    state = quoted_by(FUJIAN_LISTING, 1)
    with pytest.raises(BidTooLow):
        place_quote(FUJIAN_LISTING, state, Bid(2, yuan(1_000_000)), START + SECOND)


def test_the_leader_may_raise_its_own_quote_and_stays_in_the_contest_of_the_last_hour() -> None:
    state = bid_on(FUJIAN_LISTING, quoted_by(FUJIAN_LISTING, 1), 1)
    assert (state.price, state.plate) == (yuan(1_050_000), 1)


@pytest.mark.parametrize(
    ("plate", "price", "arrived_at", "refusal"),
    [
        (1, 999_999, START, BidBelowStartingPrice),
        (None, 1_000_000, START, BidderNotQualified),
        (9, 1_000_000, START, PlateDisqualified),
        (1, 1_000_000, LISTING_ENDS_AT, BidAfterClosing),
    ],
)
def test_a_quote_is_refused_like_a_bid(
    plate: int | None, price: int, arrived_at: datetime, refusal: type[Refusal]
) -> None:
    state = opened(FUJIAN_LISTING)
    state = structs.replace(state, phase=replace(state.phase, excluded=(9,)))
    with pytest.raises(refusal):
        place_quote(FUJIAN_LISTING, state, Bid(plate, yuan(price)), arrived_at)


def test_a_quote_that_arrived_in_time_counts_however_late_it_is_decided() -> None:
    """Fujian rules art. 41, 53."""
    state = structs.replace(opened(FUJIAN_LISTING), decided_at=LISTING_ENDS_AT + SECOND)
    step = place_quote(FUJIAN_LISTING, state, Bid(1, yuan(1_000_000)), LISTING_ENDS_AT - SECOND)
    assert step.event == BidAccepted(plate=1, price=yuan(1_000_000), closes_at=LISTING_ENDS_AT)


# --- the end of quoting and declarations (Suzhou) -------------------------------------------------------------------


def test_quoting_stops_one_hour_before_the_listing_ends_and_bidders_are_asked() -> None:
    """Suzhou rules."""
    state = quoted_by(SUZHOU_LISTING, 1, 2)
    with pytest.raises(CountdownRunning):
        end_quoting(SUZHOU_LISTING, state, STOPPED_AT - timedelta(microseconds=1))
    step = end_quoting(SUZHOU_LISTING, state, STOPPED_AT)
    assert step.event == QuotingEnded(price=yuan(1_050_000), plate=2, closes_at=LISTING_ENDS_AT)
    assert step.state.stage is Stage.DECLARING
    with pytest.raises(QuotingHasStopped):
        place_bid(SUZHOU_LISTING, step.state, Bid(1, yuan(1_100_000)), STOPPED_AT + SECOND)


def test_where_the_clock_comes_late_bidders_have_the_whole_hour_to_declare() -> None:
    late = STOPPED_AT + HOUR / 2
    step = end_quoting(SUZHOU_LISTING, quoted_by(SUZHOU_LISTING, 1, 2), late)
    assert step.state.closes_at == late + HOUR


def test_who_quoted_declares_once_and_in_time() -> None:
    step = declare(
        SUZHOU_LISTING, declaring(1, 2), plate=2, quoted={1, 2}, arrived_at=LISTING_ENDS_AT - timedelta(microseconds=1)
    )
    assert step.event == Declared(plate=2, willing=1)
    assert step.state.phase.willing == (2,)
    with pytest.raises(AlreadyDeclared):
        declare(SUZHOU_LISTING, step.state, plate=2, quoted={1, 2}, arrived_at=LISTING_ENDS_AT - SECOND)


@pytest.mark.parametrize(
    ("changes", "plate", "arrived_at", "refusal"),
    [
        ({}, 3, STOPPED_AT, NotEntrant),
        ({}, None, STOPPED_AT, BidderNotQualified),
        ({}, 9, STOPPED_AT, PlateDisqualified),
        ({}, 1, LISTING_ENDS_AT, DeclarationTooLate),
        ({"stage": Stage.LISTING}, 1, STOPPED_AT, NotAtThisStage),
        ({"stage": Stage.OPEN}, 1, STOPPED_AT, NotAtThisStage),
        ({"stage": Stage.FROZEN}, 1, STOPPED_AT, SaleFrozen),
    ],
)
def test_others_and_other_stages_take_no_declaration(
    changes: dict[str, Any], plate: int | None, arrived_at: datetime, refusal: type[Refusal]
) -> None:
    state = declaring(1, 2)
    state = structs.replace(state, phase=replace(state.phase, excluded=(9,)), **changes)
    with pytest.raises(refusal):
        declare(SUZHOU_LISTING, state, plate=plate, quoted={1, 2, 9}, arrived_at=arrived_at)


# --- the decision ---------------------------------------------------------------------------------------------------


def test_two_who_are_willing_lead_to_timed_bidding_at_once_for_all_who_quoted() -> None:
    """Suzhou rules: timed bidding of 4 minutes without preparation, from the standing quote."""
    state = declared(declaring(1, 2, 3), 1, 2)
    with pytest.raises(CountdownRunning):
        decide(SUZHOU_LISTING, state, quoted={1}, quoted_last=NOBODY, reserve=None, now=DECIDED_AT - SETTLE_DELAY)
    first, second = decided_in_suzhou(state, frozenset({1, 2, 3}))
    assert first.event == TimedBiddingDecided(entrants=(1, 2, 3), closes_at=DECIDED_AT)
    assert second.event == TimedBiddingOpened(starting_price=yuan(1_100_000), closes_at=DECIDED_AT + WINDOW)
    assert (second.state.stage, second.state.seq) == (Stage.OPEN, state.seq + 2)


def test_an_equal_price_does_not_beat_the_quote_that_stands_and_who_did_not_quote_may_not_enter() -> None:
    _, step = decided_in_suzhou(declared(declaring(1, 2, 3), 1, 2), frozenset({1, 2, 3}))
    at = step.at + SECOND
    for plate, price, refusal in (
        (1, 1_100_000, BidTooLow),
        (4, 1_150_000, NotEntrant),
        (3, 1_150_000, AlreadyLeading),
    ):
        with pytest.raises(refusal):
            place_bid(SUZHOU_LISTING, step.state, Bid(plate, yuan(price)), at)
    bid = place_bid(SUZHOU_LISTING, step.state, Bid(1, yuan(1_150_000)), at)
    assert bid.state.closes_at == at + WINDOW


@pytest.mark.parametrize("willing", [(), (1,)])
def test_with_fewer_than_two_willing_the_highest_quote_wins(willing: tuple[int, ...]) -> None:
    [step] = decided_in_suzhou(declared(declaring(1, 2), *willing), frozenset({1, 2}))
    assert step.event == Sold(price=yuan(1_050_000), plate=2, reserve=None)


def test_a_plate_that_was_disqualified_counts_neither_as_willing_nor_as_entrant() -> None:
    state = declared(declaring(1, 2, 3), 1, 2, 3)
    without = structs.replace(state, phase=replace(state.phase, excluded=(3,)))
    first, _ = decided_in_suzhou(without, frozenset({1, 2, 3}))
    assert first.state.phase.entrants == (1, 2)
    alone = structs.replace(state, phase=replace(state.phase, excluded=(1, 3)))
    [step] = decided_in_suzhou(alone, frozenset({1, 2, 3}))
    assert isinstance(step.event, Sold)


def test_two_who_quoted_in_the_last_hour_lead_to_timed_bidding_for_every_plate_after_fifteen_minutes() -> None:
    """Fujian rules: 15 minutes of preparation, then 5 minutes, from one increment above the highest quote."""
    state = quoted_by(FUJIAN_LISTING, 1, 2)
    assert decisive_since(FUJIAN_LISTING, state) == LISTING_ENDS_AT - HOUR
    [step] = decided_in_fujian(state, frozenset({1, 2}))
    opens_at = DECIDED_AT + timedelta(minutes=15)
    assert step.event == TimedBiddingDecided(entrants=None, closes_at=opens_at)
    assert step.state.stage is Stage.PREPARING
    begun_at = opens_at + SETTLE_DELAY
    begun = open_timed_bidding(FUJIAN_LISTING, step.state, begun_at)
    assert begun.event == TimedBiddingOpened(starting_price=yuan(1_100_000), closes_at=begun_at + timedelta(minutes=5))
    newcomer = place_bid(FUJIAN_LISTING, begun.state, Bid(8, yuan(1_100_000)), begun_at)
    assert newcomer.state.plate == 8


@pytest.mark.parametrize("quoted_last", [frozenset[int](), frozenset({2})])
def test_with_fewer_than_two_in_the_last_hour_the_highest_quote_wins(quoted_last: frozenset[int]) -> None:
    """Fujian rules: exactly one wins."""
    [step] = decided_in_fujian(quoted_by(FUJIAN_LISTING, 1, 2), quoted_last)
    assert step.event == Sold(price=yuan(1_050_000), plate=2, reserve=None)


@pytest.mark.parametrize(("reserve", "stage"), [(1_050_001, Stage.WITHDRAWN), (1_050_000, Stage.SOLD)])
def test_a_highest_quote_below_the_reserve_has_no_effect(reserve: int, stage: Stage) -> None:
    """拍卖法: below the reserve the lot is withdrawn."""
    [step] = decided_in_fujian(quoted_by(FUJIAN_LISTING, 1, 2), frozenset({2}), yuan(reserve))
    assert step.state.stage is stage
    _, begun = decided_in_suzhou(declared(declaring(1, 2), 1, 2), frozenset({1, 2}))
    assert begun.state.closes_at is not None
    end = begun.state.closes_at + SETTLE_DELAY
    silent = close_by_clock(SUZHOU_LISTING, begun.state, reserve=yuan(reserve), now=end)
    assert silent.state.stage is stage, "nobody bids in timed bidding: the highest quote wins, unless below the reserve"


def test_a_listing_without_a_quote_is_withdrawn() -> None:
    for steps in (decided_in_suzhou(declaring(), NOBODY), decided_in_fujian(opened(FUJIAN_LISTING), NOBODY)):
        [step] = steps
        assert step.event == Withdrawn(WithdrawnBecause.NOBODY_BID, price=None, reserve=None)


# --- in the database ------------------------------------------------------------------------------------------------


async def listed(database: Database, now: datetime, **terms: object) -> Sale:
    """A listing of three hours that has begun."""
    terms = {"bidders": 3, "profile": "land-timed-suzhou", "window_s": None, **terms}
    sale = await on_sale(database, now, method="listing", listing_ends_at=now + 3 * HOUR, **terms)
    assert await advance(database, now) == [sale.lot_id]
    return sale


async def say(database: Database, sale: Sale, plate: int, at: datetime) -> Step:
    async with database.work() as work:
        return await service.declare(
            work, sale.lot_id, plate=plate, actor=accounts.actor_for(sale.bidders[plate - 1].account), arrived_at=at
        )


async def stands(database: Database, lot_id: UUID) -> AuctionState:
    async with database.reading() as session:
        return (await service.auction_of(session, lot_id)).state


async def test_a_listing_in_suzhou_goes_into_timed_bidding_of_those_who_quoted(
    database: Database, now: datetime
) -> None:
    sale = await listed(database, now)
    await bid(database, sale, 0, START_FEN, now + SECOND)
    await bid(database, sale, 1, START_FEN + INCREMENT, now + HOUR)
    too_low = await bid(database, sale, 2, START_FEN, now + HOUR)
    assert isinstance(too_low.refusal, BidTooLow), "a refused quote lets nobody into timed bidding"
    assert await advance(database, now + 2 * HOUR) == []
    assert await advance(database, now + 2 * HOUR + SETTLE_DELAY) == [sale.lot_id]
    await say(database, sale, 1, now + 2 * HOUR + SECOND)
    with pytest.raises(NotEntrant):
        await say(database, sale, 3, now + 2 * HOUR + SECOND)
    await say(database, sale, 2, now + 2 * HOUR + SECOND)
    decided_at = now + 3 * HOUR + SETTLE_DELAY
    assert await advance(database, decided_at) == [sale.lot_id]
    outsider = await bid(database, sale, 2, START_FEN + 2 * INCREMENT, decided_at + SECOND)
    assert isinstance(outsider.refusal, NotEntrant)
    await bid(database, sale, 0, START_FEN + 2 * INCREMENT, decided_at + 100 * SECOND)
    state = await stands(database, sale.lot_id)
    assert (state.stage, state.closes_at) == (Stage.OPEN, decided_at + 340 * SECOND)
    assert await advance(database, decided_at + 340 * SECOND + SETTLE_DELAY) == [sale.lot_id]
    assert await kinds(database, sale.lot_id) == [
        "prepared",
        "opened",
        "bid_accepted",
        "bid_accepted",
        "bid_refused",
        "quoting_ended",
        "declared",
        "declared",
        "timed_bidding_decided",
        "timed_bidding_opened",
        "bid_refused",
        "bid_accepted",
        "sold",
    ]


@pytest.mark.parametrize(("before_end", "rivals"), [(HOUR, True), (HOUR + timedelta(microseconds=1), False)])
async def test_a_listing_in_fujian_is_decided_by_the_quotes_that_arrived_in_its_last_hour(
    database: Database, now: datetime, before_end: timedelta, rivals: bool
) -> None:
    sale = await listed(database, now, profile="land-timed-fujian")
    await bid(database, sale, 0, START_FEN, now + 3 * HOUR - before_end)
    await bid(database, sale, 1, START_FEN + INCREMENT, now + 3 * HOUR - SECOND)
    assert await advance(database, now + 3 * HOUR + SETTLE_DELAY) == [sale.lot_id]
    state = await stands(database, sale.lot_id)
    assert (state.stage, state.plate) == (Stage.PREPARING if rivals else Stage.SOLD, 2)
    if rivals:
        assert state.closes_at is not None
        assert await advance(database, state.closes_at + SETTLE_DELAY) == [sale.lot_id]
        assert (await stands(database, sale.lot_id)).stage is Stage.OPEN


async def test_the_terms_of_a_listing_come_from_its_profile(database: Database, now: datetime) -> None:
    sale = await listed(database, now, profile="land-timed-fujian")
    async with database.reading() as session:
        terms = (await service.auction_of(session, sale.lot_id)).terms
    assert terms.way.listing is not None
    assert (terms.way.listing.quoting_ends_at, terms.way.listing.ends_at) == (now + 3 * HOUR, now + 3 * HOUR)
    assert (terms.window, terms.way.freeze.preparation) == (timedelta(minutes=5), timedelta(minutes=15))
    assert terms.starts_at == now, "the listing itself begins without preparation"

"""Suspension and resumption: what is held, who may resume when, and how much time what goes on has."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from auction import service
from auction.deciding import decide_bid
from auction.refusals import AlreadyEnded, EndBeingDecided, NotOpenedYet, SaleFrozen
from auction.refused_orders import AlreadyFrozen, ClockBehind, NotFrozen, ResumptionNeedsNotice, ResumptionNotAhead
from auction.refused_powers import ReasonNeeded
from auction.rules import open_sale
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidRefused,
    Frozen,
    FrozenBecause,
    Resumed,
    ResumptionAnnounced,
    Stage,
    Step,
    Suspended,
)
from auction.way import SETTLE_DELAY, CapTerms, FreezeTerms, OnlineTerms, TenderTerms, Way
from auction.ways.freezing import FURTHEST_BEHIND, announce_resumption, resume, suspend
from auction.ways.listing import decisive_since, end_quoting
from tests.auction.examples import (
    AUCTION,
    FUJIAN_LISTING,
    HOUR,
    LISTING_ENDS_AT,
    SECOND,
    START,
    SUZHOU_LISTING,
    TIMED,
    WINDOW,
    bid_on,
    hammered,
    opened,
    yuan,
)
from tests.auction.selling import INCREMENT, Sale
from tests.auction.selling import START as START_FEN
from tests.auction.test_absence import look
from tests.auction.test_service import advance, bid, kinds
from tests.auction.test_service import opened as opened_in_database
from tests.registration.test_registration_service import register, unit
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.profiles import CapRule
from trading.registration import service as registrations
from trading.registration.rules import RegistrationClosed

REASON = "接到异议，需要核实"
NOTICE = timedelta(hours=24)
PREPARATION = timedelta(minutes=15)
MICROSECOND = timedelta(microseconds=1)
FUJIAN_TIMED = replace(TIMED, way=Way(freeze=FreezeTerms(preparation=PREPARATION)))
CAP = CapTerms(price=yuan(1_250_000), ceiling=yuan(1_500_000), rule=CapRule.ONE_PRICE, window=5 * 60 * SECOND)
CAPPED = replace(TIMED, way=Way(cap=CAP))
TENDER = replace(TIMED, window=None, way=Way(tender=TenderTerms(quotes_until=LISTING_ENDS_AT)))
ONLINE = replace(
    TIMED,
    window=None,
    way=Way(online=OnlineTerms(open_for=NOTICE, extension=timedelta(minutes=5), proxy_bids=True)),
)


def at_stage(terms: AuctionTerms, stage: Stage, closes_at: datetime | None) -> AuctionState:
    return structs.replace(opened(terms), stage=stage, closes_at=closes_at)


def suspended(terms: AuctionTerms, state: AuctionState, at: datetime) -> AuctionState:
    return suspend(terms, state, reason=REASON, now=at).state


# --- suspending -----------------------------------------------------------------------------------------------------


def test_a_suspended_sale_remembers_what_it_was_doing_and_takes_no_bid() -> None:
    state = bid_on(TIMED, opened(TIMED), 1)
    at = START + 30 * SECOND
    step = suspend(TIMED, state, reason=f"  {REASON} ", now=at)
    assert step.event == Suspended(FrozenBecause.BY_ORDER, REASON, Stage.OPEN)
    assert step.state.phase.frozen == Frozen(stage=Stage.OPEN, at=at, closes_at=state.closes_at)
    assert (step.state.stage, step.state.closes_at, step.state.price) == (Stage.FROZEN, None, state.price)
    [refused] = decide_bid(TIMED, step.state, Bid(2, yuan(1_050_000)), at - SECOND)
    assert isinstance(refused.event, BidRefused)
    assert isinstance(refused.event.refusal, SaleFrozen)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (AuctionState(), NotOpenedYet),
        (structs.replace(opened(TIMED), stage=Stage.SOLD), AlreadyEnded),
        (suspended(TIMED, opened(TIMED), START), AlreadyFrozen),
    ],
)
def test_only_a_sale_that_runs_is_suspended(state: AuctionState, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        suspend(TIMED, state, reason=REASON, now=START)


def test_a_suspension_needs_a_reason() -> None:
    with pytest.raises(ReasonNeeded):
        suspend(TIMED, opened(TIMED), reason="...", now=START)


def test_a_countdown_that_has_ended_is_no_longer_suspended_by_order() -> None:
    """Nobody undoes a result while it waits to be told."""
    end = START + WINDOW
    with pytest.raises(EndBeingDecided):
        suspend(TIMED, opened(TIMED), reason=REASON, now=end)
    assert suspended(TIMED, opened(TIMED), end - MICROSECOND).stage is Stage.FROZEN


def test_a_hammer_that_is_not_settled_is_void_when_the_sale_is_suspended() -> None:
    fell_at = START + 2 * SECOND
    state = hammered(bid_on(AUCTION, opened(AUCTION), 1), fell_at)
    frozen = suspended(AUCTION, state, fell_at + SETTLE_DELAY / 2)
    assert frozen.phase.frozen is not None
    assert frozen.phase.frozen.closes_at is None
    resumed = resume(AUCTION, frozen, now=fell_at + HOUR).state
    assert (resumed.stage, resumed.closes_at, resumed.calls, resumed.plate) == (Stage.OPEN, None, 0, 1)


# --- resuming: when -------------------------------------------------------------------------------------------------


def test_within_one_hour_a_sale_is_resumed_directly_and_later_only_with_a_day_of_notice() -> None:
    """Fujian rules art. 58."""
    frozen = suspended(TIMED, opened(TIMED), START)
    assert resume(TIMED, frozen, now=START + HOUR).state.stage is Stage.OPEN
    late = START + HOUR + MICROSECOND
    with pytest.raises(ResumptionNeedsNotice) as refused:
        resume(TIMED, frozen, now=late)
    assert refused.value.earliest == late + NOTICE


@pytest.mark.parametrize(
    ("asked_at", "resumes_at", "refusal"),
    [
        (2 * HOUR, 2 * HOUR + NOTICE, None),
        (2 * HOUR, 2 * HOUR + NOTICE - MICROSECOND, ResumptionNeedsNotice),
        (HOUR / 4, HOUR, None),
        (HOUR / 4, HOUR + MICROSECOND, ResumptionNeedsNotice),
        (HOUR / 4, HOUR / 4, ResumptionNotAhead),
    ],
)
def test_a_resumption_is_announced_a_day_ahead_unless_it_comes_within_the_hour(
    asked_at: timedelta, resumes_at: timedelta, refusal: type[Refusal] | None
) -> None:
    """Fujian rules art. 58."""
    frozen = suspended(TIMED, opened(TIMED), START)

    def announced() -> Step:
        return announce_resumption(TIMED, frozen, resumes_at=START + resumes_at, reason=REASON, now=START + asked_at)

    if refusal is not None:
        with pytest.raises(refusal):
            announced()
        return
    step = announced()
    assert step.event == ResumptionAnnounced(closes_at=START + resumes_at, reason=REASON)
    assert (step.state.stage, step.state.closes_at) == (Stage.FROZEN, START + resumes_at)


def test_the_announced_moment_resumes_the_sale_and_not_a_moment_earlier() -> None:
    frozen = suspended(TIMED, opened(TIMED), START)
    resumes_at = START + 2 * HOUR + NOTICE
    announced = announce_resumption(TIMED, frozen, resumes_at=resumes_at, reason=REASON, now=START + 2 * HOUR).state
    with pytest.raises(ResumptionNeedsNotice):
        resume(TIMED, announced, now=resumes_at - MICROSECOND)
    assert resume(TIMED, announced, now=resumes_at).state.closes_at == resumes_at + WINDOW


def test_only_a_suspended_sale_is_resumed_or_announced() -> None:
    for state, refusal in (
        (AuctionState(), NotOpenedYet),
        (opened(TIMED), NotFrozen),
        (structs.replace(opened(TIMED), stage=Stage.CALLED_OFF), AlreadyEnded),
    ):
        with pytest.raises(refusal):
            resume(TIMED, state, now=START + SECOND)
        with pytest.raises(refusal):
            announce_resumption(TIMED, state, resumes_at=START + HOUR, reason=REASON, now=START)


def test_nothing_is_resumed_while_the_clock_stands_behind_the_lots_last_decision() -> None:
    frozen = suspended(TIMED, opened(TIMED), START + SECOND)
    with pytest.raises(ClockBehind):
        resume(TIMED, frozen, now=START + SECOND - FURTHEST_BEHIND - SECOND)
    step = resume(TIMED, frozen, now=START + SECOND - FURTHEST_BEHIND)
    assert step.at == START + SECOND


# --- resuming: with how much time -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "stage", "remained", "goes_on", "remains"),
    [
        (AUCTION, Stage.OPEN, None, Stage.OPEN, None),
        (FUJIAN_LISTING, Stage.LISTING, 5 * HOUR, Stage.LISTING, 5 * HOUR),
        (FUJIAN_LISTING, Stage.LISTING, HOUR / 3, Stage.LISTING, HOUR / 3),
        (SUZHOU_LISTING, Stage.DECLARING, HOUR / 3, Stage.DECLARING, HOUR / 3),
        (FUJIAN_LISTING, Stage.PREPARING, SECOND, Stage.PREPARING, PREPARATION),
        (FUJIAN_LISTING, Stage.OPEN, SECOND, Stage.PREPARING, PREPARATION),
        (SUZHOU_LISTING, Stage.OPEN, SECOND, Stage.OPEN, WINDOW),
        (FUJIAN_TIMED, Stage.OPEN, SECOND, Stage.PREPARING, PREPARATION),
        (TIMED, Stage.OPEN, SECOND, Stage.OPEN, WINDOW),
        (CAPPED, Stage.SEALED, SECOND, Stage.SEALED, CAP.window),
        (CAPPED, Stage.DRAWING, SECOND, Stage.DRAWING, CAP.window),
        (TENDER, Stage.SEALED, 2 * HOUR, Stage.SEALED, 2 * HOUR),
        (ONLINE, Stage.OPEN, 2 * HOUR, Stage.OPEN, 2 * HOUR),
        (ONLINE, Stage.OPEN, SECOND, Stage.OPEN, timedelta(minutes=5)),
    ],
)
def test_what_goes_on_has_what_remained_or_its_whole_countdown(
    terms: AuctionTerms, stage: Stage, remained: timedelta | None, goes_on: Stage, remains: timedelta | None
) -> None:
    """Fujian rules art. 55: timed bidding restarts with preparation and full window; in the last hour of a listing the
    remainder is at most one hour. Sealed quotes, draws and online auctions by analogy."""
    at = START + 10 * SECOND
    state = at_stage(terms, stage, None if remained is None else at + remained)
    back = at + HOUR / 2
    step = resume(terms, suspended(terms, state, at), now=back)
    assert (step.state.stage, step.state.closes_at) == (goes_on, None if remains is None else back + remains)
    assert step.event == Resumed(absent_since=at, closes_at=step.state.closes_at)
    assert step.state.phase.frozen is None
    if stage is Stage.LISTING and remained is not None and remained <= terms.way.freeze.last_part:
        assert step.state.closes_at is not None
        assert step.state.closes_at - back <= HOUR


def test_quotes_given_in_the_last_hour_before_a_suspension_still_decide_after_it() -> None:
    """Its end moves, but the last hour has begun: who quoted in it need not quote again."""
    state = opened(FUJIAN_LISTING)
    at = LISTING_ENDS_AT - HOUR / 2
    for _ in range(2):
        state = resume(FUJIAN_LISTING, suspended(FUJIAN_LISTING, state, at), now=at + HOUR / 4).state
        at += HOUR / 4
        assert decisive_since(FUJIAN_LISTING, state) == LISTING_ENDS_AT - HOUR
    assert state.closes_at == LISTING_ENDS_AT + HOUR / 2


def test_a_suspension_before_the_last_hour_moves_the_last_hour_with_the_end() -> None:
    at = LISTING_ENDS_AT - 3 * HOUR
    state = resume(FUJIAN_LISTING, suspended(FUJIAN_LISTING, opened(FUJIAN_LISTING), at), now=at + HOUR).state
    assert decisive_since(FUJIAN_LISTING, state) == LISTING_ENDS_AT


def test_the_declarations_of_a_listing_follow_its_moved_end() -> None:
    at = START + HOUR
    state = open_sale(SUZHOU_LISTING, AuctionState(), qualified=1, now=START).state
    state = resume(SUZHOU_LISTING, suspended(SUZHOU_LISTING, state, at), now=at + HOUR).state
    assert state.closes_at == LISTING_ENDS_AT
    asked = end_quoting(SUZHOU_LISTING, state, LISTING_ENDS_AT + SETTLE_DELAY)
    assert asked.state.closes_at == LISTING_ENDS_AT + HOUR


# --- in the database ------------------------------------------------------------------------------------------------


async def freeze(database: Database, sale: Sale, at: datetime) -> None:
    async with database.work() as work:
        await service.suspend_lot(work, sale.lot_id, reason=REASON, actor=sale.auctioneer, now=at)


async def test_a_suspended_sale_is_resumed_by_the_clock_at_the_announced_moment_and_goes_on(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=240)
    await bid(database, sale, 0, START_FEN, now + SECOND)
    await freeze(database, sale, now + 2 * SECOND)
    assert await advance(database, now + 2 * HOUR) == [], "a suspended sale does not end by itself"
    refused = await bid(database, sale, 1, START_FEN + INCREMENT, now + 2 * HOUR)
    assert isinstance(refused.refusal, SaleFrozen)
    resumes_at = now + 2 * HOUR + NOTICE
    async with database.work() as work:
        with pytest.raises(ResumptionNeedsNotice):
            await service.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=now + 2 * HOUR)
        await service.announce_resumption(
            work, sale.lot_id, resumes_at=resumes_at, reason=REASON, actor=sale.auctioneer, now=now + 2 * HOUR
        )
    assert await advance(database, resumes_at) == []
    back = resumes_at + SETTLE_DELAY
    assert await advance(database, back) == [sale.lot_id]
    await bid(database, sale, 1, START_FEN + INCREMENT, back + SECOND)
    assert await advance(database, back + SECOND + WINDOW + SETTLE_DELAY) == [sale.lot_id]
    assert await kinds(database, sale.lot_id) == [
        "prepared",
        "opened",
        "bid_accepted",
        "suspended",
        "bid_refused",
        "resumption_announced",
        "resumed",
        "bid_accepted",
        "sold",
    ]


async def test_timed_bidding_in_fujian_that_is_resumed_begins_anew_after_its_preparation(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(
        database, now, method="timed_bidding", profile="land-timed-fujian", window_s=300, starts_at=now - PREPARATION
    )
    await freeze(database, sale, now + SECOND)
    async with database.work() as work:
        await service.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=now + HOUR / 2)
    opens_at = now + HOUR / 2 + PREPARATION
    assert await advance(database, opens_at + SETTLE_DELAY) == [sale.lot_id]
    assert await kinds(database, sale.lot_id) == ["prepared", "opened", "suspended", "resumed", "timed_bidding_opened"]
    assert (await bid(database, sale, 0, START_FEN, opens_at + SECOND)).before_close_ms == 299_300


async def lot_of(database: Database, sale: Sale) -> Lot:
    async with database.reading() as session:
        return await projects.get_lot(session, sale.lot_id)


async def test_registration_for_a_suspended_listing_stands_still_and_closes_later(
    database: Database, now: datetime
) -> None:
    """Fujian art. 55, by analogy: nobody is late for what could not go on."""
    terms = {"listing_ends_at": now + 10 * HOUR, "registration_closes_at": now + 5 * HOUR}
    sale = await opened_in_database(database, now, method="listing", window_s=60, **terms)
    unit_id = await unit(database, 7, now)
    unpaid = await register(database, sale.lot_id, unit_id, now)
    await freeze(database, sale, now + 4 * HOUR)
    long_after = now + 30 * HOUR
    await register(database, sale.lot_id, await unit(database, 8, now), long_after)
    async with database.work() as work:
        assert await registrations.refuse_unpaid(work, long_after) == 0
        await service.announce_resumption(
            work, sale.lot_id, resumes_at=now + 54 * HOUR, reason=REASON, actor=sale.auctioneer, now=long_after
        )
    resumed = now + 54 * HOUR + SETTLE_DELAY
    assert await advance(database, resumed) == [sale.lot_id]
    lot = await lot_of(database, sale)
    assert lot.listing_ends_at is not None
    moved_by = resumed - (now + 4 * HOUR)
    assert (lot.registration_closes_at, lot.listing_ends_at, lot.suspended_at) == (
        now + 5 * HOUR + moved_by,
        now + 10 * HOUR + moved_by,
        None,
    )
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        quoting = auction.terms.way.listing
        assert quoting is not None
        assert auction.closes_at == lot.listing_ends_at - (quoting.ends_at - quoting.quoting_ends_at)
        assert (await registrations.get_registration(session, unpaid)).state == "awaiting_deposit"
    with pytest.raises(RegistrationClosed):
        await register(database, sale.lot_id, await unit(database, 9, now), lot.registration_closes_at)
    async with database.work() as work:
        assert await registrations.refuse_unpaid(work, lot.listing_ends_at) == 2


async def test_the_deadlines_of_a_listing_move_by_an_absence_of_the_platform(database: Database, now: datetime) -> None:
    terms = {"listing_ends_at": now + 10 * HOUR, "registration_closes_at": now + 5 * HOUR}
    sale = await opened_in_database(database, now, method="listing", window_s=60, **terms)
    for at in (now + HOUR, now + 3 * HOUR):
        await look(database, at)
    lot = await lot_of(database, sale)
    assert (lot.registration_closes_at, lot.listing_ends_at) == (now + 7 * HOUR, now + 12 * HOUR)

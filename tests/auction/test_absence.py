"""While no server was there nobody could bid: a countdown that ran out meanwhile does not end the sale."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from auction import service
from auction.sale import AuctionState, AuctionTerms, FrozenBecause, Stage, Step, Suspended
from auction.service import LONGEST_ABSENCE
from auction.way import SETTLE_DELAY, OnlineTerms, Way
from auction.ways.freezing import FURTHEST_BEHIND, after_absence
from tests.auction.examples import (
    AUCTION,
    FUJIAN_LISTING,
    LISTING_ENDS_AT,
    SECOND,
    SUZHOU_LISTING,
    TIMED,
    WINDOW,
    bid_on,
    hammered,
    opened,
)
from tests.auction.examples import START as OPENING
from tests.auction.selling import START
from tests.auction.test_service import advance, bid, kinds
from tests.auction.test_service import opened as opened_in_database
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.projects.profiles import PROFILES

WINDOW_S = 240
AWAY = timedelta(hours=1)


LAST_LOOK = OPENING + 2 * SECOND
BACK = OPENING + AWAY


def test_after_an_absence_the_countdown_begins_anew_and_nothing_else_changes() -> None:
    """Fujian rules art. 55, 58."""
    state = bid_on(TIMED, opened(TIMED), 1)
    step = after_absence(TIMED, state, absent_since=LAST_LOOK, now=BACK)
    assert step is not None
    expected = structs.replace(state, seq=state.seq + 1, decided_at=BACK, closes_at=BACK + WINDOW)
    assert step.state == expected


@pytest.mark.parametrize("listing", [SUZHOU_LISTING, FUJIAN_LISTING])
def test_the_end_of_a_listing_moves_by_the_absence(listing: AuctionTerms) -> None:
    """Fujian rules art. 55: by at least the time for which nobody could quote."""
    state = opened(listing)
    step = after_absence(listing, state, absent_since=LAST_LOOK, now=BACK)
    assert step is not None
    assert state.closes_at is not None
    assert step.state.closes_at == state.closes_at + (BACK - LAST_LOOK)
    assert step.state.stage is Stage.LISTING


def test_after_an_absence_in_the_last_part_the_quotes_given_in_it_still_decide() -> None:
    state = opened(FUJIAN_LISTING)
    went_away = LISTING_ENDS_AT - timedelta(minutes=30)
    step = after_absence(FUJIAN_LISTING, state, absent_since=went_away, now=went_away + AWAY)
    assert step is not None
    assert step.state.phase.decisive_since == LISTING_ENDS_AT - timedelta(hours=1)


def test_an_online_auction_keeps_what_remained_but_at_least_its_extension() -> None:
    day, late = timedelta(days=1), timedelta(minutes=5)
    terms = replace(TIMED, window=None, way=Way(online=OnlineTerms(open_for=day, extension=late, proxy_bids=False)))
    state = opened(terms)
    for went_away, remains in ((OPENING + AWAY, day - AWAY), (OPENING + day - SECOND, late)):
        step = after_absence(terms, state, absent_since=went_away, now=went_away + AWAY)
        assert step is not None
        assert step.state.closes_at == went_away + AWAY + remains


def test_a_hammer_that_was_not_settled_before_the_absence_is_void() -> None:
    """What had been bid before it and was on its way may be lost."""
    state = hammered(bid_on(AUCTION, opened(AUCTION), 1), LAST_LOOK)
    step = after_absence(AUCTION, state, absent_since=LAST_LOOK, now=BACK)
    assert step is not None
    assert (step.state.closes_at, step.state.calls, step.state.plate) == (None, 0, 1)


def test_what_had_ended_before_the_absence_stays_ended() -> None:
    state = opened(TIMED)
    assert state.closes_at is not None
    over = state.closes_at + SETTLE_DELAY
    assert after_absence(TIMED, state, absent_since=over, now=over + AWAY) is None
    assert after_absence(TIMED, state, absent_since=over - SECOND, now=over + AWAY) is not None


def test_waiting_suspended_and_ended_sales_and_a_short_absence_are_left_alone() -> None:
    frozen, sold = (structs.replace(opened(TIMED), stage=stage) for stage in (Stage.FROZEN, Stage.SOLD))
    for state in (AuctionState(), frozen, sold):
        assert after_absence(TIMED, state, absent_since=LAST_LOOK, now=BACK) is None
    assert after_absence(AUCTION, opened(AUCTION), absent_since=LAST_LOOK, now=BACK) is None
    short = LAST_LOOK + LONGEST_ABSENCE
    assert after_absence(TIMED, opened(TIMED), absent_since=LAST_LOOK, now=short) is None
    patient = replace(TIMED, way=Way(longest_absence=AWAY))
    assert after_absence(patient, opened(patient), absent_since=LAST_LOOK, now=LAST_LOOK + AWAY) is None


@pytest.mark.parametrize("terms", [AUCTION, TIMED, SUZHOU_LISTING])
def test_where_the_profile_says_so_an_absence_suspends_the_sale(terms: AuctionTerms) -> None:
    strict = replace(terms, way=replace(terms.way, absence_freezes=True))
    state = opened(strict)
    step = after_absence(strict, state, absent_since=LAST_LOOK, now=BACK)
    assert step is not None
    assert step.event == Suspended(FrozenBecause.PLATFORM_AWAY, "", state.stage)
    assert step.state.phase.frozen is not None
    assert step.state.phase.frozen.at == LAST_LOOK


@pytest.mark.parametrize(("behind", "suspended"), [(FURTHEST_BEHIND, False), (FURTHEST_BEHIND + SECOND, True)])
def test_a_clock_that_jumped_back_begins_the_countdown_anew_or_suspends_the_sale(
    behind: timedelta, suspended: bool
) -> None:
    state = bid_on(TIMED, opened(TIMED), 1)
    assert state.decided_at is not None
    step = after_absence(TIMED, state, absent_since=state.decided_at, now=state.decided_at - behind, clock_jumped=True)
    assert step is not None
    if suspended:
        assert step.event == Suspended(FrozenBecause.CLOCK_JUMPED, "", Stage.OPEN)
    else:
        assert step.state.closes_at == state.decided_at + WINDOW
    assert step.at == state.decided_at, "time never runs backwards"


def test_a_listing_is_moved_by_a_clock_that_jumped_forward_far_and_not_by_a_small_correction() -> None:
    state = opened(FUJIAN_LISTING)

    def jumped_by(jump: timedelta) -> Step | None:
        return after_absence(FUJIAN_LISTING, state, absent_since=LAST_LOOK, now=LAST_LOOK + jump, clock_jumped=True)

    assert jumped_by(5 * SECOND) is None
    step = jumped_by(AWAY)
    assert step is not None
    assert step.state.closes_at == LISTING_ENDS_AT + AWAY


def test_no_profile_has_a_longest_absence_below_what_servers_notice() -> None:
    for profile in PROFILES.values():
        assert timedelta(seconds=profile.suspension.longest_absence_s.value) >= LONGEST_ABSENCE


async def look(database: Database, at: datetime, *, jumped: bool = False) -> int:
    """What a server does every second. Returns with how many sales something happened."""
    async with database.work() as work:
        return len(await service.note_presence(work, fixed_clock(at), jumped=jumped))


async def test_a_lot_whose_countdown_ran_out_while_everything_was_down_goes_on(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=WINDOW_S)
    assert await look(database, now) == 0
    await bid(database, sale, 0, START, now + SECOND)
    back = now + AWAY
    assert await advance(database, back) == [], "whoever looks first after the absence must not end the sale"
    assert await look(database, back) == 1
    assert await advance(database, back) == []
    assert await look(database, back + LONGEST_ABSENCE) == 0
    assert await kinds(database, sale.lot_id) == ["prepared", "opened", "bid_accepted", "resumed"]
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
    assert (auction.stage, auction.plate) == (Stage.OPEN, sale.bidders[0].plate)
    assert auction.closes_at == back + timedelta(seconds=WINDOW_S)


async def test_as_long_as_a_server_looks_the_countdown_ends_the_sale_at_its_moment(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=WINDOW_S)
    end = now + timedelta(seconds=WINDOW_S)
    await look(database, end - LONGEST_ABSENCE)
    assert await look(database, end) == 0
    assert await advance(database, end + SETTLE_DELAY) == [sale.lot_id]
    assert (await kinds(database, sale.lot_id))[-1] == "withdrawn"


async def test_of_two_servers_that_come_back_at_once_one_begins_the_countdown_anew(
    database: Database, now: datetime
) -> None:
    await opened_in_database(database, now, method="timed_bidding", window_s=WINDOW_S)
    await look(database, now)
    assert [await look(database, now + AWAY), await look(database, now + AWAY)] == [1, 0]


async def test_a_sale_that_an_auctioneer_leads_is_left_to_the_auctioneer(database: Database, now: datetime) -> None:
    sale = await opened_in_database(database, now)
    await look(database, now)
    assert await look(database, now + AWAY) == 0
    assert await kinds(database, sale.lot_id) == ["prepared", "opened"]


async def test_a_sale_that_a_jump_of_the_clock_left_ahead_of_time_is_suspended(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(database, now)
    timed = await opened_in_database(database, now, method="timed_bidding", window_s=WINDOW_S)
    await look(database, now)
    assert await look(database, now - SECOND, jumped=True) == 1, "only a countdown has something to begin anew"
    assert await look(database, now - AWAY, jumped=True) == 2
    for lot_id in (sale.lot_id, timed.lot_id):
        assert (await kinds(database, lot_id))[-1] == "suspended"
    late = await bid(database, sale, 0, START, now + SECOND)
    assert late.refusal is not None
    assert late.refusal.code == "sale_frozen"


async def test_a_clock_that_went_back_while_no_server_was_here_is_noticed(database: Database, now: datetime) -> None:
    sale = await opened_in_database(database, now)
    await look(database, now)
    assert await look(database, now - AWAY) == 1
    assert (await kinds(database, sale.lot_id))[-1] == "suspended"

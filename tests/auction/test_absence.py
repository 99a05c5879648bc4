"""While no server was there nobody could bid: a countdown that ran out meanwhile does not end the sale."""

from datetime import datetime, timedelta

import pytest

from auction import service
from auction.refusals import AlreadyEnded, AuctioneerCloses, NotOpenedYet
from auction.rules import close_by_clock, resume_after_absence
from auction.sale import AuctionState, Stage
from auction.service import LONGEST_ABSENCE
from tests.auction.examples import AUCTION, SECOND, TIMED, WINDOW, opened
from tests.auction.examples import START as OPENING
from tests.auction.selling import START
from tests.auction.test_service import bid, kinds
from tests.auction.test_service import opened as opened_in_database
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database

WINDOW_S = 240
AWAY = timedelta(hours=1)


def test_after_an_absence_the_countdown_begins_anew_and_nothing_else_changes() -> None:
    """Fujian rules art. 55, 58."""
    state = opened(TIMED)
    step = resume_after_absence(TIMED, state, absent_since=OPENING + SECOND, now=OPENING + AWAY)
    assert step.state.closes_at == OPENING + AWAY + WINDOW
    assert (step.state.price, step.state.plate, step.state.bids) == (state.price, state.plate, state.bids)
    assert step.state.seq == state.seq + 1


def test_a_sale_that_an_auctioneer_leads_a_waiting_and_an_ended_one_have_no_countdown_to_begin_anew() -> None:
    ended = close_by_clock(TIMED, opened(TIMED), reserve=None, now=OPENING + WINDOW).state
    for terms, state, refusal in (
        (AUCTION, opened(AUCTION), AuctioneerCloses),
        (TIMED, AuctionState(), NotOpenedYet),
        (TIMED, ended, AlreadyEnded),
    ):
        with pytest.raises(refusal):
            resume_after_absence(terms, state, absent_since=OPENING, now=OPENING + AWAY)


async def look(database: Database, at: datetime) -> int:
    """What a server does every second. Returns how many countdowns began anew."""
    async with database.work() as work:
        return len(await service.note_presence(work, fixed_clock(at)))


async def close(database: Database, at: datetime) -> int:
    async with database.work() as work:
        return len(await service.close_due(work, at))


async def test_a_lot_whose_countdown_ran_out_while_everything_was_down_goes_on(
    database: Database, now: datetime
) -> None:
    sale = await opened_in_database(database, now, method="timed_bidding", window_s=WINDOW_S)
    assert await look(database, now) == 0
    await bid(database, sale, 0, START, now + SECOND)
    back = now + AWAY
    assert await close(database, back) == 0, "whoever looks first after the absence must not end the sale"
    assert await look(database, back) == 1
    assert await close(database, back) == 0
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
    assert await close(database, end) == 1
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
